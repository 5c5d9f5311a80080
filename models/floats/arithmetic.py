# SPDX-License-Identifier: Apache-2.0
"""Products and sums with every operation rounded to a format, in NumPy's own arithmetic and yet bit-exact.

A sum of products is computed serially: acc = 0; for k = 0, 1, ...: acc = round(acc + round(a_k b_k)). That is what one
MAC unit does (Hill et al., "Rethinking Numerical Representations for Deep Neural Networks", 2018, sections 2.3, 3.1).

Why NumPy's rounding does not show. With p = mantissa + 1 bits a significand, a product has 2p bits and is exact in a
work type of P >= 2p bits, so it is rounded once. A sum is rounded twice, by the work type and to the format. To nearest
that is innocuous if P >= 2p + 2 (Figueroa, "When is double rounding innocuous?", SIGNUM Newsletter, 1995): float32
serves p <= 11, float64 p <= 25. Below the smallest normal value a sum is a multiple of the format's own quantum, hence
exact. Towards zero a sum that the work type rounded up would be wrong: its error is computed exactly (Knuth's two-sum)
and the sum moved one step back. Sums of fixed-point numbers and their products are exact. Exponents stay within the work
type by the limits of `_float_dtype`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from models.floats.formats import FixedFormat, FloatFormat, Format

BLOCK = 1 << 15  # results computed at once: operands and scratch stay in the cache


class Arithmetic(ABC):
    """Rounded arithmetic of a format on arrays of the work type `dtype`. Zeros have no sign: a result -0 may be +0."""

    dtype: np.dtype

    @abstractmethod
    def multiply(self, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        """Write the rounded products of values of the format to `out`."""

    @abstractmethod
    def add_to(self, acc: np.ndarray, values: np.ndarray) -> None:
        """Add values of the format to `acc`, rounded, in place; `values` may be overwritten."""

    def matmul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return a [Q, K] times b [K, P] as [Q, P] in the work type, each sum serial over K from k = 0.

        Both hold values of the format.
        """
        a, b = np.asarray(a, dtype=self.dtype), np.asarray(b, dtype=self.dtype)
        result = np.zeros((a.shape[0], b.shape[1]), dtype=self.dtype)
        width = max(1, BLOCK // max(1, a.shape[0]))
        for first in range(0, b.shape[1], width):
            part = np.ascontiguousarray(b[:, first : first + width])
            acc = np.zeros((a.shape[0], part.shape[1]), dtype=self.dtype)
            products = np.empty_like(acc)
            for k in range(a.shape[1]):
                self.multiply(a[:, k, None], part[k], products)
                self.add_to(acc, products)
            result[:, first : first + width] = acc
        return result


class FixedArithmetic(Arithmetic):
    """Two's complement with saturation after each operation."""

    def __init__(self, number_format: FixedFormat) -> None:
        self.format = number_format
        self.dtype = np.dtype(np.float32 if number_format.bits <= 12 else np.float64)  # products of 2 (bits - 1) bits

    def multiply(self, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        """See `Arithmetic`."""
        step = self.dtype.type(self.format.quantum)
        np.multiply(a * (1 / step), b, out=out)  # in steps of the format: a power of two is exact
        (np.rint if self.format.rounding == "nearest" else np.trunc)(out, out=out)
        out *= step
        np.clip(out, self.dtype.type(self.format.lowest), self.dtype.type(self.format.largest), out=out)

    def add_to(self, acc: np.ndarray, values: np.ndarray) -> None:
        """See `Arithmetic`."""
        acc += values
        np.clip(acc, self.dtype.type(self.format.lowest), self.dtype.type(self.format.largest), out=acc)


def _float_dtype(number_format: FloatFormat) -> np.dtype:
    """Return the narrowest work type that is exact for a float format: bits of a significand, then exponents.

    The largest exponent that occurs is that of a product's rounding constant, the smallest that of a product's last bit.
    """
    p = number_format.mantissa + 1
    top = np.frexp(number_format.largest)[1]
    bottom = np.frexp(number_format.quantum)[1] - 1 - number_format.mantissa
    fits = 2 * p + 2 <= 24 and 2 * top + 26 < 127 and 2 * bottom > -126
    return np.dtype(np.float32 if fits else np.float64)


class FloatArithmetic(Arithmetic):
    """Floating point, with subnormals, infinities, NaN and saturation as the format has them."""

    def __init__(self, number_format: FloatFormat) -> None:
        self.format = number_format
        self.dtype = _float_dtype(number_format)
        single = self.dtype == np.float32
        digits = 24 if single else 53
        kind = self.dtype.type
        self._integer = np.dtype(np.int32 if single else np.int64)
        self._exponent = self._integer.type(0x7F800000 if single else 0x7FF0000000000000)
        self._dropped = ~self._integer.type((1 << (digits - 1 - number_format.mantissa)) - 1)
        # x + c - c rounds x to the last bit of c, which is the format's last bit of x: c = 1.5 2^(digits - 1) steps.
        self._factor = kind(1.5 * 2.0 ** (digits - 1 - number_format.mantissa))
        self._threshold = kind(number_format.smallest_normal) * self._factor
        self._least = kind(number_format.quantum) * kind(1.5 * 2.0 ** (digits - 1))
        self._smallest = kind(number_format.smallest_normal)
        self._largest = kind(number_format.largest)
        self._nearest = number_format.rounding == "nearest"
        self._scratch = np.empty(0, self.dtype)

    def multiply(self, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        """See `Arithmetic`."""
        np.multiply(a, b, out=out)
        self._round(out)

    def add_to(self, acc: np.ndarray, values: np.ndarray) -> None:
        """See `Arithmetic`."""
        if self._nearest:
            acc += values
        else:
            self._add_towards_zero(acc, values)
        self._round(acc)

    def _add_towards_zero(self, acc: np.ndarray, values: np.ndarray) -> None:
        """Add, and where the work type rounded away from zero move the sum one step of the work type back."""
        total = acc + values
        part = total - acc
        error = (acc - (total - part)) + (values - part)
        acc[...] = total
        bits = acc.view(self._integer)
        np.subtract(bits, (error * np.sign(total)) < 0, out=bits)

    def _round(self, x: np.ndarray) -> None:
        """Round in place."""
        if not self.format.saturate:
            self._round_with_specials(x)
            return
        self._round_finite(x)
        np.clip(x, -self._largest, self._largest, out=x)

    def _round_finite(self, x: np.ndarray) -> None:
        if self._scratch.shape != x.shape:
            self._scratch = np.empty_like(x)
        (self._round_nearest if self._nearest else self._round_towards_zero)(x, self._scratch)

    def _round_with_specials(self, x: np.ndarray) -> None:
        """Round in place where an overflow is infinite, or NaN in a format without infinities."""
        special = ~np.isfinite(x)
        infinity = np.inf if self.format.specials == "ieee" else np.nan
        kept = np.where(np.isnan(x[special]), np.nan, np.copysign(infinity, x[special]))
        x[special] = 0
        self._round_finite(x)
        over = np.abs(x) > self._largest
        x[over] = np.copysign(infinity if self._nearest else self._largest, x[over])
        x[special] = kept

    def _round_nearest(self, x: np.ndarray, c: np.ndarray) -> None:
        np.bitwise_and(x.view(self._integer), self._exponent, out=c.view(self._integer))
        c *= self._factor
        np.copyto(c, self._least, where=c < self._threshold)
        x += c
        x -= c

    def _round_towards_zero(self, x: np.ndarray, magnitude: np.ndarray) -> None:
        bits = x.view(self._integer)
        np.bitwise_and(bits, self._dropped, out=bits)
        np.abs(x, out=magnitude)
        tiny = magnitude < self._smallest
        if tiny.any():
            quantum = self.dtype.type(self.format.quantum)
            x[tiny] = np.trunc(x[tiny] / quantum) * quantum


def arithmetic_of(number_format: Format) -> Arithmetic:
    """Return the arithmetic of a format."""
    if isinstance(number_format, FixedFormat):
        return FixedArithmetic(number_format)
    return FloatArithmetic(number_format)
