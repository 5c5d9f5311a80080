# SPDX-License-Identifier: Apache-2.0
"""Output files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def real_path(path: Path | str) -> Path:
    """Return the path behind all symbolic links; unlike `Path.resolve`, a loop of links is no error."""
    return Path(os.path.realpath(path))


@contextmanager
def atomic_output(path: Path | str) -> Iterator[BinaryIO]:
    """Open a temporary file in the folder of `path`; on success it takes the place of `path`, on failure it goes.

    A symbolic link is followed. Raises OSError.
    """
    target = real_path(path)
    temporary = target.with_name(f".dpr-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
