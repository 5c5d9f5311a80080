# SPDX-License-Identifier: Apache-2.0
"""Lists mutants of Python modules: those of the models and of the checkers."""

from __future__ import annotations

import ast
import fnmatch
import importlib.util
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scripts.errors import UserError
from scripts.mutate.python_source import functions, mutate_function, sites
from scripts.mutate.score import Fate
from scripts.paths import shown


@dataclass(frozen=True)
class PythonMutant:
    """Mutant `index` of a function; `number` counts all mutants of the block, so it does not depend on which are drawn."""

    number: int
    module: str
    function: str
    index: int
    source: Path
    line: int
    text: str
    description: str

    def plant(self) -> None:
        """Become this mutant, for ever: for child processes."""
        mutate_function(self.module, self.function, self.index)

    @property
    def case(self) -> list:
        """The same as a call for tb/common/forking.py."""
        arguments = {"module": self.module, "function": self.function, "index": self.index}
        return ["scripts.mutate.python_source:mutate_function", arguments]

    def fate(self, block: str) -> Fate:
        """The mutant before it meets a test."""
        name = f"{block}:{self.number}"
        return Fate(block, name, shown(self.source), self.line, self.text, f"{self.function}: {self.description}")


def _source(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.origin:
        raise UserError(f"tb/mutation.toml: no Python module {module!r}")
    return Path(spec.origin)


def _of_module(module: str, pattern: str) -> list[partial[PythonMutant]]:
    source = _source(module)
    text = source.read_text()
    chosen = [function for function in functions(ast.parse(text)) if fnmatch.fnmatchcase(function.name, pattern)]
    if not chosen:
        raise UserError(f"tb/mutation.toml: {module}: no function {pattern!r}")
    lines = text.splitlines()
    return [
        partial(
            PythonMutant,
            module=module,
            function=function.name,
            index=index,
            source=source,
            line=site.line,
            text=lines[site.line - 1].strip(),
            description=site.description,
        )
        for function in chosen
        for index, site in enumerate(sites(function.tree))
    ]


def list_python_mutants(modules: Iterable[str]) -> list[PythonMutant]:
    """Every mutant of modules, each "module" or "module:glob of functions". Raises UserError for one that does not exist."""
    made = [mutant for entry in modules for mutant in _of_module(*(entry.split(":", 1) if ":" in entry else (entry, "*")))]
    return [mutant(number=number) for number, mutant in enumerate(made, 1)]


def sample(mutants: Sequence[PythonMutant], count: int, seed: int) -> list[PythonMutant]:
    """Draw `count` of the mutants, all if there are no more, in their order."""
    chosen = random.Random(seed).sample(range(len(mutants)), min(count, len(mutants)))
    return [mutants[index] for index in sorted(chosen)]
