# SPDX-License-Identifier: Apache-2.0
"""Figure 5a, Tables 5 and 7: speedups over BASE, from the paper's precisions and of our networks."""

from __future__ import annotations

from models.config import load_config
from models.cycles.from_tensors import tensor_row
from models.cycles.network import NetworkCycles
from models.cycles.rows import total
from models.paper.context import Context, folded_first
from models.paper.items.precisions import ONE_PRECISION, connected_bound
from models.paper.published import GEOMEAN, quoted, table
from models.paper.results import Bars, Item, Row, geomean, with_geomean

CONV, CONNECTED = "convolutions", "fully_connected"
WORDS = {CONV: "convolutions", CONNECTED: "fully connected"}
TILES = 16  # of the paper's chip


def speedup(found: NetworkCycles, design: str, part: str | None) -> float | None:
    """Return a design's speedup over BASE in a part of a network (None: all), None when it has no such layers."""
    sums = found.total(part)
    return sums[design]["speedup"] if design in sums else None


def _own(context: Context, design: str, part: str, quantity: str) -> list[Row]:
    """A row for each of our networks that has such layers."""
    found = [(name, speedup(context.own_cycles(name), design, part)) for name in context.own_networks]
    return [Row(name, quantity, None, value, "networks") for name, value in found if value is not None]


def _means(networks: list[float], quantity: str, printed: float) -> list[Row]:
    """The paper does not say which mean its averages are: both."""
    arithmetic = sum(networks) / len(networks)
    return [
        Row("mean", quantity, printed, arithmetic, "paper", note="arithmetic"),
        Row("geometric mean", quantity, printed, geomean(networks), "paper"),
    ]


def synthetic_speedup(context: Context, network: str) -> float:
    """Return DStripes' speedup in the convolutions of a network with synthetic operands, detected over true groups of 256."""
    config, rows = load_config("dstripes16"), []
    for index, entry in enumerate(context.synthetic_layers(network)):
        layer = entry if index else folded_first(entry)
        rows.append(tensor_row(layer, config, "dstripes", "dynamic", tiles=TILES, folded=layer is not entry))
    return total(rows)["dstripes"]["bound_speedup"]


def figure5a(context: Context) -> Item:
    """Speedups of Stripes and DStripes over BASE in convolutional layers."""
    networks = tuple(context.cycles)
    speedups = {d: [speedup(context.cycles[n], d, CONV) for n in networks] for d in ("stripes", "dstripes")}
    rows = []
    for design, title in (("stripes", "Stripes"), ("dstripes", "DStripes")):
        quantity = f"{title} over BASE"
        rows += [Row(n, quantity, None, v, "paper") for n, v in zip(networks, speedups[design], strict=True)]
        rows += _means(speedups[design], quantity, quoted(f"{design}_speedup").value)
        rows += _own(context, design, CONV, quantity)
    over = [d / s for d, s in zip(speedups["dstripes"], speedups["stripes"], strict=True)]
    rows += _means(over, "DStripes over Stripes", quoted("dstripes_over_stripes").value)
    synthetic = []
    for network in networks:
        context.report(f"synthetic {network}")
        synthetic.append(synthetic_speedup(context, network))
        rows.append(Row(network, "DStripes over BASE, true groups of 256", None, synthetic[-1], "synthetic"))
    series = {
        "Stripes": tuple(speedups["stripes"]),
        "DStripes, Table 1": tuple(speedups["dstripes"]),
        "DStripes, true groups of 256": tuple(synthetic),
    }
    return Item("figure5a", tuple(rows), (Bars("Speedup over BASE in convolutions", networks, series),))


def table5(context: Context) -> Item:
    """DStripes with TRT over BASE."""
    connected, conv = table("table5", "fc_perf"), table("table5", "conv_perf")
    fc_rows = []
    for network, printed in connected.items():
        if network in ONE_PRECISION:
            ours, note = connected_bound(context, network), "bound: the paper has no shapes"
            fc_rows.append(Row(network, WORDS[CONNECTED], printed, ours, "paper", note=note))
        elif network != GEOMEAN:
            ours = speedup(context.cycles[network], "trt", CONNECTED)
            fc_rows.append(Row(network, WORDS[CONNECTED], printed, ours, "paper"))
    conv_rows = [
        Row(network, WORDS[CONV], printed, speedup(context.cycles[network], "trt", CONV), "paper")
        for network, printed in conv.items()
        if network != GEOMEAN
    ]
    rows = [*with_geomean(fc_rows, connected[GEOMEAN]), *with_geomean(conv_rows, conv[GEOMEAN])]
    rows += [row for part in (CONNECTED, CONV) for row in _own(context, "trt", part, WORDS[part])]
    charts = [
        Bars(
            f"TRT over BASE, {WORDS[part]}",
            tuple(row.network for row in found),
            {"paper": tuple(row.theirs for row in found), "ours": tuple(row.ours for row in found)},
        )
        for part, found in ((CONV, conv_rows), (CONNECTED, fc_rows))
    ]
    return Item("table5", tuple(rows), tuple(charts))


def table7(context: Context) -> Item:
    """The 2-bit variant."""
    rows = []
    for part, key in ((CONNECTED, "fc"), (CONV, "conv")):
        printed = {name: 1 + percent / 100 for name, percent in table("table7", f"{key}_vs_base_pct").items()}
        quantity, found = f"2-bit over BASE, {WORDS[part]}", []
        for network, value in printed.items():
            if network in ONE_PRECISION:
                even = -(-ONE_PRECISION[network] // 2) * 2
                found.append(Row(network, quantity, value, 16 / even, "paper", note="bound"))
            elif network != GEOMEAN:
                found.append(Row(network, quantity, value, speedup(context.cycles[network], "trt_2b", part), "paper"))
        rows += with_geomean(found, printed[GEOMEAN])
        for network, percent in table("table7", f"{key}_vs_1b_pct").items():
            if network in context.cycles:
                totals = context.cycles[network].total(part)
                ours = totals["trt_2b"]["speedup"] / totals["trt"]["speedup"]
                rows.append(Row(network, f"2-bit over 1-bit, {WORDS[part]}", 1 + percent / 100, ours, "paper"))
        rows += _own(context, "trt_2b", part, quantity)
    return Item("table7", tuple(rows))
