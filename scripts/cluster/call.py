# SPDX-License-Identifier: Apache-2.0
"""What travels to a worker: a function that starts a fresh process in the worker's checkout. Dask's processes load nothing of
this project, so they need no import path, and a checkout can be brought up to date while they run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

_GRACE_S = 20.0
IN, OUT = "in", "out"  # files in a call's folder
Answer = tuple[int, bytes, str]
Call = Callable[[Sequence[str], bytes, float], Answer]


def make_call() -> Call:
    """Return the function. It is local so that it is sent as code: it may use nothing but the standard library."""

    def call(words: Sequence[str], data: bytes, limit_s: float) -> Answer:
        """Start `python -m scripts.cluster.remote` where the worker was started, with `data` as its input file.

        Return its exit status, its output file, and the last line that it printed. When it takes longer than `limit_s`, or when
        this process is gone, its standard input closes, and it ends with all that it has started.
        """
        with tempfile.TemporaryDirectory(prefix="dpr-run-") as name:
            folder = Path(name)
            (folder / "in").write_bytes(data)
            command = [sys.executable, "-m", "scripts.cluster.remote", name, *words]
            environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
            with (folder / "log").open("w") as log:
                process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment)
                try:
                    process.wait(limit_s)
                except subprocess.TimeoutExpired:
                    pass
                finally:
                    process.stdin.close()
                    try:
                        status = process.wait(_GRACE_S)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        status = process.wait()
            printed = (folder / "log").read_text(errors="replace").strip().splitlines()
            out = folder / "out"
            return status, out.read_bytes() if out.exists() else b"", printed[-1] if printed else ""

    return call
