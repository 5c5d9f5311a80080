# SPDX-License-Identifier: Apache-2.0
"""docs/scnn.md: its command prints its table, its Python runs."""

from __future__ import annotations

from tests.docs.page_examples import check_console, run_python
from tests.docs.rtl_text import DOCS

PAGE = DOCS / "scnn.md"


def test_the_command_prints_the_table(tmp_path):
    check_console(PAGE, tmp_path, least=1)


def test_the_python_runs(capsys):
    run_python(PAGE, count=1)
    assert len(capsys.readouterr().out.split()) > 6
