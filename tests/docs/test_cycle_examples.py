# SPDX-License-Identifier: Apache-2.0
"""The examples of the cycle contract on the architecture page are what the models say: those that the RTL must meet exactly."""

from __future__ import annotations

import re

import pytest

from models.config import load_config
from models.cycles import BrickPrecisions, LayerCycles, best_slices, layer_cycles
from models.layer import ConvLayer
from tests.docs.rtl_text import DOCS, table

PAGE = DOCS / "architecture.md"
LAYERS = {
    "convolution": ConvLayer("convolution", C=64, H=16, W=16, K=128, R=3, S=3, pad=1),
    "fully connected": ConvLayer("fully connected", C=4096, H=1, W=1, K=2048, R=1, S=1),
    "few outputs": ConvLayer("few outputs", C=4096, H=1, W=1, K=64, R=1, S=1),
}
DYNAMIC, STATIC = (5, 6), (8, 9)  # bits of activations and weights: in every step, and in the profile


def example(layer: str, config_name: str) -> LayerCycles:
    """The cycles of an example."""
    config, shape = load_config(config_name), LAYERS[layer]
    p_a, p_w = STATIC if config.detection == "static" else DYNAMIC
    if config.design == "trt" and shape.fully_connected:
        return best_slices(shape, config, BrickPrecisions(p_a, p_w))
    return layer_cycles(shape, config, p_a, p_w if config.design == "loom" else None)


def cells(layer: str, config_name: str) -> dict[str, str]:
    """A row of the table."""
    result = example(layer, config_name)
    stalls = [f"{cause} {cycles}" for cause, cycles in result.stalls.items() if cycles]
    row = {"layer": layer, "configuration": f"`{config_name}`", "cycles": f"{result.cycles}", "bound": f"{result.bound_cycles}"}
    row |= {"fill": f"{result.fill}", "stalls": ", ".join(stalls), "slices": f"{result.slices}"}
    return row | {"speedup": f"{result.speedup:.2f}", "at most": f"{result.bound_speedup:.2f}"}


@pytest.mark.parametrize("row", table(PAGE, "Examples"), ids=lambda row: f"{row['layer']}-{row['configuration']}")
def test_example(row: dict[str, str]) -> None:
    """Every cell."""
    assert row == cells(row["layer"], row["configuration"].strip("`"))


def test_the_layers_and_precisions_are_those_of_the_page() -> None:
    """The text above the table has the numbers that the table is computed from."""
    text = " ".join(re.search(r"### Examples\n(.*?)\n\|", PAGE.read_text(), re.DOTALL).group(1).split())
    assert "a convolution of 64 x 16 x 16 activations and 128 filters of 3 x 3, padding 1" in text
    assert "4096 inputs with 2048 outputs and with 64" in text
    assert "{} and {} bits in every step, {} and {} bits in the profile".format(*DYNAMIC, *STATIC) in text
    assert (LAYERS["convolution"].windows, LAYERS["few outputs"].K, LAYERS["fully connected"].K) == (256, 64, 2048)


def test_every_layer_and_every_design_has_an_example() -> None:
    rows = table(PAGE, "Examples")
    assert {row["layer"] for row in rows} == set(LAYERS)
    assert {load_config(row["configuration"].strip("`")).design for row in rows} == {"base", "dstripes", "trt", "loom"}
