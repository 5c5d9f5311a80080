# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/command_line.md print what the page says."""

from __future__ import annotations

from tests.docs.page_examples import check_console
from tests.docs.rtl_text import DOCS


def test_the_examples_print_what_the_page_says(tmp_path):
    check_console(DOCS / "command_line.md", tmp_path, least=6)
