# SPDX-License-Identifier: Apache-2.0
"""The testplan's file: what the loader takes from it, what it refuses, and that the project's own plan leaves nothing out."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.errors import UserError
from scripts.plan import make_plan
from scripts.settings import parse
from scripts.sim import testplan
from scripts.sim.benches import load_benches, load_regressions, load_testplan, load_tests

PLAN = """\
[regression.smoke]
description = "Short"
[regression.all]
description = "Long"
[regression.nightly]
description = "Longest"
includes = ["all"]
seeds = 3

[testpoint.feature]
block = "tile"
stage = "V1"
description = "A feature"
tests = ["one*"]
covers = ["tile.*"]

[test.one]
bench = "tile"
module = "tb.tile.test_tile"
testcase = "TileRandom"
description = "A test"
block = "tile"
stage = "V1"
configs = ["small16", "small8"]
icarus_configs = ["small8"]
knobs = { few = 1, size = 1 }
nightly_knobs = { few = 2, size = 2 }
icarus_knobs = { size = 9 }

[test.one_long]
bench = "tile"
module = "tb.tile.test_tile"
testcase = "TileRandom"
description = "A test of the night"
block = "tile"
stage = "V3"
configs = ["small16"]
regressions = ["nightly"]
shrink = true
"""


def read(tmp_path: Path, text: str = PLAN) -> testplan.Testplan:
    file = tmp_path / "testplan.toml"
    file.write_text(text)
    return testplan.read_testplan(file, ["tile"])


def test_what_a_plan_says(tmp_path: Path) -> None:
    plan = read(tmp_path)
    assert list(plan.regressions) == ["smoke", "all", "nightly"]
    assert plan.regressions["nightly"].seeds == 3
    assert plan.testpoints["feature"].tests == ("one", "one_long")
    one, night = plan.tests["one"], plan.tests["one_long"]
    assert one.regressions == ("smoke", "all", "nightly")
    assert night.regressions == ("nightly",)
    assert (one.shrink, night.shrink) == (False, True)
    assert (one.seeds, one.timeout_s, one.covers) == (1, 300, ())


def test_knobs_by_simulator_and_regression(tmp_path: Path) -> None:
    one = read(tmp_path).tests["one"]
    assert one.knobs_for("verilator", "smoke") == one.knobs_for("verilator", "") == {"few": 1, "size": 1}
    assert one.knobs_for("verilator", "nightly") == {"few": 2, "size": 2}
    assert one.knobs_for("icarus", "smoke") == {"few": 1, "size": 9}
    assert one.knobs_for("icarus", "nightly") == {"few": 2, "size": 9}


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        (
            "seeds = 3",
            "seed = 3",
            r"testplan.toml: \[regression.nightly\] unknown key 'seed': use description, includes, seeds",
        ),
        ("seeds = 3", "seeds = 0", r"\[regression.nightly\] seeds = 0: it must be a whole number from 1"),
        ("seeds = 3", 'seeds = "3"', r"seeds = '3': it must be a whole number"),
        ("seeds = 3", "seeds = true", r"seeds = True: it must be a whole number"),
        (
            'includes = ["all"]',
            'includes = ["al"]',
            r"\[regression.nightly\] includes 'al': use other ones of smoke, all, nightly",
        ),
        ('includes = ["all"]', 'includes = ["nightly"]', "includes 'nightly'"),
        ('tests = ["one*"]', 'tests = ["one*", "two*"]', r"\[testpoint.feature\] tests = \['two\*'\]: no test has such a name"),
        ('tests = ["one*"]', "tests = []", r"\[testpoint.feature\] tests = \[\]"),
        ('covers = ["tile.*"]', 'covers = "tile.*"', r"covers = 'tile.\*': it must be a list of texts"),
        ('covers = ["tile.*"]', 'cover = ["tile.*"]', r"\[testpoint.feature\] unknown key 'cover'"),
        (
            'block = "tile"\nstage = "V1"\ndescription = "A f',
            'block = "til"\nstage = "V1"\ndescription = "A f',
            "block = 'til'",
        ),
        ('stage = "V3"', 'stage = "V4"', r"\[test.one_long\] stage = 'V4': use one of V1, V2, V3"),
        ('stage = "V3"\n', "", r"\[test.one_long\] has no 'stage'"),
        ('regressions = ["nightly"]', 'regressions = ["night"]', r"regressions: no 'night': use some of smoke, all, nightly"),
        ('configs = ["small8"]', 'configs = ["small9"]', r"\[test.one\] configs: no 'small9'"),
        ("shrink = true", "shrink = 1", "shrink = 1: it must be true or false"),
        ("knobs = { few = 1, size = 1 }", "knobs = { few = 1.5 }", "it must be a table of whole numbers"),
        ("shrink = true", 'sims = ["vcs"]', r"sims: no 'vcs': use some of verilator, icarus"),
        ('bench = "tile"\nmodule', 'bench = "til"\nmodule', r"\[test.one\] bench = 'til': use one of tile"),
        ('description = "A test"', 'description = " "', "description = ' ': it must be a text"),
        (
            "[regression.smoke]",
            "[regresion.smoke]",
            r"\[regresion\]: use \[regression.NAME\], \[testpoint.NAME\], \[test.NAME\]",
        ),
        ("[regression.smoke]\n", "[regression]\n", r"\[regression.description\] is no table"),
        ("seeds = 3", "seeds = ", "testplan.toml: "),
    ],
)
def test_what_the_loader_refuses(good: str, bad: str, message: str, tmp_path: Path) -> None:
    assert good in PLAN
    with pytest.raises(UserError, match=message) as error:
        read(tmp_path, PLAN.replace(good, bad, 1))
    assert len(str(error.value).splitlines()) == 1


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"testplan.toml: .*No such file"):
        testplan.read_testplan(tmp_path / "testplan.toml", ["tile"])


def test_every_test_of_a_regression_verifies_a_testpoint() -> None:
    plan = load_testplan()
    verified = {test for point in plan.testpoints.values() for test in point.tests}
    assert {name for name, test in plan.tests.items() if test.regressions} <= verified


def test_every_testpoint_is_verified_before_the_night() -> None:
    plan = load_testplan()
    for point in plan.testpoints.values():
        assert any("all" in plan.tests[test].regressions for test in point.tests), point.name
        assert {plan.tests[test].bench for test in point.tests} <= set(load_benches())


def test_nightly_is_all_and_more() -> None:
    everything, night = (make_plan(parse(["SEED=3", f"REGRESSION={name}"])) for name in ("all", "nightly"))
    least, tests = load_regressions()["nightly"].seeds, load_tests()
    assert {run.id for run in everything} < {run.id for run in night}
    for name in {run.test for run in night}:
        config = next(run.config for run in night if run.test == name)
        seeds = {run.seed for run in night if (run.test, run.config) == (name, config)}
        assert len(seeds) == (tests[name].seeds if tests[name].fixed else max(least, tests[name].seeds))
    assert len({run.seed for run in make_plan(parse(["REGRESSION=nightly", "SEEDS=2", "TEST=tile_network"]))}) == 2
    assert len({run.seed for run in make_plan(parse(["REGRESSION=nightly", "SEEDS=1", "TEST=tile_random"]))}) == 1


def test_a_nightly_run_says_how_to_repeat_it_with_its_settings() -> None:
    night, day = (make_plan(parse(["SEED=3", f"REGRESSION={name}", "TEST=tile_layers"]))[0] for name in ("nightly", "all"))
    assert night.id == day.id
    assert night.replay == f"{day.replay} REGRESSION=nightly"
    assert night.settings == day.settings | load_tests()["tile_layers"].nightly_knobs != day.settings
