# SPDX-License-Identifier: Apache-2.0
"""Tensors that the engine has to refuse: malformed in every way, as activations and as weights, or too large by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.codec import CodecErrorCode, CodecParams, decode_prefix, encode
from models.config import GROUP, DesignConfig
from tb.codec.malformed import KINDS, malformed

TOO_LARGE = "too large"
TENSORS = ("activations", "weights")


@dataclass(frozen=True)
class BrokenTensor:
    """Containers with their descriptor, and what the engine has to say: `error` is the model's word."""

    kind: str
    tensor: str
    words: np.ndarray
    params: CodecParams
    count: int
    error: CodecErrorCode
    overflow: bool

    @property
    def name(self) -> str:
        """Its bin."""
        return f"{self.tensor}, {self.kind}"


def broken_kinds() -> list[str]:
    """Return the kinds of broken tensors."""
    return [*KINDS, TOO_LARGE]


def broken_bins() -> list[str]:
    """Tensor x kind."""
    return [f"{tensor}, {kind}" for tensor in TENSORS for kind in broken_kinds()]


def broken_tensor(rng: np.random.Generator, config: DesignConfig, kind: str, tensor: str) -> BrokenTensor:
    """Return a tensor of a kind of `broken_kinds`, malformed in its last container where the kind exists there."""
    if kind == TOO_LARGE:
        return _too_large(config, tensor)
    position = KINDS[kind].positions[-1]
    stream = malformed(rng, config, kind, position)
    _, error = decode_prefix(stream.words, stream.params, stream.count)
    return BrokenTensor(kind, tensor, stream.words, stream.params, stream.count, error, overflow=False)


def _too_large(config: DesignConfig, tensor: str) -> BrokenTensor:
    """A good stream of all-zero bricks, one brick more than the memory holds."""
    room = config.am_bricks if tensor == "activations" else config.wm_words * config.rows
    values = np.zeros((room + 1) * GROUP, np.int64)
    params = CodecParams.for_design(config, signed=True)
    return BrokenTensor(TOO_LARGE, tensor, encode(values, params), params, values.size, CodecErrorCode.OK, overflow=True)
