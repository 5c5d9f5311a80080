# SPDX-License-Identifier: Apache-2.0
"""What monitors hand to the scoreboards: beats as values, files of the soak's bench as beats; positions of errors."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import numpy as np
import pytest

from models.codec import CodecParams, group_count
from models.config import GROUP, load_config
from tb.codec.axis import Beats, group_beats, keep_beats
from tb.codec.scoreboards import error_position
from tb.codec.soak import parse_groups, parse_words


@pytest.mark.parametrize(("bits", "signed"), [(16, True), (16, False), (8, True), (8, False)])
def test_beats_carry_values_there_and_back(bits: int, signed: bool) -> None:
    params = CodecParams(bits, signed)
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    values = np.random.default_rng(9).integers(low, high + 1, (3, GROUP))
    beats = group_beats(values, bits)
    assert beats[1] >> (5 * bits) & ((1 << bits) - 1) == int(values[1, 5]) & ((1 << bits) - 1)
    observed = Beats(beats, keep_beats(2 * GROUP + 3), [])
    np.testing.assert_array_equal(observed.groups(bits, params.signed), values)
    assert group_count(2 * GROUP + 3) == len(observed.keep)


@pytest.mark.parametrize(
    ("count", "beats"), [(1, [0x1]), (15, [0x7FFF]), (16, [0xFFFF]), (19, [0xFFFF, 0x7]), (32, [0xFFFF, 0xFFFF]), (0, [])]
)
def test_tkeep_of_a_tensor(count: int, beats: list[int]) -> None:
    assert keep_beats(count) == beats


def test_values_are_kept_where_tkeep_says() -> None:
    kept = Beats([0, 0, 0], [0xFFFF, 0x7, 0x8001], []).kept()
    assert kept.dtype == bool
    assert [np.flatnonzero(row).tolist() for row in kept] == [list(range(16)), [0, 1, 2], [0, 15]]


def test_beats_of_a_frame() -> None:
    frame = SimpleNamespace(tdata=[1, 1 << 63], tdest=None, tuser=[5, 6], sim_time_start=70.0)
    beats = Beats.of(frame)
    assert beats == Beats([1, 1 << 63], [], [5, 6], 70)
    assert beats.words().dtype == np.uint64
    assert beats.words().tolist() == [1, 1 << 63]
    frame.tdest, frame.tuser = [3, 4], None
    assert Beats.of(frame) == Beats([1, 1 << 63], [3, 4], [], 70)


@pytest.mark.parametrize(("config", "kind", "top"), [("small16", "H", 0xFFFF), ("small8", "B", 0xFF)])
def test_groups_of_the_soak(config: str, kind: str, top: int) -> None:
    """A beat: cycle; tkeep, tuser from bit 16 on, tlast at bit 24; the values."""
    values = [[top, *range(15)], [*range(15), top - 1]]
    data = b"".join(
        struct.pack(f"<II16{kind}", cycle, control, *row)
        for cycle, control, row in zip((7, 300), (0xFFFF, 1 << 24 | 3 << 16 | 0x8001), values, strict=True)
    )
    beats = parse_groups(data, load_config(config))
    assert beats.cycle.tolist() == [7, 300]
    assert beats.keep.tolist() == [0xFFFF, 0x8001]
    assert beats.last.tolist() == [False, True]
    assert beats.user.tolist() == [0, 3]
    assert beats.data.tolist() == values


def test_words_of_the_soak() -> None:
    beats = parse_words(struct.pack("<IIQIIQ", 9, 0, (1 << 64) - 2, 10, 1, 5))
    assert beats.cycle.tolist() == [9, 10]
    assert beats.control.tolist() == [0, 1]
    assert beats.data.tolist() == [(1 << 64) - 2, 5]


@pytest.mark.parametrize(
    ("count", "delivered", "position"),
    [
        (64, 0, "first"),
        (64, 16, "middle"),
        (64, 32, "middle"),
        (64, 48, "last"),
        (64, 64, "last"),  # all of them came, and then too many words
        (50, 0, "first"),
        (50, 32, "middle"),
        (50, 48, "last"),
        (50, 50, "last"),
        (16, 0, "last"),
    ],
)
def test_the_position_of_an_error(count: int, delivered: int, position: str) -> None:
    assert error_position(count, delivered) == position
