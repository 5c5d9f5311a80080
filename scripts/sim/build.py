# SPDX-License-Identifier: Apache-2.0
"""Build a bench at a configuration, once: the folder's name is a hash of all that changes the build."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import cocotb_tools.config
from cocotb_tools import runner as cocotb_runner

from models.config import DesignConfig, load_all
from scripts.errors import UserError
from scripts.paths import SIM_BUILDS
from scripts.sim.benches import Bench
from scripts.sim.exported import own_environment
from scripts.sim.prune import FINISHED, hold
from scripts.sim.runtime import copy_command, keep, runtime_dir
from scripts.sim.tools import Tool, compiler_version, find_simulator
from scripts.sim.waves import wave_format

# x86-64-v3 is 2.3 times faster than the compiler's default; 'native' more still, but then a build folder does not travel.
_MARCH = "-march=x86-64-v3"
# -O2 for what runs every cycle and for the run-time library, nothing for what runs once: saves a fifth of the compilation.
# -O1 where full coverage is collected: its counters double the code, and -O2 takes twice as long to gain little there.
_OPTIMISATION = "OPT_GLOBAL=-O2 OPT_SLOW=-O0 OPT_FAST="
_SETTINGS = Path(__file__).with_name("verilator.vlt")
_FOR_COMPILING = ("*.gch", "*.o", "*.a")  # nine tenths of a build's bytes, and of no use to its runs
_TOGGLE_MAX_SIPS = 64  # full toggle and expression coverage costs a factor of 20 on a big tile: small tiles collect it


@dataclass(frozen=True)
class BuildOptions:
    """What a build carries besides the design: code coverage, waves."""

    coverage: bool = False
    waves: bool = False


class WheelVerilator(cocotb_runner.Verilator):
    """cocotb's runner on a chosen Verilator, with only the top level's signals public (7 times faster than all of them)."""

    def __init__(self, tool: Tool, options: BuildOptions, fast: str = "-O2") -> None:
        super().__init__()
        self.tool = tool
        self.optimisation = _OPTIMISATION + fast
        facts = {"options": asdict(options), "compiler": _compiler(), "waves": _trace_args(options)}
        self.runtime = runtime_dir(tool, facts)

    def _simulator_in_path_build_only(self) -> None:
        self.executable = str(self.tool.executable)

    def _set_env_common(self) -> None:
        super()._set_env_common()
        self.env.update(self.tool.env)
        for name in ("MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"):
            self.env.pop(name, None)
        ccache = "OBJCACHE=ccache" if shutil.which("ccache") else ""
        self.env["MAKEFLAGS"] = f"{self.tool.env.get('MAKEFLAGS', '')} {self.optimisation} {ccache}".strip()

    def _set_env_test(self) -> None:
        super()._set_env_test()
        # a program that was built elsewhere looks for cocotb's libraries where they were there
        libraries = [str(cocotb_tools.config.libs_dir), self.env.get("LD_LIBRARY_PATH", "")]
        self.env["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, libraries))

    def _build_command(self) -> list:
        translate, compile_ = super()._build_command()
        translate = [word for word in translate if word != "--public-flat-rw"]
        return [translate, *copy_command(self.runtime, Path(self.build_dir)), compile_]


def _march_args() -> list[str]:
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    return ["-CFLAGS", _MARCH] if " avx2 " in flags and " bmi2 " in flags else []


def _compiler() -> list[object]:
    """The C++ compiler and how it is called: what its objects depend on beside their source."""
    return [compiler_version(), _march_args(), _OPTIMISATION]


def _trace_args(options: BuildOptions) -> list[str]:
    """What asks Verilator for FST; cocotb's runner has asked for VCD."""
    return ["--trace-fst"] if options.waves and wave_format("verilator") == "fst" else []


def compiler_args() -> list[str]:
    """Verilator's arguments for a fast simulation on this machine; make bench compiles its bare loop with them."""
    return ["-CFLAGS", "-O2", *_march_args()]


def _collects_all(bench: Bench, config: DesignConfig) -> bool:
    """Whether a coverage build collects expressions and toggles too, not only lines."""
    return "ROWS" not in bench.parameters or config.rows * config.cols <= _TOGGLE_MAX_SIPS


def _verilator_args(bench: Bench, config: DesignConfig, options: BuildOptions) -> list[str]:
    args = [
        "--public-depth",
        "1",
        "--timing",
        "--assert",
        "-O3",
        "--x-initial",
        "unique",
        "-Wno-fatal",
        "-Wno-TIMESCALEMOD",
    ]
    args += _march_args() + _trace_args(options)
    if options.coverage:
        args += ["--coverage", "--coverage-max-width", "4096"] if _collects_all(bench, config) else ["--coverage-line"]
    return args


def _digest(bench: Bench, config: DesignConfig, sim: str, options: BuildOptions, tool: Tool) -> str:
    state = hashlib.sha256()
    for file in bench.hashed_files() + [Path(__file__), _SETTINGS]:
        state.update(file.name.encode() + file.read_bytes())
    facts = {
        "bench": asdict(bench),
        "parameters": config.verilog_parameters(bench.parameters),
        "sim": sim,
        "options": asdict(options),
        "waves": _trace_args(options) if sim == "verilator" else [],
        "tool": [str(tool.executable), tool.version],
        "compiler": _compiler() if sim == "verilator" else [],
    }
    state.update(json.dumps(facts, sort_keys=True).encode())
    return state.hexdigest()[:12]


def sharing(bench: Bench, config: DesignConfig) -> DesignConfig:
    """The first configuration that gives `bench` the same parameters as `config`: one build serves both."""
    wanted = config.verilog_parameters(bench.parameters)
    return next(
        (other for other in load_all().values() if other.verilog_parameters(bench.parameters) == wanted),
        config,
    )


def build_dir(bench: Bench, config: DesignConfig, sim: str, options: BuildOptions) -> Path:
    """The folder of this build; it may not exist yet."""
    digest = _digest(bench, config, sim, options, find_simulator(sim))
    return SIM_BUILDS / f"{bench.name}-{sharing(bench, config).name}-{sim}-{digest}"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep others, also other processes, from making the build `folder` at the same time, and for good from removing it."""
    hold(folder.parent)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_runner(sim: str, options: BuildOptions | None = None, fast: str = "-O2") -> cocotb_runner.Runner:
    """cocotb's runner for a simulator found by `find_simulator`; `fast` is how Verilator's model is optimised."""
    tool = find_simulator(sim)
    return WheelVerilator(tool, options or BuildOptions(), fast) if sim == "verilator" else cocotb_runner.get_runner("icarus")


def build(bench: Bench, config: DesignConfig, sim: str, options: BuildOptions | None = None, jobs: int = 0) -> Path:
    """Build `bench` at `config` for `sim` unless it is there, with `jobs` compilers (0: one a core); return the folder.

    Parallel callers of the same build wait for the first. Raises UserError that names the log when the build fails.
    """
    options = options or BuildOptions()
    folder = build_dir(bench, config, sim, options)
    done = folder / FINISHED
    with locked(folder):
        if done.exists():
            done.touch()  # used now
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        log = folder / "build.log"
        cocotb_runner.MAX_PARALLEL_BUILD_JOBS = jobs or os.cpu_count() or 1
        try:
            fast = "-O1" if options.coverage and _collects_all(bench, config) else "-O2"
            runner = make_runner(sim, options, fast)
            with own_environment():
                runner.build(
                    sources=([_SETTINGS] if sim == "verilator" else []) + bench.source_files(),
                    includes=bench.include_dirs(),
                    hdl_toplevel=bench.top,
                    parameters=config.verilog_parameters(bench.parameters),
                    build_args=_verilator_args(bench, config, options) if sim == "verilator" else ["-Wall", "-Wno-timescale"],
                    build_dir=folder,
                    timescale=("1ns", "1ps"),
                    waves=options.waves,
                    log_file=log,
                    always=True,
                )
        except (RuntimeError, SystemExit) as error:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""
            raise UserError(f"build of {bench.name} at {config.name} for {sim} failed ({error}); log: {log}\n{tail}") from None
        if isinstance(runner, WheelVerilator):
            keep(runner.runtime, folder)
        for file in [file for pattern in _FOR_COMPILING for file in folder.glob(pattern)]:
            file.unlink()
        done.touch()
    return folder
