# SPDX-License-Identifier: Apache-2.0
"""Progress of many jobs: a bar on a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO

_BAR = 30  # characters


class Progress:
    """Counts good and bad ends of `total` jobs. `word` says what a good end is called: "passed", "built".

    Without a terminal a line is printed every `every_s` seconds if something has ended since, else every third time.
    """

    def __init__(
        self,
        total: int,
        word: str,
        stream: TextIO | None = None,
        every_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total, self.word, self.stream = total, word, stream or sys.stdout
        self.every_s, self.clock = every_s, clock
        self.good = self.bad = 0
        self.start = self._last = clock()
        self._printed = 0
        self.terminal = self.stream.isatty()
        self._drawn = False

    def end_of(self, good: bool) -> None:
        """Count one job's end."""
        self.good += good
        self.bad += not good

    def show(self, running: int) -> None:
        """Redraw the bar, or print a line when it is time for one."""
        if self.terminal:
            self._draw(running)
        elif self.clock() - self._last >= self.every_s * (1 if self.good + self.bad > self._printed else 3):
            self._last, self._printed = self.clock(), self.good + self.bad
            print(self._text(running), file=self.stream, flush=True)

    def say(self, line: str) -> None:
        """Print a line of its own, above the bar."""
        self._wipe()
        print(line, file=self.stream, flush=True)

    def close(self) -> None:
        """Print the final count."""
        self._wipe()
        print(self._text(0), file=self.stream, flush=True)

    def _text(self, running: int) -> str:
        text = f"{self.good}/{self.total} {self.word}"
        text += f", {self.bad} failed" if self.bad else ""
        text += f", {running} running" if running else ""
        return f"{text}, {self.clock() - self.start:.0f} s"

    def _draw(self, running: int) -> None:
        filled = _BAR * (self.good + self.bad) // max(1, self.total)
        text = f"[{'#' * filled}{'.' * (_BAR - filled)}] {self._text(running)}"
        self.stream.write("\r\x1b[K" + text[: shutil.get_terminal_size().columns - 1])
        self.stream.flush()
        self._drawn = True

    def _wipe(self) -> None:
        if self._drawn:
            self.stream.write("\r\x1b[K")
            self._drawn = False
