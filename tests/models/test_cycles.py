# SPDX-License-Identifier: Apache-2.0
"""The cycle models against counts worked out by hand and a tile simulated one cycle at a time."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.config import DesignConfig, load_config
from models.convolution import pallet_steps
from models.cycles import (
    PIPELINE_CYCLES,
    convolution_cycles,
    cycles_from_precisions,
    drain_interval,
    fill_cycles,
    output_drain_stalls,
    pallet_precisions,
)
from models.layer import ConvLayer, LayerError

PAPER = load_config("dstripes16")
SMALL = load_config("small16")


def test_full_pallets_by_hand() -> None:
    """4 x 8 windows are 2 pallets of 16; 32 filters are 2 passes; 17 channels are 2 steps.

    Precisions 4, 9 and 0, 15: the pallets take 13 and 1 + 15 = 16 cycles, the second pass the same. Captures are 16 + 4
    cycles apart: the first pallet does not wait, the others wait for 4, 7 and 4.
    """
    layer = ConvLayer("hand", C=17, H=4, W=8, K=32, R=1, S=1)
    result = cycles_from_precisions(np.array([[4, 9], [0, 15]]), layer, PAPER, profile_precision=15)
    assert result.base_cycles == 32 * 2 * 2
    assert result.stripes_cycles == 15 * 2 * 2 * 2
    assert result.bound_cycles == (13 + 16) * 2
    assert result.stalls == {"output_drain": 4 + 7 + 4}
    assert result.dstripes_cycles == 58 + 15 + result.fill
    assert result.mean_precision == (4 + 9 + 1 + 15) / 4
    assert result.bound_speedup == 128 / 58 == 16 / result.mean_precision
    assert result.stripes_speedup == 128 / 120
    assert result.stripes_tile_cycles == 120 + result.fill  # 30 cycles a pallet hide the drain
    assert result.speedup == 128 / result.dstripes_cycles


def test_partly_filled_pallet() -> None:
    """9 windows on 4 columns are 3 pallets, of which the last has one window: BASE counts windows, DStripes pallets.

    Two of the three wait until 4 + 4 cycles have passed.
    """
    layer = ConvLayer("partial", C=4, H=3, W=3, K=4, R=1, S=1)
    result = cycles_from_precisions(np.array([[5], [5], [5]]), layer, SMALL, profile_precision=6)
    assert (result.base_cycles, result.bound_cycles, result.stripes_cycles) == (9, 15, 18)
    assert result.stripes_tile_cycles == 18 + 2 * (4 + 4 - 6) + result.fill
    assert result.stalls == {"output_drain": 3 + 3}


def test_fill_is_one_constant_of_the_configuration() -> None:
    tiny, layer = ConvLayer("tiny", 1, 1, 1, 1, 1, 1), ConvLayer("layer", 20, 6, 6, 40, 3, 3)
    for config in (PAPER, SMALL):
        fills = {
            convolution_cycles(np.ones((one.H, one.W, one.C), np.uint16), one, config, n_high=0).fill for one in (tiny, layer)
        }
        assert fills == {fill_cycles(config)} == {PIPELINE_CYCLES + 2 * config.cols}


def drain_by_simulation(pallet_cycles: list[int], interval: int) -> int:
    """Return the cycle of the last capture, clocking a tile and its reducer one cycle at a time."""
    time = busy = 0
    for cycles in pallet_cycles:
        left = cycles
        while left or busy:  # the capture needs the computation done and the reducer empty
            time, left, busy = time + 1, max(0, left - 1), max(0, busy - 1)
        busy = interval
    return time


@settings(max_examples=300, deadline=None)
@given(pallet_cycles=st.lists(st.integers(1, 40), min_size=1, max_size=20), cols=st.integers(1, 20))
def test_output_drain_against_a_simulation(pallet_cycles: list[int], cols: int) -> None:
    stalls = output_drain_stalls(np.array(pallet_cycles), cols)
    assert sum(pallet_cycles) + stalls == drain_by_simulation(pallet_cycles, cols)


def test_output_drain_by_hand() -> None:
    """Waiting in one pallet does not help the next one, and the first one never waits."""
    assert output_drain_stalls(np.array([1, 5, 100, 10]), 16) == 11 + 0 + 6
    assert output_drain_stalls(np.array([1]), 16) == 0


def precision_of(values: list[int], config: DesignConfig, signed: bool, n_low: int) -> int:
    """Return the precision of one group of Python integers by its definition."""
    trimmed = [abs(value) >> n_low << n_low for value in values]
    if not any(trimmed):
        return 0
    length = max(trimmed).bit_length()
    return (min(config.p, length + 1) if signed else length) - n_low


@pytest.mark.parametrize("config", [PAPER, SMALL, load_config("small8")], ids=lambda config: config.name)
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("n_low", [0, 3])
def test_dynamic_cycles_group_by_group(config: DesignConfig, signed: bool, n_low: int) -> None:
    """Look at every value of every pallet step, in Python integers."""
    rng = np.random.default_rng(3)
    layer = ConvLayer("random", 18, 13, 6, 9, 3, 2, 2, 1)
    low, high = (-(1 << (config.p - 1)), (1 << (config.p - 1)) - 1) if signed else (0, (1 << config.p) - 1)
    acts = rng.integers(low, high, (13, 6, 18), endpoint=True) >> rng.integers(0, config.p + 1, (13, 6, 1))
    acts[:9] = 0
    acts[12, 5, 17] = low if signed else high
    steps = pallet_steps(acts, layer, config.cols, config.lanes)
    expected = [[precision_of(group.ravel().tolist(), config, signed, n_low) for group in pallet] for pallet in steps]
    precisions = pallet_precisions(acts, layer, config, signed, n_low)
    assert precisions.tolist() == expected
    assert {0, config.p - n_low} <= set(precisions.ravel().tolist())

    result = convolution_cycles(acts, layer, config, config.p - 1, n_low=n_low, signed=signed)
    per_pallet = [sum(max(1, p) for p in pallet) for pallet in expected] * layer.passes(config.rows)
    assert result.bound_cycles == sum(per_pallet)
    assert result.dstripes_cycles == drain_by_simulation(per_pallet, drain_interval(config)) + result.fill
    assert result.stripes_cycles == (config.p - n_low) * len(per_pallet) * len(expected[0])
    assert result.base_cycles == layer.windows * len(expected[0]) * layer.passes(config.rows)


def test_values_beyond_the_profile_take_the_cycles_they_need() -> None:
    """n_high is what Stripes uses: DStripes sees 7 bits although the profile ends at bit 3."""
    layer = ConvLayer("outlier", 1, 1, 1, 1, 1, 1)
    result = convolution_cycles(np.full((1, 1, 1), 100, np.uint16), layer, PAPER, n_high=3, n_low=0)
    assert (result.stripes_cycles, result.bound_cycles) == (4, 7)


def test_all_zero_activations_take_one_cycle_a_step() -> None:
    layer = ConvLayer("zeros", 16, 4, 4, 16, 3, 3, 1, 1)
    result = convolution_cycles(np.zeros((4, 4, 16), np.uint16), layer, PAPER, n_high=9)
    assert (result.bound_cycles, result.mean_precision, result.base_cycles) == (9, 1.0, 144)


def test_result_is_plain_data() -> None:
    layer = ConvLayer("one", 1, 1, 1, 1, 1, 1)
    row = dataclasses.asdict(cycles_from_precisions(np.array([[3]]), layer, PAPER, 4))
    assert {type(row[key]) for key in ("base_cycles", "stripes_cycles", "bound_cycles", "fill")} == {int}
    assert type(row["mean_precision"]) is float


@pytest.mark.parametrize(
    ("precisions", "profile", "message"),
    [
        ([[1, 2]], 4, r"'one': precisions of shape \(1, 2\): must be \(1, 1\)"),
        ([[17]], 4, r"precisions 17..17 .* must be in 0..16"),
        ([[-1]], 4, r"precisions -1..-1"),
        ([[3]], 0, r"profile of 0 bits"),
        ([[3]], 17, r"profile of 17 bits"),
    ],
)
def test_refuses(precisions: list[list[int]], profile: int, message: str) -> None:
    with pytest.raises(LayerError, match=message):
        cycles_from_precisions(np.array(precisions), ConvLayer("one", 1, 1, 1, 1, 1, 1), PAPER, profile)


def test_refuses_activations_of_the_wrong_shape_or_sign() -> None:
    layer = ConvLayer("one", 1, 2, 1, 1, 1, 1)
    with pytest.raises(LayerError, match="activations of shape"):
        convolution_cycles(np.zeros((1, 1, 1), np.uint16), layer, PAPER, n_high=3)
    with pytest.raises(ValueError, match="unsigned 16-bit"):
        convolution_cycles(np.full((2, 1, 1), -1), layer, PAPER, n_high=3)
