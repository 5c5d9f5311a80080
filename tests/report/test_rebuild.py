# SPDX-License-Identifier: Apache-2.0
"""The report written again from the build folder: the same page, with what other commands have added since."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.errors import UserError
from scripts.paths import ROOT
from scripts.report.evidence import utc
from scripts.report.rebuild import RebuiltSettings, rebuild
from tests.report.designs import network
from tests.report.files import mutation
from tests.report.project import COMMAND, Project, filled, layer, read, relaxed, report


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return relaxed(filled(tmp_path))


def again(project: Project) -> Any:
    return rebuild(project.build, project.root, **project.places())


def test_the_same_summary(project: Project) -> None:
    project.run(
        "adder_stall", 7, status="failed", problems=["3 mismatches: sums differ"], signature="N mismatches: sums differ"
    )
    counts = {"config": "narrow16", "sim": "verilator", "images": 8, "agree": 7, "correct": 7}
    project.regress_json()
    first = report(project, layers=[layer("conv1"), *network()], classification=[counts])
    _, before = read(first)
    second = again(project)
    _, after = read(second)
    assert before == after
    assert second == first


def test_new_figures_appear(project: Project) -> None:
    project.regress_json()
    assert read(report(project))[1]["mutation"]["state"] == "missing"
    project.write("build/mutation.json", json.dumps(mutation()))
    html, summary = read(again(project))
    assert summary["mutation"]["data"]["blocks"]
    assert "Survivors that nobody argues" in html


def test_without_its_own_report_the_layers_come_from_their_file(project: Project) -> None:
    """Rows of runs of this regression only: tile_network on base16 and others did not run."""
    project.run("layer_digits", 5, config="narrow16")
    project.regress_json()
    foreign = [layer("conv1", config="other"), layer("conv1", sim="icarus"), *network()]
    document = {"rows": [layer("conv1", level="engine"), *foreign], "classification": [{"config": "other"}]}
    project.write("build/layers.json", json.dumps(document))
    _, summary = read(again(project))
    assert summary["layers"] == [layer("conv1", level="engine")]
    assert summary["classification"] == []
    assert summary["commit"] == ""


def test_the_report_of_another_regression_is_not_taken_for_it(project: Project) -> None:
    report(project, layers=[layer("conv1")])
    project.regress_json(seed=5, command=COMMAND.replace("3735928559", "5"))
    _, summary = read(again(project))
    assert (summary["settings"]["seed"], summary["layers"], summary["when"]["wall_seconds"]) == (5, [], None)
    assert summary["when"]["date"] == utc((project.build / "regress.json").stat().st_mtime)


def test_runs_without_a_folder_keep_their_row(project: Project) -> None:
    failed = project.run("adder_stall", 7, status="failed", problems=["x"], signature="no build", coverage_dat="")
    project.regress_json()
    (project.build / "runs" / failed.id / "run.json").unlink()
    project.write(f"build/runs/{project.results[0].id}/run.json", "{")
    outcome = again(project)
    assert f"{failed.id}: no build" in outcome.problems
    _, summary = read(outcome)
    assert summary["totals"] == {"tests": 3, "runs": 4, "passed": 3, "failed": 1, "checks": 400, "cycles": 20000}


def test_a_folder_of_another_verdict_is_not_believed(project: Project) -> None:
    """A replay may have left its result there: the regression's verdict stands."""
    run = project.results[0]
    project.regress_json()
    file = project.build / "runs" / run.id / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"status": "failed", "problems": ["later"]}))
    assert all("later" not in problem for problem in again(project).problems)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("SIM=verilator COV=1", (True, False)),
        ("SIM=verilator COV=0", (False, False)),
        ("SIM=verilator COV=1 TEST=adder_random", (True, True)),
        ("SIM=verilator COV=1 CONFIG=small16", (True, True)),
    ],
)
def test_what_the_command_says_of_judging(project: Project, words: str, expected: tuple[bool, bool]) -> None:
    project.regress_json(command=f"make {words}")
    settings = read(again(project))[1]["settings"]
    assert (settings["coverage"], settings["restricted"]) == expected
    assert RebuiltSettings("verilator", 1, *expected[:1], "smoke", expected[1]).judges_coverage is (expected == (True, False))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no regression to report: run `make` for a new one"),
        ("{", "cannot be read (not JSON"),
        ("{}", "the file has no 'seed'"),
        ('{"seed": 1, "sim": "verilator", "regression": "smoke", "command": "make", "rows": [{}]}', "rows 1 has no 'id'"),
        ('{"seed": 1, "sim": "verilator", "regression": "smoke", "command": "make X=1", "rows": []}', "X=1: no such variable"),
    ],
)
def test_a_regression_that_cannot_be_read_is_one_line(project: Project, text: str | None, said: str) -> None:
    if text is not None:
        project.write("build/regress.json", text)
    with pytest.raises(UserError) as error:
        again(project)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("arguments", "said"), [([], "no regression to report"), (["SEED=1"], "SEED=1: takes no arguments")])
def test_the_command_ends_with_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.report", *arguments],
        cwd=ROOT,
        env=os.environ | {"DPR_BUILD": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
