# SPDX-License-Identifier: Apache-2.0
"""A run's randomness comes from its seed and the name of a stream, and from nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.config import ConfigError, load_config
from tb.common.context import RunContext


def context(seed: int = 1, **knobs: str) -> RunContext:
    return RunContext(load_config("small16"), seed, Path("run"), "icarus", knobs)


def test_same_seed_and_name_give_the_same_numbers() -> None:
    first, second = context(7), context(7)
    second.rng("other").random(100)  # what another component draws does not matter
    assert (first.rng("driver").random(50) == second.rng("driver").random(50)).all()
    assert (first.rng("driver").random(50) == first.rng("driver").random(50)).all()


@pytest.mark.parametrize(
    ("one", "other"), [((1, "a"), (2, "a")), ((1, "a"), (1, "b")), ((1, "ab"), (1, "ba")), ((0, "a"), (2**32 - 1, "a"))]
)
def test_other_seed_or_name_gives_unrelated_numbers(one: tuple[int, str], other: tuple[int, str]) -> None:
    left, right = (context(seed).rng(name).random(4000) for seed, name in (one, other))
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.06  # four standard deviations
    assert not set(left) & set(right)


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = {"DPR_CONFIG": "small8", "DPR_SEED": "4294967295", "DPR_RUN_DIR": str(tmp_path), "DPR_KNOBS": "a=1,b=-2"}
    for name, value in (settings | {"SIM": "verilator"}).items():
        monkeypatch.setenv(name, value)
    run = RunContext.from_environment()
    assert (run.config.name, run.seed, run.run_dir, run.sim) == ("small8", 2**32 - 1, tmp_path, "verilator")
    assert (run.knob("a", 9), run.knob("b", 9), run.knob("c", 9)) == (1, -2, 9)


def test_no_knobs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {"DPR_CONFIG": "small8", "DPR_SEED": "1", "DPR_RUN_DIR": str(tmp_path), "SIM": "icarus"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DPR_KNOBS", raising=False)
    assert RunContext.from_environment().knobs == {}


def test_unknown_configuration_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {"DPR_CONFIG": "huge", "DPR_SEED": "1", "DPR_RUN_DIR": str(tmp_path), "SIM": "icarus"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="small16"):
        RunContext.from_environment()
