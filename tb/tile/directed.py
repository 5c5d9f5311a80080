# SPDX-License-Identifier: Apache-2.0
"""Directed batches for the crosses of tb/tile/crosses.py: each precision and sign with each reason to wait, each n_L with each
precision, weights longer and shorter than activations, corners of the comparators, pallets under back-pressure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from models.precision import limits
from tb.tile.crosses import ways
from tb.tile.items import (
    ALWAYS,
    READY_CYCLES,
    GroupItem,
    LayerMode,
    StepItem,
    TileBatch,
    TileItem,
    steps_of,
)
from tb.tile.pallets import PalletShape
from tb.tile.sequences import TileSequence

_LATE = 100  # cycles before a step: longer than any step before it
_SELDOM = np.arange(READY_CYCLES) % 9 == 0  # a column takes 9 cycles: longer than any step
_LENGTHS = (1, 3, 9, 18)  # steps of a pallet, one of each class


class CrossSequence(TileSequence):
    """A batch a cross and way of working."""

    def items(self) -> Iterator[TileItem]:
        for way in ways(self.config):
            yield from self._stalls(way)
        yield from self._every_n_low()
        if self.config.detection == "dynamic":
            yield from self._every_profile()
        yield from self._pallets_held()
        for way in ways(self.config)[1:] if self.config.design == "trt" else ways(self.config):
            yield from self.weights(way)
        if self.config.design == "trt":
            yield self._pool_corners()

    def mode(self, way: str, static: bool | None = None, n_high: int | None = None) -> LayerMode:
        """Return the registers for a way of working, by default with the design's own detection."""
        static = self.config.detection == "static" if static is None else static
        slices = int(self.rng.integers(2, self.config.cols + 1)) if way == "cascade" else 1
        n_high = self.config.p - 1 if n_high is None else n_high
        return LayerMode(static, n_high, way in ("serial", "cascade"), way == "pool", slices)

    def _group(self, precision: int, signed: bool, n_low: int = 0) -> GroupItem:
        """Return a group of a detected precision above n_low; the lowest value is the only one that needs no second bit."""
        config = self.config
        values = np.zeros((config.cols, config.lanes), np.int64)
        if precision:
            low, high = limits(config.p, signed)
            bit = n_low + precision - 1 - signed
            value = low if signed and precision == config.p - n_low and self.rng.integers(2) else min(1 << max(bit, 0), high)
            value = low if bit < n_low else value
            place = self.rng.integers(0, config.cols), self.rng.integers(0, config.lanes)
            values[place] = -value if signed and value > 0 and self.rng.integers(2) else value
            if config.design == "loom":  # in serial layers all columns see the same
                values[:] = values[place[0]]
        return GroupItem(values, signed, n_low)

    def _exact(self, mode: LayerMode, precision: int, signed: bool) -> GroupItem:
        """Return a group for which the design works with `precision` bits: detected, or the profile's at some n_L."""
        if mode.static:
            return GroupItem(np.zeros((self.config.cols, self.config.lanes)), signed, mode.n_high + 1 - precision)
        n_low = self.config.p - 1 if signed and precision == 1 else 0
        return self._group(precision, signed, n_low)

    def batch(self, name: str, mode: LayerMode, steps: list[StepItem], ready: np.ndarray = ALWAYS) -> TileBatch:
        """Return steps as a batch with the weights of the mode."""
        bank = self.bank(mode)
        memory, self.loaded = (bank.memory if bank is not self.loaded else None), bank
        return TileBatch(name, steps_of(steps), mode, ready, memory)

    def _weight(self, mode: LayerMode, p_w: int | None = None) -> dict[str, int]:
        """Return the weights of a step: any, or some whose precision is as near to `p_w` as there are."""
        bank = self.bank(mode)
        distance = np.zeros(len(bank.p_w)) if p_w is None else abs(bank.p_w - p_w)
        choices = np.flatnonzero(distance == distance.min())
        choice = int(self.rng.choice(choices))
        return {"waddr": int(bank.waddr[choice]), "p_w": int(bank.p_w[choice])}

    def _shapes(self) -> list[tuple[int, bool]]:
        """Return every precision with each sign."""
        least = int(self.config.detection == "static")
        return list(product(range(least, self.config.p + 1), (False, True)))

    def _stalls(self, way: str) -> Iterator[TileBatch]:
        """Every precision and sign: not stalled, offered late, at a slow output, after short steps with long weights."""
        mode = self.mode(way)
        filler, little = self._exact(mode, self.config.p, False), self._exact(mode, 1, False)
        short, long = self._weight(mode, 0), self._weight(mode, self.config.p)
        calm, late, slow, starved = [], [StepItem(filler, **short)], [], []  # the first step of a batch is never late
        for p, signed in self._shapes():
            groups = [self._exact(mode, p, signed) for _ in range(4)]
            calm += [
                StepItem(filler, last=False, **short),
                StepItem(groups[0], first=False, last=False, **short),
                StepItem(filler, first=False, **short),
            ]
            late.append(StepItem(groups[1], gap=_LATE, **short))
            slow.append(StepItem(groups[2], **short))
            starved += [StepItem(little, last=False, **short), StepItem(groups[3], first=False, **long)]
        yield self.batch(f"{way}: calm", mode, calm)
        yield self.batch(f"{way}: late", mode, late)
        yield self.batch(f"{way}: slow output", mode, slow, _SELDOM)
        if mode.serial:
            yield self.batch(f"{way}: long weights", mode, starved)

    def _every_n_low(self) -> Iterator[TileBatch]:
        """Every n_L with every precision that it leaves: a batch, or of profiles a batch each."""
        config = self.config
        if config.detection == "static":
            for n_high in range(config.p):
                mode = self.mode("parallel", n_high=n_high)
                groups = [self._exact(mode, n_high + 1 - n_low, False) for n_low in range(n_high + 1)]
                yield self.batch(f"n_h {n_high}", mode, [StepItem(group, **self._weight(mode)) for group in groups])
            return
        mode = self.mode("parallel")
        shapes = [(n_low, p) for n_low in range(config.p) for p in range(config.p - n_low + 1)]
        steps = [StepItem(self._group(p, False, n_low), **self._weight(mode)) for n_low, p in shapes]
        yield self.batch("n_l and precision", mode, steps)

    def _every_profile(self) -> Iterator[TileBatch]:
        """A step at every precision of a profile, on a design that can also detect."""
        for n_high in range(self.config.p):
            mode = self.mode("parallel", static=True, n_high=n_high)
            yield self.batch(f"profile {n_high}", mode, [StepItem(self._exact(mode, n_high + 1, False), **self._weight(mode))])

    def _pallets_held(self) -> Iterator[TileBatch]:
        """Pallets of every length at an output that is always ready, and at one that seldom is."""
        mode = self.mode("parallel")
        for ready in (ALWAYS, _SELDOM):
            shapes = [PalletShape(steps, "short", False, 0) for steps in _LENGTHS for _ in range(2)]
            yield self.pallets("pallets", mode, shapes, ready=ready)

    def weights(self, way: str) -> Iterator[TileBatch]:
        """Weights of every precision against activations of a middle one and of the widest, detected and by profile.

        The widest: at four bits a cycle a middle precision takes two cycles, which no weights are two shorter than.
        """
        if way == "pool":
            return
        for static in (True,) if self.config.detection == "static" else (False, True):
            for precision in (self.config.p // 2, self.config.p):
                mode = self.mode(way, static, n_high=precision - 1)
                bank = self.bank(mode)
                group = self._exact(mode, precision, False)
                known = np.unique(bank.p_w).tolist()
                steps = [StepItem(group, **self._weight(mode, p_w)) for p_w in known]
                yield self.batch(f"{way}: weights", mode, steps)

    def _pool_corners(self) -> TileBatch:
        """Pallets of two steps whose values are all zero, all negative, or have one at a limit."""
        config, mode = self.config, self.mode("pool", static=False)
        steps = []
        for signed, corner in product((False, True), ("zero", "high", "any", "low", "negative")):
            low, high = limits(config.p, signed)
            for first in (True, False):
                values = self.rng.integers(1, high // 2, (config.cols, config.lanes))
                values = {"zero": 0 * values, "negative": -values}.get(corner, values)
                if corner in ("high", "low"):
                    values[self.rng.integers(0, config.cols), self.rng.integers(0, config.lanes)] = (
                        high if corner == "high" else low
                    )
                steps.append(
                    StepItem(
                        GroupItem(abs(values) if not signed else values, signed),
                        first=first,
                        last=not first,
                        **self._weight(mode),
                    )
                )
        return self.batch("corners of pooling", mode, steps)
