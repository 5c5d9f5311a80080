# SPDX-License-Identifier: Apache-2.0
"""Every item of the paper's page: all are computed, and their numbers are those of plain loops over the layers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import pytest

from models.networks.imagenet import load_topology
from models.paper.context import Context
from models.paper.items import ITEMS
from models.paper.items.eight_bits import oblivious
from models.paper.precisions import paper_networks, paper_precisions
from models.paper.results import Item, item_names
from models.traces import Trace, TraceLayer, network_trace

ROWS, COLS, TILES = 16, 16, 16


class Small(Context):
    """A context of one small network, and of the last synthetic layer of each of the paper's networks."""

    @property
    def own_networks(self) -> tuple[str, ...]:
        return ("digits",)

    def synthetic_layers(self, network: str) -> Iterator[TraceLayer]:
        layer = load_topology(network).convolutions[-1]
        yield self._synthetic(network, layer, paper_precisions(network).of(layer.name))


def tracer(_network: str, quantiser: str, inputs: int) -> Trace:
    """The stored digits network, its values in 8 bits where a quantiser of 8 bits is asked for."""
    trace = network_trace("digits", min(inputs, 2))
    return trace if quantiser == "fixed16" else eight_bits(trace)


def eight_bits(trace: Trace) -> Trace:
    return Trace(
        trace.name,
        tuple(map(oblivious, trace.layers)),
        trace.source,
        "8 bits",
        {"metric": "top1", "float": 1.0, "quantised": 0.5},
    )


@pytest.fixture(scope="module")
def items() -> dict[str, Item]:
    context = Small(tracer)
    return {item.name: item for item in (make(context) for make in ITEMS)}


def ours(item: Item, network: str, quantity: str, basis: str = "paper") -> float:
    (found,) = [row.ours for row in item.rows if (row.network, row.quantity, row.basis) == (network, quantity, basis)]
    return found


def test_every_item_is_computed_once(items: dict[str, Item]) -> None:
    assert sorted(items) == sorted(item_names())
    assert len(ITEMS) == len(items)


def test_numbers_are_numbers(items: dict[str, Item]) -> None:
    for item in items.values():
        for row in item.rows:
            assert row.ours is None or (math.isfinite(row.ours) and row.ours >= 0), (item.name, row)
            assert row.unit != "fraction" or row.ours is None or row.ours <= 2, (item.name, row)
        for chart in item.charts:
            assert all(len(values) == len(chart.labels) for values in chart.series.values())


def test_what_is_not_reproduced_has_no_numbers_of_ours(items: dict[str, Item]) -> None:
    for item in items.values():
        if item.about.reproduced == "no":
            assert all(row.ours is None or row.basis == "arithmetic" for row in item.rows), item.name
        else:
            assert any(row.ours is not None for row in item.rows), item.name


# ---- against loops over layers


@cache
def layers(network: str) -> list[tuple[int, int, float, int]]:
    """(BASE's steps, serial steps, effective precision, profile) of each convolution on 16 tiles, the first one folded."""
    found, known = [], paper_precisions(network)
    for index, layer in enumerate(load_topology(network).convolutions):
        height, width, channels = layer.R, layer.S, layer.C // layer.groups
        if index == 0 and layer.stride > 1:
            height, width = -(-layer.R // layer.stride), -(-layer.S // layer.stride)
            channels *= layer.stride**2
        heights = (layer.H + 2 * layer.pad - layer.R) // layer.stride + 1
        windows = heights * ((layer.W + 2 * layer.pad - layer.S) // layer.stride + 1)
        steps = layer.groups * -(-(layer.K // layer.groups) // (ROWS * TILES)) * height * width * -(-channels // 16)
        of = known.of(layer.name)
        found.append((steps * windows, steps * -(-windows // COLS), of.acts, of.act_profile))
    return found


@pytest.mark.parametrize("network", paper_networks())
def test_speedups_of_convolutions(items: dict[str, Item], network: str) -> None:
    base = sum(each[0] for each in layers(network))
    dynamic = base / sum(math.ceil(each[1] * round(100 * each[2]) / 100 - 1e-9) for each in layers(network))
    static = base / sum(each[1] * each[3] for each in layers(network))
    assert ours(items["figure5a"], network, "DStripes over BASE") == pytest.approx(dynamic, rel=1e-5)
    assert ours(items["figure5a"], network, "Stripes over BASE") == pytest.approx(static, rel=1e-5)
    printed = [
        row for row in items["table5"].rows if (row.network, row.quantity, row.basis) == (network, "convolutions", "paper")
    ]
    assert all(row.ours == pytest.approx(dynamic, rel=1e-5) for row in printed)


@pytest.mark.parametrize("network", paper_networks())
def test_reductions_and_ideal_speedups(items: dict[str, Item], network: str) -> None:
    base = sum(each[0] for each in layers(network))
    effective, profile = (sum(each[0] * each[column] for each in layers(network)) / base for column in (2, 3))
    reduction = ours(items["table1"], network, "reduction against Table 3", "arithmetic")
    assert reduction == pytest.approx(1 - effective / profile)
    ideal = [
        row.ours for row in items["table3"].rows if (row.network, row.quantity) == (network, "ideal speedup, convolutions")
    ]
    assert all(value == pytest.approx(16 / profile) for value in ideal)


def test_figures_that_are_known_to_come_out(items: dict[str, Item]) -> None:
    """By hand from Tables 1 and 3: what others found with the same reading of the paper."""
    figure = items["figure5a"]
    for network, expected in {"AlexNet": 2.694, "VGG_S": 3.256, "VGG_M": 3.134, "VGG_19": 1.700}.items():
        assert ours(figure, network, "DStripes over BASE") == pytest.approx(expected, abs=1e-3)
    assert ours(figure, "mean", "DStripes over BASE") == pytest.approx(2.606, abs=1e-3)
    assert ours(figure, "geometric mean", "DStripes over BASE") == pytest.approx(2.549, abs=1e-3)


def test_bounds_of_networks_without_shapes(items: dict[str, Item]) -> None:
    assert ours(items["table5"], "NeuralTalk", "fully connected") == pytest.approx(16 / 11)
    assert ours(items["table7"], "NeuralTalk", "2-bit over BASE, fully connected") == pytest.approx(16 / 12)


def test_areas_follow_from_the_printed_parts(items: dict[str, Item]) -> None:
    whole = (58.60 + 48.11 + 3.66 + 3.66 + 7.13 + 0.39) / (17.85 + 48.11 + 3.66 + 3.66 + 7.13)
    assert ours(items["table6"], "TRT", "area of the chip over BASE", "arithmetic") == pytest.approx(whole)
    assert ours(items["table6"], "TRT", "area of the inner-product units over BASE", "arithmetic") == pytest.approx(
        58.60 / 17.85
    )


def test_own_networks_are_beside_the_papers(items: dict[str, Item]) -> None:
    """The exact cycles of the trace that the context has, not of another one."""
    speedup = ours(items["figure5a"], "digits", "DStripes over BASE", "networks")
    assert 2 < speedup < 2.7


def test_oblivious_codes_fill_the_range() -> None:
    layer = network_trace("digits", 1).layers[1]
    codes = oblivious(layer)
    largest = int(layer.acts.max())
    assert int(codes.acts.max()) == 255
    expected = [round(255 * int(value) / largest) for value in layer.acts.ravel()[:200]]
    assert [int(value) for value in codes.acts.ravel()[:200]] == pytest.approx(expected, abs=0.5)
