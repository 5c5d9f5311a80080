# SPDX-License-Identifier: Apache-2.0
"""A proof that should fail is reported as failing, one that shows nothing as vacuous, a mutant that survives as a problem."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.formal.__main__ import run_all
from scripts.formal.proofs import Mutant, Proof
from scripts.formal.result import Row, table, write_rows
from tests.formal.small import DESIGN, PATHS, PROOF, Project


def only_row(project: Project, proof: Proof) -> Row:
    """Run one proof."""
    return run_all([proof], 2, project.root)[0]


@pytest.mark.parametrize("engine", ["z3", "bitwuzla"])
def test_a_true_property_is_proved_and_fails_on_its_mutant(project: Project, tmp_path: Path, engine: str) -> None:
    """By induction, with either solver; the mutant's counterexample is kept."""
    row = only_row(project.write(), replace(PROOF, engine=engine))
    assert (row.status, row.fails_on_mutant, row.good, row.problems()) == ("proved", True, True, [])
    assert (tmp_path / "formal" / "small" / "mutant_1" / "trace.vcd").stat().st_size
    assert "proved" in table([row])


def test_a_bounded_proof_is_not_called_unbounded(project: Project) -> None:
    """Its depth is in the row."""
    row = only_row(project.write(), replace(PROOF, depth=12, reach=12))
    assert row.good
    assert (row.as_json()["depth"], row.as_json()["unbounded"]) == (12, False)


def test_a_false_property_fails_with_a_trace(project: Project, tmp_path: Path) -> None:
    """The design has the mutant's bug itself."""
    mutant = PROOF.mutants[0]
    broken = DESIGN.replace(mutant.good, mutant.bad)
    proof = replace(PROOF, mutants=(Mutant("small.v", mutant.bad, mutant.good),))
    row = only_row(project.write(design=broken), proof)
    assert (row.status, row.fails_on_mutant, row.good) == ("failed", False, False)
    assert "proof: fail, expected pass (Assert failed in prove_small" in row.problems()[0]
    assert (tmp_path / "formal" / "small" / "proof" / "trace.vcd").stat().st_size


def test_a_mutant_that_survives_is_a_problem(project: Project) -> None:
    """The change does nothing."""
    row = only_row(project.write(), replace(PROOF, mutants=(Mutant("small.v", "4'd9;", "4'd8 + 4'd1;"),)))
    assert (row.status, row.fails_on_mutant, row.good) == ("proved", False, False)
    assert row.problems()[0].startswith("small: mutant_1: pass, expected fail")


@pytest.mark.parametrize(
    ("assume", "cover"),
    [
        ("assume (1'b0);", "cover (full);"),
        ("assume (!full);", "cover (full);"),
        ("if (!$initstate) assume (!go && go);", "cover (1'b1);"),
        ("", ""),
    ],
    ids=["assume false", "cover out of reach", "assumptions exclude each other later", "no cover"],
)
def test_a_vacuous_proof_is_not_proved(project: Project, assume: str, cover: str) -> None:
    """Whatever holds because nothing can happen."""
    row = only_row(project.write(assume=assume, cover=cover), PROOF)
    assert row.status == "vacuous"
    assert not row.good
    assert row.problems()


def test_a_property_that_is_not_inductive_is_unknown(project: Project) -> None:
    """It holds after reset, but a state that cannot be reached breaks it: no counterexample, no proof."""
    properties = project.write().root / "prove_small.v"
    properties.write_text(properties.read_text().replace("count <= 4'd9", "count != 4'd13"))
    row = only_row(project, replace(PROOF, reach=18, mutants=(Mutant("small.v", "count_q == 4'd9", "count_q == 4'd14"),)))
    assert (row.status, row.fails_on_mutant, row.good) == ("unknown", True, False)


def test_an_error_is_no_verdict_about_a_mutant(project: Project) -> None:
    """A mutant that is no Verilog does not count as found."""
    row = only_row(project.write(), replace(PROOF, mutants=(Mutant("small.v", "4'd9;", "4'd9"),)))
    assert (row.status, row.fails_on_mutant) == ("proved", False)
    assert "error, expected fail" in row.problems()[0]


def test_a_register_in_a_combinational_proof_is_an_error(project: Project) -> None:
    """One step would not be all that there is."""
    row = only_row(project.write(), replace(PROOF, depth="combinational", reach=1))
    assert row.status == "error"


def test_a_combinational_path_is_found(project: Project) -> None:
    """The engine "structure" sees the mutant's path, and a port that does not exist."""
    row = only_row(project.write(), PATHS)
    assert (row.status, row.fails_on_mutant, row.good) == ("proved", True, True)
    assert only_row(project, replace(PATHS, paths=("goes -> full",))).status == "error"


def test_the_results_are_written(project: Project, tmp_path: Path) -> None:
    """As other tools read them."""
    row = only_row(project.write(), PROOF)
    write_rows([row], "make formal", tmp_path / "formal.json")
    document = json.loads((tmp_path / "formal.json").read_text())
    assert document["command"] == "make formal"
    (entry,) = document["rows"]
    wanted = {
        "name": "small",
        "block": "small",
        "engine": "z3",
        "depth": "induction",
        "status": "proved",
        "fails_on_mutant": True,
    }
    assert wanted.items() <= entry.items()
    assert {"seconds", "description", "width"} <= entry.keys()
