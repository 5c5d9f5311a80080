# SPDX-License-Identifier: Apache-2.0
"""Constrained-random pallets: shapes, distributions, gaps and back-pressure of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pyuvm import ConfigDB, uvm_sequence

from models.config import DesignConfig
from tb.common.distributions import DISTRIBUTIONS, draw
from tb.tile.items import READY_CYCLES, WEIGHT_WORDS, Pallets, TileBatch

# chance that the output is taken in a cycle; 'bursts' alternates long runs of both
READY_PROFILES = {"always": 1.0, "light": 0.9, "heavy": 0.3, "bursts": None}
GAP_PROFILES = {"none": 0, "short": 3, "long": 40}


@dataclass(frozen=True)
class PalletShape:
    """What one pallet of a batch looks like."""

    steps: int
    distribution: str
    signed: bool
    n_low: int


def ready_pattern(rng: np.random.Generator, profile: str) -> np.ndarray:
    """Return bool [READY_CYCLES] of a named back-pressure profile; at least one cycle in it is ready."""
    if profile == "bursts":
        lengths = rng.integers(1, 60, READY_CYCLES)
        pattern = np.repeat(np.arange(READY_CYCLES) % 2 == 0, lengths)[:READY_CYCLES]
    else:
        pattern = rng.random(READY_CYCLES) < READY_PROFILES[profile]
    pattern[0] = True
    return pattern


def make_pallets(rng: np.random.Generator, config: DesignConfig, shapes: list[PalletShape], gap_profile: str) -> Pallets:
    """Draw the activations of pallets of the given shapes; weights' words are drawn too."""
    acts, signed, n_low, first, last = [], [], [], [], []
    for shape in shapes:
        values = draw(rng, shape.distribution, shape.steps, config.cols * config.lanes, config.p, shape.signed, shape.n_low)
        acts.append(values.reshape(shape.steps, config.cols, config.lanes))
        signed += [shape.signed] * shape.steps
        n_low += [shape.n_low] * shape.steps
        first += [step == 0 for step in range(shape.steps)]
        last += [step == shape.steps - 1 for step in range(shape.steps)]
    total = len(signed)
    most = GAP_PROFILES[gap_profile]
    gaps = rng.integers(0, most + 1, total) * (rng.random(total) < 0.3) if most else np.zeros(total, np.int64)
    gaps[0] = 0
    waddr = rng.integers(0, WEIGHT_WORDS, total)
    return Pallets(np.concatenate(acts), np.array(signed), np.array(n_low), np.array(first), np.array(last), waddr, gaps)


def random_shape(rng: np.random.Generator, config: DesignConfig) -> PalletShape:
    """Draw a pallet's shape: mostly short, every distribution, both signs, all n_L with a preference for small ones."""
    return PalletShape(
        steps=int(rng.choice([1, 2, 3, 4, 6, 9, 18], p=[0.2, 0.15, 0.15, 0.15, 0.15, 0.15, 0.05])),
        distribution=str(rng.choice(list(DISTRIBUTIONS))),
        signed=bool(rng.integers(0, 2)),
        n_low=int(rng.choice([0, 0, rng.integers(0, config.p)])),
    )


def random_weights(rng: np.random.Generator, config: DesignConfig) -> np.ndarray:
    """Draw the weight memory, int64 [WEIGHT_WORDS, rows, lanes]: weight-like words, and some of only extremes."""
    words = draw(rng, "weight_like", WEIGHT_WORDS, config.rows * config.lanes, config.p, True)
    swinging, equal = (
        draw(rng, name, WEIGHT_WORDS, config.rows * config.lanes, config.p, True) for name in ("alternation", "all_maximum")
    )
    pick = rng.random((WEIGHT_WORDS, 1))
    return np.select([pick < 0.15, pick < 0.3], [swinging, equal], words).reshape(WEIGHT_WORDS, config.rows, config.lanes)


class TileSequence(uvm_sequence):
    """Sends batches made by `batches`; subclasses say which."""

    async def body(self) -> None:
        self.context = ConfigDB().get(None, "", "CONTEXT")
        self.rng = self.context.rng(type(self).__name__)
        weights: np.ndarray | None = random_weights(self.rng, self.context.config)
        for number, (pallets, profile, reset_after) in enumerate(self.batches()):
            item = TileBatch(f"batch{number}", pallets, ready_pattern(self.rng, profile), weights)
            item.reset_after = reset_after
            weights = None
            await self.start_item(item)
            await self.finish_item(item)

    def batches(self):
        """Yield (Pallets, ready profile, cycles until a reset or None)."""
        raise NotImplementedError


class RandomSequence(TileSequence):
    """Mixed random pallets under every pair of gap and ready profile in turn."""

    def batches(self):
        config, rng = self.context.config, self.rng
        profiles = [(gap, ready) for gap in GAP_PROFILES for ready in READY_PROFILES]
        for number in range(self.context.knob("batches", 12)):
            gap, ready = profiles[number % len(profiles)]
            shapes = [random_shape(rng, config) for _ in range(self.context.knob("pallets", 12))]
            yield make_pallets(rng, config, shapes, gap), ready, None


class CornerSequence(TileSequence):
    """Each distribution with each sign on its own, short and long pallets; then every n_L."""

    def batches(self):
        config, rng = self.context.config, self.rng
        for name in DISTRIBUTIONS:
            shapes = [PalletShape(steps, name, signed, 0) for signed in (False, True) for steps in (1, 1, 5, 20)]
            yield make_pallets(rng, config, shapes, "none"), "always", None
        sweep = [PalletShape(2, "short", signed, n_low) for n_low in range(config.p) for signed in (False, True)]
        yield make_pallets(rng, config, sweep, "none"), "always", None
        minimum = [PalletShape(3, "all_maximum", True, n_low) for n_low in (0, 1, config.p - 1)] * 4
        yield make_pallets(rng, config, minimum, "none"), "always", None


class ContractSequence(TileSequence):
    """Input never late, output always taken: the only stalls are those of the contract."""

    def batches(self):
        for _ in range(self.context.knob("batches", 4)):
            shapes = [random_shape(self.rng, self.context.config) for _ in range(24)]
            yield make_pallets(self.rng, self.context.config, shapes, "none"), "always", None


class ResetSequence(RandomSequence):
    """Every other batch is cut by a reset at a random cycle; the next one must be exact."""

    def batches(self):
        for number, (pallets, ready, _) in enumerate(super().batches()):
            yield pallets, ready, int(self.rng.integers(3, 3 * len(pallets.acts))) if number % 2 == 0 else None


class SpeedSequence(TileSequence):
    """Long batches of ReLU-like pallets for `make bench`: what a network keeps a tile busy with."""

    def batches(self):
        for _ in range(self.context.knob("batches", 8)):
            shapes = [PalletShape(18, "relu_like", False, 0)] * self.context.knob("pallets", 56)
            yield make_pallets(self.rng, self.context.config, shapes, "none"), "always", None
