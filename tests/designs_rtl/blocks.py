# SPDX-License-Identifier: Apache-2.0
"""The blocks of BASE, TRT and Loom that are tested alone, and the core of every design, at small shapes."""

from __future__ import annotations

from tests.support.bench import Block

DESIGNS = {"base": 0, "dstripes": 1, "trt": 2, "loom": 3}


def parts(p: int) -> dict[str, Block]:
    """Inner-product units, BASE, weight registers, the tiles of TRT and Loom."""
    registers = {
        f"wr{bits}": Block("dpr_weight_registers", {"P": p, "N": 3, "BITS_PER_CYCLE": bits, "COLUMN": 1}) for bits in (1, 2, 4)
    }
    return registers | {
        "ip1": Block("dpr_ip", {"P": p, "LANES": 1}),
        "ip16": Block("dpr_ip", {"P": p, "LANES": 16}),
        "base": Block("dpr_base", {"P": p, "ROWS": 3, "LANES": 2, "ADDR_W": 4}),
        "trt": Block("dpr_trt_tile", {"P": p, "ROWS": 2, "COLS": 5, "LANES": 2}),
        "trt2": Block("dpr_trt_tile", {"P": p, "ROWS": 2, "COLS": 3, "LANES": 2, "BITS_PER_CYCLE": 2}),
        "loom": Block("dpr_loom_tile", {"P": p, "ROWS": 2, "COLS": 3, "LANES": 3}),
    }


def core(p: int, design: str, bits: int = 1) -> Block:
    """2 rows, 2 columns (BASE: 1), 2 lanes."""
    shape = {"ROWS": 2, "COLS": 1 if design == "base" else 2, "LANES": 2, "BITS_PER_CYCLE": bits, "ADDR_W": 7}
    return Block("dpr_core", {"DESIGN": DESIGNS[design], "P": p, **shape})


def cores(p: int) -> dict[str, Block]:
    """Every design; with 2 and 4 bits a cycle where it has them."""
    wide = {f"{design}x{bits}": core(p, design, bits) for design in ("dstripes", "trt") for bits in (2, 4)}
    return {f"{design}x1": core(p, design) for design in DESIGNS} | wide


def blocks(p: int) -> dict[str, Block]:
    """All of them."""
    return parts(p) | cores(p)
