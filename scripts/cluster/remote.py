# SPDX-License-Identifier: Apache-2.0
"""A worker's side, in a fresh process of its checkout: `python -m scripts.cluster.remote FOLDER COMMAND ...`.

facts SIM: what this machine runs with. install BUILD: take a build. run RUN BUILD: execute a run (JSON), in FOLDER.
Input and output are the files `in` and `out` of FOLDER. When standard input closes, everything ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from models.atomic_file import atomic_output
from scripts.cluster.call import IN, OUT
from scripts.cluster.parcels import install_build, pack_run
from scripts.cluster.same import facts
from scripts.paths import SIM_BUILDS
from scripts.sim.prune import FINISHED, hold
from scripts.sim.run import Run, execute

NO_BUILD = 3  # exit status


def run_to_text(run: Run) -> str:
    """Return what `run_of_text` turns back into the run."""
    return json.dumps(asdict(run))


def run_of_text(text: str) -> Run:
    """Return the run in JSON."""
    fields = json.loads(text)
    return Run(**{**fields, "knobs": tuple((name, value) for name, value in fields["knobs"])})


def _exit(*_: object) -> None:
    sys.exit(143)


def _end_with_parent() -> None:
    """Wait until standard input is closed, then unwind the main thread: `execute` ends its simulator."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _answer(folder: Path, command: str, *words: str) -> bytes:
    if command == "facts":
        return json.dumps(facts(*words)).encode()
    if command == "install":
        (name,) = words
        install_build((folder / IN).read_bytes(), SIM_BUILDS / name)
        return b""
    text, name = words
    run, build = run_of_text(text), SIM_BUILDS / name
    hold(SIM_BUILDS)
    if not (build / FINISHED).exists():
        sys.exit(NO_BUILD)
    execute(run, folder, build)
    return pack_run(folder / run.id, run.waves)


def main() -> None:
    """Do what the arguments say."""
    folder = Path(sys.argv[1])
    signal.signal(signal.SIGTERM, _exit)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    answer = _answer(folder, *sys.argv[2:])
    with atomic_output(folder / OUT) as file:
        file.write(answer)


if __name__ == "__main__":
    main()
