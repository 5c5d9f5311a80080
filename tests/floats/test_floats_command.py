# SPDX-License-Identifier: Apache-2.0
"""`python -m models floats` on a small network whose labels are its own answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_networks import classifier, random_tensors

from models.cli import main
from models.floats.formats import FixedFormat, FloatFormat
from models.floats.network import EmulatedNetwork
from models.graphs import load_graph

WIDTHS = ["--mantissas", "1-6", "--exponents", "4", "--integers", "2-3", "--fractions", "1-5"]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A network, 60 inputs, and its own answers as labels; the arguments that name them."""
    monkeypatch.chdir(tmp_path)
    path = classifier(tmp_path)
    x = random_tensors(5, x=(60, 2, 5, 5))["x"]
    np.save("x.npy", x)
    np.save("y.npy", load_graph(path).run(x).argmax(axis=1))
    return ["small.onnx", "--inputs", "x.npy", "--labels", "y.npy"]


def result_of(capsys: pytest.CaptureFixture, *arguments: str) -> dict:
    assert main(["floats", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_formats(files: list[str], capsys: pytest.CaptureFixture) -> None:
    result = result_of(capsys, *files, "--formats", "m2e3,i2f3")
    network, x, y = EmulatedNetwork(load_graph("small.onnx").network), np.load("x.npy"), np.load("y.npy")
    assert result["reference"] == 1.0
    for found, number_format in zip(result["formats"], (FloatFormat(2, 3), FixedFormat(2, 3)), strict=True):
        assert found["score"] == (network.run(x, number_format).argmax(axis=1) == y).mean()
        assert found["bits"] == 6


def test_sweep_search_and_files(files: list[str], capsys: pytest.CaptureFixture) -> None:
    result = result_of(capsys, *files, "--sweep", "--search", *WIDTHS, "--save", "s.json", "--plot", "p.svg", "--samples", "6")
    assert len(result["formats"]) == 6 + 10
    good = [each for each in result["formats"] if each["accuracy"] >= 0.99]
    for found in result["search"]:
        fastest = max((each for each in good if each["kind"] == found["kind"]), key=lambda each: each["speedup"])
        assert found["exhaustive"] == fastest["format"]
    chart, chosen = Path("p.svg").read_text(), [each["chosen"]["format"] for each in result["search"] if each["chosen"]]
    assert chosen and all(f">{each}<" in chart for each in chosen)
    again = result_of(capsys, *files, "--search", *WIDTHS, "--fit-on", "s.json")
    assert again["model"]["fitted_on"] == ["small"] and again["model"]["points"] == 16
    assert again["formats"] == [] and again["evaluations"] <= 4 and again["candidates"] == 16
    assert all("exhaustive" not in each for each in again["search"])
    known = result_of(capsys, *files, "--sweep", "--search", *WIDTHS, "--known", "s.json", "--samples", "6")
    del result["plot"]
    assert known == result


def test_known_evaluations_are_taken(files: list[str], capsys: pytest.CaptureFixture) -> None:
    result_of(capsys, *files, "--formats", "m2e3", "--save", "s.json")
    Path("s.json").write_text(Path("s.json").read_text().replace('"bits": 6', '"bits": 77'))
    assert result_of(capsys, *files, "--formats", "m2e3", "--known", "s.json")["formats"][0]["bits"] == 77
    assert main(["floats", *files, "--formats", "m2e3", "--known", "s.json", "--count", "50"]) == 2
    assert "s.json: the stored evaluations have inputs 60, and it is 50 here" in capsys.readouterr().err


def test_containers(files: list[str], capsys: pytest.CaptureFixture) -> None:
    rows = result_of(capsys, *files, "--containers", "--formats", "m3e4")["containers"]
    assert {each["format"] for each in rows} == {"m3e4", "float32", "float16", "bfloat16"}
    weights = next(each for each in rows if (each["format"], each["what"], each["align"]) == ("m3e4", "weights", 1))
    assert weights["values"] == 3 * 2 * 3 * 3 + 4 * 27
    assert weights["exponents"]["raw"] == 4 * weights["values"]
    assert weights["together"]["ratio"] == weights["together"]["packed"] / weights["together"]["raw"]


def test_text(files: list[str], capsys: pytest.CaptureFixture) -> None:
    assert main(["floats", *files, "--sweep", "--search", "--containers", *WIDTHS]) == 0
    text = capsys.readouterr().out
    for part in ("small: 60 inputs, top1 1.0000", "m3e4", "i2f5", "containers, packed", "7.6x", "exhaustive search:"):
        assert part in text
    assert main(["floats", *files, "--sweep", "--mantissas", "0-10", "--exponents", "3-6"]) == 0
    assert "mantissa bits across, exponent bits down" in capsys.readouterr().out
    assert main(["floats", *files, "--formats", "m7e6z", "--count", "9"]) == 0
    assert "9 inputs" in capsys.readouterr().out


def test_pictures(files: list[str], capsys: pytest.CaptureFixture) -> None:
    """Floats as targets: outputs as they should be, judged in dB."""
    np.save("y.npy", np.clip(load_graph("small.onnx").run(np.load("x.npy")) + 0.01, 0, 1))
    result = result_of(capsys, *files, "--formats", "float32,m1e4")
    result_of(capsys, *files, "--formats", "m1e4", "--save", "s.json")
    assert main(["floats", *files, "--search", "--mantissas", "1-2", "--exponents", "4", "--fit-on", "s.json"]) == 2
    assert "give --fit-on a sweep of another network with psnr scores" in capsys.readouterr().err
    assert result["metric"] == "psnr" and result["formats"][0]["accuracy"] > result["formats"][1]["accuracy"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a network"),
        (["small.onnx", "--formats", "m1e4"], "needs --inputs"),
        (["FILES"], "nothing to do"),
        (["FILES", "--formats", "fp8"], "format 'fp8'"),
        (["FILES", "--sweep", "--mantissas", "5-3"], "--mantissas 5-3"),
        (["FILES", "--sweep", "--exponents", "x"], "--exponents x"),
        (["FILES", "--sweep", "--exponents", "12"], "exponent = 12"),
        (["FILES", "--search", "--few", "1"], "--few 1"),
        (["FILES", "--search", "--tolerance", "2"], "--tolerance 2.0"),
        (["FILES", "--search", "--fit-on", "none.json"], "none.json: no such file"),
        (["FILES", "--formats", "m1e4", "--plot", "p.png"], "--plot draws .svg"),
        (["FILES", "--formats", "m1e4", "--save", "none/p.json"], "does not exist"),
        (["FILES", "--formats", "m1e4", "--labels", "x.npy"], "outputs of shape"),
        (["FILES", "--formats", "m1e4", "--inputs", "y.npy"], "the network takes"),
        (["FILES", "--formats", "m1e4", "--labels", "z.npy"], "60 inputs and 3 targets"),
        (["FILES", "--formats", "m1e4", "--labels", "n.npy"], "from 0"),
        (["FILES", "--formats", "m1e4", "--labels", "b.npy"], "dtype bool"),
        (["none.onnx", "--inputs", "x.npy", "--labels", "y.npy", "--formats", "m1e4"], "none.onnx: no such file"),
        (["--network", "none", "--formats", "m1e4"], "none"),
    ],
)
def test_errors(files: list[str], capsys: pytest.CaptureFixture, arguments: list[str], message: str) -> None:
    np.save("z.npy", np.zeros(3, int))
    np.save("n.npy", np.full(60, -1))
    np.save("b.npy", np.zeros(60, bool))
    whole = files + arguments[1:] if arguments[:1] == ["FILES"] else arguments
    assert main(["floats", *whole]) == 2
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1 and not captured.out


def test_info_does_not_load_onnx() -> None:
    code = "import sys, models.cli; sys.exit('onnx' in sys.modules or 'matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
