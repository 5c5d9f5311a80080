# SPDX-License-Identifier: Apache-2.0
"""Fixed point: the scale is a power of two, and 0 is code 0. A range is not expanded to all codes.

The binary point of a tensor is where its largest value just fits into P bits; activations are unsigned where none is
negative, weights always signed. Of the bits below, those go that do not matter: as long as signal over quantisation noise
stays at or above a tolerance in dB. A tensor that needs few bits has few.

- 16 bits (paper section 5.3, after Judd et al., "Proteus: Exploiting Numerical Precision Variability in Deep Neural
  Networks", 2016): the lowest bit that matters of the activations is the profile's n_low, their integers keep all 16
  positions. The weights' integers are shifted down.
- 8 bits, precision-aware (section 6.6: "does not unnecessarily expand a range that can fit in less than 8b"): the integers
  of both operands are shifted down, so that a layer's largest code may be well below 255.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from models.graphs.rules import FixedRule
from models.quantise.observed import Observed
from models.quantise.plan import LayerPlan, OperandPlan, Planner

TOLERANCE_DB = {16: 40.0, 8: 30.0}  # what a layer's operands keep, by P
_EXPONENTS = 100  # binary points beyond 2^100 serve nobody, and a scale must stay a float32


def finest_fraction(observed: Observed, bits: int, signed: bool) -> int:
    """Return the most bits after the binary point with which the values seen fit into `bits` bits."""
    magnitude_bits = bits - int(signed)
    largest = max(-observed.low, observed.high)
    if largest == 0:
        return 0
    fraction = magnitude_bits - int(np.frexp(largest)[1])
    if np.rint(np.ldexp(largest, fraction)) >= 1 << magnitude_bits:  # it rounds up to a power of two
        fraction -= 1
    return int(np.clip(fraction, -_EXPONENTS, _EXPONENTS))


def fixed_rule(fraction: int, dropped: int, bits: int, signed: bool) -> FixedRule:
    """Return the rule with `fraction` bits after the binary point of which the last `dropped` are left out."""
    return FixedRule.fixed_point(bits - int(signed) - fraction, fraction - dropped, signed)


def bits_to_drop(observed: Observed, fraction: int, bits: int, signed: bool, tolerance_db: float) -> int:
    """Return how many of the lowest bits can go, one after the other, until the tolerance is missed; at least 1 bit stays."""
    dropped = 0
    if not observed.samples.any():
        return dropped
    while dropped < bits - int(signed) - 1:
        if observed.ratio_db(fixed_rule(fraction, dropped + 1, bits, signed)) < tolerance_db:
            break
        dropped += 1
    return dropped


def fixed_plan(
    observed: Observed, bits: int, *, signed: bool, keep_positions: bool, tolerance_db: float, dropped: int | None = None
) -> OperandPlan:
    """Return the plan of an operand.

    keep_positions: the bits that go are zeros of the integers, below n_low; else the integers are shifted down. dropped:
    how many go; None: as many as the tolerance allows.
    """
    fraction = finest_fraction(observed, bits, signed)
    if dropped is None:
        dropped = bits_to_drop(observed, fraction, bits, signed, tolerance_db)
    rule = fixed_rule(fraction, dropped, bits, signed)
    return OperandPlan.seen(rule, observed, bits, signed, dropped if keep_positions else 0)


def fixed_layer(
    acts: Observed,
    weights: Observed,
    bits: int,
    tolerance_db: float | None = None,
    dropped: tuple[int | None, int | None] = (None, None),
) -> LayerPlan:
    """Return the plan of a layer for P = `bits`. dropped: bits of activations and weights that go, see `fixed_plan`."""
    tolerance = TOLERANCE_DB[bits] if tolerance_db is None else tolerance_db
    plan = partial(fixed_plan, bits=bits, tolerance_db=tolerance)
    return LayerPlan(
        plan(acts, signed=acts.signed, keep_positions=bits == 16, dropped=dropped[0]),
        plan(weights, signed=True, keep_positions=False, dropped=dropped[1]),
    )


def fixed_planner(bits: int, tolerance_db: float | None = None) -> Planner:
    """Return the quantiser for P = `bits`: 16, or 8 (precision-aware)."""
    return partial(fixed_layer, bits=bits, tolerance_db=tolerance_db)
