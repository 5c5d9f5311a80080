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
