# SPDX-License-Identifier: Apache-2.0
"""`python -m models memory`."""

from __future__ import annotations

import json
import math

import pytest

from models.config import load_config
from models.memory import Hierarchy, load_technology, network_stalls
from models.memory.network import load_network, memory_layers
from models.networks.imagenet import load_topology
from tests.support.models_command import called


def test_all_memories_and_schemes_of_a_network(capsys):
    code, out, _ = called(capsys, "memory", "--network", "AlexNet", "--am-kib", "512,4096", "--json")
    result = json.loads(out)
    assert (code, result["network"], result["tiles"], result["bits"]) == (0, "AlexNet", 16, 16)
    assert [each["name"] for each in result["memories"]] == ["ddr4-3200x2", "lpddr4-4267", "hbm", "hbm2"]
    assert len(result["results"]) == 4 * 2 * 3
    config = load_config("dstripes16")
    network = load_network(load_topology("AlexNet"), config, 16)
    expected = network_stalls(
        memory_layers(network.layers, network.traffic, "dpred"),
        config,
        load_technology("hbm"),
        Hierarchy(512, 320, 16),
        "dpred",
    )
    found = next(
        each for each in result["results"] if (each["memory"], each["am_kib"], each["scheme"]) == ("hbm", 512, "dpred")
    )
    assert (found["performance"], found["bits"]) == (expected.performance, expected.bits)
    assert [each["cycles"] for each in found["layers"]] == [each.cycles for each in expected.layers]


def test_a_stored_network_for_people(capsys):
    code, out, _ = called(
        capsys, "memory", "--network", "digits", "--inputs", "1", "--memory", "hbm2,ddr4-3200x2", "--scheme", "dpred"
    )
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "digits on dstripes16, 1 tile at 980 MHz, WM 320 KiB a tile"
    assert [line.split()[:3] for line in lines[3:5]] == [["hbm2", "4096", "dpred"], ["ddr4-3200x2", "4096", "dpred"]]


def test_the_papers_networks_with_their_means(capsys):
    code, out, _ = called(capsys, "memory", "--network", "paper", "--memory", "hbm", "--json")
    result = json.loads(out)
    assert code == 0
    assert [each["network"] for each in result["networks"]] == ["AlexNet", "NiN", "GoogLeNet", "VGG_S", "VGG_M", "VGG_19"]
    for scheme in range(3):
        row = result["means"][scheme]
        logs = [math.log(each["results"][scheme]["convolutions"]["performance"]) for each in result["networks"]]
        assert row["convolutions"] == pytest.approx(math.exp(sum(logs) / 6))
        logs = [math.log(each["results"][scheme]["performance"]) for each in result["networks"]]
        assert row["all"] == pytest.approx(math.exp(sum(logs) / 6))
    assert result["networks"][2]["left_out"] == ["loss3/classifier"]


def test_what_is_left_out_is_named(capsys):
    _, out, _ = called(capsys, "memory", "--network", "GoogLeNet", "--memory", "hbm", "--scheme", "none")
    assert out.splitlines()[-1] == "left out, cycles not known: loss3/classifier"
    assert out.splitlines()[3].split()[4] == "-"  # no fully connected layer


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--network", "AlexNet", "--memory", "hbm9"], "no memory 'hbm9': use one of"),
        (["--network", "AlexNet", "--am-kib", "4M"], "--am-kib 4M: must be whole numbers of KiB"),
        (["--network", "AlexNet", "--am-kib", "0"], "am_kib = 0: must be an integer of at least 1"),
        (["--network", "AlexNet", "--wm-kib", "-1"], "wm_kib = -1: must be"),
        (["--network", "AlexNet", "--tiles", "0"], "--tiles 0: must be at least 1"),
        (["--network", "AlexNet", "--config", "none"], "no configuration 'none'"),
        (["--network", "AlexNet", "--config", "dstripes8"], "8 bits"),
        (["--network", "AlexNet", "--scheme", "zero_rle"], "scheme 'zero_rle': not known for this network"),
        (["--network", "paper", "--inputs", "2"], "--inputs: the paper's networks have shapes"),
        (["--network", "MobileNet_v1"], "the paper has no precisions of MobileNet_v1"),
        (["--network", "nothing"], "nothing"),
    ],
)
def test_bad_input(capsys, arguments, message):
    code, out, err = called(capsys, "memory", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("python -m models memory: error: ") and message in err and err.count("\n") == 1
