# SPDX-License-Identifier: Apache-2.0
"""The command line of scripts/train_networks.py, and what the page says of the measured networks. No PyTorch is needed."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest

from models.networks.float_networks import FLOAT_DIR
from models.networks.super_resolution import CROP
from scripts import train_networks
from scripts.training.superres import TRAINING, random_crops

PAGE = Path(__file__).resolve().parents[2] / "docs" / "networks.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in FLOAT_DIR.glob("digits.*"):
        shutil.copy(path, tmp_path)
    return tmp_path


def test_the_page_has_the_figures_that_check_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """Each score and each baseline is in the page's tables, by the name that the command gives it."""
    assert train_networks.main(["--check"]) == 0
    lines, page = capsys.readouterr().out.splitlines(), PAGE.read_text()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")]
    scores = [line.split() for line in lines if line.endswith("as stored")]
    assert len(scores) == 8
    for name, split, samples, _, score, *_ in scores:
        assert [name, split.replace("_", " "), samples, score.rstrip("%")] in [
            [*row[:3], re.split(r" dB|%", row[3])[0]] for row in rows if len(row) == 4
        ]
    others = [re.fullmatch(r" +held_out, (.*): ([\d.]+) dB", line) for line in lines]
    assert sum(each is not None for each in others) == 5
    for each in filter(None, others):
        assert [each[1], f"{each[2]} dB"] in [row[:2] for row in rows]


def test_check_fails_when_the_stored_score_is_not_reached(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads((folder / "digits.json").read_text())
    document["accuracy"]["held_out"]["score"] += 0.0025
    (folder / "digits.json").write_text(json.dumps(document))
    assert train_networks.main(["--check", "digits", "--folder", str(folder)]) == 1
    assert "STORED 99.75%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["digits"], "holds digits: --force replaces, --check checks"),
        (["--check", "digitz"], "no network 'digitz': use one of digits, digits_pruned, denoise, superres"),
        (["--check", "digits", "--folder", "nowhere"], "no file nowhere/digits.json (stored float networks: none)"),
    ],
)
def test_command_line_refuses(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert train_networks.main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("mode", ["--force", "--compare"])
def test_training_without_pytorch_says_what_to_install(
    mode: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert train_networks.main([mode, "digits", "--folder", str(folder)]) == 2
    assert "pip install -r requirements-train.txt" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_training_crops_keep_original_and_enlarged_together() -> None:
    """The pair differs by 1000 everywhere, so each crop's two halves must as well, whatever way they are turned."""
    first = np.arange(50 * 60, dtype=np.float32).reshape(50, 60)
    found = random_crops([np.stack([first, first + 1000])], np.random.RandomState(1))
    size = TRAINING["crop"]
    assert found.shape == (TRAINING["batch"], 2, size, size)
    assert size <= CROP
    for one, other in found:
        assert (other - one == 1000).all()
        steps = {abs(int(one[0, 1] - one[0, 0])), abs(int(one[1, 0] - one[0, 0]))}
        assert steps == {1, 60}


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> onnx.ModelProto:
    """Stand in for the training of "digits_pruned": its recipe gives this network at once."""
    model = onnx.load(FLOAT_DIR / "digits_pruned.onnx")
    monkeypatch.setattr(train_networks, "import_torch", lambda: SimpleNamespace(__version__="0.0"))
    monkeypatch.setitem(train_networks.RECIPES, "digits_pruned", lambda torch: (model, {"training": {"seed": 5}}))
    return model


@pytest.mark.usefixtures("recipe")
def test_what_is_trained_is_measured_and_stored(tmp_path: Path) -> None:
    assert train_networks.main(["digits_pruned", "--folder", str(tmp_path)]) == 0
    document, stored = (json.loads((folder / "digits_pruned.json").read_text()) for folder in (tmp_path, FLOAT_DIR))
    assert document["training"] == {"script": "scripts/train_networks.py", "torch": "0.0", "seed": 5}
    assert document["accuracy"] == stored["accuracy"]
    assert document["zero_weights"] == stored["zero_weights"]
    assert document["onnx_sha256"] == stored["onnx_sha256"]
    assert len(list(tmp_path.iterdir())) == 2


def test_compare_tells_the_same_from_another(recipe: onnx.ModelProto, capsys: pytest.CaptureFixture[str]) -> None:
    assert train_networks.main(["--compare", "digits_pruned"]) == 0
    assert "the same bytes" in capsys.readouterr().out
    recipe.graph.initializer[0].raw_data = bytes(len(recipe.graph.initializer[0].raw_data))
    assert train_networks.main(["--compare", "digits_pruned"]) == 1
    assert "OTHER bytes" in capsys.readouterr().out
