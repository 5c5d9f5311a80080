# SPDX-License-Identifier: Apache-2.0
"""Tests of the compressor."""

from __future__ import annotations

import numpy as np
import pyuvm

from models.config import GROUP, DesignConfig
from tb.codec.base import CodecTest
from tb.codec.coverage import RateCoverage
from tb.codec.env import CompressorEnv
from tb.codec.items import TensorItem
from tb.codec.resets import ResetTest
from tb.codec.stalls import spread_profiles
from tb.codec.tensors import STIMULI, mixed, random_params, tensor
from tb.codec.throughput import compressor_schedule

_AMOUNTS = {
    "precision_sweep": 1,
    "n_low_sweep": 1,
    "tails": 2,
    "distributions": 3,
    "switching": 8,
    "most_negative": 4,
    "singles": 24,
    "mixed": 30,
}
_MEASURED = ("all_zero", "short", "uniform", "alternation", "sparse")


@pyuvm.test()
class CompressorRandom(CodecTest):
    """Every directed sequence, then random tensors, each under its own stalls: every bit of every word."""

    env_type = CompressorEnv

    async def stimulus(self) -> None:
        await self.send(spread_profiles(self.drawn(STIMULI, _AMOUNTS), self.context.rng("profiles")))
        await self.send(self.drawn(STIMULI, {"stall_sweep": 1}))


@pyuvm.test()
class CompressorThroughput(CodecTest):
    """No stalls: every word in exactly the cycle of the schedule, for short, long and mixed containers."""

    env_type = CompressorEnv

    def build_phase(self) -> None:
        super().build_phase()
        self.env.collectors = ()
        self.rate = RateCoverage.create("rate", self)
        self.rate.block, self.rate.names = "compressor", _MEASURED

    async def stimulus(self) -> None:
        for name in _MEASURED:
            items = _long_tensors(self.context.rng(name), self.context.config, name, self.context.knob("groups", 24))
            before = len(self.env.words.progress.beats), len(self.env.groups.progress.beats)
            await self.send(items)
            await self.drain()
            words, groups = self.env.words.progress.beats[before[0] :], self.env.groups.progress.beats[before[1] :]
            actual = np.array(words) - groups[0]
            self.checks.equal(f"{name}: cycles of the words", actual, compressor_schedule(items))
            self.rate.write(name)


def _long_tensors(rng: np.random.Generator, config: DesignConfig, distribution: str, groups: int) -> list[TensorItem]:
    """Return three tensors, the last one with a tail, to be sent back to back."""
    counts = (groups * GROUP, 2 * groups * GROUP, groups * GROUP + int(rng.integers(1, GROUP)))
    return [tensor(rng, random_params(rng, config), distribution, count) for count in counts]


@pyuvm.test()
class CompressorReset(ResetTest):
    """Resets before, in and after the words of a tensor; the next tensor is whole."""

    env_type = CompressorEnv
    block = "compressor"

    def victims(self, phase: str) -> list[TensorItem]:
        rng = self.context.rng(f"victims {self.sent}")
        return [tensor(rng, random_params(rng, self.context.config), "uniform", 12 * GROUP) for _ in range(2)]

    def survivors(self) -> list[TensorItem]:
        return list(mixed(self.context.rng(f"survivors {self.sent}"), self.context.config, 2))
