# SPDX-License-Identifier: Apache-2.0
"""Cycles of whole networks on every design: from precisions (`topology_cycles`) and from tensors (`trace_cycles`).

Layers follow each other, operands are on chip and never late: a network takes the sum of its layers' cycles, as in sections
6.1 to 6.3 of the paper. What off-chip memory adds is models/memory's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from models.config import GROUP
from models.cycles.designs import BASES, TILES, Design, DesignError, default_designs
from models.cycles.folding import fold_acts, fold_stride, fold_weights
from models.cycles.rows import KINDS, LayerRow, Skipped, total
from models.layer import ConvLayer, LayerError
from models.networks.imagenet import Topology
from models.paper.precisions import PaperPrecisions
from models.precision import ValueRangeError
from models.traces import Trace, TraceLayer

_UNFIT = (LayerError, ValueRangeError)  # what a design raises for a layer that it cannot run


@dataclass(frozen=True)
class NetworkCycles:
    """A network's layers on some designs."""

    network: str
    source: str  # where shapes, precisions or tensors are from
    basis: str  # paper, profile, dynamic
    bits: int
    inputs: int
    designs: tuple[str, ...]
    tiles: int  # of BASE and of the designs that are compared with it tile by tile
    folded: tuple[str, ...]  # layers whose stride was folded into the channels
    rows: tuple[LayerRow, ...]  # layer by layer, each with the designs in their order
    skipped: tuple[Skipped, ...]  # what no row is there for

    def total(self, part: str | None = None) -> dict[str, dict[str, Any]]:
        """Return {design: {cycles, base_cycles, speedup, ...}} of all rows, or of a part of KINDS.

        skipped: layers of the network that the design has no row for; then the sums are not those of the whole.
        """
        sums = total(row for row in self.rows if part in (None, row.part))
        missing = [each.design for each in self.skipped if part in (None, each.part)]
        return {name: sums[name] | {"skipped": missing.count(name)} for name in self.designs if name in sums}

    def document(self) -> dict[str, Any]:
        """Return everything as JSON values: `rows` and `total`, which other tools read, and what they refer to."""
        facts = {name: getattr(self, name) for name in ("network", "source", "basis", "bits", "inputs", "tiles")}
        return {
            **facts,
            "designs": list(self.designs),
            "folded": list(self.folded),
            "rows": [row.document() for row in self.rows],
            "total": self.total(),
            **{part: self.total(part) for part in KINDS},
            "skipped": [vars(each) for each in self.skipped],
        }


class _Found:
    """Rows, and what the designs refuse, as they come."""

    def __init__(self) -> None:
        self.rows: list[LayerRow] = []
        self.skipped: list[Skipped] = []

    def add(self, layer: ConvLayer, design: str, make: Callable[[], LayerRow]) -> None:
        """Add the row of a layer on a design, or the reason why there is none."""
        try:
            self.rows.append(make())
        except _UNFIT as error:
            self.skipped.append(Skipped(layer.name, layer.kind, design, str(error)))


def folds(layer: ConvLayer) -> bool:
    """Return whether folding the stride helps a first layer: strided, and its channels do not fill a brick."""
    return layer.stride > 1 and layer.groups == 1 and layer.C < GROUP and not layer.fully_connected


def topology_cycles(
    topology: Topology,
    precisions: PaperPrecisions,
    *,
    basis: str = "paper",
    designs: Sequence[Design] | None = None,
    tiles: int | None = None,
    fold: bool = True,
) -> NetworkCycles:
    """Return the cycles of a network without data from the precisions of its layers.

    Args:
        basis: "paper": effective precisions (Tables 1 and 2 of the paper) for dynamic, profiles (Table 3) for static
            detection, convolutions as bounds; "profile": profiles alone, exact cycles.
        designs: None: the 16-bit ones of `DEFAULTS`.
        tiles: of every design; None: 16, the paper's chip, but one of Loom (`Design.tiles`).
        fold: fold the first layer's stride into its channels, for the baseline too, as the paper's figures need.

    Layers whose precisions are not known are in `skipped`. Raises DesignError for a basis that needs tensors.
    """
    if basis not in BASES[:2]:
        raise DesignError(f"precisions {basis!r}: need tensors: use paper or profile, or a trace")
    designs = default_designs(16) if designs is None else designs
    _check_bits(designs, 16, topology.name)
    found, folded = _Found(), []
    for index, layer in enumerate(topology.layers):
        known, fold_it = precisions.of(layer.name), fold and index == 0 and folds(layer)
        if not known.known:
            reason = "the paper has no precision of it"
            found.skipped += [Skipped(layer.name, layer.kind, design.label, reason) for design in designs]
            continue
        shape = fold_stride(layer) if fold_it else layer
        folded += [layer.name] if fold_it else []
        for design in designs:
            found.add(
                layer,
                design.label,
                partial(design.from_precisions, shape, known, basis, tiles=_tiles(design, tiles, TILES), folded=fold_it),
            )
    source = f"shapes: {topology.source}; profiles of convolutions: {precisions.profile_source}"
    return NetworkCycles(
        topology.name,
        source,
        basis,
        16,
        1,
        _labels(designs),
        tiles or TILES,
        tuple(folded),
        tuple(found.rows),
        tuple(found.skipped),
    )


def trace_cycles(
    trace: Trace,
    *,
    basis: str = "dynamic",
    designs: Sequence[Design] | None = None,
    tiles: int | None = None,
    fold: bool = False,
    progress: Callable[[str], None] | None = None,
) -> NetworkCycles:
    """Return the exact cycles of a network with data, summed over the inputs of the trace.

    Args:
        basis: "dynamic": precisions detected in the tensors, profiles of the formats for static detection; "profile":
            profiles for all.
        designs: None: those of `DEFAULTS` for the trace's P.
        tiles: of every design; None: 1.
        fold: fold the first layer's stride into its channels.
        progress: called with each layer's name after it.

    Layers that a design cannot run are in `skipped`. Raises DesignError for the basis "paper", and when a design has fewer
    bits than the trace.
    """
    if basis not in BASES[1:]:
        raise DesignError(f"precisions {basis!r}: are those of the paper's networks: use dynamic or profile with a trace")
    bits = trace.bits
    designs = default_designs(bits) if designs is None else designs
    _check_bits(designs, bits, trace.name)
    found, folded = _Found(), []
    for index, each in enumerate(trace.layers):
        fold_it = fold and index == 0 and folds(each.layer) and each.weights.ndim == 4
        entry = folded_entry(each) if fold_it else each
        folded += [each.name] if fold_it else []
        for design in designs:
            make = partial(design.from_tensors, entry, basis, tiles=_tiles(design, tiles, 1), folded=fold_it)
            found.add(each.layer, design.label, make)
        if progress is not None:
            progress(each.name)
    return NetworkCycles(
        trace.name,
        trace.source,
        basis,
        bits,
        trace.inputs,
        _labels(designs),
        tiles or 1,
        tuple(folded),
        tuple(found.rows),
        tuple(found.skipped),
    )


def folded_entry(entry: TraceLayer) -> TraceLayer:
    """Return a layer of the same sums with its stride folded into the channels (`fold_stride`)."""
    layer = entry.layer
    acts, weights = fold_acts(entry.acts, layer), fold_weights(entry.weights, layer)
    return replace(entry, layer=fold_stride(layer), acts=acts, weights=weights)


def _tiles(design: Design, asked: int | None, chip: int) -> int:
    return design.tiles(chip) if asked is None else asked


def _labels(designs: Sequence[Design]) -> tuple[str, ...]:
    return tuple(design.label for design in designs)


def _check_bits(designs: Sequence[Design], bits: int, network: str) -> None:
    for design in designs:
        if design.bits < bits:
            need = f"{network} needs {bits}: use a design of {bits} bits"
            raise DesignError(f"design {design.label!r} has {design.bits} bits, {need}")
