# SPDX-License-Identifier: Apache-2.0
"""What a configuration can reach: which groups, containers and malformed streams exist. Bins and directed stimulus are made
from it; what is not here is no bin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from models.codec import CodecParams
from models.config import GROUP, DesignConfig

WORD = 64
ZEROS = ("all zero", "one", "half", "full")  # how many of a group's values are not zero: 0, 1, 2..15, 16


def zeros_class(nonzero: int) -> str:
    """Return the class of a group with `nonzero` values that are not zero."""
    return ZEROS[int(np.searchsorted([0, 1, GROUP - 1], nonzero))]


def n_low_class(n_low: int, bits: int) -> str:
    """Return "0", "low" or "high"."""
    return "0" if n_low == 0 else "low" if n_low < bits // 2 else "high"


def sign_name(signed: bool) -> str:
    """Return "signed" or "unsigned"."""
    return "signed" if signed else "unsigned"


def precisions(params: CodecParams) -> range:
    """Return the precisions of groups that are not all zero. A signed group takes a sign bit beside a magnitude bit."""
    highest = params.bits - params.n_low
    return range(min(2, highest) if params.signed else 1, highest + 1)


def settings(config: DesignConfig) -> Iterator[CodecParams]:
    """Yield the settings of every sign and n_L."""
    for signed in (False, True):
        for n_low in range(config.p):
            yield CodecParams.for_design(config, signed, n_low)


def container_words(params: CodecParams, precision: int, nonzero: int) -> int:
    """Return how many words a container's bits would fill when it begins with a word."""
    return -(-(params.header_bits + precision * nonzero) // WORD)


def precision_bins(config: DesignConfig) -> list[str]:
    """Precision x sign x class of n_L."""
    names = {
        f"p={p} {sign_name(params.signed)} n_l {n_low_class(params.n_low, config.p)}"
        for params in settings(config)
        for p in (0, *precisions(params))
    }
    return sorted(names, key=lambda name: (int(name.split()[0][2:]), name))


def group_bins(config: DesignConfig, profiles: Iterable[str]) -> list[str]:
    """Precision x sign x zero pattern x stalls, without n_L."""
    shapes = []
    for signed in (False, True):
        params = CodecParams.for_design(config, signed)
        shapes.append(group_name(0, signed, 0))
        shapes += [group_name(p, signed, nonzero) for p in precisions(params) for nonzero in (1, GROUP // 2, GROUP)]
    return [f"{shape}, {profile}" for shape in shapes for profile in profiles]


def group_name(precision: int, signed: bool, nonzero: int) -> str:
    """Return the name of a group's precision, sign and zero pattern."""
    return f"p={precision} {sign_name(signed)} {zeros_class(nonzero)}"


def container_shapes(config: DesignConfig) -> dict[str, tuple[CodecParams, int, int]]:
    """Zero pattern x words of a container x sign, each with (settings, precision, nonzero values) that give it."""
    shapes = {}
    for signed in (False, True):
        params = CodecParams.for_design(config, signed)
        for nonzero in range(GROUP + 1):
            for p in precisions(params) if nonzero else (0,):
                shapes.setdefault(shape_name(params, p, nonzero), (params, p, nonzero))
    return shapes


def shape_name(params: CodecParams, precision: int, nonzero: int) -> str:
    """Return the bin of a container."""
    words = container_words(params, precision, nonzero)
    return f"{zeros_class(nonzero)}, {words} words, {sign_name(params.signed)}"
