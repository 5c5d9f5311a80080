# SPDX-License-Identifier: Apache-2.0
"""`python -m models scnn`."""

from __future__ import annotations

import json

import pytest

from models.scnn import ScnnConfig, load_densities, scnn_cycles, scnn_estimate
from models.traces import network_trace
from tests.support.models_command import called


def test_a_stored_network(capsys):
    code, out, err = called(capsys, "scnn", "--network", "digits", "--inputs", "1", "--json")
    result = json.loads(out)
    entry = network_trace("digits", 1).layers[2]
    expected = scnn_cycles(entry.layer, entry.acts_of(0), entry.weights_of(0))
    assert (code, result["network"], result["estimate"]) == (0, "digits", False)
    assert result["layers"][2]["cycles"] == expected.cycles
    assert result["layers"][2]["slots"] == expected.slots
    convolutions = [row for row in result["layers"] if row["kind"] != "fc"]
    assert result["total"]["convolutions"]["cycles"] == sum(row["cycles"] for row in convolutions)
    assert err == ""  # progress only when it takes long


def test_published_densities(capsys):
    code, out, err = called(capsys, "scnn", "--network", "AlexNet", "--halo", "serial", "--barrier", "channel", "--json")
    third = load_densities("AlexNet")[2]
    expected = scnn_estimate(third.layer, third.acts, third.weights, ScnnConfig(barrier="channel", halo="serial"))
    assert (code, err) == (0, "")
    assert json.loads(out)["layers"][2]["cycles"] == expected.cycles


def test_for_people(capsys):
    code, out, _ = called(capsys, "scnn", "--network", "AlexNet")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "AlexNet on SCNN, 64 PEs, 1024 multipliers, expected values, inputs: 1"
    assert [line.split()[0] for line in lines[2:]][:3] == ["conv1", "conv2", "conv3"]
    for line in lines[2:]:
        shares = [float(cell[:-1]) for cell in line.split() if cell.endswith("%")]
        assert sum(shares) == pytest.approx(100, abs=0.3), line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--network", "AlexNet", "--inputs", "2"], "--inputs: AlexNet has densities alone"),
        (["--network", "digits", "--accumulators", "8"], "accumulators = 8: must be at least 9"),
        (["--network", "digits", "--accumulators", "0"], "accumulators = 0: must be an integer of at least 1"),
        (["--network", "none"], "network 'none': no file"),
    ],
)
def test_bad_input(capsys, arguments, message):
    code, out, err = called(capsys, "scnn", *arguments)
    last = err.splitlines()[-1]
    assert (code, out) == (2, "")
    assert last.startswith("python -m models scnn: error: ") and message in last
