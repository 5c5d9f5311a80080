# SPDX-License-Identifier: Apache-2.0
"""Hardware with one planted bug, which a pyuvm test must notice."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.variant import Edit, Variant

needs_icarus = pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus is not on PATH")


@dataclass(frozen=True)
class Mutant:
    """Replace `good` by `bad` in `file`; the first mismatch that `test` reports with `seed` must name `notice`."""

    name: str
    file: str
    good: str
    bad: str
    notice: str
    test: str
    seed: int = 1

    def kill(self, config: str, knobs: dict[str, int], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Run the test on the mutant. Raises AssertionError when it passes or fails for another reason."""
        variant = Variant(self.test, config, (Edit(self.file, self.good, self.bad),), knobs, seed=self.seed)
        result, _ = variant.execute(folder, monkeypatch)
        assert result.status == "failed", f"{self.name}: nobody noticed in {result.checks} checks"
        assert "mismatches" in result.problems[0]
        assert self.notice in result.problems[0]
