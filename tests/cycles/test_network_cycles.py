# SPDX-License-Identifier: Apache-2.0
"""Cycles of whole networks: sums by plain loops over values and steps, and the paper's figures from its tables."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from models.config import load_config
from models.cycles import designs as design_list
from models.cycles.bounds import bound_row, planes
from models.cycles.designs import DesignError, configured, default_designs, label_of, named_designs
from models.cycles.network import NetworkCycles, folds, topology_cycles, trace_cycles
from models.cycles.rows import LayerRow
from models.layer import ConvLayer, LayerError
from models.layer_precisions import LayerPrecisions
from models.networks.imagenet import Topology, load_topology
from models.paper.precisions import PaperPrecisions, paper_networks, paper_precisions
from models.traces import Format, Trace, TraceLayer
from tests.models.plain_steps import PlainLayer, precision

LAYERS = (
    ConvLayer("first", C=3, H=6, W=5, K=9, R=3, S=3, stride=2, pad=1),
    ConvLayer("grouped", C=12, H=4, W=3, K=10, R=2, S=2, pad=1, groups=2),
    ConvLayer("depthwise", C=6, H=5, W=4, K=12, R=3, S=2, groups=6),
    ConvLayer("fc", C=10, H=2, W=3, K=21, R=2, S=3),
)
SMALL = (
    "base16_small",
    "stripes_small16",
    "small16",
    "small16_b2",
    "trt_small16",
    "trt_small16_b2",
    "loom_small16",
    "dpr_loom_small16",
)


def draw(rng: np.random.Generator, shape: tuple[int, ...], signed: bool) -> np.ndarray:
    """Values of very different magnitudes."""
    values = rng.integers(-32768 if signed else 0, 32768, shape) >> rng.integers(2, 15, shape[:-1] + (1,))
    return values.astype(np.int16)


def trace(*, inputs: int = 2, signed: bool = False, own_weights: bool = False, n_low: int = 1) -> Trace:
    """Four small layers with random operands."""
    rng, entries = np.random.default_rng(7), []
    for layer in LAYERS:
        acts = draw(rng, (inputs, layer.H, layer.W, layer.C), signed)
        shape = (layer.K, layer.R, layer.S, layer.group_channels)
        weights = draw(rng, (inputs, *shape) if own_weights else shape, True)
        forms = Format.holding(acts, 16, signed, n_low=n_low), Format.holding(weights, 16, True)
        entries.append(TraceLayer(layer, "Conv", acts, weights, *forms))
    return Trace("small", tuple(entries), "random", "none")


def plain_bound(entry: TraceLayer, name: str, index: int, slices: int) -> int:
    """Cycles of one input without fill and waiting, by loops over windows, lanes and bits."""
    config, layer = load_config(name), entry.layer
    serial = config.design in ("trt", "loom") and layer.name == "fc"
    form = entry.act_format
    plain = PlainLayer(layer, config, entry.acts[index], entry.weights_of(index), form.signed, form.n_low)
    steps, cycles = plain.steps(serial, slices), 0
    static = entry.act_format.precision, entry.weight_format.precision
    for p_a, p_w, _ in steps:
        a, w = (max(1, p) for p in (static if config.detection == "static" else (p_a, p_w)))
        a_planes, w_planes = -(-a // config.bits_per_cycle), -(-w // config.bits_per_cycle)
        if config.design == "base":
            cycles += 1
        elif config.design == "loom":
            cycles += w * max(a, config.cols if serial else 0)
        else:
            cycles += max(a_planes, w_planes) if serial else a_planes
    return cycles


@pytest.mark.parametrize("own_weights", [False, True])
@pytest.mark.parametrize("signed", [False, True])
def test_sums_are_those_of_plain_loops(signed: bool, own_weights: bool) -> None:
    data = trace(signed=signed, own_weights=own_weights)
    result = trace_cycles(data, designs=configured([load_config(name) for name in SMALL]))
    assert not result.skipped
    assert len(result.rows) == len(LAYERS) * len(SMALL)
    for row in result.rows:
        entry = data.layer(row.layer)
        expected = [plain_bound(entry, row.config, index, row.slices) for index in range(2)]
        assert row.bound_cycles == sum(expected), row
        assert row.inputs == 2
        waiting = row.fill + sum(row.stalls.values())
        assert row.cycles == sum(row.per_input)
        assert row.bound_cycles <= row.cycles
        assert row.cycles - waiting == row.bound_cycles or row.slices > 1 or row.stalls["weight_fetch"] > 0, row
        assert row.digests == entry.digests


def test_base_cycles_are_those_of_the_base_rows() -> None:
    result = trace_cycles(trace(), designs=configured([load_config(name) for name in SMALL]))
    base = {row.layer: row.cycles for row in result.rows if row.design == "base"}
    assert all(row.base_cycles == base[row.layer] for row in result.rows)


def test_one_number_of_slices_serves_all_inputs() -> None:
    """The best one over both inputs, found by trying all; the small values of the first alone would do with fewer."""
    layer, rng = ConvLayer("fc", C=8, H=2, W=3, K=12, R=2, S=3), np.random.default_rng(0)
    acts = rng.integers(0, 60000, (2, 2, 3, 8)) >> rng.integers(0, 16, (2, 2, 3, 2)).repeat(4, axis=3)
    weights = rng.integers(-30000, 30000, (2, 12, 2, 3, 8)) >> rng.integers(0, 15, (2, 12, 2, 3, 1))
    acts, weights = (values >> np.array([12, 0]).reshape(2, *[1] * (values.ndim - 1)) for values in (acts, weights))
    forms = Format.holding(acts, 16, False), Format.holding(weights, 16, True)
    data = Trace("two", (TraceLayer(layer, "MatMul", acts, weights, *forms),), "random", "none")
    (row,) = trace_cycles(data, designs=named_small("trt_small16")).rows
    tried = {
        slices: [trace_cycles(single(data, index), designs=[Fixed(slices)]).rows[0].cycles for index in range(2)]
        for slices in range(1, 5)
    }
    assert row.cycles == min(map(sum, tried.values())) == sum(tried[row.slices])
    assert min(tried, key=lambda slices: tried[slices][0]) != row.slices


def named_small(name: str):
    return configured([load_config(name)])


def single(data: Trace, index: int) -> Trace:
    """One input of the fully connected layer."""
    entry = data.layer("fc")
    return Trace("one", (replace(entry, acts=entry.acts[[index]], weights=entry.weights[[index]]),), "random", "none")


class Fixed:
    """A design that plugs in: TRT with a given number of slices, from the layer's own function."""

    label, bits = "fixed", 16

    def __init__(self, slices: int) -> None:
        self.slices = slices

    def tiles(self, chip: int) -> int:
        return chip

    def from_tensors(self, entry: TraceLayer, basis: str, *, tiles: int, folded: bool) -> LayerRow:
        from models.cycles import layer_cycles_of  # noqa: PLC0415 (used here alone)
        from models.cycles.rows import exact_row  # noqa: PLC0415

        form = entry.act_format
        result = layer_cycles_of(
            entry.layer,
            load_config("trt_small16"),
            entry.acts_of(0),
            entry.weights_of(0),
            signed=form.signed,
            n_low=form.n_low,
            slices=self.slices,
            tiles=tiles,
        )
        return exact_row([result], kind="fc", design=self.label, basis=basis, folded=folded)


def test_profile_basis_uses_the_formats_everywhere() -> None:
    data = trace()
    result = trace_cycles(data, basis="profile", designs=named_small("small16"))
    for row in result.rows:
        entry = data.layer(row.layer)
        plain = PlainLayer(entry.layer, load_config("small16"), entry.acts[0], entry.weights, False, 1)
        assert row.bound_cycles == 2 * len(plain.steps(False, 1)) * entry.act_format.precision
        assert row.basis == "profile"
    mixed = {
        row.config: row.basis for row in trace_cycles(data, designs=configured([load_config(name) for name in SMALL])).rows
    }
    assert (mixed["base16_small"], mixed["stripes_small16"], mixed["loom_small16"]) == ("none", "profile", "profile")
    assert {mixed[name] for name in ("small16", "small16_b2", "trt_small16", "dpr_loom_small16")} == {"dynamic"}


def test_weights_with_low_bits_dropped_take_fewer_bits() -> None:
    data = trace(inputs=1)
    entry = data.layer("fc")
    coarse = (entry.weights // 8 * 8).astype(np.int16)
    form = Format.holding(coarse, 16, True, n_low=3)
    changed = replace(entry, weights=coarse, weight_format=form)
    (row,) = trace_cycles(replace(data, layers=(changed,)), designs=named_small("dpr_loom_small16")).rows
    config, cycles = load_config("dpr_loom_small16"), 0
    shifted = [[int(abs(v)) >> 3 for v in filt.reshape(-1)] for filt in coarse]
    acts = [int(v) for v in entry.acts[0].reshape(-1)]
    bricks = [
        range(start, start + min(4, 10 - start % 10)) for place in range(6) for start in range(place * 10, place * 10 + 10, 4)
    ]
    bricks = [range(b.start, min(b.stop, b.start // 10 * 10 + 10)) for b in bricks]
    for first in range(0, 21, 16):
        for brick in bricks:
            p_a = max(1, precision([acts[i] for i in brick], 16, False, 1))
            p_w = max(1, precision([shifted[k][i] for k in range(first, min(first + 16, 21)) for i in brick], 13, True))
            cycles += p_w * max(p_a, config.cols)
    assert row.bound_cycles == cycles


def test_folding_a_first_layer_keeps_the_network_and_shortens_it() -> None:
    plain, folded = trace_cycles(trace(), fold=False), trace_cycles(trace(), fold=True)
    assert (plain.folded, folded.folded) == ((), ("first",))
    one, two = (next(row for row in each.rows if row.design == "base") for each in (plain, folded))
    assert (one.bound_cycles, two.bound_cycles) == (2 * 9 * 9, 2 * 9 * 4)  # 9 windows; 9 steps, or 2 x 2 of 12 channels
    assert two.folded
    assert one.digests != two.digests
    assert [row for row in plain.rows if row.layer != "first"] == [row for row in folded.rows if row.layer != "first"]
    assert not folds(ConvLayer("fills", C=16, H=9, W=9, K=4, R=3, S=3, stride=2))
    assert not folds(ConvLayer("one window", C=3, H=3, W=3, K=4, R=3, S=3, stride=2))


def test_a_layer_that_a_design_cannot_run_is_named() -> None:
    """Weights are signed in the hardware: an unsigned 200 has no place among 8 bits."""
    shape = LAYERS[3]
    acts, weights = np.ones((1, 2, 3, 10), np.uint8), np.full((21, 2, 3, 10), 200, np.uint8)
    entry = TraceLayer(shape, "MatMul", acts, weights, Format(8, False, 0), Format.holding(weights, 8, False))
    fitting = replace(entry, layer=replace(shape, name="fits"), weights=weights // 2, weight_format=Format(8, False, 6))
    result = trace_cycles(Trace("eight", (entry, fitting), "by hand", "none"))
    labels = [design.label for design in default_designs(8)]
    assert [(each.layer, each.design) for each in result.skipped] == [("fc", label) for label in labels]
    assert "200" in result.skipped[0].reason
    assert {row.layer for row in result.rows} == {"fits"}
    assert [
        row.layer for row in trace_cycles(Trace("one", (entry,), "by hand", "none"), designs=named_designs(["trt"], 16)).rows
    ] == ["fc"]


# ---- from precisions


def speedups(part: str, design: str, **options) -> list[float]:
    found = []
    for network in paper_networks():
        result = topology_cycles(load_topology(network), paper_precisions(network), **options)
        if design in result.total(part):
            found.append(result.total(part)[design]["speedup"])
    return found


def test_the_paper_s_speedups_of_convolutions_come_out() -> None:
    """Figure 5a's means, 2.61 over BASE and 41% over Stripes, and Table 5's VGG networks; docs/cycles.md on the others."""
    dstripes, stripes = speedups("convolutions", "dstripes"), speedups("convolutions", "stripes")
    assert [round(each, 2) for each in dstripes] == [2.69, 2.28, 2.57, 3.26, 3.13, 1.70]
    assert sum(dstripes) / 6 == pytest.approx(2.606, abs=5e-4)
    assert math.prod(dstripes) ** (1 / 6) == pytest.approx(2.549, abs=5e-4)
    assert sum(d / s for d, s in zip(dstripes, stripes, strict=True)) / 6 == pytest.approx(1.395, abs=5e-3)
    assert speedups("convolutions", "trt") == dstripes
    assert speedups("convolutions", "dstripes", fold=False)[0] == pytest.approx(2.81, abs=5e-3)


def test_the_paper_s_bound_by_plain_counting() -> None:
    """VGG_M: pallets, steps and passes counted out, the first layer folded to 12 channels and 4 x 4."""
    layers = [(109, 4, 1, 1, 5.28), (26, 5, 6, 1, 5.05), (13, 3, 16, 2, 5.04), (13, 3, 32, 2, 5.37), (13, 3, 32, 2, 4.00)]
    cycles = base = 0
    for side, kernel, bricks, passes, bits in layers:
        steps = kernel * kernel * bricks * passes
        cycles += math.ceil(round(-(-side * side // 16) * steps * bits, 6))
        base += side * side * steps
    result = topology_cycles(load_topology("VGG_M"), paper_precisions("VGG_M"))
    found = result.total("convolutions")["dstripes"]
    assert (found["cycles"], found["base_cycles"]) == (cycles, base)
    assert result.folded == ("conv1",)
    assert {row.basis for row in result.rows if row.part == "convolutions"} == {"none", "profile", "effective"}
    assert {(row.part, row.exact) for row in result.rows} == {("convolutions", False), ("fully_connected", True)}


def test_fully_connected_layers_of_the_paper() -> None:
    """Table 5 has 1.61, 1.61, 1.61, 1.60 for TRT; Table 7 1.58, 1.59, 1.63, 1.59 for its 2-bit variant."""
    assert speedups("fully_connected", "trt") == pytest.approx([1.61, 1.61, 1.61, 1.60], abs=0.04)
    assert speedups("fully_connected", "trt_2b") == pytest.approx([1.58, 1.59, 1.63, 1.59], abs=0.04)


def test_two_bits_round_the_precision_up_to_even() -> None:
    assert [planes(bits, 2) for bits in (0.0, 1.0, 2.0, 2.01, 5.39, 8.0)] == [1, 1, 1, 2, 3, 4]
    assert float(planes(5.39, 1)) == 5.39
    layer = ConvLayer("conv", C=16, H=4, W=4, K=16, R=1, S=1)
    row = bound_row(layer, load_config("dstripes16_b2"), 5.39, None, kind="conv", design="two", basis="effective")
    assert (row.cycles, row.base_cycles) == (2 * 3, 16)
    loom = bound_row(layer, load_config("dpr_loom16"), 2.5, 3.5, kind="conv", design="loom", basis="effective")
    assert (loom.cycles, loom.base_cycles) == (9, 2 * 16)  # 8.75 rounded up; 8 units of BASE take 2 passes


def test_profiles_alone_are_exact_and_what_the_paper_lacks_is_named() -> None:
    result = topology_cycles(load_topology("AlexNet"), paper_precisions("AlexNet"), basis="profile")
    rows = {(row.layer, row.design): row for row in result.rows}
    assert all(row.exact for row in result.rows)
    conv3 = rows["conv3", "dstripes"]  # 11 pallets of 144 steps, 2 passes of 256 filters, 5 bits
    assert (conv3.bound_cycles, conv3.tiles, conv3.basis) == (11 * 144 * 2 * 5, 16, "profile")
    assert conv3.bound_cycles == rows["conv3", "stripes"].bound_cycles
    missing = {(each.layer, each.design) for each in result.skipped}
    assert missing == {(f"conv{i}", design) for i in range(1, 6) for design in ("loom", "dpr_loom")}
    assert all("weights" in each.reason for each in result.skipped)
    google = topology_cycles(load_topology("GoogLeNet"), paper_precisions("GoogLeNet"))
    assert {each.design for each in google.skipped if each.layer == "loss3/classifier"} == {
        design.label for design in default_designs(16)
    }


def test_tiles() -> None:
    """16 of BASE and its like, one of Loom, whose base is half a tile; what is asked for goes for all."""
    result = topology_cycles(load_topology("AlexNet"), paper_precisions("AlexNet"))
    assert {(row.design, row.tiles) for row in result.rows if row.layer == "fc6"} == {
        *((label, 16) for label in ("base", "stripes", "dstripes", "dstripes_2b", "trt", "trt_2b")),
        ("loom", 1),
        ("dpr_loom", 1),
    }
    asked = topology_cycles(load_topology("AlexNet"), paper_precisions("AlexNet"), tiles=2)
    assert {row.tiles for row in asked.rows} == {2}
    assert {row.tiles for row in trace_cycles(trace()).rows} == {1}


# ---- designs


def test_labels_are_unambiguous() -> None:
    for bits in (16, 8):
        labels = [design.label for design in default_designs(bits)]
        assert len(set(labels)) == len(labels)
        assert all(design.bits == bits for design in default_designs(bits))
    clash = configured([load_config("trt16"), load_config("trt_small16"), load_config("base16")])
    assert [design.label for design in clash] == ["trt16", "trt_small16", "base"]
    assert label_of(load_config("small8_b4")) == "dstripes_4b"
    assert [design.label for design in named_designs(["trt", "base", "trt"], 8)] == ["trt", "base"]


def test_totals_are_sums_of_rows() -> None:
    result = trace_cycles(trace())
    document = result.document()
    assert set(document["total"]) == {row["design"] for row in document["rows"]}
    for design, found in document["total"].items():
        rows = [row for row in document["rows"] if row["design"] == design]
        assert found["cycles"] == sum(row["cycles"] for row in rows)
        assert found["speedup"] == sum(row["base_cycles"] for row in rows) / found["cycles"]
        assert found["cycles"] == sum(document[part][design]["cycles"] for part in ("convolutions", "fully_connected"))


def test_a_further_design_plugs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(design_list.OTHERS, "fixed", lambda bits: Fixed(1))
    (design,) = named_designs(["fixed"], 16)
    result = trace_cycles(single(trace(own_weights=True), 0), designs=[design])
    assert [(row.design, row.layer) for row in result.rows] == [("fixed", "fc")]


def test_what_does_not_fit_is_refused() -> None:
    data = trace()
    with pytest.raises(DesignError, match="no design 'scnn2' of 16 bits: use all, or of base, stripes, dstripes"):
        named_designs(["scnn2"], 16)
    with pytest.raises(DesignError, match="'dstripes' has 8 bits, small needs 16: use a design of 16 bits"):
        trace_cycles(data, designs=named_designs(["dstripes"], 8))
    with pytest.raises(DesignError, match="precisions 'paper': are those of the paper's networks"):
        trace_cycles(data, basis="paper")
    with pytest.raises(DesignError, match="precisions 'dynamic': need tensors"):
        topology_cycles(load_topology("AlexNet"), paper_precisions("AlexNet"), basis="dynamic")
    with pytest.raises(LayerError, match=r"17\.0 bits of activations: must be 0\.\.16"):
        bound_row(LAYERS[0], load_config("dstripes16"), 17.0, None, kind="conv", design="d", basis="effective")
    with pytest.raises(LayerError, match="a fully connected layer has no bound"):
        bound_row(LAYERS[3], load_config("trt16"), 5.5, 5.5, kind="fc", design="d", basis="effective")


def test_effective_precisions_of_a_fully_connected_layer_are_named_as_what_they_are() -> None:
    """Nothing rounds them silently."""
    topology = Topology("one", "by hand", (LAYERS[3],))
    given = PaperPrecisions("one", {"fc": LayerPrecisions(5.5, 5.5)}, "by hand", False)
    result: NetworkCycles = topology_cycles(topology, given)
    assert {row.design for row in result.rows} == {"base"}
    assert all("whole bits" in each.reason or "profile" in each.reason for each in result.skipped)
