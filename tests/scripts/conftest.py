# SPDX-License-Identifier: Apache-2.0
"""What the tests of the scripts share."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.paths import ROOT
from tests.scripts.process import clean_environment

Started = subprocess.CompletedProcess[str]


@pytest.fixture
def run_make() -> Callable[..., Started]:
    """Run `make` in the checkout with this Python; it must not get as far as making anything."""

    def run(*words: str, **extra: str) -> Started:
        command = ["make", *words, f"PYTHON={sys.executable}"]
        return subprocess.run(command, cwd=ROOT, env=clean_environment(**extra), capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def run_script(tmp_path: Path) -> Callable[..., Started]:
    """Run `python -m scripts.NAME WORDS` with its own build folder `tmp_path`/build."""

    def run(name: str, *words: str) -> Started:
        env = clean_environment(DPR_BUILD=str(tmp_path / "build"))
        command = [sys.executable, "-m", f"scripts.{name}", *words]
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)

    return run


@pytest.fixture
def icarus() -> None:
    """Skip the test where there is no Icarus."""
    if not shutil.which("iverilog"):
        pytest.skip("Icarus is not installed")
