# SPDX-License-Identifier: Apache-2.0
"""Strategy for descriptions of layers of the engine (tb/layer/described.py), simplest first."""

from __future__ import annotations

from hypothesis import assume
from hypothesis import strategies as st

from models.config import DesignConfig
from models.layer import LayerError
from models.layer_registers import check_fits
from models.tile_shape import is_serial
from tb.common.described import Description, layer_of
from tb.common.shrinking import Hinted, draw_data, draw_shape
from tb.layer.described import layer_item


@st.composite
def descriptions(draw: st.DrawFn, config: DesignConfig, hints: Description) -> Description:
    """Draw a layer that the engine of `config` can take."""
    hinted = Hinted(draw, hints)
    description = draw_shape(hinted, config, pools=config.design == "trt") | draw_data(hinted, config)
    description["shift"] = hinted.number("shift", 0, config.p + 7)
    description["n_low_out"] = hinted.number("n_low_out", 0, config.p - 1)
    description["relu"] = hinted.choice("relu", [True, False])
    description["stalls"] = hinted.choice("stalls", [False, True])
    serial = config.design == "trt" and is_serial(layer_of(description), config)
    description["slices"] = hinted.number("slices", 1, config.cols) if serial else 1
    description["bias"] = hinted.choice("bias", ["zero", "one", "lowest", "random"])
    assume(_possible(description, config))
    return description


def _possible(description: Description, config: DesignConfig) -> bool:
    """Whether the layer exists and fits the engine."""
    if "K" not in description and description["signed"] and description["pad"]:
        return False  # the padding's zeros would be the largest values
    if description["n_low"] >= description["bits"]:
        return False
    try:
        check_fits(layer_of(description), config, description["slices"], weight_words=0)
        words = layer_item(description, config).engine_weights(config).words
    except LayerError:
        return False
    return words <= config.wm_words
