# SPDX-License-Identifier: Apache-2.0
"""Register values with which the layer engine (rtl/layer/dpr_layer.v) runs a layer; models/layer_layout.py has its data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.config import DesignConfig
from models.layer import ConvLayer, LayerError, PoolLayer
from models.tile_shape import TileShape, is_serial, tile_shape

# Name of each register in the order of its address; rtl/layer/dpr_layer_registers.v has the same map.
REGISTERS = (
    "height",
    "width",
    "bricks",
    "input_format",
    "kernel_h",
    "kernel_w",
    "steps",
    "passes",
    "windows",
    "origin",
    "origin_base",
    "stride",
    "stride_base",
    "last_x",
    "wrap_x",
    "wrap_base",
    "row_skip",
    "pallet_x",
    "pallet_y",
    "pallet_base",
    "shift",
    "output_format",
    "out_bricks",
    "static_profile",
    "position_skip",
    "group_passes",
    "row_words",
    "wrap_y",
    "core_mode",
    "pass_bricks",
    "window_bricks",
)
PRECISION_ENTRY = 31  # address of the table of the weights' precisions, see `precision_words`
_MAX_KERNEL = 15
_MAX_COORDINATE = 511  # 10 signed bits
_MAX_STRIDE = 1023
_MAX_WINDOWS = 65535
_MAX_BRICKS = 255
_MAX_PASSES = 255
_MAX_BIASES = 256  # words of the bias memory


@dataclass(frozen=True)
class LayerFormats:
    """Number formats of a layer: activations in, activations out. Bit positions and shift in bits."""

    signed: bool = False
    n_low: int = 0
    shift: int = 0
    n_low_out: int = 0
    relu: bool = True
    n_high: int | None = None  # highest position of the activations by the layer's profile, for Stripes; None: the top


def engine_layer(layer: ConvLayer | PoolLayer, config: DesignConfig) -> ConvLayer:
    """Return the convolution as which the engine of `config` walks a layer. Raises LayerError when it cannot run it."""
    where = f"layer {layer.name!r}: the engine of {config.name!r}"
    if config.design == "loom":
        raise LayerError(f"{where} is no loom: models.cycles and the core alone run it")
    if isinstance(layer, PoolLayer):
        if config.design != "trt":
            raise LayerError(f"{where} does not pool, only trt compares products")
        return layer.as_depthwise
    if is_serial(layer, config) and (layer.R, layer.S, layer.pad) != (layer.H, layer.W, 0):
        raise LayerError(f"{where} takes a layer of one window as fully connected: R = H, S = W and pad = 0 are needed")
    return layer


def position_bricks(layer: ConvLayer, config: DesignConfig) -> int:
    """Return the bricks of a position of the input: those of all groups, each in whole bricks; depthwise: of all channels."""
    if layer.depthwise:
        return -(-layer.C // config.lanes)
    return layer.groups * layer.bricks(config.lanes)


def output_bricks(layer: ConvLayer | PoolLayer, config: DesignConfig) -> int:
    """Return the bricks of outputs that leave the engine: of a serial layer ceil(K / rows), else windows * passes."""
    if is_serial(layer, config):
        return -(-layer.K // config.rows)
    return layer.windows * tile_shape(engine_layer(layer, config), config, serial=False).passes


def _written_bricks(layer: ConvLayer, shape: TileShape) -> int:
    """Return the bricks of outputs that the engine writes: a serial layer's last pass may have some that nobody needs."""
    return layer.windows * shape.passes * shape.outputs


def check_fits(layer: ConvLayer | PoolLayer, config: DesignConfig, slices: int = 1, weight_words: int | None = None) -> None:
    """Raise LayerError when the layer does not fit the engine's memories and registers; the message names the limit.

    slices: columns that share an output (trt, fully connected). weight_words: words of the weight memory where they
    depend on the weights; None: the most that there can be.
    """
    serial, layer = is_serial(layer, config), engine_layer(layer, config)
    shape, positions = tile_shape(layer, config, serial, slices), layer.H * layer.W
    words = shape.passes * shape.steps
    if serial:
        words = words * -(-config.p // config.bits_per_cycle) if weight_words is None else weight_words
    width = shape.steps * slices + config.cols if serial else max(layer.H, layer.W) + 2 * layer.pad
    limits = (
        ("input bricks", positions * position_bricks(layer, config), config.am_bricks, "am_bricks"),
        ("weight words", words, config.wm_words, "wm_words"),
        ("output bricks", _written_bricks(layer, shape), config.om_bricks, "om_bricks"),
        ("filter height or width", 0 if serial else max(layer.R, layer.S), _MAX_KERNEL, "4-bit register"),
        (
            "bricks of a fully connected layer" if serial else "height or width with padding",
            width,
            _MAX_COORDINATE,
            "10-bit register",
        ),
        ("stride", layer.stride, _MAX_STRIDE, "10-bit register"),
        ("windows", layer.windows, _MAX_WINDOWS, "16-bit register"),
        ("channel bricks", 0 if serial else layer.bricks(config.lanes), _MAX_BRICKS, "8-bit register"),
        ("passes", shape.passes, _MAX_PASSES, "8-bit register"),
        ("words of biases", shape.passes * shape.outputs, _MAX_BIASES, "bias memory"),
    )
    for what, value, most, where in limits:
        if value > most:
            raise LayerError(f"layer {layer.name!r}: {value} {what}, the engine of {config.name!r} holds {most} ({where})")


def check_formats(layer: ConvLayer | PoolLayer, config: DesignConfig, formats: LayerFormats) -> None:
    """Raise LayerError when a number format does not fit its register; the message names field and range."""
    n_high = config.p - 1 if formats.n_high is None else formats.n_high
    for field, value, least, most in (
        ("n_low", formats.n_low, 0, config.p - 1),
        ("n_low_out", formats.n_low_out, 0, config.p - 1),
        ("shift", formats.shift, 0, config.acc_w - 1),
        ("n_high", n_high, formats.n_low, config.p - 1),
    ):
        if not least <= value <= most:
            raise LayerError(f"layer {layer.name!r}: {field} = {value}: must be in {least}..{most} on {config.name!r}")


def layer_registers(
    layer: ConvLayer | PoolLayer,
    config: DesignConfig,
    formats: LayerFormats,
    slices: int = 1,
    weight_words: int | None = None,
) -> dict[str, int]:
    """Return the value of every register of REGISTERS, as 32-bit unsigned words. Raises LayerError when it does not fit.

    slices, weight_words: as `check_fits`; a fully connected layer on trt needs the number of words. Addresses are brick
    addresses; the engine computes them modulo the memory's size, so negative values wrap.
    """
    check_fits(layer, config, slices, weight_words)
    check_formats(layer, config, formats)
    pool, serial, bricks = isinstance(layer, PoolLayer), is_serial(layer, config), output_bricks(layer, config)
    layer = engine_layer(layer, config)
    shape = tile_shape(layer, config, serial, slices)
    if serial and weight_words is None:
        raise LayerError(f"layer {layer.name!r} on {config.name!r}: weight_words is missing, its weights are serial")
    static, n_high = config.detection == "static", config.p - 1 if formats.n_high is None else formats.n_high
    values = {
        "input_format": formats.n_low << 1 | formats.signed,
        "steps": shape.steps,
        "passes": shape.passes,
        "shift": formats.shift,
        "output_format": formats.n_low_out << 1 | formats.relu,
        "out_bricks": bricks,
        "static_profile": n_high << 1 | static,
        "core_mode": slices << 2 | pool << 1 | serial,
        "pass_bricks": shape.outputs,
        "window_bricks": 1 if serial else shape.passes,
        "row_words": weight_words if serial else shape.steps,
    }
    values |= _serial_walk(layer, config, shape) if serial else _walk(layer, config, shape)
    return {name: values[name] & 0xFFFFFFFF for name in REGISTERS}


def _walk(layer: ConvLayer, config: DesignConfig, shape: TileShape) -> dict[str, int]:
    """Return where the windows of a layer are, and the bricks of a group in them."""
    bricks, group = position_bricks(layer, config), layer.bricks(config.lanes)
    stride, pad, width, out = layer.stride, layer.pad, layer.W, layer.Wo
    pallet_x, pallet_y = config.cols % out * stride, config.cols // out * stride
    skip = bricks - group + 1
    return {
        "height": layer.H,
        "width": width,
        "bricks": group,
        "kernel_h": layer.R,
        "kernel_w": layer.S,
        "group_passes": layer.group_filters if layer.depthwise else shape.passes // layer.groups,
        "windows": layer.windows,
        "origin": -pad,
        "origin_base": -pad * (width + 1) * bricks,
        "stride": stride,
        "stride_base": stride * bricks,
        "last_x": (out - 1) * stride - pad,
        "wrap_x": out * stride,
        "wrap_y": stride,
        "wrap_base": (stride * width - out * stride) * bricks,
        "position_skip": skip,
        "row_skip": (width - layer.S) * bricks + skip,
        "pallet_x": pallet_x,
        "pallet_y": pallet_y,
        "pallet_base": (pallet_y * width + pallet_x) * bricks,
    }


def _serial_walk(layer: ConvLayer, config: DesignConfig, shape: TileShape) -> dict[str, int]:
    """Return the walk of a fully connected layer: the input is one row of bricks, a window `steps` of them.

    Column c looks at slice c mod slices: after a row of `slices` windows the next one is the first again. Bricks past the
    input are outside of it, so they are zero.
    """
    steps, slices = shape.steps, shape.slices
    return {
        "height": 1,
        "width": layer.step_count(config.lanes),
        "bricks": 1,
        "kernel_h": 1,
        "kernel_w": steps,
        "group_passes": shape.passes,
        "windows": shape.outputs * slices,
        "origin": 0,
        "origin_base": 0,
        "stride": steps,
        "stride_base": steps,
        "last_x": (slices - 1) * steps,
        "wrap_x": slices * steps,
        "wrap_y": 0,
        "wrap_base": -slices * steps,
        "position_skip": 1,
        "row_skip": 1,
        "pallet_x": 0,
        "pallet_y": 0,
        "pallet_base": 0,
    }


def precision_words(precisions: np.ndarray) -> np.ndarray:
    """Return what is written to address PRECISION_ENTRY for the precisions of the weights int [passes, steps]: uint32.

    One write a step, {step, precision[7:0]}; only a fully connected layer on trt has any.
    """
    flat = np.asarray(precisions, np.int64).ravel()
    return (np.arange(len(flat)) << 8 | flat).astype(np.uint32)
