# SPDX-License-Identifier: Apache-2.0
"""`make formal` as a command: mistakes give one line and status 2."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from scripts.errors import UserError
from scripts.formal.__main__ import chosen
from scripts.paths import ROOT
from scripts.settings import parse
from tests.formal.small import PROOF
from tests.scripts.process import clean_environment


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["PROOF=nothing"], "PROOF=nothing: no such proof"),
        (["REGRESSION=soon"], "REGRESSION=soon"),
        (["DEPTH=3"], "DEPTH=3"),
    ],
)
def test_a_wrong_variable_is_one_line(words: list[str], said: str) -> None:
    """With what is valid instead."""
    command = [sys.executable, "-m", "scripts.formal", *words]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "least"), [(["REGRESSION=all"], 40), (["REGRESSION=nightly"], 40), ([], 5), (["PROOF=reducer"], 1)]
)
def test_variables_choose_the_proofs(words: list[str], least: int) -> None:
    """Quick ones without a word; names reach all of them, whatever the regression."""
    proofs = chosen(parse(words, coverage=False))
    assert len(proofs) >= least
    assert all("smoke" in proof.regressions for proof in proofs) or words


def test_a_set_without_proofs_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to prove is not everything proved."""
    monkeypatch.setattr("scripts.formal.__main__.load_proofs", lambda: {"small": replace(PROOF, regressions=("all",))})
    with pytest.raises(UserError, match="REGRESSION=smoke: no proof"):
        chosen(parse([], coverage=False))
