# SPDX-License-Identifier: Apache-2.0
"""Faults of a stream that no mutant of a gate makes: an offer is withdrawn, or changes while it waits; all beats stay right.

Only a check of the handshake's rules can notice them, so they are what shows that there is one. They are numbered beyond the
mutants of any netlist.
"""

from __future__ import annotations

import re

WITHDRAWN, CHANGED = 0xFFFE, 0xFFFF
FAULTS = {"withdrawn offers": WITHDRAWN, "offers that change": CHANGED}
_STREAM = "m_axis"
_RANGE = r"output\s+wire\s*(\[[^\]]*\])?\s*{}\b"

_CODE = """    // Withdrawn: a refused offer is taken back for a cycle. Changed: an offer is inverted while it is refused.
    wire                 own_tvalid;
    wire {range:<15} own_tdata;
    reg                  pause;
    wire                 refused = own_tvalid && !{stream}_tready;
    always @(posedge clk) pause <= {select} == {withdrawn} && refused && !pause && !rst;
    assign {stream}_tvalid = own_tvalid && !pause;
    assign {stream}_tdata  = {select} == {changed} && refused ? ~own_tdata : own_tdata;
"""


def has_stream(head: str) -> bool:
    """Whether a module with this port list sends a stream that can be sabotaged."""
    return re.search(_RANGE.format(f"{_STREAM}_tvalid"), head) is not None


def sabotage(head: str, select: str) -> tuple[str, dict[str, str]]:
    """Return Verilog for the module around the device, and what the device's ports of the stream are connected to there.

    head: the device's port list; select: the register with the number of the fault.
    """
    width = re.search(_RANGE.format(f"{_STREAM}_tdata"), head)
    code = _CODE.format(
        range=width[1] if width and width[1] else "", stream=_STREAM, select=select, withdrawn=WITHDRAWN, changed=CHANGED
    )
    own = {"tvalid": "own_tvalid", "tdata": "own_tdata", "tready": f"{_STREAM}_tready && !pause"}
    return code, {f"{_STREAM}_{signal}": inside for signal, inside in own.items()}
