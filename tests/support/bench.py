# SPDX-License-Identifier: Apache-2.0
"""A top module of blocks side by side, written from their own port lists, so that one build serves the tests of many blocks."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from scripts.paths import RTL
from tests.support.cocotb_run import cocotb_verdicts, edited, rtl_files
from tests.support.variant import Edit

TOP = "pieces"
FOLDERS = ("common", "precision", "tile", "base", "dstripes", "trt", "loom", "core")
_PARAMETER = re.compile(r"^\s*parameter\s+(\w+)\s*=\s*([^,/\n]+?)\s*,?\s*(?://.*)?$", re.MULTILINE)
_PORT = re.compile(r"^\s*(input|output)\s+(?:wire|reg)\s+(\[.*?\]\s+)?(\w+)\s*,?\s*(?://.*)?$", re.MULTILINE)
_NAME = re.compile(r"(?<![\w$'])[A-Za-z]\w*")
_SHARED = ("clk", "rst")


@dataclass(frozen=True)
class Block:
    """An instance: port `port` of block NAME becomes NAME_port; clk and rst are shared."""

    module: str
    parameters: Mapping[str, int]


def _header(module: str) -> str:
    path = next(RTL.rglob(f"{module}.v"))
    return re.split(r"^\);", path.read_text(), maxsplit=1, flags=re.MULTILINE)[0]


def _instance(name: str, block: Block) -> tuple[list[str], list[str], str]:
    """Return parameters, ports and instance of one block, every identifier with the block's name in front."""

    def own(text: str) -> str:
        return _NAME.sub(lambda found: f"{name}_{found[0]}", text)

    header = _header(block.module)
    defaults = dict(_PARAMETER.findall(header))
    derived = dict(_PARAMETER.findall(header.partition("// derived: do not override")[2]))
    unknown = set(block.parameters) - set(defaults) | set(block.parameters) & set(derived)
    assert not unknown, f"{block.module} has no parameters {', '.join(sorted(unknown))}"
    values = {key: str(block.parameters.get(key, own(default))) for key, default in defaults.items()}
    parameters = [f"parameter {name}_{key} = {value}" for key, value in values.items()]
    found = _PORT.findall(header)
    assert found, f"{block.module}: no ports found"
    ports = [f"{way} wire {own(size)}{name}_{port}" for way, size, port in found if port not in _SHARED]
    wires = [f".{port}({port if port in _SHARED else f'{name}_{port}'})" for _, _, port in found]
    passed = [f".{key}({name}_{key})" for key in defaults if key not in derived]
    return parameters, ports, f"{block.module} #({', '.join(passed)}) u_{name} ({', '.join(wires)});"


def write_bench(blocks: Mapping[str, Block], folder: Path) -> Path:
    """Write the top module; return its file."""
    parts = [_instance(name, block) for name, block in blocks.items()]
    parameters = [line for part in parts for line in part[0]]
    ports = ["input wire clk", "input wire rst", *(line for part in parts for line in part[1])]
    head = f"module {TOP} #(\n" + ",\n".join(parameters) + "\n) (\n" + ",\n".join(ports) + "\n);\n"
    path = folder / f"{TOP}.v"
    path.write_text(head + "\n".join(part[2] for part in parts) + "\nendmodule\n")
    return path


def bench_verdicts(
    sim: str, blocks: Mapping[str, Block], modules: list[str], folder: Path, edits: Iterable[Edit] = (), seed: int = 1
) -> dict[str, bool]:
    """Run the cocotb tests of `modules` on `blocks`, with `edits` in their RTL; return which passed, by name."""
    files = [*edited(rtl_files(*FOLDERS), list(edits), folder), write_bench(blocks, folder)]
    known = {name: {"module": block.module, "parameters": dict(block.parameters)} for name, block in blocks.items()}
    with mock.patch.dict(os.environ, {"DPR_PIECES": json.dumps(known)}):
        return cocotb_verdicts(sim, TOP, files, modules, {}, folder, seed)


def run_bench(sim: str, blocks: Mapping[str, Block], modules: list[str], folder: Path, seed: int = 1) -> None:
    """As `bench_verdicts`. Raises AssertionError when a test fails, or when a block has no test."""
    verdicts = bench_verdicts(sim, blocks, modules, folder, seed=seed)
    failed = [name for name, passed in verdicts.items() if not passed]
    assert not failed, f"{sim}: {len(failed)} of {len(verdicts)} tests failed: {', '.join(failed)}"
