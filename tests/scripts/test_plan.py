# SPDX-License-Identifier: Apache-2.0
"""The plan of a regression: which runs, with which seeds, under which names."""

from __future__ import annotations

import pytest

from models.config import ConfigError
from scripts.errors import UserError
from scripts.execution import build_of
from scripts.plan import derive_seed, make_plan
from scripts.settings import parse
from scripts.sim.benches import load_tests
from scripts.sim.run import Run, parse_run_id


def test_seed_is_a_32_bit_function_of_base_test_and_index() -> None:
    # first four bytes of SHA-256 of "1/compressor_random/0", little endian, by sha256sum
    assert derive_seed(1, "compressor_random", 0) == 0x4BAC9C6C
    assert len({derive_seed(base, test, index) for base in (0, 1) for test in ("a", "b") for index in range(50)}) == 200
    assert all(0 <= derive_seed(base, "a", 0) < 2**32 for base in range(100))


def test_seeds_do_not_depend_on_the_rest_of_the_plan() -> None:
    whole = make_plan(parse(["SEED=9", "SEEDS=2", "COV=0"]))
    name = whole[-1].test
    alone = make_plan(parse(["SEED=9", "SEEDS=1", "COV=0", f"TEST={name}"]))
    assert set(alone) <= set(whole)


def test_plan_is_tests_times_configs_times_seeds() -> None:
    plan = make_plan(parse(["SEED=1", "SEEDS=3", "TEST=negative_control,negative_logged", "COV=0"]))
    assert [(run.test, run.config) for run in plan] == [("negative_control", "small16")] * 3 + [
        ("negative_logged", "small16")
    ] * 3
    assert len({run.id for run in plan}) == 6
    assert {run.coverage for run in plan} == {False}


def test_same_seed_same_plan() -> None:
    assert make_plan(parse(["SEED=77"])) == make_plan(parse(["SEED=77"]))
    assert make_plan(parse(["SEED=77"])) != make_plan(parse(["SEED=78"]))


def test_regressions_hold_no_negative_test() -> None:
    for regression in ("smoke", "all"):
        plan = make_plan(parse([f"REGRESSION={regression}"]))
        assert plan
        assert not any(run.test.startswith("negative") for run in plan)


@pytest.mark.usefixtures("icarus")
def test_icarus_takes_its_own_configurations() -> None:
    tests = load_tests()
    for run in make_plan(parse(["SIM=icarus"])):
        assert run.config in tests[run.test].icarus_configs
        assert not run.coverage


def test_nothing_to_run_says_what_there_is() -> None:
    with pytest.raises(UserError, match="negative_control: small16"):
        make_plan(parse(["TEST=negative_control", "CONFIG=small8"]))


def test_run_id_round_trip() -> None:
    run = Run("negative_control", "small16", "icarus", 4294967295)
    assert parse_run_id(run.id) == run
    assert run.replay == "make replay RUN=negative_control-small16-icarus-4294967295"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a-b-c",
        "negative_control-small16-icarus-",
        "negative_control-small16-vcs-1",
        "negative_control-small16-icarus--1",
    ],
)
def test_what_is_no_run_id(text: str) -> None:
    with pytest.raises(UserError):
        parse_run_id(text)


def test_run_id_of_unknown_parts() -> None:
    with pytest.raises(UserError, match="no such test"):
        parse_run_id("nope-small16-icarus-1")
    with pytest.raises(ConfigError, match="no configuration"):
        parse_run_id("negative_control-nope-icarus-1")


def test_configurations_alike_for_a_bench_share_its_build() -> None:
    one, two, other = (build_of(Run("tile_random", name, "verilator", 1)) for name in ("stripes16", "dstripes16", "dstripes8"))
    assert one == two != other
    codec = [build_of(Run("compressor_random", name, "verilator", 1)) for name in ("dstripes16", "dstripes16_packed")]
    assert codec[0] != codec[1], "ALIGN differs"


def test_more_configs_are_for_the_long_regression() -> None:
    def configs(*words: str) -> set[str]:
        return {run.config for run in make_plan(parse(["SEED=1", "TEST=tile_network", *words]))}

    smoke, everything = configs(), configs("REGRESSION=all")
    assert everything - smoke == set(load_tests()["tile_network"].more_configs)
    assert configs("CONFIG=dpr_loom16") == {"dpr_loom16"}, "by name in any regression"
