# SPDX-License-Identifier: Apache-2.0
"""The precisions of one layer's activations and weights: static, per input, per group and per value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from models.config import GROUP
from models.layer import ConvLayer
from models.precision import group_precision, magnitude, precision_of_or
from models.statistics.distribution import Distribution, total
from models.statistics.groups import act_bricks, act_groups, position_uses, weight_groups
from models.traces import Format, TraceLayer

GROUP_SIZES = (16, 32, 64, 128, 256)  # values; those of Fig. 1


@dataclass(frozen=True)
class TensorStatistics:
    """The precisions of the activations, or of the weights, of a layer. Bits, the sign included."""

    form: Format
    static: int  # for all values of all inputs
    dynamic: tuple[int, ...]  # for all values of an input, one entry an input; of stored weights a single one
    values: Distribution  # of each value on its own
    groups: dict[int, Distribution]  # by the size of a group

    def reduction(self, distribution: Distribution) -> float:
        """Return the part of the profile's bits that a distribution spares (Tables 1 and 2: Reduction)."""
        return 1 - distribution.mean / self.form.precision


@dataclass(frozen=True)
class LayerStatistics:
    """One layer. Work: bits of an activation times bits of a weight, summed over all products of all inputs."""

    name: str
    kind: str
    macs: int  # products of an input
    acts: TensorStatistics
    weights: TensorStatistics
    product_bits: int  # the work when each value has its own precision
    products: int  # those of all inputs whose activation is not padding


def _measured(
    form: Format, values: Iterable[Distribution], dynamic: Sequence[int], groups: dict[int, list[Distribution]]
) -> TensorStatistics:
    by_size = {size: total(found) for size, found in groups.items()}
    return TensorStatistics(form, max(dynamic), tuple(dynamic), total(list(values)), by_size)


def _layer_precision(values: np.ndarray, form: Format) -> int:
    return int(group_precision(values.reshape(1, -1), form.bits, form.signed, form.n_low)[0])


def _act_statistics(entry: TraceLayer, sizes: Sequence[int]) -> TensorStatistics:
    layer, form = entry.layer, entry.act_format
    settings = (form.bits, form.signed, form.n_low)
    uses, values, dynamic = position_uses(layer)[:, :, None], [], []
    groups: dict[int, list[Distribution]] = {size: [] for size in sizes}
    for index in range(entry.inputs):
        acts = entry.acts_of(index)
        values.append(Distribution.of(magnitude(acts), uses, *settings))
        dynamic.append(_layer_precision(acts, form))
        bricks = act_bricks(acts, layer)
        for size in sizes:
            groups[size].append(Distribution.of(*act_groups(bricks, layer, size), *settings))
    return _measured(form, values, dynamic, groups)


def _weight_statistics(entry: TraceLayer, sizes: Sequence[int]) -> TensorStatistics:
    form = entry.weight_format
    settings = (form.bits, form.signed, form.n_low)
    tensors = [entry.weights] if entry.weights.ndim == 4 else list(entry.weights)
    groups = {
        size: [Distribution.of(weight_groups(each, entry.layer, size), None, *settings) for each in tensors] for size in sizes
    }
    values = [Distribution.of(magnitude(each), None, *settings) for each in tensors]
    return _measured(form, values, [_layer_precision(each, form) for each in tensors], groups)


def _value_precisions(values: np.ndarray, form: Format) -> np.ndarray:
    return precision_of_or(magnitude(values), form.bits, form.signed, form.n_low)


def _window_sums(values: np.ndarray, layer: ConvLayer) -> np.ndarray:
    """Return the sum over all windows of values [H, W, C] at each position of the filter: [R * S, C]."""
    padded = np.pad(values, [(layer.pad, layer.pad), (layer.pad, layer.pad), (0, 0)])
    stride, sums = layer.stride, []
    for r in range(layer.R):
        for s in range(layer.S):
            read = padded[r : r + stride * layer.Ho : stride, s : s + stride * layer.Wo : stride]
            sums.append(read.sum(axis=(0, 1)))
    return np.array(sums)


def _product_bits(entry: TraceLayer) -> tuple[int, int]:
    """Return (bits of activation x bits of weight over all products, products that are not of the padding)."""
    layer, bits, products = entry.layer, 0, 0
    inside = int(position_uses(layer).sum()) * layer.C * layer.group_filters
    for index in range(entry.inputs):
        acts = _window_sums(_value_precisions(entry.acts_of(index), entry.act_format), layer)
        weights = _value_precisions(entry.weights_of(index), entry.weight_format)
        weights = weights.reshape(layer.groups, layer.group_filters, -1, layer.group_channels).sum(axis=1)
        weights = weights.transpose(1, 0, 2).reshape(layer.R * layer.S, layer.C)
        bits += int((acts * weights).sum())
        products += inside
    return bits, products


def check_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    """Return the group sizes, sorted. Raises ValueError unless each is a positive multiple of 16."""
    for size in sizes:
        if size < GROUP or size % GROUP:
            raise ValueError(f"group size {size}: must be a positive multiple of {GROUP}")
    return tuple(sorted(set(sizes)))


def layer_statistics(entry: TraceLayer, sizes: Sequence[int] = GROUP_SIZES) -> LayerStatistics:
    """Return the statistics of a layer of a trace for groups of `sizes` values (multiples of 16).

    Activations count as often as windows read them, weights once each: all of a layer's are used alike. Values are taken
    as the hardware takes them, without the bits below n_L. Raises ValueError for a group size that is no multiple of 16.
    """
    sizes = check_sizes(sizes)
    return LayerStatistics(
        entry.name,
        entry.kind,
        entry.layer.macs,
        _act_statistics(entry, sizes),
        _weight_statistics(entry, sizes),
        *_product_bits(entry),
    )
