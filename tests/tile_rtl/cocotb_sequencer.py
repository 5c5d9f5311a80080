# SPDX-License-Identifier: Apache-2.0
"""dpr_step_sequencer, every output in every cycle: a few steps written out by hand, and random ones against loops."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cocotb
import numpy as np

from tests.support.pieces import Piece, cycle, generator, pieces_of, reset, start
from tests.tile_rtl.step_cycles import Cycle, Mode, Work, duration, step_cycles

NAMES = pieces_of("dpr_step_sequencer")
MODES = ["plain", "stagger", "chain", "chain1"]
IDLE = {"valid": 0, "done": 0, "send": 0, "chain": 0, "capture": 0, "fresh": 0, "read": 0, "stall_drain": 0, "stall_bus": 0}
STORIES = [  # written by hand, a letter a cycle (see `letter`)
    ("plain", [Work(2, 0, 1, False), Work(1, 0, 1, True), Work(0, 0, 1, True)], ".ssssdddSS"),
    ("plain", [Work(1, 0, 2, False), Work(0, 0, 3, True)], ".ssssssdS"),
    ("stagger", [Work(1, 0, 2, True)], ".ssbbsddS"),
    ("stagger", [Work(5, 0, 1, False), Work(1, 0, 1, True)], ".sssssssSbb"),
    ("stagger", [Work(5, 0, 1, True), Work(0, 0, 1, False)], ".sssssddSsbbb"),
    ("chain", [Work(0, 0, 1, False), Work(1, 0, 1, True)], ".sssccddC"),
]
LETTERS = {"send": "s", "chain": "c", "drain": "d", "bus": "b"}


def outputs(now: Cycle) -> dict[str, int]:
    """The ports that tell this cycle; those of the bits only while there are bits."""
    ports = {
        "valid": 1,
        "done": now.done,
        "send": now.kind == "send",
        "chain": now.kind == "chain",
        "capture": now.capture,
        "fresh": now.fresh,
        "read": now.read,
        "stall_drain": now.kind == "drain",
        "stall_bus": now.kind == "bus",
    }
    if now.kind == "send":
        bits = {"offset": now.offset, "first": now.first, "eog": now.eog, "again": now.again, "initial_pass": now.initial}
        ports |= bits
    return {port: int(value) for port, value in ports.items()}


def check(sequencer: Piece, expected: dict[str, int]) -> None:
    """Every expected port."""
    seen = dict(zip(expected, sequencer.read(*expected), strict=True))
    assert seen == expected, {port: (seen[port], expected[port]) for port in seen if seen[port] != expected[port]}


def load(sequencer: Piece, work: Work | None, rng: np.random.Generator) -> None:
    """Show a step, or rubbish that must not be taken."""
    top, n_low, again, last = rng.integers(0, 2, 4).tolist()
    if work:
        top, n_low, again, last = work.top, work.n_low, work.repetitions - 1, work.last
    sequencer.drive(load=work is not None, load_top=top, load_n_l=n_low, load_again=again, load_last=last)


async def prepare(name: str, mode: str) -> tuple[Piece, Mode]:
    """Start the clock with an idle sequencer."""
    sequencer = Piece(name)
    chain = {"chain": 3, "chain1": 1}.get(mode, 0)
    settings = Mode(sequencer.parameter("COLS"), sequencer.parameter("BITS_PER_CYCLE"), mode == "stagger", chain)
    sequencer.drive(load=0, drain_ready=0, cfg_stagger=settings.stagger, cfg_chain=chain)
    await start()
    return sequencer, settings


def letter(now: Cycle | None) -> str:
    """One letter a cycle: s send, c chain, d waits for the reducer, b for the weight bus; big when the pallet is complete."""
    if now is None:
        return "."
    return LETTERS[now.kind].upper() if now.capture else LETTERS[now.kind]


async def play(
    sequencer: Piece, mode: Mode, works: list[Work], gaps: list[int], drain: Callable[[], bool], rng: np.random.Generator
) -> str:
    """Play the steps, each `gap` cycles after it could start; compare every cycle. Returns the cycles as letters."""
    ready = [False]  # in this cycle
    level = iter(lambda: ready[0], None)
    todo, story = list(zip(works, gaps, strict=True)), ""
    current: Iterator[Cycle] | None = None
    wait = gaps[0]
    while todo or current:
        ready[0] = drain()
        now = next(current) if current else None
        free = now is None or now.done
        begins = bool(todo) and free and wait == 0
        load(sequencer, todo[0][0] if begins else None, rng)
        sequencer.drive(drain_ready=ready[0])
        await cycle()
        check(sequencer, outputs(now) if now else IDLE)
        story += letter(now)
        if begins:
            current = step_cycles(mode, todo.pop(0)[0], level)
            wait = todo[0][1] if todo else 0
        elif free:
            current, wait = None, wait - 1
    return story


def random_works(rng: np.random.Generator, p: int, bits: int, repetitions: bool, count: int) -> list[Work]:
    """Steps of 1 to P bits, single and repeated ones, pallets of any length."""
    works = []
    for _ in range(count):
        n_low = int(rng.choice([0, rng.integers(0, p)]))
        top = n_low + int(rng.choice([0, rng.integers(0, p - n_low)])) // bits * bits
        again = int(rng.integers(1, 5)) if repetitions else 1
        works.append(Work(top, n_low, again, bool(rng.random() < 0.5)))
    return works


@cocotb.test()
@cocotb.parametrize(name=NAMES, mode=MODES, chance=[1.0, 0.3])
async def random_steps(_dut, name: str, mode: str, chance: float) -> None:
    """Steps back to back or with gaps, a reducer that is always or sometimes ready; the length by the closed form, too."""
    sequencer, settings = await prepare(name, mode)
    rng = generator(f"{name} {mode} {chance}")
    p = sequencer.parameter("P")
    works = random_works(rng, p, settings.bits, settings.chain == 0, 60)
    gaps = [0 if chance == 1.0 or rng.random() < 0.7 else int(rng.integers(1, 5)) for _ in works]
    story = await play(sequencer, settings, works, gaps, lambda: bool(rng.random() < chance), rng)
    if chance == 1.0:
        assert len(story) == 1 + sum(duration(settings, work) for work in works)
    else:
        assert "d" in story
    assert sum(1 for each in story if each in "SC") == sum(work.last for work in works)


@cocotb.test()
@cocotb.parametrize(name=[name for name in NAMES if Piece(name).parameter("BITS_PER_CYCLE") == 1], number=range(len(STORIES)))
async def steps_by_hand(_dut, name: str, number: int) -> None:
    """The stories: 4 columns, the reducer is ready from cycle 8 on."""
    mode, works, story = STORIES[number]
    sequencer, settings = await prepare(name, mode)
    assert settings.cols == 4
    ready = iter([False] * 8 + [True] * 100)
    seen = await play(sequencer, settings, works, [0] * len(works), lambda: next(ready), generator(name))
    assert seen == story, f"{seen}, by hand {story}"


@cocotb.test()
@cocotb.parametrize(name=NAMES, mode=["plain", "stagger", "chain"])
async def reset_in_every_phase(_dut, name: str, mode: str) -> None:
    """A reset after any number of cycles makes it idle; the next step is exact."""
    sequencer, settings = await prepare(name, mode)
    rng = generator(f"reset {name} {mode}")
    work = Work(settings.bits, 0, 2, True)
    for after in range(duration(settings, work)):
        load(sequencer, work, rng)
        sequencer.drive(drain_ready=1)
        await cycle()
        load(sequencer, None, rng)
        for _ in range(after):
            await cycle()
        await reset()
        await cycle()
        check(sequencer, IDLE)
        await play(sequencer, settings, [work], [0], lambda: True, rng)
