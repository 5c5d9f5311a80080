# SPDX-License-Identifier: Apache-2.0
"""What other commands leave in the build folder: shown with its own verdict, and never a reason to fail or to crash."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.report.files import agreement, bench, fill_build, formal, mutation, past, plan
from tests.report.project import Project, Settings, filled, read, relaxed, report

DOCUMENTS: dict[str, Callable[..., dict[str, Any]]] = {
    "mutation": mutation,
    "formal": formal,
    "agreement": agreement,
    "bench": bench,
}
MAKERS = {"mutation": "make mutate", "formal": "make formal", "agreement": "make agree", "bench": "make bench"}
ANCHORS = {name: name for name in DOCUMENTS} | {"bench": "speed"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return relaxed(filled(tmp_path))


def lines(summary: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """State and text of each line at the top of the page."""
    return {line["anchor"]: (line["state"], line["text"]) for line in summary["overview"]}


def section(html: str, anchor: str) -> str:
    """A section of the page without its tags."""
    text = html.partition(f'<section id="{anchor}"')[2].partition("</section>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text.replace("<wbr>", "")))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_without_its_file_a_section_names_the_command(project: Project, name: str) -> None:
    outcome = report(project)
    assert outcome.ok
    html, summary = read(outcome)
    assert f"Not there yet: <code>{MAKERS[name]}</code> makes it." in html
    assert summary[name]["state"] == "missing"
    assert summary[name]["data"] is None
    assert lines(summary)[ANCHORS[name]][0] == "missing"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ('{"rows": [', "not JSON"),
        ("[1]", "not a JSON object"),
        ("{}", "no list &#39;rows&#39;"),
        ('{"rows": [3]}', "rows 1 is not a table"),
        ('{"rows": [{}]}', "rows 1 has no &#39;"),
        ("[" * 100_000, "not JSON"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_damaged_file_is_said(project: Project, name: str, text: str | bytes, said: str) -> None:
    file = project.write(f"build/{name}.json", "")
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    outcome = report(project)
    assert outcome.ok, "the regression's verdict stays its own"
    html, summary = read(outcome)
    assert said in html
    assert f"run <code>{MAKERS[name]}</code> again" in html
    assert summary[name]["state"] == "damaged"
    assert lines(summary)[ANCHORS[name]][0] == "damaged"


@pytest.mark.parametrize(
    ("name", "field", "value", "said"),
    [
        ("mutation", "killed", "many", "rows 1: &#39;killed&#39; is not a whole number"),
        ("mutation", "killed", True, "rows 1: &#39;killed&#39; is not a whole number"),
        ("mutation", "killed", 31, "rows 1: counts more mutants than there are"),
        ("mutation", "argued", 1, "rows 1: counts more mutants than there are"),
        ("mutation", "survived", -1, "rows 1: a count below 0"),
        ("mutation", "goal", float("nan"), "rows 1: &#39;goal&#39; is not a number"),
        ("formal", "depth", None, "rows 1: &#39;depth&#39; is not a whole number or a text"),
        ("formal", "fails_on_mutant", "yes", "rows 1: &#39;fails_on_mutant&#39; is not true or false or null"),
        ("agreement", "icarus", "", "rows 1: says that hashes agree that do not"),
        ("bench", "ratio", "half", "rows 1: &#39;ratio&#39; is not a number or null"),
    ],
)
def test_a_wrong_field_is_named(project: Project, name: str, field: str, value: object, said: str) -> None:
    document = DOCUMENTS[name]()
    document["rows"][0][field] = value
    project.write(f"build/{name}.json", json.dumps(document))
    assert said in read(report(project))[0]


@pytest.mark.parametrize(("name", "source"), [("mutation", "models/a.py"), ("formal", "rtl/adder.v"), ("bench", "tb/b.toml")])
def test_a_file_older_than_a_source_is_out_of_date(project: Project, name: str, source: str) -> None:
    document = DOCUMENTS[name]()
    document["rows"] = document["rows"][:1]  # what has the right outcome
    file = project.write(f"build/{name}.json", json.dumps(document))
    project.write(source, "changed\n" if source != "rtl/adder.v" else (project.root / source).read_text())
    newest = max(path.stat().st_mtime for folder in ("rtl", "tb", "models") for path in project.root.glob(f"{folder}/**/*"))
    os.utime(file, (newest + 1, newest + 1))
    _, summary = read(report(project))
    assert summary[name]["state"] == "current"
    os.utime(project.root / source, (newest + 2, newest + 2))
    html, summary = read(report(project))
    assert (summary[name]["state"], lines(summary)[ANCHORS[name]][0]) == ("stale", "stale")
    assert f"<code>{source}</code> changed since: <code>{MAKERS[name]}</code> makes it anew." in html


def test_what_is_not_rtl_does_not_age_a_proof(project: Project) -> None:
    file = project.write("build/formal.json", json.dumps(formal()))
    os.utime(project.write("models/a.py", ""), (file.stat().st_mtime + 9,) * 2)
    assert read(report(project))[1]["formal"]["state"] == "current"


def test_figures_against_those_worked_out_by_hand(project: Project) -> None:
    outcome = report(fill_build(project))
    html, summary = read(outcome)
    found = lines(summary)
    # 30 + 95 + 49 of 180 - 4 equivalent
    assert found["mutation"] == ("failed", "174 of 180 mutants killed, 4 equivalent: 98.8%. Below the goal: leaky.")
    assert found["formal"] == ("failed", "2 of 5 proofs without the right outcome: clears, blind.")
    assert found["agreement"] == ("failed", "1 of 5 runs differ, first adder_random on small16, seed 3.")
    assert found["speed"] == ("shown", "tile: 0.50; encode: 4.00.")
    mutants = section(html, "mutation")
    assert "Made 20" in mutants
    assert "make mutate SEED=7" in mutants
    assert "98.9%" in mutants, "95 of 96"
    assert "adder_random 150" in mutants
    assert "models/adder.py:9" in mutants, "no link to a file that the page does not show"
    assert 'href="#src-rtl-adder-L3"' in html
    assert 'data-copy="make mutate SEED=7 RUN=17">17<' in html
    assert "To see one again: make mutate SEED=7 RUN=" in mutants
    assert "1 survivor argued" in mutants
    assert "The sum is cleared in the cycle before." in mutants
    proofs = section(html, "formal")
    assert "sum_is_exact The sum is the sum proved fails 3 of 3 adder every cycle 2 bits bitwuzla" in proofs
    assert "no_deadlock proved fails adder 20 cycles bitwuzla" in proofs
    assert "detects proved fails adder every cycle bitwuzla" in proofs
    assert "3" * 16 + " " + "4" * 16 in section(html, "agreement").replace("  ", " ")
    assert "differ transactions: 10 of 20 differ" in section(html, "agreement")
    assert "seed 7" in section(html, "agreement")
    assert summary["mutation"]["data"]["blocks"][0]["block"] == "leaky"
    assert summary["mutation"]["command"] == "make mutate SEED=7"


def test_a_bad_finding_is_not_a_problem_of_the_regression(project: Project) -> None:
    for name, document in DOCUMENTS.items():
        project.write(f"build/{name}.json", json.dumps(document()))
    outcome = report(project)
    assert outcome.ok
    assert "Passed" in outcome.path.read_text()


@pytest.mark.parametrize(
    ("name", "rows", "expected"),
    [
        ("mutation", slice(0, 1), ("passed", "30 of 30 mutants killed, 0 equivalent: 100%. Every block reaches its goal.")),
        ("mutation", slice(0, 0), ("partly", "No block was mutated.")),
        ("formal", slice(0, 2), ("passed", "2 proofs hold, each fails on its mutant.")),
        ("formal", slice(0, 1), ("passed", "1 proof holds, each fails on its mutant.")),
        ("formal", slice(0, 0), ("partly", "No proof ran.")),
        ("agreement", slice(0, 2), ("passed", "2 runs with the same transactions on Icarus and Verilator.")),
        ("agreement", slice(0, 0), ("partly", "No run was compared.")),
        ("bench", slice(0, 0), ("shown", "Nothing was measured.")),
    ],
)
def test_the_line_at_the_top(project: Project, name: str, rows: slice, expected: tuple[str, str]) -> None:
    document = DOCUMENTS[name]()
    project.write(f"build/{name}.json", json.dumps(document | {"rows": document["rows"][rows]}))
    assert lines(read(report(project))[1])[ANCHORS[name]] == expected


def test_a_proof_that_was_not_tried_on_a_mutant_counts_partly(project: Project) -> None:
    rows = [row | {"fails_on_mutant": None} if row["name"] == "no_deadlock" else row for row in formal()["rows"][:2]]
    project.write("build/formal.json", json.dumps(formal(rows=rows)))
    assert lines(read(report(project))[1])["formal"] == ("partly", "2 proofs hold; 1 not tried on a mutant.")


def test_the_testplan_says_how_far_each_testpoint_is(project: Project) -> None:
    """adds: its one bin hit; widths: 2 of 3; resets: nothing shows it; soaks: its test did not run."""
    project.plan = plan()
    outcome = report(project)
    html, summary = read(outcome)
    assert summary["testplan"]["stages"] == {
        "V1": {"passed": 1, "open": 0, "failed": 0, "not run": 0},
        "V2": {"passed": 0, "open": 2, "failed": 0, "not run": 0},
        "V3": {"passed": 0, "open": 0, "failed": 0, "not run": 1},
    }
    assert summary["testplan"]["tests"]["widths"] == {"adder_random": "passed", "adder_soak": "not run"}
    assert lines(summary)["testplan"] == (
        "partly",
        "1 of 4 testpoints passed (V1 1 of 1, V2 0 of 2, V3 0 of 1), 2 open, 1 not run.",
    )
    text = section(html, "testplan")
    assert re.search(r"adds Adds passed V1 adder 100% 1/1 1 of 1 ran", text)
    assert re.search(r"widths Every width open V2 adder 66.6% 2/3 1 bin missing adder.width: 1 1 of 2 ran", text)
    assert re.search(r"soaks Runs for long not run V3 adder – 0 of 1 ran adder_soak not run", text)
    assert any(problem.startswith("testpoint widths: 2 of 3 bins") for problem in outcome.problems)


def test_a_failed_run_fails_its_testpoint(project: Project) -> None:
    project.plan = plan()
    project.run("adder_reset", 9, status="failed", problems=["wrong"])
    _, summary = read(report(project))
    assert summary["testplan"]["tests"]["resets"] == {"adder_reset": "failed"}
    assert lines(summary)["testplan"][0] == "failed"


def test_a_plan_without_testpoints_says_so(project: Project) -> None:
    html, summary = read(report(project))
    assert "has no testpoints" in section(html, "testplan")
    assert lines(summary)["testplan"][0] == "missing"


def test_deltas_against_the_baseline(project: Project) -> None:
    """The runs cover lines 50% and branches 75%; the baseline had 60% and 75%."""
    baseline = {
        "commit": "c0ffee",
        "regression": "smoke",
        "totals": {"line": 60.0, "branch": 75.0, "expr": 66.66, "toggle": 12.5, "functional": 75.0},
        "files": {"rtl/adder.v": {"line": 40.0, "branch": 75.0, "expr": 66.66, "toggle": 12.5}},
        "points": {"adder.width": 66.66, "adder.go": 100.0, "adder.gone": 50.0},
    }
    project.write("tb/coverage_baseline.json", json.dumps(baseline))
    outcome = report(project)
    assert outcome.ok, "less than before is a warning"
    assert len(outcome.warnings) == 2
    html, summary = read(outcome)
    assert "<code>c0ffee</code>: 2 lower, 1 higher or new" in html
    assert '<span class="delta small bad">−10.00</span>' in html
    assert '<span class="delta small good">+10.00</span>' in html
    assert '<span class="delta small bad">gone</span>' in html
    assert summary["warnings"] == outcome.warnings
    assert lines(summary)["coverage"] == (
        "partly",
        "2 figures of coverage lower than in the committed baseline c0ffee, 1 higher or new.",
    )
    assert {row["name"]: row["lost"] for row in summary["coverage"]["deltas"]["rows"]} == {
        "": True,
        "rtl/adder.v": False,
        "adder.gone": True,
    }


def test_a_part_of_a_regression_is_not_compared(project: Project) -> None:
    _, summary = read(report(project, Settings(restricted=True)))
    assert lines(summary)["coverage"] == (
        "shown",
        "Not compared: only a whole regression with code coverage is compared with the baseline.",
    )
    assert summary["coverage"]["deltas"]["rows"] == []


def test_coverage_by_test_and_the_runs_that_reach_all(project: Project) -> None:
    project.plan = plan()
    html, summary = read(report(project))
    tests = {row["test"]: (row["bins"], row["only_bins"]) for row in summary["coverage"]["by_test"]}
    assert tests == {"adder_random": (3, 3), "adder_reset": (0, 0)}
    assert "2 runs of 3 reach all 3 bins" in section(html, "by-test")
    assert lines(summary)["by-test"] == ("shown", "2 of 3 runs reach all that all of them reach.")
    assert [row["run"] for row in summary["coverage"]["ranking"]["rows"]] == [run.id for run in project.results[:2]]


def test_a_night_of_runs_is_cut_short_and_failures_come_first(project: Project) -> None:
    for seed in range(100, 350):
        project.run("adder_random", seed)
    failed = project.run("adder_random", 99, status="failed", problems=["wrong"])
    html, summary = read(report(project))
    text = section(html, "tests")
    assert text.count("make replay RUN=adder_random") == 100
    assert failed.replay in text
    assert "153 more in" in text, "2 + 250 + 1 runs"
    assert len(summary["runs"]) == 254


def test_past_regressions_are_kept_out_when_damaged(project: Project) -> None:
    lines_ = [json.dumps(past(1)), "{", json.dumps(past(2) | {"runs": "three"}), "[]", json.dumps(past(3))]
    project.write("build/history.jsonl", "\n".join(lines_))
    html, summary = read(report(project))
    assert [entry["date"][:10] for entry in summary["history"][1:]] == ["2026-01-03", "2026-01-01"]
    assert "3 damaged lines" in section(html, "history")
