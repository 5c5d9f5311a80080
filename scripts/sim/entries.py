# SPDX-License-Identifier: Apache-2.0
"""Read the entries of a TOML file key by key: a wrong type, a missing or an unknown key gives one line with file and entry."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.errors import UserError

_MISSING = object()


def load_toml(path: Path) -> dict[str, Any]:
    """Return a TOML file's tables. Raises UserError that names the file and where it is wrong."""
    try:
        return tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path.name}: {error}") from None


class Entry:
    """The table [`name`] of `file`. Each method takes one key; `close` refuses the keys that nobody has asked for.

    Without a `default` the key must be there. Raises UserError: file, entry, key, and what it should be.
    """

    def __init__(self, file: Path, name: str, table: object) -> None:
        self.where = f"{file.name}: [{name}]"
        if not isinstance(table, Mapping):
            raise UserError(f"{self.where} is no table: give it keys")
        self.table = table
        self.asked: list[str] = []

    def error(self, text: str) -> UserError:
        """The error that this entry is wrong in the way that `text` says."""
        return UserError(f"{self.where} {text}")

    def _take(self, key: str, default: object, kind: str) -> Any:
        self.asked.append(key)
        value = self.table.get(key, default)
        if value is _MISSING:
            raise self.error(f"has no {key!r}: it must be {kind}")
        return value

    def text(self, key: str, default: object = _MISSING) -> str:
        """A text that is not empty."""
        value = self._take(key, default, "a text")
        if not isinstance(value, str) or (key in self.table and not value.strip()):
            raise self.error(f"{key} = {value!r}: it must be a text")
        return value

    def one_of(self, key: str, valid: tuple[str, ...]) -> str:
        """One of the texts `valid`."""
        value = self.text(key)
        if value not in valid:
            raise self.error(f"{key} = {value!r}: use one of {', '.join(valid)}")
        return value

    def texts(self, key: str, default: object = _MISSING) -> tuple[str, ...]:
        """A list of texts."""
        value = self._take(key, default, "a list of texts")
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise self.error(f"{key} = {value!r}: it must be a list of texts")
        return tuple(value)

    def number(self, key: str, default: int) -> int:
        """A whole number from 1."""
        value = self._take(key, default, "a whole number")
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.error(f"{key} = {value!r}: it must be a whole number from 1")
        return value

    def flag(self, key: str) -> bool:
        """True or false, false when it is left out."""
        value = self._take(key, False, "true or false")
        if not isinstance(value, bool):
            raise self.error(f"{key} = {value!r}: it must be true or false")
        return value

    def numbers(self, key: str) -> dict[str, int]:
        """A table of whole numbers, empty when it is left out."""
        value = self._take(key, {}, "a table of whole numbers")
        if not isinstance(value, dict) or not all(isinstance(item, int) for item in value.values()):
            raise self.error(f"{key} = {value!r}: it must be a table of whole numbers")
        return value

    def close(self) -> None:
        """Refuse keys that were not asked for."""
        unknown = sorted(set(self.table) - set(self.asked))
        if unknown:
            raise self.error(f"unknown key {unknown[0]!r}: use {', '.join(sorted(self.asked))}")
