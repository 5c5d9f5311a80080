# SPDX-License-Identifier: Apache-2.0
"""docs/memory.md: its command prints its table, its Python runs, and its other figures are those of the models."""

from __future__ import annotations

import contextlib
import io
import json
import re

import pytest

from models.cli import main
from models.memory import load_technology, technologies
from tests.docs.page_examples import check_console, run_python
from tests.docs.rtl_text import DOCS, table

PAGE = DOCS / "memory.md"


def test_the_command_prints_the_table(tmp_path):
    check_console(PAGE, tmp_path, least=1)


def test_the_python_runs(capsys):
    run_python(PAGE, count=1)
    assert "weight_fetch" in capsys.readouterr().out


def test_energies_are_those_of_the_file():
    rows = table(PAGE, "Energy")
    assert [row["memory"].strip("`") for row in rows] == list(technologies())
    for row in rows:
        assert float(row["pJ/bit"]) == pytest.approx(load_technology(row["memory"].strip("`")).energy_pj_per_bit, abs=0.005)


def result_of(*arguments: str) -> dict:
    """What a command prints as JSON."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(["memory", *arguments, "--json"]) == 0
    return json.loads(out.getvalue())


@pytest.fixture(scope="module")
def means() -> dict[tuple[str, int, str], dict]:
    """The means by memory, AM size and scheme."""
    rows = result_of("--network", "paper", "--am-kib", "512,1024,4096")["means"]
    return {(row["memory"], row["am_kib"], row["scheme"]): row for row in rows}


def test_figures_beside_the_papers_text(means):
    """Every percentage of the table, in its order."""
    rows = table(PAGE, "Beside section 6.4")
    said = {row["section 6.4 says"]: [float(each) for each in re.findall(r"(\d+\.\d)%", row["here"])] for row in rows}

    def convolutions(memory: str, am_kib: int = 4096, scheme: str = "dpred") -> float:
        return round(100 * means[memory, am_kib, scheme]["convolutions"], 1)

    def networks(memory: str) -> list[float]:
        row = means[memory, 4096, "dpred"]["networks"]
        return [round(100 * row[name]["convolutions"], 1) for name in row]

    ddr, hbm = networks("ddr4-3200x2"), networks("hbm")
    trt = result_of("--network", "paper", "--config", "trt16", "--memory", "hbm,hbm2", "--scheme", "dpred")["means"]
    expected = {
        "the external memory matters": [
            convolutions("lpddr4-4267"),
            convolutions("hbm2"),
            convolutions("ddr4-3200x2", 512),
            convolutions("ddr4-3200x2"),
        ],
        "compression greatly": [convolutions("ddr4-3200x2", scheme="none"), convolutions("ddr4-3200x2")],
        "with DP, DStripes keeps": [convolutions("ddr4-3200x2"), min(ddr), max(ddr)],
        "with HBM the performance": [convolutions("hbm"), min(hbm), sorted(hbm)[1]],
        "HBM or HBM2 preserve": [round(100 * means[memory, 4096, "dpred"]["all"], 1) for memory in ("hbm", "hbm2")]
        + [round(100 * row["all"], 1) for row in trt],
    }
    for start, numbers in expected.items():
        assert next(each for says, each in said.items() if says.startswith(start)) == numbers, start


def test_alexnets_fully_connected_layers_by_hand():
    """What the page says of them: bytes, milliseconds on HBM, and TRT's milliseconds."""
    found = result_of("--network", "AlexNet", "--config", "trt16", "--memory", "hbm", "--scheme", "dpred")["results"][0]
    said = "AlexNet reads {:.1f} MB, nearly all of it weights of fully connected layers".format(found["bits"] / 8e6)
    text = " ".join(PAGE.read_text().split())
    assert said in text
    milliseconds = found["bits"] / 1024e9 * 1e3, found["compute"] / 980e6 * 1e3
    assert "takes {:.2f} ms on HBM, while TRT computes all layers in {:.2f} ms".format(*milliseconds) in text
    weights = 6 * 6 * 256 * 4096 * (10 + 20 / 16) + (4096 * 4096 + 4096 * 1000) * (9 + 20 / 16)  # with the headers
    assert 0.95 < weights / found["bits"] < 1
