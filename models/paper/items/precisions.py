# SPDX-License-Identifier: Apache-2.0
"""Tables 1 to 3: precisions. They are inputs of everything else; what can be checked are their sums, and the effect itself."""

from __future__ import annotations

from collections.abc import Callable

from models.layer_precisions import LayerPrecisions
from models.paper.context import Context
from models.paper.precisions import paper_precisions
from models.paper.published import table
from models.paper.results import Bars, Item, Row

P = 16


def _weighted(context: Context, network: str, part: str, value: Callable[[LayerPrecisions], float]) -> float:
    """Return the mean of numbers of a part's layers, weighted by the cycles that BASE takes for them."""
    rows = [row for row in context.cycles[network].rows if row.design == "base" and row.part == part]
    known = paper_precisions(network)
    return sum(row.cycles * value(known.of(row.layer)) for row in rows) / sum(row.cycles for row in rows)


def _own(context: Context, tensor: str) -> list[Row]:
    """The effective precision and its reduction against the profile for our networks."""
    rows = []
    for name in context.own_networks:
        found = context.statistics(name)
        effective = found.per_group(tensor, 16)
        rows.append(Row(name, "effective precision, groups of 16", None, effective, "networks", "bits"))
        reduction = 1 - effective / found.profile(tensor)
        rows.append(Row(name, "reduction against the layer's profile", None, reduction, "networks", "fraction"))
    return rows


def table1(context: Context) -> Item:
    """Effective activation precisions: the paper's reductions recomputed, and the effect in our networks."""
    rows = []
    for network, percent in table("table1", "reduction_pct").items():
        effective = _weighted(context, network, "convolutions", lambda known: known.acts)
        profile = _weighted(context, network, "convolutions", lambda known: known.act_profile)
        recalled = not paper_precisions(network).profile_in_paper
        note = "profile from another paper (Stripes), unverified" if recalled else ""
        quantity = "reduction against Table 3"
        rows.append(Row(network, quantity, percent / 100, 1 - effective / profile, "arithmetic", "fraction", note))
    return Item("table1", (*rows, *_own(context, "acts")))


def table2(context: Context) -> Item:
    """Effective weight precisions."""
    rows = [
        Row(
            network,
            "reduction against the profile",
            percent / 100,
            None,
            "arithmetic",
            "fraction",
            "the profile is not printed",
        )
        for network, percent in table("table2", "reduction_pct").items()
    ]
    return Item("table2", (*rows, *_own(context, "weights")))


def table3(context: Context) -> Item:
    """Profiles and the ideal speedup that follows."""
    rows = []
    for network, printed in table("table3", "conv_ideal").items():
        ideal = P / _weighted(context, network, "convolutions", lambda known: known.act_profile)
        rows.append(Row(network, "ideal speedup, convolutions", printed, ideal, "paper"))
    for network, printed in table("table3", "fc_ideal").items():
        rows.append(Row(network, "ideal speedup, fully connected", printed, connected_bound(context, network), "paper"))
    series = {"paper": tuple(row.theirs for row in rows[:4]), "ours": tuple(row.ours for row in rows[:4])}
    chart = Bars("Ideal speedup of convolutions, by profile", tuple(row.network for row in rows[:4]), series)
    return Item("table3", tuple(rows), (chart,))


ONE_PRECISION = {"NeuralTalk": 11, "Denoise": 12}  # Table 3, fully connected; shapes of the layers are not in the paper


def connected_bound(context: Context, network: str) -> float:
    """Return the ideal speedup of the fully connected layers, P / max(P_w, P_a), by the precisions of Table 3."""
    if network in ONE_PRECISION:
        return P / ONE_PRECISION[network]
    return P / _weighted(context, network, "fully_connected", lambda known: known.act_profile)
