# SPDX-License-Identifier: Apache-2.0
"""The blocks of rtl/tile that are tested alone, at small shapes."""

from __future__ import annotations

from tests.support.bench import Block

SHAPE = {"COLS": 4, "LANES": 2}


def sips(p: int) -> dict[str, Block]:
    """Units of each kind: lanes, bits per cycle, whole weights or one bit of each."""
    units = {
        "sip4": {"LANES": 4},
        "sip16": {"LANES": 16},
        "sip16x2": {"LANES": 16, "BITS_PER_CYCLE": 2},
        "sip16x4": {"LANES": 16, "BITS_PER_CYCLE": 4},
        "sip5x4": {"LANES": 5, "BITS_PER_CYCLE": 4},
        "sip1x2": {"LANES": 1, "BITS_PER_CYCLE": 2},
        "loom16": {"LANES": 16, "WEIGHT_W": 1},
        "loom1": {"LANES": 1, "WEIGHT_W": 1},
    }
    return {name: Block("dpr_sip", {"P": p, **values}) for name, values in units.items()}


def cells(p: int) -> dict[str, Block]:
    """Sums, planes, the comparator."""
    return {
        "tree1": Block("dpr_adder_tree", {"W": p, "N": 1}),
        "tree5": Block("dpr_adder_tree", {"W": p, "N": 5}),
        "tree16": Block("dpr_adder_tree", {"W": p, "N": 16}),
        "count1": Block("dpr_popcount", {"W": 1}),
        "count16": Block("dpr_popcount", {"W": 16}),
        "count37": Block("dpr_popcount", {"W": 37}),
        "transposer": Block("dpr_transposer", {"P": p, "N": 6}),
        "max": Block("dpr_running_max", {"W": p + 1, "ACC_W": 2 * p + 16}),
    }


def columns(p: int) -> dict[str, Block]:
    """One column of SIPs: as in DStripes, TRT with comparators, Loom."""
    return {
        "column": Block("dpr_sip_column", {"P": p, "ROWS": 3, "LANES": 4}),
        "trtcol": Block("dpr_sip_column", {"P": p, "ROWS": 2, "LANES": 4, "BITS_PER_CYCLE": 2, "MAX_POOL": 1}),
        "loomcol": Block("dpr_sip_column", {"P": p, "ROWS": 2, "LANES": 4, "WEIGHT_W": 1}),
    }


def sequencers(p: int) -> dict[str, Block]:
    """1, 2, 4 bits a cycle."""
    return {f"sequencer{bits}": Block("dpr_step_sequencer", {"P": p, "COLS": 4, "BITS_PER_CYCLE": bits}) for bits in (1, 2, 4)}


def dispatchers(p: int) -> dict[str, Block]:
    """1, 2, 4 bits a cycle."""
    shape = {"P": p, **SHAPE, "ADDR_W": 8}
    return {f"dispatch{bits}": Block("dpr_dispatcher", {**shape, "BITS_PER_CYCLE": bits}) for bits in (1, 2, 4)}


def tiles(p: int) -> dict[str, Block]:
    """Tiles of 2 x 4 SIPs; reducers of several and of one column."""
    acc_w = 2 * p + 16
    return {
        "tile": Block("dpr_tile", {"P": p, "ROWS": 2, **SHAPE}),
        "tile2": Block("dpr_tile", {"P": p, "ROWS": 2, **SHAPE, "BITS_PER_CYCLE": 2}),
        "reducer": Block("dpr_reducer", {"ROWS": 3, "COLS": 4, "ACC_W": acc_w}),
        "reducer1": Block("dpr_reducer", {"ROWS": 2, "COLS": 1, "ACC_W": acc_w}),
    }


def blocks(p: int) -> dict[str, Block]:
    """All of them."""
    return sips(p) | cells(p) | columns(p) | sequencers(p) | dispatchers(p) | tiles(p)
