# SPDX-License-Identifier: Apache-2.0
"""Sequence items of the tile: a batch of pallets, and how a batch looks in the bench's files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyuvm import uvm_sequence_item

from models.config import DesignConfig

READY_CYCLES = 4096  # length of the bench's ready pattern
MAX_STEPS = 1024  # records of a batch at most
WEIGHT_WORDS = 256


@dataclass
class Pallets:
    """Steps of whole pallets. S steps in all; acts int64 [S, cols, lanes]; the other arrays have one entry a step."""

    acts: np.ndarray
    is_signed: np.ndarray
    n_low: np.ndarray
    first: np.ndarray
    last: np.ndarray
    waddr: np.ndarray
    gaps: np.ndarray
    precisions: tuple[np.ndarray, np.ndarray] | None = None  # of the model, kept by the scoreboard


class TileBatch(uvm_sequence_item):
    """What one wake of Python makes the bench play."""

    def __init__(self, name: str, pallets: Pallets, ready: np.ndarray, weights: np.ndarray | None = None) -> None:
        """`ready` is bool [READY_CYCLES]; `weights` int64 [words, rows, lanes], None keeps the ones that are loaded."""
        super().__init__(name)
        self.pallets = pallets
        self.ready = ready
        self.weights = weights
        self.reset_after: int | None = None  # cycles after the start at which reset is asserted


def _big_endian(words: np.ndarray, bits: int) -> np.ndarray:
    """Pack integers [..., n] of `bits` (8 or 16) into bytes, value 0 in the least significant place, highest byte first."""
    kind = {8: np.uint8, 16: np.dtype("<u2")}[bits]
    data = np.ascontiguousarray(words & ((1 << bits) - 1)).astype(kind)
    return data.view(np.uint8).reshape(data.shape[0], -1)[:, ::-1]


def stimulus_bytes(pallets: Pallets, bits: int) -> bytes:
    """The contents of stim.bin: a record a step, most significant byte first as $fread wants it."""
    control = (
        pallets.waddr
        | pallets.n_low << 16
        | pallets.is_signed.astype(np.int64) << 20
        | pallets.first.astype(np.int64) << 21
        | pallets.last.astype(np.int64) << 22
        | pallets.gaps << 24
    )
    steps = len(pallets.acts)
    head = control.astype(">u4").view(np.uint8).reshape(steps, 4)
    return np.concatenate([_big_endian(pallets.acts.reshape(steps, -1), bits), head], axis=1).tobytes()


def weight_bytes(weights: np.ndarray, bits: int) -> bytes:
    """The contents of weights.bin, a word of rows x lanes values each."""
    return _big_endian(weights.reshape(len(weights), -1), bits).tobytes()


def ready_bytes(ready: np.ndarray) -> bytes:
    """The contents of ready.bin: one vector, cycle 0 in bit 0."""
    return np.packbits(ready.astype(np.uint8), bitorder="little").tobytes()[::-1]


def _padded(bits: int) -> int:
    return (bits + 31) // 32


@dataclass
class TileTrace:
    """What the monitor saw: one entry a handshake, step start or column."""

    inputs: Pallets
    input_cycle: np.ndarray
    step_cycle: np.ndarray
    step_p: np.ndarray
    step_trailing: np.ndarray
    column_cycle: np.ndarray
    column: np.ndarray
    sums: np.ndarray  # int64 [columns, rows]
    start: int = 0  # first cycle of the ready pattern
    stalls: int = 0  # cycles the dispatcher reported as lost to the reducer


def _signed(raw: np.ndarray, bits: int) -> np.ndarray:
    """Interpret little-endian bytes [..., bits/8] as signed integers."""
    padded = np.zeros((*raw.shape[:-1], 8), np.uint8)
    padded[..., : bits // 8] = raw
    value = padded.view("<i8")[..., 0]
    return (value << (64 - bits)) >> (64 - bits)


def parse_inputs(data: bytes, config: DesignConfig) -> tuple[np.ndarray, Pallets]:
    """Turn inputs.bin into the cycles of the handshakes and the steps; signed values come back as signed."""
    count = config.cols * config.lanes
    words = np.frombuffer(data, "<u4").reshape(-1, 2 + _padded(count * config.p))
    kind = {8: np.uint8, 16: np.dtype("<u2")}[config.p]
    raw = np.ascontiguousarray(words[:, 2:]).view(kind)[:, :count].astype(np.int64)
    control = words[:, 1].astype(np.int64)
    is_signed = (control >> 20 & 1).astype(bool)
    negative = is_signed[:, None] & (raw >> (config.p - 1) == 1)
    acts = np.where(negative, raw - (1 << config.p), raw).reshape(-1, config.cols, config.lanes)
    pallets = Pallets(
        acts=acts,
        is_signed=is_signed,
        n_low=control >> 16 & 15,
        first=(control >> 21 & 1).astype(bool),
        last=(control >> 22 & 1).astype(bool),
        waddr=control & 0xFFFF,
        gaps=np.zeros(len(acts), np.int64),
    )
    return words[:, 0].astype(np.int64), pallets


def parse_trace(inputs: bytes, steps: bytes, sums: bytes, config: DesignConfig) -> TileTrace:
    """Turn the monitor's three files (or new parts of them) into arrays."""
    input_cycle, pallets = parse_inputs(inputs, config)
    step = np.frombuffer(steps, "<u4").reshape(-1, 3).astype(np.int64)
    words = np.frombuffer(sums, "<u4").reshape(-1, 2 + _padded(config.rows * config.acc_w))
    width = config.acc_w // 8
    raw = np.ascontiguousarray(words[:, 2:]).view(np.uint8)[:, : config.rows * width]
    return TileTrace(
        inputs=pallets,
        input_cycle=input_cycle,
        step_cycle=step[:, 0],
        step_trailing=step[:, 1],
        step_p=step[:, 2],
        column_cycle=words[:, 0].astype(np.int64),
        column=words[:, 1].astype(np.int64),
        sums=_signed(raw.reshape(-1, config.rows, width), config.acc_w),
    )
