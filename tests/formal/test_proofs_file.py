# SPDX-License-Identifier: Apache-2.0
"""tb/formal/proofs.toml is whole, and a mistake in it gives one line that says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.errors import UserError
from scripts.formal.proofs import choose, load_proofs, mutated
from scripts.formal.work import attempts, elaboration, sources
from scripts.paths import ROOT
from tests.formal.small import PROOF

GOOD = """[one]
block = "dpr_pipe_stage"
description = "d"
width = "W = 8"
engine = "z3"
depth = 5
top = "prove_pipe_stage"
sources = ["rtl/common/dpr_pipe_stage.v"]
mutants = [{ file = "rtl/common/dpr_pipe_stage.v", good = "a", bad = "b" }]
"""


@pytest.fixture
def proof_file(tmp_path: Path) -> Path:
    """Where a test writes its own proofs."""
    return tmp_path / "proofs.toml"


@pytest.mark.parametrize("name", load_proofs())
def test_sources_and_mutants_are_there(name: str) -> None:
    """Every glob finds files, every mutant's text occurs exactly once, the top is among the sources."""
    proof = load_proofs()[name]
    for attempt in attempts(proof):
        assert f"{proof.top}.v" in sources(attempt)


@pytest.mark.parametrize("name", load_proofs())
def test_blocks_exist_and_are_sources(name: str) -> None:
    """The block that a proof names is a module that it reads."""
    proof = load_proofs()[name]
    files = {path.stem for path in proof.files()}
    assert set(proof.block.split(", ")) <= files


def test_every_property_module_is_used() -> None:
    """No file of tb/formal is left behind."""
    used = {path for proof in load_proofs().values() for path in proof.files()}
    assert set((ROOT / "tb" / "formal").glob("*.v")) <= used


def test_smoke_is_a_part_of_all() -> None:
    """Both regressions have proofs, and whatever is in smoke is in all."""
    proofs = load_proofs().values()
    smoke = [proof for proof in proofs if "smoke" in proof.regressions]
    assert smoke
    assert all("all" in proof.regressions for proof in proofs)


def test_a_good_file_loads(proof_file: Path) -> None:
    """The file that the next test spoils is right."""
    proof_file.write_text(GOOD)
    proof = load_proofs(proof_file)["one"]
    assert (proof.depth, proof.reach, proof.unbounded) == (5, 5, False)


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ('engine = "z3"', 'engine = "yices"', "engine"),
        ("depth = 5", 'depth = "for ever"', "depth"),
        ("depth = 5", 'depth = "induction"', "reach is missing"),
        ("depth = 5", "depth = true", "depth"),
        ("depth = 5", 'depth = "structure"', "depth"),
        ("depth = 5", 'depth = 5\npaths = ["a -> b"]', "paths"),
        ('engine = "z3"\ndepth = 5', 'engine = "structure"\ndepth = "structure"\npaths = ["a to b"]', "paths"),
        ("depth = 5", "depth = 5\ntimeout_s = 0", "timeout_s"),
        ("depth = 5", 'depth = 5\nregressions = ["soon"]', "regressions"),
        ("depth = 5", "depth = 5\nseeds = 3", "seeds"),
        ('width = "W = 8"\n', "", "width is missing"),
        ('good = "a", ', "", "good is missing"),
        ('[{ file = "rtl/common/dpr_pipe_stage.v", good = "a", bad = "b" }]', "[]", "at least one"),
    ],
)
def test_a_wrong_entry_is_named(proof_file: Path, good: str, bad: str, said: str) -> None:
    """One line with the file, the proof and the field."""
    assert GOOD.count(good) == 1
    proof_file.write_text(GOOD.replace(good, bad))
    with pytest.raises(UserError, match=said) as caught:
        load_proofs(proof_file)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("proofs.toml: [one] ")


def test_a_file_that_is_no_toml_is_named(proof_file: Path) -> None:
    """Not a traceback."""
    proof_file.write_text("[one")
    with pytest.raises(UserError, match=r"proofs\.toml: "):
        load_proofs(proof_file)


def test_a_glob_without_files_is_named() -> None:
    """It would be a proof of less than it says."""
    with pytest.raises(UserError, match=r"no file 'small\.v'"):
        PROOF.files()


def test_mutant_text_that_is_gone_is_named() -> None:
    """One line with file and proof, for a text that occurs no longer, or twice."""
    mutant = PROOF.mutants[0]
    for text, times in (("nothing", "no longer occurs"), (mutant.good * 2, "occurs 2 times")):
        with pytest.raises(UserError, match=times) as caught:
            mutated(text, mutant, PROOF.name)
        assert str(caught.value).startswith("small.v: the text of a mutant of proof small ")
        assert "\n" not in str(caught.value)
    assert mutated(f"x {mutant.good} y", mutant, PROOF.name) == f"x {mutant.bad} y"


def test_names_and_globs_choose() -> None:
    """In the order of the words; without words what is wanted."""
    proofs = load_proofs()
    found = [proof.name for proof in choose(proofs, ["reducer", "detector*"], lambda _: False)]
    assert found == ["reducer", "detector_p16", "detector_p8"]
    assert choose(proofs, None, lambda proof: proof.name == "reducer") == [proofs["reducer"]]
    with pytest.raises(UserError, match="PROOF=nothing: no such proof"):
        choose(proofs, ["nothing"], lambda _: True)


def test_parameters_reach_yosys() -> None:
    """What is proved is the design with the parameters that the file says."""
    proof = load_proofs()["detector_p8"]
    lines = elaboration(proof, ["a.v"])
    assert "hierarchy -check -top prove_detector -chparam N 16 -chparam P 8" in lines
    assert "check -assert" in lines
