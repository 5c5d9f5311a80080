# SPDX-License-Identifier: Apache-2.0
"""Tables 8 to 10: networks quantised to 8 bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.config import load_config
from models.cycles.designs import configured
from models.cycles.from_tensors import tensor_row
from models.cycles.network import trace_cycles
from models.cycles.rows import total
from models.paper.context import Context, folded_first
from models.paper.items.speedups import CONV, TILES, speedup
from models.paper.published import GEOMEAN, table
from models.paper.results import Bars, Item, Row
from models.traces import Format, TraceLayer

QUANTISERS = {"oblivious8": "oblivious", "aware8": "precision-aware"}
CODES = 255  # the largest 8-bit code
DESIGNS = ("dstripes8", "trt8", "dpr_loom8")


def _own(context: Context, quantiser: str, design: str, part: str | None, quantity: str) -> list[Row]:
    """A row for each of our networks; part None: all layers."""
    rows, designs = [], configured([load_config(name) for name in DESIGNS])
    for name in context.own_networks:
        trace = context.trace(name, quantiser)
        found = speedup(trace_cycles(trace, designs=designs), design, part)
        if found is not None:
            rows.append(Row(name, quantity, None, found, "networks", note=_accuracy(trace.accuracy)))
    return rows


def _accuracy(found: dict) -> str:
    """Say what the quantisation did to a network."""
    if not found:
        return ""
    unit = (100, "%") if found["metric"] == "top1" else (1, " dB")
    before, after = (f"{found[key] * unit[0]:.2f}{unit[1]}" for key in ("float", "quantised"))
    return f"accuracy {after}, in float {before}"


def oblivious(entry: TraceLayer) -> TraceLayer:
    """Return a synthetic layer with its activations' range 0..max over all 256 codes, as TensorFlow does (section 6.6)."""
    most = max(int(entry.acts.max()), 1)
    codes = np.rint(entry.acts * (CODES / most)).astype(np.uint8)
    small = np.clip(entry.weights, -128, 127).astype(np.int8)  # no design here looks at them
    return replace(entry, acts=codes, weights=small, act_format=Format(8, False, 7), weight_format=Format(8, True, 7))


def _synthetic(context: Context, network: str) -> float:
    rows, config = [], load_config("dstripes8")
    for index, entry in enumerate(context.synthetic_layers(network)):
        layer = oblivious(entry)
        layer = layer if index else folded_first(layer)
        rows.append(tensor_row(layer, config, "dstripes", "dynamic", tiles=TILES, folded=not index))
    return total(rows)["dstripes"]["bound_speedup"]


def _printed(item: str, column: str, quantity: str, ours: dict[str, float]) -> list[Row]:
    """The printed column, with ours from synthetic data where there are some."""
    rows = []
    for network, value in table(item, column).items():
        name = "geometric mean" if network == GEOMEAN else network
        basis, note = ("synthetic", "ours: convolutions only") if network in ours else ("networks", "")
        rows.append(Row(name, quantity, value, ours.get(network), basis, note=note))
    return rows


def table8(context: Context) -> Item:
    """DStripes on 8-bit networks."""
    ours = {}
    for network in context.cycles:
        context.report(f"synthetic {network}, 8 bits")
        ours[network] = _synthetic(context, network)
    rows = _printed("table8", "oblivious", "oblivious", ours)
    rows += _printed("table8", "precision_aware_iso_area", "precision-aware", {})
    for quantiser, words in QUANTISERS.items():
        rows += _own(context, quantiser, "dstripes", CONV, f"{words}, DStripes, convolutions")
        rows += _own(context, quantiser, "trt", None, f"{words}, TRT, all layers")
    compared = [row for row in rows if row.theirs and row.ours]
    return Item("table8", tuple(rows), _chart("Range-oblivious 8 bits, over BASE", compared))


def table10(context: Context) -> Item:
    """DPRed Loom on 8-bit networks."""
    rows = _printed("table10", "loom", "precision-aware", {})
    rows += _own(context, "aware8", "dpr_loom", None, "precision-aware, all layers")
    rows += _own(context, "aware8", "dpr_loom", CONV, "precision-aware, convolutions")
    return Item("table10", tuple(rows))


def _chart(title: str, rows: Sequence[Row]) -> tuple[Bars, ...]:
    series = {"paper": tuple(row.theirs for row in rows), "synthetic data": tuple(row.ours for row in rows)}
    return (Bars(title, tuple(row.network for row in rows), series),)
