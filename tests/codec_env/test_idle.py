# SPDX-License-Identifier: Apache-2.0
"""When a stream has nothing left to send: a beat on the wires that nobody has taken yet is left."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tb.codec.agents import StreamAgent


def agent(source_idle: bool, tvalid: object) -> SimpleNamespace:
    bus = SimpleNamespace(tvalid=SimpleNamespace(value=tvalid))
    return SimpleNamespace(driver=SimpleNamespace(source=SimpleNamespace(idle=lambda: source_idle, bus=bus)))


@pytest.mark.parametrize(
    ("source_idle", "tvalid", "idle"), [(True, 0, True), (True, 1, False), (False, 0, False), (True, "X", True)]
)
def test_a_beat_on_the_wires_is_left(source_idle: bool, tvalid: object, idle: bool) -> None:
    assert StreamAgent.idle(agent(source_idle, tvalid)) is idle


def test_a_sink_sends_nothing() -> None:
    assert StreamAgent.idle(SimpleNamespace(driver=None))
