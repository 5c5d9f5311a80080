# SPDX-License-Identifier: Apache-2.0
"""Sequence items: a tensor for the compressor, a stream and its descriptor for the decompressor."""

from __future__ import annotations

import numpy as np
from cocotbext.axi import AxiStreamFrame
from pyuvm import uvm_sequence_item

from models.codec import CodecParams, group_count
from models.config import GROUP
from models.precision import trim
from tb.codec.axis import group_beats, keep_beats


class TensorItem(uvm_sequence_item):
    """A tensor. values: int64 [count], not trimmed; filler: int64 [16], what the lanes that are not kept carry."""

    def __init__(self, values: np.ndarray, params: CodecParams, distribution: str, filler: np.ndarray | None = None) -> None:
        super().__init__(f"tensor {distribution}")
        self.values = np.asarray(values, dtype=np.int64)
        self.params = params
        self.distribution = distribution
        self.filler = np.zeros(GROUP, np.int64) if filler is None else filler
        self.profile = "none"

    @property
    def trimmed(self) -> np.ndarray:
        """The values as every unit of the design sees them, dtype `params.dtype`, [count]."""
        return trim(self.values.astype(self.params.dtype), self.params.n_low)

    def frame(self) -> AxiStreamFrame:
        """The compressor's input."""
        count, groups = self.values.size, group_count(self.values.size)
        padded = np.resize(self.filler, groups * GROUP)
        padded[:count] = self.values
        user = self.params.n_low << 1 | int(self.params.signed)
        beats = group_beats(padded.reshape(-1, GROUP), self.params.bits)
        return AxiStreamFrame(tdata=beats, tdest=keep_beats(count), tuser=[user] * groups)

    def digest(self) -> bytes:
        """What makes the stimulus, for comparing two runs."""
        return f"{self.params} {self.distribution} {self.profile}".encode() + self.values.tobytes() + self.filler.tobytes()


class StreamItem(uvm_sequence_item):
    """A container stream, good or not. words: uint64; count: values the descriptor announces.

    kind: "good" or a name of tb/codec/malformed.py; position: of the offending container. What is expected is not in here:
    the scoreboard asks the model.
    """

    def __init__(
        self, words: np.ndarray, params: CodecParams, count: int, distribution: str, kind: str = "good", position: str = ""
    ) -> None:
        super().__init__(f"stream {kind}")
        self.words = words
        self.params = params
        self.count = count
        self.distribution = distribution
        self.kind = kind
        self.position = position
        self.profile = "none"

    def frame(self) -> AxiStreamFrame:
        """The decompressor's input."""
        return AxiStreamFrame(tdata=[int(word) for word in self.words])

    def digest(self) -> bytes:
        """What makes the stimulus, for comparing two runs."""
        return f"{self.params} {self.count} {self.distribution} {self.kind} {self.profile}".encode() + self.words.tobytes()


class DescriptorItem(uvm_sequence_item):
    """The descriptor of one tensor: {n_l, is_signed, count[31:0]}."""

    def __init__(self, params: CodecParams, count: int) -> None:
        super().__init__("descriptor")
        self.params = params
        self.count = count
        self.profile = ""

    def frame(self) -> AxiStreamFrame:
        """One beat."""
        return AxiStreamFrame(tdata=[(self.params.n_low << 1 | int(self.params.signed)) << 32 | self.count])
