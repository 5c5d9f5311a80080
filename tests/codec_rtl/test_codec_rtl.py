# SPDX-License-Identifier: Apache-2.0
"""Self-check of the codec's RTL on Icarus, at four configurations that between them use every parameter's extremes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.codec_rtl.simulate import check

CONFIGS = {
    "p16-a64-e16": {"P": 16, "PREFIX_W": 4, "ALIGN": 64, "ENGINES": 16},
    "p16-a1-e4": {"P": 16, "PREFIX_W": 4, "ALIGN": 1, "ENGINES": 4},
    "p8-prefix3-a1-e1": {"P": 8, "PREFIX_W": 3, "ALIGN": 1, "ENGINES": 1},
    "p8-prefix4-a64-e2": {"P": 8, "PREFIX_W": 4, "ALIGN": 64, "ENGINES": 2},
}
configs = pytest.mark.parametrize("parameters", CONFIGS.values(), ids=CONFIGS.keys())


@configs
def test_decompressor(parameters: dict[str, int], tmp_path: Path) -> None:
    """All of cocotb_decompressor.py."""
    check("dpr_decompressor", "cocotb_decompressor", parameters, tmp_path)


@configs
def test_compressor(parameters: dict[str, int], tmp_path: Path) -> None:
    """All of cocotb_compressor.py."""
    check("dpr_compressor", "cocotb_compressor", {k: v for k, v in parameters.items() if k != "ENGINES"}, tmp_path)


@pytest.mark.parametrize(("n", "p"), [(16, 16), (16, 8), (1, 8), (256, 16)])
def test_detector(n: int, p: int, tmp_path: Path) -> None:
    """All of cocotb_detector.py, for a codec group, a single value and a pallet step."""
    check("dpr_precision_detector", "cocotb_detector", {"N": n, "P": p}, tmp_path)
