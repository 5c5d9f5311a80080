# SPDX-License-Identifier: Apache-2.0
"""Every way in which a stream can be malformed: the code, its place, its priority, and what was decoded before it."""

from __future__ import annotations

import pickle
import re
from itertools import chain
from pathlib import Path

import bruteforce_codec as brute
import numpy as np
import pytest
from bruteforce_codec import NEGATIVE_ZERO, OVERRUN, PADDING, RANGE, TRUNCATED, Z_BEYOND_LENGTH, ZERO_CODE
from codec_strategies import codec_settings, tensors
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from models.codec import CodecError, CodecErrorCode, CodecParams, decode, decode_prefix, encode

ROOT = Path(__file__).parents[2]
ALIGNS = (64, 1)


def as_words(bits: list[int]) -> np.ndarray:
    return np.array(brute.to_words(bits), dtype=np.uint64)


def check(bits: list[int], settings: brute.Settings, count: int, code: int, group: int, bit: int | None = None) -> None:
    """Check the exception and the values before it, and that the bit-list decoder agrees."""
    words, params = as_words(bits), CodecParams(*settings)
    with pytest.raises(CodecError, match=CodecErrorCode(code).name) as raised:
        decode(words, params, count)
    assert (raised.value.code, raised.value.group) == (code, group)
    assert bit is None or raised.value.bit == bit
    values, prefix_code = decode_prefix(words, params, count)
    assert prefix_code == code
    assert (values.tolist(), code) == brute.decode_bits(brute.from_words(words), settings, count)


def embed(bad: list[int], before: int, after: int, settings: brute.Settings) -> tuple[list[int], int]:
    """Return (the stream with `before` good groups, the bad container and `after` good groups, the bad one's first bit)."""
    good = [brute.group_bits([i << settings[2] for i in (3, 0, 1, 2)] * 4, settings) for _ in range(before + after)]
    head = list(chain.from_iterable(good[:before]))
    return head + bad + list(chain.from_iterable(good[before:])), len(head)


def test_codes_are_those_of_the_architecture_page():
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = {name: int(code) for code, name in re.findall(r"^\| (\d) \| ([A-Z_]+) \|", page, re.MULTILINE)}
    assert table == {code.name: code.value for code in CodecErrorCode}


def test_codes_are_those_of_the_rtl():
    header = (ROOT / "rtl" / "codec" / "dpr_codec_errors.vh").read_text()
    table = {name: int(code) for name, code in re.findall(r"`define DPR_ERROR_(\w+)\s+3'd(\d)", header)}
    assert table == {code.name: code.value for code in CodecErrorCode}


PLACES = [(0, 0), (0, 3), (2, 2), (5, 0), (1, 40)]


@pytest.mark.parametrize("align", ALIGNS)
@pytest.mark.parametrize(("before", "after"), PLACES)
class TestEachCode:
    """Each code in the first, a middle and the last group."""

    def test_zero_code(self, align, before, after):
        settings = (16, False, 0, align, 4)
        bits, start = embed(brute.container(4, 0x8001, [5, 0], 5, settings), before, after, settings)
        check(bits, settings, 16 * (before + after + 1), ZERO_CODE, before, start + 25)

    def test_negative_zero(self, align, before, after):
        settings = (16, True, 2, align, 4)
        bits, start = embed(brute.container(4, 0x0111, [5, 3, 1], 5, settings), before, after, settings)
        check(bits, settings, 16 * (before + after + 1), NEGATIVE_ZERO, before, start + 30)

    def test_range(self, align, before, after):
        settings = (8, False, 3, align, 4)
        bits, start = embed(brute.container(5, 0, [], 6, settings), before, after, settings)
        check(bits, settings, 16 * (before + after + 1), RANGE, before, start)

    def test_z_beyond_length(self, align, before, after):
        settings = (16, False, 0, align, 4)
        bits, start = embed(brute.container(0, 0b1000, [1], 1, settings), before, 0, settings)
        check(bits, settings, 16 * before + 3, Z_BEYOND_LENGTH, before, start + 7)

    def test_overrun(self, align, before, after):
        settings = (16, False, 0, align, 4)
        bits = brute.encode_bits([7] * 16 * (before + 1), settings)
        check(bits + [0] * 64 * (after + 1), settings, 16 * (before + 1), OVERRUN, before + 1, len(bits))

    def test_truncated(self, align, before, after):
        settings = (16, False, 0, align, 4)
        values = [0xFFFF] * 16 * (before + after + 1)
        bits = brute.encode_bits(values, settings)
        kept = bits[: (320 if align == 64 else 276) * before + 64]  # into the container after the good ones
        kept = kept[: len(kept) // 64 * 64]
        check(kept, settings, len(values), TRUNCATED, before, len(kept))


@pytest.mark.parametrize("before", [0, 1, 6])
def test_padding_of_an_aligned_container(before):
    settings = (16, False, 0, 64, 4)
    bad = brute.container(0, 0b11, [1, 1], 1, settings)
    for bit in (22, 40, 63):
        flipped = bad.copy()
        flipped[bit] = 1
        bits, start = embed(flipped, before, 2, settings)
        check(bits, settings, 16 * (before + 3), PADDING, before, start + bit)


@pytest.mark.parametrize("before", [0, 1, 6])
def test_padding_of_a_packed_stream_belongs_to_its_last_container(before):
    settings = (16, False, 0, 1, 4)
    bits = brute.encode_bits([1, 1] * 8 * (before + 1), settings)
    used = 36 * (before + 1)
    for bit in (used, len(bits) - 1):
        flipped = bits.copy()
        flipped[bit] = 1
        check(flipped, settings, 16 * (before + 1), PADDING, before, bit)


def test_no_padding_when_the_container_fills_its_word():
    settings = (16, False, 0, 64, 4)
    bits = brute.encode_bits([15] * 11 + [0] * 5 + [1] * 16, settings)
    assert decode(as_words(bits), CodecParams(*settings), 32).tolist() == [15] * 11 + [0] * 5 + [1] * 16


@pytest.mark.parametrize("align", ALIGNS)
@pytest.mark.parametrize(
    ("prefix", "z", "codes", "length", "expected"),
    [
        (6, 0xFFFF, [0] * 16, 3, RANGE),  # before Z_BEYOND_LENGTH and ZERO_CODE
        (2, 0xFFFF, [0] * 16, 3, Z_BEYOND_LENGTH),  # before ZERO_CODE
        (2, 0x0007, [2, 0, 1], 3, ZERO_CODE),  # lowest index first
        (2, 0x0007, [2, 1, 0], 3, NEGATIVE_ZERO),
        (5, 0x0007, [2, 1, 0], 3, ZERO_CODE),  # p + n_low = P: code 1 is the most negative value
    ],
)
def test_order_inside_a_container(align, prefix, z, codes, length, expected):
    settings = (8, True, 2, align, 3)
    bits = brute.container(prefix, z, codes, prefix + 1, settings)
    bits += [0] * (-len(bits) % 64)
    bits[-1] = 1  # the padding is bad as well: judged after the codes
    check(bits + [1] * 64, settings, length, expected, 0)  # and the stream goes on: judged last of all


def test_header_errors_count_although_the_codes_are_missing():
    for settings, prefix, count, code in (((8, False, 4, 1, 4), 4, 16, RANGE), ((16, False, 0, 1, 4), 15, 2, Z_BEYOND_LENGTH)):
        bits = brute.container(prefix, 0xFFFF, [1] * 16, prefix + 1, settings)
        check(bits[:64], settings, count, code, 0)


@pytest.mark.parametrize("room", range(1, 25))
def test_a_header_at_the_end_of_a_packed_stream(room):
    """A container begins `room` bits before the end: with less than a whole header even a bad prefix is TRUNCATED."""
    settings = (8, False, 7, 1, 4)
    ones = 192 - room - 6 * 20  # six groups of values 128 or 0: 20 bits and one for each 128
    groups = [[128] * (ones // 6 + (i < ones % 6)) for i in range(6)]
    bits = list(chain.from_iterable(brute.group_bits(group + [0] * (16 - len(group)), settings) for group in groups))
    assert len(bits) == 192 - room
    check(bits + ([1] * 4 + [0] * 20)[:room], settings, 7 * 16, RANGE if room >= 20 else TRUNCATED, 6)


@pytest.mark.parametrize("align", ALIGNS)
def test_an_empty_stream_is_truncated(align):
    check([], (16, False, 0, align, 4), 1, TRUNCATED, 0, 0)


@pytest.mark.parametrize("align", ALIGNS)
def test_words_for_no_values_are_an_overrun(align):
    check([0] * 64, (16, False, 0, align, 4), 0, OVERRUN, 0, 0)


@pytest.mark.parametrize("align", ALIGNS)
@pytest.mark.parametrize("group", [0, 8191, 8192, 20000, 29999])
def test_errors_far_inside_a_long_stream(align, group):
    params = CodecParams(16, False, 0, align)
    values = np.random.default_rng(5).integers(1, 1 << 11, 30000 * 16)  # no zeros: the code of value i is at bit 20 + 11 i
    values[::16] = 1 << 10  # every group has 11 bits
    words = encode(values, params)
    start = group * (196 if align == 1 else 256)
    position = start + 20 + 11 * 15
    for bit in range(position, position + 11):
        words[bit // 64] &= ~np.uint64(1 << bit % 64)
    with pytest.raises(CodecError) as raised:
        decode(words, params, values.size)
    assert (raised.value.code, raised.value.group, raised.value.bit) == (CodecErrorCode.ZERO_CODE, group, position)
    decoded, code = decode_prefix(words, params, values.size)
    assert code == CodecErrorCode.ZERO_CODE
    assert np.array_equal(decoded, values[: 16 * group])


def test_padding_at_the_end_of_a_long_packed_stream():
    params = CodecParams(16, False, 0, 1)
    words = encode(np.full(30001 * 16, 1023), params)  # 180 bits a group
    used = 30001 * 180
    words[-1] |= np.uint64(1 << used % 64)
    with pytest.raises(CodecError) as raised:
        decode(words, params, 30001 * 16)
    assert (raised.value.code, raised.value.group, raised.value.bit) == (CodecErrorCode.PADDING, 30000, used)


def test_a_last_header_that_ends_a_long_packed_stream():
    """The last container is a bare header that fills the stream's one word behind a whole segment of the decoder."""
    params = CodecParams(16, False, 0, 1)
    values = np.repeat([1] * 14562 + [31, 0], 16)  # 14562 x 36 + 100 = 8192 x 64 + 44 bits, then 20
    words = encode(values, params)
    assert words.size == 8193
    assert np.array_equal(decode(words, params, values.size), values)


@hypothesis_settings(max_examples=400)
@given(st.data())
def test_damaged_streams_decode_as_the_bit_list_decoder_says(data):
    """Bit flips, lost and added words: valid values or the right error after the right values."""
    settings = data.draw(codec_settings())
    values = data.draw(tensors(settings, max_groups=4))
    bits = brute.encode_bits(values, settings)
    for position in data.draw(st.lists(st.integers(0, len(bits) - 1), max_size=4)):
        bits[position] ^= 1
    bits = bits[: 64 * data.draw(st.integers(0, len(bits) // 64))] if data.draw(st.integers(0, 3)) == 0 else bits
    bits = bits + [0] * 64 * data.draw(st.sampled_from([0, 0, 0, 1, 2]))
    count = max(0, len(values) + data.draw(st.sampled_from([0, 0, 0, 0, -1, 1, 16])))
    compare(bits, settings, count)


@hypothesis_settings(max_examples=300)
@given(st.data())
def test_random_words_decode_as_the_bit_list_decoder_says(data):
    settings = data.draw(codec_settings())
    words = data.draw(st.lists(st.integers(0, 2**64 - 1), max_size=12))
    compare(brute.from_words(words), settings, data.draw(st.integers(0, 100)))


def compare(bits: list[int], settings: brute.Settings, count: int) -> None:
    """Check values and code against the bit-list decoder, and that `decode` and `decode_prefix` agree."""
    words, params = as_words(bits), CodecParams(*settings)
    values, code = decode_prefix(words, params, count)
    assert (values.tolist(), code) == brute.decode_bits(bits, settings, count)
    if code == CodecErrorCode.OK:
        assert decode(words, params, count).tolist() == values.tolist()
    else:
        with pytest.raises(CodecError) as raised:
            decode(words, params, count)
        assert raised.value.code == code
        assert raised.value.group == -(-values.size // 16)


def test_all_error_codes_occur_in_random_damage():
    """The damage of the property tests reaches every code, so that the tests above compare all of them."""
    rng = np.random.default_rng(3)
    seen = set()
    for align in ALIGNS:
        params = CodecParams(8, True, 1, align, 4)
        for _ in range(400):
            values = rng.integers(-64, 64, 40) * 2 * (rng.random(40) < 0.6)
            words = encode(values, params)
            words[rng.integers(words.size)] ^= np.uint64(1 << int(rng.integers(64)))
            words = [words, words, words[:-1], np.append(words, np.uint64(0))][rng.integers(4)]
            seen.add(decode_prefix(words, params, 40)[1])
    assert seen == set(CodecErrorCode)


@pytest.mark.parametrize("align", ALIGNS)
def test_nothing_behind_the_end_is_read(align):
    params = CodecParams(16, False, 0, align)
    words = encode(np.arange(300), params)
    for end in range(words.size + 1):
        results = []
        for rest in (0, 2**64 - 1):
            buffer = np.concatenate([words[:end], np.full(8, rest, dtype=np.uint64)])
            values, code = decode_prefix(buffer[:end], params, 300)
            results.append((values.tolist(), code))
        assert results[0] == results[1]


def test_a_huge_count_costs_nothing():
    with pytest.raises(CodecError, match="TRUNCATED"):
        decode(np.zeros(4, dtype=np.uint64), CodecParams(), 2**60)


@pytest.mark.parametrize(
    ("words", "count", "error"),
    [
        (np.zeros((2, 2), np.uint64), 16, ValueError),
        (np.zeros(2), 16, TypeError),
        (np.zeros(2, np.uint64), -1, ValueError),
    ],
)
def test_arguments_of_the_wrong_kind_are_refused(words, count, error):
    with pytest.raises(error, match="must"):
        decode(words, CodecParams(), count)


def test_the_error_survives_pickling():
    error = pickle.loads(pickle.dumps(CodecError(CodecErrorCode.RANGE, 3, 77)))
    assert (error.code, error.group, error.bit) == (CodecErrorCode.RANGE, 3, 77)
    assert "RANGE" in str(error)
