# SPDX-License-Identifier: Apache-2.0
"""What the containers of the codec save on floats, exponents and mantissas apart (paper, section 7).

The paper says that containers can be applied to both fields after a profile has trimmed them, not how. Here:

- Exponents count down from the largest of the tensor, which is 1; a zero is 0. Most values are large, so the numbers are
  small, and the container drops the high bits that its 16 values do not use. The largest exponent is the tensor's profile.
- Mantissas are stored with their bits reversed: the least significant bits, which a container should drop where they are
  zero, become the high ones. A mantissa of 0 and a value of 0 cost one bit of the Z vector.
- Signs stay as they are, a bit a value.
Fields of up to 8 bits go into containers of 8, wider ones of 16; a mantissa of more than 16 bits takes two of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from models.codec import CodecParams, compressed_bits
from models.floats.formats import FloatFormat

FIELDS = ("exponents", "mantissas", "signs")
_WIDE = 16


@dataclass(frozen=True)
class FieldBits:
    """Bits of one field of a tensor, or of several, raw and in containers."""

    raw: int = 0
    packed: int = 0

    @property
    def ratio(self) -> float:
        """Size in containers over raw size; 1 for a field without bits."""
        return self.packed / self.raw if self.raw else 1.0

    def __add__(self, other: FieldBits) -> FieldBits:
        return FieldBits(self.raw + other.raw, self.packed + other.packed)


@dataclass(frozen=True)
class FloatContainers:
    """A tensor's fields in containers."""

    exponents: FieldBits
    mantissas: FieldBits
    signs: FieldBits

    @property
    def together(self) -> FieldBits:
        """All fields."""
        return self.exponents + self.mantissas + self.signs

    def __add__(self, other: FloatContainers) -> FloatContainers:
        return FloatContainers(*(getattr(self, name) + getattr(other, name) for name in FIELDS))


def float_containers(values: np.ndarray, number_format: FloatFormat, align: int) -> FloatContainers:
    """Return the sizes of a tensor of any shape in a float format, rounded first, grouped by 16 in C order.

    align: 64 or 1, as the codec's.
    """
    _, exponent, mantissa = number_format.encode(values)
    signs = FieldBits(exponent.size, exponent.size)
    exponents = _field([(counted_down(exponent, mantissa), number_format.exponent)], align)
    mantissas = _field(list(_parts(mantissa_reversed(mantissa, number_format.mantissa), number_format.mantissa)), align)
    return FloatContainers(exponents, mantissas, signs)


def total(found: Iterable[FloatContainers]) -> FloatContainers:
    """Return the sum of several tensors."""
    return sum(found, FloatContainers(FieldBits(), FieldBits(), FieldBits()))


def counted_down(exponent: np.ndarray, mantissa: np.ndarray) -> np.ndarray:
    """Return exponent fields as distances from the tensor's largest, plus 1; 0 for values of 0; int64."""
    something = (exponent > 0) | (mantissa > 0)
    top = int(exponent.max(initial=0, where=something))
    return np.where(something, top + 1 - exponent, 0)


def mantissa_reversed(mantissa: np.ndarray, bits: int) -> np.ndarray:
    """Return mantissa fields with the order of their bits reversed, int64."""
    result = np.zeros_like(mantissa)
    for bit in range(bits):
        result |= (mantissa >> bit & 1) << (bits - 1 - bit)
    return result


def _parts(values: np.ndarray, bits: int) -> Iterable[tuple[np.ndarray, int]]:
    """Yield (values, width) that fit into containers: 16 bits at a time from the low end."""
    for low in range(0, bits, _WIDE):
        width = min(_WIDE, bits - low)
        yield values >> low & ((1 << width) - 1), width


def _field(parts: list[tuple[np.ndarray, int]], align: int) -> FieldBits:
    result = FieldBits()
    for values, width in parts:
        params = CodecParams(8 if width <= 8 else _WIDE, align=align)
        result += FieldBits(values.size * width, compressed_bits(values.astype(np.uint16), params))
    return result
