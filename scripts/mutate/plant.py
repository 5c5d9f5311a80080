# SPDX-License-Identifier: Apache-2.0
"""Runs in the simulation, in a child: switches a mutant on, or makes a monitor deaf."""

from __future__ import annotations

import importlib

import cocotb
from cocotb.handle import Immediate

SELECT = "dpr_mutant"


def set_mutant(number: int) -> None:
    """Choose the mutant `number` of the netlist from time 0 on; 0 is none."""
    getattr(cocotb.top, SELECT).set(Immediate(number))


def deafen(target: str) -> None:
    """Let a monitor's method ("module:class.method") do its work once: what it should hand on later is lost."""
    module, _, path = target.partition(":")
    owner, name = path.split(".")
    listening = getattr(importlib.import_module(module), owner)
    hand_on = getattr(listening, name)

    def once(self: object, *arguments: object) -> None:
        if not getattr(self, "is_deaf", False):
            self.is_deaf = True
            hand_on(self, *arguments)

    setattr(listening, name, once)
