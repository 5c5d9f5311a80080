# SPDX-License-Identifier: Apache-2.0
"""The report: its verdict and its two files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.report import ReportOutcome
from tests.report.designs import changed, core, network
from tests.report.project import (
    Project,
    Settings,
    adder_points,
    filled,
    functional_xml,
    layer,
    point,
    read,
    relaxed,
    report,
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return filled(tmp_path)


def test_passes_when_everything_is_well(project: Project) -> None:
    outcome = report(relaxed(project), layers=[layer("conv1")])
    assert outcome == ReportOutcome(True, [], [], project.root / "build" / "report" / "index.html")
    html, summary = read(outcome)
    assert "Passed" in html
    assert summary["ok"] is True
    assert not list(outcome.path.parent.glob("*.tmp"))


def test_summary_against_figures_counted_by_hand(project: Project) -> None:
    _, summary = read(report(relaxed(project), layers=[layer("conv1")]))
    assert summary["schema"] == 1
    assert summary["totals"] == {"tests": 2, "runs": 3, "passed": 3, "failed": 0, "checks": 300, "cycles": 15000}
    assert summary["when"]["run_seconds"] == 6.0
    kinds = summary["coverage"]["kinds"]
    counts = {kind: (k["covered"], k["total"], k["excluded"], k["percent"]) for kind, k in kinds.items()}
    # builds W = 2 and W = 3: a has bits 0, 1, 2; only go:0->1 ever toggled; the unused net is excluded
    assert counts == {
        "line": (2, 4, 0, 50.0),
        "branch": (3, 4, 0, 75.0),
        "expr": (2, 3, 0, 66.67),
        "toggle": (1, 8, 1, 12.5),
        "functional": (3, 4, 0, 75.0),
    }
    assert kinds["line"] | {"minimum": 50.0, "ok": True} == kinds["line"]
    assert {u["line"] for u in summary["coverage"]["files"]["rtl/adder.v"]["uncovered"] if u["kind"] == "line"} == {4, 5}
    assert summary["coverage"]["exclusions"][0]["points"] == 1
    assert summary["functional"]["coverpoints"]["adder.width"]["missing"] == ["1"]
    assert summary["functional"]["coverpoints"]["adder.width"]["bins"] == {"0": 3, "1": 0, "2": 4}
    assert summary["layers"] == [layer("conv1")]
    assert summary["runs"][0]["replay"] == "make replay RUN=adder_random-small16-verilator-1"
    assert summary["settings"]["seed"] == 3735928559


def test_the_same_runs_give_the_same_summary(project: Project) -> None:
    first, second = (read(report(project))[1] for _ in range(2))
    for summary in (first, second):
        del summary["when"], summary["history"]
    assert first == second


def test_coverage_below_its_minimum_fails(project: Project) -> None:
    outcome = report(project)
    assert not outcome.ok
    assert outcome.problems == outcome.coverage_problems == ["toggle coverage 12.5% is below 50%"]
    html, summary = read(outcome)
    assert "Failed: 1 problem" in html
    assert summary["coverage"]["kinds"]["toggle"]["ok"] is False


def test_a_file_below_its_own_minimum_fails(project: Project) -> None:
    text = relaxed(project).thresholds.read_text()
    project.write("tb/thresholds.toml", text.replace("[[exclude]]", "[minimum_per_file]\nbranch = 76\n\n[[exclude]]", 1))
    assert report(project).problems == ["branch coverage of rtl/adder.v 75% is below 76%"]


def test_a_test_that_stops_covering_fails(project: Project) -> None:
    """Negative test of the whole way: the same runs without the one that reached most of the code."""
    relaxed(project)
    assert report(project).ok
    project.run(
        "adder_random", 1, adder_points(0, 0, 2), functional_xml({"adder.width": {"0": 0, "1": 0}, "adder.go": {"True": 0}})
    )
    del project.results[:2]
    problems = report(project).problems
    assert "line coverage 25% is below 50%" in problems
    assert "functional coverage 0% is below 50%" in problems


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(restricted=True), "TEST or CONFIG leaves a part of the regression out"),
        (Settings(coverage=False), "code coverage is off"),
    ],
)
def test_minimums_are_only_judged_on_a_whole_regression(project: Project, settings: Settings, said: str) -> None:
    outcome = report(project, settings)
    assert outcome.ok
    html, summary = read(outcome)
    assert said in html
    assert summary["coverage"]["kinds"]["toggle"]["ok"] is None


def test_failed_runs_come_first_with_reason_and_replay(project: Project) -> None:
    reason = "3 mismatches: sums: 3 of 4 differ"
    failed = project.run("adder_stall", 7, status="failed", problems=[reason])
    outcome = report(relaxed(project))
    assert outcome.problems == [f"{failed.id}: {reason}"]
    html, summary = read(outcome)
    assert summary["totals"]["failed"] == 1
    assert html.index("adder_stall") < html.index("adder_random")
    assert failed.replay in html
    assert f'href="../runs/{failed.id}/run.log"' in html
    assert '<strong class="bad">1 of 1 failed</strong>' in html
    assert outcome.coverage_problems == []


def test_a_run_without_a_verdict_is_a_failure(project: Project) -> None:
    project.run("adder_stall", 7, status="crashed")
    assert report(relaxed(project)).problems == ["adder_stall-small16-verilator-7: ended as crashed"]


def test_no_run_is_a_failure(tmp_path: Path) -> None:
    outcome = report(Project(tmp_path), Settings(coverage=False))
    assert outcome.problems == ["no test ran"]


def test_coverage_asked_for_and_not_collected_fails(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run("adder_random", 1)
    problems = report(project).problems
    assert "no line coverage was collected, the minimum is 50%" in problems
    assert "no functional coverage was collected, the minimum is 50%" in problems


def test_rtl_that_no_bench_uses_fails(project: Project) -> None:
    relaxed(project).write("rtl/sub/orphan.v", "module orphan; endmodule\n")
    problems = report(project).problems
    assert problems == ["rtl/sub/orphan.v: no simulation reported coverage of it; is it in a bench of tb/benches.toml?"]
    rule = '\n[[exclude]]\nfile = "sub/orphan.v"\nname = "*"\nreason = "Has no port and nothing to simulate."\n'
    project.write("tb/thresholds.toml", project.thresholds.read_text() + rule)
    outcome = report(project)
    assert outcome.ok
    assert "excluded by rule 2" in outcome.path.read_text()


def test_rtl_without_toggles_fails(project: Project) -> None:
    """Builds of large tiles collect lines and branches only: a file that is in no other build is not measured."""
    relaxed(project).write("rtl/large.v", "module large(input clk);\nendmodule\n")
    project.run("large", 1, point("line", 1, "block", 1, span="1", file="rtl/large.v"))
    (problem,) = report(project).problems
    assert problem == "rtl/large.v: only lines and branches were collected; toggle and expr need a run on a small configuration"


def test_damaged_coverage_is_a_problem_not_a_crash(project: Project) -> None:
    relaxed(project).write(project.results[0].coverage_dat, "garbage")
    project.write(project.results[0].functional, "<top>")
    problems = report(project).problems
    assert any("coverage.dat: not a Verilator coverage file" in problem for problem in problems)
    assert any("functional.xml: not a coverage export" in problem for problem in problems)


def test_a_mistake_in_the_thresholds_is_a_problem(project: Project) -> None:
    project.write("tb/thresholds.toml", "[minimum]\nline = 200\n")
    assert report(project).problems == ["thresholds.toml: [minimum]: line = 200: use a percentage from 0 to 100"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mismatches": 2}, "layer conv1 on narrow16: 2 outputs differ from the model"),
        ({"rtl_cycles": 1001}, "layer conv1 on narrow16: 1001 cycles, the model says 1000"),
    ],
)
def test_layers_that_differ_from_the_model_fail(project: Project, change: dict, said: str) -> None:
    assert report(relaxed(project), layers=[layer("conv1", **change), layer("conv2")]).problems == [said]


def test_a_layer_row_without_its_cycles_is_a_problem(project: Project) -> None:
    row = layer("conv1")
    del row["model_cycles"]
    assert report(relaxed(project), layers=[row]).problems == ["layers: row 'conv1' has no 'model_cycles'"]


def test_layers_show_speedups_and_the_sum(project: Project) -> None:
    rows = [layer("conv1"), layer("conv2", rtl_cycles=3000, model_cycles=3000, base_cycles=6000, bound_cycles=2000)]
    html, _ = read(report(relaxed(project), layers=rows))
    assert "4.00×" in html  # 4000 / 1000
    assert "1.60×" in html  # 4000 / 2500
    assert "3.00×" in html  # bound of conv2: 6000 / 2000
    assert "all layers" in html
    assert "2.50×" in html  # 10000 / 4000
    assert "25.0%" in html  # 512 / 2048 bytes


def test_images_classified_otherwise_than_by_the_model_fail(project: Project) -> None:
    relaxed(project)
    entry = {"config": "narrow16", "sim": "verilator", "images": 8, "agree": 8, "correct": 7}
    assert report(project, classification=[entry]).ok
    outcome = report(project, classification=[entry | {"agree": 6}])
    assert outcome.problems == ["narrow16 · verilator: 2 of 8 images are not classified as by the model"]
    html, summary = read(outcome)
    assert "6 of 8 images classified as by the quantised model" in html
    assert summary["classification"][0]["correct"] == 7
    assert report(project, classification=[{"images": 8}]).problems == ["layers: a classification has no 'agree'"]


def test_layers_need_only_their_cycles(project: Project) -> None:
    row = {"layer": "conv1", "rtl_cycles": 10, "model_cycles": 10, "base_cycles": 20}
    outcome = report(relaxed(project), layers=[row])
    assert outcome.ok
    assert "2.00×" in outcome.path.read_text()


def test_designs_side_by_side(project: Project) -> None:
    rows = [*network(), core("pool1", "trt16", 90, 80, kind="pool"), layer("conv1", level="engine")]
    outcome = report(relaxed(project), layers=rows)
    assert outcome.ok
    html, summary = read(outcome)
    assert summary["layers"] == rows
    assert "The same layers on every design · verilator" in html
    assert "The layer engine, from containers to containers" in html
    panels = {
        text.split("<", 1)[0]: text.split("</table>", 1)[0] for text in html.split('<table class="panel">\n<caption>')[1:]
    }
    assert list(panels) == ["convolutions", "all layers", "conv1", "conv2", "fc1"], "no panel for a layer that BASE has not"
    assert "3.21×" in panels["conv1"]  # 1603 / 500
    assert "bound 4.00×" in panels["conv1"]
    assert "2.67×" in panels["convolutions"]  # 2406 / 900
    assert "2.32×" in panels["all layers"]  # 2809 / 1210
    widths = [float(width) for width in re.findall(r'<rect y="4" height="11" width="([\d.]+)%"/>', panels["fc1"])]
    assert widths == pytest.approx([98 / 4 * 403 / 400, 98 / 4 * 1.3], abs=0.01), "98% is the highest bound, 4"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mismatches": 2}, "layer conv1 on trt16: 2 outputs differ from the model"),
        ({"model_cycles": 501}, "layer conv1 on trt16: 500 cycles, the model says 501"),
        ({"fill": 95}, "1.2% below its bound 4.000x"),
    ],
)
def test_designs_that_break_the_contract_fail(project: Project, change: dict, said: str) -> None:
    (problem,) = report(relaxed(project), layers=changed(network(), "conv1", "trt16", **change)).problems
    assert said in problem


def test_a_design_without_its_base_fails_unless_only_a_part_ran(project: Project) -> None:
    rows = [row for row in network() if row["config"] == "trt16"]
    said = "layers on trt16 have no speedup: its baseline base16 has no rows (verilator)"
    assert report(relaxed(project), layers=rows).problems == [said]
    outcome = report(project, Settings(restricted=True), layers=rows)
    assert outcome.ok
    assert said in outcome.path.read_text()


def test_an_incomplete_row_of_a_design_is_a_problem(project: Project) -> None:
    rows = [{"level": "core", "layer": "conv1"}]
    assert report(relaxed(project), layers=rows).problems == ["layers: row 'conv1' has no 'kind'"]


def test_source_is_annotated(project: Project) -> None:
    html, _ = read(report(project))
    rows = {
        number: state
        for state, number in re.findall(r'<tr id="src-rtl-adder-L\d+"(?: class="(\w+)")?><td class="n">(\d+)</td>', html)
    }
    assert rows == {"1": "part", "2": "", "3": "", "4": "miss", "5": "miss", "6": "", "7": "part", "8": "", "9": ""}
    assert '<li><a href="#src-rtl-adder-L4">4–5</a> never ran</li>' in html
    assert "a[2:0] never toggles" in html


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(coverage=False), "it is off (COV=0)"),
        (Settings(coverage=False, sim="icarus"), "SIM=icarus; only Verilator collects it"),
        (Settings(), "no run left a readable coverage.dat"),
    ],
)
def test_empty_sections_say_why(tmp_path: Path, settings: Settings, said: str) -> None:
    project = Project(tmp_path)
    project.run("adder_random", 1)
    html, _ = read(report(project, settings))
    assert said in html
    assert "<code>make layers</code>" in html
    assert "No run exported functional coverage" in html
