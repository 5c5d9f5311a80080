# SPDX-License-Identifier: Apache-2.0
"""Builds and the leavings of runs as bytes."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

from scripts.sim.benches import find_test, load_benches
from scripts.sim.build import locked
from scripts.sim.prune import FINISHED
from scripts.sim.run import RUN_FILE, Run, RunResult, relative

_LEFT = (".json", ".xml", ".dat", ".log", ".txt")  # of a run: verdicts, coverage, rows of layers, log
_WAVES = (".vcd", ".fst")


def pack(files: Iterable[Path], folder: Path) -> bytes:
    """Return the files, named relative to `folder`, as a compressed tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for file in files:
            archive.add(file, file.relative_to(folder).as_posix(), recursive=False)
    return buffer.getvalue()


def unpack(data: bytes, folder: Path) -> None:
    """Put the files of an archive into `folder`; names that lead out of it are refused. Raises tarfile.TarError, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        archive.extractall(folder, filter="data")


def pack_build(run: Run, build: Path) -> bytes:
    """Return what a run needs of its finished build: the simulator's program, which has no path to anything beside it."""
    top = load_benches()[find_test(run.test).bench].top
    program = "sim.vvp" if run.sim == "icarus" else top
    return pack([build / program, build / FINISHED], build)


def install_build(data: bytes, build: Path) -> None:
    """Make a build that was packed elsewhere, whole or not at all, unless it is there."""
    with locked(build):
        if (build / FINISHED).exists():
            return
        scratch = Path(tempfile.mkdtemp(prefix=".install-", dir=build.parent))
        try:
            unpack(data, scratch)
            shutil.rmtree(build, ignore_errors=True)
            scratch.rename(build)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def pack_run(folder: Path, waves: bool) -> bytes:
    """Return what is kept of a run's folder; the files in which bench and Python exchange stimulus stay behind."""
    kept = _LEFT + (_WAVES if waves else ())
    return pack(sorted(file for file in folder.iterdir() if file.is_file() and file.suffix in kept), folder)


def take(run: Run, data: bytes, runs_dir: Path) -> RunResult | None:
    """Put what a run left elsewhere into `runs_dir`/<id>; return its result with paths of here, None if it is no result."""
    folder = runs_dir / run.id
    shutil.rmtree(folder, ignore_errors=True)
    try:
        unpack(data, folder)
        result = RunResult(**json.loads((folder / RUN_FILE).read_text()))
    except (tarfile.TarError, OSError, ValueError, TypeError):
        return None
    left = {key: Path(getattr(result, key)).name for key in ("coverage_dat", "functional", "log") if getattr(result, key)}
    result = replace(result, **{key: relative(folder / name) for key, name in left.items()})
    (folder / RUN_FILE).write_text(json.dumps(asdict(result), indent=1))
    return result
