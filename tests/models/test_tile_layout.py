# SPDX-License-Identifier: Apache-2.0
"""Where the mapping puts every operand and result, against the layout in plain Python (bruteforce_tile.py)."""

from __future__ import annotations

import time

import numpy as np
import pytest
from bruteforce_tile import Place, words_of_step
from tile_cases import (
    CONFIGS,
    DSTRIPES,
    LAYERS,
    STRIPES,
    bits_of_words,
    check_places,
    operands,
)

from models.config import DesignConfig, load_config
from models.layer import ConvLayer, PoolLayer
from models.mapping import is_serial, tile_program, utilisation, weight_precisions


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_places(layer: ConvLayer, config: DesignConfig) -> None:
    acts, weights = operands(layer, config, False, "random", 7)
    program = tile_program(layer, config, acts, weights)
    check_places(program, acts, weights)
    assert sorted(program.outputs[program.outputs >= 0].tolist()) == list(range(layer.windows * layer.K))


@pytest.mark.parametrize("layer", [LAYERS[2], LAYERS[6], LAYERS[8], LAYERS[11]], ids=lambda layer: layer.name)
@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_steps_and_addresses(layer: ConvLayer, config: DesignConfig) -> None:
    """Each pallet is framed; a pass's words follow one another, every pallet of it reads them, the next pass goes on."""
    acts, weights = operands(layer, config, False, "small", 3)
    program = tile_program(layer, config, acts, weights)
    passes, pallets, steps = program.shape.passes, program.shape.pallets, program.shape.steps
    assert len(program.acts) == program.shape.all_steps == passes * pallets * steps
    assert np.flatnonzero(program.first).tolist() == list(range(0, len(program.acts), steps))
    assert np.flatnonzero(program.last).tolist() == list(range(steps - 1, len(program.acts), steps))
    waddr, p_w = program.waddr.reshape(passes, pallets, steps), program.p_w.reshape(passes, pallets, steps)
    address = 0
    for run, local in np.ndindex(passes, steps):
        assert waddr[run, :, local].tolist() == [address] * pallets
        address += words_of_step(config, program.serial, int(p_w[run, 0, local]))
    assert len(program.words) == address
    assert bits_of_words(program).shape == (address, program.word_bits)
    for index in range(passes):
        own = program.acts.reshape(passes, pallets * steps, config.cols, config.lanes)[index]
        np.testing.assert_array_equal(program.pass_steps(index), own)


def lowest_precision(weights: list[int], bits: int) -> int:
    """Return the fewest bits, sign included, of the largest magnitude; 0 when all are zero."""
    largest = max(abs(weight) for weight in weights)
    return min(bits, largest.bit_length() + 1) if largest else 0


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize("kind", ["small", "minimum"])
@pytest.mark.parametrize("config", CONFIGS[4:], ids=lambda config: config.name)
def test_weight_precisions_by_loops(layer: ConvLayer, kind: str, config: DesignConfig) -> None:
    serial = is_serial(layer, config)
    for slices in {1, 2} if serial and config.design == "trt" else {1}:
        _, weights = operands(layer, config, False, kind, 2)
        place = Place(layer, config, serial, slices)
        found = weight_precisions(layer, config, weights, serial, slices)
        assert found.shape == (place.passes, place.steps)
        if config.design == "trt" and not serial:
            assert not found.any()
            continue
        sites = list(np.ndindex(config.rows, config.cols, config.lanes))
        for run, step in np.ndindex(found.shape):
            used = [place.weight(run, step, *site) for site in sites]
            one = [int(weights[source]) for source in used if source is not None]
            expected = weights.ravel().tolist() if config.detection == "static" else [0, *one]
            assert found[run, step] == lowest_precision(expected, config.p)


def test_weight_precisions_of_a_large_layer_are_fast() -> None:
    """AlexNet's fc6, 37.7 million weights, in a fraction of a second (some 60 ms; the best of three)."""
    layer, config = ConvLayer("fc6", 9216, 1, 1, 4096, 1, 1), load_config("trt16")
    weights = np.random.default_rng(1).integers(-99, 99, (4096, 1, 1, 9216), dtype=np.int16)
    weights[256:512, 0, 0, 16:32] = 0
    weights[300, 0, 0, 20] = -4096
    weights[512:768, 0, 0, 16:32] = 0
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        found = weight_precisions(layer, config, weights, serial=True)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 1
    assert (found.shape, found[0, 1], found[1, 1], found[2, 1]) == ((16, 576), 8, 14, 0)


def test_utilisation_by_hand() -> None:
    """A 1 x 1 layer of 16 channels and 16 filters fills all of BASE; DStripes has 1 of 16 columns without a window."""
    layer = ConvLayer("full", 16, 3, 5, 16, 1, 1)
    assert utilisation(layer, load_config("base16"), serial=False) == 1
    assert utilisation(layer, load_config("dstripes16"), serial=False) == 15 / 16
    depthwise = ConvLayer("dw", 16, 4, 4, 16, 3, 3, 1, 1, 16)
    assert utilisation(depthwise, load_config("dstripes16"), serial=False) == 1 / 16
    fc = ConvLayer("fc", 64, 1, 1, 512, 1, 1)
    assert utilisation(fc, load_config("trt16"), serial=True) == 1
    assert utilisation(fc, load_config("trt16"), serial=True, slices=3) == 512 * 64 / (7 * 2 * 4096)
    assert utilisation(fc, load_config("dstripes16"), serial=False) == 1 / 16


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_serial_layers(config: DesignConfig) -> None:
    fc, groups = ConvLayer("fc", 4, 2, 2, 4, 2, 2), ConvLayer("groups", 4, 2, 2, 4, 2, 2, groups=2)
    assert is_serial(fc, config) is (config.design in ("trt", "loom"))
    assert not is_serial(groups, config)
    assert not is_serial(PoolLayer("global", 4, 2, 2, 2, 2), config)


def test_profile() -> None:
    """n_high is by default the highest bit in use; a static one that holds the values stays."""
    acts = np.array([[[-3, 4]]])
    layer, weights = ConvLayer("tiny", 2, 1, 1, 1, 1, 1), np.zeros((1, 1, 1, 2), int)
    assert tile_program(layer, STRIPES, acts, weights, signed=True).n_high == 3  # sign-magnitude 4 takes 3 bits and a sign
    assert tile_program(layer, STRIPES, abs(acts), weights).n_high == 2
    assert tile_program(layer, STRIPES, abs(acts), weights, n_high=9).n_high == 9
    assert tile_program(layer, STRIPES, acts * 0, weights, n_low=5).n_high == 5
    assert tile_program(layer, STRIPES, acts, weights, signed=True).static
    assert not tile_program(layer, DSTRIPES, abs(acts), weights, n_high=1).static
