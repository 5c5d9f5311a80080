# SPDX-License-Identifier: Apache-2.0
"""layer_cycles, from precisions: cases worked by hand, AlexNet by plain loops, and every refusal."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pytest

from models.config import load_all, load_config
from models.cycles import LayerCycles, layer_cycles
from models.layer import ConvLayer, LayerError, PoolLayer

CONFIGS = load_all()


def stalls(drain: int = 0, weights: int = 0, reduce: int = 0) -> dict[str, int]:
    return {"output_drain": drain, "weight_fetch": weights, "reduce": reduce}


def test_base_by_hand() -> None:
    """5 x 5 windows x 9 x 2 steps x 2 passes, and 3 cycles until the last column is out."""
    layer = ConvLayer("conv", C=20, H=5, W=5, K=20, R=3, S=3, pad=1)
    result = layer_cycles(layer, CONFIGS["base16"])
    assert (result.passes, result.pallets, result.steps, result.cycles) == (2, 25, 18, 903)
    assert (result.bound_cycles, result.fill, result.stalls, result.speedup) == (900, 3, stalls(), 1.0)
    assert result.utilisation == (25 * 9 * 20 * 20) / (900 * 16 * 16)


def test_dstripes_and_trt_convolution_by_hand() -> None:
    """Two pallets of 13 and 16 cycles in two passes; captures are 20 cycles apart on dstripes and 21 on trt.

    The first pallet does not wait, the others wait for 4, 7 and 4 cycles, or for one more each. Fill: one cycle in stage A,
    then 4 or 5 cycles from the last capture to the first of its 16 columns.
    """
    layer, p_a = ConvLayer("conv", C=17, H=4, W=8, K=32, R=1, S=1), np.array([[4, 9], [0, 15]])
    result = layer_cycles(layer, CONFIGS["dstripes16"], p_a)
    assert (result.send, result.stalls, result.fill, result.cycles) == (58, stalls(15), 21, 94)
    assert (result.bound_cycles, result.base_cycles, result.speedup) == (58, 131, 131 / 94)
    assert (result.mean_p_a, result.mean_p_w, result.bound_speedup) == (7.25, 16.0, 128 / 58)
    result = layer_cycles(layer, CONFIGS["trt16"], p_a)
    assert (result.send, result.stalls, result.fill, result.cycles) == (58, stalls(18), 22, 98)


def test_bits_per_cycle_by_hand() -> None:
    """2 bits a cycle, 8 columns: 4 pallets of the same two steps, of 2 + 5 and 1 + 8 cycles; captures are 12 apart."""
    layer, config = ConvLayer("conv", C=17, H=4, W=8, K=16, R=1, S=1), CONFIGS["dstripes16_b2"]
    result = layer_cycles(layer, config, np.array([[4, 9], [0, 15], [4, 9], [0, 15]]))
    assert (result.send, result.stalls, result.fill) == (32, stalls(3 + 5 + 3), 13)
    config = CONFIGS["dstripes16_b4"]
    result = layer_cycles(layer, config, 5)
    assert (result.pallets, result.send, result.stalls) == (8, 8 * 2 * 2, stalls(7 * (8 - 4)))


def test_trt_fully_connected_formula() -> None:
    """Pw_1 + sum of max(Pa_i, Pw_i+1) + Pa_n over all steps of all passes, then 5 + 16 cycles for the columns."""
    rng, config = np.random.default_rng(1), CONFIGS["trt16"]
    layer = ConvLayer("fc", C=1000, H=1, W=1, K=700, R=1, S=1)
    p_a, p_w = rng.integers(1, 17, 63), rng.integers(1, 17, (3, 63))
    steps = [(p_a[i], p_w[j, i]) for j in range(3) for i in range(63)]
    cycles = steps[0][1] + steps[-1][0] + sum(max(a, w) for (a, _), (_, w) in pairwise(steps))
    result = layer_cycles(layer, config, p_a, p_w)
    assert result.cycles == cycles + 5 + 16
    assert result.bound_cycles == sum(max(a, w) for a, w in steps)
    assert result.fill == steps[0][1] + 5 + 16
    assert result.base_cycles == 44 * 63 + 3


def test_trt_fully_connected_reaches_the_paper_s_bound() -> None:
    """10-bit operands and all columns in use: 16 / max(P_w, P_a) over BASE, but for the fill (section 5.3)."""
    layer = ConvLayer("fc7", C=4096, H=1, W=1, K=4096, R=1, S=1)
    result = layer_cycles(layer, CONFIGS["trt16"], 10, 9)
    assert (result.cycles, result.stalls) == (16 * 256 * 10 + 9 + 21, stalls())
    assert result.bound_speedup == 1.6
    assert result.speedup == pytest.approx(1.6, rel=0.01)


def test_trt_cascade_by_hand() -> None:
    """128 outputs of 4096 inputs: 1 slice leaves 8 columns idle; 2 slices halve the steps and add 2 cycles."""
    layer, config = ConvLayer("fc", C=4096, H=1, W=1, K=128, R=1, S=1), CONFIGS["trt16"]
    one, two = (layer_cycles(layer, config, 9, 9, slices=slices) for slices in (1, 2))
    assert (one.steps, one.utilisation, one.cycles) == (256, 0.5, 9 + 256 * 9 + 21)
    assert (two.steps, two.utilisation, two.cycles) == (128, 1.0, 9 + 128 * 9 + 2 + 21)
    assert two.stalls == stalls(reduce=2)
    assert two.bound_cycles == 128 * 9


def test_short_passes_wait_for_the_reducer() -> None:
    """One step a pass, 4 columns: captures are 9 cycles apart; waiting hides the loading of the next weights.

    Pass 1: loaded in 3, captured in 5. Pass 2's weights of 6 bits are there in 3 + 6 = 9, so it could be captured in 11 and
    is in 14. Pass 3 starts when pass 2 ends (its weights came in 15): 15, captured in 17, which has to be 23; 5 + 4 more.
    """
    layer, config = ConvLayer("fc", C=4, H=1, W=1, K=48, R=1, S=1), CONFIGS["trt_small16"]
    result = layer_cycles(layer, config, 2, np.array([[3], [6], [6]]))
    assert result.cycles == 23 + 5 + 4
    assert result.stalls == stalls(drain=3 + 6, weights=(9 - 5) + (15 - 14))


def test_loom_by_hand() -> None:
    """Convolution: p_a x p_w cycles a step. Fully connected, 16 columns: each weight bit takes 16 cycles, 9 of them used."""
    conv = ConvLayer("conv", C=16, H=4, W=8, K=256, R=3, S=3, pad=1)
    result = layer_cycles(conv, CONFIGS["dpr_loom16"], 5, 7)
    assert (result.passes, result.pallets, result.steps) == (2, 2, 9)
    assert (result.cycles, result.stalls) == (2 * 2 * 9 * 35 + 1 + 5 + 16, stalls())
    assert result.bound_speedup == 256 / 35  # of base16_loom: 8 rows, one window
    fc = ConvLayer("fc", C=64, H=1, W=1, K=2048, R=1, S=1)
    result = layer_cycles(fc, CONFIGS["dpr_loom16"], 9, 7)
    assert (result.passes, result.steps, result.bound_cycles) == (1, 4, 4 * 7 * 16)
    assert result.cycles == 1 + 4 * 7 * 16 - (16 - 9) + 5 + 16  # the last planes need not fill the bus
    assert result.stalls == stalls(weights=(16 - 9) * (4 * 7 - 1))


def test_tiles_share_the_activations() -> None:
    """16 tiles compute 256 filters a pass; a speedup refers to as many tiles of BASE."""
    layer = ConvLayer("conv3", 256, 13, 13, 384, 3, 3, 1, 1)
    one, many = (layer_cycles(layer, CONFIGS["dstripes16"], 5, tiles=tiles) for tiles in (1, 16))
    assert (one.passes, many.passes) == (24, 2)
    assert (one.send, many.send) == (24 * 11 * 144 * 5, 2 * 11 * 144 * 5)
    assert many.base_cycles == 2 * 169 * 144 + 3
    assert many.utilisation == one.utilisation * 0.75


def test_groups_and_depthwise_have_steps_of_their_own() -> None:
    """Group 1 has other precisions than group 0; each is used by its own two passes."""
    grouped = ConvLayer("grouped", C=32, H=4, W=4, K=64, R=1, S=1, groups=2)
    result = layer_cycles(grouped, CONFIGS["dstripes16"], np.array([[[30 - 16]], [[9]]]))
    assert (result.passes, result.send, result.stalls) == (4, 2 * 14 + 2 * 9, stalls(20 - 14 + 2 * (20 - 9)))
    depthwise = ConvLayer("dw", C=40, H=4, W=4, K=80, R=3, S=3, pad=1, groups=40)
    p_a = np.array([[[3] * 9], [[5] * 9], [[2] * 9]])
    result = layer_cycles(depthwise, CONFIGS["dstripes16"], p_a)  # 3 bricks of channels, 2 filters a channel
    assert (result.passes, result.send, result.stalls) == (6, 2 * 9 * 10, stalls(2 * 2))
    assert result.utilisation == (80 * 9 * 16) / (6 * 9 * 4096)


def test_pooling_is_laid_out_like_a_depthwise_layer() -> None:
    pool, config = PoolLayer("pool", C=20, H=4, W=4, R=2, S=2, stride=2), CONFIGS["trt16"]
    assert layer_cycles(pool, config, 7) == layer_cycles(pool.as_depthwise, config, 7)
    with pytest.raises(LayerError, match="'pool' on 'dstripes16': only trt compares"):
        layer_cycles(pool, CONFIGS["dstripes16"], 7)


def plain_alexnet(layer: ConvLayer, bits: int) -> tuple[int, int]:
    """Cycles of BASE and of a 16 x 16 x 16 tile of bits-serial columns, without fill: loops as in the paper's section 5."""
    base = tile = 0
    for _ in range(layer.groups):
        for _ in range(0, layer.K // layer.groups, 16):
            bricks = len(range(0, layer.C // layer.groups, 16))
            base += layer.Ho * layer.Wo * layer.R * layer.S * bricks
            tile += len(range(0, layer.Ho * layer.Wo, 16)) * layer.R * layer.S * bricks * bits
    return base, tile


# AlexNet, activation profile of Table 3.
ALEXNET = [
    (ConvLayer("conv1", 3, 227, 227, 96, 11, 11, 4), 9),
    (ConvLayer("conv2", 96, 27, 27, 256, 5, 5, 1, 2, 2), 8),
    (ConvLayer("conv3", 256, 13, 13, 384, 3, 3, 1, 1), 5),
    (ConvLayer("conv4", 384, 13, 13, 384, 3, 3, 1, 1, 2), 5),
    (ConvLayer("conv5", 384, 13, 13, 256, 3, 3, 1, 1, 2), 7),
]


@pytest.mark.parametrize(("layer", "bits"), ALEXNET, ids=lambda value: getattr(value, "name", ""))
def test_alexnet_at_the_profile_s_precision(layer: ConvLayer, bits: int) -> None:
    base, tile = plain_alexnet(layer, bits)
    for name, fill in (("stripes16", 21), ("dstripes16", 21), ("trt16", 22)):
        result = layer_cycles(layer, CONFIGS[name], bits)
        assert (result.base_cycles, result.bound_cycles, result.cycles) == (base + 3, tile, tile + fill)
        assert result.bound_speedup == pytest.approx(16 / bits, rel=0.05)  # the last pallet is not full


def test_alexnet_totals_by_hand() -> None:
    """conv2: 2 groups x 8 passes x 46 pallets x 75 steps x 8 bits; conv3: 24 x 11 x 144 x 5."""
    assert plain_alexnet(*ALEXNET[1])[1] == 2 * 8 * 46 * 75 * 8
    assert plain_alexnet(*ALEXNET[2]) == (24 * 169 * 144, 24 * 11 * 144 * 5)


def test_result_is_plain_data() -> None:
    row = asdict(layer_cycles(ConvLayer("one", 1, 1, 1, 1, 1, 1), CONFIGS["trt16"], np.int64(3), np.array([[4]])))
    assert {type(row[key]) for key in ("send", "fill", "bound_cycles", "base_cycles")} == {int}
    assert {type(value) for value in row["stalls"].values()} == {int}
    assert {type(row[key]) for key in ("utilisation", "mean_p_a", "mean_p_w")} == {float}


def one(config: str, *arguments: object, **options: object) -> LayerCycles:
    return layer_cycles(ConvLayer("one", 1, 2, 2, 1, 1, 1), load_config(config), *arguments, **options)


@pytest.mark.parametrize(
    ("config", "arguments", "options", "message"),
    [
        (
            "dstripes16",
            (),
            {},
            r"'one' on 'dstripes16': p_a is missing: must be a number of bits or an array of shape \(1, 1, 1\)",
        ),
        ("dstripes16", (np.array([[1, 2]]),), {}, r"p_a of shape \(1, 2\): must be one number or of shape \(1, 1, 1\)"),
        ("dstripes16", (17,), {}, r"p_a = 17..17: must be in 0..16"),
        ("dstripes8", (9,), {}, r"p_a = 9..9: must be in 0..8"),
        ("dstripes16", (-1,), {}, "p_a = -1..-1"),
        ("dstripes16", (5.5,), {}, "p_a is float64: must be integers"),
        ("dpr_loom16", (5,), {}, "p_w is missing"),
        ("dpr_loom16", (5, np.zeros((2, 2), int)), {}, r"p_w of shape \(2, 2\)"),
        ("dstripes16", (5,), {"slices": 2}, "slices = 2: must be in 1..1"),
        ("dstripes16", (5,), {"tiles": 0}, "tiles = 0: must be at least 1"),
    ],
)
def test_refuses(config: str, arguments: tuple[object, ...], options: dict[str, object], message: str) -> None:
    with pytest.raises(LayerError, match=message):
        one(config, *arguments, **options)


def test_static_detection_has_one_precision() -> None:
    layer = ConvLayer("conv", 32, 1, 2, 1, 1, 1)
    with pytest.raises(LayerError, match=r"p_a = 3..4: must be one number, the detection of this configuration is static"):
        layer_cycles(layer, CONFIGS["stripes16"], np.array([[3, 4]]))
    assert layer_cycles(layer, CONFIGS["stripes16"], np.array([[4, 4]])).send == 8
