# SPDX-License-Identifier: Apache-2.0
"""Cycles of a convolution from fractional precisions, as the paper's Tables 1 and 2 have them.

A mean precision says nothing of single steps, so there is no fill, no stall and no maximum in it: a layer takes its steps
times the precision. This is how the paper's speedups of convolutions come out of its tables (docs/cycles.md).
"""

from __future__ import annotations

import math
from fractions import Fraction

from models.config import DesignConfig, load_config
from models.cycles.core import on_tiles
from models.cycles.rows import LayerRow
from models.layer import ConvLayer, LayerError
from models.tile_shape import is_serial, tile_shape, utilisation


def planes(precision: float, bits_per_cycle: int) -> Fraction:
    """Return the mean cycles of a step at a mean precision, in bits.

    With several bits a cycle the precision is rounded up to a multiple of them, as section 6.3 of the paper does for its
    2-bit variant.
    """
    exact = max(Fraction(1), Fraction(str(precision)))
    return exact if bits_per_cycle == 1 else Fraction(math.ceil(exact / bits_per_cycle))


def bound_row(
    layer: ConvLayer,
    config: DesignConfig,
    p_a: float | None,
    p_w: float | None,
    *,
    kind: str,
    design: str,
    basis: str,
    tiles: int = 1,
    folded: bool = False,
) -> LayerRow:
    """Return the row of a convolution from mean precisions in bits; p_w is needed by loom, BASE needs none.

    Raises LayerError when a precision is missing or when the layer is serial on this design: fully connected on trt or loom.
    """
    if is_serial(layer, config):
        raise LayerError(f"layer {layer.name!r} on {config.name!r}: a fully connected layer has no bound of fractional bits")
    wide, cycles = on_tiles(config, tiles), Fraction(1)
    if config.design != "base":
        cycles = planes(_known(layer, config, "activations", p_a), config.bits_per_cycle)
    if config.design == "loom":
        cycles *= planes(_known(layer, config, "weights", p_w), 1)
    steps = tile_shape(layer, wide, serial=False).all_steps
    baseline = config if config.design == "base" else load_config(config.baseline)
    base = tile_shape(layer, on_tiles(baseline, tiles), serial=False).all_steps
    bound = math.ceil(steps * cycles)
    return LayerRow(
        layer=layer.name,
        kind=kind,
        design=design,
        config=config.name,
        bits_per_cycle=config.bits_per_cycle,
        basis=basis,
        exact=False,
        tiles=tiles,
        cycles=bound,
        base_cycles=base,
        bound_cycles=bound,
        base_bound=base,
        p_a=config.p if config.design == "base" else float(p_a),
        p_w=float(p_w) if config.design == "loom" else config.p,
        folded=folded,
        utilisation=utilisation(layer, wide, serial=False),
    )


def _known(layer: ConvLayer, config: DesignConfig, what: str, precision: float | None) -> float:
    if precision is None:
        raise LayerError(f"layer {layer.name!r} on {config.name!r}: no precision of its {what} is known")
    if not 0 <= precision <= config.p:
        raise LayerError(f"layer {layer.name!r} on {config.name!r}: {precision} bits of {what}: must be 0..{config.p}")
    return precision
