# SPDX-License-Identifier: Apache-2.0
"""The data of a layer in the engine's memories, by loops over values; its cycles by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.config import DesignConfig, load_config
from models.cycles import engine_cycles, fill_cycles
from models.layer import ConvLayer, LayerError, PoolLayer
from models.layer_layout import arrange_outputs, bias_words, brick_filters, collect_outputs, engine_weights, input_bricks
from models.layer_registers import LayerFormats, layer_registers

DSTRIPES, TRT, BASE = load_config("dstripes16"), load_config("trt16"), load_config("base16")
GROUPED = ConvLayer("grouped", C=60, H=3, W=4, K=51, R=2, S=2, groups=3)
DEPTHWISE = ConvLayer("depthwise", C=20, H=3, W=3, K=40, R=2, S=2, groups=20)
PLAIN = ConvLayer("plain", C=17, H=3, W=3, K=20, R=2, S=1)
CONNECTED = ConvLayer("connected", C=20, H=2, W=2, K=37, R=2, S=2)


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize("layer", [GROUPED, DEPTHWISE, PLAIN], ids=lambda layer: layer.name)
def test_activations(layer: ConvLayer) -> None:
    """Every value is where the sequencer looks for it, as many bricks a position as the registers say; the rest is zero."""
    acts = rng().integers(1, 1 << 16, (layer.H, layer.W, layer.C))
    bricks = input_bricks(acts, layer, DSTRIPES)
    registers = layer_registers(layer, DSTRIPES, LayerFormats())
    position = registers["position_skip"] + registers["bricks"] - 1
    width = layer.C if layer.depthwise else layer.C // layer.groups
    for y, x, c in np.ndindex(acts.shape):
        group, channel = divmod(c, width)
        at = (y * layer.W + x) * position + group * registers["bricks"] + channel // 16
        assert bricks[at, channel % 16] == acts[y, x, c]
    assert np.count_nonzero(bricks) == acts.size
    assert len(bricks) == layer.H * layer.W * position


def loaded(layer: ConvLayer | PoolLayer, config: DesignConfig, weights: np.ndarray | None, slices: int = 1) -> np.ndarray:
    """Return what the load unit makes of the bricks, [words, rows, lanes]: row after row, `row_words` each."""
    made = engine_weights(layer, config, weights, slices)
    row_words = layer_registers(layer, config, LayerFormats(), slices, made.words)["row_words"]
    memory = np.zeros((made.words, config.rows, 16), np.int64)
    for number, brick in enumerate(made.bricks):
        row, word = divmod(number, row_words)
        memory[row // config.rows * row_words + word, row % config.rows] = brick
    return memory


@pytest.mark.parametrize("layer", [GROUPED, PLAIN], ids=lambda layer: layer.name)
def test_weights_of_a_convolution(layer: ConvLayer) -> None:
    """Word pass * steps + step, row, lane: filter, position and channel."""
    weights = rng().integers(-(1 << 15), 1 << 15, (layer.K, layer.R, layer.S, layer.C // layer.groups))
    memory = loaded(layer, DSTRIPES, weights)
    filters = brick_filters(layer, DSTRIPES)
    bricks = -(-weights.shape[3] // 16)
    expected = np.zeros_like(memory)
    for number, row in np.argwhere(filters >= 0):
        for r, s, c in np.ndindex(weights.shape[1:]):
            step = (r * layer.S + s) * bricks + c // 16
            expected[number * layer.R * layer.S * bricks + step, row, c % 16] = weights[filters[number, row], r, s, c]
    assert (memory == expected).all()


def test_weights_on_the_diagonal() -> None:
    """Depthwise: two filters a channel, two bricks of channels; pooling: ones."""
    weights = rng().integers(1, 100, (DEPTHWISE.K, 2, 2, 1))
    memory = loaded(DEPTHWISE, DSTRIPES, weights).reshape(2, 2, 4, 16, 16)
    for brick, nth, step, row in np.ndindex(2, 2, 4, 16):
        channel = 16 * brick + row
        expected = np.zeros(16, np.int64)
        if channel < 20:
            expected[row] = weights[channel * 2 + nth].ravel()[step]
        assert (memory[brick, nth, step, row] == expected).all()
    pooling = loaded(PoolLayer("pool", C=17, H=2, W=2, R=2, S=2), TRT, None)
    assert (pooling[:4] == np.eye(16)).all()
    assert (pooling[4:] == np.diag([1] + [0] * 15)).all()


@pytest.mark.parametrize("slices", [1, 3, 16])
@pytest.mark.parametrize("bits", [1, 4])
def test_serial_weights(slices: int, bits: int) -> None:
    """From the wires of the words back to the weights, with the precisions that the engine is told."""
    config = replace(TRT, bits_per_cycle=bits, cols=16 // bits)
    slices = min(slices, config.cols)
    weights = rng().integers(-300, 300, (CONNECTED.K, 2, 2, 20)) * rng().integers(0, 2, (CONNECTED.K, 2, 2, 1))
    memory, outputs = loaded(CONNECTED, config, weights, slices), config.cols // slices
    precisions = engine_weights(CONNECTED, config, weights, slices).memory.precisions
    word, steps = 0, precisions.shape[1]
    found = np.zeros((precisions.shape[0] * outputs * 16, slices * steps * 16), np.int64)
    for number, step in np.ndindex(precisions.shape):
        values = np.zeros((16, 16, config.cols), np.int64)
        for chunk in range(-(-max(1, precisions[number, step]) // bits)):
            for column in range(config.cols):
                wires = memory[word] >> column * bits & (1 << bits) - 1
                if chunk == 0:
                    wires = wires - (wires >> bits - 1 << bits)
                values[..., column] = (values[..., column] << bits) + wires
            word += 1
        for column in range(outputs * slices):
            rows = (number * outputs + column // slices) * 16 + np.arange(16)
            found[rows[:, None], (column % slices * steps + step) * 16 + np.arange(16)] = values[..., column]
    padded = np.zeros((CONNECTED.K, 4, 32), np.int64)
    padded[..., :20] = weights.reshape(CONNECTED.K, 4, 20)
    assert word == len(memory)
    assert (found[: CONNECTED.K, : 4 * 32] == padded.reshape(CONNECTED.K, -1)).all()
    assert not found[CONNECTED.K :].any()
    assert not found[:, 4 * 32 :].any()


def test_order_of_outputs() -> None:
    """Groups in whole bricks; depthwise filters of a brick of channels; fully connected bricks, none of them empty."""
    assert [row[row >= 0].tolist() for row in brick_filters(GROUPED, DSTRIPES)] == [
        list(range(first, first + count)) for first, count in ((0, 16), (16, 1), (17, 16), (33, 1), (34, 16), (50, 1))
    ]
    depthwise = brick_filters(DEPTHWISE, DSTRIPES)
    assert depthwise.shape == (4, 16)
    assert depthwise[1].tolist() == list(range(1, 32, 2))
    assert depthwise[2].tolist() == [32, 34, 36, 38] + [-1] * 12
    assert brick_filters(CONNECTED, TRT).shape == (3, 16)


@pytest.mark.parametrize("layer", [GROUPED, DEPTHWISE, PLAIN], ids=lambda layer: layer.name)
def test_outputs_there_and_back(layer: ConvLayer) -> None:
    filters, values = brick_filters(layer, DSTRIPES), rng().integers(1, 99, (3, layer.K))
    bricks = arrange_outputs(values, filters)
    assert np.count_nonzero(bricks) == values.size
    assert (collect_outputs(bricks, filters, layer.K) == values).all()
    assert (bias_words(values[0], layer, DSTRIPES) == bricks[0].ravel()).all()
    with pytest.raises(LayerError, match="the last axes must be"):
        collect_outputs(bricks[:, 1:], filters, layer.K)


def test_cycles_around_the_core() -> None:
    """One window of one step with precision 3, by hand: laying out, the pipeline, the work, the columns."""
    layer = ConvLayer("one", C=16, H=1, W=1, K=16, R=1, S=1)
    acts, weights = np.full((1, 1, 16), 5, np.uint16), np.full((16, 1, 1, 16), 3)
    base = engine_cycles(layer, BASE)
    assert (base.cycles, base.send, base.fill) == (1 + 4 + 1 + 3, 1, 8)
    dstripes = engine_cycles(layer, DSTRIPES, acts)
    assert (dstripes.cycles, dstripes.send, dstripes.fill) == (16 + 4 + 1 + 3 + 4 + 16, 3, 41)
    trt = engine_cycles(layer, TRT, acts, weights)  # the weights, 3 bits too, are loaded first
    assert (trt.cycles, trt.send, trt.fill) == (16 + 4 + 3 + 3 + 5 + 16, 3, 44)
    assert trt.stalls == {"output_drain": 0, "weight_fetch": 0, "reduce": 0, "activation_fetch": 0}
    for config, first_load, result in ((BASE, 1, base), (DSTRIPES, 1, dstripes), (TRT, 3, trt)):
        assert fill_cycles(config, first_load) == result.fill


def test_pooling_one_channel_in_one_window() -> None:
    """It looks like a fully connected layer of one weight and is none."""
    layer = PoolLayer("pool", C=1, H=1, W=3, R=1, S=3)
    assert layer_registers(layer, TRT, LayerFormats())["core_mode"] == 0b110
    assert len(engine_weights(layer, TRT, None).memory.words) == 3
    cycles = engine_cycles(layer, TRT, np.full((1, 3, 1), 7, np.uint16))
    assert (cycles.send, cycles.core.serial) == (3 * 3, False)
