# SPDX-License-Identifier: Apache-2.0
"""Tests of the decompressor."""

from __future__ import annotations

import numpy as np
import pyuvm

from models.codec import CodecParams
from models.config import GROUP
from tb.codec.base import CodecTest
from tb.codec.coverage import ErrorCoverage, MalformedCoverage, RateCoverage
from tb.codec.env import DecompressorEnv
from tb.codec.items import StreamItem, TensorItem
from tb.codec.malformed import malformed
from tb.codec.resets import ResetTest
from tb.codec.stalls import spread_profiles
from tb.codec.streams import STREAMS, stream_of
from tb.codec.tensors import distributions, group_of, mixed, random_params, tensor
from tb.codec.throughput import decompressor_bound, decompressor_schedule

_GOOD = {
    "precision_sweep": 1,
    "n_low_sweep": 1,
    "tails": 2,
    "distributions": 3,
    "switching": 6,
    "most_negative": 3,
    "singles": 24,
    "mixed": 20,
}
_MIXED = "mixed containers"
_BAD = {"wide_prefixes": 6, "bit_flips": 30}


@pyuvm.test()
class DecompressorRandom(CodecTest):
    """The good streams of every directed sequence and of random tensors, then late descriptors: every value and tkeep."""

    env_type = DecompressorEnv

    async def stimulus(self) -> None:
        await self.send(spread_profiles(self.drawn(STREAMS, _GOOD), self.context.rng("profiles")))
        await self.send(self.drawn(STREAMS, {"stall_sweep": 1}))
        rng = self.context.rng("late descriptors")
        for item in map(stream_of, distributions(rng, self.context.config, 1)):
            await self.drain()
            await self.send([item], late=int(rng.integers(4, 40)))


@pyuvm.test()
class DecompressorMalformed(CodecTest):
    """Every kind of malformed stream at every position, wide prefixes, random bit flips: what is delivered and which error."""

    env_type = DecompressorEnv

    def build_phase(self) -> None:
        super().build_phase()
        self.env.collectors = (ErrorCoverage, MalformedCoverage)

    async def stimulus(self) -> None:
        await self.send(self.drawn(STREAMS, {"malformed_sweep": 1}))
        await self.send(spread_profiles(self.drawn(STREAMS, _BAD), self.context.rng("profiles")))


@pyuvm.test()
class DecompressorThroughput(CodecTest):
    """No stalls: every group in exactly the cycle of the schedule, the last one within the contract's bound."""

    env_type = DecompressorEnv

    def build_phase(self) -> None:
        super().build_phase()
        self.env.collectors = ()
        bits = self.context.config.p
        shapes = ((0, 0), (4, 11), (bits // 2, GROUP), (bits, GROUP))
        self.alike = {f"containers of {nonzero} codes of {p} bits": (p, nonzero) for p, nonzero in shapes}
        self.rate = RateCoverage.create("rate", self)
        self.rate.block, self.rate.names = "decompressor", (*self.alike, _MIXED)

    async def stimulus(self) -> None:
        for name, shape in self.alike.items():
            await self._measure(name, self._alike(*shape))
        await self._measure(_MIXED, [self._any(index) for index in range(self.context.knob("mixed", 6))])

    async def _measure(self, name: str, items: list[TensorItem]) -> None:
        """Send tensors back to back; compare the cycles of the groups, counted from that of the first word."""
        words, groups = len(self.env.words.progress.beats), len(self.env.groups.progress.beats)
        await self.send([stream_of(item) for item in items])
        await self.drain()
        actual = np.array(self.env.groups.progress.beats[groups:]) - self.env.words.progress.beats[words]
        self.checks.equal(f"{name}: cycles of the groups", actual, decompressor_schedule(items, self.context.config))
        bound = decompressor_bound(items, self.context.config)
        self.checks.equal(f"{name}: the last group in cycle {actual[-1]}, at most {bound}", bool(actual[-1] <= bound), True)
        self.rate.write(name)

    def _alike(self, precision: int, nonzero: int) -> list[TensorItem]:
        """Return three tensors whose containers have the same length."""
        rng, engines = self.context.rng(f"{precision} {nonzero}"), self.context.config.engines
        params = CodecParams.for_design(self.context.config)
        counts = (2 * engines + 1, 3, 2 * engines + 2)
        groups = [[group_of(rng, params, precision, nonzero) for _ in range(count)] for count in counts]
        return [TensorItem(np.concatenate(part), params, "throughput") for part in groups]

    def _any(self, index: int) -> TensorItem:
        item = next(mixed(self.context.rng(f"mixed {index}"), self.context.config, 1))
        item.profile = "none"
        return item


@pyuvm.test()
class DecompressorReset(ResetTest):
    """Resets before, in and after the groups of a tensor and while a malformed one is dropped; the next tensor is whole."""

    env_type = DecompressorEnv
    block = "decompressor"
    phases = ("idle", "header", "codes", "flush", "drain")

    def victims(self, phase: str) -> list[StreamItem]:
        rng, config = self.context.rng(f"victims {self.sent}"), self.context.config
        if phase == "drain":
            bad = malformed(rng, config, "range", "first")
            bad.words = np.concatenate([bad.words, rng.integers(0, 1 << 63, 100).astype(np.uint64)])
            return [bad]
        return [stream_of(tensor(rng, random_params(rng, config), "uniform", 40 * GROUP)) for _ in range(2)]

    def survivors(self) -> list[StreamItem]:
        return [stream_of(item) for item in mixed(self.context.rng(f"survivors {self.sent}"), self.context.config, 2)]
