# SPDX-License-Identifier: Apache-2.0
"""`make layers`: which runs the variables ask for, what becomes of their rows, and when the exit status is not 0."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scripts import core_layers, layers
from scripts.designs import DESIGN_NAMES
from scripts.errors import UserError
from scripts.layers import CORE_TEST, LAYER_TEST, layers_of, plan_of
from scripts.plan import derive_seed
from scripts.regress import Regression, check_layers
from scripts.settings import parse
from scripts.sim import benches
from scripts.sim.run import RunResult
from tests.report.designs import changed, network
from tests.report.project import layer

CONFIGS = ("base16", "base8", "base16_loom", "stripes16", "dstripes16", "dstripes8", "trt16", "loom16")
MORE = ("dpr_loom16",)


@pytest.fixture(autouse=True)
def made_up_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """CORE_TEST on CONFIGS and MORE, on Icarus on one; runs and results under `tmp_path`."""
    engine = benches.find_test(LAYER_TEST)
    core = replace(engine, name=CORE_TEST, configs=CONFIGS, more_configs=MORE, icarus_configs=("small16",))
    for module in (layers, core_layers):
        monkeypatch.setattr(module, "find_test", {LAYER_TEST: engine, CORE_TEST: core}.__getitem__)
        monkeypatch.setattr(module, "LAYERS_FILE", tmp_path / "layers.json")
    monkeypatch.setattr(core_layers, "RUNS", tmp_path / "runs")


def configs(*words: str) -> list[str]:
    return [run.config for run in plan_of(parse(["SEED=1", *words], coverage=False))]


def result(root: Path, test: str, config: str, document: dict | None, status: str = "passed", seed: int = 7) -> RunResult:
    """A run that left `document` as its layers.json."""
    run_id = f"{test}-{config}-verilator-{seed}"
    folder = root / "runs" / run_id
    folder.mkdir(parents=True)
    if document is not None:
        (folder / "layers.json").write_text(json.dumps(document))
    return RunResult(run_id, test, config, "verilator", seed, status)


def core_results(root: Path, rows: list[dict]) -> list[RunResult]:
    """A run for each configuration of the rows, which know neither their level nor their seed."""
    documents: dict[str, list[dict]] = {}
    for row in rows:
        documents.setdefault(row["config"], []).append({key: row[key] for key in row if key not in ("level", "seed")})
    return [result(root, CORE_TEST, config, {"level": "core", "rows": found}) for config, found in documents.items()]


def engine_result(root: Path, **counts: int) -> RunResult:
    classification = {"images": 8, "agree": 8, "correct": 7} | counts
    row = layer("conv1", compressed_bytes=1, raw_bytes=2)
    return result(root, LAYER_TEST, "narrow16", {"rows": [row], "classification": classification})


# ---- which runs


def test_without_design_the_layer_engine_runs() -> None:
    plan = plan_of(parse(["SEED=1"], coverage=False))
    assert [(run.test, run.config) for run in plan] == [(LAYER_TEST, "dstripes16")]


def test_all_designs_also_on_what_only_the_long_regression_runs() -> None:
    assert sorted(configs("DESIGN=all")) == sorted(CONFIGS + MORE)
    assert sorted(configs(f"DESIGN={','.join(DESIGN_NAMES)}")) == sorted(CONFIGS + MORE)


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        (["DESIGN=base"], ["base16", "base8", "base16_loom"]),
        (["DESIGN=stripes"], ["base16", "stripes16"]),
        (["DESIGN=dstripes"], ["base16", "base8", "dstripes16", "dstripes8"]),
        (["DESIGN=trt,stripes"], ["base16", "stripes16", "trt16"]),
        (["DESIGN=loom"], ["base16_loom", "loom16", "dpr_loom16"]),
        (["DESIGN=all", "CONFIG=trt*,base8"], ["base16", "base8", "trt16"]),
        (["DESIGN=base,dstripes", "CONFIG=base16,dstripes16"], ["base16", "dstripes16"]),
        (["DESIGN=dstripes", "CONFIG=dstripes16"], ["base16", "dstripes16"]),
    ],
)
def test_designs_bring_the_base_that_they_refer_to(words: list[str], runs: list[str]) -> None:
    assert configs(*words) == runs


def test_all_configurations_of_a_seed_see_the_same_seed() -> None:
    plan = plan_of(parse(["SEED=1", "SEEDS=2", "DESIGN=dstripes", "CONFIG=dstripes16"], coverage=False))
    seeds = [derive_seed(1, CORE_TEST, index) for index in range(2)]
    assert [(run.config, run.seed) for run in plan] == [(config, seed) for config in ("base16", "dstripes16") for seed in seeds]


@pytest.mark.usefixtures("icarus")
def test_icarus_has_its_own_configurations() -> None:
    assert configs("DESIGN=all", "SIM=icarus") == ["base16_small", "small16"]


def test_nothing_left_is_one_clear_line() -> None:
    with pytest.raises(UserError, match=r"^DESIGN=trt: SIM=verilator runs trt16; CONFIG leaves none of them$"):
        configs("DESIGN=trt", "CONFIG=loom16")


@pytest.mark.usefixtures("icarus")
def test_a_design_that_the_simulator_does_not_run() -> None:
    with pytest.raises(UserError, match=r"^DESIGN=loom: SIM=icarus runs no configuration$"):
        configs("DESIGN=loom", "SIM=icarus")


# ---- what becomes of the rows


def test_rows_get_level_seed_and_speedups(tmp_path: Path) -> None:
    rows, classification, problems = layers_of(core_results(tmp_path, network()))
    assert problems == []
    assert classification == []
    written = json.loads((tmp_path / "layers.json").read_text())
    assert written == {"rows": rows, "classification": []}
    assert {row["level"] for row in rows} == {"core"}
    found = {(row["layer"], row["config"]): row for row in rows}["conv1", "dstripes16"]
    assert (found["sim"], found["seed"], found["speedup"], found["bound_speedup"]) == ("verilator", 7, 1603 / 500, 4.0)


def test_engine_and_cores_share_the_file(tmp_path: Path) -> None:
    rows, classification, problems = layers_of([engine_result(tmp_path), *core_results(tmp_path, network())])
    assert problems == []
    assert [row["level"] for row in rows] == ["engine"] + ["core"] * 9
    assert rows[0] == layer("conv1", compressed_bytes=1, raw_bytes=2) | {"level": "engine"}
    assert classification == [{"config": "narrow16", "sim": "verilator", "seed": 7, "images": 8, "agree": 8, "correct": 7}]


def test_runs_of_other_tests_leave_no_file(tmp_path: Path) -> None:
    assert layers_of([RunResult("x", "tile_random", "small16", "verilator", 7, "passed")]) == ([], [], [])
    assert not (tmp_path / "layers.json").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mismatches": 2}, "layer conv2 on trt16: 2 outputs differ from the model"),
        ({"model_cycles": 401}, "layer conv2 on trt16: 400 cycles, the model says 401"),
        ({"fill": 0}, "20.0% below its bound"),
    ],
)
def test_problems_of_rows(tmp_path: Path, change: dict, said: str) -> None:
    _, _, (problem,) = layers_of(core_results(tmp_path, changed(network(), "conv2", "trt16", **change)))
    assert said in problem


def test_a_missing_base_is_a_problem_of_a_whole_run_and_a_note_of_a_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = core_results(tmp_path, [row for row in network() if row["config"] == "trt16"])
    said = "layers on trt16 have no speedup: its baseline base16 has no rows (verilator)"
    rows, _, problems = layers_of(results)
    assert problems == [said]
    assert {row["speedup"] for row in rows} == {row["bound_speedup"] for row in rows} == {None}
    assert said not in capsys.readouterr().out
    assert layers_of(results, restricted=True)[2] == []
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(("words", "problems"), [((), 1), (("CONFIG=trt16",), 0), ((f"TEST={LAYER_TEST}",), 0)])
def test_a_regression_collects_the_designs(tmp_path: Path, words: tuple[str, ...], problems: int) -> None:
    """A regression of a part of the configurations lacks a BASE without being wrong."""
    results = core_results(tmp_path, [row for row in network() if row["config"] == "trt16"])
    regression = Regression(parse(["SEED=1", *words]), [], results)
    assert len(check_layers(regression)) == problems
    assert [row["layer"] for row in regression.layers] == ["conv1", "conv2", "fc1"]


def test_an_incomplete_row_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    rows, _, problems = layers_of([result(tmp_path, CORE_TEST, "base16", {"rows": [{"layer": "conv1"}]})])
    assert problems == ["layers: row 'conv1' has no 'kind'"]
    assert len(rows) == 1


@pytest.mark.parametrize("document", [None, {"rows": []}])
def test_a_run_that_passed_and_left_nothing_is_a_problem(tmp_path: Path, document: dict | None) -> None:
    results = [result(tmp_path, CORE_TEST, "base16", document), result(tmp_path, CORE_TEST, "trt16", None, "failed")]
    assert layers_of(results) == ([], [], [f"{CORE_TEST}-base16-verilator-7: passed and left no layers"])


def test_other_seeds_leave_the_same_rows_once(tmp_path: Path) -> None:
    results = core_results(tmp_path, network())
    rows = [{key: row[key] for key in row if key not in ("level", "seed")} for row in network() if row["config"] == "trt16"]
    same = result(tmp_path, CORE_TEST, "trt16", {"level": "core", "rows": rows}, seed=8)
    assert layers_of([*results, same]) == layers_of(results)
    rows[1]["rtl_cycles"] += 1
    other = result(tmp_path, CORE_TEST, "trt16", {"level": "core", "rows": rows}, seed=9)
    _, _, (problem,) = layers_of([*results, other])
    assert problem == f"{CORE_TEST}-trt16-verilator-9: its layers are unlike those of {CORE_TEST}-trt16-verilator-7"


def test_images_classified_otherwise_are_a_problem(tmp_path: Path) -> None:
    _, _, problems = layers_of([engine_result(tmp_path, agree=6)])
    assert problems == [f"{LAYER_TEST}-narrow16-verilator-7: 2 images are classified unlike the model"]


# ---- exit status


@pytest.mark.parametrize(
    ("change", "status", "exit_status"),
    [
        ({}, "passed", 0),
        ({}, "failed", 1),
        ({"mismatches": 1}, "passed", 1),
        ({"model_cycles": 1}, "passed", 1),
        ({"fill": 0}, "passed", 1),
    ],
)
def test_exit_status(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: dict, status: str, exit_status: int) -> None:
    results = core_results(tmp_path, changed(network(), "conv1", "trt16", **change))
    results[0] = replace(results[0], status=status)
    monkeypatch.setattr(layers, "carry_out", lambda plan, jobs: results)
    monkeypatch.setattr(sys, "argv", ["layers", "DESIGN=all", "SEED=1"])
    assert layers.main() == exit_status


def test_without_design_the_first_configuration_of_the_engine_runs() -> None:
    """Also where the smoke regression leaves it out (Icarus)."""
    verilator, icarus = (plan_of(parse([f"SIM={sim}", "SEED=1"], coverage=False)) for sim in ("verilator", "icarus"))
    assert [run.config for run in verilator] == ["dstripes16"]
    assert [run.config for run in icarus] == ["narrow16"]
