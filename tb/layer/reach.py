# SPDX-License-Identifier: Apache-2.0
"""What layers of the engine are like: the classes that coverage counts, and which of them a configuration can reach.

Bins and the directed layers of tb/layer/corners.py are made from it; what is not here is no bin.
"""

from __future__ import annotations

import numpy as np

from models.config import GROUP, DesignConfig
from models.layer import ConvLayer, PoolLayer

Layer = ConvLayer | PoolLayer
STRIDES, PADS, KERNELS = ("1", "2", "3 and more"), ("0", "1", "2"), ("1", "2 and 3", "4 and more")
CHANNELS = ("less than a brick", "whole bricks", "whole bricks and a part")
SATURATIONS = ("none", "low", "high", "low and high")
SHIFTS = ("0", "less than P", "P and more")
BIASES = ("negative", "zero", "positive")
FILLS = ("one pass, not full", "full passes", "last pass not full")
PHASES = ("load", "compute", "store")
CONTAINER_WORDS = 64  # bits of a word


def design_name(config: DesignConfig) -> str:
    """Return the design as coverage groups call it: Stripes is a design of its own."""
    return "stripes" if config.design == "dstripes" and config.detection == "static" else config.design


def kinds(config: DesignConfig) -> tuple[str, ...]:
    """Return the kinds of layers that the engine runs."""
    common = ("conv", "grouped", "depthwise", "fully connected")
    return (*common, "pool") if config.design == "trt" else common


def kind_of(layer: Layer) -> str:
    """Return a layer's kind. Fully connected: one window that is the whole input."""
    if isinstance(layer, PoolLayer):
        return "pool"
    if layer.depthwise:
        return "depthwise"
    if layer.groups > 1:
        return "grouped"
    return "fully connected" if layer.fully_connected and layer.pad == 0 else "conv"


def window_bins() -> list[str]:
    """Stride x padding x height of the kernel."""
    return [f"stride {stride}, pad {pad}, kernel {kernel}" for stride in STRIDES for pad in PADS for kernel in KERNELS]


def window_name(layer: Layer) -> str:
    """Return the bin of a layer's window."""
    kernel = KERNELS[int(np.searchsorted([1, 3], layer.R))]
    return f"stride {STRIDES[min(layer.stride, 3) - 1]}, pad {PADS[min(layer.pad, 2)]}, kernel {kernel}"


def brick_class(count: int) -> str:
    """Return how `count` channels or filters fill bricks of 16."""
    if count < GROUP:
        return CHANNELS[0]
    return CHANNELS[1] if count % GROUP == 0 else CHANNELS[2]


def channels_of(layer: Layer) -> int:
    """Return the channels that share bricks: those of a group, of a depthwise or pooling layer all."""
    shared = kind_of(layer) in ("depthwise", "pool")
    return layer.C if shared else layer.group_channels


def filter_name(layer: ConvLayer) -> str:
    """Return the bin of a layer's filters: how those of a group fill bricks, how many a channel of a depthwise layer has."""
    if kind_of(layer) == "depthwise":
        return f"depthwise, {'one filter' if layer.group_filters == 1 else 'several filters'} a channel"
    return f"{kind_of(layer)}, {brick_class(layer.group_filters)}"


def filter_bins() -> list[str]:
    """Kind x how filters fill bricks; pooling has no filters."""
    bins = [f"{kind}, {name}" for kind in ("conv", "grouped", "fully connected") for name in CHANNELS]
    return [*bins, "depthwise, one filter a channel", "depthwise, several filters a channel"]


def windows_bins(cols: int) -> list[str]:
    """How windows fill pallets of `cols`; pallets of one or two windows leave fewer ways."""
    bins = ["one window", "whole pallets"]
    bins += ["less than a pallet"] if cols > 2 else []
    return bins + (["last pallet not full"] if cols > 1 else [])


def windows_name(windows: int, cols: int) -> str:
    """Return the bin of a number of windows."""
    if windows == 1:
        return "one window"
    if windows % cols == 0:
        return "whole pallets"
    return "less than a pallet" if windows < cols else "last pallet not full"


def shift_name(shift: int, bits: int) -> str:
    """Return the class of the output stage's shift."""
    return SHIFTS[0] if shift == 0 else SHIFTS[1] if shift < bits else SHIFTS[2]


def saturation_name(sums: np.ndarray, shift: int, bits: int, relu: bool) -> str:
    """Return at which limits the output stage clips sums with their biases; a negative value under ReLU is a low one."""
    low, high = (0, (1 << bits) - 1) if relu else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    shifted = sums >> shift
    return SATURATIONS[int((shifted < low).any()) + 2 * int((shifted > high).any())]


def passes_bins(config: DesignConfig) -> list[str]:
    """Kind x one or several passes; a grouped layer has at least one a group."""
    bins = [f"{kind}, {number}" for kind in kinds(config) for number in ("one pass", "several passes")]
    return [name for name in bins if name != "grouped, one pass"]


def output_bins() -> list[str]:
    """ReLU x shift x limits reached."""
    return [output_name(relu, shift, limit) for relu in (False, True) for shift in SHIFTS for limit in SATURATIONS]


def output_name(relu: bool, shift: str, limit: str) -> str:
    """Return the bin of an output stage's work."""
    return f"{'ReLU' if relu else 'signed'}, shift {shift}, clips {limit}"


def fill_name(filters: int, per_pass: int) -> str:
    """Return how `filters` outputs fill passes of `per_pass`."""
    if filters % per_pass == 0:
        return FILLS[1]
    return FILLS[0] if filters < per_pass else FILLS[2]


def slices_bins(config: DesignConfig) -> list[str]:
    """Slices of a cascade x how the outputs fill its passes."""
    return [f"{slices} slices, {fill}" for slices in range(1, config.cols + 1) for fill in FILLS]


def container_bins(config: DesignConfig) -> list[str]:
    """Tensor x words that a container's bits would fill when it begins with a word, from all zero to full precision."""
    most = -(-(config.prefix_w + GROUP + GROUP * config.p) // CONTAINER_WORDS)
    tensors = ("activations", "weights", "outputs")
    return [f"{tensor}, {words} words" for tensor in tensors for words in range(1, most + 1)]


def reset_bins() -> list[str]:
    """Phase x whether the reset came in it or as it ended."""
    return [reset_name(phase, under_way) for phase in PHASES for under_way in (True, False)]


def reset_name(phase: str, under_way: bool) -> str:
    """Return the bin of a reset."""
    return f"{phase}, {'under way' if under_way else 'just done'}"
