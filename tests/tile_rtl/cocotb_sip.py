# SPDX-License-Identifier: Apache-2.0
"""dpr_sip of every kind against plain Python sums of products: bits per cycle, serial weights, chains."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cocotb
import numpy as np

from tests.support.pieces import Piece, cycle, generator, pack, pieces_of, start, unpack

SIPS = pieces_of("dpr_sip")


@dataclass(frozen=True)
class Kind:
    """The unit's parameters."""

    p: int
    lanes: int
    bits: int  # of an activation per cycle
    weight_bits: int

    @property
    def acc_w(self) -> int:
        """Width of the accumulator: 2^16 products fit."""
        return 2 * self.p + 16


@dataclass(frozen=True)
class Chunk:
    """One cycle: bits of each activation, the weights (or a bit of each), and what stage 2 does; or a value from the chain."""

    acts: list[int]
    weights: list[int]
    offset: int
    negate: bool
    clear: bool
    chain: int | None = None


def signed_range(bits: int) -> tuple[int, int]:
    """Lowest value, and the highest + 1."""
    return -(1 << bits - 1), 1 << bits - 1


def chunks(kind: Kind, acts: list[int], act_bits: int, act_signed: bool, weights: list[int], weight_bits: int) -> list[Chunk]:
    """The cycles that multiply values of these precisions, most significant bits first; clear in the first one."""
    result, mask = [], (1 << kind.bits) - 1
    places = [0] if kind.weight_bits > 1 else list(range(weight_bits - 1, -1, -1))  # bits of the weights
    for place in places:
        used = weights if kind.weight_bits > 1 else [weight >> place & 1 for weight in weights]
        weight_sign = kind.weight_bits == 1 and place == weight_bits - 1
        top = (act_bits - 1) // kind.bits * kind.bits
        for offset in range(top, -1, -kind.bits):
            now = [act >> offset & mask for act in acts]
            sign = act_signed and offset == top
            result.append(Chunk(now, used, offset + place, sign != weight_sign, not result))
    return result


def operand_bus(kind: Kind, acts: list[int]) -> int:
    """Bit j of lane l at [j*LANES + l]."""
    return sum(pack([act >> j & 1 for act in acts], 1) << j * kind.lanes for j in range(kind.bits))


async def play(sip: Piece, kind: Kind, items: list[Chunk | None], rng: np.random.Generator) -> list[int]:
    """Play one item a cycle; None is an idle cycle with rubbish on the wires. Return the accumulator after each of them."""
    seen, before = [], None
    for item in [*items, None]:
        acts, weights = rng.integers(0, 1 << kind.bits, kind.lanes), rng.integers(0, 1 << kind.weight_bits, kind.lanes)
        rubbish = Chunk(acts.tolist(), weights.tolist(), int(rng.integers(0, 2 * kind.p)), True, True, 1)
        shown = item is not None and item.chain is None
        now, then = item if shown else rubbish, before or rubbish
        sip.drive(s1_valid=shown, s1_bits=operand_bus(kind, now.acts), s1_weights=pack(now.weights, kind.weight_bits))
        sip.drive(s2_valid=before is not None, s2_clear=then.clear, s2_negate=then.negate, s2_offset=then.offset)
        sip.drive(s2_chain=then.chain is not None, chain_in=(then.chain or 0) & (1 << kind.acc_w) - 1)
        await cycle()
        seen.append(sip.acc.value)
        before = item
    await cycle()
    seen.append(sip.acc.value)
    # the operands of cycle i are summed at edge i, accumulated at edge i + 1 and read right before edge i + 2
    return [unpack(int(value), kind.acc_w, 1)[0] if value.is_resolvable else 0 for value in seen[2:]]


async def prepare(name: str) -> tuple[Piece, Kind]:
    """Start the clock with an idle unit."""
    sip = Piece(name)
    p = sip.parameter("P")
    sip.drive(s1_valid=0, s2_valid=0, s2_chain=0, chain_in=0)
    await start()
    await cycle()
    return sip, Kind(p, sip.parameter("LANES"), sip.parameter("BITS_PER_CYCLE", 1), sip.parameter("WEIGHT_W", p))


def check(seen: list[int], expected: list[tuple[int, int]]) -> None:
    """expected: (index of an item, the accumulator after it)."""
    assert expected
    for last, total in expected:
        assert seen[last] == total, f"after item {last}: {seen[last]}, expected {total}"


@cocotb.test()
@cocotb.parametrize(name=SIPS)
async def random_groups(_dut, name: str) -> None:
    """Accumulations of 1 to 4 groups and of the chain, every precision, signed and not, with idle cycles in between."""
    sip, kind = await prepare(name)
    rng, items, expected = generator(f"random {name}"), [], []
    for _ in range(8 if kind.weight_bits == 1 else 30):
        total, fresh = 0, True
        for _ in range(int(rng.integers(1, 5))):
            signed, act_bits, weight_bits = bool(rng.integers(0, 2)), *rng.integers(1, kind.p + 1, 2).tolist()
            acts = rng.integers(*(signed_range(act_bits) if signed else (0, 1 << act_bits)), kind.lanes).tolist()
            weights = rng.integers(*signed_range(weight_bits), kind.lanes).tolist()
            for item in chunks(kind, acts, act_bits, signed, weights, weight_bits):
                idle = int(rng.integers(0, 3)) if rng.random() < 0.1 else 0
                items += [None] * idle + [replace(item, clear=fresh)]
                fresh = False
            total += sum(act * weight for act, weight in zip(acts, weights, strict=True))
            expected.append((len(items) - 1, total))
            if rng.random() < 0.3:
                neighbour = int(rng.integers(*signed_range(kind.acc_w - 3)))
                items.append(Chunk([], [], int(rng.integers(0, kind.p)), True, False, neighbour))
                total += neighbour
                expected.append((len(items) - 1, total))
    check(await play(sip, kind, items, rng), expected)


@cocotb.test()
@cocotb.parametrize(name=SIPS)
async def corners(_dut, name: str) -> None:
    """Every pair of corner values, the activation signed or not, in one lane and in all lanes."""
    sip, kind = await prepare(name)
    rng, items, expected = generator(f"corners {name}"), [], []
    low, high = signed_range(kind.p)
    serial = kind.weight_bits == 1
    for act, signed in [*((act, True) for act in (low, low + 1, -1, 0, 1, high - 1)), (1, False), ((1 << kind.p) - 1, False)]:
        for weight in (low, high - 1) if serial else (low, -1, 0, 1, high - 1):
            for used in {kind.lanes} if serial else {1, kind.lanes}:
                acts, weights = [act] * used + [0] * (kind.lanes - used), [weight] * kind.lanes
                items += chunks(kind, acts, kind.p, signed, weights, kind.p)
                expected.append((len(items) - 1, used * act * weight))
    check(await play(sip, kind, items, rng), expected)


@cocotb.test()
@cocotb.parametrize(name=SIPS)
async def one_bit_at_every_offset(_dut, name: str) -> None:
    """A single bit lands where the offset says, added and subtracted: up to 2P - 2 with serial weights, else to P - 1."""
    sip, kind = await prepare(name)
    rng, items, expected = generator(f"offsets {name}"), [], []
    for offset in range(2 * kind.p - 1 if kind.weight_bits == 1 else kind.p):
        for negate in (False, True):
            top = 1 << kind.bits - 1  # the chunk's highest bit is the one that negate means
            items.append(Chunk([top] + [0] * (kind.lanes - 1), [1] * kind.lanes, offset, negate, True))
            expected.append((len(items) - 1, (-1 if negate else 1) * top << offset))
    check(await play(sip, kind, items, rng), expected)


@cocotb.test()
@cocotb.parametrize(name=SIPS, signed=[False, True])
async def never_overflows(_dut, name: str, signed: bool) -> None:
    """2^16 products of the largest magnitudes, all of one sign: the chain brings the sum of all steps but the last one."""
    sip, kind = await prepare(name)
    rng, items, expected = generator(f"overflow {name}"), [], []
    weight = signed_range(kind.p)[0]
    for act in (weight, -weight - 1) if signed else ((1 << kind.p) - 1,):
        before = ((1 << 16) - kind.lanes) * act * weight
        items.append(Chunk([], [], 0, False, True, before))
        expected.append((len(items) - 1, before))
        last = chunks(kind, [act] * kind.lanes, kind.p, signed, [weight] * kind.lanes, kind.p)
        items += [replace(item, clear=False) for item in last]
        expected.append((len(items) - 1, (1 << 16) * act * weight))
    check(await play(sip, kind, items, rng), expected)
