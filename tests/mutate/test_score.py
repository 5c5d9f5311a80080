# SPDX-License-Identifier: Apache-2.0
"""From fates to a score: what counts, what an argument covers, and which arguments are wrong."""

from __future__ import annotations

import pytest

from scripts.mutate.campaigns import Argued
from scripts.mutate.results import document, left_over, survivor_lines, table
from scripts.mutate.score import Fate, idle_arguments, make_row, wrong_arguments

REASON = "the bit is above every sum that can happen"
ARGUED = Argued("sip", "acc_q <= sum;", "procdff port Q bit 4? (acc) *", REASON)


def fate(number: int, description: str = "add port Y bit 0 inverted", line: str = "acc_q <= sum;", **changes: str) -> Fate:
    made = Fate("sip", f"small16:{number}", "rtl/tile/dpr_sip.v", 90, line, description)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def fates() -> list[Fate]:
    return [
        fate(1, by="tile_contract", how="failed"),
        fate(2, by="tile_random", how="timeout"),
        fate(3, equivalent="outputs of dpr_sip"),
        fate(4, "procdff port Q bit 47 (acc) stuck at 0"),
        fate(5),
    ]


def test_equivalent_mutants_do_not_count_and_argued_ones_are_let_be() -> None:
    row = make_row("sip", 100, fates(), [ARGUED])
    assert (row.mutants, row.killed, row.survived, row.equivalent, row.argued, row.ok) == (5, 2, 2, 1, 1, False)
    assert row.score == 50
    assert make_row("sip", 100, fates()[:4], [ARGUED]).ok
    assert not make_row("sip", 100, fates()[:4], []).ok


@pytest.mark.parametrize(("goal", "ok"), [(75, True), (76, False)])
def test_a_goal_is_met_exactly(goal: float, ok: bool) -> None:
    assert make_row("sip", goal, fates(), [ARGUED]).ok is ok


def test_a_block_without_mutants_has_not_reached_its_goal() -> None:
    assert not make_row("sip", 0, [], []).ok


def test_only_what_nobody_argued_is_listed() -> None:
    assert [one.name for one in left_over(fates(), [ARGUED])] == ["small16:5"]
    assert [one.name for one in left_over(fates(), [])] == ["small16:4", "small16:5"]
    text = "\n".join(survivor_lines(fates(), [ARGUED], "make mutate BLOCK=sip"))
    assert "rtl/tile/dpr_sip.v:90: sip: add port Y bit 0 inverted" in text
    assert "acc_q <= sum;" in text
    assert "make mutate BLOCK=sip RUN=small16:5" in text
    assert "small16:4" not in text


@pytest.mark.parametrize(
    "other",
    [
        Argued("base", ARGUED.line, ARGUED.what, REASON),
        Argued("sip", "acc_q <= sums;", ARGUED.what, REASON),
        Argued("sip", ARGUED.line, "procdff port Q bit 3? (acc) *", REASON),
        Argued("sip", ARGUED.line, ARGUED.what, REASON, campaign="trt_*"),
    ],
)
def test_an_argument_speaks_of_its_block_line_bit_and_campaign_only(other: Argued) -> None:
    assert len(left_over(fates(), [other])) == 2
    assert len(left_over(fates(), [ARGUED])) == 1


def test_an_argument_that_a_test_refutes_is_reported() -> None:
    wide = Argued("sip", ARGUED.line, "*", REASON)
    assert wrong_arguments([ARGUED], fates()) == []
    assert wrong_arguments([wide], fates()) == [
        "[[argued]] sip: 'acc_q <= sum;', '*': small16:1 was killed by tile_contract: narrow it or drop it"
    ]


def test_an_argument_that_speaks_of_nothing_is_reported() -> None:
    old = Argued("sip", "acc_q <= old;", "*", REASON)
    other = Argued("base", "acc_q <= old;", "*", REASON)
    assert idle_arguments([ARGUED, old, other], fates()) == ["[[argued]] sip: 'acc_q <= old;', '*': matches no mutant"]


def test_the_table_names_what_is_missed() -> None:
    text = table([make_row("sip", 100, fates(), [ARGUED]), make_row("base", 40, fates(), [ARGUED])])
    assert [line.endswith("missed") for line in text.splitlines()] == [False, True, False]


def test_the_file_for_programs_has_everything() -> None:
    rows = [make_row("sip", 100, fates(), [ARGUED])]
    content = document(rows, fates(), [ARGUED], 1, "make mutate", 30)
    assert content["rows"][0]["block"] == "sip"
    assert content["killed_by"] == {"tile_contract": 1, "tile_random": 1}
    assert content["killed_how"] == {"failed": 1, "timeout": 1}
    assert [entry["mutant"] for entry in content["survivors"]] == ["small16:5"]
    assert [(entry["mutant"], entry["reason"]) for entry in content["argued"]] == [("small16:4", REASON)]
    assert [entry["mutant"] for entry in content["equivalent"]] == ["small16:3"]
    assert content["mutants_per_minute"] == 10
