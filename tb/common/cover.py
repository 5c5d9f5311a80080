# SPDX-License-Identifier: Apache-2.0
"""Cover points whose bins are labels. A label that is no bin is an error: what can be reached was computed wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterable

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
