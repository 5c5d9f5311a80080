# SPDX-License-Identifier: Apache-2.0
"""Distributions of precisions against loops over every window, and by hand."""

from __future__ import annotations

import numpy as np
import plain_groups
import pytest

from models.config import load_config
from models.cycles import layer_cycles_of
from models.layer import ConvLayer
from models.statistics import groups, layer_statistics, network_statistics
from models.traces import Format, Trace, TraceError, TraceLayer

SIZES = (16, 32, 64, 256)


def check(entry: TraceLayer) -> None:
    """Compare everything of a layer with the loops."""
    found = layer_statistics(entry, SIZES)
    for what, plain in (("acts", plain_groups.act_groups), ("weights", plain_groups.weight_groups)):
        tensor, form = getattr(found, what), getattr(found, what).form
        for size, distribution in {1: tensor.values, **tensor.groups}.items():
            expected, spared = plain_groups.counted(plain(entry, size), form)
            assert {bits: uses for bits, uses in enumerate(distribution.counts.tolist()) if uses} == expected, (what, size)
            assert distribution.spared == spared, (what, size)
    assert (found.product_bits, found.products) == plain_groups.product_bits(entry)


@pytest.mark.parametrize("layer", plain_groups.LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize(("signed", "bits", "n_low"), [(False, 16, 3), (True, 8, 0)])
def test_every_distribution_is_that_of_the_loops(layer, signed, bits, n_low):
    check(plain_groups.random_entry(layer, 7, signed=signed, bits=bits, n_low=n_low))


def test_computed_weights_belong_to_their_input():
    check(plain_groups.random_entry(plain_groups.LAYERS[0], 8, signed=True, own_weights=True))


def test_the_loops_notice_uses_that_are_not_counted(monkeypatch):
    monkeypatch.setattr(groups, "position_uses", lambda layer: np.ones((layer.H, layer.W), int))
    with pytest.raises(AssertionError):
        check(plain_groups.random_entry(plain_groups.LAYERS[0], 9, signed=False))


def small_entry() -> TraceLayer:
    """One channel, 1 x 3 positions, filters of 1 x 2 without padding: windows (0, 1) and (1, 2)."""
    layer = ConvLayer("small", C=1, H=1, W=3, K=1, R=1, S=2)
    acts = np.array([[0, 4, 1], [0, 0, 6]]).reshape(2, 1, 3, 1)
    return TraceLayer(layer, "Conv", acts, np.array([3, -1]).reshape(1, 1, 2, 1), Format(8, False, 3), Format(8, True, 2))


def test_a_layer_by_hand():
    found = layer_statistics(small_entry(), (16, 32))
    # position 1 is read twice, the others once; input 0 has 0, 4 (3 bits), 1 (1 bit), input 1 has 0, 0, 6 (3 bits)
    assert found.acts.values.counts.tolist() == [4, 1, 0, 3, 0, 0, 0, 0, 0]
    assert found.acts.values.mean == 10 / 8
    assert found.acts.values.mean_cycles == 14 / 8
    assert found.acts.values.cumulative.tolist() == [0.5, 0.625, 0.625, 1, 1, 1, 1, 1, 1]
    # 32: both windows together: (0, 4), (4, 1) of input 0 and (0, 0), (0, 6) of input 1
    assert found.acts.groups[32].counts.tolist() == [1, 0, 0, 3, 0, 0, 0, 0, 0]
    assert found.acts.groups[32].spared == 3  # 4 = 100b spares 2, 6 = 110b spares 1, 4 | 1 none
    assert (found.acts.static, found.acts.dynamic) == (3, (3, 3))
    assert found.acts.reduction(found.acts.groups[32]) == 1 - (9 / 4) / 4
    # weights 3 and -1 take 3 and 2 bits with their sign; 0, 4 meet 3 and 4, 1 meet -1, and so on
    assert found.product_bits == (0 + 3) * 3 + (3 + 1) * 2 + (0 + 0) * 3 + (0 + 3) * 2
    assert found.products == 8


def test_pallets_are_what_dstripes_detects():
    layer = ConvLayer("pallets", C=32, H=8, W=8, K=16, R=3, S=3)  # no padding: every step holds activations
    rng = np.random.default_rng(3)
    acts = rng.integers(0, 4000, (1, 8, 8, 32)) >> rng.integers(0, 12, (1, 8, 8, 1))
    weights = rng.integers(-90, 90, (16, 3, 3, 32))
    entry = TraceLayer(layer, "Conv", acts, weights, Format(16, False, 11), Format.holding(weights, 16, True))
    found = layer_statistics(entry, (256,)).acts.groups[256]
    cycles = layer_cycles_of(layer, load_config("dstripes16"), acts[0])
    assert found.uses == cycles.pallets * cycles.steps
    assert found.mean_cycles == pytest.approx(cycles.mean_p_a)


def test_a_network_weighs_layers_by_their_products():
    one = small_entry()  # 4 products, 10 / 8 bits a value
    layer = ConvLayer("one", C=4, H=1, W=1, K=3, R=1, S=1)  # 12 products
    acts = np.array([[1, 1, 1, 1], [3, 3, 0, 0]]).reshape(2, 1, 1, 4)
    two = TraceLayer(layer, "Gemm", acts, np.full((3, 1, 1, 4), 1), Format(8, False, 1), Format(8, True, 1))
    found = network_statistics(Trace("pair", (one, two), source="", quantiser=""), (16,))
    assert found.per_value("acts") == pytest.approx((4 * 10 / 8 + 12 * 8 / 8) / 16)
    assert found.profile("acts") == (4 * 4 + 12 * 2) / 16
    assert found.per_input("acts") == (4 * 3 + 12 * 1.5) / 16
    assert found.both == pytest.approx(1 - (4 * 23 / 8 + 12 * 2.0) / (4 * 4 * 3 + 12 * 2 * 2))
    # of size 16, input 0: 4 twice, 1 once; input 1: 6 once; layer "one": 1 and 3
    spared = (4 * (2 * 2 + 0 + 1) / 8 + 12 * 0) / 16
    assert found.low_gain("acts", 16) == pytest.approx(spared / ((4 * 10 / 8 + 12 * (1 + 2) / 2) / 16))


def test_an_all_zero_layer_needs_no_bits():
    layer = ConvLayer("zeros", C=16, H=2, W=2, K=1, R=1, S=1)
    zeros = np.zeros((1, 2, 2, 16), int)
    entry = TraceLayer(layer, "Conv", zeros, np.zeros((1, 1, 1, 16), int), Format(8, False, 0), Format(8, True, 0))
    found = network_statistics(Trace("zeros", (entry,), source="", quantiser=""))
    assert found.per_group("acts", 256) == found.per_value("weights") == found.low_gain("acts", 16) == 0
    assert found.layers[0].acts.groups[16].mean_cycles == 1
    assert found.layers[0].acts.groups[16].low_gain == 0


def test_one_layer_of_a_trace_and_progress():
    trace = Trace("t", (small_entry(),), source="", quantiser="")
    told = []
    network_statistics(trace, (16,), report=lambda done, everything: told.append((done, everything)))
    assert told == [(1, 1)]
    assert network_statistics(trace, (32, 16, 32), layer="small").sizes == (16, 32)
    with pytest.raises(TraceError, match="has no layer 'big': use one of small"):
        network_statistics(trace, layer="big")


@pytest.mark.parametrize("size", [0, 8, 24, -16])
def test_groups_are_whole_bricks(size):
    with pytest.raises(ValueError, match=f"group size {size}: must be a positive multiple of 16"):
        layer_statistics(small_entry(), (16, size))
