# SPDX-License-Identifier: Apache-2.0
"""A top module of blocks side by side, written from their own port lists, so that one build serves the tests of many blocks."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from scripts.paths import RTL
from tests.support.cocotb_run import cocotb_verdicts, rtl_files

TOP = "pieces"
FOLDERS = ("common", "precision", "tile", "base", "dstripes", "trt", "loom", "core")
_PARAMETER = re.compile(r"^\s*parameter\s+(\w+)\s*=\s*([^,/\n]+?)\s*,?\s*(?://.*)?$", re.MULTILINE)
_PORT = re.compile(r"^\s*(input|output)\s+(?:wire|reg)\s+(\[.*?\]\s+)?(\w+)\s*,?\s*(?://.*)?$", re.MULTILINE)
_NAME = re.compile(r"(?<![\w$'])[A-Za-z]\w*")
_SHARED = ("clk", "rst")


@dataclass(frozen=True)
class Bug:
    """`bad` instead of `good` in one module."""

    module: str
    good: str
    bad: str


@dataclass(frozen=True)
class Block:
    """An instance: port `port` of block NAME becomes NAME_port; clk and rst are shared.

    With a bug, in its module or in one that this instantiates, it is an instance of changed copies.
    """

    module: str
    parameters: Mapping[str, int]
    bug: Bug | None = None


def _source(module: str) -> str:
    return next(RTL.rglob(f"{module}.v")).read_text()


def _copies(name: str, block: Block) -> dict[str, str]:
    """The modules of a block with a bug, {new name: text}; its own is called MODULE_NAME."""
    bug = block.bug
    if bug is None:
        return {}
    texts = {module: _source(module) for module in {block.module, bug.module}}
    assert texts[bug.module].count(bug.good) == 1, f"{bug.good!r} is not in {bug.module}, once: mend this test"
    texts[bug.module] = texts[bug.module].replace(bug.good, bug.bad)
    assert re.search(rf"\b{bug.module}\b", texts[block.module]), f"{block.module} has no {bug.module}"
    renamed = re.compile(rf"\b({'|'.join(texts)})\b")
    return {f"{module}_{name}": renamed.sub(rf"\1_{name}", text) for module, text in texts.items()}


def _header(module: str) -> str:
    return re.split(r"^\);", _source(module), maxsplit=1, flags=re.MULTILINE)[0]


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
    module = f"{block.module}_{name}" if block.bug else block.module
    return parameters, ports, f"{module} #({', '.join(passed)}) u_{name} ({', '.join(wires)});"


def write_bench(blocks: Mapping[str, Block], folder: Path) -> list[Path]:
    """Write the top module and the copies of modules with bugs; return the files."""
    copies = {name: text for piece, block in blocks.items() for name, text in _copies(piece, block).items()}
    for name, text in copies.items():
        (folder / f"{name}.v").write_text(text)
    parts = [_instance(name, block) for name, block in blocks.items()]
    parameters = [line for part in parts for line in part[0]]
    ports = ["input wire clk", "input wire rst", *(line for part in parts for line in part[1])]
    head = f"module {TOP} #(\n" + ",\n".join(parameters) + "\n) (\n" + ",\n".join(ports) + "\n);\n"
    path = folder / f"{TOP}.v"
    path.write_text(head + "\n".join(part[2] for part in parts) + "\nendmodule\n")
    return [*(folder / f"{name}.v" for name in copies), path]


def bench_verdicts(sim: str, blocks: Mapping[str, Block], modules: list[str], folder: Path, seed: int = 1) -> dict[str, bool]:
    """Run the cocotb tests of `modules` on `blocks`; return which passed, by name."""
    files = [*rtl_files(*FOLDERS), *write_bench(blocks, folder)]
    known = {name: {"module": block.module, "parameters": dict(block.parameters)} for name, block in blocks.items()}
    with mock.patch.dict(os.environ, {"DPR_PIECES": json.dumps(known)}):
        return cocotb_verdicts(sim, TOP, files, modules, {}, folder, seed)


def run_bench(sim: str, blocks: Mapping[str, Block], modules: list[str], folder: Path, seed: int = 1) -> None:
    """As `bench_verdicts`. Raises AssertionError when a test fails, or when a block has no test."""
    verdicts = bench_verdicts(sim, blocks, modules, folder, seed=seed)
    failed = [name for name, passed in verdicts.items() if not passed]
    assert not failed, f"{sim}: {len(failed)} of {len(verdicts)} tests failed: {', '.join(failed)}"


def noticed(verdicts: Mapping[str, bool], block: str) -> list[str]:
    """The tests of a block that failed. Raises AssertionError when it has none at all."""
    tests = {test: passed for test, passed in verdicts.items() if f"name={block}" in test.split("/")}
    assert tests, f"no test of {block}"
    return [test for test, passed in tests.items() if not passed]


def uncaught(blocks: Mapping[str, Block], modules: list[str], folder: Path, only: str = "") -> list[str]:
    """Run blocks with a bug each, all in one simulation on Icarus; return the bugs that no test of the block notices.

    only: regular expression of the tests that are enough, for speed.
    """
    with mock.patch.dict(os.environ, {"COCOTB_TEST_FILTER": only} if only else {}):
        verdicts = bench_verdicts("icarus", blocks, modules, folder)
    return [
        f"{block.bug.module}: {block.bug.bad}" for name, block in blocks.items() if block.bug and not noticed(verdicts, name)
    ]
