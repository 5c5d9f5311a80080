# SPDX-License-Identifier: Apache-2.0
"""The stored results of searches are of the networks that are stored, and their footprint is what their precisions make."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from models import search
from models.networks.float_networks import float_network_path, float_networks

RESULTS = sorted(Path(search.__file__).with_name("results").glob("*.json"))


def test_every_network_has_one() -> None:
    assert [path.stem for path in RESULTS] == list(float_networks())


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_result_is_of_the_stored_network(path: Path) -> None:
    found = json.loads(path.read_text())
    assert found["network"] == path.stem and found["complete"]
    assert found["network_sha256"] == hashlib.sha256(float_network_path(path.stem).read_bytes()).hexdigest()
    assert not Path(found["state"]).is_absolute()


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_the_footprint_is_that_of_the_precisions(path: Path) -> None:
    found = json.loads(path.read_text())
    bits = values = 0
    for layer in found["layers"]:
        for what in ("acts", "weights"):
            operand = layer[what]
            assert operand["precision"] == operand["n_high"] - operand["n_low"] + 1
            moved = operand["values"] * (2 if what == "acts" else 1)  # written and read again; weights are read once
            bits += operand["precision"] * moved
            values += moved
    assert found["best"]["footprint"] == pytest.approx(bits / (32 * values))
    assert found["calibration"]["within"]
