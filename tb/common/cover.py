# SPDX-License-Identifier: Apache-2.0
"""Cover points whose bins are labels. A label that is no bin is an error: what can be reached was computed wrongly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
from cocotb_coverage.coverage import CoverPoint, coverage_db

Sample = Callable[[str], None]


def labelled(path: str, bins: Iterable[str]) -> Sample:
    """Return the sampling function of the cover point `path` ("block.configuration.point"), whose bins are the labels `bins`.

    It raises ValueError for a label that is no bin.
    """

    @CoverPoint(path, bins=list(bins))
    def sample(label: str) -> None:
        if label not in coverage_db[path].detailed_coverage:
            raise ValueError(f"{path} has no bin {label!r}: what says which bins can be reached does not know it")

    return sample


def different_rows(*columns: np.ndarray) -> list[list[int]]:
    """Return the different rows of columns of whole numbers of equal length, sorted.

    A row becomes one number, if 62 bits hold it: NumPy sorts numbers ten times as fast as rows.
    """
    table = np.stack([np.asarray(column, np.int64) for column in columns])
    if not table.size:
        return []
    low = table.min(axis=1, keepdims=True)
    spans = (table.max(axis=1, keepdims=True) - low + 1).ravel().tolist()
    if math.prod(spans) >= 1 << 62:
        return np.unique(table.T, axis=0).tolist()
    keys = np.unique(np.ravel_multi_index(tuple(table - low), spans))
    return (np.stack(np.unravel_index(keys, spans)) + low).T.tolist()


def filled_bins() -> list[str]:
    """Return the bins of this run that were hit, sorted, each as "point: bin"."""
    points = {path: item.detailed_coverage for path, item in coverage_db.items() if hasattr(item, "detailed_coverage")}
    return sorted(f"{path}: {label}" for path, bins in points.items() for label, hits in bins.items() if hits)


def once(sample: Sample) -> Sample:
    """Return a sampling function that counts each label once a run: a sample of a point with many bins takes 0.1 ms."""
    seen: set[str] = set()

    def sample_new(label: str) -> None:
        if label not in seen:
            seen.add(label)
            sample(label)

    return sample_new
