# SPDX-License-Identifier: Apache-2.0
"""A network on a chip with an off-chip memory: per-layer transfers, stalls by cause and energy (paper section 6.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.config import DesignConfig
from models.layer import ConvLayer
from models.memory.plan import Hierarchy, Repeats, need, plan
from models.memory.technologies import MemoryModelError, Technology

CAUSES = {"weights": "weight_fetch", "acts": "activation_fetch", "outputs": "output_drain"}  # a tensor's stall


@dataclass(frozen=True)
class TensorBits:
    """The bits of a layer's tensors as they travel, each once, for one input (image)."""

    weights: float
    acts: float  # its input activations
    outputs: float  # its output activations


@dataclass(frozen=True)
class MemoryLayer:
    """A layer, its computation and its tensors' size in one scheme."""

    layer: ConvLayer
    compute: float  # cycles for one input when all data is on chip
    bits: TensorBits


@dataclass(frozen=True)
class LayerStalls:
    """A layer with its transfers, for one input. Bits and clock cycles."""

    layer: str
    fully_connected: bool
    compute: float
    moved: TensorBits  # off chip, all repeats
    repeats: Repeats
    transfer: float  # cycles at peak bandwidth
    stalls: dict[str, float]  # cycles by cause

    @property
    def cycles(self) -> float:
        """Cycles with stalls."""
        return self.compute + sum(self.stalls.values())

    @property
    def bits(self) -> float:
        """Bits that cross the chip's boundary."""
        return self.moved.weights + self.moved.acts + self.moved.outputs


@dataclass(frozen=True)
class MemoryResult:
    """A network on one memory, hierarchy and scheme."""

    memory: Technology
    chip: Hierarchy
    scheme: str
    layers: tuple[LayerStalls, ...]

    @property
    def compute(self) -> float:
        """Cycles when all data is on chip (INF)."""
        return sum(each.compute for each in self.layers)

    @property
    def cycles(self) -> float:
        """Cycles with stalls."""
        return sum(each.cycles for each in self.layers)

    @property
    def bits(self) -> float:
        """Off-chip traffic in bits."""
        return sum(each.bits for each in self.layers)

    @property
    def performance(self) -> float:
        """Performance relative to INF, at most 1 (the y axis of Figs. 7 and 8)."""
        return self.compute / self.cycles

    @property
    def stalls(self) -> dict[str, float]:
        """Stall cycles by cause."""
        return {cause: sum(each.stalls[cause] for each in self.layers) for cause in CAUSES.values()}

    @property
    def prefetched(self) -> float:
        """Cycles if transfers could be spread over the whole network: a bound from below."""
        return max(self.compute, sum(each.transfer for each in self.layers))

    @property
    def energy(self) -> float | None:
        """Off-chip energy in joules; None when no source gives the memory's energy of a bit."""
        return None if self.memory.energy_pj_per_bit is None else self.memory.energy(self.bits)


def network_stalls(
    layers: Sequence[MemoryLayer], config: DesignConfig, memory: Technology, chip: Hierarchy, scheme: str
) -> MemoryResult:
    """Return a network's layers with their stalls, one input at a time.

    layers: in the order in which they run; scheme: what made their bits, for the result. Computation and transfers of a
    layer overlap (double buffering), so a layer stalls for what its transfers take longer; the stall is shared out to the
    causes by their bits. Raises MemoryModelError when there is no layer.
    """
    if not layers:
        raise MemoryModelError("no layer to run: name a network that has some")
    needs = [need(each.layer, config, chip.tiles) for each in layers]
    repeats = plan(needs, chip, [(each.bits.weights, each.bits.acts) for each in layers])
    found = tuple(_layer(each, often, memory) for each, often in zip(layers, repeats, strict=True))
    return MemoryResult(memory, chip, scheme, found)


def _layer(entry: MemoryLayer, often: Repeats, memory: Technology) -> LayerStalls:
    moved = TensorBits(entry.bits.weights * often.weights, entry.bits.acts * often.acts, entry.bits.outputs * often.outputs)
    bits = moved.weights + moved.acts + moved.outputs
    transfer = bits / memory.bits_per_cycle
    stall = max(0.0, transfer - entry.compute)
    stalls = {cause: stall * getattr(moved, tensor) / bits if bits else 0.0 for tensor, cause in CAUSES.items()}
    return LayerStalls(entry.layer.name, entry.layer.fully_connected, entry.compute, moved, often, transfer, stalls)


def part(result: MemoryResult, *, fully_connected: bool) -> MemoryResult | None:
    """Return the convolutions of a result, or its fully connected layers; None when it has none of them."""
    layers = tuple(each for each in result.layers if each.fully_connected == fully_connected)
    return MemoryResult(result.memory, result.chip, result.scheme, layers) if layers else None


def geometric_mean(values: Iterable[float]) -> float:
    """Return the geometric mean of positive values, as the paper averages over networks."""
    found = list(values)
    product = 1.0
    for value in found:
        product *= value ** (1 / len(found))
    return product
