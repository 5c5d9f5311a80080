# SPDX-License-Identifier: Apache-2.0
"""Runs in the simulation, in a child: switches a mutant on."""

from __future__ import annotations

import cocotb
from cocotb.handle import Immediate

SELECT = "dpr_mutant"


def set_mutant(number: int) -> None:
    """Choose the mutant `number` of the netlist from time 0 on; 0 is none."""
    getattr(cocotb.top, SELECT).set(Immediate(number))
