# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies for the codec: settings, and tensors whose groups differ in precision and density."""

from __future__ import annotations

from bruteforce_codec import Settings, trimmed
from hypothesis import strategies as st


@st.composite
def codec_settings(draw: st.DrawFn) -> Settings:
    """Draw (bits, signed, n_low, align, prefix_w), every legal combination."""
    bits = draw(st.sampled_from([16, 8]))
    n_low = draw(st.one_of(st.just(0), st.integers(0, bits - 1)))
    prefix_w = 4 if bits == 16 else draw(st.sampled_from([3, 4]))
    return bits, draw(st.booleans()), n_low, draw(st.sampled_from([64, 1])), prefix_w


@st.composite
def tensors(draw: st.DrawFn, settings: Settings, max_groups: int = 6) -> list[int]:
    """Draw a list of trimmed values: each group has its own bound, zeros and extremes are frequent."""
    bits, signed, n_low, _, _ = settings
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    values = []
    for _ in range(draw(st.integers(1, max_groups))):
        bound = 1 << draw(st.integers(0, bits))
        value = st.one_of(st.just(0), st.integers(max(low, -bound), min(high, bound)), st.sampled_from([low, high]))
        calm = st.one_of(st.just(0), st.integers(max(low, -bound), min(high, bound)))
        values += draw(st.lists(draw(st.sampled_from([value, calm, calm])), min_size=16, max_size=16))
    count = len(values) - draw(st.integers(0, 15))
    return [trimmed(value, n_low) for value in values[:count]]
