# SPDX-License-Identifier: Apache-2.0
"""The pages agree with the RTL: catalogue, ports, parameters, registers; links and pictures exist."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from models.config import load_config
from models.layer import ConvLayer
from models.layer_registers import REGISTERS, LayerFormats, layer_registers
from tests.docs.rtl_text import (
    DOCS,
    ROOT,
    RTL,
    anchors,
    links,
    listed_ports,
    modules,
    names,
    pages,
    parameters,
    ports,
    table,
)

BLOCKS = DOCS / "blocks"
CATALOGUE = BLOCKS / "README.md"
PAGES = {  # a block's page and the modules whose ports and parameters it lists
    "compressor": ["dpr_compressor"],
    "decompressor": ["dpr_decompressor"],
    "precision_detector": ["dpr_precision_detector"],
    "sip": ["dpr_sip"],
    "tile": ["dpr_tile"],
    "dispatcher": ["dpr_dispatcher"],
    "reducer": ["dpr_reducer"],
    "window_sequencer": ["dpr_window_sequencer"],
    "output_unit": ["dpr_output_unit"],
    "layer": ["dpr_layer"],
    "memories": ["dpr_ram", "dpr_activation_memory", "dpr_weight_memory"],
}


def test_the_catalogue_lists_every_module_once() -> None:
    listed = [name for row in table(CATALOGUE, "") for name in names(row["module"])]
    assert sorted(listed) == sorted(modules())


@pytest.mark.parametrize("row", table(CATALOGUE, ""), ids=lambda row: row["module"].strip("`"))
def test_a_row_of_the_catalogue_is_true(row: dict[str, str]) -> None:
    """Folder, parameters, page and the folders of its tests."""
    (module,) = names(row["module"])
    assert modules()[module].parent == RTL / row["folder"]
    assert row["parameters"].split() == list(parameters(module))
    page = (BLOCKS / re.search(r"\((\w+\.md)", row["page"]).group(1)).read_text()
    assert module in page or row["kind"] == "cell"
    assert all((ROOT / folder).is_dir() for folder in row["tests"].split(", "))


def test_every_page_of_a_block_is_checked() -> None:
    assert {path.stem for path in BLOCKS.glob("*.md")} - {"README"} == set(PAGES)


@pytest.mark.parametrize(("page", "listed"), PAGES.items(), ids=PAGES.keys())
def test_ports_of_a_page(page: str, listed: list[str]) -> None:
    """Names and directions."""
    actual = {name: kind for module in listed for name, kind in ports(module).items()}
    assert actual
    assert listed_ports(table(BLOCKS / f"{page}.md", "Ports")) == actual


@pytest.mark.parametrize(("page", "listed"), PAGES.items(), ids=PAGES.keys())
def test_parameters_of_a_page(page: str, listed: list[str]) -> None:
    """Names and defaults, in the order of the RTL."""
    rows = [(names(row["parameter"])[0], row["default"]) for row in table(BLOCKS / f"{page}.md", "Parameters")]
    assert sorted(rows) == sorted(pair for module in listed for pair in parameters(module).items())


def test_register_map() -> None:
    """The page's registers are the model's and the RTL's, and the example's values are what the model computes."""
    layer = ConvLayer("conv", C=24, H=10, W=10, K=20, R=3, S=3, stride=1, pad=1)
    values = layer_registers(layer, load_config("dstripes16"), LayerFormats(n_low=2, shift=8, n_low_out=3))
    rows = table(BLOCKS / "layer.md", "Registers")
    assert [names(row["register"])[0] for row in rows] == list(REGISTERS)
    assert [int(row["address"]) for row in rows] == list(range(len(REGISTERS)))
    assert {names(row["register"])[0]: int(row["example"]) & 0xFFFFFFFF for row in rows} == values


def test_register_map_of_the_rtl() -> None:
    """Each address writes the register of that name; two addresses write fields."""
    fields = {"input_format": "{n_l, is_signed}", "output_format": "{n_l_out, relu}"}
    cases = re.findall(r"5'd(\d+):\s+(.+?)\s+<=", modules()["dpr_layer_registers"].read_text())
    assert [(int(number), name) for number, name in cases] == [(i, fields.get(name, name)) for i, name in enumerate(REGISTERS)]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Files exist, and anchors are headings."""
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link}: no such file"
        assert not anchor or anchor in anchors(target), f"{link}: no such heading"


@pytest.mark.parametrize("picture", sorted((DOCS / "images").glob("*.svg")), ids=lambda path: path.name)
def test_pictures_are_used_and_have_their_own_ground(picture: Path) -> None:
    """Well formed, with a title for who cannot see it, and a card behind the lines: readable on white and on dark."""
    root = ElementTree.parse(picture).getroot()
    tags = [(element.tag.split("}")[1], element.get("class")) for element in root.iter()]
    assert ("title", None) in tags
    assert ("rect", "card") in tags
    assert any(picture.name in link for page in pages() for link in links(page))


def test_every_page_is_reachable_from_the_readme() -> None:
    todo, seen = [ROOT / "README.md"], set()
    while todo:
        page = todo.pop()
        if page in seen:
            continue
        seen.add(page)
        targets = [(page.parent / link.partition("#")[0]).resolve() for link in links(page) if link.partition("#")[0]]
        todo += [target for target in targets if target.suffix == ".md"]
    assert set(pages()) <= seen


def test_the_readers_of_this_test_see_something() -> None:
    """Guards the patterns above: a wrong one would make its test pass on nothing."""
    assert ports("dpr_reducer")["m_sums"] == "out"
    assert parameters("dpr_tile") == {"P": "16", "ROWS": "16", "COLS": "16", "LANES": "16"}
    assert "in-dpr_dstripes" in anchors(BLOCKS / "dispatcher.md")
    assert "../images/sip.svg" in links(BLOCKS / "sip.md")
