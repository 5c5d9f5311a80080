# SPDX-License-Identifier: Apache-2.0
"""The process pool and the progress lines."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from models.progress import Progress
from scripts.pool import Job, StreamError, run_pool, run_streaming
from tests.scripts.process import ends_soon


def _square(number: int) -> int:
    return number * number


def _fail() -> None:
    raise ValueError("it broke")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _marks(folder: Path, name: int) -> int:
    """Leave a file while running; return how many run at the same time."""
    mark = folder / str(name)
    mark.touch()
    time.sleep(0.15)
    together = len(list(folder.iterdir()))
    mark.unlink()
    return together


def _start_sleeper(folder: Path) -> None:
    sleeper = subprocess.Popen(["sleep", "60"])
    (folder / "pid").write_text(str(sleeper.pid))
    sleeper.wait()


def test_every_job_ends_once_with_its_value(tmp_path: Path) -> None:
    jobs = [Job(str(number), partial(_square, number)) for number in range(7)]
    outcomes = {job.name: outcome.value for job, outcome in run_pool(jobs, 3, tmp_path / "log")}
    assert outcomes == {str(number): number * number for number in range(7)}


def test_failing_and_dying_jobs_do_not_stop_the_others(tmp_path: Path) -> None:
    jobs = [Job("fail", _fail), Job("die", _die), Job("good", partial(_square, 3))]
    outcomes = {job.name: outcome for job, outcome in run_pool(jobs, 2, tmp_path / "log")}
    assert outcomes["fail"].error == "it broke"
    assert "died with status -9" in outcomes["die"].error
    assert outcomes["good"].value == 9
    assert "ValueError: it broke" in (tmp_path / "log").read_text()


def test_no_more_than_the_limit_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    jobs = [Job(str(number), partial(_marks, tmp_path / "marks", number)) for number in range(6)]
    together = [outcome.value for _, outcome in run_pool(jobs, 2, tmp_path / "log")]
    assert max(together) == 2


def test_a_job_that_takes_too_long_is_ended_with_what_it_started(tmp_path: Path) -> None:
    jobs = [Job("slow", partial(_start_sleeper, tmp_path), limit_s=1.0), Job("good", partial(_square, 3), limit_s=60.0)]
    outcomes = {job.name: outcome for job, outcome in run_pool(jobs, 2, tmp_path / "log")}
    assert outcomes["slow"].error == "no end within 1 s"
    assert outcomes["good"].value == 9
    assert ends_soon(int((tmp_path / "pid").read_text()))


def test_leaving_the_loop_ends_what_runs(tmp_path: Path) -> None:
    def interrupt(_running: int) -> None:
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
            raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(run_pool([Job("sleep", partial(_start_sleeper, tmp_path))], 1, tmp_path / "log", interrupt))
    assert time.monotonic() - start < 20
    assert ends_soon(int((tmp_path / "pid").read_text()))


def _count(emit: Callable[[object], None]) -> None:
    for number in range(3):
        emit(number)


def _count_and_fail(emit: Callable[[object], None]) -> None:
    emit(1)
    _fail()


def _count_and_die(emit: Callable[[object], None]) -> None:
    emit(1)
    time.sleep(0.2)
    _die()


def test_a_stream_tells_as_it_goes(tmp_path: Path) -> None:
    ticks = []
    assert list(run_streaming(_count, tmp_path / "log", lambda: ticks.append(1))) == [0, 1, 2]
    assert len(ticks) >= 3


@pytest.mark.parametrize(("work", "reason"), [(_count_and_fail, "it broke"), (_count_and_die, "died with status -9")])
def test_a_stream_that_breaks_says_why(work: Callable, reason: str, tmp_path: Path) -> None:
    stream = run_streaming(work, tmp_path / "log")
    assert next(stream) == 1
    with pytest.raises(StreamError, match=reason):
        next(stream)


def test_leaving_a_stream_ends_it(tmp_path: Path) -> None:
    def work(emit: Callable[[object], None]) -> None:
        emit(os.getpid())
        _start_sleeper(tmp_path)

    stream = run_streaming(work, tmp_path / "log")
    pid = next(stream)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.02)
    stream.close()
    assert ends_soon(pid)
    assert ends_soon(int((tmp_path / "pid").read_text()))


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_come_every_few_seconds() -> None:
    clock, out = _Clock(), io.StringIO()
    progress = Progress(40, "passed", out, every_s=5, clock=clock)
    for second in range(12):
        clock.now = second
        progress.end_of(good=second != 3)
        progress.show(running=2)
    progress.close()
    assert out.getvalue().splitlines() == [
        "5/40 passed, 1 failed, 2 running, 5 s",
        "10/40 passed, 1 failed, 2 running, 10 s",
        "11/40 passed, 1 failed, 11 s",
    ]


def test_terminal_gets_a_bar_that_leaves_no_trace() -> None:
    out = _Terminal()
    progress = Progress(4, "passed", out, clock=_Clock())
    progress.end_of(good=True)
    progress.end_of(good=True)
    progress.show(running=1)
    assert "[###############...............] 2/4 passed, 1 running" in out.getvalue()
    progress.say("FAILED x")
    assert out.getvalue().endswith("\r\x1b[KFAILED x\n")
