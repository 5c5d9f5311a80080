# SPDX-License-Identifier: Apache-2.0
"""What is searched: the bits of each layer's activations and weights, and the positions that the hardware calls n_H and n_L."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from models.traces import Format

CONTAINER = 16  # bits of the hardware's values, P
FLOAT_BITS = 32  # what footprints refer to


class Bits(NamedTuple):
    """Bits before and after the binary point, the sign not among them. Either may be negative, their sum is at least 1."""

    integer: int
    fraction: int


@dataclass(frozen=True)
class Operand:
    """The activations or the weights of a layer, as wide as the hardware takes them: 16 bits.

    integer: the bits before the binary point that hold every value seen; what is left of the 16 is the fraction.
    """

    layer: str
    what: str  # "acts" or "weights"
    signed: bool
    integer: int
    values: int  # values of it that an input of the network needs
    stored: bool = False  # a constant of the network, which a batch of inputs shares

    @property
    def full(self) -> Bits:
        """All 16 bits."""
        return Bits(self.integer, CONTAINER - self.signed - self.integer)

    def width(self, bits: Bits) -> int:
        """Return the bits of a value, the sign included: P_a or P_w."""
        return bits.integer + bits.fraction + self.signed

    def traffic(self, width: int, batch: int) -> float:
        """Return the bits that move for an input of a batch: activations are written and read, stored weights read once."""
        return self.values * width / batch if self.stored else 2 * self.values * width

    def clipped(self, bits: Bits) -> Bits:
        """Return the bits without those that the operand does not have, but with one at least."""
        integer, fraction = map(min, bits, self.full)
        return Bits(integer, max(fraction, 1 - integer))

    def form(self, bits: Bits) -> Format:
        """Return the positions in the container: n_L is what the fraction leaves out, n_H the sign or the highest bit.

        Raises ValueError for bits that are not among the full ones.
        """
        full = self.full
        if not (1 - bits.fraction <= bits.integer <= full.integer and bits.fraction <= full.fraction):
            raise ValueError(f"layer {self.layer!r}: {self.what}: {bits}: must have 1 bit or more, all of them within {full}")
        n_low = full.fraction - bits.fraction
        return Format(CONTAINER, self.signed, n_low + self.width(bits) - 1, n_low, scale=2.0**-full.fraction)


@dataclass(frozen=True)
class PrecisionPoint:
    """The bits of every operand, in the order of the space's operands."""

    bits: tuple[Bits, ...]

    @classmethod
    def of(cls, vector: Sequence[int]) -> PrecisionPoint:
        """Return the point of a vector (integer, fraction, integer, ...)."""
        return cls(tuple(Bits(*pair) for pair in zip(vector[::2], vector[1::2], strict=True)))

    @property
    def vector(self) -> list[int]:
        """All bits in a row: integer, fraction, integer, ..."""
        return [number for bits in self.bits for number in bits]


@dataclass(frozen=True)
class Space:
    """All operands that are searched. Coordinate 2 i is the integer bits of operand i, 2 i + 1 its fraction bits."""

    operands: tuple[Operand, ...]

    @property
    def full(self) -> PrecisionPoint:
        """16 bits everywhere."""
        return PrecisionPoint(tuple(operand.full for operand in self.operands))

    @property
    def coordinates(self) -> list[str]:
        """Names of a vector's entries, for people."""
        return [f"{operand.layer} {operand.what} {field}" for operand in self.operands for field in Bits._fields]

    @cached_property
    def least(self) -> list[int]:
        """The least of each coordinate when the other one of its operand is full: one bit is left."""
        return [1 - number for operand in self.operands for number in reversed(operand.full)]

    def uniform(self, acts: Bits, weights: Bits) -> PrecisionPoint:
        """Return the point with the same bits in all layers."""
        return PrecisionPoint(tuple(acts if operand.what == "acts" else weights for operand in self.operands))

    def uniform_full(self) -> tuple[Bits, Bits]:
        """Return the bits of (activations, weights) that hold every layer's values in 16 bits."""

        def widest(what: str) -> Bits:
            chosen = [operand for operand in self.operands if operand.what == what]
            integer = max((operand.integer for operand in chosen), default=1)
            return Bits(integer, CONTAINER - any(operand.signed for operand in chosen) - integer)

        return widest("acts"), widest("weights")

    def clipped(self, point: PrecisionPoint) -> PrecisionPoint:
        """Return the point without the bits that an operand does not have, but with one at least."""
        return PrecisionPoint(tuple(operand.clipped(bits) for operand, bits in zip(self.operands, point.bits, strict=True)))

    def legal(self, point: PrecisionPoint) -> bool:
        """Return whether every operand has a bit left."""
        return all(bits.integer + bits.fraction >= 1 for bits in point.bits)

    def footprint(self, point: PrecisionPoint, batch: int = 1) -> float:
        """Return the traffic of all layers over that of 32-bit floats.

        Activations are written once and read once for each layer that uses them; weights are read once for `batch`
        inputs: 1 is the paper's single image.
        """
        pairs = zip(self.operands, point.bits, strict=True)
        moved = sum(operand.traffic(operand.width(bits), batch) for operand, bits in pairs)
        return moved / sum(operand.traffic(FLOAT_BITS, batch) for operand in self.operands)
