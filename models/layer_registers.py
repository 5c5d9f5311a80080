# SPDX-License-Identifier: Apache-2.0
"""Register values with which the layer engine (rtl/layer/dpr_layer.v) runs a convolution."""

from __future__ import annotations

from dataclasses import dataclass

from models.config import DesignConfig
from models.layer import ConvLayer, LayerError

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
)
_MAX_KERNEL = 15
_MAX_COORDINATE = 511  # 10 signed bits
_MAX_STRIDE = 1023
_MAX_WINDOWS = 65535
_MAX_BRICKS = 255
_MAX_PASSES = 255


@dataclass(frozen=True)
class LayerFormats:
    """Number formats of a layer: activations in, activations out. Bit positions and shift in bits."""

    signed: bool = False
    n_low: int = 0
    shift: int = 0
    n_low_out: int = 0
    relu: bool = True


def check_fits(layer: ConvLayer, config: DesignConfig) -> None:
    """Raise LayerError when the layer does not fit the engine's memories and registers; the message names the limit."""
    if layer.groups != 1:
        raise LayerError(f"layer {layer.name!r}: groups = {layer.groups}: the layer engine runs layers of 1 group")
    cb, passes = layer.bricks(config.lanes), layer.passes(config.rows)
    limits = (
        ("input bricks", layer.H * layer.W * cb, config.am_bricks, "am_bricks"),
        ("weight words", passes * layer.step_count(config.lanes), config.wm_words, "wm_words"),
        ("output bricks", layer.windows * passes, config.om_bricks, "om_bricks"),
        ("filter height or width", max(layer.R, layer.S), _MAX_KERNEL, "4-bit register"),
        ("height or width with padding", max(layer.H, layer.W) + 2 * layer.pad, _MAX_COORDINATE, "10-bit register"),
        ("stride", layer.stride, _MAX_STRIDE, "10-bit register"),
        ("windows", layer.windows, _MAX_WINDOWS, "16-bit register"),
        ("channel bricks", cb, _MAX_BRICKS, "8-bit register"),
        ("passes", passes, _MAX_PASSES, "8-bit register"),
    )
    for what, value, most, where in limits:
        if value > most:
            raise LayerError(f"layer {layer.name!r}: {value} {what}, the engine of {config.name!r} holds {most} ({where})")


def check_formats(layer: ConvLayer, config: DesignConfig, formats: LayerFormats) -> None:
    """Raise LayerError when a number format does not fit its register; the message names field and range."""
    for field, value, most in (
        ("n_low", formats.n_low, config.p - 1),
        ("n_low_out", formats.n_low_out, config.p - 1),
        ("shift", formats.shift, config.acc_w - 1),
    ):
        if not 0 <= value <= most:
            raise LayerError(f"layer {layer.name!r}: {field} = {value}: must be in 0..{most} on {config.name!r}")


def layer_registers(layer: ConvLayer, config: DesignConfig, formats: LayerFormats) -> dict[str, int]:
    """Return the value of every register of REGISTERS, as 32-bit unsigned words. Raises LayerError when it does not fit.

    Addresses are brick addresses; the engine computes them modulo the memory's size, so negative values wrap.
    """
    check_fits(layer, config)
    check_formats(layer, config, formats)
    cb, stride, pad, width, out = layer.bricks(config.lanes), layer.stride, layer.pad, layer.W, layer.Wo
    passes = layer.passes(config.rows)
    pallet_x, pallet_y = config.cols % out * stride, config.cols // out * stride
    values = {
        "height": layer.H,
        "width": width,
        "bricks": cb,
        "input_format": formats.n_low << 1 | formats.signed,
        "kernel_h": layer.R,
        "kernel_w": layer.S,
        "steps": layer.step_count(config.lanes),
        "passes": passes,
        "windows": layer.windows,
        "origin": -pad,
        "origin_base": -pad * (width + 1) * cb,
        "stride": stride,
        "stride_base": stride * cb,
        "last_x": (out - 1) * stride - pad,
        "wrap_x": out * stride,
        "wrap_base": (stride * width - out * stride) * cb,
        "row_skip": (width - layer.S) * cb + 1,
        "pallet_x": pallet_x,
        "pallet_y": pallet_y,
        "pallet_base": (pallet_y * width + pallet_x) * cb,
        "shift": formats.shift,
        "output_format": formats.n_low_out << 1 | formats.relu,
        "out_bricks": layer.windows * passes,
    }
    return {name: values[name] & 0xFFFFFFFF for name in REGISTERS}
