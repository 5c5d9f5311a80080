# SPDX-License-Identifier: Apache-2.0
"""Failures by cause: signatures, groups, the rerun of the shortest run with waves, and its exact replay."""

from __future__ import annotations

import json
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest

from scripts import triage
from scripts.execution import Builds, build_of
from scripts.sim.benches import find_test
from scripts.sim.run import Run, RunResult
from scripts.sim.signature import signature
from tests.support.checkout import Checkout

SUM = "3 mismatches: sum [column, row]: 1 of 96 differ, first at (23, 3): -320708650, expected -320708649"
SAME = (
    (SUM, "12 mismatches: sum [column, row]: 40 of 96 differ, first at (1, 0): 7, expected -9"),
    ("word 17: 0xAB, expected 0x12", "word 9: 0x1, expected 0xffff"),
    ("word 17: deadbe01, expected 16'h00ff", "word 9: xxxx, expected 8'b1x0"),
    ("rows [1 2 3] of 1.5e-3", "rows [ 4  5] of 20.25"),
    ("tile_random-small16-icarus-7: bad", "layer_reset-narrow16-verilator-4294967295: bad"),
    ("see /tmp/a/run.log", "see build/runs/b-2/run.log"),
    ("at <Item object at 0x7f33>", "at <Item object at 0x55aa01>"),
    ("a line\nand 3 more", "a line\nand others"),
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_signature_joins_failures_of_one_cause(one: str, other: str) -> None:
    assert signature([one, "other"]) == signature([other])


def test_signature_keeps_what_distinguishes_causes() -> None:
    assert signature([SUM]) == "N mismatches: sum [column, row]: N of N differ, first at (N): N, expected N"
    causes = [SUM, SUM.replace("sum", "precision"), "nothing was checked", "no end within 4 s", "1 errors in the log", "x: bad"]
    assert len({signature([cause]) for cause in causes}) == len(causes)
    assert signature([]) == signature([""]) == ""


def result(name: str, problem: str = "", cycles: int = 10, seconds: float = 1.0, log: str = "run.log") -> RunResult:
    """A run of negative_mismatch, failed if it has a problem."""
    run = Run("negative_mismatch", "small16", "icarus", int(name))
    problems = [problem] if problem else []
    status = "failed" if problem else "passed"
    return RunResult(
        run.id,
        run.test,
        run.config,
        run.sim,
        run.seed,
        status,
        1,
        cycles,
        seconds,
        problems,
        signature(problems),
        run.replay,
        log=log,
    )


def test_groups_are_by_cause_with_the_shortest_run_of_each() -> None:
    results = [
        result("1", "hang: 1", cycles=0, seconds=0.1),
        result("2", "sum: 1", cycles=70),
        result("3"),
        result("4", "sum: 2", cycles=50, seconds=3.0),
        result("5", "sum: 3", cycles=50, seconds=2.0),
        result("6", "hang: 2", cycles=900),
        result("7", "other", cycles=1),
    ]
    groups = triage.groups_of(results)
    assert [(group.signature, group.count) for group in groups] == [("sum: N", 3), ("hang: N", 2), ("other", 1)]
    assert [group.shortest for group in groups] == [results[index].id for index in (4, 5, 6)]
    assert groups[0].runs == [results[index].id for index in (1, 3, 4)]
    assert groups[0].replay == "make replay RUN=negative_mismatch-small16-icarus-5"


def test_nothing_failed_nothing_is_said() -> None:
    assert triage.groups_of([result("1")]) == []
    assert triage.lines([]) == []


def _rerun(
    monkeypatch: pytest.MonkeyPatch, folder: Path, results: list[RunResult], answers: dict[str, RunResult]
) -> list[triage.Group]:
    """Triage `results`; a rerun gives `answers`, or dies."""

    def answer(run: Run, *_: object, **__: object) -> RunResult:
        assert run.waves
        (folder / run.id).mkdir(parents=True)
        (folder / run.id / "waves.fst").write_text("waves")
        return answers[run.id]

    monkeypatch.setattr(triage, "REPLAYS", folder)
    monkeypatch.setattr(triage, "LOG", folder / "log")
    monkeypatch.setattr(triage, "execute", answer)
    monkeypatch.setattr(triage, "build_all", lambda runs, jobs: Builds({build_of(run): folder for run in runs}))
    groups = triage.groups_of(results)
    plan = [Run(one.test, one.config, one.sim, one.seed) for one in results]
    triage.rerun(groups, plan, results, 2)
    return groups


def test_only_the_first_causes_are_rerun(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    causes = [f"cause {'abcdefg'[index]}" for index in range(7)]
    results = [result(str(index), cause, log="" if index == 1 else "run.log") for index, cause in enumerate(causes)]
    groups = _rerun(monkeypatch, tmp_path, results, {one.id: one for one in results})
    rerun = [group.signature for group in groups if group.reproduced]
    assert rerun == [signature([causes[index]]) for index in (0, 2, 3, 4, 5)], "a run that never began is no use again"
    assert all(group.waves.endswith(f"{group.shortest}/waves.fst") for group in groups if group.reproduced)
    assert groups[6].note == "not rerun: only the first 5 causes are"
    assert (groups[1].waves, groups[1].reproduced) == ("", None)


def test_a_rerun_that_ends_otherwise_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    results = [result(str(index), f"cause {'abcde'[index]}: 7") for index in range(5)]
    ids = [one.id for one in results]
    answers = {
        ids[0]: result("0"),
        ids[1]: replace(results[1], problems=["cause x: 7"], signature="cause x: N"),
        ids[2]: replace(results[2], problems=["cause c: 8"]),
        ids[3]: results[3],
    }
    groups = _rerun(monkeypatch, tmp_path, results, answers)
    assert [group.reproduced for group in groups] == [False, False, True, True, None]
    assert [group.note for group in groups[:4]] == [
        "the rerun with waves passed: something depends on more than the seed",
        "the rerun with waves says: cause x: 7",
        "the rerun with waves says: cause c: 8",
        "",
    ]
    assert groups[4].note.startswith("not rerun: ")


class _Shrinker(types.ModuleType):
    """Stands for scripts.shrink: the smallest stimulus of each run, unless there is none smaller or it breaks."""

    @staticmethod
    def shrink(run: Run) -> Path | None:
        if run.seed == 2:
            raise ValueError("it broke")
        return Path(f"/saved/{run.id}.py") if run.seed == 1 else None


def test_failures_of_tests_that_can_be_shrunk_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    results = [result(str(index), f"cause {'abcdef'[index]}") for index in range(5)]
    groups = triage.groups_of(results)
    for group in groups[:4]:
        group.reproduced = True
    able = replace(find_test("negative_mismatch"), shrink=True)
    monkeypatch.setattr(triage, "find_test", lambda name: able)
    monkeypatch.setattr(triage, "LOG", tmp_path / "log")
    monkeypatch.setattr(triage, "find_spec", lambda name: name)
    monkeypatch.setitem(sys.modules, "scripts.shrink", _Shrinker("scripts.shrink"))
    plan = [Run(one.test, one.config, one.sim, one.seed) for one in results]
    triage.shrink(groups, plan, 2)
    assert [group.shrunk for group in groups] == ["", f"/saved/{results[1].id}.py", "", "", ""]
    assert [group.note for group in groups] == ["", "", "not shrunk: it broke", "", ""]
    assert f"      shrunk: /saved/{results[1].id}.py" in triage.lines(groups)
    monkeypatch.setattr(triage, "find_test", find_test)
    groups[1].shrunk = ""
    triage.shrink(groups, plan, 2)
    assert groups[1].shrunk == "", "a test without `shrink` is left alone"


def test_waves_that_are_too_long_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(triage, "_MOST_BYTES", 5)
    results = [result("1", "a cause")]
    (group,) = _rerun(monkeypatch, tmp_path, results, {results[0].id: results[0]})
    assert group.note == "the waves are cut at 0 GiB"


BUG = ("rtl/codec/dpr_word_packer.v", "&& !left_last", "&& !last_q")


@pytest.fixture
def broken(tmp_path: Path) -> Checkout:
    """A checkout whose word packer idles after a tensor, and whose nightly amounts differ."""
    checkout = Checkout.copy(tmp_path)
    checkout.edit(*BUG)
    test = "[test.compressor_throughput]\n"
    checkout.edit("tb/testplan.toml", test, f"{test}nightly_knobs = {{ groups = 30 }}\n")
    return checkout


@pytest.mark.usefixtures("icarus")
def test_a_planted_bug_is_grouped_rerun_and_replayed(broken: Checkout) -> None:
    words = ("SIM=icarus", "SEED=1", "SEEDS=2", "REGRESSION=nightly", "TEST=compressor_throughput,negative_logged", "JOBS=2")
    done = broken.run("regress", *words)
    assert done.returncode == 1, done.stdout + done.stderr
    document = json.loads((broken.root / "build" / "regress.json").read_text())
    rows = {row["id"]: row for row in document["rows"]}
    first, second = document["groups"]
    assert (first["count"], second["count"]) == (4, 2)
    assert first["shortest"] == min((rows[name] for name in first["runs"]), key=lambda row: row["cycles"])["id"]
    assert first["reproduced"] is second["reproduced"] is True
    assert first["note"] == second["note"] == "", "the rerun fails in the same words after the same cycles"
    assert (broken.root / first["waves"]).stat().st_size > 0
    assert first["replay"].endswith(f"RUN={first['shortest']} REGRESSION=nightly")
    assert f"  4 x {first['signature']}\n      shortest: {first['replay']}\n      waves: {first['waves']}\n" in done.stdout

    _, _, *arguments = first["replay"].split()
    problem = _problem(broken, "runs", first["shortest"])
    again = broken.run("replay", "replay", *arguments)
    assert again.returncode == 1
    assert _problem(broken, "replay", first["shortest"]) == problem
    assert "with groups = 30" in again.stdout
    other = broken.run("replay", "replay", arguments[0])
    assert other.returncode == 1
    assert f"note: the last regression ran it with other settings: {first['replay']}\n" in other.stdout
    assert "note:" not in again.stdout
    assert _problem(broken, "replay", first["shortest"]) != problem, "without REGRESSION=nightly it is another run"


def _problem(checkout: Checkout, folder: str, name: str) -> tuple[list[str], int]:
    document = json.loads((checkout.root / "build" / folder / name / "run.json").read_text())
    return document["problems"], document["cycles"]
