# SPDX-License-Identifier: Apache-2.0
"""The page as a text: well formed, escaped, and without a need for anything from outside."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from scripts.report.plan_view import PlanSource
from tests.report.designs import core, network
from tests.report.files import HOSTILE, agreement, bench, fill_build, formal, mutation, past
from tests.report.project import Project, Testpoint, adder_points, filled, functional_xml, layer, read, report

VOID = {"meta", "link", "br", "wbr", "img", "input", "hr", "col", "rect", "line"}


class Page(HTMLParser):
    """Collects what a browser would see; fails on tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.scripts = 0
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.stack == [], "tags left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for key, value in attrs:
            assert not key.startswith("on"), f"inline handler {key}"
            assert re.fullmatch(r"[a-z0-9:_-]+", key), f"attribute {key!r}: something was not escaped"
            if key == "id":
                self.ids.append(value or "")
            if key in ("src", "href", "action", "data"):
                self.links.append(value or "")
        self.scripts += tag == "script"
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.stack, f"</{tag}> closes nothing"
            assert self.stack.pop() == tag, f"</{tag}> closes another tag"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_page_is_well_formed_and_self_contained(tmp_path: Path) -> None:
    project = fill_build(filled(tmp_path))
    project.run("adder_stall", 7, status="failed", problems=["no end within 300 s"])
    html, _ = read(report(project, layers=[layer("conv1"), layer("conv2"), *network()]))
    found = Page(html)
    assert len(found.ids) == len(set(found.ids))
    for target in found.links:
        assert not re.match(r"(?i)(https?:|//|javascript:)", target), target
        if target.startswith("#"):
            assert target[1:] in found.ids, f"{target} leads nowhere"
        elif not target.startswith("data:"):
            assert (project.root / "build" / "report" / target).resolve().is_file(), target
    assert found.scripts == 1
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest", html)
    assert html.count("<h1") == 1


def hostile_layers() -> list[dict]:
    names = {"layer": HOSTILE, "sim": HOSTILE, "stalls": {HOSTILE: 3}}
    base = core("fc", "base16", 90, 80) | names | {"config": HOSTILE}
    return [
        layer(HOSTILE, config=HOSTILE, stalls={HOSTILE: 3}),
        base,
        core("fc", "trt16", 50, 40) | names | {"baseline": HOSTILE},
    ]


def test_hostile_names_are_escaped(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("rtl/adder.v", f"module adder; // {HOSTILE}\nendmodule\n")
    bins = functional_xml({"adder.width": {HOSTILE: 0}})
    project.run("adder_random", 1, adder_points(1, 1, 1).replace("go:0->1", f"{HOSTILE.replace(chr(39), '')}:0->1"), bins)
    changes = {"test": HOSTILE, "problems": [HOSTILE], "config": HOSTILE, "replay": HOSTILE, "status": HOSTILE}
    project.results.append(replace(project.results[0], **changes, coverage_dat=""))
    html, summary = read(report(project, layers=hostile_layers()))
    found = Page(html)
    assert found.scripts == 1
    assert html.count("</style>") == 1
    assert "".join(found.text).count("<script>alert(1)</script>") > 5
    assert summary["runs"][1]["config"] == HOSTILE


def hostile(document: object) -> object:
    """The document with every text in it a hostile one, but for those that are compared with a list of words."""
    if isinstance(document, dict):
        return {key: hostile(value) for key, value in document.items()}
    if isinstance(document, list):
        return [hostile(item) for item in document]
    return HOSTILE if isinstance(document, str) else document


def test_hostile_files_of_the_build_folder_are_escaped(tmp_path: Path) -> None:
    project = filled(tmp_path)
    pairs = agreement()
    for row in pairs["rows"]:
        row["agree"] = False
    documents = {"mutation": mutation(killed_by={HOSTILE: 3}), "formal": formal(), "agreement": pairs, "bench": bench()}
    for name, document in documents.items():
        project.write(f"build/{name}.json", json.dumps(hostile(document)))
    project.write("build/history.jsonl", json.dumps(hostile(past(1) | {"coverage": {HOSTILE: 3.0}})) + "\n{" + HOSTILE)
    project.plan = PlanSource({}, {HOSTILE: Testpoint(HOSTILE, HOSTILE, HOSTILE, ("adder_random",), (HOSTILE,))})
    found = Page(read(report(project))[0])
    assert found.scripts == 1
    assert "".join(found.text).count("<script>alert(1)</script>") > 30


def test_the_page_allows_itself_its_own_style_and_script_only(tmp_path: Path) -> None:
    html, _ = read(report(filled(tmp_path)))
    allowed = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert allowed
    for tag in ("style", "script"):
        text = html.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;" in allowed[1], "a browser would refuse it"
    assert "default-src &#39;none&#39;" in allowed[1]
    assert "unsafe" not in allowed[1]
    assert not re.search(r"<\w[^>]* style=", html), "the rule forbids styles of single elements"
