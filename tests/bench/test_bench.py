# SPDX-License-Identifier: Apache-2.0
"""What `make bench` makes of its measurements, and that what measures itself also checks itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from models.config import load_config
from scripts.bench import measure, mutants
from scripts.bench.measure import Row, Side, bare_speed, compare, simulation_speed
from scripts.errors import UserError
from scripts.paths import ROOT
from scripts.sim import run
from scripts.sim.run import Run, execute
from tests.scripts.process import clean_environment
from tests.support.mutants import needs_icarus
from tests.support.variant import Edit, Variant

PARTS = ("tile_speed", "tile_speed_plain", "codec_speed", "codec_speed_plain", "codec_speed_cycles")


def counting(values: list[float]) -> Side:
    left = iter(values)
    return Side("side", lambda: next(left))


def test_ratio_is_the_median_of_the_rounds() -> None:
    slow, bare = counting([10.0, 30.0, 20.0]), Side("bare", counting([20.0, 40.0, 100.0]).measure)
    [row] = compare("tile x", [slow], bare)
    assert row == Row("tile x: side / bare", "cycles/s", 20.0, 40.0, 0.5, "side", "bare")


@needs_icarus
@pytest.mark.parametrize("test", PARTS)
def test_speed_tests_check_themselves(test: str, tmp_path: Path) -> None:
    result = execute(Run(test, "small16", "icarus", 1, knobs=(("pallets", 3), ("tensors", 1))), tmp_path)
    facts = json.loads((tmp_path / result.id / measure.SPEED_FILE).read_text())
    assert (result.status, result.problems) == ("passed", [])
    assert result.checks >= 2
    assert facts["cycles"] > 0
    assert facts["seconds"] > 0


@needs_icarus
def test_plain_cocotb_notices_lost_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = "tb/codec/tb_codec_soak.v"
    lost = Edit(bench, "if (m_valid && m_ready) $fwrite(out", "if (m_valid && m_ready && !m_last) $fwrite(out")
    result, _ = Variant("codec_speed_plain", "small16", (lost,), {"batches": 1, "tensors": 2}).execute(tmp_path, monkeypatch)
    assert result.status == "failed"
    assert result.problems == ["groups: 126, expected 128"]


@needs_icarus
def test_a_test_that_fails_is_no_measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "FOLDER", tmp_path)
    monkeypatch.setattr(measure, "Run", lambda test, config, _, seed: Run(test, config, "icarus", seed))
    with pytest.raises(UserError, match="bench: negative_mismatch-small16-icarus-1 failed: 1 mismatches"):
        simulation_speed("negative_mismatch", load_config("small16"), 1)
    assert run.RUN_FILE in {path.name for path in tmp_path.rglob("*")}


def test_a_bare_loop_that_fails_is_said() -> None:
    with pytest.raises(UserError, match="bench: false failed"):
        bare_speed(Path("false"))


def test_mutants_of_the_last_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutants, "BUILD", tmp_path)
    facts = {"rows": [{"mutants": 30}, {"mutants": 12}], "mutants_per_minute": 20.5}
    (tmp_path / "mutation.json").write_text(json.dumps(facts))
    row = mutants.mutant_row()
    assert (row.name, row.value, row.ratio) == ("mutants a minute, 42 of 2 blocks", 20.5, None)


def test_only_verilator_is_measured() -> None:
    command = [sys.executable, "-m", "scripts.bench", "SIM=icarus"]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: SIM=icarus: ")
