# SPDX-License-Identifier: Apache-2.0
"""Checks of the files named on the command line, each with a message that names the file and the fix."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.atomic_file import real_path
from models.npy import NpyError, map_array


class CommandError(ValueError):
    """Bad usage or bad input: the command line prints the message as one line and exits with 2."""


def shown(path: Path) -> str:
    """Return a path for a message: as it is, or escaped when it would not print as part of one line."""
    text = str(path)
    return text if text.isprintable() else ascii(text)


def check_input(path: Path) -> None:
    """Raise CommandError unless `path` is a file that can be read."""
    if path.is_dir():
        raise CommandError(f"{shown(path)}: is a folder: name a file")
    if not path.exists():
        raise CommandError(f"{shown(path)}: no such file")
    if not path.is_file():
        raise CommandError(f"{shown(path)}: is not a regular file: copy it to one first")


def check_output(path: Path, source: Path | None = None) -> None:
    """Raise CommandError unless `path` can become a new file or replace a file other than the input `source`, if any."""
    if path.is_dir():
        raise CommandError(f"{shown(path)}: is a folder: name an output file")
    folder = real_path(path).parent if path.is_symlink() else path.parent
    if not folder.is_dir():
        raise CommandError(f"{shown(path)}: the output folder {shown(folder)} does not exist: create it first")
    if not path.exists():
        return
    if not path.is_file():
        raise CommandError(f"{shown(path)}: is not a regular file: name another output file")
    if source is not None and path.samefile(source):
        raise CommandError(f"{shown(path)}: input and output are the same file: name another output file")


def load_integers(path: Path) -> np.ndarray:
    """Return the integer array of a .npy file, 1-D or more and not empty, mapped read-only.

    Raises CommandError for anything else.
    """
    check_input(path)
    try:
        values = map_array(path)
    except NpyError as error:
        raise CommandError(f"{shown(path)}: {error}") from None
    _check_array(path, values)
    return values


def _check_array(path: Path, values: np.ndarray) -> None:
    """Raise CommandError for arrays that are no integer tensors."""
    if values.dtype.kind == "f":
        raise CommandError(
            f"{shown(path)}: dtype {values.dtype}: quantise to integers first, e.g. numpy.round(a * 2**f).astype('int16')"
        )
    if values.dtype.kind not in "iu":
        raise CommandError(f"{shown(path)}: dtype {values.dtype}: convert the array to an integer dtype first")
    if values.ndim == 0:
        raise CommandError(f"{shown(path)}: shape (): a single number is no tensor, reshape it to (1,)")
    if values.size == 0:
        raise CommandError(f"{shown(path)}: shape {values.shape}: the array has no values, there is nothing to encode")
