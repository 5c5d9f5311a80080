# SPDX-License-Identifier: Apache-2.0
"""The `bitwuzla` that smtbmc starts."""

from __future__ import annotations

import subprocess
import sys

from scripts.formal.bitwuzla_solver import pieces
from scripts.paths import ROOT

START = "(set-logic QF_BV)\n(declare-fun a () (_ BitVec 4))\n(assert (bvult a #x2))\n"


def answers(text: str) -> tuple[int, list[str]]:
    """Exit status and lines for some statements."""
    command = [sys.executable, "-m", "scripts.formal.bitwuzla_solver", "--lang", "smt2"]
    done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout.splitlines()


def test_levels_are_pushed_and_popped() -> None:
    """Also when an answer is due between push and pop."""
    inside = "(push 1)\n(assert (= a #x5))\n(check-sat)\n(pop 1)\n"
    text = f"{START}{inside}(check-sat)\n(assert (= a #x1))\n(check-sat)\n(get-value (a))\n"
    assert answers(text) == (0, ["unsat", "sat", "sat", "((a #b0001))"])


def test_a_statement_over_several_lines() -> None:
    """The answer comes after its last line; what follows (exit) is not read."""
    assert answers(f"{START}(check-sat)\n(get-value\n((bvult a\n#x2)))\n(exit)\n(foo)\n") == (
        0,
        ["sat", "(((bvult a #x2) true))"],
    )


def test_what_is_no_statement_is_an_error() -> None:
    """smtbmc looks for this form."""
    status, lines = answers("(foo)\n")
    assert status == 1
    assert lines[0].startswith('(error "')


def test_pieces_end_where_an_answer_is_due() -> None:
    """So that nobody waits for an answer to a statement that is still held back."""
    lines = ["(a)\n", "(check-sat)\n", "(push 1)\n", "(b\n", "c)\n", "(get-value\n", "(x))\n", "(d)\n"]
    assert list(pieces(lines)) == ["(a)\n(check-sat)\n", "", "(push 1)\n", "(b\nc)\n(get-value\n(x))\n", "(d)\n"]


def test_it_says_which_version_it_is_like() -> None:
    """smtbmc finds the command line's form in the help text."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.formal.bitwuzla_solver", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "--lang" in done.stdout
