# SPDX-License-Identifier: Apache-2.0
"""docs/statistics.md: its command prints its table, its picture has the network's layers, its Python runs."""

from __future__ import annotations

from xml.etree import ElementTree

from models.network import load_network
from tests.docs.page_examples import check_console, run_python
from tests.docs.rtl_text import DOCS

PAGE = DOCS / "statistics.md"


def test_the_command_prints_the_table(tmp_path):
    check_console(PAGE, tmp_path, least=1)


def test_the_picture_has_every_layer():
    text = "".join(ElementTree.parse(DOCS / "images" / "statistics_digits.svg").getroot().itertext())
    assert all(entry.layer.name in text for entry, _ in load_network("digits").layers_with_classifier)


def test_the_python_runs(capsys):
    run_python(PAGE, count=1)
    assert len(capsys.readouterr().out.split()) >= 6
