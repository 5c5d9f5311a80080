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
    parts,
    ports,
    rows_of,
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
    "step_sequencer": ["dpr_step_sequencer"],
    "running_max": ["dpr_running_max"],
    "reducer": ["dpr_reducer"],
    "base": ["dpr_ip"],
    "trt": ["dpr_trt_tile", "dpr_weight_registers"],
    "loom": ["dpr_loom_tile", "dpr_loom_column"],
    "core": ["dpr_core"],
    "window_sequencer": ["dpr_window_sequencer"],
    "output_unit": ["dpr_output_unit"],
    "layer": ["dpr_layer"],
    "memories": ["dpr_ram", "dpr_activation_memory", "dpr_weight_memory"],
}
DESIGN_PAGES = {"base": "dpr_base", "trt": "dpr_trt", "loom": "dpr_loom"}  # these list the parameters of a top, too
DESIGNS = {"base": "dpr_base", "dstripes": "dpr_dstripes", "trt": "dpr_trt", "loom": "dpr_loom"}


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


def test_which_design_has_which_blocks() -> None:
    """What the RTL instantiates, but for the parts of a SIP and its column that depend on a parameter."""
    optional = {"dpr_adder_tree": {"Loom"}, "dpr_popcount": {"Stripes, DStripes", "TRT"}}
    optional["dpr_running_max"] = {"Stripes, DStripes", "Loom"}
    columns = dict(zip(["BASE", "Stripes, DStripes", "TRT", "Loom"], DESIGNS.values(), strict=True))
    for row in table(CATALOGUE, "Which design has which blocks"):
        (block,) = names(row["block"])
        has = {column for column, top in columns.items() if block in parts(top)} - optional.get(block, set())
        assert {column for column in columns if row[column]} == (has if block != "dpr_layer" else set(columns) - {"Loom"})


@pytest.mark.parametrize(("page", "module"), [(page, module) for page, listed in PAGES.items() for module in listed])
def test_ports_of_a_page(page: str, module: str) -> None:
    """Names and directions."""
    assert ports(module)
    assert listed_ports(rows_of(table(BLOCKS / f"{page}.md", "Ports"), module)) == ports(module)


LISTED = [(page, module) for page, listed in PAGES.items() for module in listed] + list(DESIGN_PAGES.items())


@pytest.mark.parametrize(("page", "module"), LISTED)
def test_parameters_of_a_page(page: str, module: str) -> None:
    """Names and defaults."""
    rows = rows_of(table(BLOCKS / f"{page}.md", "Parameters"), module)
    assert {names(row["parameter"])[0]: row["default"] for row in rows} == parameters(module)


@pytest.mark.parametrize(("design", "module"), DESIGNS.items())
def test_ports_and_parameters_of_a_design(design: str, module: str) -> None:
    """The core's tables say which designs have a port and a parameter."""
    rows = {heading: table(BLOCKS / "core.md", heading) for heading in ("Ports", "Parameters")}
    mine = {heading: [row for row in listed if design in row["designs"].split()] for heading, listed in rows.items()}
    assert listed_ports(mine["Ports"]) == ports(module)
    assert {names(row["parameter"])[0] for row in mine["Parameters"]} == set(parameters(module))


def test_register_map() -> None:
    """The page's registers are the model's and the RTL's, and the example's values are what the model computes."""
    layer = ConvLayer("conv", C=24, H=10, W=10, K=20, R=3, S=3, stride=1, pad=1)
    values = layer_registers(layer, load_config("dstripes16"), LayerFormats(n_low=2, shift=8, n_low_out=3))
    rows = table(BLOCKS / "layer.md", "Registers")
    assert [names(row["register"])[0] for row in rows] == list(REGISTERS)
    assert [int(row["address"]) for row in rows] == list(range(len(REGISTERS)))
    assert {names(row["register"])[0]: int(row["example"]) & 0xFFFFFFFF for row in rows} == values


def test_register_map_of_the_rtl() -> None:
    """Each address writes the register of that name; four addresses write fields."""
    fields = {"input_format": "{n_l, is_signed}", "output_format": "{n_l_out, relu}"}
    fields |= {"static_profile": "{n_h, is_static}", "core_mode": "{slices, pool, serial}"}
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
    assert parameters("dpr_tile") == {"P": "16", "ROWS": "16", "COLS": "16", "LANES": "16", "BITS_PER_CYCLE": "1"}
    cells = [row["port"] for row in rows_of(table(BLOCKS / "memories.md", "Ports"), "dpr_ram")]
    assert cells[-1] == "`r_addr`"
    assert {"dpr_loom", "dpr_leading_one", "dpr_popcount"} <= parts("dpr_loom")
    assert "in-dpr_dstripes" in anchors(BLOCKS / "dispatcher.md")
    assert "../images/sip.svg" in links(BLOCKS / "sip.md")
