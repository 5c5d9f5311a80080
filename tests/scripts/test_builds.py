# SPDX-License-Identifier: Apache-2.0
"""A build is made once and named after all that changes it: nothing changed, nothing is built."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from models.config import load_config
from scripts import execution
from scripts.sim import build as build_module
from scripts.sim import run as run_module
from scripts.sim.benches import Bench, load_benches
from scripts.sim.build import BuildOptions, build, build_dir
from scripts.sim.prune import FINISHED
from scripts.sim.run import Run
from scripts.sim.tools import Tool, compiler_version, find_simulator
from tests.support.checkout import Checkout

CONFIG = "small16"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """The bench of the negative tests on files of its own, with a module beside it and a header."""
    real = load_benches()["negative"]
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "part.v").write_text("module part; endmodule\n")
    (tmp_path / "rtl" / "part.vh").write_text("// a header\n")
    top = tmp_path / "tb_negative.v"
    top.write_text(real.source_files()[0].read_text())
    return dataclasses.replace(real, sources=(str(top),), rtl=(str(tmp_path / "rtl"),))


def name_of(bench: Bench, config: str = CONFIG, sim: str = "icarus", **options: bool) -> str:
    return build_dir(bench, load_config(config), sim, BuildOptions(**options)).name


@pytest.mark.usefixtures("icarus")
@pytest.mark.parametrize("file", ["rtl/part.v", "rtl/part.vh", "tb_negative.v"])
def test_a_changed_file_makes_another_build(file: str, bench: Bench, tmp_path: Path) -> None:
    before = name_of(bench)
    path = tmp_path / file
    path.touch()
    assert name_of(bench) == before, "contents count, not dates"
    path.write_text(path.read_text() + "// changed\n")
    assert name_of(bench) != before


@pytest.mark.usefixtures("icarus")
def test_a_new_file_makes_another_build(bench: Bench, tmp_path: Path) -> None:
    before = name_of(bench)
    (tmp_path / "rtl" / "another.v").write_text("module another; endmodule\n")
    assert name_of(bench) != before


@pytest.mark.usefixtures("icarus")
def test_a_parameter_makes_another_build_if_the_bench_has_it() -> None:
    tile, negative = load_benches()["tile"], load_benches()["negative"]
    assert name_of(tile, "small16") != name_of(tile, "small8")
    assert name_of(negative, "small16") == name_of(negative, "small8")


@pytest.mark.usefixtures("icarus")
def test_an_option_or_another_tool_makes_another_build(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name_of(bench, sim="verilator", coverage=coverage, waves=waves) for coverage in (0, 1) for waves in (0, 1)]
    names.append(name_of(bench))
    monkeypatch.setattr(build_module, "_OPTIMISATION", "OPT_FAST=-O3")
    names.append(name_of(bench, sim="verilator"))
    monkeypatch.setattr(build_module, "find_simulator", lambda sim: Tool(Path("/other/iverilog"), "99.0", "PATH"))
    names.append(name_of(bench))
    assert len(set(names)) == len(names)


@pytest.mark.usefixtures("icarus")
def test_another_compiler_makes_another_build_of_verilator(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def names() -> tuple[str, str, str]:
        runtime = build_module.WheelVerilator(find_simulator("verilator"), BuildOptions()).runtime.name
        return name_of(bench, sim="verilator"), runtime, name_of(bench)

    assert compiler_version()
    verilator, runtime, icarus = names()
    monkeypatch.setattr(build_module, "compiler_version", lambda: "c++ 99.0")
    other = names()
    assert other[0] != verilator
    assert other[1] != runtime
    assert other[2] == icarus, "Icarus compiles nothing"


@pytest.mark.usefixtures("icarus")
def test_a_finished_build_is_used_again_and_half_a_one_is_not(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_module, "SIM_BUILDS", tmp_path / "sim")
    folder = build(bench, load_config(CONFIG), "icarus")
    program = folder / "sim.vvp"
    made = program.stat().st_mtime_ns
    assert build(bench, load_config("small8"), "icarus") == folder, "the bench has no parameter that differs"
    assert program.stat().st_mtime_ns == made
    (folder / FINISHED).unlink()
    os.truncate(program, 10)
    assert build(bench, load_config(CONFIG), "icarus") == folder
    assert program.stat().st_size > 10


@pytest.mark.usefixtures("icarus")
def test_a_regression_keeps_to_the_builds_that_it_has_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = [Run("negative_control", "small16", "icarus", seed) for seed in (1, 2)]
    monkeypatch.setattr(execution, "LOG", tmp_path / "log")
    builds = execution.build_all(plan, 1)
    monkeypatch.setattr(run_module, "build", _no_build)
    results = execution.run_all(plan, 2, builds, tmp_path / "runs")
    assert [result.status for result in results] == ["passed", "passed"]


def _no_build(*_: object) -> Path:
    raise AssertionError("what was edited while a regression runs is for the next one")


@pytest.mark.usefixtures("icarus")
def test_a_second_regression_builds_nothing(tmp_path: Path) -> None:
    checkout = Checkout.copy(tmp_path)
    words = ("SIM=icarus", "SEED=1", "TEST=negative_control")

    def programs() -> dict[str, int]:
        return {file.parent.name: file.stat().st_mtime_ns for file in (tmp_path / "build" / "sim").glob("*/sim.vvp")}

    assert checkout.run("regress", *words).returncode == 0
    first = programs()
    assert len(first) == 1
    assert checkout.run("regress", *words, "SEEDS=2").returncode == 0
    assert programs() == first
    checkout.edit("tb/negative/tb_negative.v", "endmodule", "// changed\nendmodule")
    assert checkout.run("regress", *words).returncode == 0
    assert len(programs()) == 2


def test_a_module_that_the_sources_bring_is_not_taken_from_the_rtl() -> None:
    bench = load_benches()["codec_loop"]
    names = [path.stem for path in dataclasses.replace(bench, replaced=("dpr_compressor",)).source_files()]
    assert "dpr_compressor" in [path.stem for path in bench.source_files()]
    assert "dpr_compressor" not in names
    assert {"dpr_decompressor", "dpr_group_coder", "tb_codec_loop"} <= set(names)
