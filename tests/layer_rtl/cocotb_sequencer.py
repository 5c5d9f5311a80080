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


def pallet_steps(layer: ConvLayer) -> Iterator[tuple[list[int | None], bool, bool, int]]:
    """Every pallet step: (brick of each column, None outside the input or past the last window; first, last, waddr)."""
    bricks, out = -(-layer.C // 16), layer.Wo
    steps = layer.R * layer.S * bricks
    for number in range(-(-layer.K // 16)):
        for pallet in range(-(-layer.windows // COLS)):
            for r in range(layer.R):
                for s in range(layer.S):
                    for brick in range(bricks):
                        step = (r * layer.S + s) * bricks + brick
                        columns = [_brick(layer, pallet * COLS + c, r, s, brick, bricks, out) for c in range(COLS)]
                        yield columns, step == 0, step == steps - 1, number * steps + step


def _brick(layer: ConvLayer, window: int, r: int, s: int, brick: int, bricks: int, out: int) -> int | None:
    y = window // out * layer.stride + r - layer.pad
    x = window % out * layer.stride + s - layer.pad
    inside = window < layer.windows and 0 <= y < layer.H and 0 <= x < layer.W
    return (y * layer.W + x) * bricks + brick if inside else None


async def run(sequencer: Piece, rng: np.random.Generator, layer: ConvLayer, always_ready: bool) -> None:
    """Write the registers, start, compare every step; from the first step on there is one whenever it is taken."""
    formats = LayerFormats(
        bool(rng.integers(0, 2)), int(rng.integers(0, P)), 5, int(rng.integers(0, P)), bool(rng.integers(0, 2))
    )
    for address, value in enumerate(layer_registers(layer, CONFIG, formats).values()):
        sequencer.drive(w_en=1, w_addr=address, w_data=value)
        await cycle()
    sequencer.drive(w_en=0, start=1, m_ready=0)
    await cycle()
    sequencer.drive(start=0)
    outputs = sequencer.read("is_signed", "n_l", "shift", "n_l_out", "relu", "out_bricks")
    expected = [formats.signed, formats.n_low, formats.shift, formats.n_low_out, formats.relu]
    assert outputs == [*expected, layer.windows * layer.passes(16)]
    for _ in range(START_TO_STEP - 1):
        await cycle()
        assert sequencer.read("m_valid") == [0]
    for number, (columns, first, last, waddr) in enumerate(pallet_steps(layer)):
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
        try:
            layer = ConvLayer(
                "random", C=channels, K=filters, stride=int(rng.integers(1, 5)), pad=int(rng.integers(0, 4)), **sizes
            )
            check_fits(layer, CONFIG)
        except LayerError:
            continue
        if layer.pallets(COLS) * layer.steps * layer.passes(16) <= most_steps:
            return layer


async def prepare() -> Piece:
    """Start the clock with an idle sequencer."""
    sequencer = Piece("sequencer")
    sequencer.drive(w_en=0, start=0, m_ready=0)
    await start()
    return sequencer


@cocotb.test()
async def random_shapes(_dut) -> None:
    """Stride, padding, odd sizes, filters larger than the input, windows that fill no pallet, several passes."""
    sequencer, rng = await prepare(), generator("shapes")
    for number in range(50):
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
