# SPDX-License-Identifier: Apache-2.0
"""Opening a .npy file that may be anything."""

from __future__ import annotations

import tokenize
import warnings
from pathlib import Path

import numpy as np

MAGIC = b"\x93NUMPY"
# Whatever NumPy's header parser lets escape on a damaged file.
NPY_ERRORS = (
    ValueError,
    TypeError,
    SyntaxError,
    KeyError,
    EOFError,
    OverflowError,
    MemoryError,
    RecursionError,
    tokenize.TokenError,
)


class NpyError(ValueError):
    """A file that is no .npy array; the message says why in some words, without the file's name."""


def map_array(path: Path) -> np.ndarray:
    """Return the array of a .npy file, mapped read-only. Raises NpyError, and OSError when the file cannot be opened."""
    with path.open("rb") as file:
        magic = file.read(len(MAGIC))
    if magic.startswith(b"PK"):
        raise NpyError("is an .npz archive: save one array of it with numpy.save")
    if magic != MAGIC:
        raise NpyError("is not a .npy file: save the array with numpy.save")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.load(path, mmap_mode="r", allow_pickle=False)
    except NPY_ERRORS as error:
        reason = str(error).rstrip(".")[:80]
        raise NpyError(f"is not a readable .npy array ({reason}): save it again with numpy.save") from None
