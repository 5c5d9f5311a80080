# SPDX-License-Identifier: Apache-2.0
"""What tests of the mutation score plant in a simulation's children, and functions for mutants."""

from __future__ import annotations

from functools import cache

from tb.common.checks import Checks


def toothless() -> None:
    """Every comparison counts, none can fail."""
    Checks._remember = lambda *arguments: None


def always_wrong() -> None:
    """Every comparison fails."""
    right = Checks.equal
    Checks.equal = lambda self, what, actual, expected: right(self, what, actual, 1 - right(self, what, actual, expected))


def ask(checks: Checks, what: str) -> bool:
    """A comparison that another module asks for."""
    return checks.equal(what, [1, 2], [1, 2])


@cache
def at_most(value: int, bound: int) -> bool:
    """Whether value <= bound."""
    return value <= bound


def add_all(values: list[int]) -> int:
    """The sum."""
    total = 0
    for value in values:
        total += value
    return total


def record(values: list[int], value: int) -> None:
    """Append, unless it is there."""
    if value in values and True:
        return
    values.append(value)


class Holder:
    """Methods of every kind."""

    def __init__(self, size: int) -> None:
        self.size = size + 1

    def nothing(self) -> int:
        """What a subclass has."""
        raise NotImplementedError

    @property
    def twice(self) -> int:
        """A property."""
        return self.size * 2

    @staticmethod
    def half(value: int) -> int:
        """A static method."""
        return value // 2

    @classmethod
    def of(cls, size: int) -> Holder:
        """A class method with a function inside."""

        def smaller() -> int:
            return size - 1

        return cls(smaller())
