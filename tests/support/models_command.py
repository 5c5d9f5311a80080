# SPDX-License-Identifier: Apache-2.0
"""A command of `python -m models`, called in this process."""

from __future__ import annotations

from models.cli import main


def called(capsys, *arguments: str) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error of a command; capsys: the fixture."""
    code = main(list(arguments))
    output = capsys.readouterr()
    return code, output.out, output.err
