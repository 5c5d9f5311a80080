# SPDX-License-Identifier: Apache-2.0
"""The cover points of the cores. A configuration has the points, and a point the bins, that it can reach.

Configurations of one design and P share points: names with more in them (columns, bits a cycle) are of fewer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np
from cocotb_coverage.coverage import CoverCross, CoverPoint

from models.config import DesignConfig

_STEPS = ["1", "2..4", "5..16", "over 16"]
_CHANGES = ["same", "longer", "longer by 4 or more", "shorter", "shorter by 4 or more"]
_COMPARED = ["less", "equal", "more"]
_SIGNS = ["unsigned", "signed"]
_CAUSES = {
    "base": ["output_drain"],
    "dstripes": ["output_drain"],
    "trt": ["output_drain", "weight_fetch", "reduce"],
    "loom": ["output_drain", "weight_fetch"],
}
_MODES = {"dstripes": ["parallel"], "trt": ["parallel", "serial", "pool"], "loom": ["parallel", "serial"]}

Sample = Callable[[dict[str, object]], None]


def steps_bin(steps: int) -> str:
    """Return the bin of a pallet's number of steps."""
    return _STEPS[int(np.searchsorted([1, 4, 16], steps))]


def change(before: int, after: int) -> str:
    """Return the bin of a step's precision after that of the step before it."""
    if before == after:
        return "same"
    return f"{'longer' if after > before else 'shorter'}{' by 4 or more' if abs(after - before) >= 4 else ''}"


def compared(value: int, other: int) -> str:
    """Return the bin of a value beside another one."""
    return _COMPARED[1 + (value > other) - (value < other)]


def sign(signed: int) -> str:
    """Return the bin of a group's sign register."""
    return _SIGNS[bool(signed)]


def _point(group: str, name: str, bins: list) -> CoverPoint:
    """A point that samples values[name]; what is no bin does not count."""
    return CoverPoint(f"{group}.{name}", xf=lambda values: values.get(name), bins=bins)


def _cross(group: str, name: str, items: list[str], ignored: list) -> CoverCross:
    return CoverCross(f"{group}.{name}", items=[f"{group}.{item}" for item in items], ign_bins=ignored)


def _sampler(points: list[CoverPoint | CoverCross]) -> Sample:
    """Return a function that samples the points in their order (a cross comes after its items)."""

    def sample(values: dict[str, object]) -> None:
        pass

    return reduce(lambda function, point: point(function), reversed(points), sample)


def _step_points(config: DesignConfig, group: str) -> list[CoverPoint | CoverCross]:
    points = [_point(group, "sign", _SIGNS), _point(group, "most_negative", [True, False])]
    if config.design == "base":
        return points
    points += [_point(group, "n_low", list(range(config.p))), _point(group, "static_precision", list(range(1, config.p + 1)))]
    if config.detection == "dynamic":
        points += [_point(group, "precision", list(range(config.p + 1))), _point(group, "precision_change", _CHANGES)]
        points.append(_cross(group, "precision_x_sign", ["precision", "sign"], []))
    bits = config.bits_per_cycle
    return points + ([_point(f"{group}.b{bits}", "bits_in_last_chunk", list(range(bits)))] if bits > 1 else [])


def _weight_points(config: DesignConfig, group: str) -> list[CoverPoint | CoverCross]:
    points = [_point(group, "weight_precision", list(range(config.p + 1))), _point(group, "weights_beside_acts", _COMPARED)]
    if config.design == "loom":  # a repetition of a serial layer: planes beside columns
        reachable = _COMPARED[: 2 + (config.p > config.cols)]
        points.append(_point(f"{group}.cols{config.cols}", "planes_beside_columns", reachable))
    return points


def _pallet_points(config: DesignConfig, group: str) -> list[CoverPoint | CoverCross]:
    points = [_point(group, "steps", _STEPS)]
    if config.cols == 1:
        return points
    points += [_point(group, name, [True, False]) for name in ("faster_than_reducer", "column_held")]
    return [*points, _cross(group, "fast_x_held", ["faster_than_reducer", "column_held"], [])]


def _batch_points(config: DesignConfig, group: str) -> list[CoverPoint | CoverCross]:
    points = [_point(group, "stalled_by", _CAUSES[config.design])]
    detections = ["static"] if config.detection == "static" else ["dynamic", "static"]
    modes = [f"{mode} {detection}" for mode in _MODES.get(config.design, []) for detection in detections]
    points += [_point(group, "mode", modes)] if modes else []
    if config.design == "trt":
        points.append(_point(f"{group}.cols{config.cols}", "cascade", list(range(1, config.cols + 1))))
        points.append(_point(group, "pool_sign", _SIGNS))
    return points


def samplers(config: DesignConfig) -> dict[str, Sample]:
    """Return the sampling functions of a configuration's points, by what is sampled: step, weights, pallet, batch."""
    group = f"tile.{config.design}.p{config.p}"
    points = {"step": _step_points, "pallet": _pallet_points, "batch": _batch_points}
    if config.design in ("trt", "loom"):
        points["weights"] = _weight_points
    return {kind: _sampler(make(config, group)) for kind, make in points.items()}
