# SPDX-License-Identifier: Apache-2.0
"""The report of a regression: build/report/index.html and summary.json (docs/report.md)."""

from scripts.report.build import ReportOutcome, build_report

__all__ = ["ReportOutcome", "build_report"]
