# SPDX-License-Identifier: Apache-2.0
"""The precisions of a layer's values as they are stored: each group of 16 counts once, whatever uses it."""

from __future__ import annotations

from models.statistics.distribution import Distribution, total
from models.statistics.groups import act_bricks, weight_groups
from models.traces import TraceLayer


def mean_group_precisions(entry: TraceLayer) -> tuple[float, float]:
    """Return the mean precision of the groups of 16 of a layer's activations, over all inputs, and of its weights; bits."""
    acts, weights = entry.act_format, entry.weight_format
    tensors = [entry.weights] if entry.weights.ndim == 4 else list(entry.weights)
    of_acts = [
        Distribution.of(act_bricks(entry.acts_of(index), entry.layer), None, acts.bits, acts.signed, acts.n_low)
        for index in range(entry.inputs)
    ]
    of_weights = [
        Distribution.of(weight_groups(each, entry.layer, 16), None, weights.bits, weights.signed, weights.n_low)
        for each in tensors
    ]
    return total(of_acts).mean, total(of_weights).mean
