# SPDX-License-Identifier: Apache-2.0
"""The timeline of docs/blocks/layer.md: a small convolution on the engine. `python -m tests.docs.waves.timeline` prints it."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.codec import CodecParams, encode
from models.config import load_config
from models.cycles import ConvCycles, convolution_cycles
from models.layer import ConvLayer
from models.layer_registers import REGISTERS, LayerFormats, layer_registers
from tests.docs.waves.render import parse
from tests.docs.waves.simulate import CONFIG, simulate

LAYER = ConvLayer("timeline", C=16, H=4, W=4, K=16, R=2, S=2)
_NAMES = {
    "compute_start": "compute_start",
    "lay_out": "the first pallet's windows are laid out, a column a cycle",
    "am_read": "the sequencer names a step's bricks and the activation memory reads them",
    "dispatcher_takes": "the dispatcher's stage A takes a step",
    "step_starts": "a step enters stage B, its precision known",
    "plane_leaves": "a bit plane leaves stage B",
    "column": "a column of sums leaves the reducer",
    "brick_written": "a brick of outputs is written",
    "done": "the last column has passed the output unit",
    "idle": "compute_busy is 0",
}


@dataclass(frozen=True)
class Timeline:
    """A compute phase: first and last cycle of each kind of event, the engine's counters, the model's cycles."""

    events: dict[str, tuple[int, int]]
    counters: dict[str, int]
    model: ConvCycles

    def text(self) -> str:
        """As the page shows it."""
        lines = [
            f"{f'{first} to {last}' if last > first else first!s:<9} {_NAMES[name]}"
            for name, (first, last) in self.events.items()
        ]
        return "\n".join(lines + [f"{name} = {value}" for name, value in self.counters.items()])


def _write_hex(path: Path, words: np.ndarray, digits: int) -> int:
    path.write_text("".join(f"{int(word):0{digits}x}\n" for word in words))
    return len(words)


def run_timeline(folder: Path) -> Timeline:
    """Run LAYER with the activations 0 to 15, one a brick, and weights of 1; `folder` takes the files."""
    config = load_config(CONFIG)
    acts = np.zeros((LAYER.H, LAYER.W, LAYER.C), np.int64)
    acts[..., 0] = np.arange(16).reshape(4, 4)
    weights = np.ones(LAYER.K * LAYER.products, np.int64)
    registers = layer_registers(LAYER, config, LayerFormats())
    _write_hex(folder / "registers.hex", np.array([registers[name] for name in REGISTERS] + [0] * LAYER.K), 8)
    parameters = {
        "COLS": config.cols,
        "WEIGHTS": _write_hex(folder / "weights.hex", encode(weights, CodecParams.for_design(config, signed=True)), 16),
        "ACTS": _write_hex(folder / "acts.hex", encode(acts.ravel(), CodecParams.for_design(config, signed=False)), 16),
        "COUNT_W": weights.size,
        "COUNT_A": acts.size,
    }
    output = simulate("layer", folder, parameters)
    events: dict[str, tuple[int, int]] = {}
    for line in output.splitlines():
        if line.startswith("event "):
            _, cycle, name = line.split()
            events[name] = (events.get(name, (int(cycle), 0))[0], int(cycle))
    counters = {key: int(value) for key, value in parse(output, "counters")[0].items()}
    return Timeline(events, counters, convolution_cycles(acts, LAYER, config, n_high=3))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        print(run_timeline(Path(made)).text())
    sys.exit(0)
