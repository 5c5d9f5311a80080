# SPDX-License-Identifier: Apache-2.0
"""The mapping of layers on tiles against a tile and a layout in plain Python (bruteforce_tile.py)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from bruteforce_tile import Place, convolution, decode, words_of_step
from hypothesis import given, settings
from hypothesis import strategies as st

from models.config import DesignConfig, load_config
from models.convolution import accumulate
from models.layer import ConvLayer, LayerError, PoolLayer
from models.mapping import TileProgram, is_serial, tile_program, tile_shape, utilisation, weight_precisions
from models.pooling import max_pool
from models.precision import limits

BASE, STRIPES, DSTRIPES = load_config("base16_small"), load_config("stripes_small16"), load_config("small16")
TRT, TRT_B2, TRT8 = load_config("trt_small16"), load_config("trt_small16_b2"), load_config("trt_small8")
LOOM, DPR_LOOM, DPR_LOOM8 = load_config("loom_small16"), load_config("dpr_loom_small16"), load_config("dpr_loom_small8")
CONFIGS = [
    BASE,
    STRIPES,
    DSTRIPES,
    load_config("small8_b4"),
    TRT,
    TRT_B2,
    TRT8,
    replace(TRT, name="trt static", detection="static", bits_per_cycle=4, cols=3),
    LOOM,
    DPR_LOOM,
    DPR_LOOM8,
    replace(DPR_LOOM, name="loom odd", rows=6, cols=3, lanes=5),
]
LAYERS = [
    ConvLayer("one value", 1, 1, 1, 1, 1, 1),
    ConvLayer("pointwise", 6, 3, 2, 5, 1, 1),
    ConvLayer("padded", 5, 3, 3, 6, 3, 3, 1, 1),
    ConvLayer("strided", 3, 5, 4, 2, 3, 2, 2, 1),
    ConvLayer("one output", 9, 2, 2, 1, 2, 2),
    ConvLayer("one window in the padding", 2, 1, 1, 5, 3, 3, 1, 1),
    ConvLayer("fully connected", 5, 2, 2, 21, 2, 2),
    ConvLayer("fully connected, one input", 1, 1, 1, 7, 1, 1),
    ConvLayer("two groups", 10, 3, 3, 12, 2, 2, 1, 0, 2),
    ConvLayer("three groups of one window", 9, 2, 2, 6, 2, 2, 1, 0, 3),
    ConvLayer("depthwise", 9, 3, 3, 9, 3, 3, 1, 1, 9),
    ConvLayer("depthwise times 3", 5, 3, 4, 15, 2, 3, 2, 1, 5),
]
KINDS = ["random", "small", "zero", "minimum", "maximum"]


def values(rng: np.random.Generator, shape: tuple[int, ...], kind: str, low: int, high: int) -> np.ndarray:
    """Return int64 values in low..high; "small": the magnitudes differ by orders, with many zeros."""
    if kind in ("minimum", "maximum", "zero"):
        return np.full(shape, {"minimum": low, "maximum": high, "zero": 0}[kind])
    drawn = rng.integers(low, high, shape, endpoint=True)
    return drawn if kind == "random" else np.sign(drawn) * (np.abs(drawn) >> rng.integers(4, 17, shape))


def operands(
    layer: ConvLayer | PoolLayer, config: DesignConfig, signed: bool, kind: str = "random", seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return (acts [H, W, C], weights [K, R, S, C / groups]) of config.p bits; a PoolLayer's weights are those of K = C."""
    rng = np.random.default_rng(seed)
    layer = layer.as_depthwise if isinstance(layer, PoolLayer) else layer
    acts = values(rng, (layer.H, layer.W, layer.C), kind, *limits(config.p, signed))
    return acts, values(rng, (layer.K, layer.R, layer.S, layer.C // layer.groups), kind, *limits(config.p, True))


def trimmed(acts: np.ndarray, n_low: int) -> list:
    """Drop magnitude bits towards zero, in Python; nested lists."""
    return np.vectorize(lambda value: int(int(value) / (1 << n_low)) * (1 << n_low), otypes=[object])(acts).tolist()


def bits_of_words(program: TileProgram) -> np.ndarray:
    """Return the weight memory as single bits [words, word_bits]."""
    words = program.words
    if words.dtype == np.uint8:
        return words
    return (words[..., None] >> np.arange(program.config.p) & 1).astype(np.uint8).reshape(len(words), -1)


def decoded_step(program: TileProgram, words: np.ndarray, step: int) -> list[list[list[int]]]:
    """Return the weights of a step [cols][rows][lanes] from the words, as the independent decoder reads them."""
    config, source = program.config, (int(program.waddr[step]), int(program.p_w[step]))

    def row(col: int, row: int) -> list[int]:
        return [decode(words, config, program.serial, source, (row, col, lane)) for lane in range(config.lanes)]

    columns = range(config.cols if program.serial else 1)
    columns = [[row(col, index) for index in range(config.rows)] for col in columns]
    return columns if program.serial else columns * config.cols


def naive_tile(program: TileProgram, words: np.ndarray) -> list:
    """Play a program into a tile of Python integers; returns its sums [pallets of all passes][cols][rows]."""
    config, pallets, decoded = program.config, [], {}
    acts = trimmed(program.acts, program.n_low)
    for step in range(len(acts)):
        if program.first[step]:
            sums = [[None] * config.rows for _ in range(config.cols)]
        address = int(program.waddr[step])
        if address not in decoded:
            decoded[address] = decoded_step(program, words, step)
        weights = decoded[address]
        for c, r in np.ndindex(config.cols, config.rows):
            value = sum(a * w for a, w in zip(acts[step][c], weights[c][r], strict=True))
            before = sums[c][r]
            sums[c][r] = value if before is None else max(before, value) if program.pool else before + value
        if program.last[step]:
            pallets.append(cascaded(sums, program.slices))
    return pallets


def cascaded(sums: list[list[int]], slices: int) -> list[list[int]]:
    """Add the columns of each cascade into its last one."""
    out = [list(column) for column in sums]
    for last in range(slices - 1, len(sums), slices):
        out[last] = [sum(rows) for rows in zip(*sums[last - slices + 1 : last + 1], strict=True)]
    return out


def check_program(program: TileProgram, expected: list[list[int]]) -> None:
    """The naive tile gives what the model expects of every column, and from it the layer's results are collected."""
    sums = np.array(naive_tile(program, bits_of_words(program)), dtype=np.int64)
    model, keep = program.expected_sums(), program.keep
    assert model.dtype == np.int64
    np.testing.assert_array_equal(sums[:, keep], model[:, keep])
    assert program.collect(sums).tolist() == expected
    assert program.collect(model).tolist() == expected


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
    [(config, slices) for config in (TRT, TRT_B2, TRT8, CONFIGS[7]) for slices in range(1, config.cols + 1)],
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


def check_places(program: TileProgram, acts: np.ndarray, weights: np.ndarray) -> None:
    """Every operand and every result is where docs/architecture.md puts it, and nothing else is anywhere."""
    config, place = program.config, Place(program.layer, program.config, program.serial, program.slices)
    size = (place.passes, place.pallets, place.steps)
    assert (program.shape.passes, program.shape.pallets, program.shape.steps) == size
    sent = program.acts.reshape(*size, config.cols, config.lanes)
    for index in np.ndindex(sent.shape):
        source = place.act(*index)
        assert sent[index] == (0 if source is None else acts[source])
    words, columns = bits_of_words(program), config.cols if program.serial else 1
    waddr, p_w = program.waddr.reshape(size)[:, 0], program.p_w.reshape(size)[:, 0]
    for run, step, r, c, lane in np.ndindex(place.passes, place.steps, config.rows, columns, config.lanes):
        source = place.weight(run, step, r, c, lane)
        value = decode(words, config, program.serial, (waddr[run, step], p_w[run, step]), (r, c, lane))
        assert value == (0 if source is None else weights[source])
    for index in np.ndindex(program.outputs.shape):
        run, pallet = divmod(index[0], place.pallets)
        source = place.output(run, pallet, *index[1:])
        assert program.outputs[index] == (-1 if source is None else source[0] * program.layer.K + source[1])


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_places(layer: ConvLayer, config: DesignConfig) -> None:
    acts, weights = operands(layer, config, False, "random", 7)
    program = tile_program(layer, config, acts, weights)
    check_places(program, acts, weights)
    assert sorted(program.outputs[program.outputs >= 0].tolist()) == list(range(layer.windows * layer.K))


@pytest.mark.parametrize("layer", [LAYERS[2], LAYERS[6], LAYERS[8], LAYERS[11]], ids=lambda layer: layer.name)
@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_steps_and_addresses(layer: ConvLayer, config: DesignConfig) -> None:
    """Each pallet is framed; a pass's words follow one another, every pallet of it reads them, the next pass goes on."""
    acts, weights = operands(layer, config, False, "small", 3)
    program = tile_program(layer, config, acts, weights)
    passes, pallets, steps = program.shape.passes, program.shape.pallets, program.shape.steps
    assert len(program.acts) == program.shape.all_steps == passes * pallets * steps
    assert np.flatnonzero(program.first).tolist() == list(range(0, len(program.acts), steps))
    assert np.flatnonzero(program.last).tolist() == list(range(steps - 1, len(program.acts), steps))
    waddr, p_w = program.waddr.reshape(passes, pallets, steps), program.p_w.reshape(passes, pallets, steps)
    address = 0
    for run, local in np.ndindex(passes, steps):
        assert waddr[run, :, local].tolist() == [address] * pallets
        address += words_of_step(config, program.serial, int(p_w[run, 0, local]))
    assert len(program.words) == address
    assert bits_of_words(program).shape == (address, program.word_bits)
    for index in range(passes):
        own = program.acts.reshape(passes, pallets * steps, config.cols, config.lanes)[index]
        np.testing.assert_array_equal(program.pass_steps(index), own)


def lowest_precision(weights: list[int], bits: int) -> int:
    """Return the fewest bits, sign included, of the largest magnitude; 0 when all are zero."""
    largest = max(abs(weight) for weight in weights)
    return min(bits, largest.bit_length() + 1) if largest else 0


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize("kind", ["small", "minimum"])
@pytest.mark.parametrize("config", CONFIGS[4:], ids=lambda config: config.name)
def test_weight_precisions_by_loops(layer: ConvLayer, kind: str, config: DesignConfig) -> None:
    serial = is_serial(layer, config)
    for slices in {1, 2} if serial and config.design == "trt" else {1}:
        _, weights = operands(layer, config, False, kind, 2)
        place = Place(layer, config, serial, slices)
        found = weight_precisions(layer, config, weights, serial, slices)
        assert found.shape == (place.passes, place.steps)
        if config.design == "trt" and not serial:
            assert not found.any()
            continue
        sites = list(np.ndindex(config.rows, config.cols, config.lanes))
        for run, step in np.ndindex(found.shape):
            used = [place.weight(run, step, *site) for site in sites]
            one = [int(weights[source]) for source in used if source is not None]
            expected = weights.ravel().tolist() if config.detection == "static" else [0, *one]
            assert found[run, step] == lowest_precision(expected, config.p)


def test_weight_precisions_of_a_large_layer_are_fast() -> None:
    """AlexNet's fc6, 37.7 million weights, in a fraction of a second (some 60 ms; the best of three)."""
    layer, config = ConvLayer("fc6", 9216, 1, 1, 4096, 1, 1), load_config("trt16")
    weights = np.random.default_rng(1).integers(-99, 99, (4096, 1, 1, 9216), dtype=np.int16)
    weights[256:512, 0, 0, 16:32] = 0
    weights[300, 0, 0, 20] = -4096
    weights[512:768, 0, 0, 16:32] = 0
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        found = weight_precisions(layer, config, weights, serial=True)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 1
    assert (found.shape, found[0, 1], found[1, 1], found[2, 1]) == ((16, 576), 8, 14, 0)


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


def test_utilisation_by_hand() -> None:
    """A 1 x 1 layer of 16 channels and 16 filters fills all of BASE; DStripes has 1 of 16 columns without a window."""
    layer = ConvLayer("full", 16, 3, 5, 16, 1, 1)
    assert utilisation(layer, load_config("base16"), serial=False) == 1
    assert utilisation(layer, load_config("dstripes16"), serial=False) == 15 / 16
    depthwise = ConvLayer("dw", 16, 4, 4, 16, 3, 3, 1, 1, 16)
    assert utilisation(depthwise, load_config("dstripes16"), serial=False) == 1 / 16
    fc = ConvLayer("fc", 64, 1, 1, 512, 1, 1)
    assert utilisation(fc, load_config("trt16"), serial=True) == 1
    assert utilisation(fc, load_config("trt16"), serial=True, slices=3) == 512 * 64 / (7 * 2 * 4096)
    assert utilisation(fc, load_config("dstripes16"), serial=False) == 1 / 16


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_serial_layers(config: DesignConfig) -> None:
    fc, groups = ConvLayer("fc", 4, 2, 2, 4, 2, 2), ConvLayer("groups", 4, 2, 2, 4, 2, 2, groups=2)
    assert is_serial(fc, config) is (config.design in ("trt", "loom"))
    assert not is_serial(groups, config)
    assert not is_serial(PoolLayer("global", 4, 2, 2, 2, 2), config)


def test_profile() -> None:
    """n_high is by default the highest bit in use; a static one that holds the values stays."""
    acts = np.array([[[-3, 4]]])
    layer, weights = ConvLayer("tiny", 2, 1, 1, 1, 1, 1), np.zeros((1, 1, 1, 2), int)
    assert tile_program(layer, STRIPES, acts, weights, signed=True).n_high == 3  # sign-magnitude 4 takes 3 bits and a sign
    assert tile_program(layer, STRIPES, abs(acts), weights).n_high == 2
    assert tile_program(layer, STRIPES, abs(acts), weights, n_high=9).n_high == 9
    assert tile_program(layer, STRIPES, acts * 0, weights, n_low=5).n_high == 5
    assert tile_program(layer, STRIPES, acts, weights, signed=True).static
    assert not tile_program(layer, DSTRIPES, abs(acts), weights, n_high=1).static


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
