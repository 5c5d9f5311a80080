# SPDX-License-Identifier: Apache-2.0
"""How a layer's floats become integers: one source for the trace and for quantised inference (docs/traces.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.graphs.forms import Operands, padded
from models.graphs.graph import LayerTensors
from models.graphs.rules import FixedRule, LayerRule
from models.layer import ConvLayer
from models.precision import value_dtype
from models.quantise.observed import Observed
from models.traces import Format, TraceLayer


@dataclass(frozen=True)
class OperandPlan:
    """The rule of an operand, and what its integers mean: integer = code << shift."""

    rule: FixedRule
    form: Format
    shift: int = 0

    @classmethod
    def seen(cls, rule: FixedRule, observed: Observed, bits: int, signed: bool, shift: int = 0) -> OperandPlan:
        """Return the plan whose profile's highest bit is that of the values seen. bits: P."""
        ends = rule.codes(np.array([observed.low, observed.high])) << shift
        scale = rule.scale * 2.0**-shift
        return cls(
            rule, Format.holding(ends, bits, signed, n_low=shift, scale=scale, zero_point=rule.zero_point << shift), shift
        )

    def integers(self, values: np.ndarray) -> np.ndarray:
        """Return the integers of float values, in the dtype of the format, same shape."""
        found = np.empty(values.shape, value_dtype(self.form.bits, self.form.signed))
        for index, part in enumerate(values):  # part by part: the weights of a layer may be many
            found[index] = self.rule.codes(part) << self.shift
        return found


@dataclass(frozen=True)
class LayerPlan:
    """The plans of a layer's operands."""

    acts: OperandPlan
    weights: OperandPlan

    @property
    def rule(self) -> LayerRule:
        """The rules for `Graph.emulate`."""
        return LayerRule(self.acts.rule, self.weights.rule)

    def stored(self, tensors: LayerTensors) -> tuple[ConvLayer, np.ndarray, np.ndarray]:
        """Return (layer, integer activations [N, H, W, C], integer weights) as the hardware multiplies them.

        Padding is zeros, and where 0 has another code than 0 the activations are kept padded with that code.
        """
        layer, acts = tensors.layer, tensors.acts
        if self.acts.rule.zero_point:
            wide = padded(Operands(layer, acts, tensors.weights, tensors.raw_acts))
            layer, acts = wide.layer, wide.acts
        return layer, self.acts.integers(acts), self.weights.integers(tensors.weights)

    def trace_layer(self, tensors: LayerTensors) -> TraceLayer:
        """Return the layer of a trace."""
        layer, acts, weights = self.stored(tensors)
        repeated = acts[0].size != tensors.raw_acts
        forms = self.acts.form, self.weights.form
        return TraceLayer(layer, tensors.operator, acts, weights, *forms, tensors.raw_acts if repeated else 0, tensors.relu)


Planner = Callable[[Observed, Observed], LayerPlan]  # from activations and weights as calibration has seen them


def observed(tensors: LayerTensors) -> tuple[Observed, Observed]:
    """Return what is seen of the activations and of the weights of a layer."""
    return Observed.of(tensors.acts), Observed.of(tensors.weights)
