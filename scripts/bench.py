# SPDX-License-Identifier: Apache-2.0
"""`make bench`: speeds as ratios, both sides measured in the same run, turn about, medians quoted.

- the tile environment (pyuvm, everything scored) against a bare C++ loop over the same Verilated core and the same stimulus;
- the codec model, in megabytes of values a second.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from models.codec import CodecParams, decode, encode
from models.config import DesignConfig, load_config
from scripts.errors import UserError, run_main
from scripts.paths import BUILD, RUNS, TB, shown
from scripts.settings import parse
from scripts.sim.benches import find_test, load_benches
from scripts.sim.build import BuildOptions, build, compiler_args
from scripts.sim.run import Run, execute
from scripts.sim.tools import environment, find_verilator
from tb.tile.memory import address_bits

BENCH_FILE = BUILD / "bench.json"
SPEED_TEST = "tile_speed"
ROUNDS = 3


def build_bare(config: DesignConfig) -> Path:
    """Verilate the design's core with a C++ main, compiled as the environment's build is; return the program."""
    tool, folder = find_verilator(), BUILD / "bench" / config.name
    bench = load_benches()[find_test(SPEED_TEST).bench]
    parameters = {**config.verilog_parameters(bench.parameters), "ADDR_W": address_bits(config)}
    command = [str(tool.executable), "--cc", "--exe", "--build", "-O3", "--prefix", "Vbare", "--top-module", "dpr_core"]
    command += [*compiler_args(), "-Wno-fatal", "-Mdir", str(folder), "-o", "bare", "-j", "2"]
    command += [f"-G{name}={value}" for name, value in parameters.items()]
    command += [f"-I{path}" for path in bench.include_dirs()]
    command += [str(file) for file in bench.source_files() if "rtl" in file.parts] + [str(TB / "bench" / "bare_tile.cpp")]
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, env=environment(tool), capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"bench: the bare loop does not build:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
    return folder / "bare"


def bare_speed(program: Path, config: DesignConfig, run_dir: Path, seconds: float) -> float:
    """Run the bare loop on the stimulus that the environment left; return cycles per second."""
    mode = [int(config.detection == "static"), config.p - 1]  # as the speed test's
    arguments = [run_dir / "stim.bin", run_dir / "weights.bin", seconds, address_bits(config), *mode]
    command = [str(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"bench: the bare loop failed: {done.stderr.strip()}")
    cycles, taken = done.stdout.split()
    return int(cycles) / float(taken)


def environment_speed(run: Run) -> tuple[float, Path]:
    """Run the environment's speed test; return cycles per second and the folder of the run."""
    result = execute(run)
    if result.status != "passed":
        raise UserError(f"bench: {result.id} failed: {result.problems[0]}")
    facts = json.loads((RUNS / result.id / "speed.json").read_text())
    return facts["cycles"] / facts["seconds"], RUNS / result.id


def tile_rows(config: DesignConfig, seed: int) -> list[dict[str, Any]]:
    """Measure environment and bare loop turn about."""
    print(f"building the tile of {config.name} twice ...", flush=True)
    build(load_benches()[find_test(SPEED_TEST).bench], config, "verilator", BuildOptions())
    program = build_bare(config)
    env, bare = [], []
    for number in range(ROUNDS):
        speed, run_dir = environment_speed(Run(SPEED_TEST, config.name, "verilator", seed))
        env.append(speed)
        bare.append(bare_speed(program, config, run_dir, 3.0))
        print(f"{number + 1}/{ROUNDS} pyuvm {env[-1]:,.0f} cycles/s, bare C++ {bare[-1]:,.0f} cycles/s", flush=True)
    ratio = statistics.median(a / b for a, b in zip(env, bare, strict=True))
    return [
        {
            "name": f"tile {config.name}: pyuvm environment / bare C++ loop",
            "unit": "cycles/s",
            "value": statistics.median(env),
            "reference": statistics.median(bare),
            "ratio": ratio,
        }
    ]


def codec_rows(seed: int) -> list[dict[str, Any]]:
    """Measure the codec model on ReLU-like 16-bit values, about half of them zero."""
    rng = np.random.default_rng(seed)
    values = np.clip(rng.normal(0, 300, 1 << 20), 0, 65535).astype(np.uint16)
    rows = []
    for align in (64, 1):
        params = CodecParams(align=align)
        words = encode(values, params)
        for name, call in (
            ("encode", lambda p=params: encode(values, p)),
            ("decode", lambda p=params, w=words: decode(w, p, values.size)),
        ):
            speed = statistics.median(values.nbytes / 1e6 / _seconds(call) for _ in range(ROUNDS))
            rows.append(
                {
                    "name": f"codec model {name}, ALIGN={align}",
                    "unit": "MB/s",
                    "value": speed,
                    "reference": 20.0,
                    "ratio": speed / 20,
                }
            )
    return rows


def _seconds(call) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def main() -> int:
    """Measure, print, write build/bench.json."""
    settings = parse(sys.argv[1:], coverage=False)
    if settings.sim != "verilator":
        raise UserError(f"SIM={settings.sim}: make bench compares against a Verilator loop; use SIM=verilator")
    names = settings.configs or ("dstripes16",)
    rows = [row for name in names for row in tile_rows(load_config(name), settings.seed)] + codec_rows(settings.seed)
    BENCH_FILE.write_text(json.dumps({"seed": settings.seed, "rows": rows}, indent=1) + "\n")
    print()
    for row in rows:
        print(f"{row['name']:58} {row['value']:12,.0f} {row['unit']:9} ref {row['reference']:10,.0f} ratio {row['ratio']:.2f}")
    print(f"bench: {shown(BENCH_FILE)}")
    return 0


if __name__ == "__main__":
    run_main(main)
