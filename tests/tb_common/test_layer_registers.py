# SPDX-License-Identifier: Apache-2.0
"""The registers of the layer engine: same map in model and RTL, values that fit them, layers that do not fit."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from models.config import load_config
from models.layer import ConvLayer, LayerError
from models.layer_registers import REGISTERS, LayerFormats, check_fits, layer_registers
from scripts.paths import RTL

CONFIG = load_config("dstripes16")
ROOMY = replace(CONFIG, name="roomy", am_bricks=1 << 18, wm_words=1 << 18, om_bricks=1 << 18)
WIDTHS = {"COORD_W": 10, "ADDR_W": 12, "WADDR_W": 10, "OADDR_W": 12, "OFF_W": 4}  # of CONFIG
_PACKED = {"{n_l, is_signed}": "input_format", "{n_l_out, relu}": "output_format"}
_CASE = re.compile(r"5'd(\d+):\s*(\{[^}]*\}|\w+)\s*<=\s*w_data\[([^:]+):0\];")


def rtl_map() -> dict[int, tuple[str, int]]:
    """Address -> (name, width in bits) as the RTL's case statement has them."""
    found = {}
    for address, target, top in _CASE.findall((RTL / "layer" / "dpr_layer_registers.v").read_text()):
        for name, width in WIDTHS.items():
            top = re.sub(rf"\b{name}\b", str(width), top)  # noqa: PLW2901
        high, minus, less = top.partition("-")
        found[int(address)] = (_PACKED.get(target, target), int(high) - int(less if minus else 0) + 1)
    return found


def test_map_is_the_rtls() -> None:
    assert {address: name for address, (name, _) in rtl_map().items()} == dict(enumerate(REGISTERS))


FORMATS = LayerFormats(signed=True, n_low=15, shift=47, n_low_out=15, relu=True)
LARGE = [
    ConvLayer("rows", C=1, H=8, W=511, K=1, R=1, S=1),
    ConvLayer("columns", C=1, H=511, W=8, K=1, R=15, S=8, stride=2),
    ConvLayer("padding", C=16, H=1, W=1, K=16, R=15, S=15, stride=100, pad=255),
    ConvLayer("bricks", C=16 * 255, H=4, W=4, K=1, R=1, S=1),
    ConvLayer("passes", C=1, H=1, W=1, K=16 * 255, R=1, S=1),
    ConvLayer("outputs", C=1, H=64, W=64, K=16, R=1, S=1),
    ConvLayer("words", C=16 * 16, H=8, W=8, K=16, R=8, S=8),
    ConvLayer("stride", C=1, H=3, W=3, K=1, R=1, S=1, stride=1023),
]
SIGNED = ("origin", "last_x")
MODULO = ("steps", "origin_base", "stride_base", "wrap_base", "row_skip", "pallet_y", "pallet_base")  # wrap around in the RTL


@pytest.mark.parametrize("layer", LARGE, ids=lambda layer: layer.name)
def test_values_fit_their_registers(layer: ConvLayer) -> None:
    """Layers at the limits: no bit that counts is lost."""
    values = layer_registers(layer, CONFIG, FORMATS)
    assert tuple(values) == REGISTERS
    for name, width in rtl_map().values():
        value = values[name]
        assert 0 <= value < 1 << 32
        if name in SIGNED:
            number = value - (1 << 32) if value >> 31 else value
            assert -(1 << width - 1) <= number < 1 << width - 1, name
        elif name not in MODULO:
            assert value < 1 << width, name


def test_values_of_a_small_layer() -> None:
    """Worked by hand: 5 x 6 x 20 input, 3 x 2 filter, stride 2, padding 1; 3 x 4 windows, two bricks a position."""
    layer = ConvLayer("small", C=20, H=5, W=6, K=17, R=3, S=2, stride=2, pad=1)
    values = layer_registers(layer, replace(CONFIG, cols=6), LayerFormats(True, 3, 9, 5, False))
    assert {name: value - (1 << 32) if value >> 31 else value for name, value in values.items()} == {
        "height": 5,
        "width": 6,
        "bricks": 2,
        "input_format": 0b111,
        "kernel_h": 3,
        "kernel_w": 2,
        "steps": 12,
        "passes": 2,
        "windows": 12,
        "origin": -1,
        "origin_base": -14,  # one row of 6 and one position up and left, two bricks each
        "stride": 2,
        "stride_base": 4,
        "last_x": 5,
        "wrap_x": 8,
        "wrap_base": 8,  # two rows down are 12 positions, four windows back are 8
        "row_skip": 9,  # from the last brick of a filter row, at the first position plus 3, to the next row, plus 12
        "pallet_x": 4,  # six windows are one row and two windows
        "pallet_y": 2,
        "pallet_base": 32,  # 2 rows of 6 and 4 positions
        "shift": 9,
        "output_format": 0b1010,
        "out_bricks": 24,
    }


TOO_LARGE = {
    "input bricks": (CONFIG, {"H": 64, "W": 65}),
    "weight words": (CONFIG, {"C": 16 * 41, "H": 5, "W": 5, "R": 5, "S": 5}),
    "output bricks": (CONFIG, {"H": 64, "W": 64, "K": 17}),
    "filter height or width": (ROOMY, {"H": 20, "W": 20, "S": 16}),
    "height or width with padding": (ROOMY, {"H": 1, "W": 510, "pad": 1}),
    "stride": (ROOMY, {"stride": 1024}),
    "windows": (ROOMY, {"H": 256, "W": 256}),
    "channel bricks": (ROOMY, {"C": 16 * 255 + 1}),
    "passes": (ROOMY, {"K": 16 * 255 + 1}),
}
SMALLEST = {"C": 1, "H": 1, "W": 1, "K": 1, "R": 1, "S": 1}


@pytest.mark.parametrize("what", TOO_LARGE)
def test_layer_that_does_not_fit(what: str) -> None:
    """The message has the layer, what is too large, and the engine."""
    config, changes = TOO_LARGE[what]
    layer = ConvLayer("huge", **SMALLEST | changes)
    with pytest.raises(LayerError, match=rf"layer 'huge': \d+ {what}, the engine of '{config.name}' holds \d+"):
        layer_registers(layer, config, FORMATS)


@pytest.mark.parametrize("layer", LARGE, ids=lambda layer: layer.name)
def test_layer_that_just_fits(layer: ConvLayer) -> None:
    check_fits(layer, CONFIG)


@pytest.mark.parametrize(
    ("field", "value", "most"), [("n_low", 16, 15), ("n_low_out", 16, 15), ("shift", 48, 47), ("shift", -1, 47)]
)
def test_format_that_does_not_fit(field: str, value: int, most: int) -> None:
    """A shift of 64 would be 0 in the register: refused by name instead."""
    layer = ConvLayer("odd", **SMALLEST)
    with pytest.raises(LayerError, match=rf"layer 'odd': {field} = {value}: must be in 0\.\.{most} on 'dstripes16'"):
        layer_registers(layer, CONFIG, LayerFormats(**{field: value}))
