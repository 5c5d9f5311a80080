# SPDX-License-Identifier: Apache-2.0
"""A configuration is one entry in one file; an illegal one is refused by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models import config
from models.config import ConfigError, load_all, load_config

RTL = Path(__file__).resolve().parents[2] / "rtl"
SHIPPED = config.CONFIG_FILE.read_text()


def load_with(entry: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> dict[str, config.DesignConfig]:
    """Load the shipped file with one more entry [x]."""
    file = folder / "configs.toml"
    file.write_text(f"{SHIPPED}\n[x]\n{entry}\n")
    monkeypatch.setattr(config, "CONFIG_FILE", file)
    return load_all.__wrapped__()


def test_an_entry_is_a_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    new = load_with('design = "trt"\nrows = 8\ncols = 8\nbits_per_cycle = 2', monkeypatch, tmp_path)["x"]
    assert (new.design, new.rows, new.cols, new.bits_per_cycle, new.p, new.lanes) == ("trt", 8, 8, 2, 16, 16)
    assert new.verilog_parameters(["DESIGN", "ROWS", "BITS_PER_CYCLE"]) == {"DESIGN": 2, "ROWS": 8, "BITS_PER_CYCLE": 2}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('design = "eyeriss"', r"\[x\] design = 'eyeriss': must be one of \['base', 'dstripes', 'loom', 'trt'\]"),
        ('detection = "guess"', r"\[x\] detection = 'guess': must be one of \['dynamic', 'static'\]"),
        ("bits_per_cycle = 3", r"\[x\] bits_per_cycle = 3: must be one of \[1, 2, 4\]"),
        ("p = 12", r"\[x\] p = 12: must be one of \[16, 8\]"),
        ('design = "base"', r"\[x\] cols = 16: must be 1 for base"),
        ('design = "base"\ncols = 1\nbits_per_cycle = 2', r"\[x\] bits_per_cycle = 2: must be 1 for base"),
        ('design = "loom"\nbits_per_cycle = 2', r"\[x\] bits_per_cycle = 2: must be 1 for loom"),
        ('design = "trt"\nbits_per_cycle = 2', r"\[x\] cols = 16: must be at most 8"),
        ('design = "trt"\np = 8\nprefix_w = 3\nbaseline = "base8"', r"\[x\] cols = 16: must be at most 8"),
        ("p = 8\nprefix_w = 3", r"\[x\] baseline = 'base16': must be a base design of p = 8, one of base8"),
        ('baseline = "stripes16"', r"\[x\] baseline = 'stripes16': must be a base design of p = 16"),
        ("rows = 0", r"\[x\] rows = 0: must be at least 1"),
        ("prefix_w = 3", r"\[x\] prefix_w = 3: must be 4..4 for p = 16"),
        ("columns = 4", r"\[x\] unknown key 'columns': use one of "),
    ],
)
def test_illegal_entries_are_refused(entry: str, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"^configs.toml: {message}"):
        load_with(entry, monkeypatch, tmp_path)


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"no configuration 'x' in configs\.toml: use one of base16, "):
        load_config("x")


def test_design_numbers_are_those_of_the_rtl() -> None:
    text = (RTL / "core" / "dpr_core.v").read_text()
    blocks = re.findall(r"if \(DESIGN == (\d)\) begin : g_(\w+)", text)
    assert [name for _, name in sorted(blocks)] == list(config.DESIGNS)


def test_every_design_has_small_and_full_configurations() -> None:
    for design in config.DESIGNS:
        lanes = {entry.lanes for entry in load_all().values() if entry.design == design}
        assert {4, 16} <= lanes, design


def test_peak_work_is_the_baselines() -> None:
    """Products of P x P bits a cycle: a serial unit does BITS_PER_CYCLE / P of one a cycle, Loom 1 / P^2."""
    for name in ("stripes16", "dstripes16", "dstripes16_b2", "dstripes16_b4", "dstripes8", "trt16", "trt16_b2", "trt8"):
        entry = load_config(name)
        base = load_config(entry.baseline)
        assert entry.rows * entry.cols * entry.lanes * entry.bits_per_cycle == base.rows * base.lanes * entry.p, name
    for name in ("loom16", "dpr_loom16", "dpr_loom8", "dpr_loom16_square"):
        entry = load_config(name)
        base = load_config(entry.baseline)
        assert entry.rows * entry.cols * entry.lanes == base.rows * base.lanes * entry.p**2, name
