# SPDX-License-Identifier: Apache-2.0
"""The shape of a convolution layer and every count that follows from it (docs/architecture.md, sections on layouts)."""

from __future__ import annotations

from dataclasses import dataclass

from models.config import GROUP

MAX_PRODUCTS = 1 << 16  # products of one output that an accumulator of 2P + 16 bits is sure to hold


class LayerError(ValueError):
    """A layer, or data for one, that the hardware cannot take; the message names the layer, the field and the fix."""


class _Windows:
    """What every layer that moves a window over its input has in common. Fields as in ConvLayer."""

    name: str
    H: int
    W: int
    R: int
    S: int
    stride: int
    pad: int

    def _error(self, message: str) -> LayerError:
        return LayerError(f"layer {self.name!r}: {message}")

    def _check_integer(self, field: str, least: int) -> None:
        value = getattr(self, field)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self._error(f"{field} = {value!r}: must be an integer of at least {least}")

    def _check_fields(self, positive: tuple[str, ...]) -> None:
        """Raise LayerError unless the name is a text, the fields `positive` are at least 1 and pad at least 0."""
        if not self.name or not isinstance(self.name, str):
            raise LayerError(f"layer name {self.name!r}: must be a string that is not empty")
        for field in positive:
            self._check_integer(field, least=1)
        self._check_integer("pad", least=0)

    def _check_window(self) -> None:
        """Raise LayerError unless the window fits into the padded input."""
        for size, kernel in (("H", "R"), ("W", "S")):
            available = getattr(self, size) + 2 * self.pad
            if getattr(self, kernel) > available:
                message = f"{kernel} = {getattr(self, kernel)}: must be at most {size} + 2 pad = {available}"
                raise self._error(message)

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

    def pallets(self, cols: int) -> int:
        """Return the pallets of `cols` windows; the last one may be partly empty."""
        return -(-self.windows // cols)


@dataclass(frozen=True)
class ConvLayer(_Windows):
    """A convolution: C x H x W activations, K filters of C / groups x R x S weights. All counts are exact, in values.

    Group g of the channels (g * C / groups ...) meets group g of the filters (g * K / groups ...). A fully connected
    layer is the convolution whose filter covers the whole input (R = H, S = W, pad = 0, groups = 1); a depthwise layer
    has one channel a group. Raises LayerError when a field is not an integer or out of range, when the groups do not
    divide C and K, when the filter does not fit into the padded input, or when an output needs more products than an
    accumulator holds.
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
        self._check_fields(("C", "H", "W", "K", "R", "S", "stride", "groups"))
        if self.C % self.groups or self.K % self.groups:
            raise self._error(f"groups = {self.groups}: must divide C = {self.C} and K = {self.K}")
        self._check_window()
        if self.products > MAX_PRODUCTS:
            raise self._error(f"C / groups * R * S = {self.products} products an output: the accumulators hold {MAX_PRODUCTS}")

    @property
    def group_channels(self) -> int:
        """Channels of a group, C_g."""
        return self.C // self.groups

    @property
    def group_filters(self) -> int:
        """Filters of a group, K_g; of a depthwise layer: its multiplier."""
        return self.K // self.groups

    @property
    def depthwise(self) -> bool:
        """True when every group is a single channel: the tile then computes one channel a row."""
        return self.groups == self.C and self.groups > 1

    @property
    def fully_connected(self) -> bool:
        """True when no weight is used twice: a single window that sees all channels."""
        return self.windows == 1 and self.groups == 1

    @property
    def kind(self) -> str:
        """The kind of layer, as the tables name it: conv, depthwise, grouped, fc."""
        if self.fully_connected:
            return "fc"
        return "depthwise" if self.depthwise else "grouped" if self.groups > 1 else "conv"

    @property
    def products(self) -> int:
        """Products that one output sums, without the padding of the channels."""
        return self.group_channels * self.R * self.S

    @property
    def macs(self) -> int:
        """Products of the whole layer (also those with the zeros of the padding)."""
        return self.windows * self.K * self.products

    @property
    def channel_bricks(self) -> int:
        """Bricks of 16 channels of a group at one position, CB."""
        return self.bricks()

    @property
    def steps(self) -> int:
        """Brick steps of a window for a tile of 16 lanes: R * S * CB."""
        return self.step_count()

    def bricks(self, lanes: int = GROUP) -> int:
        """Return the bricks of `lanes` channels that a group has at one position."""
        return -(-self.group_channels // lanes)

    def step_count(self, lanes: int = GROUP) -> int:
        """Return the steps of a window for a tile of `lanes` lanes."""
        return self.R * self.S * self.bricks(lanes)

    def pass_channels(self, rows: int, lanes: int = GROUP) -> int:
        """Return the channels that a pass of a depthwise layer computes: one a row, all within one brick."""
        return min(rows, lanes)

    def passes(self, rows: int, lanes: int = GROUP) -> int:
        """Return the passes over all pallets on a tile of `rows` rows of `lanes` lanes: each group has its own.

        A depthwise layer has one for each brick of channels and filter of a channel.
        """
        if self.depthwise:
            return -(-self.C // self.pass_channels(rows, lanes)) * self.group_filters
        return self.groups * -(-self.group_filters // rows)


@dataclass(frozen=True)
class PoolLayer(_Windows):
    """Max pooling: the largest value of each R x S window of each of C channels; positions in the padding count as 0.

    Raises LayerError when a field is not an integer or out of range, or when the window does not fit into the padded
    input.
    """

    name: str
    C: int  # channels
    H: int  # input height
    W: int  # input width
    R: int  # window height
    S: int  # window width
    stride: int = 1
    pad: int = 0  # zeros on each of the four sides

    def __post_init__(self) -> None:
        self._check_fields(("C", "H", "W", "R", "S", "stride"))
        self._check_window()

    @property
    def as_depthwise(self) -> ConvLayer:
        """The convolution of one filter a channel with the same windows: it is laid on a tile in the same way."""
        shape = {field: getattr(self, field) for field in ("name", "C", "H", "W", "R", "S", "stride", "pad")}
        return ConvLayer(**shape, K=self.C, groups=self.C)
