# SPDX-License-Identifier: Apache-2.0
"""The page of `make paper`: every row is there, charts are drawn, and in Chromium it reads at any width, light and dark."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from selenium.common.exceptions import WebDriverException

from models.paper.results import Bars, Item, Row
from scripts.paper.__main__ import document
from scripts.paper.charts import bars_svg, data_link
from scripts.paper.page import cell, page, view
from tests.report.browser import Browser, missing

ABSENT = missing()
CHART = Bars("Speedups <of two>", ("AlexNet", "VGG_19"), {"paper": (2.0, None), "ours": (2.5, 1.5)})
ITEMS = [
    Item(
        "table5",
        (
            Row("AlexNet", "convolutions", 2.81, 2.7, "paper"),
            Row("VGG_19 & more", "fully <connected>", None, 1.25, "networks", note="a remark"),
            Row("Denoise", "traffic", 0.4, 0.2, "synthetic", "fraction", limit="at most"),
        ),
        (CHART,),
    ),
    Item("table4", (Row("NiN", "energy efficiency", 1.68, None, "rtl"),)),
]


def test_every_row_is_on_the_page() -> None:
    text = page(ITEMS, {"Made": "today"})
    for expected in (
        "2.81×",
        "2.70×",
        "−3.91%",
        "VGG_19 &amp; more",
        "fully &lt;connected&gt;",
        "40.0%",
        "at most",
        "a remark",
        "1.68×",
    ):
        assert expected in text
    assert text.count('<tr><th scope="row">') == 4


def test_the_page_needs_nothing_else() -> None:
    """No link leads out, but to the JSON beside it."""
    text = page(ITEMS, {})
    links = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert {link for link in links if not link.startswith(("data:", "#"))} == {"paper.json"}


def test_what_the_overview_says() -> None:
    compared, nothing = (view(item).says for item in ITEMS)
    assert compared == "1 number compared, half of them within 3.9%, all within 3.9%"  # a limit is not compared
    assert nothing.startswith("There is no layout")


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(2.0, "x", "2.00×"), (0.345, "fraction", "34.5%"), (6.2, "bits", "6.20 bits"), (None, "x", "–")],
)
def test_cells(value: float | None, unit: str, expected: str) -> None:
    assert cell(value, unit) == expected


def test_charts_are_svg_with_their_numbers_and_the_same_each_time() -> None:
    first = bars_svg(CHART)
    assert first == bars_svg(CHART)
    texts = "".join(ElementTree.fromstring(first).itertext())
    for expected in ("AlexNet", "VGG_19", "2.00", "2.50", "1.50", "Speedups <of two>"):
        assert expected in texts
    assert base64.b64decode(data_link(first).split(",")[1]).decode() == first


def test_json_has_what_the_page_has() -> None:
    found = document(ITEMS)
    (first, second) = found["items"]
    assert (first["label"], first["rows"][0]["deviation"]) == ("Table 5", pytest.approx(2.7 / 2.81 - 1))
    assert second["reproduced"] == "no" and second["missing"] and second["inconsistencies"]
    assert set(found["bases"]) >= {row.basis for item in ITEMS for row in item.rows}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if ABSENT:
        pytest.skip(f"no {ABSENT} on PATH: apt-get install chromium chromium-driver")
    try:
        chromium = Browser(tmp_path_factory.mktemp("profile"))
    except WebDriverException as error:
        pytest.skip(f"chromium does not start: {(error.msg or '').splitlines()[0][:200]}")
    yield chromium
    chromium.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_in_a_browser(browser: Browser, tmp_path: Path, width: int, scheme: str) -> None:
    file = tmp_path / "index.html"
    file.write_text(page(ITEMS, {"Made": "today"}))
    browser.look(width, scheme)
    browser.open(file)
    assert browser.overflow() <= 0
    assert browser.faint() == []
    assert browser.complaints() == []
    assert browser.run("return document.querySelector('img.chart').naturalWidth") > 100


def test_tables_sort(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "index.html"
    file.write_text(page(ITEMS, {}))
    browser.look()
    browser.open(file)
    button = next(each for each in browser.all("#table5 button.sort") if each.text.startswith("Ours"))
    button.click()
    assert browser.texts("#table5 tbody th") == ["VGG_19 & more", "AlexNet", "Denoise"]
