# SPDX-License-Identifier: Apache-2.0
"""A small sample of the fuzzing of streams and files, and proof that it notices decoders that are wrong."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.codec import CodecErrorCode, CodecParams, decode, decode_prefix
from models.dpr_file import load_values
from scripts.paths import ROOT
from tb.codec.fuzz import FUZZ, fuzz_stream, random_settings
from tests.fuzz.checks import FuzzError, check_file, check_stream
from tests.fuzz.files import FILES, fuzz_file
from tests.fuzz.watchdog import HangError, watchdog
from tests.scripts.process import clean_environment

_EXAMPLES = 150  # of each kind


def streams(kind: str, count: int = _EXAMPLES) -> Counter[CodecErrorCode]:
    rng = np.random.default_rng([1, list(FUZZ).index(kind)])
    return Counter(check_stream(fuzz_stream(rng, random_settings(rng), kind)) for _ in range(count))


@pytest.mark.parametrize("kind", FUZZ)
def test_streams(kind: str) -> None:
    codes = streams(kind)
    assert codes.total() == _EXAMPLES
    always = {"good": {CodecErrorCode.OK}, "extended": {CodecErrorCode.OVERRUN}}
    assert set(codes) == always[kind] if kind in always else len(codes) > 1


def test_streams_reach_every_code() -> None:
    assert set().union(*(streams(kind, 60) for kind in FUZZ)) == set(CodecErrorCode)


@pytest.mark.parametrize("kind", FILES)
def test_files(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng([2, list(FILES).index(kind)])
    results = Counter(check_file(fuzz_file(rng, kind), tmp_path / "fuzz.dpr") for _ in range(_EXAMPLES))
    assert results.total() == _EXAMPLES
    least = {"any_payload": {"values", "OVERRUN", "TRUNCATED"}, "any_field": {"values", "DprFileError"}}
    assert set(results) >= least.get(kind, {"DprFileError"})
    assert kind in least or set(results) == {"DprFileError"}


def no_overrun(words: np.ndarray, params: CodecParams, count: int) -> tuple[np.ndarray, CodecErrorCode]:
    values, code = decode_prefix(words, params, count)
    return values, CodecErrorCode.OK if code == CodecErrorCode.OVERRUN else code


def one_value_less(words: np.ndarray, params: CodecParams, count: int) -> tuple[np.ndarray, CodecErrorCode]:
    values, code = decode_prefix(words, params, count)
    return values[: max(values.size - 1, 0)], code


def wrong_type(words: np.ndarray, params: CodecParams, count: int) -> tuple[np.ndarray, CodecErrorCode]:
    values, code = decode_prefix(words, params, count)
    return values.astype(np.int64), code


@pytest.mark.parametrize("broken", [no_overrun, one_value_less, wrong_type])
def test_wrong_decoder_is_found(broken: Callable) -> None:
    rng = np.random.default_rng(3)
    with pytest.raises(FuzzError):
        for _ in range(100):
            check_stream(fuzz_stream(rng, random_settings(rng)), prefix=broken)


def test_decoder_that_forgives_is_found() -> None:
    rng = np.random.default_rng(4)
    with pytest.raises(FuzzError, match="error codes"):
        for _ in range(100):
            check_stream(fuzz_stream(rng, random_settings(rng)), whole=lambda *stream: decode_prefix(*stream)[0])


def test_decoder_that_raises_something_else_is_found() -> None:
    def fragile(words: np.ndarray, params: CodecParams, count: int) -> np.ndarray:
        try:
            return decode(words, params, count)
        except ValueError as error:
            raise IndexError("out of the stream") from error

    rng = np.random.default_rng(5)
    with pytest.raises(IndexError):
        for _ in range(100):
            check_stream(fuzz_stream(rng, random_settings(rng)), whole=fragile)


def test_reader_without_a_check_is_found(tmp_path: Path) -> None:
    def lax(path: Path) -> tuple:
        data = bytearray(path.read_bytes())
        if len(data) > 14:
            data[14] = 0  # a reserved field that nobody looks at
        path.write_bytes(data)
        return load_values(path)

    rng = np.random.default_rng(6)
    with pytest.raises(FuzzError, match="must be DprFileError"):
        for _ in range(400):
            file = fuzz_file(rng, "flipped")
            check_file(file, tmp_path / "fuzz.dpr", load=lax)


def test_hang_is_found() -> None:
    with pytest.raises(HangError), watchdog(0.05):
        while True:
            pass


def test_command_repeats_an_example() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "SEED=1", "JOBS=1"]
    runs = [
        subprocess.run([*command, word], cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False)
        for word in ("EXAMPLES=5", "EXAMPLE=4", "EXAMPLES=many")
    ]
    assert [run.returncode for run in runs] == [0, 0, 2]
    assert "fuzz: 5 streams and 5 files, seed 1\n" in runs[0].stdout
    assert runs[0].stdout.endswith("fuzz: passed\n")
    assert runs[1].stdout.startswith("stream: ")
    assert (
        runs[2].stderr
        == "error: EXAMPLES=many: use SEED=, EXAMPLES=, JOBS=, EXAMPLE= with a whole number from 0 to 4294967295\n"
    )
