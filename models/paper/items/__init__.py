# SPDX-License-Identifier: Apache-2.0
"""The tables and figures of the paper, a function each that computes ours: in the order of the page."""

from collections.abc import Callable

from models.paper.context import Context
from models.paper.items.eight_bits import table8, table10
from models.paper.items.figures import figure1, figure5b
from models.paper.items.layouts import table4, table6, table9
from models.paper.items.off_chip import figure6, figure7, figure8, figure9
from models.paper.items.precisions import table1, table2, table3
from models.paper.items.related import hill, judd
from models.paper.items.speedups import figure5a, table5, table7
from models.paper.results import Item

ITEMS: tuple[Callable[[Context], Item], ...] = (
    figure1,
    table1,
    table2,
    table3,
    figure5a,
    figure5b,
    table4,
    table5,
    table6,
    table7,
    figure6,
    figure7,
    figure8,
    figure9,
    table8,
    table9,
    table10,
    hill,
    judd,
)
