# SPDX-License-Identifier: Apache-2.0
"""Strategy for descriptions of layers on a core (tb/tile/described.py), simplest first."""

from __future__ import annotations

from hypothesis import assume
from hypothesis import strategies as st

from models.config import DesignConfig
from models.layer import LayerError
from models.tile_shape import is_serial
from tb.common.described import Description, layer_of
from tb.common.shrinking import Hinted, draw_data, draw_shape
from tb.tile.described import layer_item
from tb.tile.items import GAP_PROFILES
from tb.tile.pallets import READY_PROFILES
from tb.tile.random_layers import Budget, fits


@st.composite
def descriptions(draw: st.DrawFn, config: DesignConfig, hints: Description) -> Description:
    """Draw a layer that the core of `config` can take."""
    hinted = Hinted(draw, hints)
    description = draw_shape(hinted, config, pools=config.design == "trt") | draw_data(hinted, config)
    description["gaps"] = hinted.choice("gaps", list(GAP_PROFILES))
    description["ready"] = hinted.choice("ready", list(READY_PROFILES))
    serial = config.design == "trt" and is_serial(layer_of(description), config)
    description["slices"] = hinted.number("slices", 1, config.cols) if serial else None
    assume(_possible(description, config))
    return description


def _possible(description: Description, config: DesignConfig) -> bool:
    """Whether the layer exists, fits the bench, and its data are what the core is promised."""
    if "K" not in description and description["signed"] and description["pad"]:
        return False  # the padding's zeros would be the largest values
    if description["n_low"] >= description["bits"]:
        return False
    try:
        if not fits(layer_of(description), config, Budget()):
            return False
        layer_item(description, config).program(config)
    except LayerError:
        return False
    return True
