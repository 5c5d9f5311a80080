# SPDX-License-Identifier: Apache-2.0
"""Render the page: Jinja2 templates with autoescape, style and script inline."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from scripts.coverage.code import KINDS
from scripts.coverage.result import group_tally
from scripts.coverage.thresholds import percent_text
from scripts.report.code_view import file_views
from scripts.report.collect import Report
from scripts.report.overview import overview
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


def figures(value: float | None) -> str:
    """About three figures, thousands grouped: 54,982, 82.1, 0.48."""
    if value is None:
        return "–"
    return number(value, 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2)


def signed(value: float) -> str:
    """A change in percent, with its sign."""
    return f"{value:+.2f}".replace("-", "−")


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


@cache
def template_environment() -> Environment:
    """Return the templates with the filters that all pages use."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    filters = (duration, number, figures, signed, kind_name, breakable, code_marks, reason)
    environment.filters.update({"percent": percent_text} | {function.__name__: function for function in filters})
    return environment


def page_policy(style: str, script: str) -> str:
    """The page's own rule: its one style and its one script, by their hashes, and nothing from anywhere."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    return f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; img-src data:"


def style_and_script() -> tuple[str, str]:
    """Return what every page carries inline; ours, not input."""
    return (_TEMPLATES / "style.css").read_text(), (_TEMPLATES / "script.js").read_text()


def page(report: Report, root: Path, out: Path) -> str:
    """Return the page. Links to logs are relative to `out`, so the build folder can move as a whole."""
    style, script = style_and_script()
    files = file_views(report.code)
    views = {view.path: view for view in files}
    tests = {run.id: run.test for run in report.results}
    return (
        template_environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            overview=overview(report),
            kinds=KINDS,
            files=files,
            style=Markup(style),
            script=Markup(script),
            policy=page_policy(style, script),
            group_tally=group_tally,
            link=lambda path: link(path, root, out),
            source_line=lambda path, line: views[path].link(line) if path in views else "",
            test_of=lambda run: tests.get(run, ""),
        )
    )
