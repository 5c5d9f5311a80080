# SPDX-License-Identifier: Apache-2.0
"""Batches of tensors for tb_codec_soak.v, and what its monitors saw: arrays over all groups of a batch, no Python a beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pyuvm import uvm_sequence_item

from models.codec import encode, group_count
from models.config import GROUP, DesignConfig
from tb.codec.items import TensorItem
from tb.codec.tensors import random_params, tensor
from tb.common.distributions import DISTRIBUTIONS
from tb.tile.memory import big_endian

_KEEP, _USER, _LAST = 0, 16, 24  # first bits of the fields of a control word
_MOST_GROUPS = 32  # of a tensor
_WORD_BYTES = 8


@dataclass(frozen=True)
class Stalls:
    """How often, of 256 cycles, each stream of the bench pauses; in bursts instead."""

    groups_in: int = 0
    descriptors: int = 0
    groups_out: int = 0
    bursts: bool = False


STALLS = {
    "none": Stalls(),
    "light": Stalls(26, 26, 26),
    "heavy": Stalls(128, 128, 128),
    "bursts": Stalls(bursts=True),
    "input_starved": Stalls(groups_in=205),
    "descriptors_late": Stalls(descriptors=250),
    "output_blocked": Stalls(groups_out=205),
}


class SoakBatch(uvm_sequence_item):
    """Tensors to be played back to back. reset_after: cycles after the start at which a reset cuts the batch, None: none."""

    def __init__(self, tensors: Sequence[TensorItem], stalls: Stalls, seed: int, reset_after: int | None = None) -> None:
        super().__init__("batch")
        self.tensors, self.stalls, self.seed, self.reset_after = tensors, stalls, seed, reset_after
        self.counts = np.array([item.values.size for item in tensors])
        self.sizes = -(-self.counts // GROUP)

    @property
    def groups(self) -> int:
        """Groups of all tensors."""
        return int(self.sizes.sum())

    def lasts(self) -> np.ndarray:
        """Which groups end a tensor, bool [groups]."""
        return np.isin(np.arange(self.groups), np.cumsum(self.sizes) - 1)

    def keep(self) -> np.ndarray:
        """The tkeep of every group, int64 [groups]."""
        keep = np.full(self.groups, (1 << GROUP) - 1)
        keep[self.lasts()] = (1 << ((self.counts - 1) % GROUP + 1)) - 1
        return keep

    def per_group(self, values: Sequence[int]) -> np.ndarray:
        """Repeat a number a tensor for each of its groups, int64 [groups]."""
        return np.repeat(np.array(values), self.sizes)

    def values(self) -> np.ndarray:
        """What goes in, int64 [groups, 16], the lanes beside a tail with the tensor's filler."""
        parts = []
        for item in self.tensors:
            padded = np.resize(item.filler, group_count(item.values.size) * GROUP)
            padded[: item.values.size] = item.values
            parts.append(padded)
        return np.concatenate(parts).reshape(-1, GROUP)

    def trimmed(self) -> np.ndarray:
        """What has to come out, int64 [groups, 16]: trimmed, zeros beside a tail."""
        padded = np.zeros((self.groups, GROUP), np.int64)
        present = self.keep()[:, None] >> np.arange(GROUP) & 1 == 1
        padded[present] = np.concatenate([item.trimmed.astype(np.int64) for item in self.tensors])
        return padded

    def words(self) -> tuple[np.ndarray, np.ndarray]:
        """The containers between compressor and decompressor: uint64 words, and which of them end a tensor."""
        streams = [encode(item.trimmed, item.params) for item in self.tensors]
        last = np.cumsum([stream.size for stream in streams]) - 1
        words = np.concatenate(streams)
        return words, np.isin(np.arange(words.size), last)

    def settings(self) -> list[int]:
        """{n_l, is_signed} of every tensor."""
        return [item.params.n_low << 1 | int(item.params.signed) for item in self.tensors]

    def group_bytes(self, config: DesignConfig) -> bytes:
        """The contents of groups.bin, most significant byte first as $fread wants it."""
        control = self.keep() | self.per_group(self.settings()) << _USER | self.lasts().astype(np.int64) << _LAST
        data = big_endian(self.values(), config.p)
        return np.concatenate([data, _big_endian_words(control, ">u4")], axis=1).tobytes()

    def descriptor_bytes(self) -> bytes:
        """The contents of descriptors.bin."""
        return _big_endian_words(np.array(self.settings()) << 32 | self.counts, ">u8").tobytes()


def _big_endian_words(values: np.ndarray, kind: str) -> np.ndarray:
    return values.astype(kind).view(np.uint8).reshape(len(values), -1)


@dataclass
class Beats:
    """The beats of one stream: cycle, control and data, one entry a beat; data [beats, 16] values or [beats] words."""

    cycle: np.ndarray
    control: np.ndarray
    data: np.ndarray

    @property
    def last(self) -> np.ndarray:
        """tlast of groups."""
        return self.control >> _LAST & 1 == 1

    @property
    def keep(self) -> np.ndarray:
        """tkeep of groups."""
        return self.control & ((1 << GROUP) - 1)

    @property
    def user(self) -> np.ndarray:
        """tuser of groups."""
        return self.control >> _USER & 0xFF


def parse_groups(data: bytes, config: DesignConfig) -> Beats:
    """Turn in.bin or out.bin, or new parts of them, into arrays; values are unsigned, int64 [beats, 16]."""
    words = np.frombuffer(data, "<u4").reshape(-1, 2 + GROUP * config.p // 32)
    values = np.ascontiguousarray(words[:, 2:]).view({8: np.uint8, 16: np.dtype("<u2")}[config.p])
    return Beats(words[:, 0].astype(np.int64), words[:, 1].astype(np.int64), values.astype(np.int64))


def parse_words(data: bytes) -> Beats:
    """Turn words.bin, or a new part of it, into arrays; control is tlast, data uint64 [beats]."""
    words = np.frombuffer(data, "<u4").reshape(-1, 4)
    data_words = np.ascontiguousarray(words[:, 2:]).view("<u8")[:, 0]
    return Beats(words[:, 0].astype(np.int64), words[:, 1].astype(np.int64), data_words)


def random_batch(rng: np.random.Generator, config: DesignConfig, tensors: int) -> SoakBatch:
    """Draw a batch: every distribution, sign and n_L, tensors of 1 value to 32 groups, any stalls."""
    names = rng.choice(list(DISTRIBUTIONS), tensors).tolist()
    longest = np.where(rng.random(tensors) < 0.2, 2 * GROUP, _MOST_GROUPS * GROUP)
    counts = rng.integers(1, longest + 1)
    items = [tensor(rng, random_params(rng, config), name, int(count)) for name, count in zip(names, counts, strict=True)]
    stalls = STALLS[str(rng.choice(list(STALLS)))]
    return SoakBatch(items, stalls, int(rng.integers(1, 1 << 32)))
