# SPDX-License-Identifier: Apache-2.0
"""One at a time: what writes a regression's results into a build folder keeps others out of it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.errors import UserError
from scripts.paths import BUILD, shown


@contextmanager
def alone(build: Path = BUILD) -> Iterator[None]:
    """Hold the folder `build` for a regression or for its report. Raises UserError when another one holds it."""
    build.mkdir(parents=True, exist_ok=True)
    with (build / "regress.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(f"a regression is running in {shown(build)}: wait for it or end it") from None
        yield
