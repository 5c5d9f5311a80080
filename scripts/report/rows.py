# SPDX-License-Identifier: Apache-2.0
"""Rows of JSON files as dataclasses: a file that is not what it should be is named, field by field."""

from __future__ import annotations

import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")
_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", types.NoneType: "null"}


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _fits(value: object, hint: Any) -> bool:
    """Whether a JSON value is of the type; NaN and infinities are no numbers, and true is not 1."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return any(_fits(value, one) for one in inside)
    if origin is list:
        return isinstance(value, list) and all(_fits(item, inside[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, inside[1]) for item in value.values())
    if hint is Any:
        return True
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))


def _word(hint: Any) -> str:
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_word(one) for one in inside)
    if origin is list:
        return "a list"
    return _WORDS.get(hint, "a table")


def from_row(kind: type[T], row: object, where: str) -> T:
    """Make a dataclass of a table of JSON; fields with a default may be left out, other keys are ignored.

    Raises ValueError that says `where`, the field, and what is wrong with it.
    """
    if not isinstance(row, Mapping):
        raise ValueError(f"{where} is not a table")
    values = {}
    for field in fields(typing.cast(Any, kind)):
        hint = _hints(kind)[field.name]
        if field.name in row:
            if not _fits(row[field.name], hint):
                raise ValueError(f"{where}: {field.name!r} is not {_word(hint)}")
            values[field.name] = row[field.name]
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{where} has no {field.name!r}")
    return kind(**values)


def from_rows(kind: type[T], document: Mapping[str, Any], key: str) -> list[T]:
    """Make a list of dataclasses of `document[key]`. Raises ValueError that names the row, from 1, and the field."""
    rows = document.get(key)
    if not isinstance(rows, list):
        raise ValueError(f"no list {key!r}")
    return [from_row(kind, row, f"{key} {number}") for number, row in enumerate(rows, 1)]


def parse_object(text: str) -> dict[str, Any]:
    """Parse a text that holds one JSON object. Raises ValueError that says what is wrong."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from None
    except RecursionError:
        raise ValueError("not JSON: nested too deep") from None
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")
    return document
