# SPDX-License-Identifier: Apache-2.0
"""A layer's cycles on a configuration from precisions alone."""

from __future__ import annotations

from models.config import DesignConfig
from models.cycles.bounds import bound_row
from models.cycles.core import LayerCycles, layer_cycles
from models.cycles.rows import LayerRow, exact_row
from models.cycles.tensors import BrickPrecisions, best_slices
from models.layer import ConvLayer, LayerError
from models.layer_precisions import LayerPrecisions
from models.tile_shape import is_serial


def precision_row(
    layer: ConvLayer,
    config: DesignConfig,
    precisions: LayerPrecisions,
    label: str,
    basis: str,
    *,
    tiles: int = 1,
    folded: bool = False,
) -> LayerRow:
    """Return the row of a layer; bits.

    basis "paper": effective precisions where there are any and the detection is dynamic, else the profile; convolutions as
    bounds on every design, fully connected layers exactly. "profile": profiles alone, all exactly. Raises LayerError when
    a precision that the design needs is not known.
    """
    p_a, p_w, effective = _choose(precisions, config, basis)
    found = "none" if config.design == "base" else "effective" if effective else "profile"
    if basis == "paper" and not layer.fully_connected:
        facts = {"kind": layer.kind, "design": label, "basis": found, "tiles": tiles, "folded": folded}
        return bound_row(layer, config, p_a, p_w, **facts)
    result = uniform_cycles(layer, config, p_a, p_w, tiles)
    return exact_row([result], kind=layer.kind, design=label, basis=found, folded=folded)


def _choose(precisions: LayerPrecisions, config: DesignConfig, basis: str) -> tuple[float | None, float | None, bool]:
    """Return the precisions of activations and weights that a design can use, and whether the first is effective."""
    if basis == "profile" or config.detection == "static":
        return precisions.act_profile, precisions.weight_profile, False
    p_a = precisions.act_profile if precisions.acts is None else precisions.acts
    p_w = precisions.weight_profile if precisions.weights is None else precisions.weights
    return p_a, p_w, precisions.acts is not None


def uniform_cycles(layer: ConvLayer, config: DesignConfig, p_a: int | None, p_w: int | None, tiles: int = 1) -> LayerCycles:
    """Return the cycles of a layer whose steps all have the same precisions, with the best number of slices; bits.

    BASE needs none, only loom and fully connected layers on trt need p_w. Raises LayerError.
    """
    if config.design == "base":
        return layer_cycles(layer, config, tiles=tiles)
    serial = is_serial(layer, config)
    if p_a is None or (p_w is None and (serial or config.design == "loom")):
        what = "activations" if p_a is None else "weights"
        raise LayerError(f"layer {layer.name!r} on {config.name!r}: no profile of its {what} is known")
    if any(bits is not None and bits != int(bits) for bits in (p_a, p_w)):
        raise LayerError(f"layer {layer.name!r} on {config.name!r}: {p_a}, {p_w} bits: exact cycles need whole bits")
    if serial and config.design == "trt":
        return best_slices(layer, config, BrickPrecisions(p_a, p_w), tiles=tiles)
    return layer_cycles(layer, config, p_a, p_w, tiles=tiles)
