# SPDX-License-Identifier: Apache-2.0
"""dpr_dispatcher, every output in every cycle, in the modes of all designs, against loops and the cycle contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cocotb
import numpy as np

from tests.support.pieces import Piece, cycle, generator, pack, pieces_of, reset, start
from tests.tile_rtl.step_cycles import Cycle, Mode, Work, step_cycles

NAMES = pieces_of("dpr_dispatcher")
EVERY_CYCLE = ("s_ready", "a_read", "b_read", "m_fresh", "m_valid", "obs_start", "obs_send", "obs_reduce", "stall_drain")
EVERY_CYCLE += ("stall_weights", "m_capture")
WITH_BITS = ("m_bits", "m_offset", "m_again", "m_negate", "m_initial", "m_start", "m_first", "m_eog", "m_chain")


@dataclass(frozen=True)
class Setting:
    """Registers of a layer and what its steps are like. n_high: static precision; loads: words of serial weights."""

    mode: Mode
    n_high: int | None = None
    loads: bool = False
    again: bool = False


@dataclass(frozen=True)
class Step:
    """One pallet step; gap: idle cycles before it is offered."""

    values: list[int]
    signed: bool
    n_low: int
    first: bool
    last: bool
    waddr: int
    loads: int
    again: int
    gap: int

    def trimmed(self) -> list[int]:
        """Bits below n_low dropped towards zero."""
        return [(abs(value) >> self.n_low << self.n_low) * (1 if value >= 0 else -1) for value in self.values]

    def precision(self, p: int) -> int:
        """Of the trimmed values; 0 when all are zero."""
        largest = max(abs(value) for value in self.trimmed())
        if largest == 0:
            return 0
        return (min(p, largest.bit_length() + 1) if self.signed else largest.bit_length()) - self.n_low

    def trailing(self) -> int | None:
        """Lowest bit that is set in any magnitude."""
        together = 0
        for value in self.values:
            together |= abs(value)
        return (together & -together).bit_length() - 1 if together else None


def settings(p: int, cols: int, bits: int) -> dict[str, Setting]:
    """DStripes, Stripes, TRT fully connected without and with a cascade, Loom with windows and fully connected."""
    return {
        "dynamic": Setting(Mode(cols, bits)),
        "static": Setting(Mode(cols, bits), n_high=p - 3),
        "loads": Setting(Mode(cols, bits), loads=True),
        "chain": Setting(Mode(cols, bits, chain=3), loads=True),
        "again": Setting(Mode(cols, bits), again=True),
        "stagger": Setting(Mode(cols, bits, stagger=True), again=True),
    }


def random_values(rng: np.random.Generator, count: int, limit: int, signed: bool) -> list[int]:
    """Values of at most `limit` bits: all zero, one only, all; the lowest one, too."""
    width = int(rng.integers(0, limit + 1))
    if width == 0 or (signed and width < 2):
        return [0] * count
    low, high = (-(1 << width - 1), 1 << width - 1) if signed else (0, 1 << width)
    values = rng.integers(low, high, count).tolist()
    if rng.random() < 0.3:
        values = [value if index == count // 2 else 0 for index, value in enumerate(values)]
    if rng.random() < 0.2:
        values[int(rng.integers(0, count))] = low
    return values


def random_steps(rng: np.random.Generator, dispatcher: Piece, setting: Setting, count: int, gaps: bool) -> list[Step]:
    """Pallets of 1 to 4 steps; sign and n_L change from pallet to pallet."""
    p, values = dispatcher.parameter("P"), dispatcher.parameter("COLS") * dispatcher.parameter("LANES")
    steps: list[Step] = []
    while len(steps) < count:
        limit = p if setting.n_high is None else setting.n_high + 1
        signed, n_low, length = bool(rng.integers(0, 2)), int(rng.choice([0, rng.integers(0, limit)])), int(rng.integers(1, 5))
        for i in range(length):
            numbers = random_values(rng, values, limit, signed)
            address, gap = int(rng.integers(0, 256)), int(rng.integers(1, 20)) if gaps and rng.random() < 0.3 else 0
            loads, again = int(rng.integers(1, p + 1)) * setting.loads, int(rng.integers(0, 4)) * setting.again
            steps.append(Step(numbers, signed, n_low, i == 0, i == length - 1, address, loads, again, gap))
    return steps


@dataclass
class Seen:
    """What was recorded: outputs of every cycle, the handshakes and when each step was first offered, the reducer's state."""

    cycles: list[dict[str, int]] = field(default_factory=list)
    handshakes: list[int] = field(default_factory=list)
    offered: list[int] = field(default_factory=list)
    drain: list[bool] = field(default_factory=list)


def offer(dispatcher: Piece, step: Step | None) -> None:
    """Put a step on the input."""
    dispatcher.drive(s_valid=step is not None)
    if step is not None:
        dispatcher.drive(s_acts=pack(step.values, dispatcher.parameter("P")), s_is_signed=step.signed, s_n_l=step.n_low)
        dispatcher.drive(s_first=step.first, s_last=step.last, s_waddr=step.waddr, s_loads=step.loads, s_again=step.again)


def snapshot(dispatcher: Piece) -> dict[str, int]:
    """The outputs that mean something in the cycle that ends now."""
    now = dict(zip(EVERY_CYCLE, dispatcher.read(*EVERY_CYCLE), strict=True))
    more = WITH_BITS if now["m_valid"] else ()
    more += ("obs_p", "obs_n_l") if now["obs_start"] else ()
    more += ("a_addr", "a_read_first") if now["a_read"] else ()
    more += ("b_addr",) if now["b_read"] else ()
    return now | dict(zip(more, dispatcher.read(*more), strict=True))


async def play(dispatcher: Piece, steps: list[Step], drain: Callable[[], bool], length: int | None = None) -> Seen:
    """Offer the steps until all were taken and nothing has come out for 40 cycles, or for `length` cycles."""
    seen, index, gap, quiet = Seen(), 0, steps[0].gap, 0
    while (quiet < 40 or index < len(steps)) if length is None else len(seen.cycles) < length:
        offered = index < len(steps) and gap == 0
        offer(dispatcher, steps[index] if offered else None)
        if offered and len(seen.offered) == index:
            seen.offered.append(len(seen.cycles))
        seen.drain.append(drain())
        dispatcher.drive(drain_ready=seen.drain[-1])
        await cycle()
        seen.cycles.append(snapshot(dispatcher))
        quiet = 0 if any(value for port, value in seen.cycles[-1].items() if port != "s_ready") else quiet + 1
        assert len(seen.cycles) < 300 + 100 * len(steps), f"{index} of {len(steps)} steps taken"
        if not offered:
            gap -= gap > 0
        elif seen.cycles[-1]["s_ready"]:
            seen.handshakes.append(len(seen.cycles) - 1)
            index += 1
            gap = steps[index].gap if index < len(steps) else 0
    return seen


class Expected:
    """The outputs of every cycle, by the contract: one step after another."""

    def __init__(self, dispatcher: Piece, setting: Setting, seen: Seen) -> None:
        self.p, self.setting, self.seen = dispatcher.parameter("P"), setting, seen
        self.count = dispatcher.parameter("COLS") * dispatcher.parameter("LANES")
        # two cycles more than were seen: the output is one cycle late
        self.cycles = [dict.fromkeys(EVERY_CYCLE, 0) | {"s_ready": 1} for _ in range(len(seen.cycles) + 2)]
        self.handshakes: list[int] = []
        self.start, self.end = 0, 0

    def step(self, step: Step, offered: int) -> None:
        """Handshake, load, bits."""
        handshake = max(offered, self.start) if self.handshakes else offered
        self.handshakes.append(handshake)
        loads = max(1, step.loads)
        before = self.end
        self.start = max(handshake + loads, before)
        for now in range(handshake + 1, self.start):
            self.cycles[now]["s_ready"] = 0
        for word in range(step.loads):
            now = handshake + 1 + word
            read = {"a_read": 1, "a_addr": (step.waddr + word) % 256, "a_read_first": int(word == 0)}
            self.cycles[now] |= read
            self.cycles[now]["stall_weights"] |= int(now > before)
        precision, n_high = step.precision(self.p), self.setting.n_high
        used = precision if n_high is None else n_high - step.n_low + 1
        observed = {"obs_start": 1, "obs_p": used}
        if step.trailing() is not None:
            observed["obs_n_l"] = step.trailing()
        self.cycles[self.start] |= observed
        self.end = self._bits(step, used)

    def _bits(self, step: Step, used: int) -> int:
        mode, reads, now = self.setting.mode, 0, self.start
        top = step.n_low + (max(1, used) - 1) // mode.bits * mode.bits
        drain = iter(self.seen.drain[self.start + 1 :])
        for each in step_cycles(mode, Work(top, step.n_low, step.again + 1, step.last), drain):
            now += 1
            here, output = self.cycles[now], self.cycles[now + 1]
            here |= {"b_read": int(each.read), "obs_send": int(each.kind == "send"), "obs_reduce": int(each.kind == "chain")}
            here |= {"stall_drain": int(each.kind == "drain")}
            here["stall_weights"] |= int(each.kind == "bus")
            if each.read and not step.loads:
                here["b_addr"] = (step.waddr + reads) % 256
            reads += each.read
            output |= {"m_fresh": int(each.fresh), "m_capture": int(each.capture)}
            output |= {"m_valid": int(each.kind in ("send", "chain"))}
            if each.kind == "send":
                output |= self._sent(step, each)
            elif each.kind == "chain":
                output |= {"m_chain": 1, "m_start": 0}
        return now

    def _sent(self, step: Step, now: Cycle) -> dict[str, int]:
        bits = [value >> now.offset + j & 1 for j in range(self.setting.mode.bits) for value in step.trimmed()]
        return {
            "m_bits": pack(bits, 1),
            "m_offset": now.offset,
            "m_again": now.again,
            "m_negate": int(step.signed and now.first),
            "m_initial": int(now.initial),
            "m_start": int(now.initial and now.first),
            "m_first": int(step.first),
            "m_eog": int(now.eog),
            "m_chain": 0,
        }


def check(dispatcher: Piece, setting: Setting, steps: list[Step], seen: Seen) -> Expected:
    """Every cycle, every output."""
    expected = Expected(dispatcher, setting, seen)
    for step, offered in zip(steps, seen.offered, strict=True):
        expected.step(step, offered)
    assert seen.handshakes == expected.handshakes
    for now, (got, want) in enumerate(zip(seen.cycles, expected.cycles, strict=False)):
        wrong = {port: (got.get(port), value) for port, value in want.items() if got.get(port) != value}
        assert not wrong, f"cycle {now}: (seen, expected) {wrong}"
    return expected


async def prepare(name: str, setting: str) -> tuple[Piece, Setting]:
    """Start the clock with an idle dispatcher."""
    dispatcher = Piece(name)
    chosen = settings(*(dispatcher.parameter(key) for key in ("P", "COLS", "BITS_PER_CYCLE")))[setting]
    dispatcher.drive(s_valid=0, drain_ready=0, s_acts=0, s_is_signed=0, s_n_l=0, s_first=0, s_last=0, s_waddr=0)
    dispatcher.drive(s_loads=0, s_again=0, cfg_static=chosen.n_high is not None, cfg_n_h=chosen.n_high or 0)
    dispatcher.drive(cfg_stagger=chosen.mode.stagger, cfg_chain=chosen.mode.chain)
    await start()
    return dispatcher, chosen


@cocotb.test()
@cocotb.parametrize(name=NAMES, setting=list(settings(16, 4, 1)))
async def steps_back_to_back(_dut, name: str, setting: str) -> None:
    """Input never late, reducer always ready; without serial weights, bits in every cycle from the third one on."""
    dispatcher, chosen = await prepare(name, setting)
    steps = random_steps(generator(f"{name} {setting}"), dispatcher, chosen, 20, gaps=False)
    seen = await play(dispatcher, steps, lambda: True)
    expected = check(dispatcher, chosen, steps, seen)
    if setting in ("dynamic", "static", "again"):
        sending = [now for now, each in enumerate(seen.cycles) if each["obs_send"]]
        assert sending == list(range(2, expected.end + 1))


@cocotb.test()
@cocotb.parametrize(name=NAMES, setting=list(settings(16, 4, 1)))
async def gaps_and_full_reducer(_dut, name: str, setting: str) -> None:
    """Random gaps at the input, a reducer that is ready in some cycles only."""
    dispatcher, chosen = await prepare(name, setting)
    rng = generator(f"gaps {name} {setting}")
    steps = random_steps(rng, dispatcher, chosen, 15, gaps=True)
    seen = await play(dispatcher, steps, lambda: bool(rng.random() < 0.2))
    check(dispatcher, chosen, steps, seen)
    assert any(each["stall_drain"] for each in seen.cycles)


@cocotb.test()
@cocotb.parametrize(name=NAMES, setting=["dynamic", "chain", "stagger"])
async def reset_forgets_everything(_dut, name: str, setting: str) -> None:
    """After a reset in the middle of a step nothing comes out, and what follows is exact."""
    dispatcher, chosen = await prepare(name, setting)
    rng = generator(f"reset {name} {setting}")
    for _ in range(4):
        await play(dispatcher, random_steps(rng, dispatcher, chosen, 6, gaps=False), lambda: True, int(rng.integers(1, 40)))
        offer(dispatcher, None)
        await reset()
        await cycle()
        for _ in range(8):
            await cycle()
            assert {port: value for port, value in snapshot(dispatcher).items() if value} == {"s_ready": 1}
        steps = random_steps(rng, dispatcher, chosen, 3, gaps=False)
        check(dispatcher, chosen, steps, await play(dispatcher, steps, lambda: True))


WORKED_STEPS = [
    Step([5] + [0] * 7, False, 0, True, False, 0, 0, 0, 0),  # 101: three bits
    Step([-6] + [0] * 7, True, 1, False, True, 0, 0, 0, 0),  # 1010 without bit 0: three bits
]
WORKED = {  # bits per cycle -> (cycle, bits of value 0, offset, negate) of every output, written by hand
    1: [(3, 1, 2, 0), (4, 0, 1, 0), (5, 1, 0, 0), (6, 1, 3, 1), (7, 0, 2, 0), (8, 1, 1, 0)],
    2: [(3, 1, 2, 0), (4, 1, 0, 0), (5, 3, 3, 1), (6, 1, 1, 0)],
    4: [(3, 5, 0, 0), (4, 13, 1, 1)],
}


@cocotb.test()
@cocotb.parametrize(name=NAMES)
async def by_hand(_dut, name: str) -> None:
    """5, then -6 with n_L = 1, in lane 0: the bits on the wires and their cycles."""
    dispatcher, _ = await prepare(name, "dynamic")
    bits = dispatcher.parameter("BITS_PER_CYCLE")
    seen, count = await play(dispatcher, WORKED_STEPS, lambda: True), 8
    got = []
    for now, each in enumerate(seen.cycles):
        if each["m_valid"]:
            value = sum((each["m_bits"] >> j * count & 1) << j for j in range(bits))
            got.append((now, value, each["m_offset"], each["m_negate"]))
    assert got == WORKED[bits]
