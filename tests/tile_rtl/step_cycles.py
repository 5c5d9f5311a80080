# SPDX-License-Identifier: Apache-2.0
"""What the dispatcher does in each cycle of a step, as loops: reference of dpr_step_sequencer and dpr_dispatcher."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Mode:
    """Parameters and layer registers. chain: cycles after a pallet."""

    cols: int
    bits: int
    stagger: bool = False
    chain: int = 0


@dataclass(frozen=True)
class Work:
    """A step: offsets of the first and last bits, repetitions in all, last of its pallet."""

    top: int
    n_low: int
    repetitions: int
    last: bool


@dataclass(frozen=True)
class Cycle:
    """One cycle of a step. kind: send, chain, drain (waits for the reducer) or bus (waits for the weight bus)."""

    kind: str
    offset: int  # this and the next four: of the bits that are sent, or wait
    first: bool
    eog: bool
    again: int
    initial: bool
    capture: bool
    fresh: bool
    read: bool
    done: bool


def step_cycles(mode: Mode, work: Work, drain: Iterator[bool]) -> Iterator[Cycle]:
    """The cycles of a step; takes one value of `drain`, whether the reducer is ready, for each of them."""
    chain = mode.chain if work.last else 0
    for again in reversed(range(work.repetitions)):
        offsets = list(range(work.top, work.n_low - 1, -mode.bits))
        feed = mode.cols if mode.stagger else 1  # cycles in which the weight bus feeds this repetition
        slot = 0
        while offsets or slot < feed:
            ready = next(drain)
            eog = len(offsets) == 1
            completes = work.last and not chain and again == 0 and eog
            kind = "bus" if not offsets else "drain" if completes and not ready else "send"
            offset = offsets[0] if offsets else 0
            if kind == "send":
                offsets.pop(0)
            done = not offsets and slot + 1 >= feed and again == 0 and not chain
            is_first, is_initial, captures = offset == work.top, again == work.repetitions - 1, completes and kind == "send"
            yield Cycle(kind, offset, is_first, eog, again, is_initial, captures, slot == 0, slot < feed, done)
            slot += 1
    while chain:
        ready = next(drain)
        waits = chain == 1 and not ready
        captures = chain == 1 and ready
        yield Cycle("drain" if waits else "chain", 0, False, False, 0, False, captures, False, False, captures)
        chain -= not waits


def duration(mode: Mode, work: Work) -> int:
    """Cycles of a step when the reducer is always ready: closed form, for a check of `step_cycles`."""
    planes = -(-(work.top - work.n_low + 1) // mode.bits)
    slot = max(planes, mode.cols if mode.stagger else 1)
    return work.repetitions * slot + (mode.chain if work.last else 0)
