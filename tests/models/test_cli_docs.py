# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/command_line.md print what the page says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "command_line.md"


def console_examples() -> list[tuple[str, str]]:
    """Return (command, output) of every `$` line in the page's console blocks, in order."""
    examples = []
    for block in re.findall(r"^```console\n\$ (.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL):
        examples += [tuple(part.split("\n", 1)) for part in block.split("\n$ ")]
    return examples


def test_the_examples_print_what_the_page_says(tmp_path):
    examples = console_examples()
    assert len(examples) >= 6
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    for command, *rest in examples:
        expected = "".join(rest)
        line = re.sub(r"^python ", lambda _: f"{shlex.quote(sys.executable)} ", command)
        done = subprocess.run(
            line,
            shell=True,
            cwd=tmp_path,
            env=environment,
            text=True,
            check=False,
            timeout=60,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert done.stdout.rstrip("\n") == expected.rstrip("\n"), command
