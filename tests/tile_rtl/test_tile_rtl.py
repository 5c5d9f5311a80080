# SPDX-License-Identifier: Apache-2.0
"""The blocks of dispatcher and tile alone, on both simulators, against plain Python loops."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.bench import run_bench
from tests.tile_rtl.blocks import blocks

MODULES = [f"tests.tile_rtl.cocotb_{name}" for name in ("sip", "cells", "column", "sequencer", "reducer", "tile", "dispatcher")]


@pytest.mark.parametrize(("sim", "p"), [("verilator", 16), ("icarus", 16), ("icarus", 8)])
def test_blocks(sim: str, p: int, tmp_path: Path) -> None:
    """Every block at a small shape, all of them in one build."""
    run_bench(sim, blocks(p), MODULES, tmp_path)
