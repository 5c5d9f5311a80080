# SPDX-License-Identifier: Apache-2.0
"""What happens to a tensor's values before a layer: linear quantisation to a range of integers, in float32 arithmetic.

The same numbers serve twice: `codes` makes the integers of a trace, and the nodes that emulation inserts into a network
do the same operations in the same order, so that both agree to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MAX_CODES = 1 << 20  # most codes of a rule; float32 holds every integer of such a range exactly


@dataclass(frozen=True)
class FixedRule:
    """value -> (clip(round_half_even(value / scale) + zero_point, low, high) - zero_point) * scale.

    Raises ValueError unless scale is positive and finite as a float32, and low <= zero_point <= high, so that 0 stays 0.
    """

    scale: float
    low: int
    high: int
    zero_point: int = 0

    def __post_init__(self) -> None:
        if not (np.isfinite(np.float32(self.scale)) and np.float32(self.scale) > 0):
            raise ValueError(f"scale = {self.scale}: must be positive and finite in float32")
        if not self.low <= self.zero_point <= self.high:
            raise ValueError(
                f"zero_point = {self.zero_point}: must be in low..high = {self.low}..{self.high}, or 0 has no code"
            )
        if self.high - self.low >= MAX_CODES:
            raise ValueError(f"low..high = {self.low}..{self.high}: must be at most {MAX_CODES} codes")

    @classmethod
    def fixed_point(cls, integer_bits: int, fraction_bits: int, signed: bool) -> FixedRule:
        """Return the rule of a fixed point number; the sign is not among its bits. Either number of bits may be negative."""
        codes = 1 << (integer_bits + fraction_bits)
        return cls(2.0**-fraction_bits, -codes if signed else 0, codes - 1)

    @property
    def centred(self) -> tuple[int, int]:
        """Lowest and highest code less the zero point."""
        return self.low - self.zero_point, self.high - self.zero_point

    def _steps(self, values: np.ndarray) -> np.ndarray:
        """Return the codes less the zero point, a new float32 array."""
        values = np.asarray(values, np.float32)
        steps = np.empty(values.shape, np.float32)  # the only copy: weights may be large
        with np.errstate(over="ignore"):
            np.divide(values, np.float32(self.scale), out=steps)
        np.clip(steps, *map(np.float32, self.centred), out=steps)
        return np.rint(steps, out=steps)

    def codes(self, values: np.ndarray) -> np.ndarray:
        """Return the integers of float values of any shape, int32; values out of range get the nearest end."""
        return self._steps(values).astype(np.int32) + self.zero_point

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return what the integers stand for, float32, same shape."""
        steps = self._steps(values)
        return np.multiply(steps, np.float32(self.scale), out=steps)

    def clipped(self, values: np.ndarray) -> int:
        """Return how many values are out of range by a whole step or more; less is rounding."""
        low, high = self.centred
        with np.errstate(over="ignore"):
            steps = np.asarray(values, np.float32) / np.float32(self.scale)
        return int(np.count_nonzero((steps <= low - 1) | (steps >= high + 1)))


@dataclass(frozen=True)
class LayerRule:
    """The rules of a layer's operands; None leaves an operand as it is."""

    acts: FixedRule | None = None
    weights: FixedRule | None = None
