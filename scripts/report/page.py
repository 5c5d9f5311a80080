# SPDX-License-Identifier: Apache-2.0
"""Render the page: Jinja2 templates with autoescape, style and script inline."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from scripts.coverage.code import KINDS
from scripts.coverage.result import group_tally
from scripts.coverage.thresholds import percent_text
from scripts.report.code_view import file_views
from scripts.report.collect import Report
from scripts.report.tests_view import link, reason

_TEMPLATES = Path(__file__).parent / "templates"


def duration(seconds: float | None) -> str:
    """Say a time in seconds the way people do: 0.4 s, 12 s, 3 min 5 s."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def number(value: float | None, digits: int = 0) -> str:
    """Group thousands; a dash for what is not known."""
    return "–" if value is None else f"{value:,.{digits}f}"


def kind_name(kind: str) -> str:
    """The word for a kind of coverage."""
    return "Expression" if kind == "expr" else kind.capitalize()


def breakable(name: str) -> Markup:
    """Escape a name and let it break after its separators, but not before a file's suffix."""
    return Markup("<wbr>").join(part for part in re.split(r"(?<=[_/])|(?<=\.)(?!vh?$)", name) if part)


def code_marks(text: str) -> Markup:
    """Escape a text and set what stands between backquotes as code."""
    parts = Markup.escape(text).split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    filters = (duration, number, kind_name, breakable, code_marks, reason)
    environment.filters.update({"percent": percent_text} | {function.__name__: function for function in filters})
    return environment


def _inline(name: str) -> Markup:
    return Markup((_TEMPLATES / name).read_text())  # ours, not input


def page(report: Report, root: Path, out: Path) -> str:
    """Return the page. Links to logs are relative to `out`, so the build folder can move as a whole."""
    template = _environment().get_template("report.html.j2")
    return template.render(
        report=report,
        kinds=KINDS,
        files=file_views(report.code),
        style=_inline("style.css"),
        script=_inline("script.js"),
        group_tally=group_tally,
        link=lambda path: link(path, root, out),
    )
