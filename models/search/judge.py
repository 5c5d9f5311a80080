# SPDX-License-Identifier: Apache-2.0
"""How far a classifier's answers move: a finer measure than accuracy, which a few hundred inputs tell only coarsely."""

from __future__ import annotations

import numpy as np

_SUM = 1e-3  # how far from 1 the sum of probabilities may be in float32


def class_probabilities(outputs: np.ndarray) -> np.ndarray:
    """Return probabilities, float64 [N, classes], of logits; outputs that are probabilities already stay."""
    outputs = outputs.astype(np.float64)
    if (outputs >= 0).all() and np.abs(outputs.sum(axis=1) - 1).max() <= _SUM:
        return outputs
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def mean_change(found: np.ndarray, reference: np.ndarray) -> float:
    """Return the mean total variation of probabilities [N, classes]: 0 for the same ones, at most 1."""
    return float(np.abs(found - reference).sum(axis=1).mean() / 2)
