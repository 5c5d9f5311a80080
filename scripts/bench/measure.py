# SPDX-License-Identifier: Apache-2.0
"""What the measurements share: rows, programs without cocotb around a Verilated design, speeds that tests write down."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.config import DesignConfig
from scripts.errors import UserError
from scripts.paths import BUILD, TB
from scripts.sim.benches import find_test, load_benches
from scripts.sim.build import BuildOptions, build, compiler_args
from scripts.sim.run import Run, execute
from scripts.sim.tools import environment, find_verilator

FOLDER = BUILD / "bench"
SPEED_FILE = "speed.json"  # of a test: {"cycles", "seconds" of processor time}
ROUNDS = 3
BARE_S = 3.0  # processor time of a round of a bare loop


@dataclass(frozen=True)
class Row:
    """A measurement: a value and what it is held against, both in `unit`; None where there is nothing to hold it against."""

    name: str
    unit: str
    value: float
    reference: float | None
    ratio: float | None
    value_name: str
    reference_name: str

    def document(self) -> dict[str, Any]:
        """The row as build/bench.json has it."""
        return asdict(self)


@dataclass(frozen=True)
class Side:
    """One way to run a design: its name and a function that measures it once, cycles per second of processor time."""

    name: str
    measure: Callable[[], float]


@dataclass(frozen=True)
class Bare:
    """A C++ program (tb/bench/) around a Verilated top module."""

    name: str
    top: str
    sources: Sequence[Path]
    include_dirs: Sequence[Path]
    parameters: Mapping[str, int]
    main: str

    def build(self) -> Path:
        """Compile as the simulations are compiled; return the program. Raises UserError with the compiler's first error."""
        tool, folder = find_verilator(), FOLDER / self.name
        command = [str(tool.executable), "--cc", "--exe", "--build", "-O3", "--prefix", "Vbare", "--top-module", self.top]
        command += [
            *compiler_args(),
            "-CFLAGS",
            f"-I{TB / 'bench'}",
            "-Wno-fatal",
            "-Mdir",
            str(folder),
            "-o",
            "bare",
            "-j",
            "2",
        ]
        command += [f"-G{name}={value}" for name, value in self.parameters.items()]
        command += [f"-I{path}" for path in self.include_dirs]
        command += [*map(str, self.sources), str(TB / "bench" / self.main)]
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(command, env=environment(tool), capture_output=True, text=True, check=False)
        if done.returncode:
            errors = [line for line in (done.stdout + done.stderr).splitlines() if "error" in line.lower()]
            raise UserError(f"bench: {self.main} does not build: {errors[0] if errors else f'status {done.returncode}'}")
        return folder / "bare"


def bare_speed(program: Path, *arguments: object) -> float:
    """Run a bare loop; return cycles per second of processor time. Raises UserError when it fails."""
    done = subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"bench: {program} failed: {done.stderr.strip()}")
    cycles, seconds = done.stdout.split()
    return int(cycles) / float(seconds)


def prepare(test: str, config: DesignConfig) -> None:
    """Build the simulation of a test."""
    print(f"building {test} at {config.name}", flush=True)
    build(load_benches()[find_test(test).bench], config, "verilator", BuildOptions())


def run_folder(test: str, config: DesignConfig, seed: int) -> Path:
    """Where the run of a test leaves what it played."""
    return FOLDER / "runs" / Run(test, config.name, "verilator", seed).id


def simulation_speed(test: str, config: DesignConfig, seed: int) -> float:
    """Run a test that measures itself; return cycles per second of processor time. Raises UserError when it fails."""
    result = execute(Run(test, config.name, "verilator", seed), FOLDER / "runs")
    if result.status != "passed":
        raise UserError(f"bench: {result.id} failed: {result.problems[0]}")
    facts = json.loads((run_folder(test, config, seed) / SPEED_FILE).read_text())
    return facts["cycles"] / facts["seconds"]


def compare(what: str, sides: Sequence[Side], reference: Side) -> list[Row]:
    """Measure all sides and the reference turn about; return a row a side, its ratio the median of the rounds' ratios."""
    speeds: dict[str, list[float]] = {side.name: [] for side in (*sides, reference)}
    for number in range(ROUNDS):
        for side in (*sides, reference):
            speeds[side.name].append(side.measure())
        seen = ", ".join(f"{name} {values[-1]:,.0f}" for name, values in speeds.items())
        print(f"{what} {number + 1}/{ROUNDS}: {seen} cycles/s", flush=True)
    bare = speeds[reference.name]
    rows = []
    for side in sides:
        ratio = statistics.median(a / b for a, b in zip(speeds[side.name], bare, strict=True))
        values = statistics.median(speeds[side.name]), statistics.median(bare)
        rows.append(Row(f"{what}: {side.name} / {reference.name}", "cycles/s", *values, ratio, side.name, reference.name))
    return rows
