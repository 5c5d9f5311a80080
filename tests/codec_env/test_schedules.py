# SPDX-License-Identifier: Apache-2.0
"""The schedules of the throughput tests, against cycles counted by hand."""

from __future__ import annotations

import dataclasses

import numpy as np

from models.codec import CodecParams
from models.config import load_config
from tb.codec.items import TensorItem
from tb.codec.throughput import compressor_schedule, decompressor_bound, decompressor_schedule, last_words, word_groups

SMALL, LARGE = np.zeros(16, int), np.full(16, 65535)  # containers of 20 and of 276 bits
ALIGNED, PACKED = CodecParams(16, align=64), CodecParams(16, align=1)


def tensor(params: CodecParams, *groups: np.ndarray) -> TensorItem:
    return TensorItem(np.concatenate(groups), params, "by hand")


def test_a_word_belongs_to_the_group_that_completes_it() -> None:
    """Four packed containers of 20 bits end in two words; an aligned one of 276 bits takes five."""
    packed = [tensor(PACKED, SMALL, SMALL, SMALL, SMALL), tensor(PACKED, SMALL)]
    assert word_groups(packed).tolist() == [3, 3, 4]
    assert last_words(packed).tolist() == [0, 0, 0, 1, 2]
    aligned = [tensor(ALIGNED, LARGE, SMALL), tensor(ALIGNED, LARGE)]
    assert word_groups(aligned).tolist() == [0] * 5 + [1] + [2] * 5
    assert last_words(aligned).tolist() == [4, 5, 10]


def test_compressor_takes_a_group_a_cycle() -> None:
    assert compressor_schedule([tensor(ALIGNED, SMALL, SMALL, SMALL)]).tolist() == [5, 6, 7]


def test_compressor_fills_every_cycle_when_the_output_is_the_limit() -> None:
    assert compressor_schedule([tensor(ALIGNED, LARGE, SMALL, LARGE)]).tolist() == list(range(5, 16))
    assert compressor_schedule([tensor(PACKED, LARGE, LARGE)]).tolist() == list(range(5, 14))


def test_compressor_word_waits_for_the_group_that_completes_it() -> None:
    """The fourth container of 20 bits completes a word; the rest of 16 bits follows as the tensor's last word."""
    assert compressor_schedule([tensor(PACKED, SMALL, SMALL, SMALL, SMALL)]).tolist() == [8, 9]


def test_compressor_tensor_waits_for_the_last_word_of_the_one_before() -> None:
    items = [tensor(PACKED, SMALL, SMALL, SMALL, SMALL), tensor(PACKED, SMALL)]
    assert compressor_schedule(items).tolist() == [8, 9, 10]


def engines(number: int, align: int):
    return dataclasses.replace(load_config("small16"), engines=number, align=align)


def test_one_engine_takes_a_cycle_a_value() -> None:
    items = [tensor(ALIGNED, SMALL, SMALL), tensor(ALIGNED, SMALL[:3]), tensor(ALIGNED, SMALL)]
    assert decompressor_schedule(items, engines(1, 64)).tolist() == [20, 36, 39, 55]


def test_sixteen_engines_take_a_container_a_cycle() -> None:
    assert decompressor_schedule([tensor(ALIGNED, *[SMALL] * 40)], engines(16, 64)).tolist() == list(range(20, 60))


def test_large_containers_are_limited_by_the_input() -> None:
    assert decompressor_schedule([tensor(ALIGNED, *[LARGE] * 6)], engines(16, 64)).tolist() == list(range(24, 54, 5))


def test_next_tensor_enters_when_the_last_container_leaves() -> None:
    """Two packed containers of 148 bits arrive in words 2 and 4; the tensor after them starts with a word of its own."""
    half = np.full(16, 255)
    items = [tensor(PACKED, half, half), tensor(PACKED, half)]
    assert decompressor_schedule(items, engines(4, 1)).tolist() == [22, 24, 27]


def codes(precision: int, nonzero: int) -> np.ndarray:
    """A group with this precision and number of codes: 20 + precision * nonzero bits without padding."""
    return np.array([(1 << precision) - 1] * nonzero + [0] * (16 - nonzero))


def test_a_container_is_there_with_its_last_bit() -> None:
    """One of 64 bits with the first word, one of 65 bits with the second."""
    assert decompressor_schedule([tensor(ALIGNED, codes(4, 11))], engines(16, 64)).tolist() == [20]
    assert decompressor_schedule([tensor(ALIGNED, codes(5, 9))], engines(16, 64)).tolist() == [21]


def test_a_buffer_that_holds_the_longest_container_takes_no_word() -> None:
    """Packed containers of 44 and 64 bits leave 20 bits of two words; with four more words the buffer holds exactly 276 bits.

    It waits so for its engine, until cycle 18, and begins the next 276 bits from nothing: five words, cycle 23.
    """
    items = [tensor(PACKED, codes(3, 8), codes(4, 11), LARGE, LARGE)]
    assert decompressor_schedule(items, engines(2, 1)).tolist() == [20, 21, 36, 41]


def test_the_tail_frees_its_engine_early() -> None:
    items = [tensor(ALIGNED, SMALL, SMALL[:3]), tensor(ALIGNED, SMALL)]
    assert decompressor_schedule(items, engines(1, 64)).tolist() == [20, 23, 39]


def test_a_short_group_waits_for_the_long_one_before_it() -> None:
    """The tail's engine has finished after 3 cycles, in cycle 6, but groups leave in order."""
    assert decompressor_schedule([tensor(ALIGNED, SMALL, SMALL[:3])], engines(2, 64)).tolist() == [20, 21]


def test_bound_by_hand() -> None:
    """A container costs its words, one cycle at least, or 16 cycles divided by the engines; 36 cycles come on top."""
    assert decompressor_bound([tensor(ALIGNED, SMALL)], engines(16, 64)) == 1 + 36
    assert decompressor_bound([tensor(PACKED, SMALL, SMALL, SMALL, SMALL)], engines(16, 1)) == 1 + 1 + 1 + 1 + 36
    items = [tensor(ALIGNED, SMALL, SMALL), tensor(ALIGNED, SMALL, LARGE)]
    assert decompressor_bound(items, engines(16, 64)) == 1 + 1 + 1 + 5 + 36
    assert decompressor_bound(items, engines(4, 64)) == 4 + 4 + 4 + 5 + 36


def test_bound_is_above_every_schedule_and_not_far_above() -> None:
    for number in (1, 2, 4, 16):
        config = engines(number, 64)
        items = [tensor(ALIGNED, *([SMALL] * 20 + [LARGE] * 20)), tensor(ALIGNED, *([LARGE, SMALL] * 20))]
        last, bound = int(decompressor_schedule(items, config)[-1]), decompressor_bound(items, config)
        assert last <= bound <= 1.15 * last + 40
