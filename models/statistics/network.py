# SPDX-License-Identifier: Apache-2.0
"""The precisions of a network: means over its layers, weighted by the products in which values are used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from models.statistics.layers import GROUP_SIZES, LayerStatistics, TensorStatistics, check_sizes, layer_statistics
from models.traces import Trace

TENSORS = ("acts", "weights")
Tensor = Callable[[TensorStatistics], float]


@dataclass(frozen=True)
class NetworkStatistics:
    """All layers of a trace. A mean over layers is weighted by their products (paper: "weighted by use")."""

    name: str
    source: str
    inputs: int
    sizes: tuple[int, ...]
    layers: tuple[LayerStatistics, ...]

    def mean(self, what: str, bits: Tensor) -> float:
        """Return the mean over layers of what `bits` says of the tensor `what`, "acts" or "weights"."""
        return sum(layer.macs * bits(getattr(layer, what)) for layer in self.layers) / sum(layer.macs for layer in self.layers)

    def profile(self, what: str) -> float:
        """Return the mean profile precision, bits (Fig. 1e)."""
        return self.mean(what, lambda tensor: tensor.form.precision)

    def per_group(self, what: str, size: int) -> float:
        """Return the mean effective precision of groups of `size`, bits (Tables 1 and 2)."""
        return self.mean(what, lambda tensor: tensor.groups[size].mean)

    def per_value(self, what: str) -> float:
        """Return the mean precision of values on their own, bits (Fig. 1e)."""
        return self.mean(what, lambda tensor: tensor.values.mean)

    def per_input(self, what: str) -> float:
        """Return the mean precision of a whole layer for one input, bits."""
        return self.mean(what, lambda tensor: sum(tensor.dynamic) / len(tensor.dynamic))

    def low_gain(self, what: str, size: int) -> float:
        """Return the part of the bits that a dynamic n_L of groups of `size` would spare."""
        spared = self.mean(what, lambda tensor: tensor.groups[size].spared / tensor.groups[size].uses)
        return spared / self.per_group(what, size) if spared else 0.0

    @property
    def both(self) -> float:
        """Part of the profiles' work, bits of activation x bits of weight, that precisions per value leave out."""
        left = sum(layer.macs * layer.product_bits / layer.products for layer in self.layers)
        full = sum(layer.macs * layer.acts.form.precision * layer.weights.form.precision for layer in self.layers)
        return 1 - left / full


def network_statistics(
    trace: Trace, sizes: Sequence[int] = GROUP_SIZES, layer: str | None = None, report: Callable[[int, int], None] | None = None
) -> NetworkStatistics:
    """Return the statistics of all layers of a trace, or of the one called `layer`.

    sizes: of groups, multiples of 16. report: is told (layers done, layers) after each of them. Raises TraceError when
    there is no such layer, ValueError for a size.
    """
    sizes = check_sizes(sizes)
    entries = trace.layers if layer is None else (trace.layer(layer),)

    def measured() -> Iterator[LayerStatistics]:
        for done, entry in enumerate(entries, 1):
            yield layer_statistics(entry, sizes)
            if report:
                report(done, len(entries))

    return NetworkStatistics(trace.name, trace.source, trace.inputs, sizes, tuple(measured()))
