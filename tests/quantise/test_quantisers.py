# SPDX-License-Identifier: Apache-2.0
"""The three quantisers on single layers: numbers worked out by hand, and layers computed by loops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.graphs import LayerTensors
from models.layer import ConvLayer
from models.quantise import Observed, aware8, corrected_sums, fixed16, oblivious8, planner
from models.quantise.fixed import bits_to_drop, finest_fraction, fixed_rule
from models.quantise.oblivious import range_rule
from tests.graphs.onnx_nets import layer_sums, normal

LAYER = ConvLayer("conv", C=6, H=5, W=4, K=4, R=3, S=3, pad=1, groups=2)


def tensors(acts: np.ndarray, weights: np.ndarray, layer: ConvLayer = LAYER) -> LayerTensors:
    return LayerTensors("conv", layer, "Conv", acts, weights, acts[0].size, relu=True)


def pointwise(acts: list[float], weights: list[float]) -> LayerTensors:
    """A layer of one filter of 1 x 1 over a single position."""
    layer = ConvLayer("point", C=len(acts), H=1, W=1, K=1, R=1, S=1)
    arrays = (np.array(each, np.float32).reshape(1, 1, 1, -1) for each in (acts, weights))
    return LayerTensors("point", layer, "Gemm", *arrays, len(acts), relu=False)


RANDOM = tensors(np.maximum(normal(1, 3, 5, 4, 6), 0), normal(2, 4, 3, 3, 3))
SIGNED = tensors(normal(3, 3, 5, 4, 6), normal(4, 4, 3, 3, 3) + np.float32(0.7))


def test_fixed_point_by_hand() -> None:
    """3.0 needs two bits before the binary point: 14 after it; -1.5 as a weight one, and the sign: 14 as well."""
    entry = fixed16(pointwise([0, 1, 3, 0.7], [-1.5, 0.25, 1, 0]), tolerance_db=200)
    assert entry.acts.ravel().tolist() == [0, 1 << 14, 3 << 14, round(0.7 * (1 << 14))]
    assert entry.weights.ravel().tolist() == [-6, 1, 4, 0]  # they need 2 bits after the point, and no tolerance takes these
    form = entry.act_format
    assert (form.bits, form.signed, form.n_high, form.n_low, form.scale) == (16, False, 15, 0, 2.0**-14)
    form = entry.weight_format
    assert (form.bits, form.signed, form.n_high, form.n_low, form.scale) == (16, True, 3, 0, 0.25)
    assert (entry.acts.dtype, entry.weights.dtype) == (np.uint16, np.int16)


@pytest.mark.parametrize(
    ("largest", "signed", "fraction"),
    [
        (1.0, False, 15),
        (0.999999, False, 15),
        (0.99999, False, 16),
        (65535, False, 0),
        (65536, False, -1),
        (0, False, 0),
        (1, True, 14),
    ],
)
def test_the_binary_point(largest: float, signed: bool, fraction: int) -> None:
    """The largest value fits after rounding; a bit more would not."""
    seen = Observed.of(np.array([largest], np.float32))
    assert finest_fraction(seen, 16, signed) == fraction


def test_the_profile_is_the_fewest_bits_at_the_tolerance() -> None:
    """Against noise that is computed here, for every number of bits."""
    values = np.abs(normal(5, 3000)).astype(np.float64)
    fraction = 16 - 2  # the largest of 3000 is between 2 and 4
    assert 2 < values.max() < 4

    def ratio(dropped: int) -> float:
        step = 2.0 ** (dropped - fraction)
        noise = values - np.minimum(np.floor(values / step + 0.5), (1 << (16 - dropped)) - 1) * step
        return 10 * np.log10((values**2).sum() / (noise**2).sum())

    for tolerance in (20.0, 40.0, 60.0):
        expected = max(dropped for dropped in range(15) if ratio(dropped) >= tolerance)
        entry = fixed16(pointwise(values.tolist(), values.tolist()), tolerance)
        assert entry.act_format.n_low == expected
        assert entry.act_format.n_high == 15
        assert not (entry.acts & ((1 << expected) - 1)).any()
        assert entry.act_format.scale == 2.0**-fraction
        np.testing.assert_allclose(entry.acts.ravel() * entry.act_format.scale, values, atol=2.0 ** (expected - fraction))


def test_negative_activations_are_signed() -> None:
    entry = fixed16(SIGNED)
    assert entry.act_format.signed
    assert entry.acts.dtype == np.int16
    assert fixed16(RANDOM).acts.dtype == np.uint16


def test_a_layer_that_is_zero() -> None:
    for quantiser in (fixed16, oblivious8, aware8):
        entry = quantiser(pointwise([0, 0], [0, 0]))
        assert not (entry.acts - entry.act_format.zero_point).any()
        assert not (entry.weights - entry.weight_format.zero_point).any()


def test_what_is_exact_keeps_just_its_bits() -> None:
    """Multiples of 1/4 up to 3.75: 4 bits; weights of -1, 0, 1: a sign and a bit. No tolerance asks for more."""
    entry = aware8(pointwise([0.25, 3.75, 1.5], [-1, 0, 1]), tolerance_db=100)
    assert entry.acts.ravel().tolist() == [1, 15, 6]
    assert entry.weights.ravel().tolist() == [-1, 0, 1]
    assert (entry.act_format.precision, entry.weight_format.precision) == (4, 2)
    assert (entry.acts.dtype, entry.weights.dtype) == (np.uint8, np.int8)


def test_precision_aware_does_not_expand_what_oblivious_does() -> None:
    oblivious, aware = oblivious8(RANDOM), aware8(RANDOM, tolerance_db=20)
    assert (oblivious.acts.min(), oblivious.acts.max()) == (0, 255)
    assert aware.acts.max() < 128
    assert oblivious.act_format.precision == 8 > aware.act_format.precision


def test_eight_bits_may_miss_the_tolerance_but_never_have_more() -> None:
    entry = aware8(RANDOM, tolerance_db=90)
    assert entry.act_format.precision == 8
    seen = Observed.of(RANDOM.acts)
    assert bits_to_drop(seen, finest_fraction(seen, 8, False), 8, False, 90) == 0
    assert seen.ratio_db(fixed_rule(finest_fraction(seen, 8, False), 0, 8, False)) < 90


def test_range_oblivious_by_hand() -> None:
    """-1 .. 3 in 255 steps of 4 / 255; 0 is 63.75 steps above -1, so its code is 64."""
    entry = oblivious8(pointwise([-1, 0, 3, 1], [-1, 0, 3, 1]))
    assert entry.act_format.zero_point == 64
    assert entry.act_format.scale == pytest.approx(4 / 255)
    assert entry.acts.ravel().tolist() == [0, 64, 255, 64 + 64]
    assert entry.weight_format.zero_point == 64 - 128
    assert entry.weights.ravel().tolist() == [-128, -64, 127, 0]


def test_range_always_includes_zero() -> None:
    """Weights of 2..3 would leave 0 without a code."""
    rule = range_rule(Observed.of(np.array([2.0, 3.0], np.float32)), signed=True)
    assert (rule.zero_point, rule.scale) == (-128, pytest.approx(3 / 255))
    rule = range_rule(Observed.of(np.array([-2.0, -3.0], np.float32)), signed=False)
    assert (rule.zero_point, rule.low, rule.high) == (255, 0, 255)


def test_padding_holds_the_code_of_zero() -> None:
    entry = oblivious8(SIGNED)
    zero = entry.act_format.zero_point
    assert 0 < zero < 255
    assert (entry.layer.H, entry.layer.W, entry.layer.pad, entry.raw_acts) == (7, 6, 0, 120)
    border = np.ones((7, 6), bool)
    border[1:-1, 1:-1] = False
    assert (entry.acts[:, border] == zero).all()
    assert oblivious8(RANDOM).layer.pad == 1  # its zero is code 0


@pytest.mark.parametrize("source", [RANDOM, SIGNED], ids=["unsigned", "signed"])
@pytest.mark.parametrize("quantiser", [fixed16, oblivious8, aware8])
def test_integers_stand_for_the_floats(quantiser, source: LayerTensors) -> None:
    """Sums of the integers, corrected for zero points, times the scales: the sums of the floats within the noise.

    And they are exactly those of what the integers stand for.
    """
    entry = quantiser(source)
    forms = entry.act_format, entry.weight_format
    for index in range(3):
        found = corrected_sums(entry, index) * forms[0].scale * forms[1].scale
        values = [
            (part.astype(float) - form.zero_point) * form.scale
            for part, form in zip((entry.acts[index], entry.weights), forms, strict=True)
        ]
        exact = layer_sums(*values, entry.layer).reshape(found.shape)
        np.testing.assert_allclose(found, exact, rtol=1e-9, atol=1e-9)
        in_float = layer_sums(source.acts[index], source.weights, LAYER).reshape(found.shape)
        assert np.std(found - in_float) < 0.06 * np.std(in_float)  # 30 dB in either operand make 4.5 %


def test_the_correction_is_needed() -> None:
    """Without the terms of the zero points the sums are far off: the test above would see it."""
    entry = oblivious8(SIGNED)
    bare = replace(
        entry, act_format=replace(entry.act_format, zero_point=0), weight_format=replace(entry.weight_format, zero_point=0)
    )
    assert np.abs(corrected_sums(bare, 0) - corrected_sums(entry, 0)).min() > 100


def test_large_tensors_are_sampled_over_all_channels() -> None:
    """65,536 of a million values, of all 64 channels; the range is that of all."""
    values = np.tile(np.arange(64, dtype=np.float32), 1 << 14)
    values[12345] = -7
    seen = Observed.of(values)
    assert len(seen.samples) == 1 << 16
    assert (np.bincount(seen.samples[seen.samples >= 0].astype(int), minlength=64) > 800).all()
    assert (seen.low, seen.high) == (-7, 63)


def test_a_quantiser_that_is_none() -> None:
    with pytest.raises(ValueError, match="no quantiser 'int4': use one of fixed16, oblivious8, aware8"):
        planner("int4")
