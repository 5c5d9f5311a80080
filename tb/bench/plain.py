# SPDX-License-Identifier: Apache-2.0
"""The benches that play batches, driven by plain cocotb: one batch again and again, nothing scored, no pyuvm.

What it adds to the bare C++ loop is the price of the bench and of cocotb; what pyuvm adds to it, that of being scored.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import cocotb
from cocotb.triggers import Timer

from tb.bench.speed import relu_batch, stopwatch, write_speed
from tb.codec.soak import SoakBatch
from tb.common.context import RunContext
from tb.common.forking import CHECKS_FILE
from tb.common.hdl_clock import CLOCK_NS, falling_edge, read_int, wait_done
from tb.tile.items import ALWAYS, LayerMode, Steps
from tb.tile.pallets import PalletShape, make_pallets, random_bank
from tb.tile.trace import ready_bytes, stimulus_bytes

_WATCHDOG_CYCLES = 1_000_000


@dataclass
class _Verdict:
    """Plain cocotb has no base test: whatever came out is at least counted."""

    context: RunContext
    checks: int = 0
    problems: tuple[str, ...] = ()

    def expect(self, what: str, actual: int, expected: int) -> None:
        """Compare a count."""
        self.checks += 1
        if actual != expected:
            self.problems += (f"{what}: {actual}, expected {expected}",)

    def write(self, cycles: int) -> None:
        """Leave the verdict where the runner looks for it. Raises AssertionError when something was wrong."""
        facts = {"checks": self.checks, "problems": list(self.problems), "cycles": cycles}
        (self.context.run_dir / CHECKS_FILE).write_text(json.dumps(facts))
        assert not self.problems, self.problems[0]


async def _start() -> None:
    """Reset."""
    cocotb.top.rst.value = 1
    cocotb.top.go.value = 0
    await Timer(4 * CLOCK_NS, "ns")
    await falling_edge()
    cocotb.top.rst.value = 0


async def _play(verdict: _Verdict, settings: dict[str, int], batches: int, once: dict[str, int]) -> tuple[int, list[float]]:
    """Play the files `batches` times; return the cycles and the processor time. once: settings of the first time."""
    seconds: list[float] = []
    await _start()
    for name, value in (settings | once).items():
        getattr(cocotb.top, name).value = value
    with stopwatch(seconds):
        for go in range(1, batches + 1):
            await falling_edge()
            for name in once:
                getattr(cocotb.top, name).value = int(go == 1)
            cocotb.top.go.value = go
            ended = await wait_done(cocotb.top.done, go, _WATCHDOG_CYCLES)
            verdict.expect(f"batch {go} ended", int(ended), 1)
        cycles = read_int(cocotb.top.cycle)
    return cycles, seconds


def _steps(context: RunContext, mode: LayerMode) -> tuple[Steps, bytes]:
    """Return a batch as the environment's speed test has it, and its weights."""
    rng, config = context.rng("SpeedSequence"), context.config
    bank = random_bank(rng, config, mode)
    shapes = [PalletShape(18, "relu_like", False, 0)] * context.knob("pallets", 56)
    return make_pallets(rng, config, shapes, "none", mode, bank), bank.memory.file_bytes(config)


@cocotb.test()
async def plain_tile(_: object) -> None:
    """Long batches on the core."""
    context = RunContext.from_environment()
    config, folder, batches = context.config, context.run_dir, context.knob("batches", 40)
    mode = LayerMode(static=config.detection == "static", n_high=config.p - 1)
    steps, weights = _steps(context, mode)
    (folder / "stim.bin").write_bytes(stimulus_bytes(steps, config.p))
    (folder / "ready.bin").write_bytes(ready_bytes(ALWAYS))
    (folder / "weights.bin").write_bytes(weights)
    settings = {"records": len(steps), "first_word": 0, "cfg_static": int(mode.static), "cfg_n_h": mode.n_high}
    settings |= {"cfg_serial": 0, "cfg_pool": 0, "cfg_slices": 1}
    verdict = _Verdict(context)
    cycles, seconds = await _play(verdict, settings, batches, {"new_weights": 1})
    column = 4 * (2 + -(-config.rows * config.acc_w // 32))  # bytes of sums.bin
    expected = batches * int(steps.last.sum()) * config.cols
    verdict.expect("columns", (folder / "sums.bin").stat().st_size // column, expected)
    write_speed(folder, cycles, seconds)
    verdict.write(cycles)


@cocotb.test()
async def plain_codec(_: object) -> None:
    """ReLU-like tensors through compressor and decompressor."""
    context = RunContext.from_environment()
    config, folder, batches = context.config, context.run_dir, context.knob("batches", 10)
    batch: SoakBatch = relu_batch(context.rng("speed"), config, context.knob("tensors", 100))
    (folder / "groups.bin").write_bytes(batch.group_bytes(config))
    (folder / "descriptors.bin").write_bytes(batch.descriptor_bytes())
    settings = {"groups": batch.groups, "tensors": len(batch.tensors), "seed": batch.seed}
    settings |= dict.fromkeys(("stall_in", "stall_desc", "stall_out", "bursts"), 0)
    verdict = _Verdict(context)
    cycles, seconds = await _play(verdict, settings, batches, {})
    beat = 4 * (2 + 16 * config.p // 32)  # bytes of out.bin
    verdict.expect("groups", (folder / "out.bin").stat().st_size // beat, batches * batch.groups)
    verdict.expect("broken beats", read_int(cocotb.top.broken), 0)
    write_speed(folder, cycles, seconds)
    verdict.write(cycles)
