# SPDX-License-Identifier: Apache-2.0
"""The examples of a page: commands with what they print, and Python."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def console_examples(page: Path) -> list[tuple[str, str]]:
    """Return (command, output) of every `$` line in the page's console blocks, in order."""
    examples = []
    for block in re.findall(r"^```console\n\$ (.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        examples += [tuple([*part.split("\n", 1), ""][:2]) for part in block.split("\n$ ")]
    return examples


def check_console(page: Path, folder: Path, least: int) -> None:
    """Run the commands one after the other in `folder`, at least so many; each must print what the page says."""
    examples = console_examples(page)
    assert len(examples) >= least
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "120", "DPR_BUILD": str(folder / "build")}
    for command, expected in examples:
        line = re.sub(r"^python ", lambda _: f"{shlex.quote(sys.executable)} ", command)
        done = subprocess.run(
            line,
            shell=True,
            cwd=folder,
            env=environment,
            text=True,
            check=False,
            timeout=60,
            capture_output=True,
        )
        seen = done.stdout + (done.stderr if done.returncode else "")  # of a command that goes well that is progress
        assert seen.rstrip("\n") == expected.rstrip("\n"), command


def run_python(page: Path, count: int) -> None:
    """Run the page's Python blocks, of which there must be `count`, each on its own."""
    examples = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    assert len(examples) == count
    for example in examples:
        exec(compile(example, page.name, "exec"), {})
