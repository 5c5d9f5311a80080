# SPDX-License-Identifier: Apache-2.0
"""layer_cycles on thousands of random layers and designs: the event model step by step, and registers cycle by cycle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.config import DesignConfig, load_all
from models.cycles import layer_cycles
from models.cycles.core import activation_streams
from models.dispatch_timing import base_timing, column_latency, dispatch_timing, step_work
from models.layer import ConvLayer
from models.tile_shape import is_serial, tile_shape
from tests.support.dispatcher_simulation import Simulation

CONFIGS = load_all()


def random_layer(rng: np.random.Generator) -> ConvLayer:
    """A small layer: convolution, grouped, depthwise or fully connected."""
    kernel = int(rng.integers(1, 4))
    groups = int(rng.choice([1, 1, 1, 2, 5]))
    C, K = (groups * int(rng.integers(1, 12)) for _ in range(2))
    if rng.random() < 0.4:
        return ConvLayer("fc", C, kernel, kernel, K * 3, kernel, kernel)
    if rng.random() < 0.25:
        C, groups = groups * 3, groups * 3
        K = C * int(rng.integers(1, 3))
    size = kernel + int(rng.integers(0, 4))
    return ConvLayer("conv", C, size, size, K, kernel, kernel, int(rng.integers(1, 3)), int(rng.integers(0, 2)), groups)


def random_config(rng: np.random.Generator) -> DesignConfig:
    """Any design in a shape small enough for partly used tiles and waits at every turn."""
    design = str(rng.choice(["dstripes", "trt", "loom"]))
    bits = 1 if design == "loom" else int(rng.choice([1, 2, 4]))
    cols = int(rng.integers(1, 17 // bits if design == "trt" else 17))
    rows, lanes = (int(rng.choice([1, 2, 3, 4, 8])) for _ in range(2))
    return replace(CONFIGS["dstripes16"], design=design, bits_per_cycle=bits, cols=cols, rows=rows, lanes=lanes)


def step_sequence(
    layer: ConvLayer, config: DesignConfig, p_a: np.ndarray, p_w: np.ndarray
) -> tuple[list[int], list[int], list[bool]]:
    """The steps one by one: precisions of activations and weights, last of the pallet."""
    a, w, last = [], [], []
    for number in range(len(p_w)):
        stream = p_a[number * len(p_a) // len(p_w)]
        for pallet in stream:
            for i, precision in enumerate(pallet.tolist()):
                a.append(precision)
                w.append(int(p_w[number, i]))
                last.append(i == len(pallet) - 1)
    return a, w, last


def random_case(rng: np.random.Generator) -> tuple[ConvLayer, DesignConfig, int, np.ndarray, np.ndarray]:
    layer, config = random_layer(rng), random_config(rng)
    serial = is_serial(layer, config)
    slices = int(rng.integers(1, config.cols + 1)) if serial and config.design == "trt" else 1
    shape = tile_shape(layer, config, serial, slices)
    streams = 1 if serial else activation_streams(layer, config)
    p_a, p_w = (int(rng.integers(1, 18)) for _ in range(2))
    return (
        layer,
        config,
        slices,
        rng.integers(0, p_a, (streams, shape.pallets, shape.steps)),
        rng.integers(0, p_w, (shape.passes, shape.steps)),
    )


@pytest.mark.parametrize("seed", range(4))
def test_against_the_event_model(seed: int) -> None:
    """1000 layers each: cycles and every stall by cause."""
    rng, waited, fetched = np.random.default_rng([seed, 17]), 0, 0
    for _ in range(1000):
        layer, config, slices, p_a, p_w = random_case(rng)
        serial = is_serial(layer, config)
        a, w, last = (np.array(values) for values in step_sequence(layer, config, p_a, p_w))
        work = step_work(config, a, w, last, serial=serial, slices=slices)
        timing = dispatch_timing(
            np.zeros_like(a), work, last, config.cols, column_latency(config), first=0, ready=lambda _: True
        )
        result = layer_cycles(layer, config, p_a, p_w, slices=slices)
        assert result.cycles == timing.column[-1, -1] + 1
        expected = dict(timing.causes, weight_fetch=timing.causes["weight_fetch"] - timing.tail)
        assert {"send": result.send, "activation_fetch": 0, **result.stalls} == expected
        waited += serial and result.stalls["output_drain"] > 0
        fetched += result.stalls["weight_fetch"] > 0
    assert waited > 30 and fetched > 100  # the cases are not all easy


def test_against_registers_cycle_by_cycle() -> None:
    rng = np.random.default_rng(3)
    for _ in range(150):
        layer, config, slices, p_a, p_w = random_case(rng)
        serial = is_serial(layer, config)
        steps = step_sequence(layer, config, p_a, p_w)
        simulation = Simulation(config, serial, slices, [0] * len(steps[0]), *steps)
        simulation.run(lambda _: True, first=1)
        result = layer_cycles(layer, config, p_a, p_w, slices=slices)
        assert result.cycles == simulation.columns[-1]
        assert (result.send, result.stalls["output_drain"]) == (simulation.causes["send"], simulation.causes["output_drain"])
        assert result.stalls["reduce"] == simulation.causes["reduce"]


def test_base_against_its_pipeline() -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        layer, config = random_layer(rng), replace(CONFIGS["base16"], rows=int(rng.integers(1, 9)), lanes=4)
        shape = tile_shape(layer, config, serial=False)
        last = np.tile(np.arange(shape.steps) == shape.steps - 1, shape.passes * shape.pallets)
        timing = base_timing(np.zeros(len(last), int), last, first=0, ready=lambda _: True)
        assert layer_cycles(layer, config).cycles == timing.column[-1, 0] + 1
