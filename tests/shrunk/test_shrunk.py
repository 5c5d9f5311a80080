# SPDX-License-Identifier: Apache-2.0
"""Layers that failed once, made as small as possible by scripts/shrink.py: each one must pass (docs/soak.md).

A case is a file of this folder; what is committed here guards a bug that has been mended.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.shrink import replay_case
from scripts.sim.tools import SIMULATORS
from tests.support.cocotb_run import find_or_skip

CASES = sorted(Path(__file__).parent.glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_shrunk_layer_passes(path: Path, tmp_path: Path) -> None:
    sim = json.loads(path.read_text())["sim"]
    assert sim in SIMULATORS
    find_or_skip(sim)
    verdict = replay_case(path, tmp_path / "forked")
    assert verdict.passed, verdict.problem
