# SPDX-License-Identifier: Apache-2.0
"""`python -m scripts.report` writes build/report again from what is in the build folder."""

from __future__ import annotations

import sys

from scripts.alone import alone
from scripts.errors import UserError, run_main
from scripts.paths import shown
from scripts.report.rebuild import rebuild


def main() -> int:
    """Write the report; return 0 when the regression that it is about passed, as that did."""
    if sys.argv[1:]:
        raise UserError(f"{sys.argv[1]}: takes no arguments; it reads the build folder (DPR_BUILD)")
    with alone():
        outcome = rebuild()
    for line in (*outcome.problems, *outcome.warnings):
        print(line)
    print(f"report: {shown(outcome.path)}")
    return 0 if outcome.ok else 1


if __name__ == "__main__":
    run_main(main)
