# SPDX-License-Identifier: Apache-2.0
"""From a trained float network to 16-bit fixed point with a profile (docs/networks.md; paper section 5.3).

Activations have one binary point in the whole network: FRACTION bits after it. Weights have one per layer. The profile
is found by the method of Judd et al. that the paper uses: the fewest bits of each layer with which the network still
does as well as with all 16 bits. Some hundred images measure accuracy too coarsely for that (every layer gets by with 4
bits), so two things are asked: no calibration image changes its class, and the class probabilities change little on
average.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.layer import ConvLayer
from models.network import BITS, QuantisedLayer, QuantisedNetwork
from models.precision import bit_length
from models.search.fewest import Settings, fewest_bits
from models.search.judge import class_probabilities, mean_change

FRACTION = 10  # bits of an activation after the binary point: 1.0 is 1024, the largest value is just below 64
ACTIVATION_TOLERANCE = 0.002  # mean change of the class probabilities (total variation) by trimming the activations
TOLERANCE = 0.0025  # the same, by trimming the activations and shortening the weights
Frame = Callable[..., QuantisedNetwork]  # a QuantisedNetwork but for its layers and its classifier


@dataclass(frozen=True)
class FloatLayer:
    """A trained layer: weights float64 [K, R, S, C], bias float64 [K]."""

    layer: ConvLayer
    weights: np.ndarray
    bias: np.ndarray


def weight_fraction(weights: np.ndarray) -> int:
    """Return the most bits after the binary point with which all weights fit into 16 signed bits."""
    return next(n for n in range(30, -30, -1) if np.abs(np.rint(weights * 2.0**n)).max() < 1 << (BITS - 1))


def weight_bits(weights: np.ndarray) -> int:
    """Return the bits of a sign and magnitude that hold all integer `weights`."""
    return int(np.abs(weights.astype(np.int64)).max()).bit_length() + 1


def quantise_layer(trained: FloatLayer, fraction: int, n_low_in: int, n_low_out: int | None) -> QuantisedLayer:
    """Return the layer in integers; its n_high_in is the widest until the profile is measured.

    fraction: bits of a weight after the binary point, which is also the shift. n_low_out None: the classifier, whose
    sums are not shifted. The rounding constant is half of the lowest bit that is kept, so that dropping bits rounds to
    nearest.
    """
    scale = 2.0 ** (FRACTION + fraction)
    rounding = 0 if n_low_out is None else (1 << (fraction + n_low_out)) >> 1
    return QuantisedLayer(
        layer=trained.layer,
        weights=np.rint(trained.weights * 2.0**fraction).astype(np.int16),
        bias=np.rint(trained.bias * scale).astype(np.int64) + rounding,
        shift=0 if n_low_out is None else fraction,
        n_low_in=n_low_in,
        n_high_in=BITS - 1,
        n_low_out=n_low_out or 0,
    )


def build(frame: Frame, trained: Sequence[FloatLayer], fractions: Settings, n_low: Settings) -> QuantisedNetwork:
    """Return the network with the given weight fractions and n_L of each layer's input."""
    following = [*n_low[1:], None]
    layers = [quantise_layer(*each) for each in zip(trained, fractions, n_low, following, strict=True)]
    return frame(layers=tuple(layers[:-1]), classifier=layers[-1])


def probabilities(network: QuantisedNetwork, acts: np.ndarray, fraction: int) -> np.ndarray:
    """Return the class probabilities, float64 [N, classes]; fraction: the classifier's weight fraction."""
    return class_probabilities(network.run(acts).logits / 2.0 ** (FRACTION + fraction))


def distance(found: np.ndarray, reference: np.ndarray) -> float:
    """Return the images whose class differs plus the mean total variation of the class probabilities [N, classes]."""
    changed = (found.argmax(axis=1) != reference.argmax(axis=1)).sum()
    return float(changed + mean_change(found, reference))


def with_n_high(network: QuantisedNetwork, acts: np.ndarray) -> QuantisedNetwork:
    """Return the network with each layer's n_high_in as seen in the run of `acts` [N, H, W, C]."""
    run = network.run(acts)
    entries = [
        replace(entry, n_high_in=max(int(bit_length(values.max())) - 1, entry.n_low_in))
        for entry, values in zip((*network.layers, network.classifier), (*run.inputs, run.outputs[-1]), strict=True)
    ]
    return replace(network, layers=tuple(entries[:-1]), classifier=entries[-1])


def profiled(
    frame: Frame, trained: Sequence[FloatLayer], acts: np.ndarray, report: Callable[[str], None]
) -> tuple[QuantisedNetwork, Settings]:
    """Return (the quantised network with its profile, the weight fractions).

    acts: the calibration images as activations, uint16 [N, H, W, C], not trimmed. report: takes lines of progress.
    """
    widest, zeros = [weight_fraction(each.weights) for each in trained], [0] * len(trained)
    reference = probabilities(build(frame, trained, widest, zeros), acts, widest[-1])

    def error(fractions: Settings, n_low: Settings) -> float:
        return distance(probabilities(build(frame, trained, fractions, n_low), acts, fractions[-1]), reference)

    n_low = fewest_bits(zeros, BITS - 1, 1, lambda trial: error(widest, trial), ACTIVATION_TOLERANCE)
    report(f"n_L of the layers' inputs: {n_low}")
    fractions = fewest_bits(widest, 0, -1, lambda trial: error(trial, n_low), TOLERANCE)
    report(f"weight bits after the binary point: {fractions}")
    return with_n_high(build(frame, trained, fractions, n_low), acts), fractions
