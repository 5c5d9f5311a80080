# SPDX-License-Identifier: Apache-2.0
"""The waves of docs/blocks, simulated with Icarus. `python -m tests.docs.waves.simulate [NAME ...]` prints them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

from models.config import load_config
from models.layer import ConvLayer
from models.layer_registers import LayerFormats, layer_registers
from tests.docs.waves.render import WIDTH, parse, render

ROOT = Path(__file__).resolve().parents[3]
BENCHES = Path(__file__).parent
RTL_FOLDERS = ("common", "precision", "codec", "tile", "base", "dstripes", "trt", "loom", "core", "layer")
WAVES = tomllib.loads((BENCHES / "waves.toml").read_text())
SEQUENCED = ConvLayer("wave", C=16, H=3, W=4, K=16, R=2, S=2)  # the layer of the window sequencer's wave
CONFIG = "narrow16"


def simulate(
    name: str, folder: Path, parameters: Mapping[str, int] | None = None, plusargs: Mapping[str, int] | None = None
) -> str:
    """Build wave_NAME.v with the RTL in `folder`, run it there, return what it prints."""
    top, program = f"wave_{name}", folder / f"{name}.vvp"
    libraries = [word for part in RTL_FOLDERS for word in ("-y", f"{ROOT}/rtl/{part}", "-I", f"{ROOT}/rtl/{part}")]
    values = [f"-P{top}.{key}={value}" for key, value in (parameters or {}).items()]
    command = ["iverilog", "-g2005", "-Wall", "-Wno-timescale", "-s", top, *libraries, *values, "-o", str(program)]
    built = subprocess.run([*command, str(BENCHES / f"{top}.v")], capture_output=True, text=True, check=False)
    if built.returncode or built.stderr:
        raise RuntimeError(f"{top} does not build: {built.stderr}")
    words = [f"+{key}={value}" for key, value in (plusargs or {}).items()]
    done = subprocess.run(
        ["vvp", "-n", str(program), *words], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def wave(name: str, folder: Path) -> str:
    """Simulate and draw one wave."""
    registers = layer_registers(SEQUENCED, load_config(CONFIG), LayerFormats()) if name == "window_sequencer" else {}
    drawing = WAVES[name]
    cycles = parse(simulate(drawing.get("bench", name), folder, drawing.get("parameters"), registers))
    return render(cycles[: drawing["cycles"]], drawing["rows"], drawing.get("width", WIDTH))


def main() -> int:
    """Print the waves that are named, or all of them."""
    for name in sys.argv[1:] or WAVES:
        with tempfile.TemporaryDirectory() as folder:
            print(f"{name}\n{wave(name, Path(folder))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
