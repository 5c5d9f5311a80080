# SPDX-License-Identifier: Apache-2.0
"""SCNN among the designs that are compared layer by layer."""

from __future__ import annotations

import pytest

from models.cycles.designs import DesignError, named_designs
from models.cycles.network import folded_entry, trace_cycles
from models.layer import LayerError
from models.layer_precisions import LayerPrecisions
from models.scnn import ScnnConfig, ScnnDesign, scnn_cycles
from models.scnn.design import grid
from models.traces import network_trace


def test_rows_are_those_of_the_layers():
    trace = network_trace("digits", 2)
    found = trace_cycles(trace, designs=named_designs(["base", "scnn"], 16))
    rows = [row for row in found.rows if row.design == "scnn"]
    assert [row.layer for row in rows] == [entry.name for entry in trace.layers]
    for row, entry in zip(rows, trace.layers, strict=True):
        parts = [scnn_cycles(entry.layer, entry.acts_of(i), entry.weights_of(i)) for i in range(2)]
        assert row.per_input == tuple(part.cycles for part in parts)
        assert row.base_cycles == sum(part.base_cycles for part in parts)
        assert (row.cycles, row.tiles, row.exact) == (sum(row.per_input), 4, False)
        assert row.bound_cycles + row.stalls["halo"] == row.cycles
    assert set(found.total()) == {"base", "scnn"}


def test_folding_makes_no_other_products():
    trace = network_trace("digits", 1)
    strided = next(entry for entry in trace.layers if entry.layer.stride > 1)
    folded = folded_entry(strided)
    plain, other = (scnn_cycles(each.layer, each.acts_of(0), each.weights_of(0)) for each in (strided, folded))
    assert plain.products == other.products
    assert ScnnDesign(16).from_tensors(folded, "dynamic", tiles=4, folded=True).folded


def test_grids():
    assert [(grid(n).pe_rows, grid(n).pe_cols) for n in (1, 2, 3, 4, 16)] == [(4, 4), (4, 8), (6, 8), (8, 8), (16, 16)]
    assert grid(4) == ScnnConfig()
    assert all(grid(n).multipliers == 256 * n for n in range(1, 20))


def test_what_it_does_not_do():
    entry = network_trace("digits", 1).layers[0]
    with pytest.raises(LayerError, match="on scnn: needs tensors"):
        ScnnDesign(16).from_precisions(entry.layer, LayerPrecisions(), "paper")
    with pytest.raises(DesignError, match="'scnn' has 16 bits"):
        named_designs(["scnn"], 8)
