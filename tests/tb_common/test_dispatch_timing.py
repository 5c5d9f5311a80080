# SPDX-License-Identifier: Apache-2.0
"""models/dispatch_timing.py against cases worked by hand and against a simulation of the registers, cycle by cycle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from models.config import load_config
from models.dispatch_timing import (
    BASE_LATENCY,
    CAPTURE_TO_COLUMN,
    CAUSES,
    DispatchTiming,
    base_timing,
    column_latency,
    dispatch_timing,
    step_work,
)
from tests.support.dispatcher_simulation import Ready, Simulation


@dataclass(frozen=True)
class Worked:
    """A case with its result: a list entry a step; columns: a list a pallet."""

    gaps: list[int]
    precisions: list[int]
    last: list[bool]
    busy: tuple[int, ...]  # cycles in which the output is not taken
    handshake: list[int]
    start: list[int]
    end: list[int]
    columns: list[list[int]]
    stalls: int


# Two columns; the first step is offered in cycle 10. A step enters stage A with its handshake, stage B in the cycle after at
# the earliest, and its planes leave in the cycles after that. A pallet's last plane waits until the cycle after the last
# column of the pallet before was taken.
WORKED = {
    "one step": Worked([0], [3], [True], (), [10], [11], [14], [[18, 19]], 0),
    "all-zero step": Worked([0], [0], [True], (), [10], [11], [12], [[16, 17]], 0),
    "three steps, the last pallet waits": Worked(
        [0, 0, 0], [3, 0, 2], [False, True, True], (), [10, 11, 14], [11, 14, 15], [14, 15, 21], [[19, 20], [25, 26]], 4
    ),
    "long pallets do not wait": Worked([0, 0], [8, 8], [True, True], (), [10, 11], [11, 19], [19, 27], [[23, 24], [31, 32]], 0),
    "exactly the reducer's time": Worked(
        [0, 0], [5, 6], [True, True], (), [10, 11], [11, 16], [16, 22], [[20, 21], [26, 27]], 0
    ),
    "one cycle less": Worked([0, 0], [5, 5], [True, True], (), [10, 11], [11, 16], [16, 22], [[20, 21], [26, 27]], 1),
    "late input": Worked([0, 5], [1, 1], [True, True], (), [10, 16], [11, 17], [12, 18], [[16, 17], [22, 23]], 0),
    "stalled output": Worked([0, 5], [1, 1], [True, True], (16, 17), [10, 16], [11, 17], [12, 20], [[18, 19], [24, 25]], 2),
}


@pytest.mark.parametrize("case", WORKED.values(), ids=WORKED.keys())
def test_worked_by_hand(case: Worked) -> None:
    """DStripes; the precisions themselves are an accepted form of the steps' work."""
    arrays = np.array(case.gaps), np.array(case.precisions), np.array(case.last)
    timing = dispatch_timing(*arrays, 2, first=10, ready=lambda cycle: cycle not in case.busy)
    assert timing.handshake.tolist() == case.handshake
    assert timing.start.tolist() == case.start
    assert timing.end.tolist() == timing.capture.tolist() == case.end
    assert timing.column.tolist() == case.columns
    assert timing.stalls == case.stalls


def causes(send: int, drain: int = 0, weights: int = 0, reduce: int = 0, acts: int = 0) -> dict[str, int]:
    return dict(zip(CAUSES, (send, drain, weights, reduce, acts), strict=True))


def timing_of(
    name: str, p: list[int], p_w: list[int], last: list[bool], gaps: list[int], *, slices: int = 1, serial: bool = True
) -> DispatchTiming:
    config = load_config(name)
    work = step_work(config, np.array(p), np.array(p_w), np.array(last), serial=serial, slices=slices)
    latency = column_latency(config)
    return dispatch_timing(np.array(gaps), work, np.array(last), config.cols, latency, first=10, ready=lambda _: True)


def test_trt_serial_by_hand() -> None:
    """Weights of 4 and 6 bits, activations of 3 and 2: the second step's weights load while the first one is multiplied.

    They begin with its start in cycle 14 and are there in cycle 20, three cycles after the first step's last plane in 17.
    """
    timing = timing_of("trt_small16", [3, 2], [4, 6], [False, True], [0, 0])
    assert (timing.handshake.tolist(), timing.start.tolist()) == ([10, 14], [14, 20])
    assert timing.end.tolist() == [17, 22]
    assert timing.column.tolist() == [[27, 28, 29, 30]]
    assert timing.causes == causes(5, weights=3)


def test_trt_late_activations_by_hand() -> None:
    """The step comes 3 cycles late (17): stage B is empty from 18 on; the 6 cycles of loading count for the weights."""
    timing = timing_of("trt_small16", [3, 2], [4, 6], [False, True], [0, 9])
    assert (timing.handshake.tolist(), timing.start.tolist()) == ([10, 20], [14, 26])
    assert timing.causes == causes(5, weights=6, acts=3)


def test_trt_cascade_by_hand() -> None:
    """Two slices add two cycles to each pass; 2 bits a cycle: 3 bits take 2 cycles, 6 bits 3."""
    timing = timing_of("trt_small16", [3, 2], [4, 6], [False, True], [0, 0], slices=2)
    assert (timing.end.tolist(), timing.column.tolist()) == ([17, 24], [[29, 30, 31, 32]])
    assert timing.causes == causes(5, weights=3, reduce=2)
    timing = timing_of("trt_small16_b2", [3, 2], [4, 6], [False, True], [0, 0], slices=2)
    assert (timing.start.tolist(), timing.end.tolist()) == ([12, 15], [14, 18])
    assert timing.causes == causes(3, weights=1, reduce=2)


def test_trt_convolution_is_dstripes_one_register_later() -> None:
    timing = timing_of("trt_small16", [3, 2], [4, 6], [False, True], [0, 0], serial=False, slices=1)
    assert (timing.start.tolist(), timing.end.tolist()) == ([11, 14], [14, 16])
    assert timing.column.tolist() == [[21, 22, 23, 24]]
    assert timing.causes == causes(5)


def test_loom_by_hand() -> None:
    """Parallel: 2 x 3 and 3 x 5 cycles. Serial, 4 columns: a weight bit takes 4 cycles at least.

    Serial: step 1 takes 2 weight bits x 4 cycles although the activations have 2 bits. Its planes leave in 12, 13 and 16, 17
    (the capture), stage B is free in 19; columns leave in 22 to 25. Step 2 (6 bits, 1 weight bit) could be captured in 25
    and waits one cycle.
    """
    timing = timing_of("dpr_loom_small16", [3, 5], [2, 3], [False, True], [0, 0], serial=False)
    assert (timing.end.tolist(), timing.column[0, 0], timing.causes) == ([17, 32], 37, causes(21))
    timing = timing_of("dpr_loom_small16", [2, 6], [2, 1], [True, True], [0, 0])
    assert (timing.start.tolist(), timing.capture.tolist(), timing.end.tolist()) == ([11, 19], [17, 26], [19, 26])
    assert timing.causes == causes(10, drain=1, weights=4)


def test_loom_waits_for_the_reducer_before_it_waits_for_weights() -> None:
    """Step 2 could send its last plane in 21 and does in 26: the 2 cycles in which the bus is busy hide in that.

    Step 3 comes in 12 + 40. It is done after 4 cycles, two cycles after its capture: a tail, since no pallet follows.
    """
    timing = timing_of("dpr_loom_small16", [2, 2, 2], [2, 1, 1], [True, True, True], [0, 0, 40])
    assert (timing.capture.tolist(), timing.end.tolist()) == ([17, 26, 55], [19, 26, 57])
    assert timing.causes == causes(8, drain=5, weights=4 + 2, acts=53 - 26)
    assert timing.tail == 2


def test_base_by_hand() -> None:
    """A column comes 3 cycles after its window's last step; while it is not taken in cycle 14, nothing moves."""
    arrays = np.array([0, 0, 2]), np.array([False, True, True])
    timing = base_timing(*arrays, first=10, ready=lambda _: True)
    assert (timing.handshake.tolist(), timing.column.tolist()) == ([10, 11, 14], [[14], [17]])
    assert timing.causes == causes(3, acts=2)
    timing = base_timing(*arrays, first=10, ready=lambda cycle: cycle != 14)
    assert (timing.handshake.tolist(), timing.column.tolist()) == ([10, 11, 15], [[15], [18]])
    assert timing.causes == causes(3, drain=1, acts=2)


def test_refuses_what_it_cannot_time() -> None:
    with pytest.raises(ValueError, match="has no dispatcher"):
        step_work(load_config("base16"), np.array([1]))
    for name, serial in (("trt16", True), ("loom16", False)):
        with pytest.raises(ValueError, match="needs p_w"):
            step_work(load_config(name), np.array([1]), serial=serial)


KINDS = [
    ("small16", False),
    ("small16_b2", False),
    ("dstripes16", True),
    ("trt_small16", False),
    ("trt_small16", True),
    ("trt_small16_b2", True),
    ("trt16_b4", True),
    ("dpr_loom_small16", False),
    ("dpr_loom_small16", True),
    ("dpr_loom16", True),
]


@pytest.mark.parametrize(("name", "serial"), KINDS, ids=str)
@pytest.mark.parametrize("gappy", [False, True])
@pytest.mark.parametrize("chance", [1.0, 0.9, 0.3])
def test_against_simulation(name: str, serial: bool, gappy: bool, chance: float) -> None:
    """Random steps, gaps and back-pressure: the same cycle for every event, the same cause for every cycle."""
    config, first = load_config(name), 5
    rng = np.random.default_rng([*name.encode(), serial, gappy, int(10 * chance)])
    for _ in range(12):
        steps, slices = int(rng.integers(1, 40)), int(rng.integers(1, config.cols + 1))
        gaps = [0, *(rng.integers(0, 12, steps - 1) * (rng.random(steps - 1) < 0.4) * gappy).tolist()]
        p, p_w = (rng.integers(0, rng.integers(1, 17) + 1, steps) for _ in range(2))
        last = [*(rng.random(steps - 1) < rng.random()).tolist(), True]
        pattern = rng.random(997) < chance

        def ready(cycle: int, pattern: np.ndarray = pattern) -> bool:
            return bool(pattern[cycle % 997])

        want = Simulation(config, serial, slices, gaps, p.tolist(), p_w.tolist(), last)
        want.run(ready, first)
        work = step_work(config, p, p_w, np.array(last), serial=serial, slices=slices)
        latency = column_latency(config)
        got = dispatch_timing(np.array(gaps), work, np.array(last), config.cols, latency, first=first, ready=ready)
        assert got.handshake.tolist() == want.handshake
        assert got.start.tolist() == want.start
        assert got.end.tolist() == want.end
        assert got.column.ravel().tolist() == want.columns
        assert got.causes == want.causes
        assert sum(got.causes.values()) == got.end[-1] - got.start[0]
        assert got.tail == got.end[-1] - got.capture[-1]


def simulate_base(gaps: list[int], last: list[bool], ready: Ready) -> tuple[list[int], list[int], dict[str, int]]:
    """Three registers in a row; the last one is the output. Returns (handshakes, columns, causes)."""
    pipeline = [False] * BASE_LATENCY
    handshakes: list[int] = []
    columns: list[int] = []
    found = dict.fromkeys(CAUSES, 0)
    now, wait = 0, 0
    while len(columns) < sum(last):
        moving = not pipeline[-1] or ready(now)
        waiting = len(handshakes) < len(last)
        handshake = moving and waiting and wait == 0
        found["output_drain"] += not moving
        found["send"] += handshake
        found["activation_fetch"] += moving and waiting and not handshake
        if moving:
            columns += [now] if pipeline[-1] else []
            pipeline = [handshake and last[len(handshakes)], *pipeline[:-1]]
        if handshake:
            handshakes.append(now)
            wait = gaps[len(handshakes)] if len(handshakes) < len(last) else 0
        else:
            wait = max(0, wait - 1)
        now += 1
    return handshakes, columns, found


@pytest.mark.parametrize("chance", [1.0, 0.9, 0.3])
def test_base_against_simulation(chance: float) -> None:
    rng = np.random.default_rng(int(10 * chance))
    for _ in range(100):
        steps = int(rng.integers(1, 40))
        gaps = [0, *(rng.integers(0, 6, steps - 1) * (rng.random(steps - 1) < rng.random())).tolist()]
        last = [*(rng.random(steps - 1) < rng.random()).tolist(), True]
        pattern = rng.random(997) < chance
        want = simulate_base(gaps, last, lambda cycle, p=pattern: bool(p[cycle % 997]))
        got = base_timing(np.array(gaps), np.array(last), first=0, ready=lambda cycle, p=pattern: bool(p[cycle % 997]))
        assert (got.handshake.tolist(), got.column.ravel().tolist(), got.causes) == want


def test_latencies_differ_by_design() -> None:
    """The contract's numbers: 4 cycles in DStripes, one more in the designs with weight registers, 3 in BASE."""
    names = ("dstripes16", "stripes16", "trt16", "dpr_loom16", "base16")
    assert [column_latency(load_config(name)) for name in names] == [4, 4, 5, 5, 3]
    assert CAPTURE_TO_COLUMN == 4
