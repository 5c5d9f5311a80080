# SPDX-License-Identifier: Apache-2.0
"""What must hold for any stream and any file: a valid tensor or the right error, both from the specification alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.codec import CodecError, CodecErrorCode, CodecParams, decode, decode_prefix
from models.dpr_file import DprFileError, DprHeader, load_values
from tb.codec.fuzz import FuzzStream
from tests.fuzz.files import FuzzFile
from tests.fuzz.watchdog import watchdog
from tests.models import bruteforce_codec as brute

Prefix = Callable[[np.ndarray, CodecParams, int], tuple[np.ndarray, CodecErrorCode]]
Whole = Callable[[np.ndarray, CodecParams, int], np.ndarray]
Load = Callable[[Path], tuple[DprHeader, np.ndarray]]


class FuzzError(AssertionError):
    """A decoder did something else than it must."""


def expected_of(words: np.ndarray, params: CodecParams, count: int) -> tuple[list[int], int]:
    """Return (the values before the first malformed container, the error code), bit by bit from the specification."""
    settings = (params.bits, params.signed, params.n_low, params.align, params.prefix_w)
    return brute.decode_bits(brute.from_words(words.tolist()), settings, count)


def check_stream(stream: FuzzStream, prefix: Prefix = decode_prefix, whole: Whole = decode) -> CodecErrorCode:
    """Decode a stream in both ways; return its code. Raises FuzzError, or HangError."""
    expected, code = expected_of(stream.words, stream.params, stream.count)
    arguments = stream.words, stream.params, stream.count
    with watchdog():
        values, found = prefix(*arguments)
        try:
            strict, raised = whole(*arguments), CodecErrorCode.OK
        except CodecError as error:
            strict, raised = values, error.code
    if found != code or raised != code:
        raise FuzzError(f"{stream.kind}: error codes {found!s} and {raised!s}, must be {CodecErrorCode(code)!s}")
    if values.dtype != stream.params.dtype or values.tolist() != expected or strict.tolist() != expected:
        raise FuzzError(f"{stream.kind}: {values.size} values, not the {len(expected)} that the specification says")
    return CodecErrorCode(code)


def check_file(file: FuzzFile, path: Path, load: Load = load_values) -> str:
    """Write the bytes to `path` and load them; return what came: "values", "DprFileError" or the name of a code.

    Raises FuzzError, HangError, and whatever a reader must not raise.
    """
    path.write_bytes(file.data)
    with watchdog():
        try:
            header, values = load(path)
        except CodecError as error:
            result = error.code.name
        except DprFileError:
            result = "DprFileError"
        else:
            result = "values"
    if result != file.expected:
        raise FuzzError(f"{file.kind}: {result} came, must be {file.expected}")
    if result == "values":
        if values.shape != file.shape or header.shape != file.shape:
            raise FuzzError(f"{file.kind}: shape {values.shape}, must be {file.shape}")
        if values.ravel().tolist() != file.values:
            raise FuzzError(f"{file.kind}: not the values that the specification says")
    return result
