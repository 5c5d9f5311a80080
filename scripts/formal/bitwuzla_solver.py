# SPDX-License-Identifier: Apache-2.0
"""The `bitwuzla` program that smtbmc wants, on top of the wheel, which has the library alone: SMT-LIB in, answers out.

Statements are passed on in one piece when an answer is due, so that the parser sees few, long strings. Levels are pushed and
popped on the solver itself: its parser forgets them from one string to the next. Names therefore outlive their level, which
is all right for smtbmc: it never uses one twice.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

from bitwuzla import BitwuzlaException, Option, Options, Parser, TermManager

_ANSWERED = ("(check-sat", "(get-", "(echo")
_LEVEL = re.compile(r"\((push|pop) (\d+)\)\s*")
_HELP = "usage: bitwuzla --lang smt2 < statements\n"


def pieces(lines: Iterable[str]) -> Iterator[str]:
    """Yield statements in pieces that end with one that has an answer; "(push n)" and "(pop n)" alone. "(exit)" is the end."""
    waiting, depth, answered = list[str](), 0, False
    for line in lines:
        outside = depth == 0
        if outside and line.startswith("(exit)"):
            break
        if outside and _LEVEL.fullmatch(line):
            yield "".join(waiting)
            yield line
            waiting = []
            continue
        answered |= outside and line.startswith(_ANSWERED)
        depth += line.count("(") - line.count(")")
        waiting.append(line)
        if answered and depth == 0:
            yield "".join(waiting)
            waiting, answered = [], False
    yield "".join(waiting)


def solve(lines: Iterable[str]) -> None:
    """Answer on standard output. Raises BitwuzlaException for a statement that is not SMT-LIB."""
    options = Options()
    options.set(Option.PRODUCE_MODELS, True)
    parser = Parser(TermManager(), options, "smt2", 2)
    for piece in pieces(lines):
        level = _LEVEL.fullmatch(piece)
        if level:
            getattr(parser.bitwuzla(), level[1])(int(level[2]))
        elif piece.strip():
            parser.parse(piece, False, False)


def main() -> int:
    """Be the solver, or print the help from which smtbmc finds the version."""
    if "--help" in sys.argv:
        sys.stdout.write(_HELP)
        return 0
    try:
        solve(iter(sys.stdin.readline, ""))
    except BitwuzlaException as error:
        print(f'(error "{error}")', flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
