# SPDX-License-Identifier: Apache-2.0
"""Which form of waves a simulator writes, by what its writer needs to be compiled."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from models.config import load_config
from scripts.sim.benches import load_benches
from scripts.sim.build import BuildOptions, build_dir
from scripts.sim.run import Run, execute
from scripts.sim.waves import wave_file, wave_format, writes_fst


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Make CXX a program that ends with a status, and forget what was found before."""

    def install(status: int) -> Path:
        program = tmp_path / "cxx"
        program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/words\nexit {status}\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("CXX", str(program))
        writes_fst.cache_clear()
        return tmp_path / "words"

    yield install
    writes_fst.cache_clear()


def test_fst_where_its_libraries_link(compiler) -> None:
    words = compiler(0)
    assert (wave_format("verilator"), wave_format("icarus")) == ("fst", "fst")
    assert {"-llz4", "-lz"} <= set(words.read_text().split())


def test_vcd_elsewhere(compiler, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler(1)
    assert (wave_format("verilator"), wave_format("icarus")) == ("vcd", "fst")
    writes_fst.cache_clear()
    monkeypatch.setenv("CXX", "/nonexistent/compiler")
    assert wave_format("verilator") == "vcd"


def test_a_build_with_fst_is_another_build(compiler) -> None:
    bench, config = load_benches()["negative"], load_config("small16")

    def folders(waves: bool) -> list[Path]:
        found = []
        for status in (0, 1):
            compiler(status)
            found.append(build_dir(bench, config, "verilator", BuildOptions(waves=waves)))
        return found

    with_waves, without = folders(True), folders(False)
    assert len(set(with_waves)) == 2
    assert len(set(without)) == 1


def test_verilator_writes_what_it_is_said_to(tmp_path: Path) -> None:
    run = Run("negative_control", "small16", "verilator", 1, waves=True)
    assert execute(run, tmp_path).status == "passed"
    waves = wave_file(tmp_path / run.id)
    assert waves is not None
    assert waves.suffix == f".{wave_format('verilator')}"
    assert (b"$timescale" in waves.read_bytes()) == (waves.suffix == ".vcd")


def test_an_empty_file_holds_no_waves(tmp_path: Path) -> None:
    (tmp_path / "waves.fst").touch()
    assert wave_file(tmp_path) is None
    (tmp_path / "dump.vcd").write_text("$date")
    assert wave_file(tmp_path) == tmp_path / "dump.vcd"
