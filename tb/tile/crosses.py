# SPDX-License-Identifier: Apache-2.0
"""Crosses of what the cores do: names of their bins, and which of these a configuration can reach."""

from __future__ import annotations

import numpy as np

from models.config import DesignConfig
from models.dispatch_timing import StepWork, plane_cycles
from models.layer import ConvLayer, PoolLayer
from tb.tile.coverage_points import sign, steps_bin
from tb.tile.items import LayerMode
from tb.tile.trace import TileTrace

COMPARED = ("less by more", "one less", "equal", "one more", "more by more")
FILLS = ("less than one", "whole", "more than whole")
SLICE_FILLS = ("one pass, not full", "full passes", "last pass not full")
POOL_CORNERS = ("all zero", "highest", "in between", "lowest", "all negative")  # the last two: signed values only
CUTS = ("before the first column", "after the first column")


def ways(config: DesignConfig) -> list[str]:
    """Return what columns work on: windows ("parallel"), outputs ("serial"), slices of one ("cascade"), or maxima ("pool")."""
    other = {"trt": ["serial", "cascade", "pool"], "loom": ["serial"]}
    return ["parallel", *other.get(config.design, [])]


def way(mode: LayerMode) -> str:
    """Return which of `ways` a batch works in."""
    if mode.pool:
        return "pool"
    return "parallel" if not mode.serial else "cascade" if mode.slices > 1 else "serial"


# ---- precision x sign x stall


def stall_causes(config: DesignConfig) -> list[str]:
    """Return why a step can come late or end late, "none" included."""
    other = {"trt": ["weight fetch", "reduce"], "loom": ["weight fetch"]}
    return ["none", "input late", "output drain", *other.get(config.design, [])]


def stall_bins(config: DesignConfig) -> list[str]:
    """Precision x sign x cause. Loom waits for weights only when planes are few."""
    bins = []
    for p in range(int(config.detection == "static"), config.p + 1):
        causes = stall_causes(config)
        if config.design == "loom" and plane_cycles(p, config.bits_per_cycle) >= config.cols:
            causes.remove("weight fetch")
        bins += [stall_name(p, signed, cause) for signed in (False, True) for cause in causes]
    return bins


def stall_name(precision: int, signed: bool, cause: str) -> str:
    """Return the bin of a step."""
    return f"p={precision} {sign(signed)}, {cause}"


def step_stalls(trace: TileTrace, work: StepWork, cols: int) -> dict[str, np.ndarray]:
    """Return by cause which steps lost cycles to it, bool [S], from the cycles that the monitor saw.

    "input late" and "weight fetch" are lost before a step starts; "output drain" at its end, if it ends its pallet.
    """
    steps, start = trace.inputs, trace.step_cycle
    last = np.flatnonzero(steps.last)
    columns = trace.column_cycle[: len(last) * cols].reshape(-1, cols)
    capture = (start + work.capture)[last]
    free = np.concatenate([[0], columns[:-1, -1] + 1])  # when the reducer is ready for this pallet
    end = start + work.work
    end[last] = np.maximum(end[last], np.maximum(capture, free))
    empty = np.concatenate([[0], start[1:] - end[:-1]])
    loading = np.minimum(empty, start - trace.input_cycle) if work.serial_load else np.zeros_like(empty)
    drained = np.zeros(len(steps), bool)
    drained[last] = free > capture
    found = {
        "input late": empty > loading,
        "output drain": drained,
        "weight fetch": (loading > 0) | (work.work > work.send + work.reduce),
        "reduce": work.reduce > 0,
    }
    return found | {"none": ~np.any(list(found.values()), axis=0)}


# ---- n_L x precision, weights against activations


def n_low_bins(config: DesignConfig) -> list[str]:
    """n_L x precision; one of a profile is at least 1."""
    least = int(config.detection == "static")
    return [n_low_name(n, p) for n in range(config.p) for p in range(least, config.p - n + 1)]


def n_low_name(n_low: int, precision: int) -> str:
    """Return the bin of a step."""
    return f"n_l={n_low}, p={precision}"


def against_bins(config: DesignConfig) -> list[str]:
    """Way x detection x P_w against P_a, both in cycles, where weights are serial."""
    if config.design not in ("trt", "loom"):
        return []
    serial = [name for name in ways(config) if name != "pool" and (name != "parallel" or config.design == "loom")]
    detections = ["static"] if config.detection == "static" else ["dynamic", "static"]
    most = int(plane_cycles(config.p, config.bits_per_cycle))
    reachable = [name for name in COMPARED if most > 2 or "by more" not in name]
    return [f"{name} {detection}, P_w {other}" for name in serial for detection in detections for other in reachable]


def against_name(mode: LayerMode, weight_cycles: int, cycles: int) -> str:
    """Return the bin of a step."""
    place = int(np.clip(weight_cycles - cycles, -2, 2)) + 2
    return f"{way(mode)} {'static' if mode.static else 'dynamic'}, P_w {COMPARED[place]}"


# ---- pallets


def pallet_bins() -> list[str]:
    """Steps x whether the output was refused while the pallet's columns came."""
    return [pallet_name(steps, held) for steps in (1, 2, 5, 17) for held in (False, True)]


def pallet_name(steps: int, held: bool) -> str:
    """Return the bin of a pallet."""
    return f"{steps_bin(steps)} steps, output {'refused' if held else 'taken'}"


def pool_bins() -> list[str]:
    """Sign x values at the corners of the comparator."""
    corners = [f"unsigned, {name}" for name in POOL_CORNERS[:3]]
    return corners + [f"signed, {name}" for name in POOL_CORNERS]


def pool_name(values: np.ndarray, signed: bool, bits: int) -> str:
    """Return the bin of a pallet's values, flat: signed ones all below zero, or at a limit."""
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    if not values.any():
        corner = "all zero"
    elif signed and (values < 0).all():
        corner = "all negative"
    elif signed and (values == low).any():
        corner = "lowest"
    else:
        corner = "highest" if (values == high).any() else "in between"
    return f"{sign(signed)}, {corner}"


# ---- layers and resets


def layer_kinds(config: DesignConfig) -> list[str]:
    """Return the kinds of layers that a design computes."""
    return ["conv", "grouped", "depthwise", "fully connected"] + (["pool"] if config.design == "trt" else [])


def layer_kind(layer: ConvLayer | PoolLayer) -> str:
    """Return the kind of a layer."""
    if isinstance(layer, PoolLayer):
        return "pool"
    if layer.depthwise:
        return "depthwise"
    return "grouped" if layer.groups > 1 else "fully connected" if layer.fully_connected else "conv"


def _fill(count: int, whole: int) -> str:
    return FILLS[1] if count % whole == 0 else FILLS[0] if count < whole else FILLS[2]


def fill_bins() -> list[str]:
    """Channels in bricks of lanes x filters in rows, of tiles that have several of both."""
    return [f"channels {a}, filters {b}" for a in FILLS for b in FILLS]


def fill_name(layer: ConvLayer, config: DesignConfig) -> str:
    """Return how a convolution of one group fills lanes and rows."""
    return f"channels {_fill(layer.C, config.lanes)}, filters {_fill(layer.K, config.rows)}"


def slice_bins(config: DesignConfig) -> list[str]:
    """Slices of a cascade x how the outputs fill its passes; one output a pass is always full."""
    bins = []
    for slices in range(1, config.cols + 1):
        fills = SLICE_FILLS if config.rows * (config.cols // slices) > 1 else SLICE_FILLS[1:2]
        bins += [f"{slices} slices, {fill}" for fill in fills]
    return bins


def slice_name(layer: ConvLayer, slices: int, config: DesignConfig) -> str:
    """Return the bin of a fully connected layer."""
    a_pass = config.rows * (config.cols // slices)
    fill = SLICE_FILLS[1] if layer.K % a_pass == 0 else SLICE_FILLS[0] if a_pass > layer.K else SLICE_FILLS[2]
    return f"{slices} slices, {fill}"


def reset_bins(config: DesignConfig) -> list[str]:
    """Way x whether a column of the batch had come when the reset cut it."""
    return [f"{name}, {cut}" for name in ways(config) for cut in CUTS]
