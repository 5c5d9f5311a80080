# SPDX-License-Identifier: Apache-2.0
"""Long tests of the codec: as many groups as one likes through both halves, and streams that nobody meant."""

from __future__ import annotations

from collections.abc import Iterator

import cocotb
import pyuvm
from pyuvm import ConfigDB, uvm_sequence

from models.codec import CodecParams
from tb.codec.base import CodecTest
from tb.codec.env import DecompressorEnv
from tb.codec.fuzz import fuzz_stream
from tb.codec.items import StreamItem
from tb.codec.soak import SoakBatch, random_batch
from tb.codec.soak_env import SoakEnv
from tb.codec.stalls import PROFILES
from tb.common.base_test import DprTest
from tb.common.hdl_clock import read_int


class SoakSequence(uvm_sequence):
    """Random batches until `groups` have gone in; every fifth one is cut by a reset and not counted."""

    async def body(self) -> None:
        context = ConfigDB().get(None, "", "CONTEXT")
        self.rng, self.config = context.rng("soak"), context.config
        for batch in self._batches(context.knob("groups", 20_000), context.knob("tensors", 150)):
            await self.start_item(batch)
            await self.finish_item(batch)

    def _batches(self, groups: int, tensors: int) -> Iterator[SoakBatch]:
        number = 0
        while groups > 0:
            batch = random_batch(self.rng, self.config, tensors)
            number += 1
            if number % 5 == 0:
                batch.reset_after = int(self.rng.integers(3, 2 * batch.groups))
            else:
                groups -= batch.groups
            yield batch


@pyuvm.test()
class CodecSoak(DprTest):
    """Groups through the loop, under stalls and resets: every word between the halves and every group that comes out."""

    def build_phase(self) -> None:
        super().build_phase()
        self.env = SoakEnv("env", self)

    async def body(self) -> None:
        await SoakSequence("soak").start(self.env.agent.sequencer)
        self.cycles = read_int(cocotb.top.cycle)
        self.logger.info(f"{self.env.scoreboard.groups} groups came out in {self.cycles} cycles")


@pyuvm.test()
class DecompressorFuzz(CodecTest):
    """Random words, and good streams cut, extended, spliced, flipped, misread: what is delivered and which error.

    The watchdog of the base ends a test in which nothing moves any more.
    """

    env_type = DecompressorEnv

    def build_phase(self) -> None:
        super().build_phase()
        self.env.collectors = ()

    async def stimulus(self) -> None:
        await self.send([self._item(number) for number in range(self.context.knob("streams", 60))])

    def _item(self, number: int) -> StreamItem:
        rng, config = self.context.rng(f"fuzz {number}"), self.context.config
        n_low = int(rng.choice([0, rng.integers(config.p)]))
        stream = fuzz_stream(rng, CodecParams.for_design(config, bool(rng.integers(2)), n_low))
        item = StreamItem(stream.words, stream.params, stream.count, stream.kind, stream.kind)
        item.profile = str(rng.choice(list(PROFILES)))
        return item
