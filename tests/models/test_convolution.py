# SPDX-License-Identifier: Apache-2.0
"""The convolution model against loops in plain Python, scipy.signal.correlate and vectors worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate

from models.convolution import accumulate, convolve, output_stage, pad_channels, pallet_steps, weight_words
from models.layer import ConvLayer, LayerError

LAYERS = [
    ConvLayer("one value", 1, 1, 1, 1, 1, 1),
    ConvLayer("pointwise", 20, 5, 4, 18, 1, 1),
    ConvLayer("padded", 16, 6, 7, 17, 3, 3, 1, 1),
    ConvLayer("strided", 33, 7, 9, 5, 3, 2, 2, 1),
    ConvLayer("wide pad", 3, 4, 4, 2, 5, 3, 3, 2),
    ConvLayer("padding only", 2, 1, 1, 3, 1, 1, 1, 3),
    ConvLayer("fully connected", 8, 4, 4, 10, 4, 4),
]
GROUPED = [
    ConvLayer("two groups", 34, 5, 6, 10, 3, 3, 1, 1, 2),
    ConvLayer("three odd groups", 15, 7, 5, 9, 2, 3, 2, 1, 3),
    ConvLayer("pointwise groups", 8, 3, 3, 4, 1, 1, 1, 0, 4),
    ConvLayer("one window", 6, 3, 3, 6, 3, 3, 1, 0, 2),
    ConvLayer("depthwise", 18, 6, 5, 18, 3, 3, 1, 1, 18),
    ConvLayer("depthwise times 3", 5, 7, 7, 15, 3, 2, 2, 1, 5),
    ConvLayer("depthwise 11 x 11", 3, 12, 13, 3, 11, 11, 1, 5, 3),
]
TILES = [(16, 16), (4, 4), (4, 16), (3, 5)]  # (cols or rows, lanes)


def operands(layer: ConvLayer, signed: bool, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return random activations and weights over the full 16-bit range, with the extreme values present."""
    rng = np.random.default_rng(seed)
    low, high = (-32768, 32767) if signed else (0, 65535)
    acts = rng.integers(low, high, (layer.H, layer.W, layer.C), endpoint=True)
    weights = rng.integers(-32768, 32767, (layer.K, layer.R, layer.S, layer.C // layer.groups), endpoint=True)
    acts.flat[0], acts.flat[-1], weights.flat[0] = low, high, -32768
    return acts.astype(np.int16 if signed else np.uint16), weights.astype(np.int16)


def trim_one(value: int, n_low: int) -> int:
    """Drop magnitude bits of one Python integer towards zero."""
    return int(value / (1 << n_low)) * (1 << n_low)


def activation_at(acts: np.ndarray, layer: ConvLayer, y: int, x: int, c: int) -> int:
    """Return one activation as a Python integer, 0 outside the input."""
    inside = 0 <= y < layer.H and 0 <= x < layer.W and c < layer.C
    return int(acts[y, x, c]) if inside else 0


def loop_sums(acts: np.ndarray, weights: np.ndarray, layer: ConvLayer, n_low: int = 0) -> list[list[int]]:
    """Return the sums [windows][K] by the definition of a convolution, in Python integers."""
    sums = []
    for window in range(layer.windows):
        y, x = (window // layer.Wo) * layer.stride - layer.pad, (window % layer.Wo) * layer.stride - layer.pad
        sums.append([0] * layer.K)
        for r, s, k, c in np.ndindex(layer.R, layer.S, *weights.shape[::3]):
            channel = k // (layer.K // layer.groups) * (layer.C // layer.groups) + c
            value = trim_one(activation_at(acts, layer, y + r, x + s, channel), n_low)
            sums[-1][k] += value * int(weights[k, r, s, c])
    return sums


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize(("cols", "lanes"), TILES)
def test_pallet_steps_by_loops(layer: ConvLayer, cols: int, lanes: int) -> None:
    """Every element is where the layout says, and everything beyond windows, channels and input is zero."""
    acts, _ = operands(layer, signed=True)
    steps = pallet_steps(acts, layer, cols, lanes)
    bricks = -(-layer.C // lanes)
    assert steps.shape == (-(-layer.windows // cols), layer.R * layer.S * bricks, cols, lanes)
    assert steps.dtype == acts.dtype
    for pallet, step, col, lane in np.ndindex(steps.shape):
        window, (rs, brick) = pallet * cols + col, divmod(step, bricks)
        y = (window // layer.Wo) * layer.stride - layer.pad + rs // layer.S
        x = (window % layer.Wo) * layer.stride - layer.pad + rs % layer.S
        expected = activation_at(acts, layer, y, x, brick * lanes + lane) if window < layer.windows else 0
        assert steps[pallet, step, col, lane] == expected


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize(("rows", "lanes"), TILES)
def test_weight_words_by_loops(layer: ConvLayer, rows: int, lanes: int) -> None:
    _, weights = operands(layer, signed=True)
    words = weight_words(weights, layer, rows, lanes)
    bricks = -(-layer.C // lanes)
    assert words.shape == (-(-layer.K // rows), layer.R * layer.S * bricks, rows, lanes)
    for run, step, row, lane in np.ndindex(words.shape):
        k, (rs, brick) = run * rows + row, divmod(step, bricks)
        c = brick * lanes + lane
        inside = k < layer.K and c < layer.C
        assert words[run, step, row, lane] == (weights[k, rs // layer.S, rs % layer.S, c] if inside else 0)


@pytest.mark.parametrize("layer", LAYERS + GROUPED, ids=lambda layer: layer.name)
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("n_low", [0, 5])
def test_accumulate_by_loops(layer: ConvLayer, signed: bool, n_low: int) -> None:
    acts, weights = operands(layer, signed)
    sums = accumulate(acts, weights, layer, n_low, rows=4)
    assert sums.dtype == np.int64
    assert sums.shape == (layer.windows, -(-layer.K // 4) * 4)
    assert sums[:, : layer.K].tolist() == loop_sums(acts, weights, layer, n_low)
    assert not sums[:, layer.K :].any()


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_accumulate_from_the_tiles_operands(layer: ConvLayer) -> None:
    """What the tile multiplies, step by step, adds up to the convolution: windows = columns, filters = rows."""
    acts, weights = operands(layer, signed=False)
    steps, words = pallet_steps(acts, layer, 4).astype(object), weight_words(weights, layer, 4).astype(object)
    sums = accumulate(acts, weights, layer, rows=4)
    for pallet, run in np.ndindex(len(steps), len(words)):
        tile = np.einsum("scl,srl->cr", steps[pallet], words[run])
        part = sums[pallet * 4 : pallet * 4 + 4, run * 4 : run * 4 + 4]
        assert tile[: len(part)].tolist() == part.tolist()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_accumulate_against_scipy(data: st.DataObject) -> None:
    """scipy's correlation of the zero padded input, taken at the stride, is another implementation of the same sums."""
    small = st.integers(1, 5)
    C, K, stride, pad = data.draw(small), data.draw(small), data.draw(st.integers(1, 3)), data.draw(st.integers(0, 2))
    H, W = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    R, S = data.draw(st.integers(1, min(4, H + 2 * pad))), data.draw(st.integers(1, min(4, W + 2 * pad)))
    layer = ConvLayer("drawn", C, H, W, K, R, S, stride, pad)
    acts, weights = operands(layer, data.draw(st.booleans()), seed=data.draw(st.integers(0, 999)))
    padded = np.pad(acts.astype(np.int64), ((pad, pad), (pad, pad), (0, 0)))
    sums = accumulate(acts, weights, layer, rows=1).reshape(layer.Ho, layer.Wo, K)
    for k in range(K):
        full = correlate(padded, weights[k].astype(np.int64), mode="valid", method="direct")[:, :, 0]
        np.testing.assert_array_equal(sums[:, :, k], full[::stride, ::stride])


def test_worst_case_sum_is_exact() -> None:
    """2^16 products of the largest operands: -(2^16 - 1) * 2^15 * 2^16, which needs all 48 bits of the accumulator."""
    layer = ConvLayer("worst", 65536, 1, 1, 1, 1, 1)
    acts = np.full((1, 1, 65536), 65535, np.uint16)
    assert accumulate(acts, np.full((1, 1, 1, 65536), -32768, np.int16), layer)[0, 0] == -65535 * 32768 * 65536
    weights = np.full((1, 1, 1, 65536), 32767, np.int16)
    weights[0, 0, 0, 0] = 32766
    assert accumulate(acts, weights, layer)[0, 0] == 65535 * 32767 * 65536 - 65535


@pytest.mark.parametrize(
    ("acc", "bias", "shift", "settings_", "expected"),
    [
        (1000, 24, 3, {}, 128),  # 1024 / 8
        (1000, 23, 3, {}, 127),  # the floor of 127.875
        (-5, 0, 1, {}, 0),  # ReLU
        (-5, 0, 1, {"relu": False}, -3),  # the shift is arithmetic: floor of -2.5
        (70000, 0, 0, {}, 65535),  # saturates at 2^16 - 1
        (70000, 0, 0, {"relu": False}, 32767),
        (-70000, 0, 0, {"relu": False}, -32768),
        (70000, 0, 0, {"bits": 8}, 255),
        (70000, 0, 0, {"bits": 8, "relu": False}, 127),
        (-200, 0, 0, {"bits": 8, "relu": False}, -128),
        (0b1011_0111, 0, 0, {"n_low_out": 4}, 0b1011_0000),
        (-0b1011_0111, 0, 0, {"n_low_out": 4, "relu": False}, -0b1011_0000),  # towards zero, not towards minus infinity
        (-0b1111, 0, 0, {"n_low_out": 4, "relu": False}, 0),
        (-(1 << 40), 0, 0, {"n_low_out": 15, "relu": False}, -32768),  # the magnitude 2^15 keeps its only bit
        (70000, 0, 0, {"n_low_out": 3}, 65528),  # saturation comes before clearing
        (-(1 << 47), -(1 << 31), 47, {"relu": False}, -2),  # one bit more than the accumulator
        ((1 << 47) - 1, 1 << 30, 32, {}, 32768),
    ],
)
def test_output_stage_by_hand(acc: int, bias: int, shift: int, settings_: dict[str, int], expected: int) -> None:
    out = output_stage(np.array([[acc]]), np.array([bias]), shift, **settings_)
    bits, relu = settings_.get("bits", 16), settings_.get("relu", True)
    assert out.tolist() == [[expected]]
    assert out.dtype == np.dtype(f"{'uint' if relu else 'int'}{bits}")


@settings(max_examples=200, deadline=None)
@given(
    acc=st.integers(-(1 << 47), (1 << 47) - 1),
    bias=st.integers(-(1 << 31), (1 << 31) - 1),
    shift=st.integers(0, 47),
    bits=st.sampled_from([8, 16]),
    n_low=st.integers(0, 7),
    relu=st.booleans(),
)
def test_output_stage_in_python_integers(acc: int, bias: int, shift: int, bits: int, n_low: int, relu: bool) -> None:
    shift = min(shift, 2 * bits + 15)
    value = (acc + bias) // (1 << shift)
    low, high = (0, 2**bits - 1) if relu else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    expected = trim_one(min(max(value, low), high), n_low)
    out = output_stage(np.array([acc]), np.array([bias]), shift, bits=bits, n_low_out=n_low, relu=relu)
    assert out.tolist() == [expected]


def test_convolve_by_hand() -> None:
    """One 2 x 2 filter of ones over a 2 x 3 input: 1 + 2 + 4 + 5 and 2 + 3 + 5 + 6, less 2, halved."""
    layer = ConvLayer("hand", C=1, H=2, W=3, K=1, R=2, S=2)
    acts = np.array([[1, 2, 3], [4, 5, 6]], np.uint16)[:, :, None]
    out = convolve(acts, np.ones((1, 2, 2, 1), np.int16), np.array([-2]), 1, layer)
    assert out.tolist() == [[[5], [7]]]
    trimmed = convolve(acts, np.ones((1, 2, 2, 1), np.int16), np.array([0]), 0, layer, n_low=1, n_low_out=2)
    assert trimmed.tolist() == [[[8], [12]]]  # 0 + 2 + 4 + 4 = 10 and 2 + 2 + 4 + 6 = 14, without the bits below 2


@pytest.mark.parametrize("layer", [LAYERS[3], GROUPED[1], GROUPED[5]], ids=lambda layer: layer.name)
def test_convolve_takes_a_batch(layer: ConvLayer) -> None:
    pairs = [operands(layer, False, seed) for seed in range(3)]
    weights, bias = pairs[0][1], np.arange(layer.K) - 2
    batch = convolve(np.stack([acts for acts, _ in pairs]), weights, bias, 20, layer, n_low=2, n_low_out=3)
    assert batch.shape == (3, layer.Ho, layer.Wo, layer.K)
    for out, (acts, _) in zip(batch, pairs, strict=True):
        sums = np.array(loop_sums(acts, weights, layer, 2)) + bias
        expected = np.clip(sums >> 20, 0, 65535) // 8 * 8
        np.testing.assert_array_equal(out.reshape(layer.windows, layer.K), expected)


def test_pad_channels() -> None:
    values = np.arange(6).reshape(2, 3)
    assert pad_channels(values, 4).tolist() == [[0, 1, 2, 0], [3, 4, 5, 0]]
    assert pad_channels(values, 3) is values
    assert pad_channels(values).shape == (2, 16)


def test_a_large_layer() -> None:
    """256 x 13 x 13 to 384 maps with 3 x 3 filters; `make bench` has its speed."""
    layer = ConvLayer("large", 256, 13, 13, 384, 3, 3, 1, 1)
    acts, weights = operands(layer, signed=False)
    sums = accumulate(acts, weights, layer)
    middle = acts[5:8, 6:9].astype(object).ravel() @ weights[383].astype(object).ravel()
    assert sums[6 * 13 + 7, 383] == middle


def test_a_grouped_layer_is_its_groups_side_by_side() -> None:
    """Each group on its own, as a layer of one group, gives its filters' sums."""
    layer, one = GROUPED[0], ConvLayer("one group", 17, 5, 6, 5, 3, 3, 1, 1)
    acts, weights = operands(layer, signed=True)
    groups = [accumulate(acts[..., 17 * g : 17 * g + 17], weights[5 * g : 5 * g + 5], one, rows=1) for g in (0, 1)]
    np.testing.assert_array_equal(accumulate(acts, weights, layer, rows=1), np.concatenate(groups, axis=1))


def test_a_large_depthwise_layer() -> None:
    """112 x 112 x 64 depthwise 3 x 3, a layer of MobileNet; `make bench` has its speed."""
    layer = ConvLayer("dw", 64, 112, 112, 64, 3, 3, 1, 1, 64)
    acts, weights = operands(layer, signed=False)
    sums = accumulate(acts, weights, layer)
    assert sums[3 * 112 + 7, 63] == (acts[2:5, 6:9, 63].astype(object) * weights[63, :, :, 0].astype(object)).sum()


PLAIN = ConvLayer("plain", 2, 3, 3, 2, 2, 2)
ACTS, WEIGHTS = np.zeros((3, 3, 2), np.uint16), np.zeros((2, 2, 2, 2), np.int16)
GROUPS = ConvLayer("groups", 2, 3, 3, 2, 2, 2, groups=2)
SUMS = np.zeros((4, 2), np.int64)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accumulate(ACTS[:2], WEIGHTS, PLAIN), r"'plain': activations of shape \(2, 3, 2\).*\(3, 3, 2\)"),
        (lambda: accumulate(ACTS, WEIGHTS[:1], PLAIN), r"'plain': weights of shape \(1, 2, 2, 2\)"),
        (lambda: accumulate(ACTS.astype(float), WEIGHTS, PLAIN), "activations are float64: must be integers"),
        (lambda: accumulate(ACTS + np.int32(65536), WEIGHTS, PLAIN), "activations reach 65536..65536"),
        (lambda: accumulate(ACTS - np.int32(32769), WEIGHTS, PLAIN), "must be in -32768..65535"),
        (lambda: accumulate(ACTS, WEIGHTS + np.int32(32768), PLAIN), "weights reach 32768..32768"),
        (lambda: pallet_steps(ACTS[..., :1], PLAIN, 4), "activations of shape"),
        (lambda: weight_words(WEIGHTS[..., :1], PLAIN, 4), "weights of shape"),
        (lambda: accumulate(ACTS, WEIGHTS, GROUPS), r"'groups': weights of shape \(2, 2, 2, 2\): must be \(2, 2, 2, 1\)"),
        (lambda: pallet_steps(ACTS, GROUPS, 4), "'groups': groups = 2: must be 1 here"),
        (lambda: weight_words(WEIGHTS[..., :1], GROUPS, 4), "'groups': groups = 2: must be 1 here"),
        (lambda: output_stage(SUMS, np.zeros(3, int), 0), r"biases of shape \(3,\)"),
        (lambda: output_stage(SUMS, np.zeros(2), 0), "biases are float64"),
        (lambda: output_stage(SUMS / 2, np.zeros(2, int), 0), "accumulators are float64"),
        (lambda: output_stage(SUMS, np.full(2, 1 << 31), 0), "biases reach 2147483648"),
        (lambda: output_stage(SUMS, np.zeros(2, int), 48), "shift = 48"),
        (lambda: output_stage(SUMS, np.zeros(2, int), -1), "shift = -1"),
        (lambda: output_stage(SUMS, np.zeros(2, int), 0, bits=12), "bits = 12"),
        (lambda: output_stage(SUMS, np.zeros(2, int), 0, n_low_out=16), "n_low_out = 16"),
    ],
)
def test_refuses(call: Callable[[], np.ndarray], message: str) -> None:
    with pytest.raises(LayerError, match=message):
        call()
