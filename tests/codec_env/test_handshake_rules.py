# SPDX-License-Identifier: Apache-2.0
"""The rules of the handshake checker, cycle by cycle."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tb.codec import handshake
from tb.codec.handshake import HandshakeChecker, HandshakeRules, Progress

A, B = ("01", "0"), ("10", "0")
STATES = (("1", "1", False), ("1", "0", False), ("0", "1", False), ("0", "0", False))  # valid, ready, the frame ends


def broken(*cycles: tuple[str, str, tuple[str, ...] | None]) -> list[str]:
    rules = HandshakeRules()
    return [rules.step(*cycle) for cycle in cycles]


def test_legal_streams_break_nothing() -> None:
    assert broken(("0", "0", None), ("0", "1", None), ("1", "1", None), ("1", "1", None)) == [""] * 4
    assert broken(("1", "0", A), ("1", "0", A), ("1", "1", A), ("1", "0", B), ("1", "1", B), ("0", "0", None)) == [""] * 6


def test_valid_must_not_fall() -> None:
    assert broken(("1", "0", A), ("0", "0", None))[1] == "tvalid fell before tready rose"
    assert broken(("1", "0", A), ("0", "1", None))[1] == "tvalid fell before tready rose"


def test_payload_must_not_change() -> None:
    assert broken(("1", "0", A), ("1", "0", B))[1].startswith("the payload changed while stalled")
    assert broken(("1", "0", A), ("1", "1", B))[1].startswith("the payload changed while stalled")
    assert broken(("1", "0", A), ("1", "0", ("X1", "0")))[1].startswith("the payload changed while stalled")


def test_unknown_handshakes_are_reported() -> None:
    assert broken(("X", "0", None)) == ["tvalid is X, tready is 0"]
    assert broken(("1", "Z", None)) == ["tvalid is 1, tready is Z"]


def test_reset_forgets_the_offer() -> None:
    rules = HandshakeRules()
    rules.step("1", "0", A)
    assert rules.stalled
    rules.restart()
    assert rules.step("0", "0", None) == ""


def passed(*cycles: tuple[str, str, bool]) -> tuple[Progress, list[bool]]:
    progress = Progress()
    return progress, [progress.step(number, *cycle) for number, cycle in enumerate(cycles, 10)]


def test_a_beat_passes_with_valid_and_ready_alone() -> None:
    progress, moved = passed(("1", "1", False), ("1", "0", False), ("0", "1", False), ("0", "0", False), ("X", "1", False))
    assert moved == [True, False, False, False, False]
    assert progress.beats == [10]


def test_frames_and_the_beats_of_the_one_under_way() -> None:
    progress, _ = passed(("1", "1", False), ("1", "1", False), ("0", "1", True), ("1", "1", True), ("1", "1", True))
    assert (progress.frames, progress.in_frame) == (2, 0)
    progress.step(20, "1", "1", False)
    progress.step(22, "1", "1", False)
    assert (progress.frames, progress.in_frame) == (2, 2)
    assert progress.beats == [10, 11, 13, 14, 20, 22]


def test_a_cycle_that_refuses_or_awaits_is_remembered() -> None:
    assert [(progress.refused, progress.awaited) for progress, _ in map(passed, STATES)] == [
        (False, False),
        (True, False),
        (False, True),
        (False, False),
    ]
    both, _ = passed(("1", "0", False), ("0", "1", False), ("1", "1", True))
    assert (both.refused, both.awaited) == (True, True)


class Watched(SimpleNamespace):
    """What a handshake checker has, on a stream that offers one payload after another. reads: of the payload."""

    def __init__(self, *payloads: tuple[str, ...], last: str = "1") -> None:
        self.failures, self.seen, self.payloads, self.reads = [], [], iter(payloads), 0
        bus = SimpleNamespace(payload=self._payload, tlast=SimpleNamespace(value=last))
        checks, stream = SimpleNamespace(fail=self.failures.append), SimpleNamespace(put=self.seen.append)
        super().__init__(checks=checks, stream=stream, bus=bus, cycle=0, prefix="m_axis", rules=HandshakeRules())
        self.progress, self._ends = Progress(), lambda: HandshakeChecker._ends(self)

    def _payload(self) -> tuple[str, ...]:
        self.reads += 1
        return next(self.payloads)

    def get_full_name(self) -> str:
        return "agent.checker"

    def step(self, *states: str) -> None:
        for valid, ready in states:
            self.cycle += 1
            HandshakeChecker._step(self, valid, ready)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is 70 cycles of 10 steps."""
    monkeypatch.setattr(handshake, "get_sim_time", lambda unit: 700)
    monkeypatch.setattr(handshake, "cycle_at", lambda time: time // 10)


def test_each_beat_is_a_transaction(clock: None) -> None:
    watched = Watched()
    watched.step("00", "01", "11", "01", "11")
    assert watched.seen == [70, 70]
    assert watched.progress.beats == [3, 5]
    assert watched.progress.frames == 2


def test_a_broken_rule_is_reported_with_its_cycle(clock: None) -> None:
    watched = Watched(A, B)
    watched.step("10", "11")
    assert len(watched.failures) == 1
    assert watched.failures[0].startswith("agent.checker: m_axis: cycle 2: the payload changed while stalled")


def test_the_payload_is_read_only_when_it_is_stalled(clock: None) -> None:
    watched = Watched(A, A, A)
    watched.step("00", "01", "11", "10", "10", "11", "11", "00")
    assert watched.reads == 3
    assert not watched.failures


@pytest.mark.parametrize(("last", "frames"), [("0", 0), ("1", 1)])
def test_a_frame_ends_with_tlast(clock: None, last: str, frames: int) -> None:
    watched = Watched(last=last)
    watched.step("11", "01")
    assert watched.progress.frames == frames


def test_without_tlast_each_beat_is_a_frame(clock: None) -> None:
    watched = Watched()
    del watched.bus.tlast
    watched.step("11", "11")
    assert watched.progress.frames == 2
