# SPDX-License-Identifier: Apache-2.0
"""Max pooling against loops in plain Python and vectors worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.layer import ConvLayer, LayerError, PoolLayer
from models.pooling import max_pool


def loop_pool(acts: np.ndarray, layer: PoolLayer, n_low: int) -> list[list[int]]:
    """Return the largest values [windows][C] by the definition, in Python integers."""
    largest = []
    for window in range(layer.windows):
        y, x = (window // layer.Wo) * layer.stride - layer.pad, (window % layer.Wo) * layer.stride - layer.pad
        inside = [(y + r, x + s) for r in range(layer.R) for s in range(layer.S)]
        inside = [(v, u) for v, u in inside if 0 <= v < layer.H and 0 <= u < layer.W]
        padding = [0] * (len(inside) < layer.R * layer.S)
        unit = 1 << n_low
        values = [[int(int(acts[v, u, c]) / unit) * unit for v, u in inside] for c in range(layer.C)]
        largest.append([max(value + padding) for value in values])
    return largest


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_max_pool_by_loops(data: st.DataObject) -> None:
    C, H, W = (data.draw(st.integers(1, 6)) for _ in range(3))
    signed = data.draw(st.booleans())
    pad = 0 if signed else data.draw(st.integers(0, 2))
    R, S = data.draw(st.integers(1, H + 2 * pad)), data.draw(st.integers(1, W + 2 * pad))
    layer = PoolLayer("drawn", C, H, W, R, S, data.draw(st.integers(1, 3)), pad)
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    low, high = (-32768, 0) if signed else (0, 65535)  # negative only: a zero from anywhere would win
    acts = rng.integers(low, high, (H, W, C), endpoint=True)
    n_low = data.draw(st.integers(0, 4))
    pooled = max_pool(acts.astype(np.int16 if signed else np.uint16), layer, n_low)
    assert pooled.dtype == np.int64
    assert pooled.tolist() == loop_pool(acts, layer, n_low)


def test_max_pool_by_hand() -> None:
    """3 x 3 windows with stride 2 and a zero around: the corner window sees 4 values and 5 zeros."""
    acts = np.arange(1, 10, dtype=np.uint16).reshape(3, 3, 1)
    assert max_pool(acts, PoolLayer("hand", 1, 3, 3, 3, 3, 2, 1)).ravel().tolist() == [5, 6, 8, 9]


def test_windows_in_the_padding_alone_are_zero() -> None:
    acts = np.full((1, 1, 2), 7, np.uint8)
    pooled = max_pool(acts, PoolLayer("far", 2, 1, 1, 1, 1, 1, 1))
    assert pooled.tolist() == [[7 * (window == 4)] * 2 for window in range(9)]


def test_takes_a_batch_and_a_convolutions_shape() -> None:
    rng = np.random.default_rng(5)
    acts = rng.integers(0, 99, (3, 5, 5, 4))
    layer, shape = PoolLayer("pool", 4, 5, 5, 2, 3, 2), ConvLayer("conv", 4, 5, 5, 7, 2, 3, 2)
    batch = max_pool(acts, shape)
    assert batch.shape == (3, 4, 4)
    np.testing.assert_array_equal(batch, np.stack([max_pool(one, layer) for one in acts]))


def test_refuses_negative_values_beside_padding() -> None:
    layer = PoolLayer("pool", 1, 2, 2, 2, 2, 1, 1)
    assert max_pool(np.array([[[0], [1]], [[2], [3]]]), layer).max() == 3
    with pytest.raises(LayerError, match="'pool': pad = 1 with negative activations: must be 0"):
        max_pool(np.array([[[0], [1]], [[2], [-3]]]), layer)


def test_refuses_activations_that_do_not_fit() -> None:
    with pytest.raises(LayerError, match=r"'pool': activations of shape \(2, 2, 2\)"):
        max_pool(np.zeros((2, 2, 2), int), PoolLayer("pool", 1, 2, 2, 2, 2))
