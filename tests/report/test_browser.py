# SPDX-License-Identifier: Apache-2.0
"""The page in headless Chromium: sorts, filters, opens sources, copies, complains of nothing, fits, and can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.report.browser import Browser, missing
from tests.report.designs import network
from tests.report.files import fill_build
from tests.report.project import NOTHING, filled, layer, report

ABSENT = missing()
pytestmark = pytest.mark.skipif(bool(ABSENT), reason=f"no {ABSENT} on PATH: apt-get install chromium chromium-driver")
_IN_VIEW = "const box = arguments[0].getBoundingClientRect(); return box.top > 0 && box.bottom < innerHeight"
WIDTHS, SCHEMES = (1280, 800, 390, 320), ("light", "dark")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    try:
        chromium = Browser(tmp_path_factory.mktemp("profile"))
    except WebDriverException as error:  # of another version than its driver, or confined to a home folder
        pytest.skip(f"chromium does not start: {(error.msg or '').splitlines()[0][:200]}")
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with every section: two causes of failures, layers, and the files of all other commands."""
    project = fill_build(filled(tmp_path_factory.mktemp("project")))
    long = "3 mismatches" + ": first at (0, 1), expected 17, found 18" * 5
    for seed in (7, 8):
        project.run("adder_stall", seed, status="failed", problems=[long], signature="N mismatches")
    project.run("adder_hang", 9, status="failed", problems=["no end within 300 s"], signature="no end within N s")
    percents = {"line": 60.0, "branch": 74.0, "expr": 66.66, "toggle": 10.5, "functional": 75.0}
    project.write("tb/coverage_baseline.json", json.dumps(NOTHING | {"totals": percents}))
    return report(project, layers=[layer("conv1"), layer("conv2"), *network()]).path


@pytest.fixture
def shown(browser: Browser, page: Path) -> Browser:
    """The page, light and wide."""
    browser.look()
    browser.open(page)
    return browser


def names(browser: Browser, section: str) -> list[str]:
    """The names in the first column of a section's first table, as far as they are shown."""
    (table, *_) = browser.all(f"#{section} table.sortable")
    rows = browser.all(":scope > tbody > tr:not(.sum) > th[scope=row]:first-child", table)
    return [row.text.split("\n")[0] for row in rows if row.is_displayed()]


def heading(browser: Browser, section: str, text: str) -> WebElement:
    """The button of a column of a section's first table."""
    (table, *_) = browser.all(f"#{section} table.sortable")
    return next(button for button in browser.all(":scope > thead button.sort", table) if button.text.startswith(text))


def order(button: WebElement) -> str | None:
    """What a heading says of the order of its column."""
    return button.find_element(By.XPATH, "..").get_attribute("aria-sort")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_complaint_no_overflow_no_faint_text(browser: Browser, page: Path, width: int, scheme: str) -> None:
    browser.look(width, scheme)
    browser.open(page)
    assert browser.overflow() <= 0
    browser.unfold()
    assert browser.overflow() <= 0, "with every fold open"
    assert browser.faint() == []
    assert browser.complaints() == []


def test_the_checks_themselves_notice(browser: Browser, tmp_path: Path) -> None:
    """A page with every mistake that the test above looks for."""
    rule = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    bad = tmp_path / "bad.html"
    bad.write_text(
        f'<meta http-equiv="Content-Security-Policy" content="{rule}"><body style="background: #fff; color: #000">'
        '<p style="color: #999">grey</p><div style="opacity: 0.5"><p style="color: #444">pale</p></div><p>black</p>'
        '<p style="width: 3000px">wide</p><img src="https://example.invalid/x.png"><script>undefined.x</script>'
    )
    browser.look()
    browser.open(bad)
    assert browser.overflow() > 1000
    assert [text.rpartition(": ")[2] for text in browser.faint()] == ["grey", "pale"]
    complaints = "\n".join(browser.complaints())
    assert "Content Security Policy" in complaints
    assert "Cannot read properties of undefined" in complaints


def test_light_and_dark_differ(browser: Browser, page: Path) -> None:
    colours = []
    for scheme in SCHEMES:
        browser.look(scheme=scheme)
        browser.open(page)
        colours.append(browser.run("return getComputedStyle(document.documentElement).backgroundColor"))
    assert colours == ["rgb(255, 255, 255)", "rgb(17, 21, 26)"]


def test_tables_sort_by_mouse(shown: Browser) -> None:
    assert names(shown, "mutation") == ["leaky", "whole", "argued"], "what misses its goal is first"
    button = heading(shown, "mutation", "Mutants")
    button.click()
    assert names(shown, "mutation") == ["whole", "argued", "leaky"], "30, 50, 100: numbers by value"
    assert order(button) == "ascending"
    button.click()
    assert names(shown, "mutation") == ["leaky", "argued", "whole"]
    assert order(button) == "descending"
    other = heading(shown, "mutation", "Block")
    other.click()
    assert names(shown, "mutation") == ["argued", "leaky", "whole"]
    assert (order(button), order(other)) == (None, "ascending")


def test_tables_sort_by_keyboard(shown: Browser) -> None:
    button = heading(shown, "testplan", "Status")
    shown.run("arguments[0].focus()", button)
    button.send_keys(Keys.ENTER)
    assert names(shown, "testplan") == ["soaks", "widths", "resets", "adds"], "not run, open, open, passed"
    button.send_keys(Keys.SPACE)
    assert names(shown, "testplan") == ["adds", "widths", "resets", "soaks"], "equal ones stay in their order"


def test_names_sort_by_the_name_alone(shown: Browser) -> None:
    """And numbers in names by value: base16 has more text behind its name than base16_x would."""
    heading(shown, "layers", "Design").click()
    assert names(shown, "layers") == ["base16", "dstripes16", "trt16"]
    heading(shown, "formal", "Property").click()
    assert names(shown, "formal") == ["blind", "clears", "detects", "no_deadlock", "sum_is_exact"]


def test_changes_sort_by_value(shown: Browser) -> None:
    """Line coverage fell by 10, branch rose by 1, toggle by 2; files and coverpoints are new, and last."""
    shown.unfold()
    button = next(button for button in shown.all("details.deltas button.sort") if button.text == "Change")
    button.click()
    button.click()
    changes = shown.texts("details.deltas tbody .delta")
    assert changes[:3] == ["+2.00", "+1.00", "−10.00"]
    assert set(changes[3:]) == {"new"}


def test_what_is_not_known_sorts_last(shown: Browser) -> None:
    button = heading(shown, "history", "Line")
    for expected in (["2026-01-01", "2026-01-02"], ["2026-01-04", "2026-01-03"]):
        button.click()
        dates = names(shown, "history")
        assert dates[-1].startswith("2026-01-05"), "the one on Icarus has no line coverage"
        known = [date[:10] for date in dates if date.startswith("2026-01")]
        assert known[:2] == expected


def test_runs_stay_with_their_test_and_the_sum_below(shown: Browser) -> None:
    heading(shown, "tests", "Test").click()
    assert names(shown, "tests") == ["adder_hang", "adder_random", "adder_reset", "adder_stall"]
    for body in shown.all("#tests table.tests > tbody"):
        name = body.get_attribute("id").removeprefix("test-")
        assert all(name in line.get_attribute("textContent") for line in shown.all("code.replay", body)), "its own runs"
    heading(shown, "code", "File").click()
    last = shown.all("#code table.files > tbody > tr")[-1]
    assert last.text.startswith("all files")


def test_the_filter_shows_what_has_every_word(shown: Browser) -> None:
    field = shown.one("#testplan input[type=search]")
    assert field.get_attribute("aria-label") == "Filter testpoints"
    field.send_keys("ADDER v1")
    assert names(shown, "testplan") == ["adds"]
    assert shown.one("#testplan [role=status]").text == "1 of 4"
    field.send_keys(" nonsense")
    assert names(shown, "testplan") == []
    field.send_keys(Keys.CONTROL + "a", Keys.DELETE)
    assert len(names(shown, "testplan")) == 4
    assert shown.one("#testplan [role=status]").text == ""


def test_the_filter_of_tests_hides_their_runs_too(shown: Browser) -> None:
    shown.one("#tests input[type=search]").send_keys("verilator-8")
    assert names(shown, "tests") == ["adder_stall"]
    assert [line for line in shown.texts("#tests code.replay") if "adder_stall" not in line] == []


def test_a_survivor_opens_its_line(shown: Browser) -> None:
    row = shown.one("#src-rtl-adder-L3")
    assert not row.is_displayed(), "the source is folded"
    shown.one('#mutation a[href="#src-rtl-adder-L3"]').click()
    WebDriverWait(shown.driver, 5).until(lambda _: row.is_displayed())
    assert "sum_q <= sum_q + a" in row.text
    WebDriverWait(shown.driver, 5).until(lambda _: shown.run(_IN_VIEW, row))
    marked, plain = (
        shown.run("return getComputedStyle(arguments[0].cells[3]).backgroundColor", line)
        for line in (row, shown.one("#src-rtl-adder-L2"))
    )
    assert marked != plain, "the line is highlighted"


def test_the_address_of_a_line_opens_it(browser: Browser, page: Path) -> None:
    browser.look()
    browser.open(page, "src-rtl-adder-L7")
    row = browser.one("#src-rtl-adder-L7")
    assert row.is_displayed()
    assert browser.run(_IN_VIEW, row)


def test_a_link_shows_what_a_filter_hides(shown: Browser) -> None:
    shown.one("#tests input[type=search]").send_keys("adder_random")
    test = shown.one("#test-adder_stall")
    assert not test.is_displayed()
    shown.all('#problems a[href="#test-adder_stall"]')[0].click()
    WebDriverWait(shown.driver, 5).until(lambda _: test.is_displayed())


def test_the_replay_line_is_copied(shown: Browser) -> None:
    (line, *_) = shown.all("#problems code.replay")
    (button, *_) = shown.all("#problems button.copy")
    assert line.text == "make replay RUN=adder_stall-small16-verilator-7"
    assert button.get_attribute("aria-label") == f"Copy {line.text}"
    button.click()
    WebDriverWait(shown.driver, 5).until(lambda _: button.text == "copied")
    field = shown.one("#testplan input[type=search]")
    field.send_keys(Keys.CONTROL + "v")
    assert field.get_attribute("value") == line.text


def test_it_reads_without_scripts(browser: Browser, page: Path) -> None:
    browser.look(scripts=False)
    browser.open(page)
    assert browser.one("h1").text == "Failed: 6 problems"
    assert browser.all("button, input") == []
    assert names(browser, "mutation") == ["leaky", "whole", "argued"]
    assert browser.complaints() == []
    browser.look()
