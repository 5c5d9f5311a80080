# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the layer engine, sampled once a layer that came through, broke or was cut by a reset.

Names: layer.<design>.p<P>.<point>; what depends on more of the configuration has it in its name (columns, memories). What
can be reached is in tb/layer/reach.py. The tile's own points are sampled beside these, by the passive tile coverage.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pyuvm import ConfigDB, uvm_subscriber

from models.codec import CodecParams, decode_prefix, encode_groups
from models.config import GROUP, DesignConfig
from models.convolution import accumulate
from models.layer_layout import input_bricks
from models.layer_registers import output_bricks
from models.tile_shape import is_serial, tile_shape
from tb.common.cover import Sample, labelled, once
from tb.layer import reach
from tb.layer.broken import broken_bins
from tb.layer.items import LayerItem
from tb.layer.scoreboard import output_params

_SIGNS = ("unsigned", "signed")
_N_LOW = ("0", "low", "high")


class Collector(uvm_subscriber):
    """Samples finished items. A test chooses its collectors: each one's points are those that the test has to fill."""

    def build_phase(self) -> None:
        self.config: DesignConfig = ConfigDB().get(self, "", "CONTEXT").config
        self.group = f"layer.{reach.design_name(self.config)}.p{self.config.p}"
        self.make_points()

    def make_points(self) -> None:
        """Create the sampling functions."""
        raise NotImplementedError

    def point(self, name: str, bins: object) -> Sample:
        """Return the sampling function of a point of this design and P."""
        return once(labelled(f"{self.group}.{name}", bins))

    def write(self, tt: LayerItem) -> None:
        """Sample one item."""
        raise NotImplementedError


def finished(item: LayerItem) -> bool:
    """Whether a layer ran from its load to its store."""
    return item.result is not None and item.broken is None


class LayerCoverage(Collector):
    """What layers were like: kind, window, channels, filters, windows, the output stage, formats, streams, containers."""

    def make_points(self) -> None:
        config, kinds = self.config, reach.kinds(self.config)
        self.kind = self.point("kind_gaps", [f"{kind}, {gaps}" for kind in kinds for gaps in ("no gaps", "gaps")])
        self.window = self.point("stride_pad_kernel", reach.window_bins())
        self.channels = self.point("channels", [f"{kind}, {name}" for kind in kinds for name in reach.CHANNELS])
        self.filters = self.point("filters", reach.filter_bins())
        self.passes = self.point("passes", reach.passes_bins(config))
        self.windows = self.point(f"cols{config.cols}.windows", reach.windows_bins(config.cols))
        self.output = self.point("output_stage", reach.output_bins())
        self.bias = self.point("bias", reach.BIASES)
        formats = [f"{side}, {sign}, n_l {n_low}" for side in ("in", "out") for sign in _SIGNS for n_low in _N_LOW]
        self.formats = self.point("formats", formats)
        self.containers = self.point(f"align{config.align}.containers", reach.container_bins(config))
        if config.design == "trt":
            self.slices = self.point(f"cols{config.cols}.slices_outputs", reach.slices_bins(config))

    def write(self, tt: LayerItem) -> None:
        if not finished(tt):
            return
        layer, kind = tt.layer, reach.kind_of(tt.layer)
        self.kind(f"{kind}, {'gaps' if tt.stalls else 'no gaps'}")
        self.channels(f"{kind}, {reach.brick_class(reach.channels_of(layer))}")
        if kind != "fully connected":
            self.window(reach.window_name(layer))
            self.windows(reach.windows_name(layer.windows, self.config.cols))
        self._passes(tt, kind)
        self._formats(tt)
        for name in self._container_names(tt):
            self.containers(name)
        if kind != "pool":
            self.filters(reach.filter_name(layer))
            self._outputs(tt)

    def _passes(self, item: LayerItem, kind: str) -> None:
        serial = is_serial(item.layer, self.config)
        shaped = item.layer.as_depthwise if kind == "pool" else item.layer
        shape = tile_shape(shaped, self.config, serial, item.slices)
        self.passes(f"{kind}, {'one pass' if shape.passes == 1 else 'several passes'}")
        if serial:
            fill = reach.fill_name(item.layer.K, self.config.rows * shape.outputs)
            self.slices(f"{item.slices} slices, {fill}")

    def _formats(self, item: LayerItem) -> None:
        formats, bits = item.formats, self.config.p
        self.formats(f"in, {_SIGNS[formats.signed]}, n_l {_n_low(formats.n_low, bits)}")
        self.formats(f"out, {_SIGNS[not formats.relu]}, n_l {_n_low(formats.n_low_out, bits)}")

    def _outputs(self, item: LayerItem) -> None:
        formats, bits = item.formats, self.config.p
        sums = accumulate(item.acts, item.weights, item.layer, formats.n_low, rows=1) + item.bias
        limit = reach.saturation_name(sums, formats.shift, bits, formats.relu)
        self.output(reach.output_name(formats.relu, reach.shift_name(formats.shift, bits), limit))
        for sign in np.unique(np.sign(item.bias)).tolist():
            self.bias(reach.BIASES[sign + 1])

    def _container_names(self, item: LayerItem) -> Iterator[str]:
        """Yield the bins of the layer's containers; the outputs are those that the scoreboard compared."""
        config, formats = self.config, item.formats
        acts = input_bricks(item.acts, item.layer, config)
        yield from _lengths("activations", acts, CodecParams.for_design(config, formats.signed, formats.n_low))
        if item.new_weights:
            yield from _lengths("weights", item.engine_weights(config).bricks, CodecParams.for_design(config, True))
        params = output_params(item, config)
        outputs, error = decode_prefix(item.result.words, params, output_bricks(item.layer, config) * GROUP)
        if not error:  # else the scoreboard has failed the test
            yield from _lengths("outputs", outputs, params)


def _n_low(n_low: int, bits: int) -> str:
    return _N_LOW[0] if n_low == 0 else _N_LOW[1] if n_low < bits // 2 else _N_LOW[2]


def _lengths(tensor: str, bricks: np.ndarray, params: CodecParams) -> Iterator[str]:
    """Yield "TENSOR, n words" for the containers of a tensor's bricks [bricks, 16]."""
    stats = encode_groups(np.asarray(bricks).astype(params.dtype).ravel(), params)
    bits = params.header_bits + stats.precision * stats.nnz
    for words in np.unique(-(-bits // reach.CONTAINER_WORDS)).tolist():
        yield f"{tensor}, {words} words"


class MemoryCoverage(Collector):
    """Memories filled to their last brick or word, and to the last but one."""

    def make_points(self) -> None:
        config = self.config
        self.sizes = {"activations": config.am_bricks, "weights": config.wm_words, "outputs": config.om_bricks}
        name = f"layer.memories.am{config.am_bricks}_wm{config.wm_words}_om{config.om_bricks}.filled"
        self.filled = once(labelled(name, [f"{memory}, {level}" for memory in self.sizes for level in ("full", "one free")]))

    def write(self, tt: LayerItem) -> None:
        if not finished(tt):
            return
        config = self.config
        used = (tt.input_count(config) // GROUP, tt.engine_weights(config).words, output_bricks(tt.layer, config))
        for (memory, size), bricks in zip(self.sizes.items(), used, strict=True):
            if size - bricks in (0, 1):
                self.filled(f"{memory}, {'full' if bricks == size else 'one free'}")


class ErrorCoverage(Collector):
    """Which kinds of broken tensors were refused, as activations and as weights; a good layer came after each."""

    def make_points(self) -> None:
        self.error = self.point("load_error", broken_bins())
        self.before = ""

    def write(self, tt: LayerItem) -> None:
        if tt.broken is not None:
            self.before = tt.broken.name
        elif finished(tt) and self.before:
            self.error(self.before)
            self.before = ""


class ResetCoverage(Collector):
    """In which phase, and how early in it, a reset cut a layer; a good layer came after each."""

    def make_points(self) -> None:
        self.reset = self.point("reset_during", reach.reset_bins())
        self.cut = ""

    def write(self, tt: LayerItem) -> None:
        if tt.reset_in and tt.result is None:
            self.cut = reach.reset_name(tt.reset_in, tt.cut_under_way)
        elif finished(tt) and self.cut:
            self.reset(self.cut)
            self.cut = ""


class ChainCoverage(Collector):
    """Layers fed with the containers that the engine itself wrote, with the kind that made them."""

    def make_points(self) -> None:
        self.chained = self.point("containers_of_the_engine", ("first layer", "layer after layer", "weights kept"))

    def write(self, tt: LayerItem) -> None:
        if finished(tt):
            self.chained("first layer" if tt.words is None else "layer after layer")
            if not tt.new_weights:
                self.chained("weights kept")
