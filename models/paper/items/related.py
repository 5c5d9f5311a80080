# SPDX-License-Identifier: Apache-2.0
"""Headlines of two papers whose methods are here too: custom floating point, and the search for precisions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models import search
from models.floats.evaluation import Evaluation
from models.floats.sweeps import SWEEP_DIR, Sweep, load_sweep
from models.paper.context import Context
from models.paper.published import headline
from models.paper.results import Bars, Item, Row

RESULTS = Path(search.__file__).with_name("results")  # made by `python -m models search --network NAME`
TOLERANCE = 0.01  # of the accuracy
KINDS = {"float": "floating point", "fixed": "fixed point"}


def _fastest(sweep: Sweep, kind: str) -> Evaluation | None:
    """Return the fastest format of a kind that keeps the accuracy."""
    kept = [each for each in sweep.evaluations if each.kind == kind and (each.accuracy or 0) >= 1 - TOLERANCE]
    return max(kept, key=lambda each: each.speedup, default=None)


def hill(_context: Context) -> Item:
    """The fastest custom formats that keep the accuracy, by the stored sweeps."""
    rows, labels, series = [], [], {words: [] for words in KINDS.values()}
    for path in sorted(SWEEP_DIR.glob("*.json")):
        sweep = load_sweep(path)
        labels.append(sweep.network)
        for kind, words in KINDS.items():
            best = _fastest(sweep, kind)
            series[words].append(best.speedup if best else None)
            if best:
                note = f"{best.format}, accuracy {100 * best.accuracy:.2f}% of float32's, calibration data"
                rows.append(Row(sweep.network, f"speedup of custom {words}", None, best.speedup, "networks", note=note))
    found = [row.ours for row in rows if row.quantity.endswith(KINDS["float"])]
    mean = Row("mean", "speedup of custom floating point", headline("hill"), sum(found) / len(found), "networks")
    chart = Bars("Fastest format that loses less than 1%", tuple(labels), {key: tuple(v) for key, v in series.items()})
    return Item("hill", (mean, *rows), (chart,))


def _held_out(found: dict[str, Any]) -> str:
    """Say what the precisions lose on data that the search did not see."""
    judged = found["held_out"]
    loss = f"{100 * judged['loss']:.1f}%" if found["metric"] == "top1" else f"{judged['loss']:.2f} dB"
    return f"chosen on calibration data within 1%; held out it loses {loss if judged['loss'] > 0 else 'nothing'}"


def judd(_context: Context) -> Item:
    """The data footprint that precisions per layer save, by the stored searches."""
    rows, labels, series = [], [], {"one precision for all layers": [], "a precision per layer": []}
    for path in sorted(RESULTS.glob("*.json")):
        found = json.loads(path.read_text())
        network, note = found["network"], _held_out(found)
        saved = {words: 1 - found[key]["footprint"] for words, key in zip(series, ("uniform", "best"), strict=True)}
        labels.append(network)
        for words, value in saved.items():
            series[words].append(value)
            remark = note if words == "a precision per layer" else ""
            rows.append(Row(network, f"footprint saved, {words}", None, value, "networks", "fraction", remark))
    found = [row.ours for row in rows if row.quantity.endswith("a precision per layer")]
    mean = Row(
        "mean", "footprint saved, a precision per layer", headline("judd"), sum(found) / len(found), "networks", "fraction"
    )
    chart = Bars("Data saved against 32-bit floats", tuple(labels), {k: tuple(v) for k, v in series.items()}, "fraction")
    return Item("judd", (mean, *rows), (chart,))
