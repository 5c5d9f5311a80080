# SPDX-License-Identifier: Apache-2.0
"""dpr_requantizer and dpr_output_unit against docs/architecture.md section 7 in plain Python."""

from __future__ import annotations

import cocotb
import numpy as np

from tests.support.pieces import PARAMETERS, Piece, cycle, cycles, generator, pack, reset, start, unpack

P, ROWS, OADDR_W = (PARAMETERS.get(name, default) for name, default in (("P", 16), ("ROWS", 4), ("OADDR_W", 11)))
ACC_W = 2 * P + 16
MOST = (1 << ACC_W - 1) - 1
MOST_BIAS = (1 << 31) - 1


def requantized(acc: int, bias: int, shift: int, relu: bool, n_low: int) -> int:
    """The output of a sum: bias, floor shift, saturation, low magnitude bits to zero."""
    value = (acc + bias) // 2**shift
    low, high = (0, 2**P - 1) if relu else (-(2 ** (P - 1)), 2 ** (P - 1) - 1)
    value = min(max(value, low), high)
    magnitude = abs(value) // 2**n_low * 2**n_low
    return -magnitude if value < 0 else magnitude


def corners(rng: np.random.Generator) -> list[tuple[int, int, int, bool, int]]:
    """(acc, bias, shift, relu, n_l) around every limit: of saturation, of zero, of the accumulator, of the shift."""
    cases = []
    for shift in (0, 1, P, ACC_W - 1, 63):
        for result in (-(2 ** (P - 1)), 2 ** (P - 1) - 1, 2**P - 1, 0, -1, 2**P, -(2**P)):
            for delta in (-1, 0, 1, 2**shift - 1, 2**shift):
                acc, bias = result * 2**shift + delta, int(rng.integers(-MOST_BIAS, MOST_BIAS))
                if abs(acc - bias) <= MOST:
                    cases += [(acc - bias, bias, shift, relu, n_low) for relu in (False, True) for n_low in (0, 3, P - 1)]
    for acc in (-MOST - 1, MOST, 0, -1):
        for bias in (-MOST_BIAS - 1, MOST_BIAS, 0, -1):
            cases += [(acc, bias, shift, relu, 0) for shift in (0, P, ACC_W, 63) for relu in (False, True)]
    return cases


@cocotb.test()
async def requantizer(_dut) -> None:
    """Corners and random sums, one a cycle, results two cycles later: saturation, sign, trimming towards zero."""
    unit, rng, queue, seen = Piece("requantizer"), generator("requantizer"), [], set()
    await start()
    cases = corners(rng)
    for _ in range(1000):
        acc, bias = int(rng.integers(-MOST, MOST)) >> int(rng.integers(0, ACC_W)), int(rng.integers(-MOST_BIAS, MOST_BIAS))
        cases.append(
            (acc, bias >> int(rng.integers(0, 31)), int(rng.integers(0, 64)), rng.random() < 0.5, int(rng.integers(P)))
        )
    for case in [*cases, (0, 0, 0, True, 0)]:
        # shift, ReLU and n_l are registers of the layer: they belong to the sum of the cycle before
        settings = queue[-1][2:] if queue else (0, True, 0)
        unit.drive(acc=case[0] & (1 << ACC_W) - 1, bias=case[1] & 0xFFFFFFFF)
        unit.drive(shift=settings[0], relu=settings[1], n_l=settings[2])
        await cycle()
        queue.append(case)
        if len(queue) == 3:
            done = queue.pop(0)
            value, relu = unpack(int(unit.value.value), P, 1, signed=not done[3])[0], done[3]
            assert value == requantized(*done), f"{done}: {value}, expected {requantized(*done)}"
            seen.add((relu, value in (0, 2**P - 1) if relu else abs(2 * value + 1) == 2**P - 1, value < 0))
    assert len(seen) == 6, f"limits and both signs should all have occurred: {seen}"


class Plan:
    """The columns of a layer in order: (bias word, brick of outputs or None, last of its pallet, kept)."""

    def __init__(self, windows: int, passes: int, cols: int, slices: int = 0) -> None:
        """slices: of a serial layer, whose windows are columns; 0: a convolution."""
        self.passes, self.cols, self.serial = passes, cols, slices > 0
        self.windows = cols // slices * slices if slices else windows
        self.registers = {"windows": self.windows, "passes": passes, "serial": self.serial}
        self.registers |= {"pass_bricks": cols // slices if slices else 1, "window_bricks": 1 if slices else passes}
        self.columns, brick = [], 0
        for number in range(passes):
            for column in range(-(-self.windows // cols) * cols):
                last = column % cols == cols - 1
                if not slices:
                    place = column * passes + number if column < windows else None
                    self.columns.append((number, place, last, True))
                    continue
                kept = column < self.windows and column % slices == slices - 1
                # a column that is not kept may say so or lie past the last window
                self.columns.append((brick, brick if kept else None, last, kept or column >= self.windows))
                brick += kept
        self.words = brick if slices else passes


async def run_layer(unit: Piece, rng: np.random.Generator, plan: Plan, gap: int) -> None:
    """Send all columns of a layer, `gap` cycles between pallets; compare bricks written, their addresses and the end."""
    relu, shift, n_low = bool(rng.random() < 0.5), int(rng.integers(0, P)), int(rng.integers(0, 4))
    unit.drive(**plan.registers, relu=relu, shift=shift, n_l=n_low, start=1, s_valid=0)
    biases = rng.integers(-1000, 1000, (plan.words, ROWS)).tolist()
    expected, written, done, bias_next = {}, {}, [], False
    index, wait = 0, 3
    for now in range(10 * len(plan.columns) + 50):
        send = index < len(plan.columns) and wait == 0
        if send:
            word, place, last, keep = plan.columns[index]
            sums = rng.integers(-(1 << 2 * P - 2), 1 << 2 * P - 2, ROWS).tolist()
            index, wait = index + 1, gap if last else int(rng.choice([0, 0, 1]))
            unit.drive(s_sums=pack(sums, ACC_W), s_last=last, s_keep=keep)
            if place is not None:
                row = zip(sums, biases[word], strict=True)
                expected[place] = [requantized(acc, bias, shift, relu, n_low) for acc, bias in row]
        else:
            wait = max(0, wait - 1)
        unit.drive(s_valid=send)
        if bias_next:
            unit.drive(bias_data=pack(biases[bias_next[0] % plan.words], 32))
        await cycle()
        unit.drive(start=0)
        enabled, finished, wanted = unit.read("m_en", "done", "bias_en")
        if enabled:
            written[unit.read("m_addr")[0]] = unpack(int(unit.m_data.value), P, ROWS, signed=not relu)
        done += [now] * finished
        bias_next = unit.read("bias_addr") if wanted else None
        if done and now > done[0] + 5:
            break
    assert written == expected
    assert len(done) == 1


@cocotb.test()
async def output_unit(_dut) -> None:
    """Bricks at window * passes + pass, none for columns past the last window, the biases of the pass, one end of the layer.

    With one column passes follow without a gap, as on BASE.
    """
    unit, rng = Piece("output"), generator("output")
    unit.drive(start=0, s_valid=0, s_keep=1, s_last=0, s_sums=0, bias_data=0, shift=0, relu=0, n_l=0, **Plan(1, 1, 1).registers)
    await start()
    for shape in ((1, 1, 1), (1, 9, 1), (5, 3, 1), (1, 3, 4), (4, 2, 4), (13, 1, 4), (7, 5, 2), (3, 255, 1)):
        await run_layer(unit, rng, Plan(*shape), gap=0 if shape[2] == 1 else int(rng.integers(0, 5)))


@cocotb.test()
async def output_unit_serial(_dut) -> None:
    """Kept columns are consecutive bricks with biases of their own, over all passes; a cascade's other columns are dropped."""
    unit, rng = Piece("output"), generator("serial")
    unit.drive(start=0, s_valid=0, s_keep=1, s_last=0, s_sums=0, bias_data=0, shift=0, relu=0, n_l=0, **Plan(1, 1, 1).registers)
    await start()
    for passes, cols, slices in ((1, 1, 1), (4, 1, 1), (3, 4, 1), (3, 4, 2), (3, 4, 3), (2, 4, 4), (2, 16, 5), (16, 16, 1)):
        await run_layer(unit, rng, Plan(0, passes, cols, slices), gap=int(rng.integers(0, 5)))


@cocotb.test()
async def output_unit_most_windows(_dut) -> None:
    """65535 windows, the most that the register holds: the pallet's last column ends the layer."""
    unit = Piece("output")
    unit.drive(start=1, s_valid=0, s_keep=1, s_last=0, s_sums=0, bias_data=0, windows=65535, passes=1, shift=0, relu=1, n_l=0)
    unit.drive(serial=0, pass_bricks=1, window_bricks=1)
    await start()
    await cycle()
    unit.drive(start=0, s_valid=1)
    await cycles(65535)
    unit.drive(s_last=1)
    await cycle()
    unit.drive(s_valid=0)
    await cycle()
    assert unit.read("done") == [0]
    await cycle()
    assert unit.read("done") == [1]
    await reset()
