# SPDX-License-Identifier: Apache-2.0
"""Sequences of random pallets and of single groups. Sequences of layers: layer_sequences.py."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from pyuvm import ConfigDB, uvm_sequence

from models.precision import limits
from tb.common.distributions import DISTRIBUTIONS
from tb.tile.items import (
    ALWAYS,
    GAP_PROFILES,
    GroupItem,
    LayerMode,
    StepItem,
    TileBatch,
    TileItem,
    pallet_of,
    steps_of,
)
from tb.tile.pallets import (
    READY_PROFILES,
    PalletShape,
    WeightBank,
    make_pallets,
    mode_kinds,
    moved_bank,
    random_bank,
    random_mode,
    random_shape,
    ready_pattern,
)
from tb.tile.reference import step_precisions, step_timing

_START = 3  # cycles from a batch's start to its first handshake, at most
_MARGIN = 8  # cycles by which the bench's start and the pattern of `ready` move a column


class TileSequence(uvm_sequence):
    """Sends the items made by `items`; subclasses say which."""

    async def body(self) -> None:
        self.context = ConfigDB().get(None, "", "CONTEXT")
        self.config = self.context.config
        self.rng = self.context.rng(type(self).__name__)
        self.banks: dict[tuple[bool, bool], WeightBank] = {}
        self.loaded: WeightBank | None = None
        for item in self.items():
            await self.start_item(item)
            await self.finish_item(item)

    def items(self) -> Iterator[TileItem]:
        """Yield what is to be played."""
        raise NotImplementedError

    def bank(self, mode: LayerMode) -> WeightBank:
        """Return the weights for a mode, drawn when it is first asked for."""
        key = (mode.serial, mode.pool)
        if key not in self.banks:
            self.banks[key] = moved_bank(self.rng, self.config, random_bank(self.rng, self.config, mode))
        return self.banks[key]

    def pallets(
        self, name: str, mode: LayerMode, shapes: list[PalletShape], gaps: str = "none", ready: np.ndarray = ALWAYS
    ) -> TileBatch:
        """Return a batch of random pallets; its weights are loaded if the ones before were others."""
        bank = self.bank(mode)
        steps = make_pallets(self.rng, self.config, shapes, gaps, mode, bank)
        batch = TileBatch(name, steps, mode, ready, bank.memory if bank is not self.loaded else None)
        self.loaded = bank
        return batch

    def kinds(self) -> Iterator[str]:
        """Yield kinds of modes without end: all of them in a random order, then all again."""
        while True:
            yield from self.rng.permutation(mode_kinds(self.config)).tolist()


class RandomSequence(TileSequence):
    """Mixed random pallets in every mode under every pair of gap and ready profile in turn."""

    def items(self) -> Iterator[TileBatch]:
        profiles = [(gaps, ready) for gaps in GAP_PROFILES for ready in READY_PROFILES]
        kinds = self.kinds()
        for number in range(self.context.knob("batches", 12)):
            gaps, ready = profiles[number % len(profiles)]
            mode = random_mode(self.rng, self.config, next(kinds))
            shapes = [random_shape(self.rng, self.config) for _ in range(self.context.knob("pallets", 12))]
            yield self.pallets(f"random{number}", mode, shapes, gaps, ready_pattern(self.rng, ready))


class CornerSequence(TileSequence):
    """In every mode: each distribution with each sign alone, every n_L, the most negative value. Then single groups."""

    def items(self) -> Iterator[TileItem]:
        for number, kind in enumerate(mode_kinds(self.config)):
            mode = random_mode(self.rng, self.config, kind)
            lengths = (1, 4) if number else (1, 1, 5, 20)
            yield self.pallets(f"{kind}: distributions", mode, self._distributions(lengths))
            mode = LayerMode(mode.static, self.config.p - 1, mode.serial, mode.pool, mode.slices)
            yield self.pallets(f"{kind}: n_low", mode, self._every_n_low())
        yield from self._groups(random_mode(self.rng, self.config, mode_kinds(self.config)[0]))

    @staticmethod
    def _distributions(lengths: tuple[int, ...]) -> list[PalletShape]:
        return [PalletShape(n, name, signed, 0) for name in DISTRIBUTIONS for signed in (False, True) for n in lengths]

    def _every_n_low(self) -> list[PalletShape]:
        bits = self.config.p
        sweep = [PalletShape(2, "short", signed, n_low) for n_low in range(bits) for signed in (False, True)]
        return sweep + [PalletShape(3, "all_maximum", True, n_low) for n_low in (0, 1, bits - 1)] * 4

    def _groups(self, mode: LayerMode) -> Iterator[TileItem]:
        """Groups whose largest magnitude is each power of two in turn, as pallets of up to three; then some alone."""
        bank, top = self.bank(mode), mode.n_high + 1 if mode.static else self.config.p
        groups = [self._group(1 << bit, signed, top) for signed in (False, True) for bit in range(max(1, top - signed))]
        steps = []
        for index in range(0, len(groups), 3):
            pallet = groups[index : index + 3]
            choice = self.rng.integers(0, len(bank.waddr), len(pallet))
            steps += pallet_of(pallet, bank.waddr[choice], bank.p_w[choice])
        self.loaded = bank
        yield TileBatch("every precision", steps_of(steps), mode, ALWAYS, bank.memory)
        weights = {"waddr": int(bank.waddr[-1]), "p_w": int(bank.p_w[-1])}
        yield GroupItem(self._group(1, False, self.config.p).values, **weights)
        yield StepItem(self._group(1 << (self.config.p - 1), True, self.config.p), **weights)

    def _group(self, largest: int, signed: bool, bits: int) -> GroupItem:
        """A group of zeros but for one value, +-largest."""
        values = np.zeros((self.config.cols, self.config.lanes), np.int64)
        value = -largest if signed and self.rng.integers(0, 2) else largest
        values[self.rng.integers(0, self.config.cols), self.rng.integers(0, self.config.lanes)] = value
        return GroupItem(np.clip(values, *limits(bits, signed)), signed)


class ContractSequence(TileSequence):
    """Input never late, output always taken: the only stalls are those of the contract."""

    def items(self) -> Iterator[TileBatch]:
        kinds = self.kinds()
        for number in range(self.context.knob("batches", 4)):
            mode = random_mode(self.rng, self.config, next(kinds))
            shapes = [random_shape(self.rng, self.config) for _ in range(self.context.knob("pallets", 24))]
            yield self.pallets(f"contract{number}", mode, shapes)


class ResetSequence(RandomSequence):
    """Every other batch is cut by a reset, in every mode before and after its first column; the next batch is exact."""

    def items(self) -> Iterator[TileBatch]:
        kinds = mode_kinds(self.config)
        cuts = list(product(kinds, (True, False)))
        for number in range(max(len(cuts), self.context.knob("batches", 12) // 2)):
            kind, early = cuts[number % len(cuts)]
            cut = self._random(f"cut{number}", kind)
            cut.reset_after = self._cut(cut, early)
            yield cut
            yield self._random(f"whole{number}", str(self.rng.choice(kinds)))

    def _random(self, name: str, kind: str) -> TileBatch:
        mode = random_mode(self.rng, self.config, kind)
        shapes = [random_shape(self.rng, self.config) for _ in range(self.context.knob("pallets", 12))]
        gaps, ready = (str(self.rng.choice(list(profiles))) for profiles in (GAP_PROFILES, READY_PROFILES))
        return self.pallets(name, mode, shapes, gaps, ready_pattern(self.rng, ready))

    def _cut(self, batch: TileBatch, early: bool) -> int:
        """Return a random cycle before or after the first column, which the timing model predicts."""
        steps = batch.steps
        precision, _ = step_precisions(steps, batch.mode, self.config)
        timing = step_timing(steps, precision, batch.mode, self.config, first=0, ready=batch.ready, ready_start=0)
        column = int(timing.column[0, 0])
        if early:
            return _START + int(self.rng.integers(1, max(2, column - 1)))
        return _START + column + int(self.rng.integers(_MARGIN, _MARGIN + 3 * len(steps)))


class SpeedSequence(TileSequence):
    """Long batches of ReLU-like pallets for `make bench`: what a network keeps a tile busy with."""

    def bank(self, mode: LayerMode) -> WeightBank:
        """Return weights at the start of the memory, where the bare loop has them."""
        if not self.banks:
            self.banks[mode.serial, mode.pool] = random_bank(self.rng, self.config, mode)
        return super().bank(mode)

    def items(self) -> Iterator[TileBatch]:
        mode = LayerMode(static=self.config.detection == "static", n_high=self.config.p - 1)
        for number in range(self.context.knob("batches", 8)):
            shapes = [PalletShape(18, "relu_like", False, 0)] * self.context.knob("pallets", 56)
            yield self.pallets(f"speed{number}", mode, shapes)
