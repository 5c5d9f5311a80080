# SPDX-License-Identifier: Apache-2.0
"""The crosses of the cores: which bins a configuration can reach, and why a step waited, on traces made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.config import load_config
from models.dispatch_timing import column_latency, dispatch_timing, plane_cycles, step_work
from models.layer import ConvLayer
from models.precision import group_precision
from tb.tile import crosses
from tb.tile.directed import CrossSequence
from tb.tile.items import GroupItem, LayerMode, Steps
from tb.tile.reference import step_precisions
from tb.tile.trace import TileTrace


def trace_of(config_name: str, precision: list[int], last: list[int], **facts: object) -> tuple[TileTrace, object]:
    """A trace as the timing model says, with its work; facts: gaps, p_w, serial, slices, ready."""
    config = load_config(config_name)
    count = len(precision)
    p, ends, p_w = np.array(precision), np.array(last, bool), np.array(facts.get("p_w", [0] * count))
    work = step_work(config, p, p_w, ends, serial=bool(facts.get("serial")), slices=int(facts.get("slices", 1)))
    gaps, ready = np.array(facts.get("gaps", [0] * count)), facts.get("ready", lambda cycle: True)
    timing = dispatch_timing(gaps, work, ends, config.cols, column_latency(config), first=10, ready=ready)
    zeros, flags = np.zeros(count, np.int64), np.zeros(count, bool)
    first = np.concatenate([[True], ends[:-1]])
    steps = Steps(np.zeros((count, config.cols, config.lanes)), flags, zeros, first, ends, zeros, p_w, gaps)
    columns = timing.column.ravel()
    none = np.zeros(len(columns), np.int64)
    trace = TileTrace(steps, timing.handshake, timing.start, p, zeros, columns, none, none, none, none)
    return trace, work


def stalls(config_name: str, precision: list[int], last: list[int], **facts: object) -> list[str]:
    """Return the causes of each step, joined."""
    trace, work = trace_of(config_name, precision, last, **facts)
    found = crosses.step_stalls(trace, work, load_config(config_name).cols)
    return [", ".join(cause for cause, where in found.items() if where[step]) for step in range(len(precision))]


def test_steps_back_to_back_wait_for_nothing() -> None:
    assert stalls("small16", [16, 5, 16], [0, 0, 1]) == ["none", "none", "none"]


def test_a_gap_is_a_late_input() -> None:
    assert stalls("small16", [4, 4, 4], [0, 0, 1], gaps=[0, 40, 0]) == ["none", "input late", "none"]
    assert stalls("small16", [16, 4], [0, 1], gaps=[0, 10]) == ["none", "none"], "a gap within the step before costs nothing"


def test_a_short_pallet_waits_for_the_reducer() -> None:
    assert stalls("small16", [2, 2], [1, 1]) == ["none", "output drain"]
    assert stalls("small16", [2, 16], [1, 1]) == ["none", "none"]
    assert stalls("small16", [2, 16], [1, 1], ready=lambda cycle: cycle % 9 == 0) == ["none", "output drain"]


def test_long_weights_and_cascades_of_trt() -> None:
    long = stalls("trt_small16", [2, 2], [0, 1], p_w=[1, 16], serial=True)
    assert long == ["none", "weight fetch"]
    assert stalls("trt_small16", [16, 16], [0, 1], p_w=[1, 16], serial=True) == ["none", "none"]
    assert stalls("trt_small16", [9, 9], [0, 1], p_w=[1, 1], serial=True, slices=2) == ["none", "reduce"]


def test_loom_waits_for_weights_while_planes_are_few() -> None:
    assert stalls("dpr_loom_small8", [2, 6], [0, 1], p_w=[3, 3], serial=True) == ["weight fetch", "none"]
    bins = crosses.stall_bins(load_config("dpr_loom_small8"))
    assert "p=3 signed, weight fetch" in bins
    assert "p=4 signed, weight fetch" not in bins


def test_a_signed_step_of_one_bit_exists() -> None:
    lowest = np.full((1, 4), -(1 << 15))
    assert group_precision(lowest, 16, True, 15).tolist() == [1]
    assert "p=1 signed, none" in crosses.stall_bins(load_config("small16"))


@pytest.mark.parametrize(
    ("weights", "name"), [(3, "less by more"), (4, "one less"), (5, "equal"), (6, "one more"), (9, "more by more")]
)
def test_weights_on_both_sides_of_equality(weights: int, name: str) -> None:
    found = crosses.against_name(LayerMode(serial=True), weights, 5)
    assert found == f"serial dynamic, P_w {name}"
    assert found in crosses.against_bins(load_config("trt_small16"))


def test_two_cycles_at_most_leave_fewer_differences() -> None:
    assert "serial dynamic, P_w more by more" in crosses.against_bins(load_config("trt_small8"))
    narrow = replace(load_config("trt_small8"), bits_per_cycle=4)
    assert "serial dynamic, P_w more by more" not in crosses.against_bins(narrow)


def test_n_low_leaves_the_rest_of_the_bits() -> None:
    bins = crosses.n_low_bins(load_config("small8"))
    assert "n_l=7, p=1" in bins
    assert "n_l=7, p=2" not in bins
    assert "n_l=3, p=0" not in crosses.n_low_bins(replace(load_config("small8"), detection="static"))


@pytest.mark.parametrize(
    ("values", "signed", "name"),
    [
        ([0, 0], False, "unsigned, all zero"),
        ([0, 255], False, "unsigned, highest"),
        ([1, 254], False, "unsigned, in between"),
        ([-1, -128], True, "signed, all negative"),
        ([1, -128], True, "signed, lowest"),
        ([0, 127], True, "signed, highest"),
    ],
)
def test_corners_of_pooling(values: list[int], signed: bool, name: str) -> None:
    assert crosses.pool_name(np.array(values), signed, 8) == name
    assert name in crosses.pool_bins()


def test_fills() -> None:
    config = load_config("small16")
    layer = ConvLayer("a", C=5, H=2, W=2, K=4, R=1, S=1)
    assert crosses.fill_name(layer, config) == "channels more than whole, filters whole"
    assert len(crosses.fill_bins()) == 9
    fc = ConvLayer("fc", C=5, H=1, W=1, K=9, R=1, S=1)
    assert crosses.slice_name(fc, 2, load_config("trt_small16")) == "2 slices, last pass not full"


@pytest.mark.parametrize("name", ["stripes_small16", "loom_small16", "small16", "trt_small16", "dpr_loom_small8"])
def test_a_step_alone_is_detected_only_where_the_design_detects(name: str) -> None:
    config = load_config(name)
    mode = GroupItem(np.ones((config.cols, config.lanes))).expand(config).mode
    assert mode.static == (config.detection == "static")
    assert mode.n_high == (config.p - 1 if mode.static else 0)


@pytest.mark.parametrize("name", ["trt16_b4", "trt_small16_b2", "trt_small8", "loom_small16", "dpr_loom_small8"])
def test_weights_are_played_on_both_sides_of_every_way(name: str) -> None:
    config, found = load_config(name), set()
    sequence = CrossSequence("crosses")
    sequence.config, sequence.rng = config, np.random.default_rng(1)
    sequence.banks, sequence.loaded = {}, None
    for way in crosses.ways(config)[config.design == "trt" :]:
        for batch in sequence.weights(way):
            precision, _ = step_precisions(batch.steps, batch.mode, config)
            cycles = (plane_cycles(bits, config.bits_per_cycle).tolist() for bits in (batch.steps.p_w, precision))
            found |= {crosses.against_name(batch.mode, *pair) for pair in zip(*cycles, strict=True)}
    assert found == set(crosses.against_bins(config))
