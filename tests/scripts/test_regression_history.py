# SPDX-License-Identifier: Apache-2.0
"""build/history.jsonl: one whole line a regression, also when several end at once or the last one was cut."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from scripts.history import Entry, append
from scripts.report.history_view import read_history

ENTRY = Entry("2026-01-02 03:04:05 UTC", "abc", "smoke", "icarus", 7, 10, 9, 1, 3.5, {"line": 98.5}, "make SEED=7", True)


def entry(seed: int) -> Entry:
    return Entry("", "c" * 4000, "all", "verilator", seed, 1, 1, 0, 1.0)


def test_what_goes_in_comes_out_oldest_first(tmp_path: Path) -> None:
    path = tmp_path / "build" / "history.jsonl"
    append(ENTRY, path)
    append(entry(8), path)
    assert read_history(path) == ([ENTRY, entry(8)], 0)
    keys = {"date", "commit", "regression", "sim", "seed", "runs", "passed", "failed", "seconds", "coverage", "command"}
    assert keys <= set(json.loads(path.read_text().splitlines()[0]))


def test_half_a_line_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    append(ENTRY, path)
    path.write_bytes(path.read_bytes() + b'{"date": "2026')
    append(entry(8), path)
    path.write_bytes(path.read_bytes() + b'[1]\n{"other": 1}\n\xff\n')
    append(entry(9), path)
    assert read_history(path) == ([ENTRY, entry(8), entry(9)], 4)


def test_lines_of_regressions_that_end_together_stay_whole(tmp_path: Path) -> None:
    path, fork = tmp_path / "history.jsonl", multiprocessing.get_context("fork")
    workers = [fork.Process(target=_append_many, args=(path, 100 * worker)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    entries, damaged = read_history(path)
    assert damaged == 0
    assert sorted(one.seed for one in entries) == sorted(100 * worker + n for worker in range(4) for n in range(25))
    assert len(path.read_text().splitlines()) == 100


def _append_many(path: Path, first: int) -> None:
    for seed in range(first, first + 25):
        append(entry(seed), path)


def test_no_room_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "history.jsonl"
    append(ENTRY, path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(OSError, match="no room"):
        append(entry(8), path)
    assert path.read_bytes() == before


def _full(_: int) -> None:
    raise OSError("no room")
