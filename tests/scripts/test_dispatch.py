# SPDX-License-Identifier: Apache-2.0
"""The dispatcher on made-up workers: which runs are done again, how often, and what a person is told."""

from __future__ import annotations

import io
import json
import tarfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from scripts.cluster import dispatch
from scripts.cluster.dispatch import ClusterError, Dispatcher, Order
from scripts.cluster.parcels import install_build, pack, pack_build, pack_run, take, unpack
from scripts.cluster.remote import NO_BUILD, run_of_text, run_to_text
from scripts.sim.prune import FINISHED
from scripts.sim.run import RUN_FILE, Run, RunResult

RUNS = [Run("negative_control", "small16", "icarus", seed) for seed in range(6)]


def left_by(run: Run, folder: Path) -> bytes:
    """What a worker sends for a run that passed."""
    there = folder / "there" / run.id
    there.mkdir(parents=True, exist_ok=True)
    result = RunResult(run.id, run.test, run.config, run.sim, run.seed, "passed", 1, 7, log="/elsewhere/run.log", functional="")
    (there / RUN_FILE).write_text(json.dumps(asdict(result)))
    (there / "run.log").write_text("a log")
    (there / "stim.bin").write_text("left behind")
    return pack_run(there, waves=False)


class FakeFuture:
    """A call that has ended, or never does (None)."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def result(self, timeout: float) -> tuple[int, bytes, str]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def cancel(self) -> None:
        self.answer = None

    def add_done_callback(self, function: Callable[[object], None]) -> None:
        if self.answer is not None:
            function(self)


class FakeCluster:
    """Workers with threads and builds. `fate` says what becomes of a run on a worker; "dies" takes the worker with it."""

    def __init__(self, folder: Path, threads: dict[str, int]) -> None:
        self.folder, self.there, self.client = folder, dict(threads), self
        self.call, self.builds = None, {name: {"build"} for name in threads}
        self.fate: Callable[[Run, str], object] = lambda run, address: "passes"
        self.bad: dict[str, str] = {}
        self.done: list[tuple[str, int]] = []
        self.born = Counter()

    def threads(self) -> dict[str, int]:
        return dict(self.there)

    def unfit(self, address: str) -> str:
        return self.bad.get(address, "")

    def ask(self, address: str, command: str, name: str, data: bytes = b"") -> tuple[int, bytes, str]:
        assert command == "install"
        assert data
        if address in self.bad:
            return 1, b"", self.bad[address]
        self.builds[address].add(name)
        return 0, b"", ""

    def submit(
        self, call: object, words: Sequence[str], data: bytes, limit_s: float, *, key: str, workers: list[str], pure: bool
    ):
        _, text, name = words
        (address,), run = workers, run_of_text(text)
        self.done.append((address, run.seed))
        if name not in self.builds[address]:
            return FakeFuture((NO_BUILD, b"", ""))
        fate = self.fate(run, address)
        if fate == "dies":
            self.kill(address)
            return FakeFuture(None)
        if fate == "hangs":
            return FakeFuture(None)
        return FakeFuture((0, left_by(run, self.folder), "") if fate == "passes" else fate)

    def kill(self, address: str) -> None:
        """End a worker; its nanny starts another one under another name."""
        threads = self.there.pop(address)
        self.born[address] += 1
        again = f"{address}'"
        self.there[again], self.builds[again] = threads, {"build"}


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished build; nothing waits long."""
    monkeypatch.setattr(dispatch, "_POLL_S", 0.01)
    monkeypatch.setattr(dispatch, "PATIENCE_S", 0.1)
    dispatch._packed.cache_clear()
    folder = tmp_path / "sim" / "build"
    folder.mkdir(parents=True)
    for name in ("sim.vvp", FINISHED, "build.log"):
        (folder / name).write_text(name)
    return folder


def carry_out(cluster: FakeCluster, build: Path, runs: list[Run] = RUNS) -> tuple[dict[int, RunResult], list[str]]:
    """Return the results by seed and the lines that were said."""
    emitted: list[object] = []
    Dispatcher(cluster, [Order(run, build) for run in runs], cluster.folder / "here", emitted.append).run()
    results = [item for item in emitted if isinstance(item, RunResult)]
    assert len(results) == len({result.id for result in results}) == len(runs), "one result a run"
    return {result.seed: result for result in results}, [item for item in emitted if isinstance(item, str)]


def test_every_run_is_done_once(tmp_path: Path, build: Path) -> None:
    cluster = FakeCluster(tmp_path, {"a": 1, "b": 2})
    results, said = carry_out(cluster, build)
    assert {result.status for result in results.values()} == {"passed"}
    assert said == []
    assert sorted(seed for _, seed in cluster.done) == list(range(6))
    assert {address for address, _ in cluster.done} == {"a", "b"}


def test_what_comes_back_lies_where_it_would_lie(tmp_path: Path, build: Path) -> None:
    results, _ = carry_out(FakeCluster(tmp_path, {"a": 1}), build)
    folder = tmp_path / "here" / RUNS[0].id
    assert results[0].log == str(folder / "run.log")
    assert (results[0].functional, results[0].coverage_dat) == ("", "")
    assert json.loads((folder / RUN_FILE).read_text()) == asdict(results[0])
    assert sorted(file.name for file in folder.iterdir()) == [RUN_FILE, "run.log"]


def test_runs_of_a_lost_worker_are_done_again(tmp_path: Path, build: Path) -> None:
    cluster = FakeCluster(tmp_path, {"a": 2, "b": 1})

    def fate(run: Run, address: str) -> str:
        return {("a", 0): "hangs", ("a", 1): "dies"}.get((address, run.seed), "passes")

    cluster.fate = fate
    results, said = carry_out(cluster, build)
    assert {result.status for result in results.values()} == {"passed"}
    assert said == ["worker a is gone; to be done again: 2"]
    assert Counter(seed for _, seed in cluster.done) == {0: 2, 1: 2, 2: 1, 3: 1, 4: 1, 5: 1}
    assert sorted(seed for _, seed in cluster.done[-2:]) == [0, 1], "they come last"


def test_a_run_that_kills_its_workers_fails_alone(tmp_path: Path, build: Path) -> None:
    cluster = FakeCluster(tmp_path, {"a": 2})
    cluster.fate = lambda run, address: "dies" if run.seed == 1 else "passes" if address != "a" else "hangs"
    results, _ = carry_out(cluster, build)
    assert [seed for seed, result in results.items() if result.status != "passed"] == [1]
    assert results[1].problems == ["3 workers died while it ran: a, a', a''"]
    assert results[1].replay == RUNS[1].replay
    assert Counter(seed for _, seed in cluster.done) == {0: 2, 1: 3, 2: 1, 3: 1, 4: 1, 5: 1}, "0 was beside it only once"


def test_a_build_that_is_not_there_is_sent(tmp_path: Path, build: Path) -> None:
    cluster = FakeCluster(tmp_path, {"a": 1, "b": 1})
    cluster.builds["b"].clear()
    results, said = carry_out(cluster, build)
    assert {result.status for result in results.values()} == {"passed"}
    assert said == []
    assert "build" in cluster.builds["b"]


def test_a_worker_that_cannot_take_a_build_is_not_used(tmp_path: Path, build: Path) -> None:
    cluster = FakeCluster(tmp_path, {"a": 1, "b": 1})
    cluster.builds["b"].clear()
    cluster.unfit = lambda address: ""
    cluster.bad["b"] = "OSError: no room"
    results, said = carry_out(cluster, build)
    assert {result.status for result in results.values()} == {"passed"}
    assert said == ["worker b is not used: it cannot take the build build: OSError: no room"]


def test_a_worker_that_differs_is_not_used(tmp_path: Path, build: Path) -> None:
    cluster = FakeCluster(tmp_path, {"a": 1, "b": 1})
    cluster.bad["a"] = "its numpy is 1, here it is 2"
    results, said = carry_out(cluster, build)
    assert {result.status for result in results.values()} == {"passed"}
    assert {address for address, _ in cluster.done} == {"b"}
    assert said == ["worker a is not used: its numpy is 1, here it is 2"]


def test_without_workers_the_rest_has_failed(tmp_path: Path, build: Path) -> None:
    cluster = FakeCluster(tmp_path, {"a": 1})
    cluster.bad["a"] = "it is of another kind"
    results, _ = carry_out(cluster, build)
    assert [result.problems for result in results.values()] == [["the cluster has had no worker for 0.1 s"]] * 6


def test_when_the_scheduler_is_gone_the_rest_has_failed(tmp_path: Path, build: Path) -> None:
    cluster = FakeCluster(tmp_path, {"a": 2})

    def fate(run: Run, address: str) -> str:
        if run.seed < 3:
            return "passes"
        cluster.threads = _gone
        return "hangs"

    cluster.fate = fate
    results, said = carry_out(cluster, build)
    assert [result.status for result in results.values() if result.seed < 2] == ["passed"] * 2
    assert {result.problems[0] for result in results.values() if result.status != "passed"} == {"the scheduler is gone"}
    assert {seed for seed, result in results.items() if result.status != "passed"} >= {3, 4, 5}
    assert said == ["cluster: the scheduler is gone"]


def _gone() -> dict[str, int]:
    raise ClusterError("the scheduler is gone")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((1, b"", "OSError: no room"), "its process died with status 1 on worker a: OSError: no room"),
        ((0, b"no archive", ""), "worker a sent no result"),
        ((0, b"", ""), "worker a sent no result"),
        (RuntimeError("it broke\nin two lines"), "worker a: RuntimeError: it broke"),
    ],
)
def test_a_run_that_leaves_no_result_has_failed(answer: object, problem: str, tmp_path: Path, build: Path) -> None:
    cluster = FakeCluster(tmp_path, {"a": 1})
    cluster.fate = lambda run, address: answer if run.seed == 3 else "passes"
    results, _ = carry_out(cluster, build)
    assert [seed for seed, result in results.items() if result.status != "passed"] == [3]
    assert results[3].problems == [problem]


def test_a_result_that_cannot_be_fetched_is_made_again(tmp_path: Path, build: Path) -> None:
    cluster = FakeCluster(tmp_path, {"a": 1})
    tried = Counter()

    def fate(run: Run, address: str) -> object:
        tried[run.seed] += 1
        return TimeoutError() if (run.seed, tried[run.seed]) == (2, 1) else "passes"

    cluster.fate = fate
    results, _ = carry_out(cluster, build)
    assert {result.status for result in results.values()} == {"passed"}
    assert tried[2] == 2


def test_a_run_travels_as_text() -> None:
    run = Run("tile_random", "small16", "verilator", 2**32 - 1, True, True, (("layers", 3), ("size", 1)), "nightly")
    assert run_of_text(run_to_text(run)) == run


def test_a_build_travels_with_what_a_run_needs(tmp_path: Path, build: Path) -> None:
    data = pack_build(RUNS[0], build)
    there = tmp_path / "there" / "build"
    install_build(data, there)
    assert sorted(file.name for file in there.iterdir()) == sorted([FINISHED, "sim.vvp"])
    (there / "sim.vvp").write_text("in use")
    install_build(data, there)
    assert (there / "sim.vvp").read_text() == "in use", "a finished build is left alone"
    (there / FINISHED).unlink()
    install_build(data, there)
    assert (there / "sim.vvp").read_text() == "sim.vvp"
    assert sorted(file.name for file in there.parent.iterdir()) == ["build", "build.lock", "in-use.lock"]


def test_an_archive_stays_in_its_folder(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../outside"), io.BytesIO(b""))
    with pytest.raises(tarfile.TarError):
        unpack(buffer.getvalue(), tmp_path / "inside")
    assert not (tmp_path / "outside").exists()
    assert take(RUNS[0], pack([], tmp_path), tmp_path) is None
