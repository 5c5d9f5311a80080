# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium that looks at a page as a reader does, at a width, light or dark, and what it measures."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_HEIGHT = 900

# Texts whose contrast with what is behind them is below a ratio. What is behind: the first ancestor that is painted; of a text
# in a bar of a chart, the bar. Opacity counts as if the text were mixed with what is behind it.
_CONTRAST = """
const rgba = (text) => { const c = text.match(/[\\d.]+/g).map(Number); return c.length < 4 ? [...c, 1] : c; };
const mix = (top, under, part) => [0, 1, 2].map((i) => top[i] * part + under[i] * (1 - part));
const light = (c) => {
  const [r, g, b] = c.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  if (element.matches(".inside")) return rgba(getComputedStyle(element.parentElement.querySelector("rect")).fill).slice(0, 3);
  const layers = [];
  for (let node = element; node; node = node.parentElement) {
    const colour = rgba(getComputedStyle(node).backgroundColor);
    if (colour[3] > 0) layers.push(colour);
  }
  return layers.reverse().reduce((under, top) => mix(top, under, top[3]), [255, 255, 255]);
};
const found = {};
for (const element of document.body.querySelectorAll("*")) {
  const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join("");
  const box = element.getBoundingClientRect();
  if (!text || !box.width || !element.checkVisibility({ visibilityProperty: true })) continue;
  if (element.closest(".hidden, .skip, script, style")) continue;
  const style = getComputedStyle(element);
  const under = behind(element);
  let part = 1;
  for (let node = element; node; node = node.parentElement) part *= Number(getComputedStyle(node).opacity);
  const ink = rgba(element instanceof SVGElement ? style.fill : style.color);
  const [a, b] = [light(mix(ink, under, ink[3] * part)), light(under)].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  const where = `${element.tagName} .${element.className} on ${under}: ${ratio.toFixed(2)}`;
  if (ratio < arguments[0]) found[where] = text.slice(0, 40);
}
return Object.entries(found).map(([where, text]) => `${where}: ${text}`);
"""


def missing() -> str:
    """What is not installed, "" when Chromium and its driver are."""
    absent = [] if _browser() else ["chromium"]
    absent += [] if shutil.which("chromedriver") else ["chromedriver"]
    return " and ".join(absent)


def _browser() -> str | None:
    return shutil.which("chromium") or shutil.which("google-chrome")


class Browser:
    """One Chromium. `profile` is an empty folder for its files."""

    def __init__(self, profile: Path) -> None:
        options = ChromeOptions()
        options.binary_location = _browser() or ""
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = Chrome(options=options, service=Service(executable_path=shutil.which("chromedriver")))
        self.driver.set_page_load_timeout(30)

    def close(self) -> None:
        """End it."""
        self.driver.quit()

    def look(self, width: int = 1280, scheme: str = "light", scripts: bool = True) -> None:
        """Set the width in pixels and the colour scheme; `scripts` says whether pages may run any."""
        metrics = {"width": width, "height": _HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})

    def open(self, path: Path, fragment: str = "") -> None:
        """Load a page anew, at a fragment."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")  # what is left of the page before
        self.driver.get(f"file://{path}{'#' if fragment else ''}{fragment}")

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(script, *arguments)

    def unfold(self) -> None:
        """Open every fold."""
        self.run("for (const fold of document.querySelectorAll('details')) fold.open = true")

    def all(self, selector: str, inside: WebElement | None = None) -> list[WebElement]:
        """The elements that match a selector."""
        return (inside or self.driver).find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """The only element that matches a selector."""
        (element,) = self.all(selector)
        return element

    def texts(self, selector: str) -> list[str]:
        """The texts of the visible elements that match a selector."""
        return [element.text for element in self.all(selector) if element.is_displayed()]

    def complaints(self) -> list[str]:
        """What the console has since the page was loaded: errors, refusals of its own rule."""
        return [f"{entry['level']}: {entry['message']}" for entry in self.driver.get_log("browser")]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return self.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def faint(self, least: float = 4.5) -> Sequence[str]:
        """The texts whose contrast is below `least`."""
        return self.run(_CONTRAST, least)
