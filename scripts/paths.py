# SPDX-License-Identifier: Apache-2.0
"""Where things live in the checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RTL = ROOT / "rtl"
TB = ROOT / "tb"
BUILD = ROOT / "build"
SIM_BUILDS = BUILD / "sim"
RUNS = BUILD / "runs"
REPORT = BUILD / "report"
