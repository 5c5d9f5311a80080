# SPDX-License-Identifier: Apache-2.0
"""Layers, tiles and operands for the tests of the mapping, and a tile in plain Python that plays a program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from bruteforce_tile import Place, decode

from models.config import DesignConfig, load_config
from models.layer import ConvLayer, PoolLayer
from models.mapping import TileProgram
from models.precision import limits

BASE, STRIPES, DSTRIPES = load_config("base16_small"), load_config("stripes_small16"), load_config("small16")
TRT, TRT_B2, TRT8 = load_config("trt_small16"), load_config("trt_small16_b2"), load_config("trt_small8")
LOOM, DPR_LOOM, DPR_LOOM8 = load_config("loom_small16"), load_config("dpr_loom_small16"), load_config("dpr_loom_small8")
TRT_STATIC = replace(TRT, name="trt static", detection="static", bits_per_cycle=4, cols=3)
CONFIGS = [
    BASE,
    STRIPES,
    DSTRIPES,
    load_config("small8_b4"),
    TRT,
    TRT_B2,
    TRT8,
    TRT_STATIC,
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
