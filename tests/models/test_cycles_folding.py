# SPDX-License-Identifier: Apache-2.0
"""Space to depth: the folded layer has the same sums, by plain loops, and fewer steps."""

from __future__ import annotations

import numpy as np
import pytest

from models.config import load_config
from models.cycles import fold_acts, fold_stride, fold_weights, layer_cycles
from models.layer import ConvLayer, LayerError


def operands(layer: ConvLayer) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    shapes = (layer.H, layer.W, layer.C), (layer.K, layer.R, layer.S, layer.C)
    return tuple(rng.integers(-(1 << 15), 1 << 15, shape) for shape in shapes)


@pytest.mark.parametrize(
    "layer",
    [
        ConvLayer("conv1", 3, 23, 20, 5, 11, 11, 4),  # AlexNet's first layer, smaller
        ConvLayer("conv1", 3, 17, 18, 4, 7, 7, 2, 3),
        ConvLayer("even", 2, 12, 9, 3, 4, 2, 2, 1),
        ConvLayer("wide stride", 2, 9, 9, 3, 2, 3, 5),
        ConvLayer("tall", 2, 20, 9, 3, 3, 3, 2, 1),  # its last square is missing columns, although it has many rows
        ConvLayer("plain", 4, 6, 6, 2, 3, 3, 1, 1),
    ],
    ids=lambda layer: f"{layer.name} {layer.R}x{layer.S}/{layer.stride}",
)
def test_folding_keeps_every_sum(layer: ConvLayer) -> None:
    """Each window summed by plain loops, before and after."""
    acts, weights = operands(layer)
    folded = fold_stride(layer)
    assert (folded.stride, folded.Ho, folded.Wo, folded.K) == (1, layer.Ho, layer.Wo, layer.K)
    assert layer.C * layer.stride**2 == folded.C

    def sums(one: ConvLayer, values: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        padded = np.pad(values, [(one.pad, one.pad), (one.pad, one.pad), (0, 0)])
        out = np.zeros((one.Ho, one.Wo, one.K), np.int64)
        for y in range(one.Ho):
            for x in range(one.Wo):
                top, left = y * one.stride, x * one.stride
                out[y, x] = (padded[top : top + one.R, left : left + one.S] * kernel).sum(axis=(1, 2, 3))
        return out

    expected = sums(layer, acts, weights)
    assert (sums(folded, fold_acts(acts, layer), fold_weights(weights, layer)) == expected).all()
    batch = fold_acts(np.stack([acts, -acts // 2]), layer)
    assert (batch[0] == fold_acts(acts, layer)).all() and batch.dtype == acts.dtype


def test_folding_alexnet_conv1() -> None:
    """48 channels are 3 bricks: 3 x 3 x 3 steps for 363 products instead of 11 x 11."""
    layer = ConvLayer("conv1", 3, 227, 227, 96, 11, 11, 4)
    folded = fold_stride(layer)
    assert (folded.C, folded.H, folded.R, folded.pad, folded.steps, layer.steps) == (48, 57, 3, 0, 27, 121)
    cycles = [layer_cycles(one, load_config("dstripes16"), 9) for one in (layer, folded)]
    assert [result.send for result in cycles] == [6 * 190 * 121 * 9, 6 * 190 * 27 * 9]
    assert [result.base_cycles for result in cycles] == [6 * 3025 * 121 + 3, 6 * 3025 * 27 + 3]


def test_folding_refuses_groups() -> None:
    with pytest.raises(LayerError, match="groups = 2: must be 1 to be folded"):
        fold_stride(ConvLayer("grouped", 4, 4, 4, 4, 2, 2, 2, groups=2))
