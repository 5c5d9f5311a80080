# SPDX-License-Identifier: Apache-2.0
"""Tables 4, 6 and 9: energy, area and power of 65 nm layouts, which nothing here can repeat."""

from __future__ import annotations

from models.paper.context import Context
from models.paper.published import GEOMEAN, table
from models.paper.results import Item, Row


def table4(_context: Context) -> Item:
    """Energy efficiency of convolutional layers."""
    rows = []
    for column, quantity in (("dstripes_vs_base", "DStripes over BASE"), ("dstripes_vs_stripes", "DStripes over Stripes")):
        for network, value in table("table4", column).items():
            name = "geometric mean" if network == GEOMEAN else network
            rows.append(Row(name, f"energy efficiency, {quantity}", value, None, "rtl"))
    return Item("table4", tuple(rows))


def table6(_context: Context) -> Item:
    """Areas: what follows from the printed parts is recomputed."""
    rows, base = [], sum(value for name, value in table("table6", "BASE").items() if "total" not in name)
    for column, design in (("DStripes_T", "TRT"), ("DStripes_T_2bit", "TRT, 2 bits a cycle")):
        printed = table("table6", column)
        ours = sum(value for name, value in printed.items() if "total" not in name) / base
        rows.append(Row(design, "area of the chip over BASE", printed["normalized_total"], ours, "arithmetic"))
        units = printed["inner-product_units"] / table("table6", "BASE")["inner-product_units"]
        rows.append(Row(design, "area of the inner-product units over BASE", None, units, "arithmetic"))
    return Item("table6", tuple(rows))


def table9(_context: Context) -> Item:
    """Area and power at 8 bits."""
    words = {"total_area": "area", "compute_area": "area of the compute units", "power": "power"}
    printed = table("table9", "dstripes_t_vs_base")
    return Item(
        "table9", tuple(Row("8 bits", f"{words[key]}, TRT over BASE", value, None, "rtl") for key, value in printed.items())
    )
