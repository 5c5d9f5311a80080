# SPDX-License-Identifier: Apache-2.0
"""The form of waves: FST where the simulator can write it, else VCD, which takes 10 to 100 times the space."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

_PROBE = """\
#include <lz4.h>
#include <zlib.h>
int main() { return LZ4_versionNumber() == 0 || zlibVersion() == nullptr; }
"""


@cache
def writes_fst() -> bool:
    """Whether a program with Verilator's FST writer can be compiled and linked here: it needs the headers of zlib and LZ4."""
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("c++")
    if not compiler:
        return False
    with tempfile.TemporaryDirectory(prefix="dpr-fst-") as folder:
        source = Path(folder) / "probe.cpp"
        source.write_text(_PROBE)
        command = [compiler, str(source), "-o", str(Path(folder) / "probe"), "-llz4", "-lz"]
        try:
            return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False


def wave_format(sim: str) -> str:
    """Return "fst" or "vcd": what simulator `sim` writes on this machine."""
    return "fst" if sim == "icarus" or writes_fst() else "vcd"


def wave_file(folder: Path) -> Path | None:
    """Return the waves in a run's folder; None if there are none."""
    found = [file for pattern in ("*.fst", "*.vcd") for file in sorted(folder.glob(pattern)) if file.stat().st_size]
    return found[0] if found else None
