# SPDX-License-Identifier: Apache-2.0
"""The cores' soak: layers pass whole and cut, and a wrong expectation of either is seen."""

from __future__ import annotations

import glob
from pathlib import Path

import pytest

from tests.support.mutants import needs_icarus
from tests.support.variant import Variant

pytestmark = needs_icarus

KNOBS = {"layers": 10, "cycles": 300}


def test_layers_pass_under_resets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = Variant("tile_soak", "trt_small8", knobs=KNOBS).execute(tmp_path, monkeypatch)
    assert (result.status, result.problems) == ("passed", [])
    assert result.checks > 1000


@pytest.mark.parametrize("what", ["sum [column, row] before a reset", "outputs [window, filter]"])
def test_spoilt_expectation_is_seen(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = Variant("tile_soak", "trt_small8", knobs=KNOBS, seed=2, spoil=f"*{glob.escape(what)}").execute(
        tmp_path, monkeypatch
    )
    assert result.status == "failed"
    assert f": {what}: 1 of " in result.problems[0]
