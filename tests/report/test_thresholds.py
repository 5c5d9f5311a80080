# SPDX-License-Identifier: Apache-2.0
"""tb/thresholds.toml: what is judged, what is left out, and that a mistake in the file gives one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.coverage.code import KINDS, Point
from scripts.coverage.thresholds import FUNCTIONAL, Exclusion, Tally, judge, judge_files, load_thresholds, percent_text
from scripts.errors import UserError

REASON = 'reason = "a sentence that says why this cannot be covered"'


def load(root: Path, text: str) -> object:
    file = root / "thresholds.toml"
    file.write_text(text)
    return load_thresholds(file)


def test_the_projects_own_file_loads_and_judges_every_kind() -> None:
    thresholds = load_thresholds()
    assert set(thresholds.minimum) == {*KINDS, FUNCTIONAL}
    assert min(thresholds.minimum.values()) >= 80, "a minimum that anything passes is none"


def test_a_drop_below_the_minimum_is_a_problem() -> None:
    minimum = {"line": 95.0, "toggle": 95.0, "functional": 95.0}
    tallies = {"line": Tally(95, 100), "toggle": Tally(949, 1000), "functional": Tally(18, 20)}
    assert judge(tallies, minimum) == ["toggle coverage 94.9% is below 95%", "functional coverage 90% is below 95%"]


def test_each_file_has_a_minimum_of_its_own() -> None:
    files = {"rtl/big.v": {"line": Tally(980, 1000)}, "rtl/small.v": {"line": Tally(5, 10)}, "rtl/wires.v": {"line": Tally()}}
    assert judge_files(files, {"line": 90.0}) == ["line coverage of rtl/small.v 50% is below 90%"]
    assert judge_files(files, {"line": 50.0}) == []


def test_nothing_collected_is_below_every_minimum() -> None:
    assert judge({"line": Tally()}, {"line": 0.0}) == ["no line coverage was collected, the minimum is 0%"]


@pytest.mark.parametrize(
    ("percent", "text"),
    [(100.0, "100%"), (99.99, "99.9%"), (94.96, "94.9%"), (12.5, "12.5%"), (0.0, "0%"), (10.0, "10%"), (None, "–")],
)
def test_percentages_are_rounded_down(percent: float | None, text: str) -> None:
    assert percent_text(percent) == text


def test_exclusions_match_file_kind_name_and_source() -> None:
    rule = Exclusion("tile/*", ("toggle",), "acc[47]:*", "*", "reason")
    assert rule.in_file("rtl/tile/dpr_sip.v")
    assert not rule.in_file("rtl/codec/dpr_sip.v")
    assert rule.matches(Point("rtl/tile/dpr_sip.v", 3, "toggle", 0, "acc[47]:0->1"), "")
    assert not rule.matches(Point("rtl/tile/dpr_sip.v", 3, "toggle", 0, "acc[4]:0->1"), ""), "brackets are no character class"
    assert not rule.matches(Point("rtl/tile/dpr_sip.v", 3, "expr", 4, "acc[47]:0->1"), "")
    bits = Exclusion("tile/*", ("toggle",), "acc[40..47]:*", "*", "reason")
    names = [f"acc[{bit}]:1->0" for bit in (4, 39, 40, 47, 48, 400)]
    assert [name for name in names if bits.matches(Point("rtl/tile/dpr_sip.v", 3, "toggle", 0, name), "")] == names[2:4]
    by_source = Exclusion("*", KINDS, "*", "wire unused = *", "reason")
    assert by_source.matches(Point("rtl/a.v", 3, "expr", 4, "x"), "    wire unused = &{1'b0, a};")
    assert not by_source.matches(Point("rtl/a.v", 3, "expr", 4, "x"), "    wire used = &{1'b0, a};")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[minimum]\nline = 101", "line = 101: use a percentage"),
        ("[minimum]\nline = true", "use a percentage"),
        ("[minimum]\nlines = 90", "unknown key 'lines': use line, branch, expr, toggle, functional"),
        ("[maximum]", "unknown key 'maximum'"),
        ("[minimum_per_file]\nfunctional = 90", "unknown key 'functional': use line, branch, expr, toggle"),
        (f'[[exclude]]\nfile = "*"\n{REASON}', "which name or source line"),
        ('[[exclude]]\nfile = "*"\nname = "a"', "needs a reason"),
        ('[[exclude]]\nfile = "*"\nname = "a"\nreason = "because"', "needs a reason"),
        (f'[[exclude]]\nfile = "*"\nname = "a"\nline = 3\n{REASON}', "unknown key 'line'"),
        (f'[[exclude]]\nfile = "*"\nname = "a"\nkinds = ["lines"]\n{REASON}', "no kind 'lines'"),
        (f'[[exclude_bin]]\nbin = "*"\n{REASON}', "which coverpoint and which bin"),
        (f'[[exclude]]\nfile = "*"\nname = "acc[9..3]:*"\n{REASON}', "9..3 must be the first and the last"),
        ("[minimum", "thresholds.toml: "),
    ],
)
def test_mistakes_are_one_clear_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, text)
    assert complaint in str(caught.value)
    assert str(caught.value).startswith("thresholds.toml")
    assert "\n" not in str(caught.value)


def test_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.toml: "):
        load_thresholds(tmp_path / "gone.toml")
