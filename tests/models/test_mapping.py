# SPDX-License-Identifier: Apache-2.0
"""The mapping of layers on tiles: a tile in plain Python that plays it computes the layer (tile_cases.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from bruteforce_tile import convolution
from hypothesis import given, settings
from hypothesis import strategies as st
from tile_cases import (
    BASE,
    CONFIGS,
    DPR_LOOM,
    DPR_LOOM8,
    DSTRIPES,
    KINDS,
    LAYERS,
    LOOM,
    STRIPES,
    TRT,
    TRT8,
    TRT_B2,
    TRT_STATIC,
    bits_of_words,
    check_places,
    check_program,
    naive_tile,
    operands,
    trimmed,
)

from models.config import DesignConfig, load_config
from models.convolution import accumulate
from models.layer import ConvLayer, LayerError, PoolLayer
from models.mapping import is_serial, tile_program, tile_shape
from models.pooling import max_pool
from models.precision import limits


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_a_naive_tile_computes_the_convolution(layer: ConvLayer, config: DesignConfig) -> None:
    for seed, (kind, signed) in enumerate([("small", False), ("random", True)]):
        acts, weights = operands(layer, config, signed, kind, seed)
        n_low = 3 * seed
        program = tile_program(layer, config, acts, weights, signed=signed, n_low=n_low)
        check_program(program, convolution(trimmed(acts, n_low), weights.tolist(), layer))


@pytest.mark.parametrize("layer", [LAYERS[4], LAYERS[6], LAYERS[11]], ids=lambda layer: layer.name)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("config", [BASE, STRIPES, TRT_B2, LOOM, DPR_LOOM8], ids=lambda config: config.name)
def test_extreme_operands(layer: ConvLayer, kind: str, config: DesignConfig) -> None:
    acts, weights = operands(layer, config, True, kind)
    check_program(tile_program(layer, config, acts, weights, signed=True), convolution(acts.tolist(), weights.tolist(), layer))


@pytest.mark.parametrize(
    ("config", "slices"),
    [(config, slices) for config in (TRT, TRT_B2, TRT8, TRT_STATIC) for slices in range(1, config.cols + 1)],
    ids=lambda value: getattr(value, "name", value),
)
@pytest.mark.parametrize("layer", [LAYERS[0], LAYERS[5], LAYERS[6]], ids=lambda layer: layer.name)
def test_slices_of_a_fully_connected_layer(layer: ConvLayer, config: DesignConfig, slices: int) -> None:
    """Also with columns left over, slices without a brick, and more columns than outputs."""
    acts, weights = operands(layer, config, False, "small", slices)
    program = tile_program(layer, config, acts, weights, slices=slices)
    expected_keep = [col % slices == slices - 1 for col in range(config.cols)]
    assert program.keep.tolist() == expected_keep
    check_program(program, convolution(acts.tolist(), weights.tolist(), layer))


@st.composite
def layers(draw: st.DrawFn) -> ConvLayer:
    """Draw a small layer; one in three has one window, one in three one channel a group."""
    groups, kind = draw(st.integers(1, 3)), draw(st.sampled_from(["any", "one window", "depthwise"]))
    C = groups * (1 if kind == "depthwise" else draw(st.integers(1, 6)))
    K = groups * draw(st.integers(1, 6))
    H, W, pad = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(0, 1))
    R, S = H + 2 * pad, W + 2 * pad
    if kind != "one window":
        R, S = draw(st.integers(1, min(R, 3))), draw(st.integers(1, min(S, 3)))
    return ConvLayer("drawn", C, H, W, K, R, S, draw(st.integers(1, 3)), pad, groups)


@settings(max_examples=200)
@given(layer=layers(), config=st.sampled_from(CONFIGS), data=st.data())
def test_drawn_layers(layer: ConvLayer, config: DesignConfig, data: st.DataObject) -> None:
    """Any small layer on any tile, with every size of the tile drawn as well."""
    config = replace(config, rows=data.draw(st.integers(1, 5)), lanes=data.draw(st.integers(1, 5)))
    config = config if config.design == "base" else replace(config, cols=data.draw(st.integers(1, 3)))
    slices = data.draw(st.integers(1, config.cols)) if config.design == "trt" and is_serial(layer, config) else None
    signed = data.draw(st.booleans())
    acts, weights = operands(layer, config, signed, data.draw(st.sampled_from(KINDS)), data.draw(st.integers(0, 99)))
    program = tile_program(layer, config, acts, weights, signed=signed, slices=slices)
    check_program(program, convolution(acts.tolist(), weights.tolist(), layer))
    check_places(program, acts, weights)


@pytest.mark.parametrize("config", [TRT, TRT_B2, TRT8, replace(TRT, name="odd", rows=3, lanes=5)], ids=lambda c: c.name)
@pytest.mark.parametrize(
    ("layer", "signed"),
    [
        (PoolLayer("plain", 6, 5, 4, 2, 3, 2), True),
        (PoolLayer("padded", 9, 4, 4, 3, 3, 2, 1), False),
        (PoolLayer("global", 5, 3, 3, 3, 3), True),
        (PoolLayer("one channel", 1, 3, 3, 2, 2), True),
        (PoolLayer("one value", 1, 1, 1, 1, 1), False),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_pooling(layer: PoolLayer, signed: bool, config: DesignConfig) -> None:
    low, high = (limits(config.p, True)[0], -1) if signed else limits(config.p, False)  # no zero may win
    acts = np.random.default_rng(3).integers(low, high, (layer.H, layer.W, layer.C), endpoint=True)
    for n_low in (0, 2):
        program = tile_program(layer, config, acts, None, signed=signed, n_low=n_low)
        assert program.pool
        assert not program.serial
        check_program(program, max_pool(acts, layer, n_low).tolist())
    check_places(program, acts, np.ones((layer.C, layer.R, layer.S, 1), int))


def test_pooling_of_a_convolutions_shape() -> None:
    shape = ConvLayer("conv", 6, 4, 4, 10, 2, 2, 2)
    acts, weights = operands(shape, TRT, False)
    program = tile_program(shape, TRT, acts, weights, pool=True)
    np.testing.assert_array_equal(program.collect(program.expected_sums()), max_pool(acts, shape))


@pytest.mark.parametrize("config", [DSTRIPES, TRT_B2, DPR_LOOM], ids=lambda config: config.name)
@pytest.mark.parametrize("layer", [LAYERS[2], LAYERS[6]], ids=lambda layer: layer.name)
def test_a_flipped_bit_of_a_word_is_noticed(config: DesignConfig, layer: ConvLayer) -> None:
    """The check above sees a single wrong bit of the weight memory, where it reaches a useful sum or another."""
    acts, weights = operands(layer, config, False, "maximum")
    program = tile_program(layer, config, acts, weights)
    words = bits_of_words(program).copy()
    np.testing.assert_array_equal(naive_tile(program, words), program.expected_sums())
    words[len(words) // 2, 0] ^= 1
    assert not np.array_equal(naive_tile(program, words), program.expected_sums())


def test_a_wrong_sum_is_noticed() -> None:
    """Each useful sum reaches exactly one result, a useless one none."""
    layer = LAYERS[8]
    acts, weights = operands(layer, DSTRIPES, False)
    program = tile_program(layer, DSTRIPES, acts, weights)
    sums = program.expected_sums()
    right = program.collect(sums)
    for index in np.ndindex(sums.shape):
        wrong = sums.copy()
        wrong[index] += 1
        difference = np.flatnonzero((program.collect(wrong) != right).ravel()).tolist()
        assert difference == [flat for flat in [program.outputs[index]] if flat >= 0]


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("base16", ConvLayer("conv", 40, 6, 6, 40, 3, 3, 1, 1, 2)),
        ("dstripes16", ConvLayer("dw", 70, 6, 6, 140, 3, 3, 1, 1, 70)),
        ("trt16_b2", ConvLayer("fc", 33, 3, 3, 200, 3, 3)),
        ("dpr_loom16", ConvLayer("fc", 33, 1, 1, 3000, 1, 1)),
        ("dpr_loom16", ConvLayer("conv", 40, 5, 5, 150, 3, 3)),
        ("loom16", ConvLayer("dw", 70, 6, 6, 70, 3, 3, 1, 1, 70)),
        ("dpr_loom8", ConvLayer("conv11", 3, 25, 25, 24, 11, 11, 4)),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_tiles_of_full_size(name: str, layer: ConvLayer) -> None:
    """The shipped tiles against the vectorised convolution."""
    config = load_config(name)
    acts, weights = operands(layer, config, False, "small", 9)
    program = tile_program(layer, config, acts, weights)
    expected = accumulate(acts, weights, layer, rows=1)
    np.testing.assert_array_equal(program.collect(program.expected_sums()), expected)


ACTS, WEIGHTS = np.full((2, 2, 4), 100), np.ones((4, 2, 2, 4), int)
FC = ConvLayer("fc", 4, 2, 2, 4, 2, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: tile_program(FC, STRIPES, ACTS, WEIGHTS, n_high=5),
            "n_high = 5: the activations reach bit 6, and the profile",
        ),
        (lambda: tile_program(FC, STRIPES, ACTS, WEIGHTS, n_high=6, signed=True), "n_high = 6: the activations reach bit 7"),
        (lambda: tile_program(FC, DSTRIPES, ACTS, WEIGHTS, n_high=16), r"n_high = 16: must be in n_low..p - 1 = 0..15"),
        (lambda: tile_program(FC, DSTRIPES, ACTS, WEIGHTS, n_high=2, n_low=3), "n_high = 2: must be in"),
        (lambda: tile_program(FC, TRT8, ACTS, WEIGHTS, n_low=8), "n_low = 8: must be in 0..7"),
        (lambda: tile_program(FC, TRT8, ACTS + 156, WEIGHTS), "'fc' on 'trt_small8': activations reach 256..256"),
        (lambda: tile_program(FC, TRT8, ACTS + 28, WEIGHTS, signed=True), "must be in -128..127"),
        (lambda: tile_program(FC, TRT, -ACTS, WEIGHTS), "must be in 0..65535"),
        (lambda: tile_program(FC, TRT8, ACTS, WEIGHTS + 127), "'fc' on 'trt_small8': weights reach 128..128"),
        (lambda: tile_program(FC, TRT, ACTS[None], WEIGHTS), r"must be \[H, W, C\], one input"),
        (lambda: tile_program(FC, TRT, ACTS[:1], WEIGHTS), r"activations of shape \(1, 2, 4\)"),
        (lambda: tile_program(FC, TRT, ACTS, WEIGHTS[1:]), r"weights of shape \(3, 2, 2, 4\)"),
        (lambda: tile_program(FC, TRT, ACTS, None), "weights are object"),
        (lambda: tile_program(FC, TRT, ACTS, WEIGHTS, slices=5), "slices = 5: must be in 1..4"),
        (lambda: tile_program(FC, TRT, ACTS, WEIGHTS, slices=0), "slices = 0"),
        (lambda: tile_program(FC, DPR_LOOM, ACTS, WEIGHTS, slices=2), r"slices = 2: must be in 1..1 \(only trt"),
        (lambda: tile_program(FC, DSTRIPES, ACTS, WEIGHTS, slices=2), "slices = 2: must be in 1..1"),
        (lambda: tile_shape(FC, DSTRIPES, serial=True), "'fc' on 'small16': serial needs trt or loom"),
        (lambda: tile_program(FC, DSTRIPES, ACTS, None, pool=True), "'fc' on 'small16': only trt compares"),
        (lambda: tile_program(PoolLayer("p", 4, 2, 2, 2, 2, 1, 1), TRT, ACTS, None, signed=True), "'p': pad = 1 with negative"),
        (lambda: tile_program(FC, TRT, ACTS, WEIGHTS).collect(np.zeros((1, 4, 3))), r"sums of shape \(1, 4, 3\): must be"),
    ],
)
def test_refuses(call: Callable[[], object], message: str) -> None:
    with pytest.raises(LayerError, match=message):
        call()
