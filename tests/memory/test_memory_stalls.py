# SPDX-License-Identifier: Apache-2.0
"""Stalls, performance and energy of small networks, worked out by hand."""

from __future__ import annotations

import pytest

from models.config import load_config
from models.layer import ConvLayer, LayerError
from models.memory import (
    Hierarchy,
    MemoryLayer,
    MemoryModelError,
    Technology,
    TensorBits,
    geometric_mean,
    network_stalls,
    on_chip_reads,
    part,
)

DSTRIPES = load_config("dstripes16")
TEN = Technology("ten", "10 bits a cycle", 98, 100, "", 5.0, "")  # 98 x 100 Mb/s = 9.8 Gb/s at 980 MHz
ALL = Hierarchy(None, None, 1)
CONV = ConvLayer("conv", C=16, H=8, W=8, K=16, R=3, S=3, pad=1)
FC = ConvLayer("fc", C=1024, H=1, W=1, K=16, R=1, S=1)


def two(conv: float, fc: float):
    return [
        MemoryLayer(CONV, conv, TensorBits(weights=600, acts=400, outputs=200)),
        MemoryLayer(FC, fc, TensorBits(weights=3000, acts=900, outputs=100)),
    ]


def test_a_layer_stalls_for_what_its_transfers_take_longer():
    """conv: 600 + 400 bits in, its outputs stay; fc: 3000 in and 100 out."""
    result = network_stalls(two(70, 500), DSTRIPES, TEN, ALL, "none")
    conv, fc = result.layers
    assert (conv.transfer, fc.transfer) == pytest.approx((100, 310))
    assert conv.stalls == pytest.approx({"weight_fetch": 30 * 0.6, "activation_fetch": 30 * 0.4, "output_drain": 0})
    assert sum(fc.stalls.values()) == 0
    assert (result.compute, result.cycles) == pytest.approx((570, 600))
    assert result.performance == pytest.approx(0.95)
    assert result.stalls == pytest.approx(conv.stalls)
    assert result.bits == 1000 + 3100
    assert result.prefetched == 570
    assert result.energy == pytest.approx(4100 * 5e-12)


def test_prefetching_over_the_whole_network_is_a_bound():
    result = network_stalls(two(10, 500), DSTRIPES, TEN, ALL, "none")
    assert result.cycles == pytest.approx(100 + 500)
    assert result.prefetched == pytest.approx(510)
    assert network_stalls(two(10, 10), DSTRIPES, TEN, ALL, "none").prefetched == pytest.approx(410)


def test_activations_that_do_not_fit_travel():
    """2 KiB each way: an AM of 3 KiB holds rows, but not inputs and outputs together; fc needs 2 KiB and fits."""
    result = network_stalls(two(0, 0), DSTRIPES, TEN, Hierarchy(3, None, 1), "none")
    assert [each.bits for each in result.layers] == [1200, 3000 + 900 + 100]
    assert result.layers[0].stalls == pytest.approx({"weight_fetch": 60, "activation_fetch": 40, "output_drain": 20})


def test_parts_of_a_network():
    result = network_stalls(two(70, 100), DSTRIPES, TEN, ALL, "none")
    assert part(result, fully_connected=False).cycles == pytest.approx(100)
    assert part(result, fully_connected=True).cycles == pytest.approx(310)
    assert part(network_stalls(two(1, 1)[:1], DSTRIPES, TEN, ALL, "none"), fully_connected=True) is None


def test_no_energy_without_a_source():
    memory = Technology("ten", "", 98, 100, "", None, "")
    assert network_stalls(two(1, 1), DSTRIPES, memory, ALL, "none").energy is None


def test_a_network_needs_a_layer():
    with pytest.raises(MemoryModelError, match="no layer to run"):
        network_stalls([], DSTRIPES, TEN, ALL, "none")


def test_geometric_mean():
    assert geometric_mean([1, 4, 16]) == pytest.approx(4)


def test_on_chip_reads_step_by_step():
    """conv on one tile: 4 pallets of 9 steps, each of 16 bricks and 16 rows of weights of 16 x 16 bits."""
    reads = on_chip_reads(CONV, DSTRIPES, 1)
    assert (reads.am, reads.wm) == (4 * 9 * 16 * 256, 4 * 9 * 16 * 256)
    base = on_chip_reads(CONV, load_config("base16"), 1)
    assert (base.am, base.wm) == (64 * 9 * 256, 64 * 9 * 16 * 256)
    assert base.energy == pytest.approx(64 * 9 * 256 * 17 * 100 / 64 * 1e-12)
    # fully connected on trt: 64 bricks meet 256 weights of 16 values each; 16 outputs need one row of columns
    serial = on_chip_reads(FC, load_config("trt16"), 1)
    assert (serial.am, serial.wm) == (64 * 256, 64 * 256 * 256)
    # two tiles share the activations of a pass, and have twice the weights
    wide = on_chip_reads(ConvLayer("wide", 16, 8, 8, 32, 3, 3, 1, 1), DSTRIPES, 2)
    assert (wide.am, wide.wm) == (4 * 9 * 16 * 256, 2 * 4 * 9 * 16 * 256)
    with pytest.raises(LayerError):
        ConvLayer("none", 0, 8, 8, 16, 3, 3)
