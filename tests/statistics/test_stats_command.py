# SPDX-License-Identifier: Apache-2.0
"""`python -m models stats`: its numbers, its pictures, its errors."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pytest

from models.cli import main
from models.layer import ConvLayer
from models.traces import Format, Trace, TraceLayer, save_trace


@pytest.fixture
def folder(tmp_path):
    """A trace of two layers; the first one's activations are 1, 2, 4 and 200."""
    one = ConvLayer("one<1>", C=4, H=1, W=2, K=2, R=1, S=1)
    acts = np.array([1, 2, 4, 200, 0, 0, 0, 1]).reshape(1, 1, 2, 4)
    first = TraceLayer(one, "Conv", acts, np.full((2, 1, 1, 4), -3), Format(16, False, 8), Format(16, True, 2))
    two = ConvLayer("two", C=2, H=1, W=1, K=1, R=1, S=1)
    second = TraceLayer(
        two, "Gemm", np.full((1, 1, 1, 2), 6), np.full((1, 1, 1, 2), 1), Format(16, False, 3), Format(16, True, 1)
    )
    save_trace(Trace("pair", (first, second), source="by hand", quantiser="none"), tmp_path / "trace")
    return tmp_path / "trace"


def run(capsys, *arguments: object) -> dict:
    assert main(["stats", *(str(each) for each in arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_numbers_of_a_trace(capsys, folder):
    result = run(capsys, "--trace", folder, "--group-sizes", "16,32")
    acts = result["layers"][0]["acts"]
    assert acts["value"]["counts"][:9] == [3, 2, 1, 1, 0, 0, 0, 0, 1]  # 0 0 0, 1 1, 2, 4, 200
    assert (acts["profile"], acts["static"], acts["dynamic"]) == (9, 8, [8])
    assert acts["groups"]["16"]["mean"] == (8 + 1) / 2
    assert acts["groups"]["16"]["reduction"] == 0.5
    assert acts["groups"]["16"]["reduction_of_p"] == 1 - 4.5 / 16
    assert acts["groups"]["32"]["mean"] == 8
    mean = result["mean"]["acts"]  # 16 and 2 products
    assert mean["groups"]["16"]["mean"] == pytest.approx((16 * 4.5 + 2 * 3) / 18)
    assert mean["profile"] == pytest.approx((16 * 9 + 2 * 4) / 18)


def test_the_table_for_people(capsys, folder):
    assert main(["stats", "--trace", str(folder), "--layer", "two", "--group-sizes", "16"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "pair: by hand, 1 inputs"
    assert lines[2].split() == ["acts", "profile", "static", "input", "16", "value"]
    assert lines[3].split() == ["two", "4.00", "3.00", "3.00", "3.00", "3.00"]
    assert lines[5].split() == ["spared", "25.0%", "25.0%"]
    assert lines[6].split() == ["dynamic", "n_L", "33.33%"]  # 6 = 110b: one bit of three
    assert not [line for line in lines if "one" in line]


@pytest.mark.parametrize("layer", [(), ("--layer", "two")])
def test_pictures_are_well_formed_and_always_the_same(capsys, folder, tmp_path, layer):
    pictures = []
    for name in ("a.svg", "b.svg"):
        run(capsys, "--trace", folder, "--plot", tmp_path / name, *layer)
        pictures.append((tmp_path / name).read_text())
    assert pictures[0] == pictures[1]
    text = "".join(ElementTree.fromstring(pictures[0]).itertext())
    assert "prefers-color-scheme: dark" in text
    assert ("one<1>" in text, "two" in text, "256" in text) == (not layer, True, True)
    assert "#0a0b0c" not in pictures[0]
    assert "#0d0e0f" not in pictures[0]


def test_a_page_holds_all_pictures(capsys, folder, tmp_path):
    run(capsys, "--trace", folder, "--plot", tmp_path / "all.html")
    text = (tmp_path / "all.html").read_text()
    assert text.count("</svg>") == 3  # bars and two layers
    assert "one&lt;1&gt;: activations" in text
    assert "http" not in text.replace("http://www.w3.org/", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--layer", "three"), "trace 'pair' has no layer 'three': use one of one<1>, two"),
        (("--group-sizes", "16,20"), "--group-sizes 16,20: group size 20: must be a positive multiple of 16"),
        (("--group-sizes", "16,x"), "--group-sizes 16,x: must be numbers with commas between, such as 16,256"),
        (("--plot", "out.png"), "out.png: --plot draws .svg or .html: give the file one of these endings"),
        (("--plot", "no/out.svg"), "no/out.svg: the output folder no does not exist: create it first"),
    ],
)
def test_bad_input_is_one_line(capsys, folder, arguments, message):
    assert main(["stats", "--trace", str(folder), *arguments]) == 2
    assert capsys.readouterr().err == f"python -m models stats: error: {message}\n"
