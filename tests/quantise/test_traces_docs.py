# SPDX-License-Identifier: Apache-2.0
"""docs/traces.md: its commands print what it shows, its Python runs, its keys are those of a trace."""

from __future__ import annotations

import json

from models.traces import network_trace, save_trace
from tests.docs.page_examples import check_console, run_python
from tests.docs.rtl_text import DOCS

PAGE = DOCS / "traces.md"


def test_the_commands_print_what_the_page_shows(tmp_path):
    check_console(PAGE, tmp_path, least=2)


def test_the_python_runs(capsys):
    run_python(PAGE, count=1)
    assert "conv3" in capsys.readouterr().out


def test_the_page_names_every_key_of_a_trace(tmp_path):
    """And of a layer, and of a format."""
    save_trace(network_trace("digits"), tmp_path / "trace")
    document = json.loads((tmp_path / "trace" / "trace.json").read_text())
    layer = document["layers"][0]
    text = PAGE.read_text()
    for key in [*document, *layer, *layer["acts"], *layer["acts"]["format"]]:
        assert f"`{key}`" in text, key
    assert all(key in text for key in layer["shape"])
