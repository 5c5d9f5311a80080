# SPDX-License-Identifier: Apache-2.0
"""SCNN's estimate from densities: exact on dense layers, the mean of random ones, and the published densities."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from models.layer import ConvLayer
from models.networks.imagenet import load_topology
from models.scnn import ScnnConfig, ScnnError, load_densities, pruned_networks, scnn_cycles, scnn_estimate
from models.scnn.estimate import expected_vectors

SMALL = ScnnConfig(pe_rows=2, pe_cols=4, weights=2, acts=4, accumulators=60)
LAYERS = [
    ConvLayer("same", C=6, H=7, W=9, K=6, R=3, S=3, pad=1),
    ConvLayer("strided", C=4, H=9, W=11, K=7, R=5, S=3, stride=2, pad=2),
    ConvLayer("grouped", C=6, H=6, W=6, K=8, R=3, S=3, pad=1, groups=2),
    ConvLayer("depthwise", C=5, H=6, W=6, K=5, R=3, S=3, pad=1, groups=5),
    ConvLayer("fc", C=40, H=2, W=2, K=70, R=2, S=2),
    ConvLayer("padded fc", C=40, H=1, W=1, K=70, R=3, S=3, pad=1),
]


@pytest.mark.parametrize("halo", ["overlap", "serial"])
@pytest.mark.parametrize("barrier", ["group", "channel"])
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_a_dense_layer_is_exact(layer, barrier, halo):
    config = ScnnConfig(2, 4, 2, 4, 60, barrier, halo)
    acts = np.ones((layer.H, layer.W, layer.C), int)
    weights = np.ones((layer.K, layer.R, layer.S, layer.group_channels), int)
    assert scnn_estimate(layer, 1, 1, config) == scnn_cycles(layer, acts, weights, config)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_the_mean_of_random_layers(layer):
    """Products and busy cycles are expectations; the slowest PE is slower than its expectation, so cycles are a lower bound."""
    rng = np.random.default_rng(5)
    shape = (layer.K, layer.R, layer.S, layer.group_channels)
    runs = [
        scnn_cycles(layer, (rng.random((layer.H, layer.W, layer.C)) < 0.4) * 1, (rng.random(shape) < 0.3) * 1, SMALL)
        for _ in range(60)
    ]
    expected = scnn_estimate(layer, 0.4, 0.3, SMALL)
    for field in ("products", "issued", "busy"):
        values = [getattr(run, field) for run in runs]
        error = 4 * np.std(values) / math.sqrt(len(values))
        assert getattr(expected, field) == pytest.approx(np.mean(values), abs=error), field
    assert expected.compute <= np.mean([run.compute for run in runs])


def test_expected_vectors_by_all_outcomes():
    """Every outcome of 6 values with its probability."""
    for density, width in ((0.3, 4), (0.9, 2), (0.5, 1)):
        mean = sum(
            math.prod(density if bit else 1 - density for bit in bits) * math.ceil(sum(bits) / width)
            for bits in itertools.product((0, 1), repeat=6)
        )
        assert expected_vectors(np.array([6]), density, width)[0] == pytest.approx(mean)
    assert expected_vectors(np.array([[0, 6]]), 0.0, 4).tolist() == [[0, 0]]
    assert expected_vectors(np.array([[0, 6], [8, 9]]), 1.0, 4).tolist() == [[0, 2], [2, 3]]
    assert expected_vectors(np.array([9216]), 0.5, 4)[0] == pytest.approx(9216 / 8 + 3 / 8, rel=1e-6)  # uniform modulo 4


def test_density_out_of_range():
    with pytest.raises(ScnnError, match=r"layer 'same': act_density = 1.2: must be in 0..1"):
        scnn_estimate(LAYERS[0], 1.2, 0.5)
    with pytest.raises(ScnnError, match="weight_density"):
        scnn_estimate(LAYERS[0], 0.5, -0.1)


def test_the_published_densities_fit_their_table():
    """The table also has the part of the products that is left: the density of the weights times that of the inputs."""
    flops = {"conv1": 84, "conv2": 33, "conv3": 18, "conv4": 14, "conv5": 14, "fc6": 3, "fc7": 3, "fc8": 10}
    layers = load_densities("AlexNet")
    assert [each.layer for each in layers] == list(load_topology("AlexNet").layers)
    for each in layers:
        assert abs(100 * each.acts * each.weights - flops[each.layer.name]) < 1, each.layer.name
    assert "NIPS 2015" in pruned_networks()["AlexNet"]


def test_unknown_network():
    with pytest.raises(ScnnError, match=r"no densities of 'VGG_19' in densities.toml: use one of AlexNet"):
        load_densities("VGG_19")
