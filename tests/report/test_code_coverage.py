# SPDX-License-Identifier: Apache-2.0
"""Reading and merging Verilator's coverage.dat against figures counted by hand (tests/report/project.py)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from scripts.coverage.code import CodeCoverage, Point, code_coverage, source_lines
from scripts.coverage.verilator_data import CoverageData
from tests.report.project import HEADER, adder_points, point


def merged(root: Path, *files: str) -> CodeCoverage:
    """Write the texts as coverage files and merge them."""
    paths = []
    for i, text in enumerate(files):
        paths.append(root / f"{i}.dat")
        paths[-1].write_text(HEADER + text)
    data = CoverageData(paths)
    assert data.problems == []
    return code_coverage(data, root)


def counted(coverage: CodeCoverage) -> dict[str, tuple[int, int]]:
    """Covered and total points of each kind."""
    kinds = sorted({p.kind for p in coverage.hits})
    return {
        kind: (sum(n > 0 for p, n in coverage.hits.items() if p.kind == kind), sum(p.kind == kind for p in coverage.hits))
        for kind in kinds
    }


def test_one_file_counts_each_kind(tmp_path: Path) -> None:
    coverage = merged(tmp_path, adder_points(go=5, clear=0, idle=2))
    # toggles: go up and down, two bits of a up and down, the unused net up
    assert counted(coverage) == {"line": (2, 4), "branch": (3, 4), "expr": (2, 3), "toggle": (1, 7)}


def test_hits_of_lines_and_arms(tmp_path: Path) -> None:
    hits = merged(tmp_path, adder_points(go=5, clear=1, idle=2)).hits
    assert {p.line: n for p, n in hits.items() if p.kind == "line"} == {2: 8, 3: 5, 4: 1, 5: 1}
    arms = {(p.line, p.name): n for p, n in hits.items() if p.kind == "branch"}
    assert arms == {(3, "if: true"): 5, (3, "if: false"): 3, (4, "if: true"): 1, (4, "if: false"): 2}


def test_runs_of_one_build_add_up(tmp_path: Path) -> None:
    hits = merged(tmp_path, adder_points(5, 0, 2), adder_points(1, 4, 0), adder_points(100, 0, 0)).hits
    assert hits[Point("rtl/adder.v", 2, "line", 0, "")] == 112
    assert hits[Point("rtl/adder.v", 5, "line", 0, "")] == 4
    assert hits[Point("rtl/adder.v", 1, "toggle", 0, "a[1]:0->1")] == 4


def test_builds_with_other_parameters_are_the_same_source(tmp_path: Path) -> None:
    """Page and hierarchy name the parameter set and the instance; widths in expressions differ; wider buses have more bits."""
    wide = adder_points(0, 3, 0, page="adder__W3", width=3)
    coverage = merged(tmp_path, adder_points(5, 0, 2), wide)
    assert counted(coverage) == {"line": (4, 4), "branch": (4, 4), "expr": (2, 3), "toggle": (7, 9)}
    assert sum(p.kind == "expr" and p.line == 7 for p in coverage.hits) == 3


def test_two_instances_in_one_build(tmp_path: Path) -> None:
    first = point("toggle", 1, "go:0->1", 0, hier="TOP.tb.u_a")
    second = point("toggle", 1, "go:0->1", 2, hier="TOP.tb.u_b", page="adder__W9")
    assert merged(tmp_path, first + second).hits == {Point("rtl/adder.v", 1, "toggle", 0, "go:0->1"): 2}


def test_generate_indices_collapse(tmp_path: Path) -> None:
    text = point("toggle", 1, "g_lane[0].bit_q:0->1", 0) + point("toggle", 1, "g_lane[3].bit_q:0->1", 1)
    assert merged(tmp_path, text).hits == {Point("rtl/adder.v", 1, "toggle", 0, "g_lane[*].bit_q:0->1"): 1}


def test_widths_in_expressions_do_not_make_new_points(tmp_path: Path) -> None:
    at_16 = point("expr", 7, "(value[(P - 32'sh1)[3:0]+:1]==0 && (p == {32'h5{1'h0}})==1) => 1", 0)
    at_8 = point("expr", 7, "(value[(P - 32'sh1)[2:0]+:1]==0 && (p == {32'h4{1'h0}})==1) => 1", 1)
    (only,) = merged(tmp_path, at_16, at_8).hits.items()
    assert only == (Point("rtl/adder.v", 7, "expr", 5, "(value[(P - 1)+:1]==0 && (p == 0)==1) => 1"), 1)


def test_case_items_and_conditional_operators_are_arms(tmp_path: Path) -> None:
    text = point("line", 3, "case", 4, span="3") + point("branch", 4, "cond_then", 0, span="4")
    text += point("branch", 4, "cond_else", 2, 6, span="4")
    coverage = merged(tmp_path, text)
    arms = {(p.line, p.name): n for p, n in coverage.hits.items() if p.kind == "branch"}
    assert arms == {(3, "case item"): 4, (4, "?: true"): 0, (4, "?: false"): 2}
    assert coverage.hits[Point("rtl/adder.v", 4, "line", 0, "")] == 2, "a line ran when any block on it ran"
    last_is_zero = point("branch", 4, "if", 3, span="4") + point("branch", 4, "else", 0, 6, span="4")
    assert merged(tmp_path, last_is_zero).hits[Point("rtl/adder.v", 4, "line", 0, "")] == 3


@pytest.mark.parametrize("path", ["tb/tb_adder.v", "../rtl/adder.v", "rtl2/adder.v", "/usr/share/rtl/adder.v"])
def test_only_the_projects_rtl_counts(tmp_path: Path, path: str) -> None:
    assert merged(tmp_path, point("line", 1, "block", 1, span="1", file=path)).hits == {}


def test_absolute_paths_become_relative(tmp_path: Path) -> None:
    path = str(tmp_path / "rtl" / "sub" / ".." / "adder.v")
    (found,) = merged(tmp_path, point("toggle", 1, "go:0->1", 1, file=path)).hits
    assert found.file == "rtl/adder.v"


def test_source_lines() -> None:
    assert list(source_lines("10-12,16")) == [10, 11, 12, 16]
    assert list(source_lines("")) == []


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "not a Verilator coverage file"),
        ("# SystemC::Coverage-2\n", "not a Verilator coverage file"),
        (HEADER + "C '\x01f\x02rtl/adder.v' 1", "cut off"),
        (HEADER + "C '\x01f\x02rtl/adder.v' \n", "without a count"),
        (HEADER + "C '\x01f\x02rtl/adder.v' 1x\n", "not a number"),
        (HEADER + "C \x01f 1\n", "without a key"),
        (HEADER + point("toggle", 1, "go:0->1", 1) + "\n", "without a key"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, content: str, complaint: str) -> None:
    bad, good = tmp_path / "bad.dat", tmp_path / "good.dat"
    bad.write_text(content)
    good.write_text(HEADER + adder_points(1, 1, 1))
    data = CoverageData([bad, good])
    assert data.files == 1
    assert len(data.problems) == 1
    assert "bad.dat" in data.problems[0]
    assert complaint in data.problems[0]


def test_missing_file_is_named() -> None:
    assert CoverageData([Path("/nowhere/coverage.dat")]).problems == ["/nowhere/coverage.dat: No such file or directory"]


def test_empty_coverage_has_no_points(tmp_path: Path) -> None:
    assert merged(tmp_path, "").hits == {}


def test_two_hundred_files_take_less_than_a_second_of_cpu(tmp_path: Path) -> None:
    """7000 points a file, as the 4 x 4 tile has, with counts of different lengths in every file."""
    for i in range(8):
        points = (point("toggle", n // 100, f"s{n // 100}[{n % 100}]:0->1", (n * 7919 + i) % 5000) for n in range(7000))
        (tmp_path / f"{i}.dat").write_text(HEADER + "".join(points))
    paths = [tmp_path / f"{i % 8}.dat" for i in range(200)]
    best = min(_seconds(paths, tmp_path) for _ in range(2))
    assert best < 1.0


def _seconds(paths: list[Path], root: Path) -> float:
    start = time.process_time()
    coverage = code_coverage(CoverageData(paths), root)
    took = time.process_time() - start
    assert len(coverage.hits) == 7000
    assert coverage.hits[Point("rtl/adder.v", 0, "toggle", 0, "s0[1]:0->1")] == 25 * sum((7919 + i) % 5000 for i in range(8))
    return took
