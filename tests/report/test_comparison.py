# SPDX-License-Identifier: Apache-2.0
"""The same layers on several designs: ratios, totals, and a negative test for each thing that is checked."""

from __future__ import annotations

import pytest

from models.config import load_config
from scripts.comparison import CONNECTED, CONVOLUTIONS, Comparison, Ratio, comparisons, with_speedups
from scripts.comparison_check import held_up, missing_baselines, problems_of
from scripts.designs import design_point
from scripts.layers_text import format_comparison
from tests.report.designs import changed, core, network


def compared(rows: list[dict]) -> Comparison:
    (comparison,) = comparisons(rows)
    return comparison


def test_all_is_well_with_the_rows_of_the_tests_below() -> None:
    assert problems_of(compared(network())) == []
    assert held_up(compared(network())) == {}


def test_speedups_are_ratios_of_two_measured_runs() -> None:
    rows = {(row["layer"], row["config"]): row for row in with_speedups(network())}
    assert rows["conv1", "dstripes16"]["speedup"] == 1603 / 500
    assert rows["conv1", "dstripes16"]["bound_speedup"] == 4.0
    assert rows["fc1", "trt16"]["speedup"] == 1.3
    assert rows["fc1", "trt16"]["bound_speedup"] == 2.0
    assert rows["conv1", "base16"]["speedup"] == rows["conv1", "base16"]["bound_speedup"] == 1.0


def test_speedups_do_not_come_from_the_models() -> None:
    """The base_cycles of a row are the model's: nothing may change with them."""
    wrong = [row | {"base_cycles": 1, "model_cycles": 1} for row in network()]
    assert [row["speedup"] for row in with_speedups(wrong)] == [row["speedup"] for row in with_speedups(network())]


def test_totals() -> None:
    comparison = compared(network())
    assert comparison.total("dstripes16", CONVOLUTIONS) == Ratio(2406 / 900, 2400 / 720)
    assert comparison.total("dstripes16", CONNECTED) == Ratio(403 / 400, 400 / 320)
    assert comparison.total("trt16", CONVOLUTIONS | CONNECTED) == Ratio(2809 / 1210, 2800 / 920)
    assert [name for name, _ in comparison.totals] == ["convolutions", "fully connected", "all layers"]
    assert [name for name, _ in comparison.sums] == ["convolutions", "all layers"], "one layer is its own sum"


def test_depthwise_and_grouped_layers_count_as_convolutions() -> None:
    rows = changed(changed(network(), "conv1", "dstripes16", kind="depthwise"), "conv2", "dstripes16", kind="grouped")
    assert compared(rows).total("dstripes16", CONVOLUTIONS) == Ratio(2406 / 900, 2400 / 720)


def test_a_total_of_a_part_is_none() -> None:
    rows = [row for row in network() if (row["layer"], row["config"]) != ("conv2", "trt16")]
    assert compared(rows).total("trt16", CONVOLUTIONS) == Ratio(None, None)
    assert compared(rows).total("dstripes16", CONVOLUTIONS).speedup == 2406 / 900


def test_runs_of_different_simulators_are_not_mixed() -> None:
    other = [row | {"sim": "icarus"} for row in network() if row["config"] != "base16"]
    rows = network() + other
    assert [comparison.title for comparison in comparisons(rows)] == ["verilator", "icarus"]
    assert {row["speedup"] for row in with_speedups(rows) if row["sim"] == "icarus"} == {None}


def test_a_pooling_layer_has_no_baseline_and_needs_none() -> None:
    comparison = compared([*network(), core("pool1", "trt16", 90, 80, kind="pool")])
    assert problems_of(comparison) == []
    assert comparison.ratio(comparison.row("pool1", "trt16")) == Ratio(None, None)
    assert comparison.total("trt16", CONVOLUTIONS | CONNECTED).speedup == 2809 / 1210


def test_a_missing_baseline_is_one_line_a_design() -> None:
    rows = [row for row in network() if row["config"] != "base16"]
    said = [
        "layers on dstripes16 have no speedup: its baseline base16 has no rows (verilator)",
        "layers on trt16 have no speedup: its baseline base16 has no rows (verilator)",
    ]
    assert problems_of(compared(rows)) == missing_baselines(compared(rows)) == said
    assert problems_of(compared(rows), restricted=True) == [], "a part of the configurations was asked for"


def test_a_baseline_that_lacks_a_layer_is_named() -> None:
    rows = [row for row in network() if (row["layer"], row["config"]) != ("fc1", "base16")]
    (first, _) = problems_of(compared(rows))
    assert first == "layers on dstripes16 have no speedup: its baseline base16 has no fc1 (verilator)"


@pytest.mark.parametrize(
    ("config", "change", "said"),
    [
        ("dstripes16", {"mismatches": 3}, "layer conv1 on dstripes16: 3 outputs differ from the model"),
        ("dstripes16", {"model_cycles": 499}, "layer conv1 on dstripes16: 500 cycles, the model says 499"),
        ("base16", {"mismatches": 1}, "layer conv1 on base16: 1 outputs differ from the model"),
        ("trt16", {"images": 3}, "layer conv1 on trt16: 3 images, its baseline base16 had 2: not comparable"),
        ("trt16", {"fill": 600}, "layer conv1 on trt16: fill and stalls are all of its 500 cycles"),
    ],
)
def test_what_differs_is_a_problem(config: str, change: dict, said: str) -> None:
    assert problems_of(compared(changed(network(), "conv1", config, **change))) == [said]


def test_one_percent_from_the_bound_passes_and_more_fails() -> None:
    """Of 500 cycles 100 are fill: 400 are the bound. With 96 of fill 404 are left, 0.99% below it; with 95, 1.23%."""
    assert problems_of(compared(changed(network(), "conv1", "dstripes16", fill=96))) == []
    (problem,) = problems_of(compared(changed(network(), "conv1", "dstripes16", fill=95)))
    assert problem == (
        "layer conv1 on dstripes16: 3.951x over base16 without fill and documented stalls, 1.2% below its bound 4.000x"
    )
    (above,) = problems_of(compared(changed(network(), "conv1", "dstripes16", fill=105)))
    assert "1.3% above its bound 4.000x" in above


def test_the_fill_of_base_is_taken_out_too() -> None:
    """A BASE that loses 30 of 1603 cycles to nothing documented flatters every design that refers to it."""
    rows = [row | {"base_cycles": 1630} if row["layer"] == "conv1" else row for row in network()]
    rows = changed(rows, "conv1", "base16", rtl_cycles=1633, model_cycles=1633)
    base, *designs = problems_of(compared(rows))
    assert base == "layer conv1 on base16: 1630 cycles without fill, 1600 steps"
    assert [problem.split(":")[0] for problem in designs] == ["layer conv1 on dstripes16", "layer conv1 on trt16"]
    assert all("1.9% above its bound" in problem for problem in designs)
    rows = [row | {"base_cycles": 1600} for row in rows if row["layer"] == "conv1"]
    assert problems_of(compared(changed(rows, "conv1", "base16", fill=33))) == []


def test_the_models_base_must_be_the_measured_one() -> None:
    (problem,) = problems_of(compared(changed(network(), "conv1", "dstripes16", base_cycles=1603)))
    assert problem == "layer conv1 on dstripes16: base16 took 1600 cycles without fill, the model says 1603"


def test_where_weights_load_serially_losses_overlap() -> None:
    """fc1 on TRT: 310 cycles, bound 200. A reduction under which the next pass loads costs less than it counts."""
    stalls = {"output_drain": 0, "weight_fetch": 0, "reduce": 20, "activation_fetch": 0}
    overlapping = {"rtl_cycles": 240, "model_cycles": 240, "fill": 30, "stalls": stalls}
    assert problems_of(compared(changed(network(), "fc1", "trt16", **overlapping))) == []
    (faster,) = problems_of(
        compared(changed(network(), "fc1", "trt16", **overlapping | {"rtl_cycles": 197, "model_cycles": 197}))
    )
    assert "1.5% above its bound 2.000x" in faster
    (slower,) = problems_of(
        compared(changed(network(), "fc1", "trt16", **overlapping | {"rtl_cycles": 253, "model_cycles": 253}))
    )
    assert "1.5% below its bound 2.000x" in slower
    (parallel,) = problems_of(compared(changed(network(), "fc1", "dstripes16", fill=90)))
    assert "above its bound" in parallel, "DStripes has no serial weights to excuse 310 cycles of 320"


def test_a_layer_that_is_not_fully_used_is_not_held_to_its_bound() -> None:
    assert problems_of(compared(changed(network(), "conv1", "dstripes16", fill=0, utilisation=0.5))) == []


def test_documented_stalls_are_not_a_problem_but_are_told() -> None:
    rows = changed(network(), "conv1", "dstripes16", fill=20, stalls={"output_drain": 80})
    assert problems_of(compared(rows)) == []
    assert held_up(compared(rows)) == {"conv1": [("dstripes16", pytest.approx(80 / 480))]}
    assert "conv1 is below its bound by documented stalls (output, reduction): DStr16 17%" in format_comparison(compared(rows))


@pytest.mark.parametrize("cause", ["activation_fetch", "weight_fetch", "unknown"])
def test_other_stalls_are_a_problem(cause: str) -> None:
    """Inputs are never late, and the bound already has the waits for serial weights."""
    (problem,) = problems_of(compared(changed(network(), "conv1", "dstripes16", fill=20, stalls={cause: 80})))
    assert "16.7% below its bound" in problem


@pytest.mark.parametrize("key", ["layer", "kind", "design", "config", "baseline", "rtl_cycles", "model_cycles", "bound_cycles"])
def test_an_incomplete_row_is_named(key: str) -> None:
    row = core("conv1", "base16", 1603, 1600)
    del row[key]
    with pytest.raises(ValueError, match=f"layers: row '{'[?]' if key == 'layer' else 'conv1'}' has no '{key}'"):
        comparisons([row])


@pytest.mark.parametrize(
    ("change", "said"),
    [({"kind": "recurrent"}, "is of kind 'recurrent'"), ({"design": "systolic"}, "base16 is of design 'systolic'")],
)
def test_unknown_words_are_named(change: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        format_comparison(compared([core("conv1", "base16", 1603, 1600) | change]))


def test_a_row_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="row 'conv1' of base16 is there twice"):
        comparisons([*network(), core("conv1", "base16", 1603, 1600)])


@pytest.mark.parametrize(
    ("config", "code", "title"),
    [
        ("base16", "BASE16", "BASE, 16-bit"),
        ("stripes16", "Str16", "Stripes, 16-bit"),
        ("dstripes16_b2", "DStr16b2", "DStripes, 16-bit, 2 bits a cycle"),
        ("trt8", "TRT8", "TRT, 8-bit"),
        ("loom16", "Loom16", "Loom, 16-bit"),
        ("dpr_loom16", "DLoom16", "DPRed Loom, 16-bit"),
    ],
)
def test_headings(config: str, code: str, title: str) -> None:
    known = load_config(config)
    point = design_point(config, known.design, known.detection, known.bits_per_cycle)
    assert (point.code, point.title, point.shape) == (code, title, f"{known.rows}x{known.cols}")


def test_text_against_figures_worked_out_by_hand() -> None:
    lines = format_comparison(compared(network())).splitlines()
    assert lines[0] == "the same layers on every design (verilator, 2 images a layer):"
    cells = {line.split("  ")[0]: line.split()[-3:] for line in lines}
    assert cells["conv1"] == ["1603", "3.21/4.00", "3.21/4.00"]
    assert cells["fc1"] == ["403", "1.01/1.25", "1.30/2.00"]
    assert cells["convolutions"] == ["2406", "2.67/3.33", "2.67/3.33"]
    assert cells["all layers"] == ["2809", "2.16/2.69", "2.32/3.04"]
    (trt,) = (line.split() for line in lines if line.startswith("TRT16 "))
    assert trt == ["TRT16", "trt16", "base16", "2.67/3.33", "1.30/2.00", "2.32/3.04", "1210", "290", *"000000", "100%"]


def test_every_table_fits_into_160_columns() -> None:
    many = ("base16", "base16_loom", "base8", "stripes16", "dstripes16", "dstripes16_b2", "dstripes16_b4", "dstripes8")
    many += ("trt16", "trt16_b2", "trt16_b4", "trt8", "loom16", "dpr_loom16", "dpr_loom16_square", "dpr_loom8")
    rows = [core(layer, config, 48_000_000, 40_000_000) for layer in ("conv1", "squeeze_1x1", "fc") for config in many]
    lines = format_comparison(compared(rows)).splitlines()
    assert max(map(len, lines)) <= 160
    assert all(any(f"  {config}  " in line for line in lines) for config in many)
