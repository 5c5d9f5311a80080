# SPDX-License-Identifier: Apache-2.0
"""Shape of a convolution layer: counts worked out by hand, and every refusal."""

from __future__ import annotations

import dataclasses

import pytest

from models.layer import ConvLayer, LayerError


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
        ({"groups": 2}, "groups = 2: must be 1"),
        ({"groups": 0}, "groups = 0"),
        ({"R": 11}, r"R = 11: must be at most H \+ 2 pad = 10"),
        ({"S": 11}, r"S = 11: must be at most W \+ 2 pad = 10"),
        ({"C": 7282}, r"C \* R \* S = 65538"),
        ({"name": ""}, "layer name ''"),
    ],
)
def test_refuses(change: dict[str, object], message: str) -> None:
    with pytest.raises(LayerError, match=message):
        ConvLayer(**{**GOOD, **change})


def test_accepts_the_largest_filter() -> None:
    assert ConvLayer("full", C=65536, H=1, W=1, K=1, R=1, S=1).products == 65536


def test_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ConvLayer(**GOOD).C = 3  # type: ignore[misc]
