# SPDX-License-Identifier: Apache-2.0
"""Figure 1: how precisions are distributed; Figure 5b: pruned networks on DStripes and SCNN."""

from __future__ import annotations

from models.cycles.network import folds
from models.paper.context import Context
from models.paper.items.speedups import CONV, speedup
from models.paper.published import quoted
from models.paper.results import Bars, Item, Row
from models.scnn import load_densities, pruned_networks, scnn_estimate, total, trace_layer_cycles
from models.statistics import GROUP_SIZES, NetworkStatistics
from models.statistics.layers import layer_statistics

SCNN_TILES = 4  # of BASE and DStripes with the peak of SCNN: 1,024 multipliers
LAYERS = {"act": "acts", "weight": "weights"}


def _means(found: NetworkStatistics, tensor: str) -> dict[str, float]:
    """Return the mean bits by what shares a precision, from the layer down to the value."""
    groups = {f"groups of {size}": found.per_group(tensor, size) for size in reversed(GROUP_SIZES)}
    return {"layer (profile)": found.profile(tensor), "layer, per input": found.per_input(tensor), **groups} | {
        "value": found.per_value(tensor)
    }


def _low_gain(found: NetworkStatistics, name: str) -> Row:
    quantity = "bits that a dynamic n_L would spare, activations, groups of 16"
    gain, most = found.low_gain("acts", 16), quoted("dynamic_n_low_gain").value
    return Row(name, quantity, most, gain, "networks", "fraction", limit="at most")


def _first_layer(context: Context) -> list[Row]:
    """GoogLeNet's first layer in groups of 256: what the paper says of it in words."""
    entry = next(context.synthetic_layers("GoogLeNet"))
    spread = layer_statistics(entry, (256,)).acts.groups[256]
    rows = []
    for bits in (5, 6):
        share = float(spread.counts[bits] / spread.uses)
        printed = quoted(f"googlenet_conv1_at_{bits}_bits").value
        rows.append(Row("GoogLeNet conv1", f"groups of 256 that need {bits} bits", printed, share, "synthetic", "fraction"))
    return rows


def figure1(context: Context) -> Item:
    """Precisions by the size of the group that shares one."""
    rows, charts = [], []
    for what, tensor in LAYERS.items():
        series: dict[str, list[float]] = {}
        for name in context.own_networks:
            for label, bits in _means(context.statistics(name), tensor).items():
                rows.append(Row(name, f"{what} precision, {label}", None, bits, "networks", "bits"))
                series.setdefault(label, []).append(bits)
        wanted = ("layer (profile)", "layer, per input", "groups of 256", "groups of 16", "value")
        bars = {label: tuple(series[label]) for label in wanted}
        charts.append(Bars(f"Mean {what} precision of our networks", context.own_networks, bars, "bits"))
    rows += [_low_gain(context.statistics(name), name) for name in context.own_networks]
    return Item("figure1", (*_first_layer(context), *rows), tuple(charts))


def _estimates() -> list[Row]:
    """SCNN on networks whose densities are published."""
    rows = []
    for name in pruned_networks():
        convolutions = [one for one in load_densities(name) if not one.layer.fully_connected]
        found = total(
            name, [scnn_estimate(one.layer, one.acts, one.weights, fold=folds(one.layer)) for one in convolutions], inputs=1
        )
        note = "from published densities, as if they were even: an upper bound"
        rows.append(Row(name, "SCNN over BASE, convolutions", None, found.speedup, "paper", note=note))
    return rows


def figure5b(context: Context) -> Item:
    """SCNN and DStripes on pruned networks."""
    rows = [
        Row("mean", "DStripes over BASE", quoted("pruned_dstripes_speedup").value, None, "networks"),
        Row("mean", "SCNN over BASE", quoted("pruned_scnn_speedup").value, None, "networks"),
        *_estimates(),
        Row("AlexNet", "DStripes over BASE, dense", None, speedup(context.cycles["AlexNet"], "dstripes", CONV), "paper"),
    ]
    labels, series = [], {"SCNN": [], "DStripes": []}
    for name in context.own_networks:
        layers = [layer for layer in context.trace(name).layers if not layer.layer.fully_connected]
        if not layers:
            continue
        sparse = total(name, [each for layer in layers for each in trace_layer_cycles(layer)])
        dynamic = speedup(context.own_cycles(name, SCNN_TILES), "dstripes", CONV)
        rows.append(Row(name, "DStripes over BASE", None, dynamic, "networks"))
        rows.append(Row(name, "SCNN over BASE", None, sparse.speedup, "networks"))
        labels.append(name)
        series["SCNN"].append(sparse.speedup)
        series["DStripes"].append(dynamic)
    chart = Bars("Convolutions of our networks, speedup over BASE", tuple(labels), {k: tuple(v) for k, v in series.items()})
    return Item("figure5b", tuple(rows), (chart,))
