# SPDX-License-Identifier: Apache-2.0
"""When each event of dispatcher, tile and reducer happens, to the cycle, for any gaps in the input and any back-pressure.

The layer's cycle contract (models/cycles.py) follows from these rules when nothing upstream or downstream waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CAPTURE_TO_COLUMN = 4  # cycles from a pallet's last bit plane leaving stage B to its first column on the reducer's output


@dataclass(frozen=True)
class DispatchTiming:
    """Cycles of each step (int64 [steps]) and of each column taken (int64 [pallets, cols])."""

    handshake: np.ndarray  # the step enters stage A
    start: np.ndarray  # it enters stage B
    end: np.ndarray  # its last bit plane leaves stage B
    column: np.ndarray
    stalls: int  # cycles stage B waited for the reducer


def dispatch_timing(
    gaps: np.ndarray, precisions: np.ndarray, last: np.ndarray, cols: int, *, first: int, ready: Callable[[int], bool]
) -> DispatchTiming:
    """Predict the timing of a sequence of steps that starts with an idle dispatcher and ends with a pallet's last step.

    Args:
        gaps: int [steps], idle input cycles between the handshake of the step before and this step being offered.
        precisions: int [steps], group precision in bits; a step takes max(1, p) cycles.
        last: bool [steps], last step of its pallet.
        cols: columns of the tile.
        first: cycle in which the first step is offered.
        ready: whether the output is taken in a cycle.
    """
    steps = len(precisions)
    handshake, start, end = (np.zeros(steps, np.int64) for _ in range(3))
    columns: list[list[int]] = []
    free, stalls = -1, 0
    for i in range(steps):
        offered = first if i == 0 else handshake[i - 1] + 1 + gaps[i]
        handshake[i] = offered if i == 0 else max(offered, start[i - 1])
        start[i] = handshake[i] + 1 if i == 0 else max(handshake[i] + 1, end[i - 1])
        done = start[i] + max(1, int(precisions[i]))
        end[i] = done
        if last[i]:
            end[i] = max(done, free)
            stalls += int(end[i] - done)
            columns.append(_take(int(end[i]) + CAPTURE_TO_COLUMN, cols, ready))
            free = columns[-1][-1] + 1  # the reducer's credit comes back through a register
    return DispatchTiming(handshake, start, end, np.array(columns, np.int64).reshape(-1, cols), stalls)


def _take(cycle: int, cols: int, ready: Callable[[int], bool]) -> list[int]:
    taken = []
    while len(taken) < cols:
        if ready(cycle):
            taken.append(cycle)
        cycle += 1
    return taken
