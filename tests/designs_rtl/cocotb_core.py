# SPDX-License-Identifier: Apache-2.0
"""dpr_core of every design: one small layer each; sums and cycles were worked out by hand from docs/architecture.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import cocotb

from tests.designs_rtl.blocks import DESIGNS
from tests.support.pieces import Piece, cycle, pack, pieces_of, start, unpack

# Two steps of two windows, [step][col][lane], and weights [step][row][lane] or, a column's own, [step][col][row][lane].
ACTS = [[[3, 5], [1, 0]], [[-2, 4], [7, -8]]]
SHARED = [[[2, -1], [-3, 0]], [[1, 3], [5, -2]]]
OWN = [[[[2, -1], [-3, 0]], [[1, 3], [5, -2]]], [[[1, 1], [0, 7]], [[-4, 2], [1, 1]]]]
ONES = [[[1, 0], [0, 1]]] * 2  # max pooling: row r takes lane r
#   column 0: 3*2 - 5 - 2 + 12 = 11, -9 - 10 - 8 = -27; column 1: 2 + 7 - 24 = -15, -3 + 35 + 16 = 48
SUMS = [[11, -27], [-15, 48]]


@dataclass(frozen=True)
class Layer:
    """What runs on a core of 2 rows, 2 columns (BASE: 1), 2 lanes, and by hand: columns as (cycle, sums, keep)."""

    steps: list  # [col][lane] of each
    words: list[list[int]]  # of each step, in the order in which they are read
    weight_bits: list[int]
    columns: list[tuple[int, list[int], int]]
    registers: dict[str, int] = field(default_factory=dict)
    windows: int = 1  # steps of a window = steps / windows


def parallel_words(p: int, weights: list) -> list[list[int]]:
    """One word a step: row r, lane l at [(r*LANES + l)*P +: P]."""
    return [[pack([value for row in step for value in row], p)] for step in weights]


def trt_words(p: int, bits: int, weights: list, weight_bits: list[int]) -> list[list[int]]:
    """A word a chunk, most significant first: bit j of row r, column c, lane l at r*LANES*P + l*P + c*bits + j."""
    result = []
    for step, precision in zip(weights, weight_bits, strict=True):
        words = []
        for offset in range((precision - 1) // bits * bits, -1, -bits):
            word = 0
            for col, rows in enumerate(step):
                for row, lanes in enumerate(rows):
                    for lane, value in enumerate(lanes):
                        word |= (value >> offset & (1 << bits) - 1) << (row * 2 + lane) * p + col * bits
            words.append(word)
        result.append(words)
    return result


def loom_words(weights: list, weight_bits: list[int]) -> list[list[int]]:
    """[step][col][row][lane]: a word a bit and column, most significant bit first: row r, lane l at [r*LANES + l]."""
    return [
        [pack([value >> bit & 1 for row in rows for value in row], 1) for bit in reversed(range(precision)) for rows in step]
        for step, precision in zip(weights, weight_bits, strict=True)
    ]


def columns(first: int, sums: list[list[int]], keep: tuple[int, ...] = (1, 1)) -> list[tuple[int, list[int], int]]:
    """Column after column, one a cycle."""
    return [(first + col, rows, keep[col]) for col, rows in enumerate(sums)]


def base(p: int, _bits: int) -> Layer:
    """Window after window, a step a cycle; a column three cycles after its last step: cycles 1 + 3 and 3 + 3."""
    steps = [[ACTS[0][0]], [ACTS[1][0]], [ACTS[0][1]], [ACTS[1][1]]]
    return Layer(steps, parallel_words(p, SHARED * 2), [0] * 4, [(4, SUMS[0], 1), (6, SUMS[1], 1)], windows=2)


def dstripes(p: int, bits: int) -> Layer:
    """p = 4 (5 is 0101), 5 (-8 with its sign). Starts 1 and 1 + ceil(4/b), capture ceil(5/b) later, LAT = 4."""
    capture = {1: 1 + 4 + 5, 2: 1 + 2 + 3, 4: 1 + 1 + 2}[bits]
    return Layer(ACTS, parallel_words(p, SHARED), [0, 0], columns(capture + 4, SUMS))


def stripes(p: int, bits: int) -> Layer:
    """Static precision 6: starts 1 and 1 + ceil(6/b), capture ceil(6/b) later."""
    capture = {1: 1 + 6 + 6, 2: 1 + 3 + 3, 4: 1 + 2 + 2}[bits]
    registers = {"cfg_static": 1, "cfg_n_h": 5}
    return Layer(ACTS, parallel_words(p, SHARED), [0, 0], columns(capture + 4, SUMS), registers)


def trt(p: int, bits: int) -> Layer:
    """As DStripes, LAT = 5."""
    capture = {1: 10, 2: 6, 4: 4}[bits]
    return Layer(ACTS, parallel_words(p, SHARED), [0, 0], columns(capture + 5, SUMS))


def trt_pool(p: int, bits: int) -> Layer:
    """The largest of each lane: 3, 5 and 7, 0."""
    capture = {1: 10, 2: 6, 4: 4}[bits]
    return Layer(ACTS, parallel_words(p, ONES), [0, 0], columns(capture + 5, [[3, 5], [7, 0]]), {"cfg_pool": 1})


def trt_serial(p: int, bits: int) -> Layer:
    """No cascade. Weights of 4 bits each (5 and 7 are the largest). L = ceil(4/b): starts L and 2L, capture ceil(5/b) later.

    Column 0: 6 - 5 - 2 + 4 = 3, -9 + 28 = 19; column 1: 1 - 28 - 16 = -43, 5 + 7 - 8 = 4.
    """
    capture = {1: 4 + 4 + 5, 2: 2 + 2 + 3, 4: 1 + 1 + 2}[bits]
    words = trt_words(p, bits, OWN, [4, 4])
    return Layer(ACTS, words, [4, 4], columns(capture + 5, [[3, 19], [-43, 4]]), {"cfg_serial": 1})


def trt_cascade(p: int, bits: int) -> Layer:
    """Two slices: 3 - 43 = -40 and 19 + 4 = 23 in the last one, two cycles later. Column 0 is not a result."""
    layer = trt_serial(p, bits)
    later = columns(layer.columns[0][0] + 2, [[3, 19], [-40, 23]], keep=(0, 1))
    return Layer(ACTS, layer.words, [4, 4], later, {"cfg_serial": 1, "cfg_slices": 2})


def trt_late_weights(p: int, bits: int) -> Layer:
    """Weights announced with P bits: they decide. L = P/b: starts L and 2L."""
    words = trt_words(p, bits, OWN, [p, p])
    capture = 2 * p // bits + {1: 5, 2: 3, 4: 2}[bits]
    return Layer(ACTS, words, [p, p], columns(capture + 5, [[3, 19], [-43, 4]]), {"cfg_serial": 1})


def loom(_p: int, _bits: int) -> Layer:
    """p_w = 3 (-3), 4 (5): 3 * 4 and 4 * 5 cycles. Starts 1 and 13, capture 33, LAT = 5."""
    words = loom_words([[rows] for rows in SHARED], [3, 4])
    return Layer(ACTS, words, [3, 4], columns(33 + 5, SUMS))


def loom_serial(_p: int, _bits: int) -> Layer:
    """All columns multiply column 0's activations: p = 4, 4; p_w = 4, 4: 16 cycles each. Starts 1 and 17, capture 33.

    Column 0: 3, 19 as on TRT; column 1: 3 + 15 + 8 + 8 = 34, 15 - 10 - 2 + 4 = 7.
    """
    steps = [[step[0], step[0]] for step in ACTS]
    return Layer(steps, loom_words(OWN, [4, 4]), [4, 4], columns(33 + 5, [[3, 19], [34, 7]]), {"cfg_serial": 1})


def loom_bus(_p: int, _bits: int) -> Layer:
    """Activations 1 and 0: one bit, but two columns on the weight bus: T = 2. p_w = 1 (weights -1, 0), 3: start 1 and 3.

    The second step: capture (3 - 1) * 2 + 1 after 3 = 8. Column 0: -1 + 3 = 2, -1 - 4 = -5; column 1: 0 + 2, -1 + 1.
    """
    weights = [[[[-1, 0], [-1, -1]], [[0, -1], [-1, 0]]], [[[3, 1], [-4, 2]], [[2, 3], [1, 1]]]]
    steps = [[[1, 0], [1, 0]]] * 2
    registers = {"cfg_serial": 1, "unsigned": 1}
    return Layer(steps, loom_words(weights, [1, 3]), [1, 3], columns(8 + 5, [[2, -5], [2, 0]]), registers)


LAYERS: dict[str, tuple[str, tuple[int, ...], Callable[[int, int], Layer]]] = {
    "base": ("base", (1,), base),
    "dstripes": ("dstripes", (1, 2, 4), dstripes),
    "stripes": ("dstripes", (1, 2, 4), stripes),
    "trt": ("trt", (1, 2, 4), trt),
    "pool": ("trt", (1, 2, 4), trt_pool),
    "serial": ("trt", (1, 2, 4), trt_serial),
    "cascade": ("trt", (1, 2, 4), trt_cascade),
    "late": ("trt", (1, 2, 4), trt_late_weights),
    "loom": ("loom", (1,), loom),
    "loomfc": ("loom", (1,), loom_serial),
    "loombus": ("loom", (1,), loom_bus),
}


def drive_step(core: Piece, layer: Layer, index: int, waddr: int) -> None:
    """Step `index`, or none after the last one."""
    core.drive(s_valid=index < len(layer.steps))
    if index < len(layer.steps):
        acts = [value for column in layer.steps[index] for value in column]
        length = len(layer.steps) // layer.windows
        core.drive(s_acts=pack(acts, core.parameter("P")), s_first=index % length == 0, s_last=index % length == length - 1)
        core.drive(s_waddr=waddr, s_p_w=layer.weight_bits[index])


async def play(core: Piece, layer: Layer, ready: Callable[[int], bool] = lambda now: True) -> list[tuple[int, list[int], int]]:
    """Offer the steps without gaps, answer the memory's reads; return the columns as (cycle after the first handshake, ...)."""
    words = [word for step in layer.words for word in step]
    addresses = [sum(len(step) for step in layer.words[:index]) for index in range(len(layer.steps) + 1)]
    index, seen, zero, now = 0, [], None, 0
    while len(seen) < len(layer.columns):
        drive_step(core, layer, index, addresses[index])
        core.drive(m_ready=ready(now))
        await cycle()
        assert now < 500, f"{len(seen)} columns"
        if index < len(layer.steps) and core.read("s_ready")[0]:
            zero = now if zero is None else zero
            index += 1
        if core.read("wm_en")[0]:
            core.drive(wm_data=words[core.read("wm_addr")[0]])
        if core.read("m_valid")[0] and ready(now):
            bus, keep, col, last = core.read("m_sums", "m_keep", "m_col", "m_last")
            cols = core.parameter("COLS")
            assert (col, last) == (len(seen) % cols, len(seen) % cols == cols - 1)
            seen.append((now - zero, unpack(bus, 2 * core.parameter("P") + 16, 2), keep))
        now += 1
    return seen


def cases() -> list[tuple[str, str]]:
    """(core, layer): every layer that a core can run."""
    pieces = {name: Piece(name) for name in pieces_of("dpr_core")}
    kinds = {name: (piece.parameter("DESIGN"), piece.parameter("BITS_PER_CYCLE")) for name, piece in pieces.items()}
    return [
        (name, layer)
        for name, (design, bits) in kinds.items()
        for layer, (wanted, choices, _) in LAYERS.items()
        if DESIGNS[wanted] == design and bits in choices
    ]


async def prepare(name: str, layer: str) -> tuple[Piece, Layer]:
    """Start the clock with the layer's registers set."""
    core, (_, _, make) = Piece(name), LAYERS[layer]
    work = make(core.parameter("P"), core.parameter("BITS_PER_CYCLE"))
    registers = {"cfg_static": 0, "cfg_n_h": 0, "cfg_serial": 0, "cfg_pool": 0, "cfg_slices": 1} | work.registers
    signed = not registers.pop("unsigned", 0)
    core.drive(s_valid=0, m_ready=1, s_is_signed=signed, s_n_l=0, wm_data=0, **registers)
    await start()
    return core, work


@cocotb.test()
@cocotb.parametrize((("name", "layer"), cases()))
async def by_hand(_dut, name: str, layer: str) -> None:
    """Every sum, and the cycle in which its column leaves."""
    core, work = await prepare(name, layer)
    assert await play(core, work) == work.columns


@cocotb.test()
@cocotb.parametrize((("name", "layer"), cases()))
async def three_times_with_a_slow_output(_dut, name: str, layer: str) -> None:
    """One pallet after another, the output ready in every seventh cycle: no column is lost, none changes."""
    core, work = await prepare(name, layer)
    parts = {"steps": work.steps * 3, "words": work.words * 3, "weight_bits": work.weight_bits * 3}
    thrice = replace(work, **parts, columns=work.columns * 3, windows=work.windows * 3)
    seen = await play(core, thrice, lambda now: now % 7 == 0)
    assert [column[1:] for column in seen] == [column[1:] for column in thrice.columns]
