# SPDX-License-Identifier: Apache-2.0
"""docs/cycles.md and docs/traffic.md: their Python runs, and the tables are what the models say."""

from __future__ import annotations

import math

import pytest

from models.config import load_config
from models.cycles.designs import DEFAULTS, label_of
from models.cycles.network import NetworkCycles, topology_cycles
from models.networks.imagenet import load_topology
from models.paper.precisions import paper_networks, paper_precisions
from models.traffic import SCHEMES
from tests.docs.page_examples import run_python
from tests.docs.rtl_text import DOCS, names, table

PAGE = DOCS / "cycles.md"
PAPER = "From the paper's precisions"


def cycles(network: str, **options: bool) -> NetworkCycles:
    return topology_cycles(load_topology(network), paper_precisions(network), **options)


def test_the_python_runs(capsys: pytest.CaptureFixture) -> None:
    run_python(PAGE, count=1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "3.13"
    assert lines[1].startswith("conv1 dstripes 753 2316 True")
    run_python(DOCS / "traffic.md", count=1)
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[:-1]] == list(SCHEMES)


@pytest.mark.parametrize("row", table(PAGE, PAPER), ids=lambda row: row["network"])
def test_speedups_of_the_paper_s_networks(row: dict[str, str]) -> None:
    found = cycles(row["network"])
    for column, shown in row.items():
        if column != "network":
            design, _, part = column.partition(", ")
            total = found.total("fully_connected" if part else "convolutions").get(design)
            assert shown == ("-" if total is None else f"{total['speedup']:.2f}"), column


def test_all_networks_are_in_the_table_and_their_mean_in_the_text() -> None:
    assert tuple(row["network"] for row in table(PAGE, PAPER)) == paper_networks()
    totals = [cycles(network).total("convolutions") for network in paper_networks()]
    mean = sum(total["dstripes"]["speedup"] for total in totals) / len(totals)
    gain = sum(total["dstripes"]["speedup"] / total["stripes"]["speedup"] for total in totals) / len(totals)
    plain = {network: cycles(network, fold=False).total("convolutions")["dstripes"]["speedup"] for network in paper_networks()}
    lost = {
        network: round(100 * (1 - total["dstripes_2b"]["speedup"] / total["dstripes"]["speedup"]))
        for network, total in zip(paper_networks(), totals, strict=True)
    }
    text = " ".join(PAGE.read_text().split())
    assert f"mean {mean:.3f} of the six networks, {math.floor(gain * 100 + 0.5) / 100:.2f} times Stripes" in text
    assert f"AlexNet is {plain['AlexNet']:.2f} there" in text
    assert f"({plain['VGG_S']:.2f}, {plain['VGG_M']:.2f})" in text
    assert f"here {lost['AlexNet']}%, {lost['VGG_S']}%, {lost['VGG_M']}% and {lost['VGG_19']}%" in text


def test_the_designs_are_those_of_the_table() -> None:
    shown = {name for row in table(PAGE, "Designs") for name in names(row["configuration of 16, 8 bits"])}
    assert shown == {*DEFAULTS[16], *DEFAULTS[8]}
    labels = [name for row in table(PAGE, "Designs") for name in names(row["name"])]
    assert labels == [*(label_of(load_config(name)) for name in DEFAULTS[16]), "scnn"]
