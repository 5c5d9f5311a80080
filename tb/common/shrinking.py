# SPDX-License-Identifier: Apache-2.0
"""Hypothesis draws of what all layers share. The simplest value of everything comes first: shrinking goes there.

A draw may also take the value that a failing layer had (a hint), so that what made it fail is not missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from models.config import DesignConfig
from tb.common.described import PATTERNS, Description, layer_of

_WINDOWS = 3  # rows of windows, at most, unless a hint asks for more


def _derived(hints: Description) -> Description:
    """Return what is drawn instead of the sizes of a layer."""
    if "H" not in hints:
        return {}
    layer, groups = layer_of(hints), hints.get("groups", 1)
    kind = "pool" if "K" not in hints else "depthwise" if 1 < groups == layer.C else "conv"
    sizes = {"high": layer.Ho, "wide": layer.Wo, "left": (layer.W + 2 * layer.pad - layer.S) % layer.stride}
    return sizes | {"kind": kind, "channels": layer.C // groups, "filters": hints.get("K", 0) // groups}


class Hinted:
    """Draws with hints: one draw a value whatever is drawn, so that each can be made simpler on its own."""

    def __init__(self, draw: st.DrawFn, hints: Description) -> None:
        self._draw, self.hints = draw, hints | _derived(hints)

    def number(self, name: str, low: int, high: int) -> int:
        """Draw a whole number from low..high, half of the time the hint."""
        return self.choice(name, range(low, high + 1), (self.hints.get(name) or 0) > low)

    def choice(self, name: str, values: Sequence[Any], known: bool | None = None) -> Any:
        """Draw one of some values, simplest first, half of the time the hint. known: whether there is one."""
        hint, values = self.hints.get(name), list(values)
        known = hint in values if known is None else known
        return self._draw(st.sampled_from(values + [hint] * (len(values) if known else 0)))


def draw_shape(hinted: Hinted, config: DesignConfig, pools: bool) -> Description:
    """Draw the shape of a layer: windows and kernel first, the input follows from them. pools: whether it may be pooling."""
    kind = hinted.choice("kind", ["conv", "depthwise", "pool"] if pools else ["conv", "depthwise"])
    kernel = {"R": hinted.number("R", 1, 3), "S": hinted.number("S", 1, 3)}
    stride, pad = hinted.number("stride", 1, 3), hinted.number("pad", 0, 2)
    high, wide = hinted.number("high", 1, _WINDOWS), hinted.number("wide", 1, config.cols + 1)
    left = hinted.number("left", 0, 2) % stride  # columns behind the last window
    groups, channels = hinted.number("groups", 1, 3), hinted.number("channels", 1, 2 * config.lanes + 1)
    filters = hinted.number("filters", 1, 2 * config.rows + 1)
    size = {
        "H": max(1, (high - 1) * stride + kernel["R"] - 2 * pad),
        "W": max(1, (wide - 1) * stride + kernel["S"] - 2 * pad) + left,
    }
    shape = size | kernel | {"stride": stride, "pad": pad}
    if kind == "pool":
        return shape | {"C": channels}
    if kind == "depthwise":  # one channel a group
        groups, channels = max(groups, 2), 1
    return shape | {"C": groups * channels, "K": groups * filters, "groups": groups}


def draw_data(hinted: Hinted, config: DesignConfig) -> Description:
    """Draw sign, widths, n_L and patterns of a layer's data."""
    return {
        "signed": hinted.choice("signed", [False, True]),
        "n_low": hinted.number("n_low", 0, config.p - 1),
        "bits": hinted.number("bits", 1, config.p),
        "acts": hinted.choice("acts", PATTERNS),
        "seed": hinted.number("seed", 0, 3),
        "weight_bits": hinted.number("weight_bits", 1, config.p),
        "weights": hinted.choice("weights", PATTERNS),
    }
