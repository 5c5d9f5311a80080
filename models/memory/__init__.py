# SPDX-License-Identifier: Apache-2.0
"""Off-chip memories and what they cost a network: traffic, stalls, energy (paper sections 4 and 6.4; docs/memory.md)."""

from models.memory.onchip import OnChipReads, on_chip_reads
from models.memory.plan import Hierarchy, Need, Repeats, need, plan
from models.memory.stalls import (
    CAUSES,
    LayerStalls,
    MemoryLayer,
    MemoryResult,
    TensorBits,
    geometric_mean,
    network_stalls,
    part,
)
from models.memory.technologies import CLOCK_HZ, PAPER_MEMORIES, MemoryModelError, Technology, load_technology, technologies

__all__ = [
    "CAUSES",
    "CLOCK_HZ",
    "PAPER_MEMORIES",
    "Hierarchy",
    "LayerStalls",
    "MemoryLayer",
    "MemoryModelError",
    "MemoryResult",
    "Need",
    "OnChipReads",
    "Repeats",
    "Technology",
    "TensorBits",
    "geometric_mean",
    "load_technology",
    "need",
    "network_stalls",
    "on_chip_reads",
    "part",
    "plan",
    "technologies",
]
