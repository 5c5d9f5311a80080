# SPDX-License-Identifier: Apache-2.0
"""dpr_window_sequencer, fed by dpr_layer_registers, against the loop nest of docs/architecture.md section 8."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cocotb
import numpy as np

from models.config import load_config
from models.layer import ConvLayer, LayerError
from models.layer_registers import LayerFormats, check_fits, layer_registers
from tests.support.pieces import PARAMETERS, Piece, cycle, generator, reset, start, unpack

P, COLS, ADDR_W, WADDR_W, OADDR_W = (
    PARAMETERS.get(name, default) for name, default in (("P", 16), ("COLS", 4), ("ADDR_W", 12), ("WADDR_W", 6), ("OADDR_W", 11))
)
CONFIG = replace(
    load_config("dstripes16"),
    name="pieces",
    p=P,
    cols=COLS,
    am_bricks=1 << ADDR_W,
    wm_words=1 << WADDR_W,
    om_bricks=1 << OADDR_W,
)
START_TO_STEP = COLS + 1  # cycles from start to the first step


def input_position(layer: ConvLayer, window: int, r: int, s: int) -> int | None:
    """Where a window's step (r, s) lies in the input, in raster order; None outside, or past the last window."""
    y = window // layer.Wo * layer.stride + r - layer.pad
    x = window % layer.Wo * layer.stride + s - layer.pad
    return y * layer.W + x if window < layer.windows and 0 <= y < layer.H and 0 <= x < layer.W else None


def group_bricks(layer: ConvLayer) -> list[list[int]]:
    """The bricks of a position that each pass uses. Groups are padded to whole bricks; a depthwise layer is not split."""
    if layer.depthwise:
        return [[brick] for brick in range(-(-layer.C // 16)) for _ in range(layer.K // layer.C)]
    bricks = -(-layer.C // layer.groups // 16)
    passes = -(-layer.K // layer.groups // 16)
    return [[group * bricks + brick for brick in range(bricks)] for group in range(layer.groups) for _ in range(passes)]


def pallet_steps(layer: ConvLayer) -> Iterator[tuple[list[int | None], bool, bool, int]]:
    """Every pallet step: (brick of each column, None outside the input or past the last window; first, last, waddr)."""
    passes = group_bricks(layer)
    at_position = len({brick for bricks in passes for brick in bricks})
    word = 0
    for bricks in passes:
        places = [(r, s, brick) for r in range(layer.R) for s in range(layer.S) for brick in bricks]
        for pallet in range(-(-layer.windows // COLS)):
            for i, (r, s, brick) in enumerate(places):
                found = [input_position(layer, pallet * COLS + c, r, s) for c in range(COLS)]
                columns = [None if position is None else position * at_position + brick for position in found]
                yield columns, i == 0, i == len(places) - 1, word + i
        word += len(places)


def serial_steps(layer: ConvLayer, slices: int) -> Iterator[tuple[list[int | None], bool, bool, int]]:
    """The same of a fully connected layer on TRT: column c takes slice c mod slices of the bricks, COLS div slices outputs."""
    bricks = layer.R * layer.S * -(-layer.C // 16)
    steps = -(-bricks // slices)
    outputs = COLS // slices
    for number in range(-(-layer.K // (16 * outputs))):
        for i in range(steps):
            wanted = [c % slices * steps + i if c < outputs * slices else bricks for c in range(COLS)]
            yield [b if b < bricks else None for b in wanted], i == 0, i == steps - 1, number * steps + i


async def run(sequencer: Piece, rng: np.random.Generator, layer: ConvLayer, always_ready: bool, slices: int = 0) -> None:
    """Write the registers, start, compare every step; from the first step on there is one whenever it is taken.

    slices: run a fully connected layer as TRT does; 0: as a convolution.
    """
    low = int(rng.integers(0, P))
    formats = LayerFormats(
        bool(rng.integers(0, 2)), low, 5, int(rng.integers(0, P)), bool(rng.integers(0, 2)), int(rng.integers(low, P))
    )
    config = replace(CONFIG, design="trt", detection="static") if slices else CONFIG
    registers = layer_registers(layer, config, formats, max(slices, 1), weight_words=7 if slices else None)
    for address, value in enumerate(registers.values()):
        sequencer.drive(w_en=1, w_addr=address, w_data=value)
        await cycle()
    sequencer.drive(w_en=0, start=1, m_ready=0)
    await cycle()
    sequencer.drive(start=0)
    outputs = sequencer.read("is_signed", "n_l", "n_h", "is_static", "shift", "n_l_out", "relu")
    expected = [formats.signed, formats.n_low, formats.n_high, slices > 0, formats.shift, formats.n_low_out, formats.relu]
    assert outputs == expected
    passes, steps = len(group_bricks(layer)), list(serial_steps(layer, slices) if slices else pallet_steps(layer))
    core = sequencer.read("serial", "pool", "slices", "row_words", "pass_bricks", "window_bricks", "out_bricks")
    if slices:
        assert core == [1, 0, slices, 7, COLS // slices, 1, -(-layer.K // 16)]
    else:
        words = len(steps) // passes // -(-layer.windows // COLS)
        assert core == [0, 0, 1, words % (1 << WADDR_W), 1, passes, layer.windows * passes]
    for _ in range(START_TO_STEP - 1):
        await cycle()
        assert sequencer.read("m_valid") == [0]
    for number, (columns, first, last, waddr) in enumerate(steps):
        ready = False
        while not ready:
            ready = always_ready or bool(rng.random() < 0.6)
            sequencer.drive(m_ready=ready)
            await cycle()
            valid, bus, inside = sequencer.read("m_valid", "m_addr", "m_inside")
            assert valid, f"{layer}: no step {number}"
            flags = unpack(inside, 1, COLS, signed=False)
            addresses = unpack(bus, ADDR_W, COLS, signed=False)
            got = [address if flag else None for address, flag in zip(addresses, flags, strict=True)]
            assert got == columns, f"{layer}: step {number}: {got}, expected {columns}"
            assert sequencer.read("m_first", "m_last", "m_waddr") == [first, last, waddr], f"{layer}: step {number}"
    sequencer.drive(m_ready=1)
    await cycle()
    assert sequencer.read("m_valid") == [0], f"{layer}: a step too many"


def random_layer(rng: np.random.Generator, most_steps: int) -> ConvLayer:
    """Any small convolution that the memories hold."""
    while True:
        sizes = {name: int(rng.integers(1, 9)) for name in ("H", "W")} | {name: int(rng.integers(1, 5)) for name in ("R", "S")}
        channels, filters = int(rng.choice([1, 16, 17, 40])), int(rng.choice([1, 16, 17, 40]))
        groups = int(rng.choice([1, 1, 2, 3, channels]))
        try:
            layer = ConvLayer(
                "random",
                C=channels if groups == channels else groups * channels,
                K=groups * filters if groups < channels else groups * int(rng.integers(1, 4)),
                groups=groups,
                stride=int(rng.integers(1, 5)),
                pad=int(rng.integers(0, 4)),
                **sizes,
            )
            check_fits(layer, CONFIG)
        except LayerError:
            continue
        if layer.pallets(COLS) * layer.steps * layer.passes(16, 16) <= most_steps:
            return layer


async def prepare() -> Piece:
    """Start the clock with an idle sequencer."""
    sequencer = Piece("sequencer")
    sequencer.drive(w_en=0, start=0, m_ready=0)
    await start()
    return sequencer


@cocotb.test()
async def random_shapes(_dut) -> None:
    """Stride, padding, odd sizes, filters larger than the input, windows that fill no pallet, passes, groups, depthwise."""
    sequencer, rng = await prepare(), generator("shapes")
    for number in range(70):
        await run(sequencer, rng, random_layer(rng, 120), always_ready=number % 2 == 0)


CORNERS = [
    ConvLayer("one pixel", C=1, H=1, W=1, K=1, R=1, S=1),
    ConvLayer("one pixel, padded", C=16, H=1, W=1, K=17, R=3, S=3, pad=1),
    ConvLayer("nothing but padding around it", C=1, H=1, W=1, K=1, R=1, S=1, pad=3),
    ConvLayer("fully connected", C=20, H=3, W=3, K=33, R=3, S=3),
    ConvLayer("stride larger than input", C=1, H=3, W=3, K=1, R=1, S=1, stride=4),
    ConvLayer("largest stride", C=1, H=3, W=3, K=1, R=1, S=1, stride=1023),
    ConvLayer("all words", C=64, H=4, W=4, K=1, R=4, S=4),
    ConvLayer("column of windows", C=16, H=9, W=1, K=1, R=1, S=1),
    ConvLayer("widest rows", C=1, H=3, W=511, K=1, R=1, S=1),
    ConvLayer("widest rows, strided", C=1, H=6, W=509, K=1, R=3, S=3, stride=3, pad=1),
    ConvLayer("largest padding", C=1, H=1, W=1, K=1, R=1, S=1, stride=60, pad=255),
    ConvLayer("highest column", C=1, H=505, W=1, K=1, R=15, S=1, stride=10, pad=3),
]


@cocotb.test()
@cocotb.parametrize(layer=CORNERS)
async def corner_shapes(_dut, layer: ConvLayer) -> None:
    """The smallest, the largest and the emptiest layers."""
    await run(await prepare(), generator(layer.name), layer, always_ready=True)


@cocotb.test()
async def fully_connected(_dut) -> None:
    """Every number of slices: bricks past the input are outside, a walk of all passes; up to as many bricks as there may be."""
    sequencer, rng = await prepare(), generator("fully connected")
    for size, channels, filters in ((1, 1, 1), (1, 16 * 7, 40), (3, 20, 130), (2, 16 * 5, 16), (1, 16 * 100, 1)):
        layer = ConvLayer("fully connected", C=channels, H=size, W=size, K=filters, R=size, S=size)
        for slices in range(1, COLS + 1):
            steps = -(-layer.steps // slices) * -(-filters // (16 * (COLS // slices)))
            if steps <= 1 << WADDR_W:
                await run(sequencer, rng, layer, always_ready=bool(rng.integers(0, 2)), slices=slices)


@cocotb.test()
async def reset_stops(_dut) -> None:
    """A reset while windows are laid out or visited; the next layer is whole."""
    sequencer, rng, layer = await prepare(), generator("reset"), ConvLayer("cut", C=16, H=5, W=5, K=1, R=3, S=3)
    for after in (0, 2, COLS, 20):
        sequencer.drive(start=1, m_ready=1)
        await cycle()
        sequencer.drive(start=0)
        for _ in range(after):
            await cycle()
        await reset()
        for _ in range(COLS + 2):
            await cycle()
            assert sequencer.read("m_valid") == [0]
        await run(sequencer, rng, layer, always_ready=True)
