# SPDX-License-Identifier: Apache-2.0
"""The settings of one tensor's container stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.config import GROUP
from models.precision import check_settings, value_dtype

if TYPE_CHECKING:
    from models.config import DesignConfig

WORD = 64  # bits of a stream word
Z_BITS = GROUP
ALIGNMENTS = (64, 1)


@dataclass(frozen=True)
class CodecParams:
    """How a tensor is encoded (docs/architecture.md, section 4).

    bits: P, 16 or 8. n_low: lowest kept bit position. align: containers padded to this many bits, 64 or 1.
    prefix_w: width of the prefix field; 0 stands for the narrowest, 4 for 16-bit and 3 for 8-bit values.
    Raises ValueError when a setting is illegal.
    """

    bits: int = 16
    signed: bool = False
    n_low: int = 0
    align: int = 64
    prefix_w: int = 0

    def __post_init__(self) -> None:
        check_settings(self.bits, self.n_low)
        narrowest = (self.bits - 1).bit_length()
        if self.prefix_w == 0:
            object.__setattr__(self, "prefix_w", narrowest)
        if not narrowest <= self.prefix_w <= 4:
            legal = "4" if narrowest == 4 else "3 or 4"
            raise ValueError(f"prefix_w = {self.prefix_w}: must be {legal} for {self.bits}-bit values")
        if self.align not in ALIGNMENTS:
            raise ValueError(f"align = {self.align}: must be 64 or 1")

    @classmethod
    def for_design(cls, config: DesignConfig, signed: bool = False, n_low: int = 0) -> CodecParams:
        """Return the settings of a design point's codec."""
        return cls(config.p, signed, n_low, config.align, config.prefix_w)

    @property
    def header_bits(self) -> int:
        """Width of prefix and Z together."""
        return self.prefix_w + Z_BITS

    @property
    def dtype(self) -> np.dtype:
        """dtype of decoded values: uint16, int16, uint8 or int8."""
        return value_dtype(self.bits, self.signed)

    def container_bits(self, precision: np.ndarray, nnz: np.ndarray) -> np.ndarray:
        """Return the length of containers in bits, with the padding when align = 64."""
        used = self.header_bits + precision * nnz
        return -(-used // self.align) * self.align


def group_count(count: int) -> int:
    """Return the number of groups of `count` values."""
    return -(-count // GROUP)
