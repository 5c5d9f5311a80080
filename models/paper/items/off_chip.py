# SPDX-License-Identifier: Apache-2.0
"""Figures 6 to 9: off-chip traffic, and what off-chip memories leave of the performance."""

from __future__ import annotations

from models.config import load_config
from models.memory import PAPER_MEMORIES, Hierarchy, MemoryResult, load_technology, part
from models.memory.network import SCHEMES, load_network
from models.memory.sweep import sweep
from models.networks.imagenet import load_topology
from models.paper.context import Context
from models.paper.published import quoted
from models.paper.results import Bars, Item, Row
from models.traces import Trace
from models.traffic import trace_traffic

TILES, AM_KIB, WM_KIB = 16, (512, 1024, 4096), 320  # the chip of sections 5.1 and 6.4; sizes of the activation memory
SHOWN = {"profile": "profile", "zero_rle": "zero run lengths", "dpred_64": "DPRed, padded", "dpred_1": "DPRed, packed"}
WORDS = {"none": "no compression", "profile": "profile", "dpred": "DPRed"}


def _traffic(trace: Trace, name: str, basis: str, quoted_for: dict[str, float], suffix: str = "") -> list[Row]:
    """Traffic of a network in each scheme, relative to none."""
    total = trace_traffic(trace).total()
    rows = [
        Row(name, f"traffic, {words}{suffix}", quoted_for.get(scheme), total[scheme]["ratio"], basis, "fraction")
        for scheme, words in SHOWN.items()
    ]
    share = total["dpred_1"]["metadata_share"]
    return [*rows, Row(name, f"part of DPRed's traffic that is metadata{suffix}", None, share, basis, "fraction")]


def _mean(rows: list[Row], scheme: str, name: str, printed: float) -> Row:
    """The mean of a scheme over networks beside the printed one."""
    found = [row.ours for row in rows if row.quantity == f"traffic, {SHOWN[scheme]}"]
    return Row("mean", f"traffic, {name}", printed, sum(found) / len(found), rows[0].basis, "fraction")


def figure6(context: Context) -> Item:
    """Off-chip traffic relative to no compression."""
    synthetic = []
    for network in context.cycles:
        context.report(f"traffic of synthetic {network}")
        printed = {"dpred_1": quoted("traffic_googlenet").value} if network == "GoogLeNet" else {}
        trace = Trace(network, tuple(context.synthetic_layers(network)), "synthetic", "none")
        synthetic += _traffic(trace, network, "synthetic", printed)
    rows = [
        _mean(synthetic, "dpred_1", "DPRed, packed", quoted("traffic_16b").value),
        _mean(synthetic, "profile", "profile", quoted("traffic_profile").value),
        *synthetic,
    ]
    for name in context.own_networks:
        rows += _traffic(context.trace(name), name, "networks", {})
        rows += _traffic(context.trace(name, "aware8"), name, "networks", {}, ", 8 bits precision-aware")
    return Item("figure6", tuple(rows), (_chart("Traffic of synthetic data, part of uncompressed", synthetic),))


def _chart(title: str, rows: list[Row]) -> Bars:
    labels = tuple(dict.fromkeys(row.network for row in rows))
    found = {(row.network, row.quantity): row.ours for row in rows}
    series = {words: tuple(found[label, f"traffic, {words}"] for label in labels) for words in SHOWN.values()}
    return Bars(title, labels, series, "fraction")


def _results(network: str, config_name: str, tiles: int, sizes: tuple[int, ...]) -> list[MemoryResult]:
    config = load_config(config_name)
    found = load_network(load_topology(network), config, tiles)
    chips = [Hierarchy(size, WM_KIB, tiles) for size in sizes]
    memories = [load_technology(name) for name in PAPER_MEMORIES]
    return sweep(found.layers, found.traffic, config, memories, chips, SCHEMES)


def _performance(context: Context, config: str, *, convolutions: bool, sizes: tuple[int, ...]) -> tuple[list[Row], list[Bars]]:
    """Performance relative to INF of each network on each memory: rows, and a chart of the means at the largest AM."""
    rows: list[Row] = []
    means: dict[tuple[str, str], list[float]] = {}
    for network in context.cycles:
        for result in _results(network, config, TILES, sizes):
            found = part(result, fully_connected=False) if convolutions else result
            where = f"{result.memory.name}, AM {result.chip.am_kib} KiB, {WORDS[result.scheme]}"
            rows.append(Row(network, where, None, found.performance, "paper", "fraction"))
            if result.chip.am_kib == sizes[-1]:
                means.setdefault((result.memory.name, result.scheme), []).append(found.performance)
    labels = tuple(PAPER_MEMORIES)
    series = {
        words: tuple(sum(means[memory, scheme]) / len(means[memory, scheme]) for memory in labels)
        for scheme, words in WORDS.items()
    }
    return rows, [Bars(f"Mean performance, part of that with all data on chip, AM {sizes[-1]} KiB", labels, series, "fraction")]


def figure7(context: Context) -> Item:
    """DStripes on off-chip memories, convolutional layers."""
    rows, charts = _performance(context, "dstripes16", convolutions=True, sizes=AM_KIB)
    hbm = [row.ours for row in rows if row.quantity == f"hbm, AM {AM_KIB[-1]} KiB, {WORDS['dpred']}"]
    least = quoted("hbm_of_ideal").value
    first = Row("smallest", "hbm, DPRed, of the ideal", least, min(hbm), "paper", "fraction", limit="at least")
    return Item("figure7", (first, *rows), tuple(charts))


def figure8(context: Context) -> Item:
    """DStripes on off-chip memories, all layers."""
    rows, charts = _performance(context, "dstripes16", convolutions=False, sizes=AM_KIB[-1:])
    return Item("figure8", tuple(rows), tuple(charts))


def figure9(context: Context) -> Item:
    """Loom with static and with dynamic precisions, LPDDR4-4267, convolutional layers."""
    rows, labels, series = [], [], {"static": [], "dynamic": []}
    for network in context.cycles:
        found = [row for row in context.cycles[network].rows if row.design == "dpr_loom" and row.part == "convolutions"]
        acts = context.profiles(network)
        base = sum(row.base_bound for row in found)
        static = sum(row.base_bound * acts[row.layer] for row in found) * context.weight_profile(network) / 256
        dynamic = sum(row.base_bound * row.p_a * row.p_w for row in found) / 256
        for kind, cycles in (("static", static), ("dynamic", dynamic)):
            series[kind].append(base / cycles)
            rows.append(Row(network, f"Loom over BASE, {kind}", None, base / cycles, "paper"))
        memory = next(
            result
            for result in _results(network, "dpr_loom16", 1, AM_KIB[-1:])
            if (result.memory.name, result.scheme) == ("lpddr4-4267", "dpred")
        )
        on_memory = part(memory, fully_connected=False).performance
        rows.append(Row(network, "dynamic, part that LPDDR4-4267 leaves", None, on_memory, "paper", "fraction"))
        labels.append(network)
    chart = Bars("Loom over BASE of the same peak, convolutions", tuple(labels), {k: tuple(v) for k, v in series.items()})
    return Item("figure9", tuple(rows), (chart,))
