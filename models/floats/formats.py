# SPDX-License-Identifier: Apache-2.0
"""Number formats of any width: floats with any mantissa and exponent, fixed point with any integer and fraction part.

Source of the design space: Hill et al., "Rethinking Numerical Representations for Deep Neural Networks", 2018, section 2.2.
Rounding is bit-exact: "nearest" goes to the nearest value, of two equally near ones to the one whose mantissa is even
(without mantissa bits the larger one, as IEEE 754 has it; half of the smallest value becomes zero). "zero" drops bits,
which is what Hill et al. do (section 3.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ROUNDINGS = ("nearest", "zero")
SPECIALS = ("none", "ieee", "fn")


class FormatError(ValueError):
    """A number format that does not exist; the message names the field and the fix."""


def _check(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise FormatError(f"{name} = {value}: must be {low}..{high}")


def _check_rounding(rounding: str) -> None:
    if rounding not in ROUNDINGS:
        raise FormatError(f"rounding = {rounding!r}: must be one of {', '.join(ROUNDINGS)}")


@dataclass(frozen=True)
class FloatFormat:
    """Sign, `exponent` bits and `mantissa` bits: (-1)^s 2^(code - bias) (1 + fraction), code 0 is zero.

    bias: None for 2^(exponent - 1) - 1. subnormals: exponent code 0 holds 2^(1 - bias) fraction, else only zero.
    specials: "none": every code is a finite number and overflow saturates; "ieee": the top exponent is infinity and NaN;
    "fn": only the code of all ones is NaN. saturate: overflow gives the largest finite value, otherwise infinity
    ("ieee") or NaN ("fn"). The defaults are the formats of Hill et al. Raises FormatError.
    """

    mantissa: int
    exponent: int
    bias: int | None = None
    subnormals: bool = False
    specials: str = "none"
    saturate: bool = True
    rounding: str = "nearest"

    def __post_init__(self) -> None:
        if self.bias is None:
            object.__setattr__(self, "bias", (1 << max(self.exponent - 1, 0)) - 1)
        _check_rounding(self.rounding)
        if self.specials not in SPECIALS:
            raise FormatError(f"specials = {self.specials!r}: must be one of {', '.join(SPECIALS)}")
        _check("mantissa", self.mantissa, 0 if self.specials == "none" else 1, 24)
        _check("exponent", self.exponent, 1 if self.specials == "none" else 2, 9)
        _check("bias", self.bias, 1 - (1 << self.exponent), 1 << self.exponent)
        if self.specials == "none" and not self.saturate:
            raise FormatError("saturate = False: a format without specials has no code for an overflow")

    @property
    def name(self) -> str:
        """Short name, such as m7e6; with z when it rounds towards zero."""
        return f"m{self.mantissa}e{self.exponent}{'z' if self.rounding == 'zero' else ''}"

    @property
    def bits(self) -> int:
        """Width of a value in bits, sign included."""
        return 1 + self.exponent + self.mantissa

    @property
    def top_code(self) -> int:
        """Exponent and mantissa fields of the largest finite value, as one integer."""
        codes = 1 << (self.exponent + self.mantissa)
        return codes - {"none": 1, "fn": 2, "ieee": 1 + (1 << self.mantissa)}[self.specials]

    @property
    def largest(self) -> float:
        """The largest finite value."""
        exponent, fraction = divmod(self.top_code, 1 << self.mantissa)
        return 2.0 ** (exponent - self.bias) * (1 + fraction * 2.0**-self.mantissa)

    @property
    def smallest_normal(self) -> float:
        """The smallest positive value with a full mantissa."""
        return 2.0 ** (1 - self.bias)

    @property
    def quantum(self) -> float:
        """The smallest positive value."""
        return self.smallest_normal * (2.0**-self.mantissa if self.subnormals else 1.0)

    def round(self, values: np.ndarray) -> np.ndarray:
        """Return the values of the format, float64, any shape: rounded, signs of zeros kept, NaN only where the format has it.

        Raises FormatError for a NaN in a format without NaN.
        """
        values = np.asarray(values, dtype=np.float64)
        if self.specials == "none" and np.isnan(values).any():
            raise FormatError(f"{self.name}: a value is NaN, which this format does not have: replace it first")
        magnitudes = np.where(np.isnan(values), 0, np.minimum(np.abs(values), 2.0**1000))
        rounded = round_to_steps(magnitudes, self._steps(magnitudes), self.rounding)
        infinity = np.nan if self.specials == "fn" else np.inf
        over = self.largest if self.saturate or self.rounding == "zero" else infinity
        rounded = np.where(rounded > self.largest, over, rounded)
        if not self.saturate:
            rounded = np.where(np.isinf(values), infinity, rounded)
        return np.copysign(np.where(np.isnan(values), np.nan, rounded), values)

    def _steps(self, magnitudes: np.ndarray) -> np.ndarray:
        """Return the distance of the format's values around each magnitude, a power of two, float64."""
        leading = np.frexp(np.maximum(magnitudes, self.smallest_normal))[1] - 1
        steps = np.ldexp(1.0, leading - self.mantissa)
        return np.where(magnitudes < self.smallest_normal, self.quantum, steps)

    def encode(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (sign, exponent, mantissa) fields, int64, of values, which are rounded first; raises as `round`.

        An infinity has mantissa 0, a NaN all ones.
        """
        rounded = self.round(values)
        sign = np.signbit(rounded).astype(np.int64)
        finite = np.where(np.isfinite(rounded), np.abs(rounded), 0.0)
        normal = finite >= self.smallest_normal
        leading = np.where(normal, np.frexp(finite)[1] - 1, 1 - self.bias)
        scaled = np.ldexp(finite, self.mantissa - leading).astype(np.int64)  # implicit one included
        exponent = np.where(normal, leading + self.bias, 0)
        mantissa = scaled - (normal.astype(np.int64) << self.mantissa)
        special, ones = ~np.isfinite(rounded), (1 << self.mantissa) - 1
        exponent = np.where(special, (1 << self.exponent) - 1, exponent).astype(np.int64)
        return sign, exponent, np.where(special, np.where(np.isnan(rounded), ones, 0), mantissa)

    def decode(self, sign: np.ndarray, exponent: np.ndarray, mantissa: np.ndarray) -> np.ndarray:
        """Return the values, float64, of fields as `encode` makes them."""
        exponent, mantissa = np.asarray(exponent, dtype=np.int64), np.asarray(mantissa, dtype=np.int64)
        normal = exponent > 0
        significand = mantissa + (normal.astype(np.int64) << self.mantissa)
        values = np.ldexp(significand.astype(np.float64), np.maximum(exponent, 1) - self.bias - self.mantissa)
        if not self.subnormals:
            values = np.where(normal, values, 0.0)
        ones = (1 << self.mantissa) - 1
        if self.specials == "ieee":
            values = np.where(exponent == (1 << self.exponent) - 1, np.where(mantissa == 0, np.inf, np.nan), values)
        elif self.specials == "fn":
            values = np.where((exponent == (1 << self.exponent) - 1) & (mantissa == ones), np.nan, values)
        return np.where(np.asarray(sign) != 0, -values, values)


@dataclass(frozen=True)
class FixedFormat:
    """Two's complement with sign, `integer` and `fraction` bits: multiples of 2^-fraction in [-2^integer, 2^integer).

    Overflow saturates. Raises FormatError.
    """

    integer: int
    fraction: int
    rounding: str = "nearest"

    def __post_init__(self) -> None:
        _check_rounding(self.rounding)
        _check("integer", self.integer, 0, 24)
        _check("fraction", self.fraction, 0, 24)
        _check("integer + fraction", self.integer + self.fraction, 1, 24)

    @property
    def name(self) -> str:
        """Short name, such as i4f8; with z when it rounds towards zero."""
        return f"i{self.integer}f{self.fraction}{'z' if self.rounding == 'zero' else ''}"

    @property
    def bits(self) -> int:
        """Width of a value in bits, sign included."""
        return 1 + self.integer + self.fraction

    @property
    def largest(self) -> float:
        """The largest value."""
        return 2.0**self.integer - self.quantum

    @property
    def lowest(self) -> float:
        """The most negative value."""
        return -(2.0**self.integer)

    @property
    def quantum(self) -> float:
        """The distance of two values."""
        return 2.0**-self.fraction

    def round(self, values: np.ndarray) -> np.ndarray:
        """Return the values of the format, float64, any shape. Raises FormatError for a NaN."""
        values = np.asarray(values, dtype=np.float64)
        if np.isnan(values).any():
            raise FormatError(f"{self.name}: a value is NaN, which this format does not have: replace it first")
        return round_to_steps(np.clip(values, self.lowest, self.largest), self.quantum, self.rounding)

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Return the two's complement integers, int64, of values, which are rounded first; raises as `round`."""
        return (self.round(values) / self.quantum).astype(np.int64)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the values, float64, of integers as `encode` makes them."""
        return np.asarray(codes) * self.quantum


def round_to_steps(values: np.ndarray, steps: np.ndarray | float, rounding: str) -> np.ndarray:
    """Return `values` as multiples of `steps`, powers of two: nearest, ties to an even multiple, or towards zero."""
    scaled = values / steps
    return (np.rint(scaled) if rounding == "nearest" else np.trunc(scaled)) * steps


FLOAT32 = FloatFormat(23, 8, subnormals=True, specials="ieee", saturate=False)
FLOAT16 = FloatFormat(10, 5, subnormals=True, specials="ieee", saturate=False)
BFLOAT16 = FloatFormat(7, 8, subnormals=True, specials="ieee", saturate=False)
Format = FloatFormat | FixedFormat
