# SPDX-License-Identifier: Apache-2.0
"""What a core must make of the steps that it took: precisions, sums, event times. Each from the models, none from the RTL."""

from __future__ import annotations

import numpy as np

from models.config import DesignConfig
from models.dispatch_timing import DispatchTiming, base_timing, column_latency, dispatch_timing, step_work
from models.precision import check_range, group_precision, trailing_position, trim, value_dtype
from tb.tile.items import READY_CYCLES, LayerMode, Steps
from tb.tile.memory import MemoryImage, bit_serial


def step_settings(steps: Steps) -> list[tuple[np.ndarray, bool, int]]:
    """Group the steps by (is_signed, n_low): the models take these per layer, the bench changes them per pallet."""
    keys = steps.is_signed * 16 + steps.n_low
    return [(np.flatnonzero(keys == key), bool(key >> 4), int(key & 15)) for key in np.unique(keys)]


def step_precisions(steps: Steps, mode: LayerMode, config: DesignConfig) -> tuple[np.ndarray, np.ndarray]:
    """Return the precision in use and the trailing position of every step, int64 [S] each. BASE detects neither."""
    flat = steps.acts.reshape(len(steps), -1)
    precision, trailing = (np.zeros(len(flat), np.int64) for _ in range(2))
    if config.design == "base":
        return precision + config.p, trailing
    for index, signed, n_low in step_settings(steps):
        values = flat if len(index) == len(flat) else flat[index]
        values = check_range(values, config.p, signed).astype(value_dtype(config.p, signed))  # narrow ones are faster
        trailing[index] = trailing_position(values, config.p, signed)
        precision[index] = mode.n_high - n_low + 1 if mode.static else group_precision(values, config.p, signed, n_low)
    return precision, trailing


def kept_columns(mode: LayerMode, config: DesignConfig) -> np.ndarray:
    """Return which columns hold results, bool [cols]: the last slice of each cascade, else all."""
    return np.arange(config.cols) % mode.slices == mode.slices - 1


def step_products(steps: Steps, mode: LayerMode, memory: MemoryImage, config: DesignConfig) -> np.ndarray:
    """Return the inner product of every step, column and row, int64 [S, cols, rows], from the words of the memory.

    The products of a step are summed in float64, which is exact: lanes x 2^31 is far below 2^53. BASE does not trim.
    """
    acts = steps.acts.astype(np.float64)
    for index, _, n_low in step_settings(steps) if config.design != "base" else ():
        if n_low:
            acts[index] = trim(steps.acts[index], n_low)
    products = np.empty((*acts.shape[:2], config.rows), np.int64)
    p_w = steps.p_w if bit_serial(config, mode.serial) else np.zeros_like(steps.p_w)
    for index, key in _same(steps.waddr << 5 | p_w):
        weights = memory.step_weights(key >> 5, key & 31, config, mode.serial)
        if len(weights) == 1:
            products[index] = acts[index] @ weights[0]
        else:
            products[index] = (acts[index].transpose(1, 0, 2) @ weights).transpose(1, 0, 2)
    return products


def _same(keys: np.ndarray) -> list[tuple[np.ndarray, int]]:
    """Return (indices, key) of every different key."""
    order = np.argsort(keys, kind="stable")
    values, begins = np.unique(keys[order], return_index=True)
    return list(zip(np.split(order, begins[1:]), values.tolist(), strict=True))


def pallet_sums(steps: Steps, mode: LayerMode, memory: MemoryImage, config: DesignConfig) -> np.ndarray:
    """Return the sums of every pallet, int64 [pallets, cols, rows]; of a cascade only those of `kept_columns` mean anything."""
    products, begins = step_products(steps, mode, memory, config), np.flatnonzero(steps.first)
    if mode.pool:
        return np.maximum.reduceat(products, begins, axis=0)
    sums = np.add.reduceat(products, begins, axis=0)
    used = config.cols // mode.slices * mode.slices
    slices = sums[:, :used].reshape(len(sums), -1, mode.slices, config.rows)
    sums[:, kept_columns(mode, config)] = slices.sum(axis=2)
    return sums


def step_timing(
    steps: Steps,
    precision: np.ndarray,
    mode: LayerMode,
    config: DesignConfig,
    *,
    first: int,
    ready: np.ndarray,
    ready_start: int,
) -> DispatchTiming:
    """Return when everything happens, for steps whose first is offered in cycle `first`.

    ready: bool [READY_CYCLES], whether the output is taken; its entry 0 belongs to cycle `ready_start`, and it repeats.
    """
    pattern = ready.tolist()

    def taken(cycle: int) -> bool:
        return pattern[(cycle - ready_start) % READY_CYCLES]

    if config.design == "base":
        return base_timing(steps.gaps, steps.last, first=first, ready=taken)
    work = step_work(config, precision, steps.p_w, steps.last, serial=mode.serial, slices=mode.slices)
    return dispatch_timing(steps.gaps, work, steps.last, config.cols, column_latency(config), first=first, ready=taken)


def first_load(timing: DispatchTiming, mode: LayerMode, config: DesignConfig) -> int:
    """Return the cycles that the first step's weights take to load (trt, serial).

    The core reports them as waiting for weights; for a layer they are fill (models/dispatch_timing.py counts from the start).
    """
    return int(timing.start[0] - timing.handshake[0]) if config.design == "trt" and mode.serial else 0


def reported_causes(timing: DispatchTiming, mode: LayerMode, config: DesignConfig) -> dict[str, int]:
    """Return the cycles that the core reports by cause."""
    return timing.causes | {"weight_fetch": timing.causes["weight_fetch"] + first_load(timing, mode, config)}
