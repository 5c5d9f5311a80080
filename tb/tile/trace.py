# SPDX-License-Identifier: Apache-2.0
"""The bench's files as arrays: what it plays, and what its monitor saw."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from models.config import DesignConfig
from tb.tile.items import Steps
from tb.tile.memory import big_endian

COUNTERS = {
    "send": "sends",
    "output_drain": "stalls",
    "weight_fetch": "fetches",
    "reduce": "reduces",
}  # cause: port of tb_tile.v
OVERLAPS = "overlaps"  # cycles for which the core named two causes


def stimulus_bytes(steps: Steps, bits: int) -> bytes:
    """The contents of stim.bin: a record a step, most significant byte first as $fread wants it."""
    control = (
        steps.waddr
        | steps.n_low << 16
        | steps.is_signed.astype(np.int64) << 20
        | steps.first.astype(np.int64) << 21
        | steps.last.astype(np.int64) << 22
        | steps.p_w << 28
        | steps.gaps << 40
    )
    head = control.astype(">u8").view(np.uint8).reshape(len(steps), 8)
    return np.concatenate([big_endian(steps.acts.reshape(len(steps), -1), bits), head], axis=1).tobytes()


def ready_bytes(ready: np.ndarray) -> bytes:
    """The contents of ready.bin: one vector, cycle 0 in bit 0."""
    return np.packbits(ready.astype(np.uint8), bitorder="little").tobytes()[::-1]


@dataclass
class TileTrace:
    """What the monitor saw: one entry a handshake, step start or column; cycles int64."""

    inputs: Steps
    input_cycle: np.ndarray
    step_cycle: np.ndarray
    step_p: np.ndarray
    step_trailing: np.ndarray
    column_cycle: np.ndarray
    column: np.ndarray
    keep: np.ndarray  # bool: the column holds results
    column_last: np.ndarray  # bool: the last column of its pallet
    sums: np.ndarray  # int64 [columns, rows]
    start: int = 0  # first cycle of the ready pattern
    counters: dict[str, int] = field(default_factory=dict)  # what the core reported, cycles by cause

    @property
    def cycles(self) -> int:
        """Cycles from the first handshake to the last column, both included."""
        return int(self.column_cycle[-1] - self.input_cycle[0]) + 1


def _padded(bits: int) -> int:
    return (bits + 31) // 32


def _signed(raw: np.ndarray, bits: int) -> np.ndarray:
    """Interpret little-endian bytes [..., bits/8] as signed integers."""
    padded = np.zeros((*raw.shape[:-1], 8), np.uint8)
    padded[..., : bits // 8] = raw
    value = padded.view("<i8")[..., 0]
    return (value << (64 - bits)) >> (64 - bits)


def parse_inputs(data: bytes, config: DesignConfig) -> tuple[np.ndarray, Steps]:
    """Turn inputs.bin into the cycles of the handshakes and the steps; signed values come back as signed."""
    count = config.cols * config.lanes
    words = np.frombuffer(data, "<u4").reshape(-1, 3 + _padded(count * config.p))
    kind = {8: np.uint8, 16: np.dtype("<u2")}[config.p]
    raw = np.ascontiguousarray(words[:, 3:]).view(kind)[:, :count].astype(np.int64)
    control, high = words[:, 1].astype(np.int64), words[:, 2].astype(np.int64)
    is_signed = (control >> 20 & 1).astype(bool)
    if is_signed.any():
        raw = np.where(is_signed[:, None] & (raw >> (config.p - 1) == 1), raw - (1 << config.p), raw)
    steps = Steps(
        acts=raw.reshape(-1, config.cols, config.lanes),
        is_signed=is_signed,
        n_low=control >> 16 & 15,
        first=(control >> 21 & 1).astype(bool),
        last=(control >> 22 & 1).astype(bool),
        waddr=control & 0xFFFF,
        p_w=control >> 28 | (high & 1) << 4,
        gaps=np.zeros(len(raw), np.int64),
    )
    return words[:, 0].astype(np.int64), steps


def parse_trace(inputs: bytes, steps: bytes, sums: bytes, config: DesignConfig) -> TileTrace:
    """Turn the monitor's three files (or new parts of them) into arrays."""
    input_cycle, played = parse_inputs(inputs, config)
    step = np.frombuffer(steps, "<u4").reshape(-1, 3).astype(np.int64)
    words = np.frombuffer(sums, "<u4").reshape(-1, 2 + _padded(config.rows * config.acc_w))
    width = config.acc_w // 8
    raw = np.ascontiguousarray(words[:, 2:]).view(np.uint8)[:, : config.rows * width]
    column = words[:, 1].astype(np.int64)
    return TileTrace(
        inputs=played,
        input_cycle=input_cycle,
        step_cycle=step[:, 0],
        step_trailing=step[:, 1],
        step_p=step[:, 2],
        column_cycle=words[:, 0].astype(np.int64),
        column=column & 0xFFFF,
        keep=(column >> 16 & 1).astype(bool),
        column_last=(column >> 17 & 1).astype(bool),
        sums=_signed(raw.reshape(-1, config.rows, width), config.acc_w),
    )
