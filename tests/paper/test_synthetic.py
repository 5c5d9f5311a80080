# SPDX-License-Identifier: Apache-2.0
"""Synthetic tensors have the mean precision that they were drawn for, counted value by value."""

from __future__ import annotations

import numpy as np
import pytest

from models.layer import ConvLayer
from models.paper import synthetic

CONV = ConvLayer("conv", C=40, H=9, W=7, K=12, R=3, S=3, pad=1)


def mean_act_precision(acts: np.ndarray, layer: ConvLayer) -> float:
    """Bits of the bricks that windows read, window by window, brick by brick, in Python's integers."""
    bits, uses = 0, 0
    for top in range(0, layer.H + 2 * layer.pad - layer.R + 1, layer.stride):
        for left in range(0, layer.W + 2 * layer.pad - layer.S + 1, layer.stride):
            for y in range(top - layer.pad, top - layer.pad + layer.R):
                for x in range(left - layer.pad, left - layer.pad + layer.S):
                    if not (0 <= y < layer.H and 0 <= x < layer.W):
                        continue
                    for first in range(0, layer.C, 16):
                        bits += max(int(value).bit_length() for value in acts[y, x, first : first + 16])
                        uses += 1
    return bits / uses


@pytest.mark.parametrize(("precision", "profile"), [(5.0, 9), (7.5, 12), (2.25, 16)])
def test_activations_have_the_mean_precision(precision: float, profile: int) -> None:
    acts = synthetic.activations(CONV, precision, profile, synthetic.stream("net", "conv", "acts"))
    assert acts.shape == (9, 7, 40) and acts.dtype == np.uint16
    assert mean_act_precision(acts, CONV) == pytest.approx(precision, abs=0.01)
    assert int(acts.max()) < 1 << profile


def test_half_of_the_activations_are_zero() -> None:
    large = ConvLayer("large", C=64, H=32, W=32, K=1, R=1, S=1)
    acts = synthetic.activations(large, 9, 16, synthetic.stream("net", "large", "acts"))
    assert (acts == 0).mean() == pytest.approx(0.5, abs=0.01)


def test_a_precision_that_the_profile_does_not_allow_is_approached() -> None:
    acts = synthetic.activations(CONV, 9.0, 4, synthetic.stream("net", "conv", "acts"))
    assert int(acts.max()) == 15


def test_weights_have_the_mean_precision() -> None:
    layer = ConvLayer("conv", C=40, H=3, W=3, K=64, R=3, S=3)
    weights = synthetic.weights(layer, 8.5, 11, synthetic.stream("net", "conv", "weights"))
    bricks = [
        max(abs(int(value)).bit_length() for value in filters[r, s, first : first + 16]) + 1
        for filters in weights
        for r in range(3)
        for s in range(3)
        for first in range(0, 40, 16)
    ]
    assert sum(bricks) / len(bricks) == pytest.approx(8.5, abs=0.01)
    assert weights.dtype == np.int16 and (weights < 0).any() and np.abs(weights).max() <= 1023


def test_fewer_weights_are_whole_filters() -> None:
    weights = synthetic.weights(CONV, 6.0, 10, synthetic.stream("net", "conv", "weights"), most=800)
    assert weights.shape == (2, 3, 3, 40)


def test_names_are_the_seed() -> None:
    def drawn(layer: str) -> np.ndarray:
        return synthetic.activations(CONV, 5.0, 9, synthetic.stream("net", layer, "acts"))

    assert (drawn("conv") == drawn("conv")).all()
    assert (drawn("conv") != drawn("other")).any()
