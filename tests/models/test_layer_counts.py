# SPDX-License-Identifier: Apache-2.0
"""Shape of a convolution layer: counts worked out by hand, and every refusal."""

from __future__ import annotations

import dataclasses

import pytest

from models.config import load_config
from models.layer import ConvLayer, LayerError, PoolLayer
from models.layer_registers import check_fits


def test_counts_of_alexnet_conv1() -> None:
    """AlexNet's first layer: 227 x 227 x 3, 96 filters of 11 x 11, stride 4 gives 55 x 55 windows."""
    layer = ConvLayer("conv1", C=3, H=227, W=227, K=96, R=11, S=11, stride=4)
    assert (layer.Ho, layer.Wo, layer.windows) == (55, 55, 3025)
    assert (layer.channel_bricks, layer.steps, layer.products) == (1, 121, 363)
    assert (layer.pallets(16), layer.passes(16)) == (190, 6)  # 189 pallets of 16 windows and one of a single window


def test_counts_of_a_padded_layer_with_more_bricks() -> None:
    """13 x 13 x 256 with 3 x 3 filters and one zero around keeps 13 x 13; 256 channels are 16 bricks."""
    layer = ConvLayer("conv3", 256, 13, 13, 384, 3, 3, 1, 1)
    assert (layer.Ho, layer.Wo, layer.steps, layer.pallets(16), layer.passes(16)) == (13, 13, 144, 11, 24)


def test_lanes_other_than_a_brick() -> None:
    """17 channels are 2 bricks of 16 lanes, but 5 groups of 4 lanes."""
    layer = ConvLayer("narrow", C=17, H=4, W=5, K=9, R=2, S=3)
    assert (layer.bricks(), layer.step_count(), layer.bricks(4), layer.step_count(4)) == (2, 12, 5, 30)
    assert (layer.windows, layer.pallets(4), layer.passes(4)) == (9, 3, 3)


def test_stride_that_does_not_divide_drops_the_rest() -> None:
    """A 6 x 8 input, 3 x 3 filter, stride 2: rows 0, 2 and columns 0, 2, 4 start a window; the last row is not used."""
    layer = ConvLayer("strided", C=1, H=6, W=8, K=1, R=3, S=3, stride=2)
    assert (layer.Ho, layer.Wo) == (2, 3)


def test_fully_connected_as_a_convolution() -> None:
    layer = ConvLayer("fc", C=64, H=4, W=4, K=10, R=4, S=4)
    assert (layer.windows, layer.steps, layer.products) == (1, 64, 1024)


def test_groups_of_alexnet_conv2() -> None:
    """Two groups of 48 channels and 128 filters: 3 bricks and 8 passes a group, half the products of one group."""
    layer = ConvLayer("conv2", C=96, H=27, W=27, K=256, R=5, S=5, pad=2, groups=2)
    assert (layer.group_channels, layer.group_filters, layer.products) == (48, 128, 1200)
    assert (layer.bricks(), layer.step_count(), layer.passes(16)) == (3, 75, 16)
    assert layer.macs == 27 * 27 * 256 * 1200
    assert not (layer.depthwise or layer.fully_connected)


def test_groups_are_padded_one_by_one() -> None:
    """3 groups of 17 channels and 18 filters: each group has its own partly empty brick and pass."""
    layer = ConvLayer("odd", C=51, H=3, W=3, K=54, R=1, S=1, groups=3)
    assert (layer.bricks(), layer.passes(16)) == (2, 6)


def test_depthwise_layer_of_mobilenet() -> None:
    """One channel a row: 16 rows of 16 lanes compute 16 channels a pass, 128 rows no more than that, 4 rows only 4."""
    layer = ConvLayer("dw", C=40, H=14, W=14, K=40, R=3, S=3, pad=1, groups=40)
    assert layer.depthwise
    assert (layer.products, layer.bricks(), layer.step_count(), layer.macs) == (9, 1, 9, 14 * 14 * 40 * 9)
    assert [layer.passes(rows) for rows in (16, 128, 4)] == [3, 3, 10]
    assert layer.passes(16, lanes=4) == 10


def test_depthwise_layer_with_a_multiplier() -> None:
    """Two filters a channel take two passes a brick."""
    layer = ConvLayer("dw2", C=20, H=4, W=4, K=40, R=3, S=3, groups=20)
    assert (layer.depthwise, layer.group_filters, layer.passes(16)) == (True, 2, 4)


def test_one_channel_alone_is_not_depthwise() -> None:
    assert not ConvLayer("first", C=1, H=8, W=8, K=16, R=3, S=3).depthwise


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ({"H": 4, "W": 4, "R": 4, "S": 4}, True),
        ({"H": 1, "W": 1, "R": 1, "S": 1}, True),
        ({"H": 5, "W": 4, "R": 4, "S": 4}, False),  # two windows
        ({"H": 4, "W": 4, "R": 4, "S": 4, "groups": 2}, False),  # a filter does not see all channels
    ],
)
def test_fully_connected(shape: dict[str, int], expected: bool) -> None:
    assert ConvLayer("fc", C=8, K=6, **shape).fully_connected is expected


def test_counts_of_a_pooling_layer() -> None:
    """AlexNet's first pooling, 3 x 3 with stride 2 on 55 x 55 x 96, is laid out like a depthwise convolution."""
    layer = PoolLayer("pool1", C=96, H=55, W=55, R=3, S=3, stride=2)
    assert (layer.Ho, layer.Wo, layer.windows, layer.pallets(16)) == (27, 27, 729, 46)
    assert layer.as_depthwise == ConvLayer("pool1", 96, 55, 55, 96, 3, 3, 2, 0, 96)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"C": 0}, "C = 0"), ({"R": 9}, "R = 9: must be at most H"), ({"pad": -1}, "pad = -1"), ({"name": ""}, "layer name")],
)
def test_pooling_refuses(change: dict[str, object], message: str) -> None:
    with pytest.raises(LayerError, match=message):
        PoolLayer(**{**{"name": "p", "C": 4, "H": 8, "W": 8, "R": 3, "S": 3}, **change})


GOOD = {"name": "good", "C": 16, "H": 8, "W": 8, "K": 16, "R": 3, "S": 3, "stride": 1, "pad": 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"C": 0}, "'good': C = 0: must be an integer of at least 1"),
        ({"H": -8}, "H = -8"),
        ({"W": 8.0}, "W = 8.0"),
        ({"K": True}, "K = True"),
        ({"R": 0}, "R = 0"),
        ({"S": "3"}, "S = '3'"),
        ({"stride": 0}, "stride = 0"),
        ({"pad": -1}, "pad = -1: must be an integer of at least 0"),
        ({"groups": 3}, "groups = 3: must divide C = 16 and K = 16"),
        ({"groups": 16, "K": 17}, "groups = 16: must divide C = 16 and K = 17"),
        ({"groups": 0}, "groups = 0"),
        ({"R": 11}, r"R = 11: must be at most H \+ 2 pad = 10"),
        ({"S": 11}, r"S = 11: must be at most W \+ 2 pad = 10"),
        ({"C": 7282}, r"C / groups \* R \* S = 65538"),
        ({"name": ""}, "layer name ''"),
    ],
)
def test_refuses(change: dict[str, object], message: str) -> None:
    with pytest.raises(LayerError, match=message):
        ConvLayer(**{**GOOD, **change})


def test_accepts_the_largest_filter() -> None:
    assert ConvLayer("full", C=65536, H=1, W=1, K=1, R=1, S=1).products == 65536


def test_the_accumulators_limit_is_that_of_a_group() -> None:
    assert ConvLayer("split", C=131072, H=1, W=1, K=2, R=1, S=1, groups=2).products == 65536


def test_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ConvLayer(**GOOD).C = 3  # type: ignore[misc]


def test_the_layer_engine_takes_groups() -> None:
    check_fits(ConvLayer(**{**GOOD, "groups": 2}), load_config("dstripes16"))
