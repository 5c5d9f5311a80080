# SPDX-License-Identifier: Apache-2.0
"""dpr_load_unit, dpr_store_unit, dpr_step_precisions and dpr_layer_counters against plain Python."""

from __future__ import annotations

import cocotb
import numpy as np

from tests.support.pieces import PARAMETERS, Piece, cycle, generator, reset, start

P, ROWS, BRICKS, WORDS, WADDR_W, OADDR_W, BITS = (
    PARAMETERS.get(name, default)
    for name, default in (("P", 16), ("ROWS", 4), ("BRICKS", 20), ("WORDS", 16), ("WADDR_W", 6), ("OADDR_W", 11), ("BITS", 1))
)
DATA_W, OFF_W = 16 * P, (P - 1).bit_length()


def brick(rng: np.random.Generator) -> int:
    """A random brick as a bus."""
    return int.from_bytes(rng.bytes(DATA_W // 8), "little")


def places(count: int, to_weights: bool, steps: int) -> list[tuple | None]:
    """Where each brick of a tensor goes: (bank, word), bank None for activations; None from the first that does not fit."""
    found = []
    for i in range(count):
        number, row, step = i // (steps * ROWS), i // steps % ROWS, i % steps
        place = (row, number * steps + step) if to_weights else (None, i)
        if place[1] >= (WORDS if to_weights else BRICKS):
            return found + [None] * (count - i)
        found.append(place)
    return found


async def describe(unit: Piece, rng: np.random.Generator, to_weights: bool) -> None:
    """Hand over a descriptor when the decompressor is ready for it."""
    payload = int(rng.integers(0, 1 << OFF_W + 33))
    unit.drive(s_desc_valid=1, s_desc_data=int(to_weights) << OFF_W + 33 | payload, m_desc_ready=0)
    for ready in (0, 0, 1):
        unit.drive(m_desc_ready=ready)
        await cycle()
        assert unit.read("s_desc_ready", "m_desc_valid", "m_desc_data", "busy") == [ready, 1, payload, 0]
    unit.drive(s_desc_data=0)
    await cycle()  # the next descriptor waits until this tensor is in
    assert unit.read("s_desc_ready", "m_desc_valid", "busy") == [0, 0, 1]
    unit.drive(s_desc_valid=0)


async def load(unit: Piece, rng: np.random.Generator, count: int, steps: int, to_weights: bool, error: int = 0) -> None:
    """Load a tensor of `count` bricks; a malformed one ends with a beat without values. Every write is compared."""
    await describe(unit, rng, to_weights)
    unit.drive(row_words=steps % WORDS)
    beats = [(place, i == count - 1 and not error) for i, place in enumerate(places(count, to_weights, steps))]
    overflow = unit.read("overflow")[0]
    for place, last in beats:
        while rng.random() < 0.2:
            unit.drive(s_valid=0, s_any=1, s_last=1, s_error=7)
            await cycle()
            assert unit.read("am_en", "wm_en", "busy") == [0, 0, 1]
        data = brick(rng)
        unit.drive(s_valid=1, s_any=1, s_last=last, s_error=0, s_data=data)
        await cycle()
        am_en, wm_en, bus = unit.read("am_en", "wm_en", "data")
        if place is None:
            overflow = 1
        else:
            assert bus == data
        assert (am_en, wm_en) == (place is not None and not to_weights, place is not None and to_weights), f"{place}"
        if wm_en:
            assert tuple(unit.read("wm_row", "wm_addr")) == place
        elif am_en:
            assert unit.read("am_addr") == [place[1]]
    if error:
        unit.drive(s_valid=1, s_any=0, s_last=1, s_error=error)
        await cycle()
        assert unit.read("am_en", "wm_en") == [0, 0]
    unit.drive(s_valid=0)
    await cycle()
    assert unit.read("busy", "overflow") == [0, overflow]


async def prepare_load() -> Piece:
    """Start the clock with an idle load unit."""
    unit = Piece("load")
    unit.drive(row_words=1, s_desc_valid=0, m_desc_ready=0, s_desc_data=0, s_valid=0, s_last=0, s_any=0, s_error=0, s_data=0)
    await start()
    await cycle()
    return unit


@cocotb.test()
async def tensors_that_fit(_dut) -> None:
    """Activations up to a full memory; weights of every number of steps, up to as many whole passes as fit."""
    unit, rng = await prepare_load(), generator("fits")
    for count in (1, 2, BRICKS - 1, BRICKS):
        await load(unit, rng, count, steps=1, to_weights=False)
    for steps in (1, 2, 3, 5, 7, 8, 11, 16):
        for passes in {1, WORDS // steps}:
            await load(unit, rng, passes * steps * ROWS, steps, to_weights=True)
    assert unit.read("error", "overflow") == [0, 0]


@cocotb.test()
async def tensors_that_do_not_fit(_dut) -> None:
    """The brick past the memory raises overflow and overwrites nothing, also when steps do not divide the memory."""
    unit, rng = await prepare_load(), generator("overflow")
    cases = [(BRICKS + 1, 1, False), (2 * BRICKS + 3, 1, False), (4 * 32 + 2, 1, False)]
    cases += [((WORDS // steps + 1) * steps * ROWS, steps, True) for steps in (1, 2, 3, 5, 7, 8, 11, 16)]
    for count, steps, to_weights in cases:
        assert unit.read("overflow") == [0]
        await load(unit, rng, count, steps, to_weights)
        await load(unit, rng, 3, 1, to_weights)
        assert unit.read("error", "overflow") == [0, 1], f"{count} bricks, {steps} steps: not sticky"
        await reset()
        await cycle()


@cocotb.test()
async def first_error_stays(_dut) -> None:
    """The error of the first malformed tensor stays through good and bad ones, until a reset."""
    unit, rng = await prepare_load(), generator("errors")
    for first in range(1, 8):
        await load(unit, rng, 2, 1, to_weights=False)
        assert unit.read("error") == [0]
        for error in (first, 0, 8 - first):
            await load(unit, rng, int(rng.integers(1, 5)), 1, to_weights=bool(rng.integers(0, 2)), error=error)
            assert unit.read("error", "overflow") == [first, 0]
        await reset()
        await cycle()


@cocotb.test()
async def reset_in_a_tensor(_dut) -> None:
    """A reset in the middle of a tensor frees the unit; the next tensor starts at the beginning."""
    unit, rng = await prepare_load(), generator("reset")
    for to_weights in (False, True):
        await describe(unit, rng, to_weights)
        unit.drive(s_valid=1, s_any=1, s_last=0, s_data=brick(rng))
        for _ in range(3):
            await cycle()
        unit.drive(s_valid=0)
        await reset()
        await cycle()
        assert unit.read("busy") == [0]
        await load(unit, rng, 8, 2, to_weights)


@cocotb.test()
async def store_unit(_dut) -> None:
    """Bricks in address order under back-pressure, stable while stalled, one a cycle when taken; the last one is marked."""
    unit, rng, memory = Piece("store"), generator("store"), []
    unit.drive(w_en=0, start=0, m_ready=0, count=1)
    await start()
    for address in range(1 << OADDR_W):
        memory.append(brick(rng))
        unit.drive(w_en=1, w_addr=address, w_data=memory[-1])
        await cycle()
    unit.drive(w_en=0)
    for count, chance in ((1, 1), (2, 1), (17, 1), (17, 0.5), (40, 0.1), (1, 0.2), (1 << OADDR_W, 1)):
        unit.drive(start=1, count=count, m_ready=0)
        await cycle()
        unit.drive(start=0)
        await cycle()
        assert unit.read("m_valid") == [0]
        for number in range(count):
            ready = False
            while not ready:
                ready = bool(rng.random() < chance)
                unit.drive(m_ready=ready)
                await cycle()
                want = [1, number == count - 1, memory[number]]
                assert unit.read("m_valid", "m_last", "m_data") == want, f"brick {number} of {count}"
        unit.drive(m_ready=1)
        for _ in range(3):
            await cycle()
            assert unit.read("m_valid") == [0], f"more than {count} bricks"


@cocotb.test()
async def store_unit_reset(_dut) -> None:
    """A reset in the middle: nothing more comes."""
    unit = Piece("store")
    unit.drive(w_en=0, start=1, m_ready=1, count=30)
    await start()
    await cycle()
    unit.drive(start=0)
    for _ in range(5):
        await cycle()
    await reset()
    for _ in range(4):
        await cycle()
        assert unit.read("m_valid") == [0]


@cocotb.test()
async def step_precisions(_dut) -> None:
    """The words of a step follow those of the step before; a step waits until it is taken; the table survives a layer."""
    unit, rng = Piece("precisions"), generator("precisions")
    unit.drive(w_en=0, r_en=0, start=0, taken=0)
    await start()
    table = [0, 1, P, *rng.integers(0, P + 1, (1 << WADDR_W) - 3).tolist()]
    for address, bits in enumerate(table):
        unit.drive(w_en=1, w_addr=address, w_data=bits)
        await cycle()
    unit.drive(w_en=0)
    for steps, chance in ((3, 1.0), (1 << WADDR_W, 1.0), (40, 0.5)):
        unit.drive(start=1)
        await cycle()
        unit.drive(start=0, r_en=1, r_addr=0)
        await cycle()
        words = 0
        for step in range(steps):
            taken = False
            while not taken:
                taken = bool(rng.random() < chance)  # a step is fetched when the one before it leaves
                unit.drive(taken=taken, r_en=taken, r_addr=(step + 1) % len(table))
                await cycle()
                assert unit.read("p_w", "waddr") == [table[step], words % (1 << WADDR_W)], f"step {step}"
            words += -(-max(1, table[step]) // BITS)
        unit.drive(taken=0, r_en=0)


_EVENTS = {"sent": "sent", "drain_stall": "drain", "weight_stall": "weights", "reduce": "reduce"}  # port: event


def causes(events: list[str]) -> dict[str, int]:
    """Cycles by cause of a phase whose cycles are "idle" or one of _EVENTS, the start's own cycle first.

    Waiting for weights before the first operands is as good as idle. Idle cycles before anything happens, before the first
    operands, and after the last event are fill; others are late activations.
    """
    started = events.index("sent") if "sent" in events else len(events)
    events = ["idle" if event == "weights" and i <= started else event for i, event in enumerate(events)]
    end = max((i for i, event in enumerate(events) if event != "idle"), default=-1)
    counts = {
        "compute_cycles": len(events),
        "step_cycles": events.count("sent"),
        "stall_output_drain": events.count("drain"),
        "stall_weight_fetch": events.count("weights"),
        "reduce_cycles": events.count("reduce"),
    }
    fill = [i for i, event in enumerate(events) if event == "idle" and (i < started or i > end)]
    return counts | {"fill_cycles": len(fill), "stall_activation_fetch": events.count("idle") - len(fill)}


@cocotb.test()
async def counters(_dut) -> None:
    """Every cycle of random compute phases has one cause; nothing counts between phases; the store phase only has a flag."""
    unit, rng = Piece("counters"), generator("counters")
    unit.drive(**dict.fromkeys(("compute_start", "compute_done", "store_start", "store_done", *_EVENTS), 0))
    await start()
    for number in range(40):
        chances = rng.dirichlet([1] * 5)
        events = ["idle", *rng.choice(["idle", *_EVENTS.values()], int(rng.integers(1, 60)), p=chances).tolist()]
        for i, event in enumerate(events):
            unit.drive(compute_start=i == 0, compute_done=i == len(events) - 1)
            unit.drive(**{port: event == name for port, name in _EVENTS.items()})
            await cycle()
            assert unit.read("compute_busy") == [i > 0]
        unit.drive(**(dict.fromkeys(_EVENTS, 0) | {"compute_done": 0, "sent": 1}))  # nothing counts now
        for _ in range(int(rng.integers(1, 4))):
            await cycle()
        want = causes(events)
        got = dict(zip(want, unit.read(*want), strict=True))
        assert got == want, f"phase {number}, {events}"
        assert sum(got.values()) == 2 * len(events)
    unit.drive(store_start=1)
    await cycle()
    unit.drive(store_start=0)
    for done in (0, 0, 1):
        unit.drive(store_done=done)
        await cycle()
        assert unit.read("store_busy") == [1]
    await cycle()
    assert unit.read("store_busy", "compute_busy") == [0, 0]
