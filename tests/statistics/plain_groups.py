# SPDX-License-Identifier: Apache-2.0
"""Precisions of groups by loops over Python integers, window by window."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import chain

import numpy as np

from models.layer import ConvLayer
from models.traces import Format, TraceLayer

LAYERS = (
    ConvLayer("plain", C=20, H=4, W=5, K=18, R=3, S=2, pad=1),
    ConvLayer("strided", C=3, H=7, W=9, K=5, R=3, S=3, stride=2),
    ConvLayer("skips", C=16, H=7, W=7, K=4, R=1, S=1, stride=3, pad=2),
    ConvLayer("grouped", C=36, H=3, W=4, K=40, R=2, S=2, groups=2),
    ConvLayer("depthwise", C=18, H=4, W=5, K=36, R=3, S=3, pad=1, groups=18),
    ConvLayer("fc", C=21, H=3, W=2, K=35, R=3, S=2),
)


def bits_of(values: list[int], form: Format) -> tuple[int, int]:
    """Return (precision, bits that a lowest position of the group's own would spare) of the values of a group."""
    magnitudes = [abs(value) >> form.n_low for value in values]
    largest = max(magnitudes)
    if largest == 0:
        return 0, 0
    top = min(len(bin(largest)) - 2 + form.n_low + form.signed, form.bits)
    trailing = min(len(bin(each)) - len(bin(each).rstrip("0")) for each in magnitudes if each)
    return top - form.n_low, trailing


@cache
def _bits(value: int, form: Format) -> int:
    return bits_of([value], form)[0]


def _bricks(layer: ConvLayer) -> list[list[int]]:
    """The channels of each brick; those of a depthwise layer lie across its groups."""
    size = layer.C if layer.depthwise else layer.C // layer.groups
    return [list(range(g + c, min(g + c + 16, g + size))) for g in range(0, layer.C, size) for c in range(0, size, 16)]


def _read(acts: np.ndarray, layer: ConvLayer, window: int, r: int, s: int) -> tuple[int, int] | None:
    """The position that a window reads at (r, s); None in the padding."""
    y = window // layer.Wo * layer.stride + r - layer.pad
    x = window % layer.Wo * layer.stride + s - layer.pad
    return (y, x) if 0 <= y < layer.H and 0 <= x < layer.W else None


def act_groups(entry: TraceLayer, size: int) -> list[list[int]]:
    """Every use of a group of activations: its values. size 1: every value that a window reads."""
    layer, uses = entry.layer, []
    taps = [(r, s) for r in range(layer.R) for s in range(layer.S)]
    for acts in entry.acts.tolist():
        if layer.Ho * layer.Wo == 1 and size > 16:
            bricks = [[acts[r][s][c] for c in brick] for r, s in taps for brick in _bricks(layer)]
            uses += [list(chain(*bricks[i : i + size // 16])) for i in range(0, len(bricks), size // 16)]
            continue
        together = max(1, size // 16)
        for first in range(0, layer.Ho * layer.Wo, together):
            windows = range(first, min(first + together, layer.Ho * layer.Wo))
            for r, s in taps:
                read = [where for window in windows if (where := _read(acts, layer, window, r, s))]
                groups = [[acts[y][x][c] for y, x in read for c in brick] for brick in _bricks(layer)]
                uses += [group for group in groups if group]
    return [[value] for use in uses for value in use] if size == 1 else uses


def weight_groups(entry: TraceLayer, size: int) -> list[list[int]]:
    """Every group of weights: its values."""
    layer, uses = entry.layer, []
    filters, together = layer.K // layer.groups, max(1, size // 16)
    tensors = [entry.weights] if entry.weights.ndim == 4 else list(entry.weights)
    for weights in (each.tolist() for each in tensors):
        for first in range(0, filters, together):
            chosen = range(first, min(first + together, filters))
            for r in range(layer.R):
                for s in range(layer.S):
                    if layer.depthwise:
                        groups = [
                            [weights[c * filters + f][r][s][0] for f in chosen for c in brick] for brick in _bricks(layer)
                        ]
                    else:
                        size_c = layer.C // layer.groups
                        groups = [
                            [weights[c // size_c * filters + f][r][s][c % size_c] for f in chosen for c in brick]
                            for brick in _bricks(layer)
                        ]
                    uses += groups
    return [[value] for use in uses for value in use] if size == 1 else uses


def counted(groups: list[list[int]], form: Format) -> tuple[dict[int, int], int]:
    """Return ({bits: uses}, bits that dynamic lowest positions would spare)."""
    found = [bits_of(group, form) for group in groups]
    return dict(Counter(bits for bits, _ in found)), sum(spared for _, spared in found)


def product_bits(entry: TraceLayer) -> tuple[int, int]:
    """Return (bits of activation x bits of weight of every product, products), the padding left out."""
    layer, total, products = entry.layer, 0, 0
    filters, channels = layer.K // layer.groups, layer.C // layer.groups
    for index, acts in enumerate(entry.acts.tolist()):
        weights = entry.weights_of(index).tolist()
        for window in range(layer.Ho * layer.Wo):
            for r in range(layer.R):
                for s in range(layer.S):
                    if not (where := _read(acts, layer, window, r, s)):
                        continue
                    for k in range(layer.K):
                        for c in range(channels):
                            act = acts[where[0]][where[1]][k // filters * channels + c]
                            total += (
                                bits_of([act], entry.act_format)[0] * bits_of([weights[k][r][s][c]], entry.weight_format)[0]
                            )
                            products += 1
    return total, products


def random_entry(layer: ConvLayer, seed: int, *, signed: bool, bits: int = 16, n_low: int = 0, own_weights: bool = False):
    """Return a layer of a trace with values of all magnitudes, many of them zero, for two inputs."""
    rng = np.random.default_rng(seed)

    def draw(shape: tuple[int, ...], width: int, negative: bool) -> np.ndarray:
        values = rng.integers(0, 1 << width, shape) >> rng.integers(0, width + 1, shape)
        return values * rng.choice([-1, 1], shape) if negative else values

    acts = draw((2, layer.H, layer.W, layer.C), bits - signed, signed)
    acts[:, : layer.H // 2] = acts[:, : layer.H // 2] // 64  # a dark part
    shape = (layer.K, layer.R, layer.S, layer.C // layer.groups)
    weights = draw((2, *shape) if own_weights else shape, bits - 1, True)
    act_format = Format(bits, signed, bits - 1, n_low)
    return TraceLayer(layer, "Conv", acts, weights, act_format, Format(bits, True, bits - 1))
