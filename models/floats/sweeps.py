# SPDX-License-Identifier: Apache-2.0
"""Stored sweeps: what formats do to a network, as NAME.json; the linear model of accuracy is fitted on them.

Those of the project's own networks are in models/floats/sweeps, made by
`python -m models floats --network NAME --sweep --save models/floats/sweeps/NAME.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

from models.atomic_file import atomic_output
from models.floats.evaluation import Evaluation

SWEEP_DIR = Path(__file__).with_name("sweeps")
FORMAT = 1  # version of the file
_HEAD = ("network", "metric", "inputs", "few", "seed", "reference")


class SweepError(ValueError):
    """A stored sweep that is missing, damaged or of another network; the message names file and fix."""


@dataclass(frozen=True)
class Sweep:
    """Scored formats of a network on a task."""

    network: str
    metric: str
    inputs: int
    few: int  # inputs of the correlation, and what they were drawn by
    seed: int
    reference: float  # the score in float32
    evaluations: tuple[Evaluation, ...]


def save_sweep(path: Path, sweep: Sweep) -> None:
    """Write a sweep, whole or not at all. Raises OSError."""
    head = {"format": FORMAT} | {name: getattr(sweep, name) for name in _HEAD}
    lines = [json.dumps(each.as_json()) for each in sweep.evaluations]
    text = json.dumps(head)[:-1] + ', "evaluations": [\n' + ",\n".join(lines) + "\n]}\n"
    with atomic_output(path) as file:
        file.write(text.encode())


def load_sweep(path: Path) -> Sweep:
    """Return a stored sweep. Raises SweepError."""
    try:
        document = json.loads(path.read_text())
        if document["format"] != FORMAT:
            raise SweepError(f"{path}: format {document['format']}: this version reads {FORMAT}")
        known = {each.name for each in fields(Evaluation)}
        found = tuple(Evaluation(**{key: each[key] for key in known}) for each in document["evaluations"])
        return Sweep(*(document[name] for name in _HEAD), found)
    except FileNotFoundError:
        raise SweepError(f"{path}: no such file: make it with --sweep --save") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, SweepError):
            raise
        raise SweepError(f"{path}: is no stored sweep ({type(error).__name__}: {error}): make it again") from None


def others(network: str, metric: str, folder: Path = SWEEP_DIR) -> dict[str, Sweep]:
    """Return the stored sweeps of all other networks with this metric, by network. Raises SweepError."""
    sweeps = [load_sweep(path) for path in sorted(folder.glob("*.json"))]
    return {each.network: each for each in sweeps if each.metric == metric and each.network != network}
