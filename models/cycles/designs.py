# SPDX-License-Identifier: Apache-2.0
"""The designs whose cycles are compared, each behind the same two functions; a further design plugs in here.

A design makes a row from precisions alone, or from a layer with its operands. One that is no configuration of
models/configs.toml (SCNN) implements `Design` and is listed in OTHERS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from models.config import DesignConfig, load_config
from models.cycles.from_precisions import precision_row
from models.cycles.from_tensors import tensor_row
from models.cycles.rows import LayerRow
from models.layer import ConvLayer
from models.layer_precisions import LayerPrecisions
from models.traces import TraceLayer

BASES = ("paper", "profile", "dynamic")  # effective precisions with profiles, profiles alone, detected in tensors
DEFAULTS = {  # P: the configurations that are compared unless others are named, each label once
    16: ("base16", "stripes16", "dstripes16", "dstripes16_b2", "trt16", "trt16_b2", "loom16", "dpr_loom16"),
    8: ("base8", "stripes8", "dstripes8", "trt8", "loom8", "dpr_loom8"),
}
TILES = 16  # of the paper's chip (section 5.1)


class DesignError(ValueError):
    """A design that does not exist or that does not fit the network; the message lists the valid ones."""


class Design(Protocol):
    """What a design must have to be compared. Both functions raise LayerError for a layer that it cannot run."""

    label: str  # its name in rows and totals
    bits: int  # P

    def tiles(self, chip: int) -> int:
        """Return how many of its tiles make a chip that is compared with `chip` tiles of BASE."""

    def from_precisions(
        self, layer: ConvLayer, precisions: LayerPrecisions, basis: str, *, tiles: int = 1, folded: bool = False
    ) -> LayerRow:
        """Return the row of a layer without tensors; basis: paper or profile."""

    def from_tensors(self, entry: TraceLayer, basis: str, *, tiles: int = 1, folded: bool = False) -> LayerRow:
        """Return the row of a layer with its operands, all inputs together; basis: dynamic or profile."""


@dataclass(frozen=True)
class CoreDesign:
    """A configuration of the project's core: BASE, Stripes, DStripes, TRT, Loom."""

    config: DesignConfig
    label: str

    @property
    def bits(self) -> int:
        """P of the configuration."""
        return self.config.p

    def tiles(self, chip: int) -> int:
        """Return `chip`, but 1 for Loom: its one tile of 128 rows is the paper's whole design (section 6.5)."""
        return 1 if self.config.design == "loom" else chip

    def from_precisions(
        self, layer: ConvLayer, precisions: LayerPrecisions, basis: str, *, tiles: int = 1, folded: bool = False
    ) -> LayerRow:
        """See `Design`."""
        return precision_row(layer, self.config, precisions, self.label, basis, tiles=tiles, folded=folded)

    def from_tensors(self, entry: TraceLayer, basis: str, *, tiles: int = 1, folded: bool = False) -> LayerRow:
        """See `Design`."""
        return tensor_row(entry, self.config, self.label, basis, tiles=tiles, folded=folded)


OTHERS: dict[str, Callable[[int], Design]] = {}  # label: makes the design for P bits, or raises DesignError


def label_of(config: DesignConfig) -> str:
    """Return the name of a configuration's design in tables: stripes, trt, trt_2b, dpr_loom and so on."""
    names = {("dstripes", "static"): "stripes", ("loom", "dynamic"): "dpr_loom", ("trt", "static"): "trt_static"}
    name = names.get((config.design, config.detection), config.design)
    return name if config.bits_per_cycle == 1 else f"{name}_{config.bits_per_cycle}b"


def default_designs(bits: int) -> tuple[Design, ...]:
    """Return the designs of P = `bits` that are compared unless others are named."""
    return configured([load_config(name) for name in DEFAULTS[bits]])


def every_design(bits: int) -> tuple[Design, ...]:
    """Return the default designs of P = `bits` and those of OTHERS that have as many bits."""
    found = list(default_designs(bits))
    for make in OTHERS.values():
        with suppress(DesignError):
            found.append(make(bits))
    return tuple(found)


def configured(configs: Sequence[DesignConfig]) -> tuple[Design, ...]:
    """Return configurations as designs. Where two would have the same name both have that of their configuration."""
    labels = [label_of(config) for config in configs]
    return tuple(
        CoreDesign(config, config.name if labels.count(label) > 1 else label)
        for config, label in zip(configs, labels, strict=True)
    )


def named_designs(names: Sequence[str], bits: int) -> tuple[Design, ...]:
    """Return the designs of P = `bits` with these labels, in this order. Raises DesignError that lists the valid ones."""
    known: dict[str, Callable[[], Design]] = {design.label: lambda design=design: design for design in default_designs(bits)}
    known |= {label: lambda make=make: make(bits) for label, make in OTHERS.items()}
    for name in names:
        if name not in known:
            raise DesignError(f"no design {name!r} of {bits} bits: use all, or of {', '.join(known)}, with commas between")
    return tuple(known[name]() for name in dict.fromkeys(names))
