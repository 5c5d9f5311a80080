# SPDX-License-Identifier: Apache-2.0
"""The registers of the layer engine: same map in model and RTL, values that fit them, layers that do not fit."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from models.config import DesignConfig, load_config
from models.layer import ConvLayer, LayerError, PoolLayer
from models.layer_registers import REGISTERS, LayerFormats, check_fits, layer_registers, precision_words
from scripts.paths import RTL

CONFIG = load_config("dstripes16")
TRT = load_config("trt16")
SMALLEST = {"C": 1, "H": 1, "W": 1, "K": 1, "R": 1, "S": 1}
ROOMY = replace(CONFIG, name="roomy", am_bricks=1 << 18, wm_words=1 << 18, om_bricks=1 << 18)
WIDTHS = {"COORD_W": 10, "ADDR_W": 12, "WADDR_W": 10, "OADDR_W": 12, "OFF_W": 4}  # of CONFIG
_PACKED = {
    "{n_l, is_signed}": "input_format",
    "{n_l_out, relu}": "output_format",
    "{n_h, is_static}": "static_profile",
    "{slices, pool, serial}": "core_mode",
}
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
MODULO = (  # wrap around in the RTL; of steps and row_words the whole memory is 0
    *("steps", "row_words"),
    *("origin_base", "stride_base", "wrap_base", "position_skip", "row_skip", "pallet_y", "pallet_base"),
)


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
        "static_profile": 0b11110,  # dynamic; 15 would be the highest position
        "position_skip": 1,
        "group_passes": 2,
        "row_words": 12,
        "wrap_y": 2,
        "core_mode": 0b100,  # one slice, no pooling, not serial
        "pass_bricks": 1,
        "window_bricks": 2,
    }


def changes(layer: ConvLayer | PoolLayer, config: DesignConfig, *names: str, **settings: int) -> dict[str, int]:
    """The named registers of a layer, as signed numbers."""
    values = layer_registers(layer, config, LayerFormats(), **settings)
    return {name: values[name] - (1 << 32) if values[name] >> 31 else values[name] for name in names}


def test_values_of_a_grouped_layer() -> None:
    """Worked by hand: three groups of 20 channels (2 bricks) and 17 filters (2 passes); 6 bricks a position."""
    layer = ConvLayer("grouped", C=60, H=5, W=6, K=51, R=3, S=2, groups=3)
    expected = {"bricks": 2, "steps": 12, "passes": 6, "group_passes": 2, "window_bricks": 6, "stride_base": 6}
    expected |= {"position_skip": 5, "row_skip": 4 * 6 + 5, "out_bricks": 3 * 5 * 6, "wrap_base": 6}
    assert changes(layer, CONFIG, *expected) == expected


def test_values_of_a_depthwise_layer() -> None:
    """20 channels are 2 bricks, each with three filters a channel: 6 passes, a new brick every third."""
    layer = ConvLayer("depthwise", C=20, H=4, W=4, K=60, R=2, S=2, groups=20)
    expected = {"bricks": 1, "steps": 4, "passes": 6, "group_passes": 3, "position_skip": 2, "row_skip": 2 * 2 + 2}
    assert changes(layer, CONFIG, *expected) == expected


def test_values_of_a_pooling_layer() -> None:
    layer = PoolLayer("pool", C=33, H=4, W=4, R=2, S=2, stride=2)
    expected = {"core_mode": 0b110, "passes": 3, "group_passes": 1, "window_bricks": 3, "steps": 4, "row_words": 4}
    assert changes(layer, TRT, *expected) == expected
    with pytest.raises(LayerError, match="'pool': the engine of 'dstripes16' does not pool"):
        check_fits(layer, CONFIG)


def test_values_of_a_fully_connected_layer() -> None:
    """7 bricks in 3 slices are 3 steps; 5 outputs a row, so 80 filters a pass, 100 filters in 2 passes."""
    layer = ConvLayer("connected", C=112, H=1, W=1, K=100, R=1, S=1)
    expected = {"height": 1, "width": 7, "bricks": 1, "kernel_h": 1, "kernel_w": 3, "steps": 3, "passes": 2, "windows": 15}
    expected |= {"stride": 3, "stride_base": 3, "last_x": 6, "wrap_x": 9, "wrap_y": 0, "wrap_base": -9, "row_words": 40}
    expected |= {"core_mode": 0b1101, "pass_bricks": 5, "window_bricks": 1, "out_bricks": 7}
    assert changes(layer, TRT, *expected, slices=3, weight_words=40) == expected
    with pytest.raises(LayerError, match="'connected' on 'trt16': weight_words is missing"):
        layer_registers(layer, TRT, LayerFormats(), slices=3)


def test_static_profile() -> None:
    layer = ConvLayer("stripes", **SMALLEST)
    values = layer_registers(layer, load_config("stripes16"), LayerFormats(n_low=2, n_high=9))
    assert values["static_profile"] == 9 << 1 | 1


def test_one_window_that_is_not_the_whole_input() -> None:
    layer = ConvLayer("partial", C=1, H=3, W=3, K=1, R=2, S=2, stride=2)
    check_fits(layer, CONFIG)
    with pytest.raises(LayerError, match="'partial': the engine of 'trt16' takes a layer of one window as fully connected"):
        check_fits(layer, TRT)


def test_loom_has_no_engine() -> None:
    with pytest.raises(LayerError, match="'conv': the engine of 'loom16' is no loom"):
        check_fits(ConvLayer("conv", **SMALLEST), load_config("loom16"))


def test_entries_of_the_precisions() -> None:
    assert precision_words(np.array([[3, 0], [16, 7]])).tolist() == [3, 1 << 8, 2 << 8 | 16, 3 << 8 | 7]


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
    "bricks of a fully connected layer": (replace(ROOMY, design="trt"), {"C": 16 * 496}),
    "words of biases": (replace(ROOMY, design="trt"), {"C": 1, "K": 16 * 16 * 16 + 1}),
}


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
    ("field", "value", "most"),
    [("n_low", 16, 15), ("n_low_out", 16, 15), ("shift", 48, 47), ("shift", -1, 47), ("n_high", 16, 15), ("n_high", -1, 15)],
)
def test_format_that_does_not_fit(field: str, value: int, most: int) -> None:
    """A shift of 64 would be 0 in the register: refused by name instead."""
    layer = ConvLayer("odd", **SMALLEST)
    with pytest.raises(LayerError, match=rf"layer 'odd': {field} = {value}: must be in 0\.\.{most} on 'dstripes16'"):
        layer_registers(layer, CONFIG, LayerFormats(**{field: value}))
