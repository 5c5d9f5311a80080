# SPDX-License-Identifier: Apache-2.0
"""SCNN's cycles against loops that lay out each PE's values and pair them, and against cases counted by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from models.layer import ConvLayer, LayerError
from models.scnn import ScnnConfig, ScnnError, scnn_cycles, total, trace_layer_cycles
from models.scnn.schedule import exposed
from models.traces import Format, TraceLayer

SMALL = ScnnConfig(pe_rows=2, pe_cols=4, weights=2, acts=3, accumulators=40)


def chunks(values: list, size: int) -> list[list]:
    return [values[i : i + size] for i in range(0, len(values), size)]


def reached(layer: ConvLayer, y: int, x: int) -> list[tuple[int, int]]:
    """The outputs that an activation is part of."""
    offsets = itertools.product(range(layer.R), range(layer.S))
    ends = [(y + layer.pad - r, x + layer.pad - s) for r, s in offsets]
    found = [(a // layer.stride, b // layer.stride) for a, b in ends if a % layer.stride == 0 and b % layer.stride == 0]
    return [(o, p) for o, p in found if 0 <= o < layer.Ho and 0 <= p < layer.Wo]


def tile_of(index: int, size: int, tiles: int) -> int:
    return index // -(-size // tiles)


def fits(layer: ConvLayer, config: ScnnConfig, tiles: tuple[int, int]) -> int:
    """The largest number of outputs (a bounding box) that a tile reaches."""
    most = 0
    for tile in itertools.product(range(tiles[0]), range(tiles[1])):
        outputs = [
            output
            for y, x in itertools.product(range(layer.H), range(layer.W))
            if (tile_of(y, layer.H, tiles[0]), tile_of(x, layer.W, tiles[1])) == tile
            for output in reached(layer, y, x)
        ]
        if outputs:
            most = max(most, len({o for o, _ in outputs}) * len({p for _, p in outputs}))
    return most


def brute_force(layer: ConvLayer, acts: np.ndarray, weights: np.ndarray, config: ScnnConfig) -> dict:
    """Go through PEs, groups, channels and vectors one by one; a plane in one block."""
    tiles = (config.pe_rows, config.pe_cols)
    group = min(layer.group_filters, config.accumulators // fits(layer, config, tiles))
    found = {"compute": 0, "busy": 0, "issued": 0, "products": 0, "groups": []}
    firsts = [g * layer.group_filters + k for g in range(layer.groups) for k in range(0, layer.group_filters, group)]
    for first in firsts:
        g = first // layer.group_filters
        filters = range(first, min(first + group, (g + 1) * layer.group_filters))
        took = np.zeros((layer.group_channels, *tiles), int)
        for c, row, col in itertools.product(range(layer.group_channels), range(tiles[0]), range(tiles[1])):
            for p, q in itertools.product(range(layer.stride), repeat=2):
                a = [
                    (y, x)
                    for y, x in itertools.product(range(layer.H), range(layer.W))
                    if (tile_of(y, layer.H, tiles[0]), tile_of(x, layer.W, tiles[1])) == (row, col)
                    and ((y + layer.pad) % layer.stride, (x + layer.pad) % layer.stride) == (p, q)
                    and acts[y, x, g * layer.group_channels + c] != 0
                ]
                w = [
                    (k, r, s)
                    for k, r, s in itertools.product(filters, range(layer.R), range(layer.S))
                    if (r % layer.stride, s % layer.stride) == (p, q) and weights[k, r, s, c] != 0
                ]
                for some_a, some_w in itertools.product(chunks(a, config.acts), chunks(w, config.weights)):
                    took[c, row, col] += 1
                    for (y, x), (_, r, s) in itertools.product(some_a, some_w):
                        found["issued"] += 1
                        o, rest_o = divmod(y + layer.pad - r, layer.stride)
                        u, rest_u = divmod(x + layer.pad - s, layer.stride)
                        assert rest_o == rest_u == 0
                        found["products"] += 0 <= o < layer.Ho and 0 <= u < layer.Wo
        found["busy"] += int(took.sum())
        found["compute"] += int(took.sum(axis=0).max()) if config.barrier == "group" else int(took.max(axis=(1, 2)).sum())
        found["groups"].append((len(filters), int(took.sum(axis=0).max())))
    return found


def data(layer: ConvLayer, act_density: float, weight_density: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    acts = rng.integers(1, 500, (layer.H, layer.W, layer.C)) * (rng.random((layer.H, layer.W, layer.C)) < act_density)
    shape = (layer.K, layer.R, layer.S, layer.group_channels)
    return acts, rng.integers(1, 100, shape) * rng.choice([-1, 1], shape) * (rng.random(shape) < weight_density)


LAYERS = [
    ConvLayer("same", C=5, H=7, W=9, K=6, R=3, S=3, pad=1),
    ConvLayer("valid", C=4, H=8, W=8, K=5, R=3, S=2),
    ConvLayer("strided", C=3, H=9, W=11, K=7, R=5, S=3, stride=2, pad=2),
    ConvLayer("odd padding of a stride", C=3, H=8, W=9, K=4, R=3, S=4, stride=2, pad=1),
    ConvLayer("pointwise", C=6, H=5, W=5, K=9, R=1, S=1),
    ConvLayer("stride larger than the filter", C=3, H=8, W=8, K=4, R=1, S=1, stride=2),
    ConvLayer("grouped", C=6, H=6, W=6, K=8, R=3, S=3, pad=1, groups=2),
    ConvLayer("depthwise", C=5, H=6, W=6, K=5, R=3, S=3, pad=1, groups=5),
    ConvLayer("fewer rows than PEs", C=4, H=1, W=9, K=6, R=1, S=3, pad=0),
]


@pytest.mark.parametrize("barrier", ["group", "channel"])
@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_counts_are_those_of_the_loops(layer, barrier):
    acts, weights = data(layer, 0.5, 0.4)
    config = ScnnConfig(pe_rows=2, pe_cols=4, weights=2, acts=3, accumulators=40, barrier=barrier, halo="none")
    expected = brute_force(layer, acts, weights, config)
    result = scnn_cycles(layer, acts, weights, config)
    for field in ("compute", "busy", "issued", "products"):
        assert getattr(result, field) == expected[field], field


def test_the_products_are_the_pairs_that_meet_in_a_window():
    layer = ConvLayer("strided", C=3, H=9, W=11, K=7, R=5, S=3, stride=2, pad=2)
    acts, weights = data(layer, 0.4, 0.5)
    padded = np.pad(acts, ((2, 2), (2, 2), (0, 0)))
    pairs = 0
    for o, p in itertools.product(range(layer.Ho), range(layer.Wo)):
        window = padded[o * 2 : o * 2 + 5, p * 2 : p * 2 + 3]
        pairs += sum(int(((window != 0) & (weights[k] != 0)).sum()) for k in range(layer.K))
    assert scnn_cycles(layer, acts, weights, SMALL).products == pairs


def test_a_dense_layer_that_divides_uses_every_slot():
    layer = ConvLayer("dense", C=8, H=16, W=16, K=64, R=1, S=1)
    result = scnn_cycles(layer, *data(layer, 1, 1))
    assert result.cycles == 8 * 64 / 4  # 8 channels, 4 activations a PE at once, 64 filters in fours
    assert result.utilisation == 1 and result.imbalance == result.fragmentation == 0
    assert result.base_cycles == 256 + 3  # 256 windows of one step, all 64 filters at once; 3 cycles of BASE's pipeline


def test_a_folded_baseline():
    """One channel, 2 x 2 filters, stride 2: BASE takes 4 steps a window, folded one of 4 channels."""
    layer = ConvLayer("first", C=1, H=8, W=8, K=4, R=2, S=2, stride=2)
    acts, weights = data(layer, 1, 1)
    assert scnn_cycles(layer, acts, weights).base_cycles == 16 * 4 + 3
    assert scnn_cycles(layer, acts, weights, fold=True).base_cycles == 16 + 3


def test_zeros_are_skipped():
    layer = ConvLayer("sparse", C=2, H=16, W=16, K=64, R=1, S=1)
    acts, weights = data(layer, 1, 1)
    acts[:, :, 1] = 0
    weights[32:, :, :, 0] = 0
    assert scnn_cycles(layer, acts, weights).cycles == 32 / 4
    assert scnn_cycles(layer, acts * 0, weights).cycles == 0
    assert scnn_cycles(layer, acts * 0, weights).speedup == float("inf")


def test_the_slowest_pe_sets_the_pace():
    layer = ConvLayer("one corner", C=1, H=16, W=16, K=8, R=1, S=1)
    acts, weights = data(layer, 1, 1)
    acts[2:], acts[:, 2:] = 0, 0  # all in the first of 64 PEs
    result = scnn_cycles(layer, acts, weights)
    assert (result.cycles, result.busy) == (2, 2)
    assert result.imbalance == 63 / 64
    assert result.utilisation == 1 / 64


def test_the_slots_add_up():
    layer = ConvLayer("same", C=5, H=7, W=9, K=6, R=3, S=3, pad=1)
    result = scnn_cycles(layer, *data(layer, 0.5, 0.4), SMALL)
    assert sum(result.slots.values()) == result.cycles * result.multipliers
    assert all(value >= 0 for value in result.slots.values())
    shares = result.utilisation + result.fragmentation + result.imbalance
    assert shares < 1  # the rest is outside and halo
    assert result.slots["outside"] > 0


def halo_by_hand(layer: ConvLayer, config: ScnnConfig) -> int:
    """The busiest pair of a PE and an owner of outputs, outputs owned in equal tiles."""
    found = {}
    for y, x in itertools.product(range(layer.H), range(layer.W)):
        tile = (tile_of(y, layer.H, config.pe_rows), tile_of(x, layer.W, config.pe_cols))
        for o, p in reached(layer, y, x):
            owner = (tile_of(o, layer.Ho, config.pe_rows), tile_of(p, layer.Wo, config.pe_cols))
            if owner != tile:
                found.setdefault((tile, owner), set()).add((o, p))
    return max((len(outputs) for outputs in found.values()), default=0)


@pytest.mark.parametrize("layer", LAYERS[:6], ids=lambda layer: layer.name)
def test_halos(layer):
    """Serial: after each group as many cycles as the busiest pair has sums; overlapped: what the next group does not hide."""
    acts, weights = data(layer, 0.5, 0.4)
    hand = halo_by_hand(layer, SMALL)
    groups = brute_force(layer, acts, weights, SMALL)["groups"]
    serial = scnn_cycles(layer, acts, weights, ScnnConfig(2, 4, 2, 3, 40, halo="serial"))
    assert serial.halo_wait == hand * layer.K
    hidden = hand * groups[-1][0]
    for (filters, _), (_, cycles) in itertools.pairwise(groups):
        hidden += max(0, hand * filters - cycles)
    assert scnn_cycles(layer, acts, weights, SMALL).halo_wait == hidden


def test_a_plane_that_the_accumulators_cannot_hold_is_cut_into_blocks():
    """16 x 16 on 2 x 2 PEs reach 9 x 9 outputs a filter; 40 accumulators take the plane in 4 blocks of 8 x 8."""
    layer = ConvLayer("large", C=2, H=16, W=16, K=3, R=3, S=3, pad=1)
    acts, weights = data(layer, 1, 1)
    config = ScnnConfig(pe_rows=2, pe_cols=2, accumulators=40, halo="none")
    result = scnn_cycles(layer, acts, weights, config)
    # tiles of 4 x 4 reach 6 x 6 = 36 <= 40, one filter at a time: 4 blocks x 3 filters x 2 channels x ceil(9/4) x 16/4
    assert result.compute == 4 * 3 * 2 * 3 * 4
    assert result.issued == 16 * 16 * 2 * 3 * 9
    with pytest.raises(ScnnError, match=r"layer 'large': accumulators = 8: must be at least 9"):
        scnn_cycles(layer, acts, weights, ScnnConfig(pe_rows=2, pe_cols=2, accumulators=8))


def test_fully_connected():
    """Inputs are shared out; one at a time meets its weights, four of them a cycle; the sums then go from PE to PE."""
    layer = ConvLayer("fc", C=40, H=1, W=1, K=22, R=1, S=1)
    acts, weights = data(layer, 0.6, 0.5)
    config = ScnnConfig(pe_rows=2, pe_cols=4, accumulators=12, halo="serial")
    compute = busy = pairs = 0
    for outputs in (range(12), range(12, 22)):
        took = np.zeros(8, int)
        for c in range(40):
            live = sum(weights[k, 0, 0, c] != 0 for k in outputs) * (acts[0, 0, c] != 0)
            took[c // 5] += -(-live // 4)
            pairs += live
        compute, busy = compute + took.max(), busy + took.sum()
    result = scnn_cycles(layer, acts, weights, config)
    assert (result.compute, result.busy, result.issued, result.products) == (compute, busy, pairs, pairs)
    assert result.halo_wait == 22


def test_a_fully_connected_layer_reaches_a_quarter_of_the_peak():
    layer = ConvLayer("fc", C=256, H=6, W=6, K=512, R=6, S=6)
    result = scnn_cycles(layer, *data(layer, 1, 1), ScnnConfig(halo="none"))
    assert result.utilisation == 0.25


def test_padding_of_a_fully_connected_layer_is_no_input():
    layer = ConvLayer("one window", C=3, H=1, W=1, K=4, R=3, S=3, pad=1)
    assert layer.fully_connected
    result = scnn_cycles(layer, *data(layer, 1, 1), ScnnConfig(pe_rows=2, pe_cols=2))
    assert result.products == 3 * 4


def test_a_trace_layer_counts_from_its_zero_point():
    layer = ConvLayer("zero points", C=3, H=6, W=6, K=4, R=3, S=3, pad=1)
    rng = np.random.default_rng(3)
    acts = rng.integers(0, 4, (2, 6, 6, 3)).astype(np.uint8)
    weights = rng.integers(-2, 2, (4, 3, 3, 3)).astype(np.int8)
    entry = TraceLayer(layer, "Conv", acts, weights, Format(8, False, 7, zero_point=2), Format(8, True, 7, zero_point=-1))
    parts = [scnn_cycles(layer, acts[i].astype(int) - 2, weights.astype(int) + 1) for i in range(2)]
    assert trace_layer_cycles(entry) == parts
    both = total("both", parts)
    assert (both.inputs, both.cycles, both.layer) == (2, sum(part.cycles for part in parts), "both")
    assert total("one image, two layers", parts, inputs=1).inputs == 1


def test_bits_below_the_profile_are_gone():
    layer = ConvLayer("n_low", C=1, H=4, W=4, K=1, R=1, S=1)
    acts = np.array([0, 3, 4, 5] * 4, np.uint8).reshape(1, 4, 4, 1)
    weights = np.array([[[[-4]]]], np.int8)
    entry = TraceLayer(layer, "Conv", acts, weights, Format(8, False, 7, n_low=2), Format(8, True, 7, n_low=2))
    assert trace_layer_cycles(entry)[0].products == 8


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"pe_rows": 0}, "pe_rows = 0: must be an integer of at least 1"),
        ({"acts": True}, "acts = True: must be an integer"),
        ({"barrier": "never"}, "barrier = 'never': must be one of group, channel"),
        ({"halo": "free"}, "halo = 'free': must be one of overlap, serial, none"),
    ],
)
def test_illegal_configurations(fields, message):
    with pytest.raises(ScnnError, match=message):
        ScnnConfig(**fields)


def test_what_does_not_fit():
    layer = LAYERS[0]
    acts, weights = data(layer, 1, 1)
    with pytest.raises(LayerError, match="activations of shape"):
        scnn_cycles(layer, acts[1:], weights)
    with pytest.raises(LayerError, match="weights of shape"):
        scnn_cycles(layer, acts, weights[1:])
    with pytest.raises(ScnnError, match="27 multipliers: must be a multiple of 16"):
        scnn_cycles(layer, acts, weights, ScnnConfig(3, 3, 3, 1))
    with pytest.raises(ValueError, match="of one chip"):
        total("both", [scnn_cycles(layer, acts, weights), scnn_cycles(layer, acts, weights, SMALL)])


def test_what_of_an_exchange_is_exposed():
    """Of 3, 4 and 2 cycles after groups of 5, 1 and 9: 1 of the first is hidden, all of the second, none of the last."""
    compute, halo = np.array([5, 1, 9]), np.array([3, 4, 2])
    assert [exposed(compute, halo, mode) for mode in ("overlap", "serial", "none")] == [2 + 0 + 2, 9, 0]
