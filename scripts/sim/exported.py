# SPDX-License-Identifier: Apache-2.0
"""What the caller has exported must not change a build or a run: cocotb's runner lets it win over all that it is told."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_PREFIXES = ("COCOTB_", "GPI_", "PYGPI_", "DPR_")
_NAMES = ("GUI", "LIBPYTHON_LOC", "SIM", "SIM_CMD_PREFIX", "SIM_CMD_SUFFIX", "TOPLEVEL_LANG", "WAVES")
_KEPT = ("DPR_BUILD",)  # where things are, not what they are


def _steers(name: str) -> bool:
    """Whether cocotb, its runner or our benches read the variable `name`."""
    return name not in _KEPT and (name in _NAMES or name.startswith(_PREFIXES))


@contextmanager
def own_environment(own: Mapping[str, str] | None = None) -> Iterator[None]:
    """Have `own` in os.environ, and of what steers a simulation nothing else."""
    before = dict(os.environ)
    try:
        for name in filter(_steers, before):
            del os.environ[name]
        os.environ.update(own or {})
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
