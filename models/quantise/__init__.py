# SPDX-License-Identifier: Apache-2.0
"""From floats to the integers that the hardware multiplies: three quantisers (docs/traces.md; paper sections 2 and 6.6)."""

from __future__ import annotations

from models.graphs.graph import LayerTensors
from models.quantise.fixed import fixed_layer, fixed_planner
from models.quantise.oblivious import corrected_sums, oblivious_layer
from models.quantise.observed import Observed
from models.quantise.plan import LayerPlan, OperandPlan, Planner, observed
from models.traces import TraceLayer

__all__ = [
    "QUANTISERS",
    "LayerPlan",
    "Observed",
    "OperandPlan",
    "Planner",
    "aware8",
    "corrected_sums",
    "fixed16",
    "oblivious8",
    "observed",
    "planner",
]

QUANTISERS = {
    "fixed16": "16-bit fixed point with a profile",
    "oblivious8": "8-bit, the range of a layer over all codes",
    "aware8": "8-bit, no more bits than a layer's values need",
}


def planner(name: str, tolerance_db: float | None = None) -> Planner:
    """Return the quantiser `name`. tolerance_db: what the operands of a layer keep (fixed16, aware8); None: its own."""
    if name not in QUANTISERS:
        raise ValueError(f"no quantiser {name!r}: use one of {', '.join(QUANTISERS)}")
    if name == "oblivious8":
        return oblivious_layer
    return fixed_planner(16 if name == "fixed16" else 8, tolerance_db)


def fixed16(tensors: LayerTensors, tolerance_db: float | None = None) -> TraceLayer:
    """Return a layer in 16-bit fixed point; it is its own calibration."""
    return fixed_layer(*observed(tensors), 16, tolerance_db).trace_layer(tensors)


def oblivious8(tensors: LayerTensors) -> TraceLayer:
    """Return a layer in 8 bits, range-oblivious; it is its own calibration."""
    return oblivious_layer(*observed(tensors)).trace_layer(tensors)


def aware8(tensors: LayerTensors, tolerance_db: float | None = None) -> TraceLayer:
    """Return a layer in 8 bits, precision-aware; it is its own calibration."""
    return fixed_layer(*observed(tensors), 8, tolerance_db).trace_layer(tensors)
