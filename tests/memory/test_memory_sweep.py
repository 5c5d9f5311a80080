# SPDX-License-Identifier: Apache-2.0
"""Tensors as they travel, and tables over memories, sizes and schemes."""

from __future__ import annotations

import json
import math

import pytest

from models.config import load_config
from models.cycles import layer_cycles_of
from models.layer import ConvLayer
from models.memory import Hierarchy, MemoryModelError, load_technology, on_chip_reads
from models.memory.network import SCHEMES, Computed, in_order, load_network, memory_layers
from models.memory.sweep import document, on_chip_energy, sweep
from models.networks.imagenet import load_topology
from models.traces import network_trace

DSTRIPES = load_config("dstripes16")
CONV = ConvLayer("conv", C=16, H=8, W=8, K=16, R=3, S=3, pad=1)
POOLED = ConvLayer("pooled", C=16, H=4, W=4, K=8, R=4, S=4)  # reads a quarter of what conv makes
NETWORK = [Computed(CONV, 1000.0), Computed(POOLED, 10.0)]


class Table:
    """Traffic from a table: a weight has 10 bits, an activation 4, of scheme none all 16."""

    def bits(self, layer: str, tensor: str, scheme: str) -> float:
        shape = {each.layer.name: each.layer for each in NETWORK}[layer]
        values = {"weights": shape.K * shape.products, "acts": shape.H * shape.W * shape.C, "outputs": shape.windows * shape.K}
        return values[tensor] * {"none": {}, "profile": {"weights": 10}, "dpred": {"weights": 10, "acts": 4, "outputs": 4}}[
            scheme
        ].get(tensor, 16)


def test_tensors_as_they_travel():
    first, last = memory_layers(NETWORK, Table(), "dpred")
    assert (first.bits.weights, first.bits.acts, first.bits.outputs) == (2304 * 10, 1024 * 4, 1024 * 4)
    assert (last.bits.weights, last.bits.acts, last.bits.outputs) == (2048 * 10, 256 * 4, 8 * 4)
    assert (first.layer, first.compute) == (CONV, 1000)


def test_unknown_scheme():
    with pytest.raises(MemoryModelError, match="scheme 'zip': not known for this network: use one of none, profile, dpred"):
        memory_layers(NETWORK, Table(), "zip")


def test_a_trace_has_its_own_cycles_and_traffic():
    trace = network_trace("digits", 2)
    found = load_network(trace, DSTRIPES, 1)
    assert [each.layer for each in found.layers] == [entry.layer for entry in trace.layers]
    for each, entry in zip(found.layers, trace.layers, strict=True):
        cycles = [
            layer_cycles_of(entry.layer, DSTRIPES, entry.acts_of(i), n_low=entry.act_format.n_low).cycles for i in range(2)
        ]
        assert each.cycles == sum(cycles) / 2
    weights = trace.layers[1].weights
    assert found.traffic.bits(trace.layers[1].name, "weights", "none") == weights.size * 16
    assert found.left_out == ()


def test_a_topology_has_the_papers():
    """AlexNet's conv3: 4.22 bits in 9 x 16 steps of 11 pallets, two passes of 256 filters; what has no precision is named."""
    found = load_network(load_topology("AlexNet"), DSTRIPES, 16)
    conv3 = found.layers[2]
    assert conv3.cycles == math.ceil(4.22 * 9 * 16 * 11 * 2)
    values = 384 * 256 * 9
    assert found.traffic.bits("conv3", "weights", "dpred") == pytest.approx(values * (7.62 + 20 / 16))
    assert load_network(load_topology("GoogLeNet"), DSTRIPES, 16).left_out == ("loss3/classifier",)


def test_layers_without_cycles_are_named():
    found, missing = in_order([CONV, POOLED], {"pooled": 3})
    assert ([each.layer.name for each in found], missing) == (["pooled"], ["conv"])


def test_every_combination_once():
    memories = [load_technology(name) for name in ("ddr4-3200", "hbm")]
    chips = [Hierarchy(am, 64, 1) for am in (1, 4)]
    results = sweep(NETWORK, Table(), DSTRIPES, memories, chips, SCHEMES)
    assert [(each.memory.name, each.chip.am_kib, each.scheme) for each in results] == [
        (memory, am, scheme) for memory in ("ddr4-3200", "hbm") for am in (1, 4) for scheme in SCHEMES
    ]
    traffic = {(each.memory.name, each.chip.am_kib, each.scheme): each.bits for each in results}
    # all in the AM: weights, the first inputs and the last outputs; the small one also writes and reads what is between
    assert traffic["hbm", 4, "none"] == (2304 + 1024 + 2048 + 8) * 16
    assert traffic["hbm", 1, "none"] == traffic["hbm", 4, "none"] + (1024 + 256) * 16
    assert traffic["ddr4-3200", 4, "dpred"] == (2304 + 2048) * 10 + 1024 * 4 + 8 * 4


def test_documents_are_json_and_add_up():
    result = sweep(NETWORK, Table(), DSTRIPES, [load_technology("lpddr4-4267")], [Hierarchy(4, 64, 1)], ["none"])[0]
    found = json.loads(json.dumps(document(result)))
    conv, fully = found["convolutions"], found["fully_connected"]
    assert found["cycles"] == conv["cycles"] + fully["cycles"]
    assert found["cycles"] == pytest.approx(found["compute"] + sum(found["stalls"].values()))
    assert found["energy_j"] == pytest.approx(found["bits"] * 8e-12)
    assert found["bits"] == sum(sum(each["bits"].values()) for each in found["layers"])
    assert [each["layer"] for each in found["layers"]] == ["conv", "pooled"]
    alone = sweep(NETWORK[:1], Table(), DSTRIPES, [load_technology("hbm")], [Hierarchy(4, 64, 1)], ["none"])[0]
    assert document(alone)["fully_connected"] is None


def test_on_chip_energy_is_the_sum_of_the_layers():
    assert on_chip_energy(NETWORK, DSTRIPES, 2) == sum(on_chip_reads(each.layer, DSTRIPES, 2).energy for each in NETWORK)
