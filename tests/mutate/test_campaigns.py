# SPDX-License-Identifier: Apache-2.0
"""tb/mutation.toml: what it must say, and the one line that a mistake in it gives."""

from __future__ import annotations

import fnmatch
import re
import tomllib

import pytest

from scripts.errors import UserError
from scripts.lint_hdl import rtl_modules
from scripts.mutate.campaigns import DATA_FILE, choose, load_plan, parse_plan
from scripts.paths import ROOT


def test_every_module_is_judged_with_some_test_on_its_bench() -> None:
    plan = load_plan()
    assert {module for block in plan.blocks.values() for module in block.modules} == {module.name for module in rtl_modules()}
    assert all(block.campaigns for block in plan.blocks.values())


def test_where_every_mutant_must_be_killed_or_argued() -> None:
    blocks = load_plan().blocks
    for name in ("compressor", "decompressor", "detector", "dispatcher", "step_sequencer", "sip"):
        assert blocks[name].goal == 100
    assert all(block.goal >= 98 for block in blocks.values())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('bench = "tile"', 'bench = "tiles"', r"\[campaign\.small16\]: bench 'tiles' does not exist: use one of .*tile"),
        ('test = "tile_contract"', 'test = "tile_contact"', r"\[campaign\.small16\]: test 'tile_contact' does not exist"),
        ('test = "tile_contract"', 'test = "layer_random"', r"test 'layer_random' runs on the bench 'layer'"),
        ("goal = 100\n", "gaol = 100\n", r"\[block\.\w+\]: unknown key 'gaol': use name, modules"),
        ('modules = ["dpr_base", "dpr_ip"]', 'modules = ["dpr_base"]', r"module 'dpr_ip' is in 0 blocks: put it into one"),
        ('"dpr_ip"]', '"dpr_ip", "dpr_sip"]', r"module 'dpr_sip' is in 2 blocks"),
        ('witnesses = ["compressor"]', 'witnesses = ["codec"]', r"\[campaign\.codec_soak\] witnesses: block 'codec' does not"),
        ('campaigns = ["base8_small"]', 'campaigns = ["base"]', r"\[block\.base\] campaign 'base' does not exist"),
    ],
)
def test_a_mistake_gives_one_line(old: str, new: str, message: str) -> None:
    text = DATA_FILE.read_text()
    assert old in text
    with pytest.raises(UserError, match=message) as error:
        parse_plan(text.replace(old, new, 1))
    assert "\n" not in str(error.value)


def test_every_scoreboard_is_judged() -> None:
    judged = [entry.partition(":")[::2] for checker in load_plan().checkers.values() for entry in checker.modules]
    boards = {
        (".".join(path.relative_to(ROOT).with_suffix("").parts), name)
        for path in (ROOT / "tb").rglob("*.py")
        for name in re.findall(r"^class (\w+Scoreboard)\b", path.read_text(), re.MULTILINE)
    }
    assert len(boards) == 8
    for module, name in boards:
        patterns = [pattern or "*" for where, pattern in judged if where == module]
        assert any(fnmatch.fnmatchcase(f"{name}.method", pattern) for pattern in patterns), name


def _with_argument(**entry: str) -> str:
    lines = "".join(f'{key} = "{value}"\n' for key, value in entry.items())
    return f"{DATA_FILE.read_text()}\n[[argued]]\n{lines}"


def test_an_argument_without_a_reason_is_refused() -> None:
    with pytest.raises(UserError, match=r"\[\[argued\]\]: no 'reason'"):
        parse_plan(_with_argument(block="sip", line="a", what="*"))
    with pytest.raises(UserError, match="the reason 'equivalent' is no sentence"):
        parse_plan(_with_argument(block="sip", line="a", what="*", reason="equivalent"))


def test_an_argument_of_an_unknown_block_is_refused() -> None:
    with pytest.raises(UserError, match=r"\[\[argued\]\]: block 'spi' does not exist"):
        parse_plan(_with_argument(block="spi", line="a", what="*", reason="nobody can ever see this wire"))


def test_broken_toml_names_the_file() -> None:
    with pytest.raises(UserError, match=r"^mutation\.toml: "):
        parse_plan("[block.sip\n")


def test_every_test_keeps_its_own_knobs_but_for_those_that_are_changed() -> None:
    raw = tomllib.loads(DATA_FILE.read_text())
    trial = load_plan().campaigns["small16"].tests[0]
    changed = raw["campaign"]["small16"]["tests"][0]["knobs"]
    assert set(trial.all_knobs.split(",")) >= {f"{name}={value}" for name, value in changed.items()}
    assert any(knob.startswith("watchdog=") for knob in trial.all_knobs.split(","))


def test_block_takes_names_and_globs() -> None:
    names = ["sip", "step_sequencer", "trt"]
    assert choose(names, None) == names
    assert choose(names, ("s*", "sip")) == ["sip", "step_sequencer"]
    with pytest.raises(UserError, match="BLOCK=spi: no such block; use names or globs of: sip, step_sequencer, trt"):
        choose(names, ("spi",))
