# SPDX-License-Identifier: Apache-2.0
"""The layers of a trace that the bench of a core can play whole: which they are, and why the others are not.

A batch is a whole layer, so that its cycles are those of the contract; what limits it are the memory of the bench, its
words of weights, and patience.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.config import DesignConfig
from models.cycles import LayerCycles, layer_cycles_of
from models.cycles.from_tensors import tensor_row
from models.layer import LayerError
from models.tile_shape import is_serial, tile_shape
from models.traces import Trace, TraceLayer, load_trace, network_trace
from models.weight_memory import serial_weights, weight_precisions
from tb.tile.items import LayerItem
from tb.tile.memory import address_bits, weight_columns

MOST_CYCLES = 600_000  # of a layer: some ten seconds of simulation
MOST_VALUES = 12 << 20  # activations of all steps, which the bench's files and the scoreboard hold at once
DEFAULT_NETWORK = "digits"


class TooLargeError(ValueError):
    """A layer that the bench does not play; the message says what there is too much of."""


@dataclass(frozen=True)
class Chosen:
    """The items of a layer, one an input, or why there are none."""

    layer: TraceLayer
    items: tuple[LayerItem, ...]
    reason: str = ""


def trace_from_environment() -> Trace:
    """Return the trace in the folder DPR_NET, which the runner sets; without one the stored network's."""
    folder = os.environ.get("DPR_NET", "")
    return load_trace(Path(folder)) if folder else network_trace(DEFAULT_NETWORK)


def trace_item(entry: TraceLayer, index: int, config: DesignConfig) -> LayerItem:
    """Return a layer with the operands of one input. Raises LayerError when the design's operands are too narrow."""
    for what, form in (("activations", entry.act_format), ("weights", entry.weight_format)):
        if form.bits > config.p:
            raise LayerError(
                f"layer {entry.name!r} on {config.name!r}: {what} of {form.bits} bits, the design takes {config.p}"
            )
    form, weights = entry.act_format, np.asarray(entry.weights_of(index))
    if not entry.weight_format.signed and weights.max(initial=0) >= 1 << (config.p - 1):
        raise LayerError(f"layer {entry.name!r} on {config.name!r}: weights are unsigned and need the sign's bit")
    n_high = form.n_high if config.detection == "static" else None
    profile = {"signed": form.signed, "n_low": form.n_low, "n_high": n_high}
    if config.design == "trt" and is_serial(entry.layer, config):  # the weights are stored for all inputs of the trace
        profile["slices"] = tensor_row(entry, config, config.name, "dynamic").slices
    return LayerItem(entry.layer, entry.acts_of(index).astype(np.int64), weights.astype(np.int64), **profile)


def weight_words(item: LayerItem, config: DesignConfig, cycles: LayerCycles) -> int:
    """Return the words of weights that the layer takes in the bench's memory."""
    serial = is_serial(item.layer, config)
    if not serial_weights(config, serial):
        return cycles.passes * cycles.steps
    precisions = np.maximum(weight_precisions(item.layer, config, item.weights, serial, cycles.slices), 1)
    planes = precisions if config.design == "loom" else -(-precisions // config.bits_per_cycle)
    return int(planes.sum()) * (weight_columns(config, serial) if config.design == "loom" else 1)


def check_size(item: LayerItem, config: DesignConfig) -> None:
    """Raise TooLargeError when the bench does not play the layer whole."""
    shape = tile_shape(item.layer, config, is_serial(item.layer, config))
    values = shape.all_steps * config.cols * config.lanes
    if values > MOST_VALUES:
        raise TooLargeError(f"{values:,} activations of steps: the bench holds {MOST_VALUES:,}")
    profile = {"signed": item.signed, "n_low": item.n_low, "n_high": item.n_high, "slices": item.slices}
    cycles = layer_cycles_of(item.layer, config, item.acts, item.weights, **profile)
    if cycles.cycles > MOST_CYCLES:
        raise TooLargeError(f"{cycles.cycles:,} cycles: the bench runs layers of up to {MOST_CYCLES:,}")
    words, most = weight_words(item, config, cycles), 1 << address_bits(config)
    if words > most:
        raise TooLargeError(f"{words:,} words of weights: the bench holds {most:,}")


def choose(trace: Trace, config: DesignConfig, inputs: int) -> Iterator[Chosen]:
    """Yield every layer of the trace with the items of its first `inputs` inputs, or with why the bench cannot play it."""
    for entry in trace.layers:
        try:
            items = []
            for index in range(min(inputs, trace.inputs)):
                items.append(trace_item(entry, index, config))
                check_size(items[-1], config)
            yield Chosen(entry, tuple(items))
        except (LayerError, TooLargeError) as error:
            yield Chosen(entry, (), str(error))
