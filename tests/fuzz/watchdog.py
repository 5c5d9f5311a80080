# SPDX-License-Identifier: Apache-2.0
"""Nothing that decodes may hang: a limit on processor time, which a busy machine does not shorten."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

LIMIT_S = 10.0  # the longest example takes some milliseconds


class HangError(Exception):
    """No end within the limit. Not a ValueError: nothing that refuses bad data takes it for its own."""


def _ring(*_: object) -> None:
    raise HangError("no end within the limit of processor time")


@contextmanager
def watchdog(seconds: float = LIMIT_S) -> Iterator[None]:
    """Raise HangError in the block when it has used `seconds` of processor time."""
    before = signal.signal(signal.SIGPROF, _ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
