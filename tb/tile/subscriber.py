# SPDX-License-Identifier: Apache-2.0
"""An analysis export that calls a function: a component may have several."""

from __future__ import annotations

from collections.abc import Callable

from pyuvm import uvm_component, uvm_subscriber


class Caller(uvm_subscriber):
    """Hands every item to a function."""

    def __init__(self, name: str, parent: uvm_component, call: Callable[[object], None]) -> None:
        super().__init__(name, parent)
        self.call = call

    def write(self, item: object) -> None:
        self.call(item)
