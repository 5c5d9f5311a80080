# SPDX-License-Identifier: Apache-2.0
"""dpr_dispatcher against the bit planes of models/inner_product.py, and each plane's cycle against three rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cocotb
import numpy as np

from models.inner_product import bit_planes
from models.precision import group_precision
from tb.common.distributions import DISTRIBUTIONS, draw
from tests.support.pieces import PARAMETERS, Piece, cycle, generator, pack, reset, start

P, COLS, LANES = (PARAMETERS.get(name, default) for name, default in (("P", 16), ("COLS", 4), ("LANES", 4)))
N = COLS * LANES
HANDSHAKE_TO_PLANE = 3  # cycles from a step's handshake to its first plane on the output, at least


@dataclass(frozen=True)
class Step:
    """One pallet step; gap: idle cycles before it is offered."""

    acts: np.ndarray
    signed: bool
    n_low: int
    first: bool
    last: bool
    waddr: int
    gap: int


def random_steps(rng: np.random.Generator, pallets: int, gaps: bool) -> list[Step]:
    """Pallets of 1 to 4 steps from every distribution; sign and n_L change from pallet to pallet."""
    steps = []
    for _ in range(pallets):
        signed, n_low, count = bool(rng.integers(0, 2)), int(rng.choice([0, rng.integers(0, P)])), int(rng.integers(1, 5))
        acts = draw(rng, str(rng.choice(list(DISTRIBUTIONS))), count, N, P, signed, n_low)
        for i in range(count):
            gap = int(rng.integers(1, 40)) if gaps and rng.random() < 0.3 else 0
            steps.append(Step(acts[i], signed, n_low, i == 0, i == count - 1, int(rng.integers(0, 256)), gap))
    return steps


def expected_planes(steps: list[Step]) -> list[tuple[int, ...]]:
    """What the outputs carry: (step, bits, offset, eog, negate, clear, last, waddr of the step)."""
    planes = []
    for number, step in enumerate(steps):
        model = bit_planes(step.acts.reshape(1, COLS, LANES), P, step.signed, step.n_low)
        for i, offset in enumerate(model.offset):
            bits = pack(model.bits[i].ravel(), 1)
            control = int(offset), bool(model.eog[i]), step.signed and i == 0, step.first and i == 0, step.last
            planes.append((number, bits, *map(int, control), step.waddr))
    return planes


@dataclass
class Seen:
    """One list entry a cycle: outputs, handshakes, stalls."""

    planes: list[tuple[int, list[int]]]  # cycle, [bits, offset, eog, negate, clear, last]
    reads: dict[int, int]  # cycle -> wm_addr
    handshakes: list[int]
    starts: list[int]  # obs_p
    stalled: set[int]
    sent: set[int]
    drain: list[bool]


def snapshot(dispatcher: Piece, now: int, seen: Seen) -> bool:
    """Record the cycle that ends now; return whether the offered step was taken in it."""
    valid, wm_en, ready, started, sent, stall = dispatcher.read(
        "m_valid", "wm_en", "s_ready", "obs_start", "obs_send", "stall_drain"
    )
    if valid:
        seen.planes.append((now, dispatcher.read("m_bits", "m_offset", "m_eog", "m_negate", "m_clear", "m_last")))
    if wm_en:
        seen.reads[now] = dispatcher.read("wm_addr")[0]
    if started:
        seen.starts += dispatcher.read("obs_p")
    if stall:
        seen.stalled.add(now)
    if sent:
        seen.sent.add(now)
    return bool(ready)


def offer(dispatcher: Piece, step: Step | None) -> None:
    """Put a step on the input."""
    dispatcher.drive(s_valid=step is not None)
    if step is not None:
        dispatcher.drive(s_acts=pack(step.acts, P), s_is_signed=step.signed, s_n_l=step.n_low, s_waddr=step.waddr)
        dispatcher.drive(s_first=step.first, s_last=step.last)


async def play(dispatcher: Piece, steps: list[Step], drain: Callable[[int], bool], planes: int) -> Seen:
    """Offer the steps until `planes` bit planes came out."""
    seen = Seen([], {}, [], [], set(), set(), [])
    index, gap, offered = 0, steps[0].gap, False
    while len(seen.planes) < planes:
        offered = index < len(steps) and gap == 0
        offer(dispatcher, steps[index] if offered else None)
        seen.drain.append(drain(len(seen.drain)))
        dispatcher.drive(drain_ready=seen.drain[-1])
        await cycle()
        now = len(seen.drain) - 1
        assert now < 100 * planes + 1000, f"{len(seen.planes)} of {planes} planes after {now} cycles"
        if snapshot(dispatcher, now, seen) and offered:
            seen.handshakes.append(now)
            index += 1
            gap = steps[index].gap if index < len(steps) else 0
        elif not offered and gap:
            gap -= 1
    return seen


def check_planes(steps: list[Step], seen: Seen) -> None:
    """Every output of every plane, every precision, every read of the weight memory."""
    expected = expected_planes(steps)
    for i, ((_, got), want) in enumerate(zip(seen.planes, expected, strict=True)):
        assert got == list(want[1:7]), f"plane {i} of step {want[0]}: {got}, expected {want[1:7]}"
    assert seen.starts == [int(group_precision(step.acts, P, step.signed, step.n_low)) for step in steps]
    assert seen.sent == {now - 1 for now, _ in seen.planes}
    is_first = [i == 0 or expected[i - 1][0] != plane[0] for i, plane in enumerate(expected)]
    reads = {now - 1: plane[7] for (now, _), plane, first in zip(seen.planes, expected, is_first, strict=True) if first}
    assert {now: addr for now, addr in seen.reads.items() if now in seen.sent} == reads
    assert set(seen.reads) - set(reads) <= seen.stalled, "a read of the weight memory without the first plane of a step"


def check_cycles(steps: list[Step], seen: Seen) -> None:
    """A plane follows its predecessor at once; only a late step, or the last plane of a pallet without a drain, waits."""
    previous, stalls, number = -1, set(), -1
    for (now, _), want in zip(seen.planes, expected_planes(steps), strict=True):
        earliest = previous + 1
        if want[0] != number:
            number = want[0]
            earliest = max(earliest, seen.handshakes[number] + HANDSHAKE_TO_PLANE)
        while want[3] and want[6] and not seen.drain[earliest - 1]:
            stalls.add(earliest - 1)
            earliest += 1
        assert now == earliest, f"a plane of step {number} in cycle {now}, expected {earliest}"
        previous = now
    assert seen.stalled == stalls


async def prepare() -> Piece:
    """Start the clock with an idle dispatcher."""
    dispatcher = Piece("dispatcher")
    dispatcher.drive(s_valid=0, drain_ready=0, s_acts=0, s_is_signed=0, s_n_l=0, s_first=0, s_last=0, s_waddr=0)
    await start()
    return dispatcher


async def run(dispatcher: Piece, steps: list[Step], drain: Callable[[int], bool]) -> Seen:
    """Play and check everything."""
    seen = await play(dispatcher, steps, drain, len(expected_planes(steps)))
    check_planes(steps, seen)
    check_cycles(steps, seen)
    return seen


@cocotb.test()
async def no_bubble_between_groups(_dut) -> None:
    """Input never late, drain always ready: a plane in every cycle, from every precision to every other."""
    dispatcher, rng = await prepare(), generator("no bubble")
    seen = await run(dispatcher, random_steps(rng, 60, gaps=False), lambda now: True)
    assert [now for now, _ in seen.planes] == list(range(HANDSHAKE_TO_PLANE, HANDSHAKE_TO_PLANE + len(seen.planes)))
    assert not seen.stalled


@cocotb.test()
@cocotb.parametrize(chance=[0.1, 0.7])
async def gaps_and_full_reducer(_dut, chance: float) -> None:
    """Random gaps at the input, a drain that is ready in some cycles only."""
    dispatcher, rng = await prepare(), generator(f"gaps {chance}")
    seen = await run(dispatcher, random_steps(rng, 30, gaps=True), lambda now: bool(rng.random() < chance))
    assert seen.stalled


@cocotb.test()
async def reset_forgets_everything(_dut) -> None:
    """After a reset in the middle of a step nothing comes out, and what follows is exact."""
    dispatcher, rng = await prepare(), generator("reset")
    for _ in range(10):
        steps = random_steps(rng, 6, gaps=False)
        await play(dispatcher, steps, lambda now: True, int(rng.integers(1, len(expected_planes(steps)))))
        offer(dispatcher, None)
        await reset()
        await cycle()
        for _ in range(8):
            await cycle()
            assert dispatcher.read("m_valid", "wm_en", "obs_send", "stall_drain") == [0, 0, 0, 0]
        await run(dispatcher, random_steps(rng, 3, gaps=False), lambda now: True)
