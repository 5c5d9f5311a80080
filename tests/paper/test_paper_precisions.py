# SPDX-License-Identifier: Apache-2.0
"""The paper's precisions sit on the right layers: spot values read off its tables, and its own sums."""

from __future__ import annotations

import pytest

from models.layer_precisions import LayerPrecisions
from models.network import NetworkError
from models.networks.imagenet import load_topology
from models.paper.precisions import PaperError, paper_networks, paper_precisions

# (Table 1, Table 2, Table 3) of some layers, counted off on the printed page.
SPOTS = {
    ("AlexNet", "conv1"): (5.39, 8.36, 9),
    ("AlexNet", "conv5"): (5.81, 7.55, 7),
    ("NiN", "cccp2"): (7.79, 10.21, 8),
    ("NiN", "cccp8-1024"): (7.58, 8.18, 8),
    ("GoogLeNet", "conv1/7x7_s2"): (6.19, 9.80, 10),
    ("GoogLeNet", "conv2/3x3"): (5.94, 10.91, 8),
    ("GoogLeNet", "conv2/3x3_reduce"): (5.74, 9.35, 8),
    ("GoogLeNet", "inception_3a/3x3"): (6.91, 10.02, 10),
    ("GoogLeNet", "inception_4e/5x5"): (5.70, 9.11, 9),
    ("GoogLeNet", "inception_5a/pool_proj"): (8.31, 8.88, 10),
    ("GoogLeNet", "inception_5b/pool_proj"): (5.36, 8.40, 7),
    ("VGG_S", "conv4"): (3.38, 8.13, 7),
    ("VGG_M", "conv4"): (5.37, 8.16, 8),
    ("VGG_19", "conv3_1"): (11.08, 8.58, 12),
    ("VGG_19", "conv5_4"): (5.9, 7.63, 13),
}
# Table 1, reduction of the work against Table 3, in per cent, where the profile is the paper's and its weighting known.
REDUCTIONS = {"VGG_S": 38.85, "VGG_M": 30.47, "VGG_19": 21.20}


@pytest.mark.parametrize(("network", "layer"), SPOTS)
def test_spots(network: str, layer: str) -> None:
    found = paper_precisions(network).of(layer)
    assert (found.acts, found.weights, found.act_profile) == SPOTS[network, layer]
    assert found.weight_profile is None


def test_every_convolution_has_all_and_every_fully_connected_layer_its_profile() -> None:
    for network in paper_networks():
        found, topology = paper_precisions(network), load_topology(network)
        for layer in topology.convolutions:
            given = found.of(layer.name)
            assert 1 <= given.acts <= 16, layer.name
            assert 1 <= given.weights <= 16, layer.name
        if network not in ("NiN", "GoogLeNet"):
            bits = [found.of(layer.name).weight_profile for layer in topology.fully_connected]
            assert bits == [10, 9, 9] == [found.of(layer.name).act_profile for layer in topology.fully_connected]
    assert paper_precisions("GoogLeNet").missing == ("loss3/classifier",)
    assert not paper_precisions("GoogLeNet").of("loss3/classifier").known


def test_googlenet_is_mapped_by_name() -> None:
    """The layers of a module that read the same tensor share one precision of the activations; the others mostly do not."""
    found, different = paper_precisions("GoogLeNet"), 0
    modules = {layer.name.split("/")[0] for layer in load_topology("GoogLeNet").convolutions if "inception" in layer.name}
    assert len(modules) == 9
    for module in modules:
        readers = {found.of(f"{module}/{name}").acts for name in ("1x1", "3x3_reduce", "5x5_reduce")}
        assert len(readers) == 1, module
        different += not readers & {found.of(f"{module}/{name}").acts for name in ("3x3", "5x5", "pool_proj")}
    assert different == 8  # in 4a the paper has one number five times


@pytest.mark.parametrize("network", REDUCTIONS)
def test_the_tables_agree_on_the_reduction(network: str) -> None:
    """Layers in their order: a shift by one would spoil this. Each counts as long as it takes, 256 filters at a time."""
    found, effective, profile = paper_precisions(network), 0.0, 0.0
    for layer in load_topology(network).convolutions:
        kernel = layer.R if layer.C > 3 else -(-layer.R // layer.stride)  # the first layer's stride is folded
        time = layer.windows * kernel**2 * -(-layer.C // 16) * -(-layer.K // 256)
        effective += time * found.of(layer.name).acts
        profile += time * found.of(layer.name).act_profile
    assert 100 * (1 - effective / profile) == pytest.approx(REDUCTIONS[network], abs=1.0)


def test_what_is_not_in_the_paper_is_marked() -> None:
    in_paper = {network: paper_precisions(network).profile_in_paper for network in paper_networks()}
    assert [network for network, value in in_paper.items() if not value] == ["NiN", "GoogLeNet"]
    assert "unverified" in paper_precisions("NiN").profile_source
    assert paper_precisions("VGG_19").profile_source == "Table 3"


def test_networks_without_precisions_are_refused() -> None:
    with pytest.raises(
        PaperError, match=r"the paper has no precisions of MobileNet_v1: it has those of AlexNet, NiN, .*VGG_19"
    ):
        paper_precisions("MobileNet_v1")
    with pytest.raises(NetworkError, match="no topology 'LeNet'"):
        paper_precisions("LeNet")
    assert paper_precisions("AlexNet").of("nothing") == LayerPrecisions()
