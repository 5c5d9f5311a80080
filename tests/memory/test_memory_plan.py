# SPDX-License-Identifier: Apache-2.0
"""How often tensors cross the chip's boundary: layers small enough to follow by hand, and the paper's sizes."""

from __future__ import annotations

import pytest

from models.config import load_config
from models.layer import ConvLayer
from models.memory import Hierarchy, MemoryModelError, need, plan
from models.networks.imagenet import load_topology

DSTRIPES = load_config("dstripes16")
KIB = 1024  # bytes

# 32 rows of 32 x 16 values of 2 bytes: 1 KiB a row, 32 KiB in, 64 KiB out; 32 filters of 288 bytes, two passes of 16 on a tile
LAYER = ConvLayer("layer", C=16, H=32, W=32, K=32, R=3, S=3, pad=1)
NEXT = ConvLayer("next", C=32, H=32, W=32, K=16, R=1, S=1)  # 64 KiB in, 32 KiB out


def repeats(layer: ConvLayer, am_kib: int | None, wm_kib: int | None, bits=(1.0, 1.0)):
    found = plan([need(layer, DSTRIPES, 1)], Hierarchy(am_kib, wm_kib, 1), [bits])[0]
    return found.weights, found.acts, found.outputs


def test_needs():
    one = need(LAYER, DSTRIPES, 1)
    assert (one.acts, one.outputs, one.weights) == (32 * KIB * 8, 64 * KIB * 8, 32 * 288 * 8)
    assert (one.row, one.passes, one.pallets, one.pass_weights) == (KIB * 8, 2, 64, 16 * 288 * 8)
    assert need(LAYER, DSTRIPES, 2).passes == 1


def test_a_layer_alone_moves_each_value_once():
    assert repeats(LAYER, None, None) == (1, 1, 1)
    assert repeats(LAYER, 96, 9) == (1, 1, 1)


def test_rows_slide_through_an_am_that_holds_a_window_and_the_next_row():
    assert repeats(LAYER, 95, 9) == (1, 1, 1)  # all 9 KiB of weights stay
    assert repeats(LAYER, 4, 9) == (1, 1, 1)  # R + stride = 4 rows
    assert repeats(LAYER, 3, 9) == (1, 3, 1)  # each of 32 output rows reads its 3


def test_weights_or_activations_come_again():
    """8 KiB hold a pass of 4.5 KiB, not both; the AM holds 3 + n rows for n output rows at a time."""
    wide = 10**9  # weights so large that reading them again is out of the question
    assert repeats(LAYER, 11, 9 - 1, (wide, 1)) == pytest.approx((1 + 63 * (1 - 4 / 4.5), 2, 1))
    # 8 rows of outputs at a time: 4 bands of 16 pallets
    assert repeats(LAYER, 11, 9 - 1, (1, wide)) == pytest.approx((4 * (1 + 15 * (1 - 4 / 4.5)), 1, 1))
    assert repeats(LAYER, 3, 9 - 1, (1, wide)) == pytest.approx((32 * (1 + 1 * (1 - 4 / 4.5)), 3, 1))


def test_weights_of_a_pass_that_do_not_stay_come_again_for_each_pallet():
    assert repeats(LAYER, 96, 8) == pytest.approx((1 + 63 * (1 - 4 / 4.5), 1, 1))
    assert repeats(LAYER, 96, 1) == pytest.approx((1 + 63 * (1 - 0.5 / 4.5), 1, 1))
    fully = ConvLayer("fc", C=256, H=6, W=6, K=4096, R=6, S=6)
    assert repeats(fully, 96, 1) == (1, 1, 1)  # one pallet: no weight is used twice


def test_activations_stay_between_layers_that_both_fit():
    needs = [need(LAYER, DSTRIPES, 1), need(NEXT, DSTRIPES, 1), need(NEXT, DSTRIPES, 1)]
    bits = [(1.0, 1.0)] * 3
    found = plan(needs, Hierarchy(96, 64, 1), bits)
    assert [(each.acts, each.outputs) for each in found] == [(1, 0), (0, 0), (0, 1)]
    assert [each.rule for each in found] == ["read once", "on chip", "on chip"]
    found = plan([needs[1], need(ConvLayer("big", 16, 64, 64, 16, 1, 1), DSTRIPES, 1), needs[1]], Hierarchy(96, 64, 1), bits)
    assert [(each.acts, each.outputs) for each in found] == [(1, 1), (1, 1), (1, 1)]


@pytest.mark.parametrize("network", ["AlexNet", "NiN", "GoogLeNet", "VGG_S", "VGG_M", "VGG_19"])
def test_the_papers_weight_memory_reads_each_weight_once(network):
    """Section 6.4: 320 KB of WM per tile are enough for DStripes to read each weight once per layer."""
    layers = load_topology(network).layers
    for am_kib in (1 << 20, 4096, 256):
        found = plan([need(each, DSTRIPES, 16) for each in layers], Hierarchy(am_kib, 320, 16), [(1.0, 1.0)] * len(layers))
        assert {each.weights for each in found} == {1.0}
    small = plan([need(each, DSTRIPES, 16) for each in layers], Hierarchy(4096, 64, 16), [(1.0, 1.0)] * len(layers))
    assert max(each.weights for each in small) > 1


@pytest.mark.parametrize("fields", [(0, 1, 1), (1, -1, 1), (1, 1, 0), (1.5, 1, 1), (True, 1, 1)])
def test_illegal_sizes(fields):
    with pytest.raises(MemoryModelError, match="must be an integer of at least 1"):
        Hierarchy(*fields)
