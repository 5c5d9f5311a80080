# SPDX-License-Identifier: Apache-2.0
"""Evaluations on disk survive interruption and damage."""

from __future__ import annotations

import math

import pytest

from models.search import EvaluationCache, SearchError


@pytest.fixture
def path(tmp_path):
    cache = EvaluationCache(tmp_path / "evaluations.jsonl")
    for number in range(4):
        cache.put(f"key{number}", number / 3)
    return tmp_path / "evaluations.jsonl"


def scores(cache: EvaluationCache) -> list[float | None]:
    return [cache.get(f"key{number}") for number in range(4)]


def test_scores_come_back_exactly(path):
    cache = EvaluationCache(path)
    cache.put("worst", -math.inf)
    assert scores(cache) == [0.0, 1 / 3, 2 / 3, 1.0]
    assert EvaluationCache(path).get("worst") == -math.inf
    assert (len(cache), cache.damaged) == (5, 0)


@pytest.mark.parametrize("cut", [1, 2, 20, 60])
def test_a_cut_last_line_is_left_out_and_the_next_one_is_whole(path, cut):
    path.write_bytes(path.read_bytes()[:-cut])
    cache = EvaluationCache(path)
    kept = cut == 1  # only the end of the line is missing
    assert scores(cache) == [0.0, 1 / 3, 2 / 3, 1.0 if kept else None]
    assert cache.damaged == (not kept)
    cache.put("after", 0.5)
    again = EvaluationCache(path)
    assert again.get("after") == 0.5
    assert scores(again)[:3] == [0.0, 1 / 3, 2 / 3]


@pytest.mark.parametrize(
    "damage", [(b"0x1.5", b"0x1.4"), (b"key1", b"key9"), (b'"score"', b'"sc\xffre"'), (b'{"key": "key1"', b"[1, 2")]
)
def test_a_damaged_line_is_left_out(path, damage):
    lines = path.read_bytes().split(b"\n")
    assert damage[0] in lines[1]
    lines[1] = lines[1].replace(*damage)
    path.write_bytes(b"\n".join(lines))
    cache = EvaluationCache(path)
    assert scores(cache) == [0.0, None, 2 / 3, 1.0]
    assert cache.get("key9") is None
    assert cache.damaged == 1


def test_another_file_is_not_taken_for_one(tmp_path):
    (tmp_path / "notes.txt").write_text("do not lose me\n")
    with pytest.raises(SearchError, match=r"notes\.txt: is no file of evaluations: name another file"):
        EvaluationCache(tmp_path / "notes.txt")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(SearchError, match="cannot be written: No such file or directory"):
        EvaluationCache(tmp_path / "no" / "file").put("key", 1.0)


def test_a_score_is_a_number():
    with pytest.raises(ValueError, match="must be a number"):
        EvaluationCache().put("key", math.nan)
