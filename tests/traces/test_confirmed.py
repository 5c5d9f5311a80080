# SPDX-License-Identifier: Apache-2.0
"""What RTL has confirmed: added, kept, never said of other data."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.traces.confirmed import add_confirmed, confirmed_inputs, load_confirmed


def test_entries_add_up(tmp_path: Path) -> None:
    file = tmp_path / "build" / "confirmed.json"
    add_confirmed({"aa": {"trt16": 10}}, file)
    add_confirmed({"aa": {"base16": 30}, "bb": {"trt16": 5}}, file)
    assert load_confirmed(file) == {"aa": {"trt16": 10, "base16": 30}, "bb": {"trt16": 5}}


@pytest.mark.parametrize("text", ["", "[1]", '{"aa": 3}', '{"aa": {"trt16": "x"}}'])
def test_a_damaged_file_confirms_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "confirmed.json"
    file.write_text(text)
    assert load_confirmed(file) == {}


@pytest.mark.parametrize(
    ("digests", "config", "cycles", "expected"),
    [
        (["aa", "bb", "cc"], "trt16", [10, 20, 30], 2),  # RTL ran two of three inputs
        (["cc", "bb"], "trt16", [30, 20], 1),
        (["aa", "bb"], "trt16", [10, 21], 0),  # the model has another figure now: nothing is confirmed
        (["aa"], "base16", [10], 0),
        (["cc"], "trt16", [10], 0),
    ],
)
def test_inputs_counted(digests: list[str], config: str, cycles: list[int], expected: int) -> None:
    assert confirmed_inputs({"aa": {"trt16": 10}, "bb": {"trt16": 20}}, digests, config, cycles) == expected
