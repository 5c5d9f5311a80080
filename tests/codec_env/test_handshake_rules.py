# SPDX-License-Identifier: Apache-2.0
"""The rules of the handshake checker, cycle by cycle."""

from __future__ import annotations

from tb.codec.handshake import HandshakeRules

A, B = ("01", "0"), ("10", "0")


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
