# SPDX-License-Identifier: Apache-2.0
"""The blocks of BASE, TRT and Loom alone, and small layers on the core of every design, on both simulators."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.designs_rtl.blocks import blocks
from tests.support.bench import run_bench

MODULES = [f"tests.designs_rtl.cocotb_{name}" for name in ("base", "registers", "trt", "loom", "core")]


@pytest.mark.parametrize(("sim", "p"), [("verilator", 16), ("icarus", 16), ("icarus", 8)])
def test_blocks(sim: str, p: int, tmp_path: Path) -> None:
    """Every block at a small shape, all of them in one build."""
    run_bench(sim, blocks(p), MODULES, tmp_path)
