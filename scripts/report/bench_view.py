# SPDX-License-Identifier: Apache-2.0
"""Speed: build/bench.json, a row a measurement with both sides and their ratio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scripts.report.rows import from_rows


@dataclass(frozen=True)
class Speed:
    """What was measured against what, in `unit`; `ratio` is value over reference."""

    name: str
    unit: str
    value: float
    reference: float | None = None
    ratio: float | None = None
    value_name: str = ""
    reference_name: str = ""


@dataclass(frozen=True)
class Bench:
    """All measurements."""

    speeds: list[Speed]

    @property
    def scale(self) -> float:
        """The length of a ratio of 1 in the bars, in percent: the highest ratio takes all."""
        return round(100 / max([1.0, *(speed.ratio for speed in self.speeds if speed.ratio is not None)]), 2)


def parse_bench(document: dict[str, Any]) -> Bench:
    """Take build/bench.json apart. Raises ValueError that names the row and the field."""
    return Bench(from_rows(Speed, document, "rows"))


def judge_bench(view: Bench) -> tuple[str, str]:
    """State and sentence: the first ratios; speed has no verdict."""
    ratios = [f"{speed.name}: {speed.ratio:.2f}" for speed in view.speeds if speed.ratio is not None]
    more = f"; {len(ratios) - 2} more" if len(ratios) > 2 else ""
    return "shown", f"{'; '.join(ratios[:2])}{more}." if ratios else "Nothing was measured."
