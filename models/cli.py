# SPDX-License-Identifier: Apache-2.0
"""`python -m models COMMAND`: parser, dispatch and the one way in which errors are reported (docs/command_line.md)."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from models.commands import cycles, decode, encode, floats, import_network, info, memory, scnn, search, stats, traffic
from models.commands.files import CommandError

PROG = "python -m models"
# A further command is a module of models/commands and an entry here.
COMMANDS = (encode, decode, info, stats, cycles, traffic, memory, scnn, floats, import_network, search)
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """A parser that reports bad usage as one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_BAD_INPUT, _error_line(self.prog, f"{message} (see '{self.prog} --help')"))


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with all commands; the parsed `command` is the command's module."""
    parser = _Parser(prog=PROG, description="Reference models of DPRed.", allow_abbrev=False)
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in COMMANDS:
        description = f"{module.HELP[0].upper()}{module.HELP[1:]}."
        command = subparsers.add_parser(module.NAME, help=module.HELP, description=description, allow_abbrev=False)
        module.add_arguments(command)
        command.add_argument("--json", action="store_true", help="print the result as one JSON object")
        command.set_defaults(command=module)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0, or 2 for bad usage or bad input with one line on standard error."""
    args = build_parser().parse_args(arguments)
    prog = f"{PROG} {args.command.NAME}"
    try:
        result = args.command.run(args)
        return _print(prog, json.dumps(result) if args.json else args.command.text(result))
    except CommandError as error:
        return _fail(prog, str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(prog, f"{where}{error.strerror or error}")
    except MemoryError:
        return _fail(prog, "not enough memory for this array: split it, or free some memory")
    except KeyboardInterrupt:
        _fail(prog, "interrupted")
        return EXIT_INTERRUPTED


def _print(prog: str, text: str) -> int:
    """Print a result. A reader that closed the pipe early has what it wanted; other failures are reported."""
    try:
        print(text, flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains again at exit
        return 0 if isinstance(error, BrokenPipeError) else _fail(prog, f"standard output: {error.strerror or error}")
    return 0


def _fail(prog: str, message: str) -> int:
    sys.stderr.write(_error_line(prog, message))
    return EXIT_BAD_INPUT


def _error_line(prog: str, message: str) -> str:
    """Return an error message as exactly one printable line."""
    return "".join(c if c.isprintable() else " " for c in f"{prog}: error: {message}") + "\n"
