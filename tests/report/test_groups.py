# SPDX-License-Identifier: Apache-2.0
"""Failures by cause at the top of the page: as triage has grouped them, else by signature, and none is hidden."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.report.project import Project, filled, read, relaxed, report

SIGNATURE = "N mismatches: sums differ"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Three failed runs of one cause, of 900, 300 and no cycles, and one of another."""
    made = relaxed(filled(tmp_path))
    for seed, cycles in ((7, 900), (8, 300), (9, 0)):
        problem = f"{seed} mismatches: sums differ"
        made.run("adder_stall", seed, status="failed", problems=[problem], signature=SIGNATURE, cycles=cycles)
    made.run("adder_hang", 10, status="failed", problems=["no end within 300 s"], signature="no end within N s")
    return made


def ids(project: Project, *seeds: int) -> list[str]:
    return [run.id for run in project.results if run.seed in seeds]


def groups(project: Project, **changes: Any) -> list[dict[str, Any]]:
    """What triage says: the same groups, with files and a note."""
    (shortest,) = ids(project, 7)
    (other,) = ids(project, 10)
    first = {"signature": SIGNATURE, "count": 3, "runs": ids(project, 7, 8, 9), "shortest": shortest, "replay": "make replay A"}
    first |= {"waves": "build/replay/waves.vcd", "log": "build/replay/run.log", "shrunk": "tests/shrunk.py", "note": "A note."}
    second = {"signature": "no end within N s", "count": 1, "runs": [other], "shortest": other, "replay": "make replay B"}
    return [first | {"reproduced": True} | changes, second]


def test_without_triage_failures_are_grouped_by_signature(project: Project) -> None:
    html, summary = read(report(project))
    found = [(group["count"], group["shortest"], group["reason"]) for group in summary["groups"]]
    assert found == [
        (3, ids(project, 8)[0], "8 mismatches: sums differ"),
        (1, ids(project, 10)[0], "no end within 300 s"),
    ], "a run without cycles did not get far enough to be the one to look at"
    assert html.index("8 mismatches: sums differ") < html.index("no end within 300 s")
    assert f"make replay RUN={ids(project, 8)[0]}" in html
    assert "4 failed of 2 causes" in html


def test_triage_is_shown_with_its_files(project: Project) -> None:
    for path in ("build/replay/waves.vcd", "build/replay/run.log", "tests/shrunk.py"):
        project.write(path, "")
    project.regress_json(groups=groups(project))
    html, summary = read(report(project))
    assert summary["groups"][0]["shortest"] == ids(project, 7)[0]
    assert '<code class="replay">make replay A</code>' in html
    for href, name in (
        ("../replay/waves.vcd", "waves"),
        ("../replay/run.log", "log"),
        ("../../tests/shrunk.py", "shrunk case"),
    ):
        assert f'<a href="{href}">{name}</a>' in html
    assert "A note." in html


def test_files_that_are_gone_have_no_link(project: Project) -> None:
    project.regress_json(groups=groups(project))
    html, _ = read(report(project))
    assert "shrunk case" not in html


@pytest.mark.parametrize(
    "document",
    [
        {"groups": "none"},
        {"groups": [{"signature": "x"}]},
        {"groups": []},
        {"rows": []},
        {"rows": [{}]},
    ],
)
def test_triage_that_is_damaged_or_forgets_a_run_hides_nothing(project: Project, document: dict[str, Any]) -> None:
    project.regress_json(**({"groups": groups(project)} | document))
    _, summary = read(report(project))
    assert sorted(run for group in summary["groups"] for run in group["runs"]) == sorted(ids(project, 7, 8, 9, 10))


def test_triage_of_another_regression_is_left_alone(project: Project) -> None:
    document = json.loads(project.regress_json(groups=groups(project)).read_text())
    document["rows"].pop()
    project.write("build/regress.json", json.dumps(document))
    _, summary = read(report(project))
    assert summary["groups"][0]["replay"] != "make replay A"


def test_a_group_about_a_run_that_did_not_run_is_not_believed(project: Project) -> None:
    project.regress_json(groups=groups(project, shortest="adder_ghost-small16-verilator-1"))
    _, summary = read(report(project))
    assert "ghost" not in json.dumps(summary["groups"])
