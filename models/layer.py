# SPDX-License-Identifier: Apache-2.0
"""The shape of a convolution layer and every count that follows from it (docs/architecture.md sections 2, 8 and 9)."""

from __future__ import annotations

from dataclasses import dataclass

from models.config import GROUP

MAX_PRODUCTS = 1 << 16  # products of one output that an accumulator of 2P + 16 bits is sure to hold


class LayerError(ValueError):
    """A layer, or data for one, that the hardware cannot take; the message names the layer, the field and the fix."""


@dataclass(frozen=True)
class ConvLayer:
    """A convolution: C x H x W activations, K filters of C x R x S weights. Lengths in values, all counts are exact.

    A fully connected layer is the convolution whose filter covers the whole input (R = H, S = W, pad = 0).
    Raises LayerError when a field is not an integer or out of range, when the filter does not fit into the padded
    input, when groups is not 1 (not supported yet), or when an output needs more products than an accumulator holds.
    """

    name: str
    C: int  # input channels
    H: int  # input height
    W: int  # input width
    K: int  # filters = output channels
    R: int  # filter height
    S: int  # filter width
    stride: int = 1
    pad: int = 0  # zeros on each of the four sides
    groups: int = 1

    def __post_init__(self) -> None:
        if not self.name or not isinstance(self.name, str):
            raise LayerError(f"layer name {self.name!r}: must be a string that is not empty")
        for field in ("C", "H", "W", "K", "R", "S", "stride", "groups"):
            self._check_integer(field, least=1)
        self._check_integer("pad", least=0)
        if self.groups != 1:
            raise self._error(f"groups = {self.groups}: must be 1 (make one layer of each group)")
        for size, kernel in (("H", "R"), ("W", "S")):
            available = getattr(self, size) + 2 * self.pad
            if getattr(self, kernel) > available:
                message = f"{kernel} = {getattr(self, kernel)}: must be at most {size} + 2 pad = {available}"
                raise self._error(message)
        if self.products > MAX_PRODUCTS:
            raise self._error(f"C * R * S = {self.products} products an output: the accumulators hold {MAX_PRODUCTS}")

    def _error(self, message: str) -> LayerError:
        return LayerError(f"layer {self.name!r}: {message}")

    def _check_integer(self, field: str, least: int) -> None:
        value = getattr(self, field)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self._error(f"{field} = {value!r}: must be an integer of at least {least}")

    @property
    def Ho(self) -> int:  # noqa: N802
        """Output height."""
        return (self.H + 2 * self.pad - self.R) // self.stride + 1

    @property
    def Wo(self) -> int:  # noqa: N802
        """Output width."""
        return (self.W + 2 * self.pad - self.S) // self.stride + 1

    @property
    def windows(self) -> int:
        """Windows of the layer: the output positions, in raster order."""
        return self.Ho * self.Wo

    @property
    def products(self) -> int:
        """Products that one output sums, without the padding of the channels."""
        return self.C * self.R * self.S

    @property
    def channel_bricks(self) -> int:
        """Bricks of 16 channels at one position, CB."""
        return self.bricks()

    @property
    def steps(self) -> int:
        """Brick steps of a window for a tile of 16 lanes: R * S * CB."""
        return self.step_count()

    def bricks(self, lanes: int = GROUP) -> int:
        """Return the groups of `lanes` channels at one position."""
        return -(-self.C // lanes)

    def step_count(self, lanes: int = GROUP) -> int:
        """Return the steps of a window for a tile of `lanes` lanes."""
        return self.R * self.S * self.bricks(lanes)

    def pallets(self, cols: int) -> int:
        """Return the pallets of `cols` windows; the last one may be partly empty."""
        return -(-self.windows // cols)

    def passes(self, rows: int) -> int:
        """Return the passes over all pallets that a tile of `rows` filters needs."""
        return -(-self.K // rows)
