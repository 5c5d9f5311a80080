# SPDX-License-Identifier: Apache-2.0
"""Sequence items of a design's core: groups, brick steps, layers. Each one expands to a batch, which the bench plays.

Arrays of steps have one entry a step, S in all; values are int64.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from pyuvm import uvm_sequence_item

from models.config import DesignConfig
from models.cycles import layer_cycles_of
from models.layer import ConvLayer, PoolLayer
from models.mapping import TileProgram, is_serial, tile_program
from tb.tile.memory import MemoryImage

READY_CYCLES = 4096  # length of the bench's ready pattern
ALWAYS = np.ones(READY_CYCLES, bool)
MAX_GAP = 255  # cycles that a record can ask to wait


@dataclass(frozen=True)
class LayerMode:
    """The layer registers: stable for a batch. n_high counts only when static."""

    static: bool = False
    n_high: int = 0
    serial: bool = False
    pool: bool = False
    slices: int = 1


@dataclass
class Steps:
    """Steps of whole pallets. acts int64 [S, cols, lanes]; p_w: precision of the weights where these come bit-serially."""

    acts: np.ndarray
    is_signed: np.ndarray
    n_low: np.ndarray
    first: np.ndarray
    last: np.ndarray
    waddr: np.ndarray
    p_w: np.ndarray
    gaps: np.ndarray  # idle cycles before the step is offered

    @classmethod
    def joined(cls, parts: Iterable[Steps]) -> Steps:
        """Return the steps of several, one after the other."""
        parts = list(parts)
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def __len__(self) -> int:
        return len(self.acts)


class TileItem(uvm_sequence_item):
    """Whatever the driver can play."""

    def expand(self, config: DesignConfig) -> TileBatch:
        """Return the item as a batch for the tile of `config`."""
        raise NotImplementedError


class TileBatch(TileItem):
    """What one wake of Python makes the bench play."""

    def __init__(
        self, name: str, steps: Steps, mode: LayerMode, ready: np.ndarray = ALWAYS, memory: MemoryImage | None = None
    ) -> None:
        """`ready` is bool [READY_CYCLES]; `memory` None keeps the weights that are loaded."""
        super().__init__(name)
        self.steps = steps
        self.mode = mode
        self.ready = ready
        self.memory = memory
        self.reset_after: int | None = None  # cycles after the start at which reset is asserted
        self.reset_cycles: int | None = None  # for how many cycles, None: 1, 2, 3 in turn
        self.layer: LayerItem | None = None  # what the steps compute
        self.program: TileProgram | None = None  # how it is laid out

    @property
    def full_speed(self) -> bool:
        """Whether the input is never late and the output always taken."""
        return not self.steps.gaps.any() and bool(self.ready.all())

    def expand(self, config: DesignConfig) -> TileBatch:
        """A batch is what it is."""
        return self


class GroupItem(TileItem):
    """One group: the values of a step, int [cols, lanes], which share a precision.

    Played alone it is a pallet of one step with the weights at `waddr`, of precision p_w if they come bit-serially.
    """

    def __init__(self, values: np.ndarray, signed: bool = False, n_low: int = 0, *, waddr: int = 0, p_w: int = 0) -> None:
        super().__init__("group")
        self.values, self.signed, self.n_low = np.asarray(values, np.int64), signed, n_low
        self.waddr, self.p_w = waddr, p_w

    def expand(self, config: DesignConfig) -> TileBatch:
        """Return a batch of the one step; the loaded weights stay."""
        return StepItem(self, waddr=self.waddr, p_w=self.p_w).expand(config)


class StepItem(TileItem):
    """A brick step: a group, its place in the pallet, its weights, the cycles to wait before it."""

    def __init__(
        self, group: GroupItem, *, first: bool = True, last: bool = True, waddr: int = 0, p_w: int = 0, gap: int = 0
    ) -> None:
        super().__init__("step")
        self.group, self.first, self.last, self.waddr, self.p_w, self.gap = group, first, last, waddr, p_w, gap

    def expand(self, config: DesignConfig) -> TileBatch:
        """Return a batch of the one step; it must be a whole pallet. The loaded weights stay.

        Precisions are detected, or all bits sent where the design does not detect.
        """
        static = config.detection == "static"
        return TileBatch("step", steps_of([self]), LayerMode(static, config.p - 1 if static else 0))


def steps_of(items: Sequence[StepItem]) -> Steps:
    """Return brick steps as arrays."""
    groups = [item.group for item in items]
    return Steps(
        acts=np.stack([group.values for group in groups]),
        is_signed=np.array([group.signed for group in groups]),
        n_low=np.array([group.n_low for group in groups]),
        **{name: np.array([getattr(item, name) for item in items]) for name in ("first", "last", "waddr", "p_w")},
        gaps=np.array([item.gap for item in items]),
    )


def pallet_of(groups: Sequence[GroupItem], waddr: Sequence[int], p_w: Sequence[int]) -> list[StepItem]:
    """Return groups as the steps of one pallet."""
    end = len(groups) - 1
    operands = zip(groups, waddr, p_w, strict=True)
    return [
        StepItem(group, first=i == 0, last=i == end, waddr=int(address), p_w=int(bits))
        for i, (group, address, bits) in enumerate(operands)
    ]


class LayerItem(TileItem):
    """A layer with its operands: acts int [H, W, C], weights int [K, R, S, C / groups], None of a pooling layer."""

    def __init__(
        self,
        layer: ConvLayer | PoolLayer,
        acts: np.ndarray,
        weights: np.ndarray | None,
        *,
        signed: bool = False,
        n_low: int = 0,
        n_high: int | None = None,
        slices: int | None = None,
    ) -> None:
        """n_low, n_high: the profile of the activations; n_high None: the highest bit in use. slices None: the best number."""
        super().__init__(layer.name)
        self.layer, self.acts, self.weights = layer, acts, weights
        self.signed, self.n_low, self.n_high, self.slices = signed, n_low, n_high, slices
        self.gaps: np.random.Generator | None = None  # draws random gaps; None: the input is never late
        self.gap_profile = "none"
        self.ready = ALWAYS

    def program(self, config: DesignConfig) -> TileProgram:
        """Return the layer laid out on the tile; sets what was left open, n_high and slices."""
        profile = {"signed": self.signed, "n_low": self.n_low, "n_high": self.n_high}
        if self.slices is None and config.design == "trt" and is_serial(self.layer, config):
            fits = profile | {"n_high": config.p - 1 if self.n_high is None else self.n_high}
            self.slices = layer_cycles_of(self.layer, config, self.acts, self.weights, **fits).slices
        program = tile_program(self.layer, config, self.acts, self.weights, slices=self.slices, **profile)
        self.n_high, self.slices = program.n_high, program.slices
        return program

    def expand(self, config: DesignConfig) -> TileBatch:
        """Return all passes of the layer as one batch, with its weights."""
        program = self.program(config)
        count = len(program.acts)
        steps = Steps(
            acts=program.acts.astype(np.int64),
            is_signed=np.full(count, self.signed),
            n_low=np.full(count, self.n_low),
            first=program.first,
            last=program.last,
            waddr=program.waddr,
            p_w=program.p_w,
            gaps=random_gaps(self.gaps, self.gap_profile, count),
        )
        mode = LayerMode(program.static, program.n_high, program.serial, program.pool, program.slices)
        batch = TileBatch(self.get_name(), steps, mode, self.ready, MemoryImage(program.words))
        batch.layer, batch.program = self, program
        return batch


GAP_PROFILES = {"none": 0, "short": 3, "long": 40}  # longest gap before a step, cycles


def random_gaps(rng: np.random.Generator | None, profile: str, count: int) -> np.ndarray:
    """Return the gaps before `count` steps, int64: mostly none; the first step is offered at once."""
    most = GAP_PROFILES[profile]
    if rng is None or not most:
        return np.zeros(count, np.int64)
    gaps = rng.integers(0, most + 1, count) * (rng.random(count) < 0.3)
    gaps[0] = 0
    return gaps
