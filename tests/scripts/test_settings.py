# SPDX-License-Identifier: Apache-2.0
"""A wrong variable gives one line that names it and what is valid, exit status 2, no traceback, and nothing is made."""

from __future__ import annotations

import pytest

from scripts.errors import UserError
from scripts.settings import cores, parse

BAD = [
    ("SIM=foo", "verilator, icarus"),
    ("SIM=Verilator", "verilator, icarus"),
    ("SEED=abc", "0 to 4294967295"),
    ("SEED=-1", "0 to 4294967295"),
    ("SEED=4294967296", "0 to 4294967295"),
    ("SEED=1_0", "0 to 4294967295"),
    ("SEED=1.5", "0 to 4294967295"),
    ("SEED=0x1ffffffff", "0 to 4294967295"),
    ("SEEDS=0", "1 to "),
    ("SEEDS=two", "1 to "),
    ("JOBS=x", "1 to "),
    ("JOBS=0", "1 to "),
    ("TEST=no_such_test", "negative_control"),
    ("TEST=negative_control,nope", "negative_control"),
    ("TEST=zzz*", "negative_control"),
    ("TEST=,", "negative_control"),
    ("CONFIG=huge", "small16"),
    ("REGRESSION=weekly", "smoke, all, nightly"),
    ("COV=2", "0, 1"),
    ("COV=yes", "0, 1"),
    ("WAVES=on", "0, 1"),
    ("DESIGN=tartan", "all, base, stripes, dstripes, trt, loom"),
    ("DESIGN=trt,tartan", "all, base, stripes, dstripes, trt, loom"),
    ("DESIGN=dstripes16", "all, base, stripes, dstripes, trt, loom"),
    ("DESIGN=,", "all, base, stripes, dstripes, trt, loom"),
]


@pytest.mark.parametrize(("word", "valid"), BAD)
def test_bad_value_names_variable_and_valid_values(word: str, valid: str) -> None:
    with pytest.raises(UserError) as error:
        parse([word])
    text = str(error.value)
    assert "\n" not in text
    assert text.startswith(word.split("=", maxsplit=1)[0] + "=")
    assert valid in text


@pytest.mark.parametrize(
    "word", ["SIM=foo", "SEED=abc", "SEEDS=0", "JOBS=x", "TEST=nope", "CONFIG=huge", "COV=2", "DESIGN=x", "SEED=a'b $"]
)
def test_make_prints_one_line_and_fails(run_make, word: str) -> None:
    done = run_make(word)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert done.returncode == 2
    assert len(lines) == 1
    assert lines[0].startswith(f"error: {word.split('=', maxsplit=1)[0]}=")
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["replay"], "RUN= is missing"),
        (["replay", "RUN=nonsense"], "RUN=nonsense: not a run"),
        (["replay", "RUN=nope-small16-icarus-1"], "no such test"),
        (["replay", "RUN=negative_control-huge-icarus-1"], "no configuration 'huge'"),
        (["replay", "RUN=negative_control-small16-icarus-4294967296"], "not a run"),
        (["waves"], "TEST= must name one test"),
        (["waves", "TEST=negative_control,negative_logged"], "TEST= must name one test"),
        (["waves", "TEST=negative_control", "CONFIG=dstripes16"], "use one of small16"),
    ],
)
def test_replay_and_waves_refuse(run_script, words: list[str], says: str) -> None:
    done = run_script("replay", *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_unknown_word_lists_the_variables() -> None:
    with pytest.raises(UserError, match="SIM=, SEED="):
        parse(["SEDD=1"])


def test_code_coverage_needs_verilator() -> None:
    with pytest.raises(UserError, match="SIM=verilator"):
        parse(["SIM=icarus", "COV=1"])


def test_defaults() -> None:
    settings = parse([])
    assert (settings.sim, settings.regression, settings.coverage, settings.waves) == ("verilator", "smoke", True, False)
    assert (settings.seeds, settings.tests, settings.configs, settings.jobs) == (None, None, None, cores())
    assert 0 <= settings.seed < 2**32
    assert settings.judges_coverage


def test_fresh_seeds_differ() -> None:
    assert len({parse([]).seed for _ in range(20)}) > 15


def test_empty_values_count_as_not_given() -> None:
    assert parse(["SIM=", "TEST= ", "SEED=7"]).tests is None


def test_numbers() -> None:
    settings = parse(["SEED=0xffffffff", "SEEDS=3", "JOBS=5"])
    assert (settings.seed, settings.seeds, settings.jobs) == (2**32 - 1, 3, 5)


def test_names_and_globs() -> None:
    settings = parse(["TEST=negative_logged,negative_control,negative_logged", "CONFIG=small*"])
    assert settings.tests == ("negative_logged", "negative_control")
    assert set(settings.configs or ()) >= {"small16", "small8"}
    assert settings.restricted
    assert not settings.judges_coverage


@pytest.mark.parametrize(
    ("words", "designs"),
    [
        ([], None),
        (["DESIGN="], None),
        (["DESIGN=all"], ("base", "stripes", "dstripes", "trt", "loom")),
        (["DESIGN=trt,all"], ("base", "stripes", "dstripes", "trt", "loom")),
        (["DESIGN=trt, stripes ,trt"], ("trt", "stripes")),
    ],
)
def test_designs(words: list[str], designs: tuple[str, ...] | None) -> None:
    assert parse(words).designs == designs


def test_glob_stays_within_the_regression() -> None:
    assert not any(name.startswith("negative") for name in parse(["TEST=*"]).tests or ())


def test_without_coverage_nothing_is_judged() -> None:
    assert not parse(["COV=0"]).judges_coverage


def test_help_lists_every_variable_and_target(run_make) -> None:
    text = run_make("help").stdout
    for name in ("SIM", "SEED", "SEEDS", "TEST", "CONFIG", "JOBS", "WAVES", "COV", "REGRESSION", "RUN", "DESIGN", "PYTHON"):
        assert f"  {name} " in text
    for target in ("regress", "test", "layers", "lint", "bench", "waves", "replay", "clean"):
        assert f"  {target} " in text


def test_make_passes_nothing_through_the_environment(run_make, tmp_path) -> None:
    fake = tmp_path / "python"
    fake.write_text('#!/bin/sh\nenv > "$(dirname "$0")/env"\nprintf "%s\\n" "$@" > "$(dirname "$0")/words"\n')
    fake.chmod(0o755)
    done = run_make("-j8", "venv", "SIM=icarus", "TEST=a'b c", "WAVES=1", f"--eval=override PYTHON := {fake}")
    assert done.returncode == 0, done.stderr
    names = {line.split("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    assert not names & {"MAKEFLAGS", "MFLAGS", "SIM", "TEST", "WAVES"}
    assert (tmp_path / "words").read_text().split("\n")[1:4] == ["SIM=icarus", "TEST=a'b c", "WAVES=1"]
