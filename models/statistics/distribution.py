# SPDX-License-Identifier: Apache-2.0
"""A distribution of precisions: how many uses of a value or of a group need 0, 1, ... P bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.precision import bit_length, precision_of_or


@dataclass(frozen=True, eq=False)
class Distribution:
    """Uses by precision.

    counts: int64 [P + 1], uses that need as many bits as the index; 0 bits: all values are zero. spared: bits that uses
    would spare together if the lowest position were detected for each of them, too.
    """

    counts: np.ndarray
    spared: int = 0

    @classmethod
    def of(cls, ored: np.ndarray, uses: np.ndarray | None, bits: int, signed: bool, n_low: int) -> Distribution:
        """Return the distribution of groups given by the OR of their magnitudes.

        ored: unsigned integers of any shape. uses: how often each group is used, integers that broadcast to that shape;
        None: once. bits, signed, n_low: of the values, see `models.precision.group_precision`.
        """
        precisions = precision_of_or(ored, bits, signed, n_low)
        kept = (ored >> ored.dtype.type(n_low)).astype(np.int64)
        spared = np.where(kept == 0, 0, bit_length(kept & -kept) - 1)
        if uses is None:
            return cls(np.bincount(precisions.ravel(), minlength=bits + 1), int(spared.sum()))
        uses = np.broadcast_to(uses, ored.shape)
        counts = np.bincount(precisions.ravel(), weights=uses.ravel(), minlength=bits + 1)  # exact below 2^53
        return cls(counts.astype(np.int64), int((spared * uses).sum()))

    def __add__(self, other: Distribution) -> Distribution:
        return Distribution(self.counts + other.counts, self.spared + other.spared)

    @property
    def uses(self) -> int:
        """All uses."""
        return int(self.counts.sum())

    @property
    def bits(self) -> int:
        """Bits of all uses together."""
        return int(self.counts @ np.arange(len(self.counts)))

    @property
    def mean(self) -> float:
        """The effective precision: mean bits of a use (Tables 1 and 2)."""
        return self.bits / self.uses

    @property
    def mean_cycles(self) -> float:
        """Mean cycles of a use on bit-serial hardware, which takes one for a group of zeros."""
        return (self.bits + int(self.counts[0])) / self.uses

    @property
    def cumulative(self) -> np.ndarray:
        """Return the part of the uses that need at most as many bits as the index, float64 [P + 1] (Fig. 1a to 1d)."""
        return np.cumsum(self.counts) / self.uses

    @property
    def most(self) -> int:
        """The most bits that a use needs."""
        return int(np.flatnonzero(self.counts).max())

    @property
    def low_gain(self) -> float:
        """Part of the bits that a dynamic n_L would spare (the paper's section 3 finds less than 0.4 %)."""
        return self.spared / self.bits if self.bits else 0.0


def total(distributions: list[Distribution]) -> Distribution:
    """Return the sum of one or more distributions of the same P."""
    return sum(distributions[1:], start=distributions[0])
