# SPDX-License-Identifier: Apache-2.0
"""`make agree` finds hardware that depends on the simulator, and says where; real hardware agrees."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import execution
from scripts.agree import Pair, compare, make_pairs, verdict
from scripts.errors import UserError
from scripts.paths import ROOT
from scripts.settings import parse
from scripts.sim import build, run
from scripts.sim.benches import find_test, load_benches, load_tests
from scripts.sim.run import RunResult
from tests.scripts.process import clean_environment
from tests.support.mutants import needs_icarus
from tests.support.variant import Edit, edited_bench

_FEW = {"precision_sweep": 1, "n_low_sweep": 1, "tails": 1, "distributions": 1, "switching": 1, "singles": 2, "mixed": 2}
_BENCH = "tb/codec/tb_compressor.v"
_LATE = """
    reg [5:0] count;
    reg       held;  // a beat on offer stays
    always @(posedge clk) count <= rst ? 0 : count + 1;
    always @(posedge clk) held <= !rst && m_axis_tvalid && !m_axis_tready;
`ifdef VERILATOR
    wire late = count == 30 && !held;
`else
    wire late = 1'b0;
`endif
    wire valid;
    assign m_axis_tvalid = valid && !late;
"""
_EDITS = (
    Edit(_BENCH, "    dpr_compressor #(", _LATE + "    dpr_compressor #("),
    Edit(_BENCH, ".m_axis_tvalid(m_axis_tvalid)", ".m_axis_tvalid(valid)"),
    Edit(_BENCH, ".m_axis_tready(m_axis_tready)", ".m_axis_tready(m_axis_tready && !late)"),
)
_PAIR = make_pairs(parse(["TEST=compressor_random", "CONFIG=small8", "SEED=3"], coverage=False))[0]


def few(pair: Pair) -> Pair:
    """The pair with fewer items."""
    return Pair(*(dataclasses.replace(one, knobs=tuple(_FEW.items())) for one in (pair.icarus, pair.verilator)))


@needs_icarus
def test_real_hardware_agrees(tmp_path: Path) -> None:
    [found] = compare([few(_PAIR)], 2, tmp_path)
    assert found.problem == ""
    assert found.row()["agree"]
    assert found.icarus.transactions == found.verilator.transactions != ""


@needs_icarus
def test_hardware_that_depends_on_the_simulator_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that leaves a cycle later breaks no rule and no test; only the comparison sees it."""
    bench = edited_bench(load_benches()["compressor"], _EDITS, tmp_path)
    monkeypatch.setattr(build, "SIM_BUILDS", tmp_path / "sim")
    for module in (run, execution):
        monkeypatch.setattr(module, "load_benches", lambda: {bench.name: bench})
    [found] = compare([few(_PAIR)], 2, tmp_path / "runs")
    assert (found.icarus.status, found.verilator.status) == ("passed", "passed")
    assert not found.row()["agree"]
    assert found.problem.startswith("words beats: transaction ")
    assert ": cycle is " in found.problem


def result(sim: str, **changes: object) -> RunResult:
    facts = {"checks": 5, "cycles": 7, "transactions": "ab"} | changes
    return RunResult("id", "compressor_random", "small8", sim, 3, facts.pop("status", "passed"), **facts)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, ""),
        ({"transactions": "cd"}, "transactions: ab on Icarus, cd on Verilator"),
        ({"cycles": 8}, "cycles: 7 on Icarus, 8 on Verilator"),
        ({"checks": 6}, "checks: 5 on Icarus, 6 on Verilator"),
        ({"status": "failed", "problems": ["wrong"]}, "FAILED id: wrong"),
    ],
)
def test_verdict(change: dict, problem: str) -> None:
    assert verdict(_PAIR, result("icarus"), result("verilator", **change)).problem == problem


def test_no_transactions_is_no_agreement() -> None:
    empty = [result(sim, transactions="") for sim in ("icarus", "verilator")]
    assert verdict(_PAIR, *empty).problem == "the test keeps no transactions"


def test_pairs_have_the_same_seed_and_settings() -> None:
    pairs = make_pairs(parse(["REGRESSION=all", "TEST=layer_random", "SEED=3", "SEEDS=2"], coverage=False))
    assert len(pairs) == 4
    for pair in pairs:
        assert dataclasses.replace(pair.icarus, sim="verilator") == pair.verilator
        assert dict(pair.icarus.knobs) == find_test("layer_random").knobs_for("icarus", "all")


def test_smoke_covers_every_bench_and_design() -> None:
    pairs = make_pairs(parse(["SEED=3"], coverage=False))
    smoke = {test.bench for test in load_tests().values() if "smoke" in test.regressions}
    assert {find_test(pair.icarus.test).bench for pair in pairs} == smoke
    assert {"compressor", "decompressor", "codec_loop", "tile", "layer"} <= smoke
    layers = {pair.icarus.config for pair in pairs if pair.icarus.test == "tile_layers"}
    assert len(layers) >= 4


def test_nothing_to_compare_is_said() -> None:
    with pytest.raises(UserError, match="nothing that both simulators run"):
        make_pairs(parse(["TEST=tile_layers", "CONFIG=dstripes16", "SEED=3"], coverage=False))


@needs_icarus
def test_command(tmp_path: Path) -> None:
    words = ("TEST=decompressor_throughput", "CONFIG=small8", "SEED=3")
    done = subprocess.run(
        [sys.executable, "-m", "scripts.agree", *words],
        cwd=ROOT,
        env=clean_environment(DPR_BUILD=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    [row] = json.loads((tmp_path / "agreement.json").read_text())["rows"]
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("agree: 1 of 1 pairs agree\n")
    assert row["agree"]
    assert row["icarus"] == row["verilator"] != ""
