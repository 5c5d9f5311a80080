# SPDX-License-Identifier: Apache-2.0
"""`make layers NET=`: which runs it asks for, what it remembers as confirmed, and its mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.layer import ConvLayer
from models.traces import Format, Trace, TraceLayer, network_trace, save_trace
from models.traces.confirmed import load_confirmed
from scripts import core_layers, nets, trace_layers
from scripts.errors import UserError
from scripts.replay import run_to_replay
from scripts.settings import parse
from scripts.sim.run import Run, RunResult
from scripts.trace_layers import trace_plan, trace_rows


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(nets, "TRACES", tmp_path / "traces")
    monkeypatch.setattr(core_layers, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(core_layers, "LAYERS_FILE", tmp_path / "layers.json")
    monkeypatch.setattr(trace_layers, "CONFIRMED_FILE", tmp_path / "confirmed.json")


def plan(*words: str) -> list[Run]:
    return trace_plan(parse(["SEED=1", *words], coverage=False))


def eight_bits(folder: Path) -> Path:
    """A trace of one 8-bit layer."""
    shape = ConvLayer("only", C=4, H=3, W=3, K=4, R=2, S=2)
    acts, weights = np.ones((1, 3, 3, 4), np.uint8), np.ones((4, 2, 2, 4), np.int8)
    form = Format(8, False, 0), Format(8, True, 1)
    save_trace(Trace("small", (TraceLayer(shape, "Conv", acts, weights, *form),), "test", "none"), folder)
    return folder


def test_a_stored_network_by_name(tmp_path: Path) -> None:
    runs = plan("NET=digits", "INPUTS=3")
    assert [run.config for run in runs] == ["base16", "stripes16", "dstripes16", "trt16"]
    assert {run.net for run in runs} == {str(tmp_path / "traces" / "digits")}
    assert all(run.settings["inputs"] == 3 for run in runs)


def test_a_folder_of_eight_bits_goes_to_the_designs_of_eight_bits(tmp_path: Path) -> None:
    folder = eight_bits(tmp_path / "mine")
    assert [run.config for run in plan(f"NET={folder}")] == ["base8", "dstripes8", "trt8"]


def test_a_float_network_and_its_quantiser(tmp_path: Path) -> None:
    assert [run.config for run in plan("NET=digits_pruned:oblivious8", "CONFIG=trt8")] == ["base8", "trt8"]
    (folder,) = (tmp_path / "traces").iterdir()
    assert folder.name.startswith("digits_pruned-oblivious8-8-")
    assert [run.net for run in plan("NET=digits_pruned:oblivious8", "CONFIG=trt8")] == [str(folder)] * 2  # not made again


def test_config_brings_its_baseline(tmp_path: Path) -> None:
    assert [run.config for run in plan("NET=digits", "CONFIG=dpr_loom16_square")] == ["base16_loom_square", "dpr_loom16_square"]
    assert [run.config for run in plan("NET=digits", "DESIGN=trt", "CONFIG=trt16")] == ["base16", "trt16"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["NET=nowhere"], "NET=nowhere: no such folder, and network 'nowhere': no file"),
        (["NET=nowhere"], "(stored networks: digits); in float: denoise, digits"),
        (["NET=digits_pruned:best"], "no quantiser 'best': use one of fixed16"),
        (["NET=nowhere:fixed16"], "(stored float networks: denoise, digits"),
        (["NET={tmp}"], "holds no trace.json"),
        (["NET=digits", "CONFIG=trt8"], "operands of 16 bits: use some of CONFIG=base16"),
        (["NET=digits", "INPUTS=0"], "INPUTS=0: use a whole number from 1"),
        (["NET=digits", "INPUTS=9999"], "9999 held-out images"),
    ],
)
def test_mistakes_are_one_line(words: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        plan(*(word.format(tmp=tmp_path) for word in words))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_the_replay_line_has_the_trace() -> None:
    run = Run("tile_trace", "trt16", "verilator", 5, knobs=(("inputs", 2),), net="/a folder/t")
    assert run.replay == "make replay RUN=tile_trace-trt16-verilator-5 NET='/a folder/t' INPUTS=2"


def test_replay_takes_the_trace(tmp_path: Path) -> None:
    folder = eight_bits(tmp_path / "mine")
    words = ["RUN=tile_trace-trt8-verilator-5", f"NET={folder}", "INPUTS=2"]
    run = run_to_replay(parse(words, coverage=False))
    assert (run.net, run.settings["inputs"]) == (str(folder), 2)


def row(layer: str, config: str, **changes: object) -> dict:
    base = "" if config == "base16" else "base16"
    facts = {
        "layer": layer,
        "kind": "conv",
        "design": "base" if config == "base16" else "trt",
        "config": config,
        "baseline": base,
    }
    counts = {"rtl_cycles": 30, "model_cycles": 30, "bound_cycles": 30, "base_cycles": 30, "images": 2, "sim": "verilator"}
    return facts | counts | {"digests": [f"{layer}0", f"{layer}1"], "input_cycles": [10, 20], "mismatches": 0} | changes


def results(root: Path, statuses: dict[str, str], rows: list[dict], skipped: list[dict] = ()) -> list[RunResult]:
    found = []
    for config, status in statuses.items():
        run_id = f"tile_trace-{config}-verilator-1"
        folder = root / "runs" / run_id
        folder.mkdir(parents=True)
        mine = [each for each in rows if each["config"] == config]
        (folder / "layers.json").write_text(
            json.dumps({"rows": mine, "skipped": [s for s in skipped if s["config"] == config]})
        )
        found.append(RunResult(run_id, "tile_trace", config, "verilator", 1, status))
    return found


def test_what_agrees_in_a_run_that_passed_is_confirmed(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    rows = [row("a", "base16"), row("a", "trt16"), row("b", "base16"), row("b", "trt16", rtl_cycles=31)]
    skipped = [
        {"layer": "c", "config": "trt16", "reason": "too large"},
        {"layer": "c", "config": "base16", "reason": "too large"},
    ]
    ended = results(tmp_path, {"base16": "passed", "trt16": "passed"}, rows, skipped)
    found, problems = trace_rows(ended, parse(["SEED=1", "NET=digits"], coverage=False))
    assert len(found) == 4 and any("31 cycles, the model says 30" in problem for problem in problems)
    assert load_confirmed(tmp_path / "confirmed.json") == {
        "a0": {"base16": 10, "trt16": 10},
        "a1": {"base16": 20, "trt16": 20},
        "b0": {"base16": 10},
        "b1": {"base16": 20},
    }
    assert "not run: c on base16, trt16: too large" in capsys.readouterr().out


def test_a_failed_run_confirms_nothing(tmp_path: Path) -> None:
    ended = results(tmp_path, {"base16": "passed", "trt16": "failed"}, [row("a", "base16"), row("a", "trt16")])
    trace_rows(ended, parse(["SEED=1", "NET=digits"], coverage=False))
    assert load_confirmed(tmp_path / "confirmed.json") == {"a0": {"base16": 10}, "a1": {"base16": 20}}


def test_no_rows_is_a_problem(tmp_path: Path) -> None:
    _, problems = trace_rows([], parse(["SEED=1", "NET=digits"], coverage=False))
    assert problems == ["NET=digits: no layer is small enough to run"]


def test_stored_networks_trace_is_the_networks(tmp_path: Path) -> None:
    folder = nets.trace_folder("digits", 2)
    assert (np.load(next(folder.glob("000-*.acts.npy"))) == network_trace("digits", 2).layers[0].acts).all()
