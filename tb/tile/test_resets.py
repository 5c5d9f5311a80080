# SPDX-License-Identifier: Apache-2.0
"""The sweep of resets over a batch."""

from __future__ import annotations

import pyuvm

from tb.tile.reset_sweep import ResetSweep
from tb.tile.test_tile import TileTest


@pyuvm.test()
class TileResetSweep(TileTest):
    """What is under way in any stage must not outlive the shortest reset."""

    sequence = ResetSweep
    samples_cuts = True
