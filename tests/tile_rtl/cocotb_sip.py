# SPDX-License-Identifier: Apache-2.0
"""dpr_sip against plain Python sums of products (docs/architecture.md section 6)."""

from __future__ import annotations

from dataclasses import dataclass

import cocotb
import numpy as np

from tests.support.pieces import PARAMETERS, Piece, cycle, cycles, generator, pack, start, unpack

P = PARAMETERS.get("P", 16)
ACC_W = 2 * P + 16
LOW, HIGH = -(1 << P - 1), (1 << P - 1) - 1
STEPS = 4096 if "Verilator" in cocotb.SIM_NAME else 128  # Icarus is slow


@dataclass(frozen=True)
class Plane:
    """One cycle's operands: a bit of each activation, the weights, and what stage 2 does with their sum."""

    bits: list[int]
    weights: list[int]
    offset: int
    negate: bool
    clear: bool


def planes_of(acts: list[int], weights: list[int], precision: int, signed: bool, clear: bool) -> list[Plane]:
    """The bits of activations that fit `precision` bits, highest first; the first one is the sign when signed."""
    return [
        Plane([act >> bit & 1 for act in acts], weights, bit, signed and bit == precision - 1, clear and bit == precision - 1)
        for bit in range(precision - 1, -1, -1)
    ]


async def play(sip: Piece, planes: list[Plane | None], rng: np.random.Generator) -> list[int]:
    """Play one plane a cycle; None is an idle cycle with rubbish on the wires. Return the accumulator after each of them."""
    lanes, seen, before = len(sip.s1_bits), [], None
    for plane in [*planes, None]:
        rubbish = Plane(*(rng.integers(0, 2, lanes), rng.integers(LOW, HIGH, lanes)), int(rng.integers(0, P)), True, True)
        now, then = plane or rubbish, before or rubbish
        sip.drive(s1_valid=plane is not None, s1_bits=pack(now.bits, 1), s1_weights=pack(now.weights, P))
        sip.drive(s2_valid=before is not None, s2_clear=then.clear, s2_negate=then.negate, s2_offset=then.offset)
        await cycle()
        seen.append(sip.acc.value)
        before = plane
    await cycle()
    seen.append(sip.acc.value)
    # the operands of cycle i are summed at edge i, accumulated at edge i + 1 and read right before edge i + 2
    return [unpack(int(value), ACC_W, 1)[0] if value.is_resolvable else 0 for value in seen[2:]]


async def prepare(name: str) -> Piece:
    """Start the clock with an idle unit."""
    sip = Piece(name)
    sip.drive(s1_valid=0, s2_valid=0)
    await start()
    await cycle()
    return sip


@cocotb.test()
@cocotb.parametrize(name=["sip4", "sip16"])
async def random_groups(_dut, name: str) -> None:
    """Accumulations of 1 to 4 groups, every precision, signed and not, with idle cycles between planes."""
    sip, rng = await prepare(name), generator(f"random {name}")
    lanes, planes, expected = len(sip.s1_bits), [], []
    for _ in range(60):
        total = 0
        for group in range(int(rng.integers(1, 5))):
            signed = bool(rng.integers(0, 2))
            precision = int(rng.integers(1, P + 1))
            low, high = (-(1 << precision - 1), 1 << precision - 1) if signed else (0, 1 << precision)
            acts, weights = rng.integers(low, high, lanes).tolist(), rng.integers(LOW, HIGH + 1, lanes).tolist()
            for plane in planes_of(acts, weights, precision, signed, clear=group == 0):
                idle = int(rng.integers(0, 3)) if rng.random() < 0.1 else 0
                planes += [None] * idle + [plane]
            total += sum(act * weight for act, weight in zip(acts, weights, strict=True))
            expected.append((len(planes) - 1, total))
    seen = await play(sip, planes, rng)
    for last, total in expected:
        assert seen[last] == total, f"after plane {last}: {seen[last]}, expected {total}"


@cocotb.test()
@cocotb.parametrize(name=["sip4", "sip16"])
async def sign_bit_is_subtracted(_dut, name: str) -> None:
    """Every pair of corner values, the activation signed, in one lane and in all lanes."""
    sip, rng = await prepare(name), generator(f"signs {name}")
    lanes, planes, expected = len(sip.s1_bits), [], []
    for act in (LOW, LOW + 1, -1, 0, 1, HIGH):
        for weight in (LOW, -1, 0, 1, HIGH):
            for used in (1, lanes):
                acts, weights = [act] * used + [0] * (lanes - used), [weight] * lanes
                planes += planes_of(acts, weights, P, signed=True, clear=True)
                expected.append((len(planes) - 1, used * act * weight))
    seen = await play(sip, planes, rng)
    for last, total in expected:
        assert seen[last] == total, f"after plane {last}: {seen[last]}, expected {total}"


@cocotb.test()
@cocotb.parametrize(act=[(1 << P) - 1, LOW])
async def never_overflows(_dut, act: int) -> None:
    """2^16 products of the largest magnitudes, all of one sign: the accumulator holds their sum after every bit position.

    A sum is the same in any order, so each bit position is played for all steps of 16 lanes in a row.
    """
    sip, lanes, total = await prepare("sip16"), 16, 0
    sip.drive(s1_bits=0, s1_weights=pack([LOW] * lanes, P), s1_valid=1, s2_clear=1, s2_offset=0, s2_negate=0)
    await cycle()
    sip.drive(s2_valid=1)
    await cycle()  # clears
    for bit in range(P - 1, -1, -1):
        sign = act < 0 and bit == P - 1
        sip.drive(s1_bits=(act >> bit & 1) * 0xFFFF, s2_valid=0)
        await cycle()
        sip.drive(s2_valid=1, s2_clear=0, s2_offset=bit, s2_negate=sign)
        await cycles(STEPS if act >> bit & 1 else 1)
        sip.drive(s2_valid=0)
        await cycle()
        total += (-1 if sign else 1) * (act >> bit & 1) * LOW * 2**bit * lanes * STEPS
        seen = unpack(int(sip.acc.value), ACC_W, 1)[0]
        assert seen == total, f"after bit {bit}: {seen}, expected {total}"
    assert total == act * LOW * lanes * STEPS
