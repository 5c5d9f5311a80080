# SPDX-License-Identifier: Apache-2.0
"""What the tests of the proofs share."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.formal.__main__ import warm_up
from scripts.formal.solve import make_tools
from tests.formal.small import Project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A small project; proofs work in a folder of this test's, with tools that are ready."""
    for module in ("work", "solve", "__main__"):
        monkeypatch.setattr(f"scripts.formal.{module}.WORK", tmp_path / "formal")
    make_tools()
    warm_up()
    return Project(tmp_path / "project")
