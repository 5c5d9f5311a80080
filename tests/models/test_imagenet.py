# SPDX-License-Identifier: Apache-2.0
"""The stored shapes of ImageNet networks against published totals and against each other."""

from __future__ import annotations

from itertools import pairwise

import pytest

from models.layer import MAX_PRODUCTS, ConvLayer
from models.network import NetworkError
from models.networks.imagenet import load_topology, topologies

# Layers and products of convolutions and of fully connected layers. Products as published: AlexNet 666 M + 58.6 M, VGG-19
# 19.6 G in all, MobileNet 569 M in all (Howard et al. 2017, table 4), ResNet-50 3.8 G (He et al. 2016, table 1).
TOTALS = {
    "AlexNet": (5, 665784864, 3, 58621952),
    "NiN": (12, 1100188800, 0, 0),
    "GoogLeNet": (57, 1581647872, 1, 1024000),
    "VGG_S": (5, 2541337632, 3, 96370688),
    "VGG_M": (5, 1579801632, 3, 96370688),
    "VGG_19": (16, 19508428800, 3, 123633664),
    "MobileNet_v1": (27, 567716352, 1, 1024000),
    "ResNet-50": (53, 3855925248, 1, 2048000),
}


def test_all_topologies_are_there() -> None:
    assert topologies() == tuple(TOTALS)


@pytest.mark.parametrize("name", TOTALS)
def test_totals(name: str) -> None:
    topology = load_topology(name)
    totals = []
    for layers in (topology.convolutions, topology.fully_connected):
        totals += [len(layers), sum(layer.macs for layer in layers)]
    assert tuple(totals) == TOTALS[name]
    assert topology.name == name
    assert len({layer.name for layer in topology.layers}) == len(topology.layers)
    assert len(topology.source) > 40
    assert "\n" not in topology.source


@pytest.mark.parametrize("name", [name for name in TOTALS if name not in ("GoogLeNet", "ResNet-50")])
def test_each_layer_takes_what_the_one_before_makes(name: str) -> None:
    """Chains: the channels follow, and sizes stay or shrink by pooling."""
    for before, after in pairwise(load_topology(name).layers):
        if before.fully_connected:
            assert (after.C, after.H, after.W) == (before.K, 1, 1), after.name
        else:
            assert after.C == before.K, after.name
            assert before.Ho >= after.H, after.name


def test_inception_branches_and_residual_blocks() -> None:
    """The branches that read one input agree on it, and a block's last layer adds to a tensor of its size."""
    inception = [layer for layer in load_topology("GoogLeNet").layers if layer.name.startswith("inception_4e/")]
    entries = [layer for layer in inception if layer.name.split("/")[1] in ("1x1", "3x3_reduce", "5x5_reduce", "pool_proj")]
    assert {(layer.C, layer.H) for layer in entries} == {(528, 14)}
    outputs = {layer.name.split("/")[1]: layer.K for layer in inception}
    assert outputs["1x1"] + outputs["3x3"] + outputs["5x5"] + outputs["pool_proj"] == 832
    blocks = {layer.name: layer for layer in load_topology("ResNet-50").layers}
    for stage in "2345":
        shortcut, last = blocks[f"res{stage}a_branch1"], blocks[f"res{stage}a_branch2c"]
        assert (shortcut.K, shortcut.Ho) == (last.K, last.Ho)


def test_shapes_by_hand() -> None:
    alexnet, mobilenet = load_topology("AlexNet").layers, load_topology("MobileNet_v1").layers
    assert alexnet[1] == ConvLayer("conv2", C=96, H=27, W=27, K=256, R=5, S=5, pad=2, groups=2)
    assert (alexnet[0].Ho, alexnet[5].windows, alexnet[5].products) == (55, 1, 9216)
    assert [layer.depthwise for layer in mobilenet[:5]] == [False, True, False, True, False]


def test_every_layer_fits_the_accumulators() -> None:
    """The largest sum, VGG_19's fc6, has 7 x 7 x 512 = 25088 products: no shape had to be split."""
    products = {layer.products: layer.name for name in TOTALS for layer in load_topology(name).layers}
    assert max(products) == 25088 < MAX_PRODUCTS
    assert products[25088] == "fc6"


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(NetworkError, match=r"no topology 'LeNet' in imagenet\.toml: use one of AlexNet, NiN, .*ResNet-50"):
        load_topology("LeNet")
