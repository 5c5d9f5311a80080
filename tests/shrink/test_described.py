# SPDX-License-Identifier: Apache-2.0
"""Descriptions of layers: every one that is drawn can be played, and patterns are what they say."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.config import load_config
from models.layer_registers import check_fits, check_formats
from models.precision import limits
from tb.common.described import PATTERNS, described_layer, pattern
from tb.layer import described as engine
from tb.layer.sequences import random_item
from tb.layer.shrink import descriptions as engine_layers
from tb.tile import described as core
from tb.tile.random_layers import Budget, layer_kinds, random_layer_item
from tb.tile.shrink import descriptions as core_layers

CORES = ("base8_small", "small16", "stripes_small16", "trt_small8", "dpr_loom_small8", "loom_small16")
ENGINES = ("narrow16", "narrow_trt16")
FEW = settings(
    max_examples=40, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
)


def core_hints(name: str, seed: int) -> dict:
    config, rng = load_config(name), np.random.default_rng(seed)
    kinds = layer_kinds(config)
    return core.describe(random_layer_item(rng, config, "layer", kinds[seed % len(kinds)], Budget(600)))


@pytest.mark.parametrize("name", CORES)
@FEW
@given(data=st.data())
def test_layers_of_a_core(name: str, data: st.DataObject) -> None:
    config = load_config(name)
    hints = core_hints(name, data.draw(st.integers(0, 20))) if data.draw(st.booleans()) else {}
    description = data.draw(core_layers(config, hints))
    item = core.layer_item(json.loads(json.dumps(description)), config)
    low, high = limits(config.p, item.signed)
    assert low <= item.acts.min() <= item.acts.max() <= high
    assert len(item.expand(config).steps) > 0
    assert described_layer(item.layer).items() <= core.describe(item).items()


@pytest.mark.parametrize("name", ENGINES)
@FEW
@given(data=st.data())
def test_layers_of_the_engine(name: str, data: st.DataObject) -> None:
    config = load_config(name)
    hints = {}
    if data.draw(st.booleans()):
        hints = engine.describe(random_item(np.random.default_rng(data.draw(st.integers(0, 20))), config, "layer", 1500))
    item = engine.layer_item(json.loads(json.dumps(data.draw(engine_layers(config, hints)))), config)
    check_formats(item.layer, config, item.formats)
    check_fits(item.layer, config, item.slices, item.engine_weights(config).words)
    assert item.input_words(config).size > 0


@pytest.mark.parametrize("low, high", [(-8, 7), (0, 0), (0, 15), (-1, 0)])
def test_patterns_stay_within_their_limits(low: int, high: int) -> None:
    for name in PATTERNS:
        values = pattern(name, (3, 4, 2), low, high, seed=1)
        assert values.shape == (3, 4, 2)
        assert low <= values.min() <= values.max() <= high
    assert set(pattern("highest", (4,), low, high, 1)) == {high}
    assert set(pattern("lowest", (4,), low, high, 1)) == {low}
    assert set(pattern("ramp", (64,), low, high, 1)) == set(range(low, high + 1))


def test_unknown_pattern_is_refused() -> None:
    with pytest.raises(KeyError, match="use one of zero, one"):
        pattern("stripes", (4,), 0, 1, 1)


def test_what_is_no_layer_has_no_description() -> None:
    assert core.describe(object()) == {}
