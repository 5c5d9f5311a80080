# SPDX-License-Identifier: Apache-2.0
"""What quantisers know of a tensor: its range on the calibration inputs, and some of its values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.graphs.rules import FixedRule

SAMPLES = 1 << 16  # values of an input that the noise is measured on
MORE = 1 << 19  # of all inputs together


@dataclass(frozen=True, eq=False)
class Observed:
    """The range of all values, which always includes 0 (padding is 0), and some of them, float32."""

    low: float  # at most 0
    high: float  # at least 0
    samples: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Observed:
        """Return what is seen of a float tensor of any shape."""
        flat = values.ravel(order="K")  # in whatever order they are stored: a view
        return cls(min(0.0, float(flat.min())), max(0.0, float(flat.max())), _some(flat, SAMPLES))

    @classmethod
    def merged(cls, parts: list[Observed]) -> Observed:
        """Return what is seen in all of some tensors."""
        low, high = min(each.low for each in parts), max(each.high for each in parts)
        return cls(low, high, _some(np.concatenate([each.samples for each in parts]), MORE))

    @property
    def signed(self) -> bool:
        """Whether a value is negative."""
        return self.low < 0

    def ratio_db(self, rule: FixedRule) -> float:
        """Return signal power over quantisation noise power in dB: infinite without noise."""
        values = self.samples.astype(np.float64)
        noise = float(np.square(rule.apply(self.samples) - values).sum())
        signal = float(np.square(values).sum())
        return np.inf if noise == 0 else -np.inf if signal == 0 else 10 * np.log10(signal / noise)


def _some(values: np.ndarray, count: int) -> np.ndarray:
    """Return `count` values drawn with a fixed seed, or all: an even step might see few of the channels."""
    if len(values) <= count:
        return np.array(values, np.float32)
    return values[np.random.default_rng(0).integers(0, len(values), count)].astype(np.float32)
