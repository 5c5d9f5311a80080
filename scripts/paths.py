# SPDX-License-Identifier: Apache-2.0
"""Where things live in the checkout. DPR_BUILD moves everything that is made (the tests of the scripts use it)."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RTL = ROOT / "rtl"
TB = ROOT / "tb"
BUILD = Path(os.environ.get("DPR_BUILD") or ROOT / "build").resolve()
SIM_BUILDS = BUILD / "sim"
RUNS = BUILD / "runs"
REPORT = BUILD / "report"


def shown(path: Path) -> str:
    """The path as a person wants to read it: relative to the checkout if it is inside."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
