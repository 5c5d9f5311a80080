# SPDX-License-Identifier: Apache-2.0
"""Tests that must not pass: they send nothing, or something that never gets a partner."""

from __future__ import annotations

import pyuvm

from models.codec import CodecParams
from tb.codec.base import CodecTest
from tb.codec.env import CompressorEnv, DecompressorEnv
from tb.codec.items import DescriptorItem
from tb.codec.sequences import send
from tb.codec.streams import STREAMS


@pyuvm.test()
class SendsNothing(CodecTest):
    """Clock and reset, no tensor: there is nothing for the scoreboard to compare."""

    env_type = CompressorEnv

    async def stimulus(self) -> None:
        self.checks.equal("something else was checked", 1, 1)


@pyuvm.test()
class DescriptorTooMany(CodecTest):
    """A good stream, then a descriptor without one."""

    env_type = DecompressorEnv

    async def stimulus(self) -> None:
        await self.send(self.drawn(STREAMS, {"singles": 1}))
        await send(self.env.descriptors.sequencer, [DescriptorItem(CodecParams.for_design(self.context.config), 1)])
