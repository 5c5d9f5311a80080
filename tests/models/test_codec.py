# SPDX-License-Identifier: Apache-2.0
"""The codec against the worked examples of docs/architecture.md section 4, hand-worked containers and a bit-list codec."""

from __future__ import annotations

import json
import time
from pathlib import Path

import bruteforce_codec as brute
import numpy as np
import pytest
from codec_strategies import codec_settings, tensors
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from models.codec import CodecErrorCode, CodecParams, compressed_bits, decode, decode_prefix, encode, encode_groups
from models.config import load_config

EXAMPLES = json.loads((Path(__file__).parents[1] / "data" / "codec_examples.json").read_text())
CASES = EXAMPLES["groups"] + EXAMPLES["streams"]


def example_params(example: dict) -> CodecParams:
    return CodecParams(example["P"], example["signed"], 0, example.get("align", 64), example["prefix_bits"])


def as_hex(words: np.ndarray) -> list[str]:
    return [f"{int(word):016x}" for word in words]


@pytest.mark.parametrize("example", CASES, ids=lambda e: f"{e['name']} {e.get('align', '')}")
def test_worked_examples_both_ways(example):
    params = example_params(example)
    words = encode(np.array(example["values"]), params)
    assert words.dtype == np.uint64
    assert as_hex(words) == example["words_hex"]
    decoded = decode(words, params, len(example["values"]))
    assert decoded.dtype == params.dtype
    assert decoded.tolist() == example["values"]


@pytest.mark.parametrize("example", EXAMPLES["groups"], ids=lambda e: e["name"])
def test_worked_examples_statistics(example):
    params = example_params(example)
    stats = encode_groups(np.array(example["values"]), params)
    assert stats.precision.tolist() == [example["p"]]
    assert f"{int(stats.z[0]):04x}" == example["zvec"]
    assert stats.nnz.tolist() == [len(example["codes"])]
    assert stats.container_bits.tolist() == [64 * len(example["words_hex"])]
    packed = CodecParams(params.bits, params.signed, 0, 1, params.prefix_w)
    assert encode_groups(np.array(example["values"]), packed).container_bits.tolist() == [example["nbits"]]


@pytest.mark.parametrize("example", EXAMPLES["streams"], ids=lambda e: str(e["align"]))
def test_worked_examples_total(example):
    params = example_params(example)
    total = encode_groups(np.array(example["values"]), params).container_bits.sum()
    assert total == example["total_bits"]
    assert compressed_bits(np.array(example["values"]), params) == 64 * len(example["words_hex"])


# values, params, containers as one number each (first bit lowest), worked by hand
HAND_WORKED = [
    # p = 3 after dropping 2 bits: prefix 2, Z = 0b101, codes 5 and 1
    ([20, 0, 4], CodecParams(16, False, 2), [2 | 0b101 << 4 | 5 << 20 | 1 << 23]),
    # -2^15 with n_low = 5: p = 11, prefix 10, code 1; the other value is 96 >> 5 = 3 -> code 7 (negative)
    ([-32768, -96], CodecParams(16, True, 5), [10 | 0b11 << 4 | 1 << 20 | 7 << 31]),
    # n_low = P - 1: p = 1, prefix 0, the only code is 1
    ([0, -128], CodecParams(8, True, 7), [0b10 << 3 | 1 << 19]),
    ([128, 0, 128], CodecParams(8, False, 7), [0b101 << 3 | 1 << 19 | 1 << 20]),
    # 4-bit prefix for 8-bit values
    ([255], CodecParams(8, False, 0, 64, 4), [7 | 1 << 4 | 255 << 20]),
    # the most negative value, code 1 in 8 bits, beside the code -1 -> 3
    ([-1, -128], CodecParams(8, True), [7 | 0b11 << 3 | 3 << 19 | 1 << 27]),
    # all zero
    ([0] * 16, CodecParams(8, False), [0]),
]


@pytest.mark.parametrize(("values", "params", "words"), HAND_WORKED)
def test_hand_worked_containers(values, params, words):
    assert encode(np.array(values), params).tolist() == words
    assert decode(np.array(words, dtype=np.uint64), params, len(values)).tolist() == values


def test_packed_containers_follow_each_other_and_share_a_word():
    params = CodecParams(16, False, 0, 1)
    first, second = 0 | 1 << 4 | 1 << 20, 1 | 1 << 4 | 3 << 20  # 21 bits, 22 bits
    assert encode(np.array([1] + [0] * 15 + [3]), params).tolist() == [first | second << 21]


def test_largest_container_has_276_bits():
    values = np.full(16, 65535)
    assert encode_groups(values, CodecParams(16, False, 0, 1)).container_bits.tolist() == [276]
    stats = encode_groups(values, CodecParams(16))
    assert stats.container_bits.tolist() == [320]
    assert stats.expanded_groups == 1
    assert stats.ratio == 320 / 256


@given(st.data())
def test_encoder_matches_the_bit_list_encoder(data):
    settings = data.draw(codec_settings())
    values = data.draw(tensors(settings))
    assert encode(np.array(values), CodecParams(*settings)).tolist() == brute.to_words(brute.encode_bits(values, settings))


@given(st.data())
def test_round_trip(data):
    settings = data.draw(codec_settings())
    values = data.draw(tensors(settings))
    params = CodecParams(*settings)
    assert decode(encode(np.array(values), params), params, len(values)).tolist() == values


@given(st.data())
def test_statistics_match_the_bit_list_encoder(data):
    settings = data.draw(codec_settings())
    values = data.draw(tensors(settings))
    stats = encode_groups(np.array(values), CodecParams(*settings))
    groups = [values[first : first + 16] for first in range(0, len(values), 16)]
    lengths = [len(brute.group_bits(group, settings)) for group in groups]
    assert stats.precision.tolist() == [brute.precision(group, settings) for group in groups]
    assert stats.nnz.tolist() == [sum(value != 0 for value in group) for group in groups]
    assert stats.container_bits.tolist() == lengths
    assert stats.compressed_bits == len(brute.encode_bits(values, settings))
    pairs = zip(lengths, groups, strict=True)
    assert stats.expanded_groups == sum(length > len(group) * settings[0] for length, group in pairs)


@given(st.data())
def test_larger_prefixes_than_needed_decode(data):
    settings = data.draw(codec_settings())
    bits, _, n_low, _, _ = settings
    group = [value for value in data.draw(tensors(settings, max_groups=1)) if value != -(1 << (bits - 1))]
    needed = brute.precision(group, settings)
    width = data.draw(st.integers(max(needed, 1), bits - n_low))
    z = sum(1 << i for i, value in enumerate(group) if value)
    codes = [brute.code_of(value, settings) for value in group if value]
    words = np.array(brute.to_words(brute.container(width - 1, z, codes, width, settings)), dtype=np.uint64)
    assert decode(words, CodecParams(*settings), len(group)).tolist() == group


@hypothesis_settings(max_examples=30)
@given(st.data())
def test_tensors_of_many_segments(data):
    """Longer than a block of the encoder and a segment of the decoder; groups from empty to full."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    settings = data.draw(codec_settings())
    params = CodecParams(*settings)
    info = np.iinfo(params.dtype)
    count = int(rng.integers(1, 20000)) * 16 - int(rng.integers(0, 16))
    scale = np.repeat(rng.integers(0, params.bits + 1, -(-count // 16)), 16)[:count]
    values = (rng.integers(info.min, info.max + 1, count) >> scale) * (rng.random(count) < rng.random())
    values = values >> params.n_low << params.n_low
    words = encode(values, params)
    assert np.array_equal(decode(words, params, count), values)
    assert words.size * 64 == compressed_bits(values, params)


def test_values_are_taken_in_c_order_whatever_their_layout():
    values = np.arange(60, dtype=np.int64).reshape(3, 4, 5)
    flat = encode(values.ravel(), CodecParams())
    assert encode(np.asfortranarray(values), CodecParams()).tolist() == flat.tolist()
    assert encode(values.astype(">u2"), CodecParams()).tolist() == flat.tolist()
    assert encode(np.repeat(values, 2, axis=-1)[..., ::2], CodecParams()).tolist() == flat.tolist()


def test_the_encoder_leaves_its_input_alone():
    values = np.array([-5, 7, -32768], dtype=np.int16)
    encode(values, CodecParams(16, True))
    assert values.tolist() == [-5, 7, -32768]


def test_no_values_make_no_words():
    params = CodecParams()
    assert encode(np.zeros(0, dtype=np.uint16), params).size == 0
    assert encode_groups(np.zeros(0, dtype=np.uint16), params).compressed_bits == 0
    values, code = decode_prefix(np.zeros(0, dtype=np.uint64), params, 0)
    assert (values.size, code) == (0, CodecErrorCode.OK)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        (np.array([70000]), "70000"),
        (np.array([-1]), "-1"),
        (np.array([3]), "below n_low"),
    ],
)
def test_the_encoder_refuses_values_it_cannot_keep(values, error):
    with pytest.raises(ValueError, match=error):
        encode(values, CodecParams(16, False, 1))
    with pytest.raises(ValueError, match=error):
        encode_groups(values, CodecParams(16, False, 1))


@pytest.mark.parametrize(
    "arguments",
    [
        (12,),
        (16, False, 16),
        (8, False, 8),
        (16, False, -1),
        (16, False, 0, 32),
        (16, False, 0, 64, 3),
        (8, False, 0, 64, 5),
        (8, False, 0, 64, 2),
        (16, False, 0, 64, -1),
    ],
)
def test_illegal_settings_are_refused(arguments):
    with pytest.raises(ValueError, match="must be"):
        CodecParams(*arguments)


def test_settings_of_a_design_point():
    assert CodecParams.for_design(load_config("dstripes8_aligned"), True, 2) == CodecParams(8, True, 2, 64, 4)
    assert CodecParams(8).prefix_w == 3


@pytest.mark.parametrize(("signed", "align"), [(False, 64), (False, 1), (True, 64), (True, 1)])
def test_speed_both_ways_on_relu_like_values(signed, align):
    """20 MB/s of 16-bit values on one core, in processor time: other processes do not count."""
    rng = np.random.default_rng(1)
    values = np.where(rng.random(1 << 18) < 0.5, 0, rng.normal(0, 300, 1 << 18)).astype(np.int16)
    values = values if signed else np.abs(values).astype(np.uint16)
    params = CodecParams(16, signed, 0, align)
    words = encode(values, params)
    for action in (lambda: encode(values, params), lambda: decode(words, params, values.size)):
        best = min(_processor_seconds(action) for _ in range(5))
        assert values.nbytes / best > 20e6, f"{values.nbytes / best / 1e6:.0f} MB/s"


def _processor_seconds(action) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start
