# SPDX-License-Identifier: Apache-2.0
"""Long tests of the cores."""

from __future__ import annotations

import pyuvm

from tb.tile.soak import SoakLayers
from tb.tile.test_tile import TileTest


@pyuvm.test()
class TileSoak(TileTest):
    """As many random layers as one likes, with stalls and resets: every sum, every cycle and its cause."""

    sequence = SoakLayers
