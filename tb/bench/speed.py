# SPDX-License-Identifier: Apache-2.0
"""Tests that measure themselves for `make bench`: processor time, so that what else runs on the machine does not count."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cocotb
import numpy as np
import pyuvm
from pyuvm import ConfigDB, uvm_sequence

from models.codec import CodecParams
from models.config import GROUP, DesignConfig
from tb.codec.base import CodecTest
from tb.codec.env import LoopEnv
from tb.codec.items import TensorItem
from tb.codec.soak import STALLS, SoakBatch
from tb.codec.soak_env import SoakEnv
from tb.codec.tensors import tensor
from tb.common.base_test import DprTest
from tb.common.hdl_clock import read_int
from tb.tile.sequences import SpeedSequence
from tb.tile.test_tile import TileTest

_SPEED_FILE = "speed.json"
_TENSOR_GROUPS = 64


@contextmanager
def stopwatch(seconds: list[float]) -> Iterator[None]:
    """Append the processor time of the block."""
    begin = time.process_time()
    yield
    seconds.append(time.process_time() - begin)


def write_speed(folder: Path, cycles: int, seconds: list[float]) -> None:
    """Leave the speed where scripts/bench/measure.py looks for it."""
    (folder / _SPEED_FILE).write_text(json.dumps({"cycles": cycles, "seconds": sum(seconds)}))


def relu_batch(rng: np.random.Generator, config: DesignConfig, tensors: int) -> SoakBatch:
    """Return tensors of 64 ReLU-like groups, played without a stall: what a network keeps a codec busy with."""
    params = CodecParams.for_design(config)
    items = [tensor(rng, params, "relu_like", _TENSOR_GROUPS * GROUP) for _ in range(tensors)]
    return SoakBatch(items, STALLS["none"], 1)


@pyuvm.test()
class TileSpeed(TileTest):
    """The whole tile environment on long batches."""

    sequence = SpeedSequence

    async def body(self) -> None:
        seconds: list[float] = []
        with stopwatch(seconds):
            await super().body()
        write_speed(self.context.run_dir, self.cycles, seconds)


class CodecSpeedSequence(uvm_sequence):
    """ReLU-like batches."""

    async def body(self) -> None:
        context = ConfigDB().get(None, "", "CONTEXT")
        rng = context.rng("speed")
        for _ in range(context.knob("batches", 10)):
            batch = relu_batch(rng, context.config, context.knob("tensors", 100))
            await self.start_item(batch)
            await self.finish_item(batch)


@pyuvm.test()
class CodecSpeed(DprTest):
    """The codec's environment that plays batches."""

    def build_phase(self) -> None:
        super().build_phase()
        self.env = SoakEnv("env", self)

    async def body(self) -> None:
        seconds: list[float] = []
        with stopwatch(seconds):
            await CodecSpeedSequence("speed").start(self.env.agent.sequencer)
        self.cycles = read_int(cocotb.top.cycle)
        write_speed(self.context.run_dir, self.cycles, seconds)


@pyuvm.test()
class CodecSpeedCycles(CodecTest):
    """The codec's environment that drives and checks every cycle from Python."""

    env_type = LoopEnv

    def build_phase(self) -> None:
        super().build_phase()
        self.env.collectors = ()
        self.seconds: list[float] = []

    async def stimulus(self) -> None:
        rng, params = self.context.rng("speed"), CodecParams.for_design(self.context.config)
        items: list[TensorItem] = [
            tensor(rng, params, "relu_like", _TENSOR_GROUPS * GROUP) for _ in range(self.context.knob("tensors", 10))
        ]
        with stopwatch(self.seconds):
            await self.send(items)
            await self.drain()
        write_speed(self.context.run_dir, self.env.agents[0].checker.cycle, self.seconds)
