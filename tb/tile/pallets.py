# SPDX-License-Identifier: Apache-2.0
"""Constrained-random pallets: modes, weights, values, gaps and back-pressure of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.config import DesignConfig
from models.precision import limits
from models.weight_memory import weight_memory
from tb.common.distributions import DISTRIBUTIONS, draw
from tb.tile.items import READY_CYCLES, LayerMode, Steps, random_gaps
from tb.tile.memory import MemoryImage, address_bits, bit_serial, weight_columns

# chance that the output is taken in a cycle; 'bursts' alternates long runs of both
READY_PROFILES = {"always": 1.0, "light": 0.9, "heavy": 0.3, "bursts": None}
_PARALLEL_WORDS = 256  # words of whole weights to choose from
_SERIAL_STEPS = 48  # steps' weights in bits to choose from, if they fit


@dataclass(frozen=True)
class PalletShape:
    """What one pallet of a batch looks like."""

    steps: int
    distribution: str
    signed: bool
    n_low: int


@dataclass(frozen=True)
class WeightBank:
    """Weights that steps choose from: a step's first word and its precision, int64 [choices] each."""

    memory: MemoryImage
    waddr: np.ndarray
    p_w: np.ndarray


def ready_pattern(rng: np.random.Generator, profile: str) -> np.ndarray:
    """Return bool [READY_CYCLES] of a named back-pressure profile; at least one cycle in it is ready."""
    if profile == "bursts":
        lengths = rng.integers(1, 60, READY_CYCLES)
        pattern = np.repeat(np.arange(READY_CYCLES) % 2 == 0, lengths)[:READY_CYCLES]
    else:
        pattern = rng.random(READY_CYCLES) < READY_PROFILES[profile]
    pattern[0] = True
    return pattern


def mode_kinds(config: DesignConfig) -> list[str]:
    """The ways in which a design works: which operands its columns take, and whether it detects precisions."""
    ways = {"base": ["parallel"], "dstripes": ["parallel"], "trt": ["parallel", "serial", "cascade", "pool"]}
    ways = ways.get(config.design, ["parallel", "serial"])
    if config.design == "base":
        return ways
    static = [f"{way} static" for way in ways]
    return static if config.detection == "static" else [*ways, *static]


def random_mode(rng: np.random.Generator, config: DesignConfig, kind: str) -> LayerMode:
    """Draw the layer registers of a kind."""
    way = kind.split(maxsplit=1)[0]
    return LayerMode(
        static="static" in kind,
        n_high=int(rng.integers(0, config.p)),
        serial=way in ("serial", "cascade"),
        pool=way == "pool",
        slices=int(rng.integers(2, config.cols + 1)) if way == "cascade" else 1,
    )


def _limits_of(bits: np.ndarray) -> np.ndarray:
    """Return the highest value of `bits` signed bits, 0 for 0 and 1 bits; the lowest is its complement (0 for 0 bits)."""
    return (np.int64(1) << np.maximum(bits - 1, 0)) - 1


def serial_bank(rng: np.random.Generator, config: DesignConfig, serial: bool) -> WeightBank:
    """Draw weights of every precision, also 0 and 1 (only a sign): any values of it, only extremes, or weight-like ones."""
    columns = weight_columns(config, serial)
    words = config.p * (columns if config.design == "loom" else 1)
    count = min(_SERIAL_STEPS, (1 << address_bits(config)) // words)
    p_w = np.concatenate([rng.permutation(config.p + 1), rng.integers(0, config.p + 1, count)])[:count]
    high = _limits_of(p_w)[:, None]
    low = np.where(p_w == 0, 0, ~_limits_of(p_w))[:, None]
    shape = (count, config.rows * columns * config.lanes)
    values = rng.integers(low, high + 1, shape)
    extremes = np.where(rng.integers(0, 2, shape) == 1, high, low)
    like = np.clip(draw(rng, "weight_like", *shape, config.p, True), low, high)
    pick = rng.random((count, 1))
    values = np.select([pick < 0.2, pick < 0.4], [extremes, like], values)
    tile = values.reshape(1, count, config.rows, columns, config.lanes)
    memory = weight_memory(tile, p_w[None], config, serial)
    return WeightBank(MemoryImage(memory.words), memory.addresses[0], p_w)


def parallel_bank(rng: np.random.Generator, config: DesignConfig, pool: bool) -> WeightBank:
    """Draw words of whole weights: weight-like, some of only extremes; for pooling 1 in one lane of each row."""
    size = (_PARALLEL_WORDS, config.rows * config.lanes)
    if pool:
        lane = rng.integers(0, config.lanes, (_PARALLEL_WORDS, config.rows, 1))
        words = (lane == np.arange(config.lanes)).astype(np.int64)
    else:
        names = ("weight_like", "alternation", "all_maximum")
        like, swinging, equal = (draw(rng, name, *size, config.p, True) for name in names)
        pick = rng.random((_PARALLEL_WORDS, 1))
        words = np.select([pick < 0.15, pick < 0.3], [swinging, equal], like)
    words = words.reshape(_PARALLEL_WORDS, config.rows, config.lanes)
    unused = rng.integers(0, config.p + 1, _PARALLEL_WORDS)  # a precision that nobody asks for
    return WeightBank(MemoryImage(words), np.arange(_PARALLEL_WORDS), unused)


def random_bank(rng: np.random.Generator, config: DesignConfig, mode: LayerMode) -> WeightBank:
    """Draw weights for a mode."""
    if bit_serial(config, mode.serial):
        return serial_bank(rng, config, mode.serial)
    return parallel_bank(rng, config, mode.pool)


def moved_bank(rng: np.random.Generator, config: DesignConfig, bank: WeightBank) -> WeightBank:
    """Return the bank somewhere else in the weight memory, at times right at its end."""
    last = (1 << address_bits(config)) - len(bank.memory.words)
    first = int(rng.choice([last, rng.integers(0, last + 1)]))
    return WeightBank(MemoryImage(bank.memory.words, first), bank.waddr + first, bank.p_w)


def random_shape(rng: np.random.Generator, config: DesignConfig) -> PalletShape:
    """Draw a pallet's shape: mostly short, every distribution, both signs, all n_L with a preference for small ones."""
    return PalletShape(
        steps=int(rng.choice([1, 2, 3, 4, 6, 9, 18], p=[0.2, 0.15, 0.15, 0.15, 0.15, 0.15, 0.05])),
        distribution=str(rng.choice(list(DISTRIBUTIONS))),
        signed=bool(rng.integers(0, 2)),
        n_low=int(rng.choice([0, 0, rng.integers(0, config.p)])),
    )


def _values(rng: np.random.Generator, config: DesignConfig, shape: PalletShape, mode: LayerMode) -> np.ndarray:
    """Draw the activations of a pallet, int64 [steps, cols, lanes]: within the profile, the same for all of Loom's outputs."""
    size = config.cols * config.lanes
    values = draw(rng, shape.distribution, shape.steps, size, config.p, shape.signed, shape.n_low)
    if mode.static:
        values = np.clip(values, *limits(mode.n_high + 1, shape.signed))
    values = values.reshape(shape.steps, config.cols, config.lanes)
    return np.repeat(values[:, :1], config.cols, axis=1) if config.design == "loom" and mode.serial else values


def make_pallets(
    rng: np.random.Generator,
    config: DesignConfig,
    shapes: list[PalletShape],
    gap_profile: str,
    mode: LayerMode,
    bank: WeightBank,
) -> Steps:
    """Draw the activations of pallets of the given shapes, and weights from the bank for each step."""
    lengths = np.array([shape.steps for shape in shapes])
    ends = np.cumsum(lengths)
    total = int(ends[-1])
    choice = rng.integers(0, len(bank.waddr), total)
    n_low = np.minimum([shape.n_low for shape in shapes], mode.n_high if mode.static else config.p)
    return Steps(
        acts=np.concatenate([_values(rng, config, shape, mode) for shape in shapes]),
        is_signed=np.repeat([shape.signed for shape in shapes], lengths),
        n_low=np.repeat(n_low, lengths),
        first=np.isin(np.arange(total), ends - lengths),
        last=np.isin(np.arange(total), ends - 1),
        waddr=bank.waddr[choice],
        p_w=bank.p_w[choice],
        gaps=random_gaps(rng, gap_profile, total),
    )
