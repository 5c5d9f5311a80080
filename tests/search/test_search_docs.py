# SPDX-License-Identifier: Apache-2.0
"""docs/precision_search.md: its Python runs, its options exist, its picture is one."""

from __future__ import annotations

import re
from argparse import ArgumentParser

from models.commands import search
from tests.docs.page_examples import run_python
from tests.docs.rtl_text import DOCS

PAGE = DOCS / "precision_search.md"


def options() -> set[str]:
    parser = ArgumentParser()
    search.add_arguments(parser)
    return {option for action in parser._actions for option in action.option_strings}


def test_the_python_runs(capsys):
    run_python(PAGE, count=1)
    assert capsys.readouterr().out.startswith("False 0.")


def test_every_option_that_the_pages_name_exists_and_is_listed():
    part = (DOCS / "command_line.md").read_text().split("### search\n")[1].split("### ")[0]
    listed = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", "".join(re.findall(r"`[^`]+`", part))))
    assert listed == options() - {"-h", "--help", "--output"}
    named = set(re.findall(r"`(--[a-z-]+)", PAGE.read_text()))
    assert named <= options()
