# SPDX-License-Identifier: Apache-2.0
"""8-bit range-oblivious quantisation as TensorFlow has it: the range of a tensor is spread over all 256 codes.

Sources: section 6.6 of the paper; B. Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", 2018, for the zero point: the range is widened to include 0, and moved so that 0 has a
code of its own.

The hardware multiplies raw codes: activations 0..255 with zero point z_a, weights -128..127 with zero point z_w. A layer's
sums are then those of the values but for terms that do not depend on both operands:

    sum (a - z_a) (w - z_w) = sum a w - z_w sum a - z_a sum w + n z_a z_w

for the n products of an output. `sum w` is a constant of the filter and joins its bias, `sum a` is one more filter of ones.
"""

from __future__ import annotations

import numpy as np

from models.convolution import accumulate
from models.graphs.rules import FixedRule
from models.quantise.observed import Observed
from models.quantise.plan import LayerPlan, OperandPlan
from models.traces import TraceLayer

BITS = 8
_CODES = (1 << BITS) - 1  # steps between the lowest and the highest code
_LEAST = 2.0**-100  # step of a tensor that is zero, or nearly


def range_rule(observed: Observed, signed: bool) -> FixedRule:
    """Return the rule that maps the range seen on all codes: 0..255, or -128..127 for signed ones."""
    scale = float(np.float32(max((observed.high - observed.low) / _CODES, _LEAST)))
    offset = -(1 << (BITS - 1)) if signed else 0
    zero = int(np.clip(np.rint(-observed.low / scale), 0, _CODES))
    return FixedRule(scale, offset, offset + _CODES, offset + zero)


def oblivious_layer(acts: Observed, weights: Observed) -> LayerPlan:
    """Return the plan of a layer."""
    return LayerPlan(
        *(OperandPlan.seen(range_rule(each, sign), each, BITS, sign) for each, sign in ((acts, False), (weights, True)))
    )


def corrected_sums(entry: TraceLayer, index: int) -> np.ndarray:
    """Return the sums of one input with the zero points taken off: int64 [windows, K].

    These times both scales are the layer's outputs without bias; see the head of this module.
    """
    layer, acts, weights = entry.layer, entry.acts_of(index), entry.weights_of(index)
    z_a, z_w = entry.act_format.zero_point, entry.weight_format.zero_point
    raw = accumulate(acts, weights, layer)[:, : layer.K]
    of_acts = accumulate(acts, np.ones_like(weights), layer)[:, : layer.K]
    of_weights = weights.astype(np.int64).sum(axis=(1, 2, 3))
    return raw - z_w * of_acts - z_a * of_weights + layer.products * z_a * z_w
