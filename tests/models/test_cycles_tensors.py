# SPDX-License-Identifier: Apache-2.0
"""layer_cycles_of, from tensors: precisions found by plain loops over values, the operands as a testbench plays them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.config import DesignConfig, load_all
from models.cycles import BrickPrecisions, best_slices, brick_precisions, layer_cycles, layer_cycles_of
from models.cycles.tensors import activation_precisions, row_precisions, serial_cycles
from models.dispatch_timing import column_latency, dispatch_timing, step_work
from models.layer import ConvLayer, LayerError, PoolLayer
from models.mapping import tile_program
from models.precision import group_precision
from models.tile_shape import is_serial
from tests.models.plain_steps import PlainLayer, Step

CONFIGS = load_all()
SMALL = ("small16", "small16_b2", "trt_small16", "trt_small16_b2", "dpr_loom_small16", "trt_small8", "dpr_loom_small8")
LAYERS = (
    ConvLayer("conv", C=6, H=5, W=4, K=9, R=3, S=2, stride=2, pad=1),
    ConvLayer("grouped", C=12, H=4, W=3, K=10, R=2, S=2, pad=1, groups=2),
    ConvLayer("depthwise", C=6, H=5, W=4, K=12, R=3, S=2, groups=6),
    ConvLayer("fc", C=10, H=2, W=3, K=21, R=2, S=3),
    ConvLayer("padded fc", C=5, H=2, W=2, K=70, R=4, S=4, pad=1),
    ConvLayer("one value", C=1, H=1, W=1, K=1, R=1, S=1),
)


def operands(layer: ConvLayer, bits: int, signed: bool, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Values of very different magnitudes, with bricks of zeros."""
    rng = np.random.default_rng([seed, signed])

    def draw(shape: tuple[int, ...], negative: bool) -> np.ndarray:
        low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if negative else (0, 1 << bits)
        values = rng.integers(low, high, shape) >> rng.integers(0, bits + 1, shape[:-1] + (1,))
        return values * (rng.random(shape[:-1] + (1,)) < 0.8)

    return draw((layer.H, layer.W, layer.C), signed), draw((layer.K, layer.R, layer.S, layer.group_channels), True)


def played(config: DesignConfig, steps: list[Step], serial: bool, slices: int) -> int:
    """Cycles of the event model."""
    p_a, p_w, last = (np.array(values) for values in zip(*steps, strict=True))
    work = step_work(config, p_a, p_w, last.astype(bool), serial=serial, slices=slices)
    timing = dispatch_timing(np.zeros_like(p_a), work, last, config.cols, column_latency(config), first=0, ready=lambda _: True)
    return int(timing.column[-1, -1]) + 1


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_against_loops_over_values(layer: ConvLayer, name: str) -> None:
    config = CONFIGS[name]
    for signed, n_low in ((False, 0), (True, 2)):
        acts, weights = operands(layer, config.p, signed, seed=5)
        serial = is_serial(layer, config)
        for slices in range(1, config.cols + 1) if serial and config.design == "trt" else (1,):
            steps = PlainLayer(layer, config, acts, weights, signed, n_low).steps(serial, slices)
            result = layer_cycles_of(layer, config, acts, weights, signed=signed, n_low=n_low, slices=slices)
            assert result.cycles == played(config, steps, serial, slices)
            assert result.mean_p_a == pytest.approx(np.mean([max(1, p) for p, _, _ in steps]))
            if serial or config.design == "loom":
                assert result.mean_p_w == pytest.approx(np.mean([max(1, p) for _, p, _ in steps]))


@pytest.mark.parametrize("rows", [2, 8])
@pytest.mark.parametrize("name", ["small16", "dpr_loom_small16"])
def test_depthwise_channels_of_a_pass(name: str, rows: int) -> None:
    """One channel a row: 2 of the 4 lanes' channels on 2 rows, 4 on 8 rows."""
    layer, config = LAYERS[2], replace(CONFIGS[name], rows=rows)
    acts, weights = operands(layer, 16, False, seed=7)
    result = layer_cycles_of(layer, config, acts, weights)
    assert result.passes == {2: 3, 8: 2}[rows] * 2
    assert result.cycles == played(config, PlainLayer(layer, config, acts, weights, False, 0).steps(False, 1), False, 1)


@pytest.mark.parametrize("name", [*SMALL, "stripes_small16", "loom_small16", "narrow16", "trt16_b4"])
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_against_the_program_that_a_testbench_plays(layer: ConvLayer, name: str) -> None:
    """models.mapping lays every operand out; detect on that, step by step."""
    config = CONFIGS[name]
    acts, weights = operands(layer, config.p, True, seed=6)
    acts >>= 2  # room for a profile
    program = tile_program(layer, config, acts, weights, signed=True, n_low=1)
    flat = program.acts.reshape(len(program.acts), -1)
    p_a = group_precision(flat, config.p, True, 1)
    if program.static:
        p_a = np.full(len(p_a), program.n_high)
    steps = list(zip(p_a.tolist(), program.p_w.tolist(), program.last.tolist(), strict=True))
    options = {"signed": True, "n_low": 1, "n_high": program.n_high, "slices": program.slices}
    assert layer_cycles_of(layer, config, acts, weights, **options).cycles == played(
        config, steps, program.serial, program.slices
    )


def test_best_slices_is_the_best() -> None:
    """Few outputs want a cascade, many do not; it is what layer_cycles_of takes."""
    config, chosen = CONFIGS["trt_small16"], set()
    for K in (1, 4, 5, 8, 12, 16, 24, 40, 64):
        layer = ConvLayer("fc", C=60, H=1, W=1, K=K, R=1, S=1)
        acts = operands(layer, 16, False, seed=K)[0]
        weights = np.random.default_rng(K).integers(-2000, 2000, (K, 1, 1, 60))
        each = [layer_cycles_of(layer, config, acts, weights, slices=slices).cycles for slices in (1, 2, 3, 4)]
        best = layer_cycles_of(layer, config, acts, weights)
        assert (best.cycles, best.slices) == (min(each), each.index(min(each)) + 1)
        assert best == best_slices(layer, config, brick_precisions(acts, weights, layer, config))
        chosen.add(best.slices)
    assert chosen >= {1, 4}


def test_equal_slices_take_the_smallest() -> None:
    """One brick and one output: a cascade only adds cycles, and of equals the smallest wins."""
    layer = ConvLayer("fc", C=4, H=1, W=1, K=1, R=1, S=1)
    assert best_slices(layer, CONFIGS["trt_small16"], BrickPrecisions(3, 3)).slices == 1
    config = replace(CONFIGS["trt_small16"], cols=2)
    layer = ConvLayer("fc", C=12, H=1, W=1, K=4, R=1, S=1)  # 3 bricks of 2 bits, or 2 steps and 2 cycles of adding
    each = [serial_cycles(layer, config, BrickPrecisions(2, 2), slices=slices).cycles for slices in (1, 2)]
    assert each == [2 + 3 * 2 + 5 + 2, 2 + 2 * 2 + 2 + 5 + 2]
    assert each[0] == each[1]
    assert best_slices(layer, config, BrickPrecisions(2, 2)).slices == 1


def test_tiles_take_the_precisions_of_all_their_rows() -> None:
    """Two tiles of 4 rows work like one of 8."""
    for name, layer in (("trt_small16", LAYERS[3]), ("dpr_loom_small16", LAYERS[0]), ("small16", LAYERS[2])):
        config = CONFIGS[name]
        acts, weights = operands(layer, 16, False, seed=9)
        two, wide = (
            layer_cycles_of(layer, config, acts, weights, tiles=2),
            layer_cycles_of(layer, replace(config, rows=8), acts, weights),
        )
        assert (two.cycles, two.slices, two.mean_p_w) == (wide.cycles, wide.slices, wide.mean_p_w)
        assert (two.tiles, wide.tiles) == (2, 1)


def test_static_detection_takes_the_profile() -> None:
    """Activations of 5 bits above n_low = 2 and weights of 4: every step of Stripes takes 6, of Loom 6 x 4."""
    layer = ConvLayer("conv", C=8, H=4, W=4, K=4, R=1, S=1)
    acts, weights = np.zeros((4, 4, 8), np.int64), np.zeros((4, 1, 1, 8), np.int64)
    acts[1, 2, 3], weights[2, 0, 0, 5] = 127, -7
    stripes = layer_cycles_of(layer, CONFIGS["stripes_small16"], acts, n_low=2, n_high=7)
    assert stripes.send == 4 * 2 * 6
    loom = layer_cycles_of(layer, CONFIGS["loom_small16"], acts, weights, n_low=2, n_high=7)
    assert loom.send == 4 * 2 * 6 * 4
    fc = ConvLayer("fc", C=8, H=1, W=1, K=4, R=1, S=1)
    loom = layer_cycles_of(fc, CONFIGS["loom_small16"], acts[1:2, 2:3], weights, n_low=2, n_high=7)
    assert (loom.send, loom.mean_p_w) == (2 * 6 * 4, 4.0)


def test_static_detection_refuses_values_beyond_the_profile() -> None:
    layer, config = ConvLayer("conv", C=8, H=1, W=2, K=4, R=1, S=1), CONFIGS["stripes_small16"]
    acts = np.full((1, 2, 8), 128)
    with pytest.raises(LayerError, match=r"n_high = 6: the activations need 7, and the profile is static"):
        layer_cycles_of(layer, config, acts, n_low=2, n_high=6)
    assert layer_cycles_of(layer, config, acts, n_low=2, n_high=7).mean_p_a == 6
    for n_high in (None, 1, 16):
        with pytest.raises(LayerError, match=rf"n_high = {n_high}: static detection needs n_low..15, n_low = 2"):
            layer_cycles_of(layer, config, acts, n_low=2, n_high=n_high)


def test_base_and_pooling_need_no_weights() -> None:
    layer, pool = LAYERS[0], PoolLayer("pool", C=6, H=4, W=4, R=2, S=2, stride=2)
    assert layer_cycles_of(layer, CONFIGS["base16_small"]) == layer_cycles(layer, CONFIGS["base16_small"])
    acts = operands(pool.as_depthwise, 16, False, seed=1)[0]
    config = CONFIGS["trt_small16"]
    precisions = activation_precisions(acts, pool.as_depthwise, config)
    assert precisions.shape == (2, 1, 4)
    assert layer_cycles_of(pool, config, acts) == layer_cycles(pool, config, precisions)


def test_refuses_missing_and_wrong_operands() -> None:
    layer, fc = LAYERS[0], LAYERS[3]
    acts, weights = operands(layer, 16, False, seed=1)
    fc_acts, _ = operands(fc, 16, False, seed=1)
    with pytest.raises(LayerError, match="'conv' on 'small16': activations are missing"):
        layer_cycles_of(layer, CONFIGS["small16"])
    with pytest.raises(LayerError, match="'conv' on 'dpr_loom_small16': weights are missing"):
        layer_cycles_of(layer, CONFIGS["dpr_loom_small16"], acts)
    with pytest.raises(LayerError, match="'fc' on 'trt_small16': weights are missing"):
        layer_cycles_of(fc, CONFIGS["trt_small16"], fc_acts)
    with pytest.raises(LayerError, match=r"must be \[H, W, C\], one input"):
        layer_cycles_of(layer, CONFIGS["small16"], acts[None])
    with pytest.raises(LayerError, match="weights of shape"):
        layer_cycles_of(layer, CONFIGS["dpr_loom_small16"], acts, weights[:, :, :, :2])
    with pytest.raises(ValueError, match="unsigned 16-bit"):
        layer_cycles_of(layer, CONFIGS["small16"], -(acts >> 2) - 1)
    with pytest.raises(LayerError, match="slices = 2"):
        layer_cycles_of(layer, CONFIGS["trt_small16"], acts, slices=2)
    with pytest.raises(LayerError, match=r"slices = 5: must be in 1..4"):
        layer_cycles_of(fc, CONFIGS["trt_small16"], fc_acts, operands(fc, 16, False, seed=1)[1], slices=5)


def test_row_precisions_of_whole_rows() -> None:
    """AlexNet conv3's shape: 24 x 144 steps, each the largest of 16 filters' bricks."""
    layer = ConvLayer("conv3", 256, 13, 13, 384, 3, 3, 1, 1)
    weights = np.random.default_rng(1).normal(0, 60, (384, 3, 3, 256)).astype(np.int16)
    found = row_precisions(weights, layer, CONFIGS["dpr_loom16_square"])
    magnitudes = np.abs(weights.astype(int)).reshape(24, 16, 144, 16).max(axis=(1, 3))
    assert (found == np.floor(np.log2(magnitudes)) + 2).all()
