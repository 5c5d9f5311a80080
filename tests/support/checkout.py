# SPDX-License-Identifier: Apache-2.0
"""A copy of the checkout in which a test may break things, and commands that run there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from scripts.paths import ROOT
from tests.scripts.process import clean_environment

FOLDERS = ("models", "rtl", "scripts", "tb")


@dataclass(frozen=True)
class Checkout:
    """What regressions need of the checkout, in `root`; what they make is in `root`/build."""

    root: Path

    @classmethod
    def copy(cls, root: Path) -> Checkout:
        """Copy the checkout to `root`, without what Python has compiled."""
        for name in FOLDERS:
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        return cls(root)

    def edit(self, file: str, good: str, bad: str) -> None:
        """Replace `good`, which is there once, by `bad`."""
        path = self.root / file
        text = path.read_text()
        assert text.count(good) == 1, f"{file} has {text.count(good)} times {good!r}: mend this test"
        path.write_text(text.replace(good, bad))

    def start(self, name: str, *words: str) -> subprocess.Popen[str]:
        """Start `python -m scripts.NAME WORDS` in the copy, its output piped."""
        environment = clean_environment(PYTHONPATH=str(self.root))
        environment.pop("DPR_BUILD", None)
        command = [sys.executable, "-m", f"scripts.{name}", *words]
        return subprocess.Popen(
            command, cwd=self.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, name: str, *words: str, timeout_s: float = 180) -> subprocess.CompletedProcess[str]:
        """Run `python -m scripts.NAME WORDS` in the copy."""
        with self.start(name, *words) as process:
            try:
                out, errors = process.communicate(timeout=timeout_s)
            except subprocess.TimeoutExpired:
                process.terminate()
                raise
        return subprocess.CompletedProcess(process.args, process.returncode, out, errors)
