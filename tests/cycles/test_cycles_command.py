# SPDX-License-Identifier: Apache-2.0
"""`python -m models cycles`: JSON that other tools read, a table for people, and one line for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.cli import main
from models.traces import network_trace, save_trace


def found(capsys: pytest.CaptureFixture, *arguments: object) -> dict:
    assert main(["cycles", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def shown(capsys: pytest.CaptureFixture, *arguments: object) -> list[str]:
    assert main(["cycles", *map(str, arguments)]) == 0
    return capsys.readouterr().out.splitlines()


def test_json_of_a_network_with_data(capsys: pytest.CaptureFixture) -> None:
    result = found(capsys, "--network", "digits", "--inputs", 2)
    assert set(result) >= {"rows", "total", "convolutions", "fully_connected", "skipped"}
    for row in result["rows"]:
        assert set(row) >= {"layer", "design", "bits_per_cycle", "cycles", "base_cycles", "speedup", "digests", "config"}
        assert row["speedup"] == row["base_cycles"] / row["cycles"]
        assert len(row["per_input"]) == row["inputs"] == 2
    designs = ["base", "stripes", "dstripes", "dstripes_2b", "trt", "trt_2b", "loom", "dpr_loom", "scnn"]
    assert list(result["total"]) == result["designs"] == designs
    for design, total in result["total"].items():
        rows = [row for row in result["rows"] if row["design"] == design]
        assert total["cycles"] == sum(row["cycles"] for row in rows)
        assert {row["bits_per_cycle"] for row in rows} == {16 if design == "scnn" else 2 if design.endswith("_2b") else 1}


def test_json_of_a_network_of_the_paper(capsys: pytest.CaptureFixture) -> None:
    result = found(capsys, "--network", "AlexNet", "--design", "dstripes,loom")
    assert result["designs"] == list(result["total"]) == ["dstripes", "loom"]
    assert result["convolutions"]["dstripes"]["speedup"] == pytest.approx(2.694, abs=5e-4)
    assert (result["total"]["dstripes"]["skipped"], result["total"]["loom"]["skipped"]) == (0, 5)
    assert {(each["layer"], each["design"]) for each in result["skipped"]} == {(f"conv{n}", "loom") for n in range(1, 6)}
    plain = found(capsys, "--network", "AlexNet", "--design", "dstripes", "--no-fold", "--tiles", 1)
    assert (plain["folded"], plain["tiles"]) == ([], 1)
    profile = found(capsys, "--network", "AlexNet", "--config", "small16,dstripes16", "--precisions", "profile")
    assert list(profile["total"]) == ["small16", "dstripes16"]


def test_folders_give_the_same(capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    save_trace(network_trace("digits", 2), tmp_path / "trace")
    direct = found(capsys, "--network", "digits", "--inputs", 2, "--design", "trt")
    stored = found(capsys, "--trace", tmp_path / "trace", "--design", "trt")
    assert direct["rows"] == stored["rows"]
    one = found(capsys, "--trace", tmp_path / "trace", "--inputs", 1, "--design", "trt")
    assert [row["cycles"] for row in one["rows"]][:5] == [row["per_input"][0] for row in stored["rows"]][:5]


def test_dnnsim_s_files(capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    """One channel brick, 4 x 4 windows, 4 steps, all activations 1.25."""
    (tmp_path / "model.csv").write_text("only,conv,1,0\n")
    np.save(tmp_path / "act-only-0.npy", np.full((1, 16, 5, 5), 5 / 4, np.float32))
    np.save(tmp_path / "wgt-only.npy", np.full((16, 16, 2, 2), 0.5, np.float32))
    # 1.25 is 5 quarters, 3 bits; or, rounded, 3 halves, 2 bits, on a tile of 8 columns.
    for bits, pallets, precision in ((16, 1, 3), (8, 2, 2)):
        result = found(capsys, "--traces", tmp_path, "--design", "dstripes,base", "--bits", bits)
        (dstripes, base) = result["rows"]
        assert dstripes["bound_cycles"] == pallets * 4 * precision
        assert (base["bound_cycles"], result["bits"]) == (16 * 4, bits)


def test_the_table(capsys: pytest.CaptureFixture) -> None:
    lines = shown(capsys, "--network", "AlexNet")
    assert lines[0] == "AlexNet: 1 input, 16 bits, precisions: paper, 16 tiles, stride of conv1 folded"
    rows = {line.split("  ")[0]: line.split()[-8:] for line in lines[3:15]}
    assert rows["conv3"][2] == "~3.64x"
    assert rows["convolutions"][2] == "~2.69x"
    assert rows["all layers"][6] == "1.55x*"
    assert "not on loom: conv1, conv2, conv3, conv4, conv5: 'loom16': no precision of its weights is known" in lines
    assert "not on any design: loss3/classifier: the paper has no precision of it" in shown(capsys, "--network", "GoogLeNet")
    digits = shown(capsys, "--network", "digits", "--inputs", 1)
    assert digits[0] == "digits: 1 input, 16 bits, precisions: dynamic, 1 tile"
    assert "scnn: a model that no RTL confirms" in digits
    assert [line.count("~") for line in digits[3:9]] == [1] * 6  # scnn's


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--network", "LeNet"), "stored networks: digits"),
        (("--network", "MobileNet_v1"), "the paper has no precisions of MobileNet_v1: it has those of AlexNet"),
        (("--network", "AlexNet", "--precisions", "dynamic"), "need tensors: use paper or profile, or a trace"),
        (("--network", "AlexNet", "--inputs", "2"), "--inputs: AlexNet has shapes and precisions alone"),
        (("--network", "digits", "--precisions", "paper"), "use dynamic or profile with a trace"),
        (("--network", "digits", "--design", "scnm"), "no design 'scnm' of 16 bits: use all, or of base, stripes"),
        (("--network", "digits", "--config", "trt8"), "design 'trt' has 8 bits, digits needs 16"),
        (("--network", "digits", "--config", "trt7"), "no configuration 'trt7'"),
        (("--network", "digits", "--tiles", "0"), "--tiles 0: must be at least 1"),
        (("--network", "digits", "--bits", "8"), "--bits: goes with --traces alone"),
        (("--traces", "no/such"), "no/such/model.csv: no such file: name a folder in DNNsim's layout"),
        (("--trace", "no/such"), "holds no trace.json"),
    ],
)
def test_what_is_wrong_is_one_line(capsys: pytest.CaptureFixture, arguments: tuple[str, ...], message: str) -> None:
    assert main(["cycles", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert message in output.err


def test_what_rtl_has_confirmed_is_marked(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = network_trace("digits", 2).layers
    rows = found(capsys, "--network", "digits", "--inputs", 2, "--design", "trt")["rows"]
    took = {(row["layer"], index): cycles for row in rows for index, cycles in enumerate(row["per_input"])}
    known = {
        layers[0].digests[0]: {"trt16": took["conv1", 0]},
        layers[0].digests[1]: {"trt16": took["conv1", 1]},
        layers[1].digests[1]: {"trt16": took["conv2", 1]},
        layers[2].digests[0]: {"trt16": took["conv3", 0] + 1},  # of another model, or of other RTL
    }
    monkeypatch.setattr("models.commands.cycles.load_confirmed", lambda: known)
    text = shown(capsys, "--network", "digits", "--inputs", 2, "--design", "trt")
    marks = {line.split()[0]: line.split()[-1].partition("x")[2] for line in text[3:9]}
    assert marks == {"conv1": "+", "conv2": "(+)", "conv3": "", "conv4": "", "conv5": "", "fc": ""}
    rows = found(capsys, "--network", "digits", "--inputs", 2, "--design", "trt")["rows"]
    assert [row["rtl_inputs"] for row in rows] == [2, 1, 0, 0, 0, 0]
    tiled = found(capsys, "--network", "digits", "--inputs", 2, "--design", "trt", "--tiles", 2)["rows"]
    assert not any(row["rtl_inputs"] for row in tiled)


def test_a_float_network_and_its_quantiser(capsys: pytest.CaptureFixture) -> None:
    """A name alone is the stored network, if there is one; a quantiser makes it the float one."""
    sources = {
        name: found(capsys, "--network", name, "--inputs", 1, "--design", "dstripes")
        for name in ("digits", "digits:aware8", "digits_pruned")
    }
    assert [(each["source"], each["bits"]) for each in sources.values()] == [
        ("stored network digits, held-out images", 16),
        ("digits.onnx, held-out inputs", 8),
        ("digits_pruned.onnx, held-out inputs", 16),
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("digits:best", "no quantiser 'best': use one of fixed16, oblivious8, aware8"),
        ("none:aware8", "float network 'none': no file"),
    ],
)
def test_a_float_network_that_does_not_exist(capsys: pytest.CaptureFixture, name: str, words: str) -> None:
    assert main(["cycles", "--network", name]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
