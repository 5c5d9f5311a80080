# SPDX-License-Identifier: Apache-2.0
"""What the pages must agree with: modules, ports and parameters of the RTL. And what they hold: tables, links, code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RTL, DOCS = ROOT / "rtl", ROOT / "docs"
_PORT = re.compile(r"^\s*(input|output)\s+(?:wire|reg)\s+(?:signed\s+)?(?:\[.*\]\s+)?(\w+)\s*,?\s*(?://.*)?$", re.MULTILINE)
_PARAMETER = re.compile(r"^\s*parameter\s+(\w+)\s*=\s*([^,/\n]+?)\s*,?\s*(?://.*)?$", re.MULTILINE)
_DIRECTION = {"input": "in", "output": "out"}
Row = dict[str, str]


def modules() -> dict[str, Path]:
    """Every module under rtl/ and its file."""
    return {path.stem: path for path in sorted(RTL.rglob("*.v"))}


def parts(module: str) -> set[str]:
    """A module, and every module below it that some parameter instantiates."""
    found, todo, known = set(), [module], modules()
    while todo:
        name = todo.pop()
        found.add(name)
        below = set(re.findall(r"^\s*(dpr_\w+)\s+(?:#\(|u_)", known[name].read_text(), re.MULTILINE))
        todo += sorted(below & set(known) - found)
    return found


def _head(path: Path) -> str:
    """A module's text up to the end of its ports."""
    return re.split(r"^\);", path.read_text(), maxsplit=1, flags=re.MULTILINE)[0]


def ports(module: str) -> dict[str, str]:
    """Return {port: "in" or "out"}."""
    return {name: _DIRECTION[kind] for kind, name in _PORT.findall(_head(modules()[module]))}


def parameters(module: str) -> dict[str, str]:
    """Return {parameter: default}, without the derived ones."""
    own = _head(modules()[module]).split("// derived: do not override")[0]
    return dict(_PARAMETER.findall(own))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def table(page: Path, heading: str) -> list[Row]:
    """Return the first table below a heading (any heading when empty). Raises ValueError when there is none."""
    text = page.read_text()
    if heading:
        found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
        if not found:
            raise ValueError(f"{page.name}: no heading '{heading}'")
        text = found.group(1)
    lines = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    if not lines:
        raise ValueError(f"{page.name}: no table below '{heading}'")
    head, _, *body = lines.group(0).splitlines()
    return [dict(zip(_cells(head), _cells(line), strict=True)) for line in body]


def names(cell: str) -> list[str]:
    """The words in backticks of a cell."""
    return re.findall(r"`(\w+)`", cell)


def rows_of(rows: list[Row], module: str) -> list[Row]:
    """The rows about a module: all of them unless the table has a column "module", whose empty cells repeat the one above."""
    kept, listed = [], [module]
    for row in rows:
        cell = row.get("module", module)
        listed = [module] if cell in {"all", module} else names(cell) or listed
        kept += [row] if module in listed else []
    return kept


def listed_ports(rows: list[Row]) -> dict[str, str]:
    """Return {port: direction} of a page's rows; a row may list several ports, with one direction or one each."""
    result = {}
    for row in rows:
        listed, directions = names(row["port"]), row["dir"].split(", ")
        directions = directions * len(listed) if len(directions) == 1 else directions
        result |= dict(zip(listed, directions, strict=True))
    return result


def code_blocks(page: Path) -> list[str]:
    """The contents of a page's fenced blocks."""
    return re.findall(r"^```\w*\n(.*?)\n```", page.read_text(), re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Every page of the project."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings make, as GitHub does."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> list[str]:
    """Targets of the links and pictures of a page, but for those of other sites."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"\w+:", link)]
