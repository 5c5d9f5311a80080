# SPDX-License-Identifier: Apache-2.0
"""The CI files: what they call exists, and the workflow for GitHub calls all that .ci/run calls."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml

from scripts.paths import ROOT
from scripts.settings import VARIABLES

WORKFLOW = ROOT / ".ci" / "github-actions.yml"
RUN = ROOT / ".ci" / "run"


def workflow_commands() -> list[str]:
    jobs = yaml.safe_load(WORKFLOW.read_text())["jobs"]
    rows = [row for job in jobs.values() for row in job.get("strategy", {}).get("matrix", {}).get("include", ())]
    return [row["command"] for row in rows]


def run_commands() -> list[str]:
    return [f"make {words}" for words in re.findall(r"^step ([^#\n]+)", RUN.read_text(), re.MULTILINE)]


def target(command: str) -> str:
    words = [word for word in command.split()[1:] if "=" not in word]
    return words[0] if words else "regress"


def test_there_are_commands() -> None:
    assert len(workflow_commands()) >= 8
    assert len(run_commands()) >= 5


@pytest.mark.parametrize("command", sorted({*workflow_commands(), *run_commands()}))
def test_every_command_is_one_of_the_makefile(command: str) -> None:
    program, *words = command.split()
    assert program == "make"
    assert all(word.partition("=")[0] in VARIABLES for word in words if "=" in word)
    done = subprocess.run(["make", "--dry-run", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_workflow_calls_all_that_a_change_must_pass() -> None:
    called = {target(command) for command in run_commands()} - {"report"}  # of one machine; there each job has its own
    assert called <= {target(command) for command in workflow_commands()}


def test_the_workflow_keeps_what_the_build_makes() -> None:
    text = WORKFLOW.read_text()
    assert "build/report" in text
    assert "build/sim" in text
    assert "deploy-pages" in text
