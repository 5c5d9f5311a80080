# SPDX-License-Identifier: Apache-2.0
"""Sequences: they send the items of tb/codec/tensors.py and tb/codec/streams.py; the random choices are all made there."""

from __future__ import annotations

from collections.abc import Iterable

from pyuvm import uvm_sequence, uvm_sequence_item, uvm_sequencer

from models.codec import CodecParams
from tb.codec.items import DescriptorItem, StreamItem, TensorItem


class ItemSequence(uvm_sequence):
    """Sends items one after the other, as fast as the driver takes them."""

    def __init__(self, items: Iterable[uvm_sequence_item]) -> None:
        super().__init__(type(self).__name__)
        self.items = items

    async def body(self) -> None:
        for item in self.items:
            await self.start_item(item)
            await self.finish_item(item)


async def send(sequencer: uvm_sequencer, items: Iterable[uvm_sequence_item]) -> None:
    """Run an ItemSequence on a sequencer; returns when the driver has taken the last item."""
    await ItemSequence(items).start(sequencer)


def descriptors(items: Iterable[TensorItem | StreamItem]) -> list[DescriptorItem]:
    """Return the descriptors that belong to tensors or streams."""
    return [DescriptorItem(*_settings(item)) for item in items]


def _settings(item: TensorItem | StreamItem) -> tuple[CodecParams, int]:
    return item.params, item.values.size if isinstance(item, TensorItem) else item.count
