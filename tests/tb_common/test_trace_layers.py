# SPDX-License-Identifier: Apache-2.0
"""Which layers of a trace the bench of a core plays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.config import load_config
from models.layer import ConvLayer
from models.mapping import tile_program
from models.traces import Format, Trace, TraceLayer, network_trace, save_trace
from tb.tile import trace_layers
from tb.tile.trace_layers import choose, trace_from_environment, trace_item, weight_words


def layer(shape: ConvLayer, *, signed: bool = False, bits: int = 16, weights_signed: bool = True, seed: int = 1) -> TraceLayer:
    """A layer of random operands of `bits` - 2 bits."""
    rng, most = np.random.default_rng(seed), 1 << (bits - 2)
    acts = rng.integers(-most if signed else 0, most, (2, shape.H, shape.W, shape.C))
    weights = rng.integers(-most if weights_signed else 0, most, (shape.K, shape.R, shape.S, shape.group_channels))
    forms = Format.holding(acts, bits, signed), Format.holding(weights, bits, weights_signed)
    return TraceLayer(shape, "Conv", acts, weights, *forms)


def trace(*layers: TraceLayer) -> Trace:
    return Trace("made", layers, "test", "none")


CONV = ConvLayer("conv", C=20, H=5, W=5, K=18, R=3, S=3)
FC = ConvLayer("fc", C=70, H=1, W=1, K=40, R=1, S=1)


def test_every_input_that_is_asked_for() -> None:
    made = trace(layer(CONV, signed=True), layer(FC))
    for inputs, expected in ((1, 1), (2, 2), (5, 2)):
        assert [len(one.items) for one in choose(made, load_config("trt16"), inputs)] == [expected, expected]
    item = next(choose(made, load_config("trt16"), 2)).items[1]
    assert (item.acts == made.layers[0].acts[1]).all() and item.signed and item.n_high is None


def test_a_static_design_gets_the_profile() -> None:
    entry = layer(CONV)
    assert trace_item(entry, 0, load_config("stripes16")).n_high == entry.act_format.n_high


def test_values_beyond_the_profile_are_a_reason() -> None:
    entry = layer(CONV)
    narrow = replace(entry, act_format=replace(entry.act_format, n_high=5))
    (chosen,) = choose(trace(narrow), load_config("stripes16"), 1)
    assert not chosen.items and "static" in chosen.reason


@pytest.mark.parametrize(
    ("entry", "config", "words"),
    [
        (layer(CONV), "trt8", "16 bits, the design takes 8"),
        (layer(FC, bits=8, weights_signed=False, seed=3), "trt8", ""),
    ],
)
def test_operands_that_are_too_wide(entry: TraceLayer, config: str, words: str) -> None:
    (chosen,) = choose(trace(entry), load_config(config), 1)
    assert bool(chosen.items) != bool(words) and words in chosen.reason


def test_unsigned_weights_that_need_the_signs_bit() -> None:
    shape = ConvLayer("fc", C=2, H=1, W=1, K=1, R=1, S=1)
    acts, weights = np.ones((1, 1, 1, 2), np.uint8), np.array([127, 128], np.uint8).reshape(1, 1, 1, 2)
    entry = TraceLayer(shape, "Gemm", acts, weights, Format(8, False, 0), Format(8, False, 7))
    (chosen,) = choose(trace(entry), load_config("trt8"), 1)
    assert "sign" in chosen.reason


@pytest.mark.parametrize(
    ("limit", "value", "words"),
    [("MOST_CYCLES", 10, "cycles: the bench runs layers of up to 10"), ("MOST_VALUES", 1000, "the bench holds 1,000")],
)
def test_layers_that_are_too_large(monkeypatch: pytest.MonkeyPatch, limit: str, value: int, words: str) -> None:
    monkeypatch.setattr(trace_layers, limit, value)
    (chosen,) = choose(trace(layer(CONV)), load_config("dstripes16"), 1)
    assert not chosen.items and words in chosen.reason


def test_weights_that_do_not_fit_the_memory() -> None:
    many = ConvLayer("many", C=16, H=1, W=1, K=16 * 8193, R=1, S=1)
    (chosen,) = choose(trace(layer(many)), load_config("dstripes16"), 1)
    assert "8,193 words of weights: the bench holds 8,192" in chosen.reason


@pytest.mark.parametrize("config", ["dstripes16", "trt16", "trt16_b2", "loom_small16", "dpr_loom_small16", "small8_b4"])
@pytest.mark.parametrize("shape", [CONV, FC])
def test_words_are_those_of_the_memory(config: str, shape: ConvLayer) -> None:
    """The count without laying the layer out is the number of words that are laid out."""
    design = load_config(config)
    (chosen,) = choose(trace(layer(shape, bits=design.p)), design, 1)
    item = chosen.items[0]
    program = tile_program(item.layer, design, item.acts, item.weights, n_high=item.n_high, slices=1)
    cycles = trace_layers.layer_cycles_of(
        item.layer, design, item.acts, item.weights, n_high=design.p - 1 if item.n_high is None else item.n_high, slices=1
    )
    assert weight_words(item, design, cycles) == len(program.words)


def test_the_folder_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DPR_NET", raising=False)
    assert trace_from_environment().name == "digits"
    save_trace(replace(network_trace("digits"), name="other"), tmp_path / "there")
    monkeypatch.setenv("DPR_NET", str(tmp_path / "there"))
    assert trace_from_environment().name == "other"
