# SPDX-License-Identifier: Apache-2.0
"""The codec's AXI4-Streams on cocotbext-axi, and what a monitor hands on.

A beat is one "byte" of the library, as wide as tdata: the library reads a bus once a byte, so 16 lanes a group would cost
16 times as much. tkeep, which has one bit a value, therefore travels in the library's tdest: one number a beat.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import cocotb
import numpy as np
from cocotb.utils import get_sim_steps
from cocotb_bus.bus import Bus
from cocotbext.axi import AxiStreamFrame, AxiStreamMonitor, AxiStreamSink, AxiStreamSource

from models.config import GROUP

CLOCK_NS = 10
Endpoint = AxiStreamSource | AxiStreamSink | AxiStreamMonitor


class BeatBus(Bus):
    """The signals of a stream `prefix`_t* of the bench, with tkeep under the library's name tdest."""

    _optional_signals: ClassVar = {"tlast": "tlast", "tdest": "tkeep", "tuser": "tuser"}

    def __init__(self, prefix: str) -> None:
        super().__init__(cocotb.top, prefix, ["tdata", "tvalid", "tready"], optional_signals=self._optional_signals)

    def payload(self) -> tuple[str, ...]:
        """Return what must not change while the stream is stalled, as bit strings (so that x is seen as x)."""
        return tuple(str(self._signals[name].value) for name in ("tdata", "tlast", "tdest", "tuser") if name in self._signals)


def endpoint(kind: type[Endpoint], prefix: str) -> Endpoint:
    """Make a source, sink or monitor of the library on the stream `prefix`, silent but for errors."""
    logging.getLogger(f"cocotb.{cocotb.top._name}.{prefix}").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="cocotbext")
    bus = BeatBus(prefix)
    return kind(bus, cocotb.top.clk, cocotb.top.rst, byte_size=len(bus.tdata))


@cache
def _clock_steps() -> int:
    return get_sim_steps(CLOCK_NS, "ns")


def cycle_at(time: int) -> int:
    """Return the clock cycle of a time in simulator steps."""
    return time // _clock_steps()


@dataclass(frozen=True)
class Beats:
    """One frame as observed: a list entry a beat. keep and user are empty on streams without them.

    start: time of the first beat, in simulator steps.
    """

    data: list[int]
    keep: list[int]
    user: list[int]
    start: int = 0

    @classmethod
    def of(cls, frame: AxiStreamFrame) -> Beats:
        """Take the fields of a frame that was received uncompacted."""
        return cls(list(frame.tdata), list(frame.tdest or []), list(frame.tuser or []), int(frame.sim_time_start))

    def words(self) -> np.ndarray:
        """The beats as uint64, for streams of 64-bit words."""
        return np.array(self.data, dtype=np.uint64)

    def groups(self, bits: int, signed: bool) -> np.ndarray:
        """The beats as values, int64 [beats, 16], for streams of groups of `bits`-bit values."""
        raw = b"".join(beat.to_bytes(GROUP * bits // 8, "little") for beat in self.data)
        dtype = np.dtype(f"<{'i' if signed else 'u'}{bits // 8}")
        return np.frombuffer(raw, dtype).astype(np.int64).reshape(-1, GROUP)

    def kept(self) -> np.ndarray:
        """Which values are present, bool [beats, 16]."""
        return (np.array(self.keep, dtype=np.int64)[:, None] >> np.arange(GROUP)) & 1 == 1


def group_beats(values: np.ndarray, bits: int) -> list[int]:
    """Return the tdata of int64 values [groups, 16]: value i of a group at [i*bits +: bits]."""
    raw = (values & ((1 << bits) - 1)).astype(f"<u{bits // 8}").tobytes()
    size = GROUP * bits // 8
    return [int.from_bytes(raw[start : start + size], "little") for start in range(0, len(raw), size)]


def keep_beats(count: int) -> list[int]:
    """Return the tkeep of a tensor of `count` values: all ones but for the tail."""
    full, tail = divmod(count, GROUP)
    return [(1 << GROUP) - 1] * full + ([(1 << tail) - 1] if tail else [])
