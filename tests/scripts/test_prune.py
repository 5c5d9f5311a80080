# SPDX-License-Identifier: Apache-2.0
"""Builds that nobody has used for long are removed, and never under a process that uses builds."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from models.config import load_config
from scripts import execution
from scripts.sim import build as build_module
from scripts.sim.benches import load_benches
from scripts.sim.build import BuildOptions, build, build_dir
from scripts.sim.prune import FINISHED, hold, prune
from scripts.sim.run import Run

FORK = multiprocessing.get_context("fork")


def made(folder: Path, name: str, used: int, size: int = 100, finished: bool = True) -> Path:
    """A build of `size` bytes that was used at the time `used`, with its lock."""
    path = folder / name
    path.mkdir(parents=True)
    (path / "program").write_bytes(bytes(size))
    path.with_suffix(".lock").touch()
    if finished:
        (path / FINISHED).touch()
    for file in (path / FINISHED, path):
        if file.exists():
            os.utime(file, (used, used))
    return path


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def test_those_used_longest_ago_go_until_the_rest_fits(tmp_path: Path) -> None:
    old, older, new = (made(tmp_path, name, used) for name, used in (("old", 2), ("older", 1), ("new", 3)))
    assert prune([tmp_path / "to-be-made"], limit=300) == []
    assert prune([tmp_path / "to-be-made"], limit=299) == [older]
    assert prune([tmp_path / "to-be-made"], limit=0) == [old, new]
    assert left(tmp_path) == []
    assert [file.name for file in tmp_path.iterdir()] == ["in-use.lock"], "locks of builds that are no more are litter"


def test_what_is_needed_and_the_runtime_stay(tmp_path: Path) -> None:
    needed = made(tmp_path, "needed", 1, size=1000)
    made(tmp_path, "runtime-0123", 1)
    made(tmp_path, "other", 2)
    made(tmp_path, "interrupted", 3, finished=False)
    prune([needed], limit=500)
    assert left(tmp_path) == ["needed", "runtime-0123"]


def _hold(folder: Path, pipe: Connection) -> None:
    hold(folder)
    pipe.send("held")
    pipe.recv()


def test_nothing_goes_while_another_process_uses_builds(tmp_path: Path) -> None:
    other = made(tmp_path, "other", 1)
    ours, theirs = FORK.Pipe()
    user = FORK.Process(target=_hold, args=(tmp_path, theirs))
    user.start()
    ours.recv()
    assert prune([tmp_path / "to-be-made"], limit=0) == []
    ours.send("end")
    user.join()
    assert prune([tmp_path / "to-be-made"], limit=0) == [other]


@pytest.mark.usefixtures("icarus")
def test_who_asks_for_a_build_has_used_it_and_holds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_module, "SIM_BUILDS", tmp_path)
    bench, config = load_benches()["negative"], load_config("small16")
    folder = build(bench, config, "icarus")
    os.utime(folder / FINISHED, (1, 1))
    assert build(bench, config, "icarus") == folder
    assert (folder / FINISHED).stat().st_mtime > 1
    assert prune([tmp_path / "to-be-made"], limit=0) == []
    assert left(tmp_path) == [folder.name]


@pytest.mark.usefixtures("icarus")
def test_a_regression_makes_room_before_it_builds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build_module, "SIM_BUILDS", tmp_path / "sim")
    monkeypatch.setattr(execution, "LOG", tmp_path / "log")
    monkeypatch.setattr(execution, "prune", lambda needed: prune(needed, limit=0))
    bench, config = load_benches()["negative"], load_config("small16")
    needed = made(tmp_path / "sim", build_dir(bench, config, "icarus", BuildOptions()).name, 1)
    made(tmp_path / "sim", "another", 2)
    builds = execution.build_all([Run("negative_control", "small16", "icarus", 1)], 1)
    assert list(builds.folders.values()) == [needed]
    assert left(tmp_path / "sim") == [needed.name]
    assert "1 build used longest ago removed" in capsys.readouterr().out
    assert prune([needed], limit=0) == [], "held until the regression ends"


def test_a_finished_build_of_verilator_has_no_objects_and_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_module, "SIM_BUILDS", tmp_path / "sim")
    plan = [Run("negative_control", "small16", "verilator", 1)]
    monkeypatch.setattr(execution, "LOG", tmp_path / "log")
    builds = execution.build_all(plan, 1)
    (folder,) = builds.folders.values()
    assert not {".gch", ".o", ".a"} & {file.suffix for file in folder.rglob("*")}
    (result,) = execution.run_all(plan, 1, builds, tmp_path / "runs")
    assert result.status == "passed"
