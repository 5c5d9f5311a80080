# SPDX-License-Identifier: Apache-2.0
"""Area, delay and energy of a multiply-accumulate unit in any format, and what they make of a chip of a given area.

As in Hill et al. ("Rethinking Numerical Representations for Deep Neural Networks", 2018, section 3.2 and Fig. 5), a
narrower unit is faster and smaller, and the area that it saves holds more units: speedup = delay gain x area gain over
float32. Their synthesis results are not public beyond two formats, so this is a model:

    area, energy    multiplier + adder + a constant that every unit has (registers, control)
    float multiply  a (m + 1)^2 + b e: array of partial products, exponent adder
    float add       a (m + 1) log2(m + 1) in area (shifters), a (m + 1) in energy
    fixed multiply  a bits^2 + b bits
    fixed add       a bits
    delay           levels of logic, see `delay_levels`

a and b are fitted to operators that Horowitz published, the constants to the two MAC units of Hill et al.; the numbers
are in costs.toml, and `residuals` says how well they are met.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import log, log2
from pathlib import Path
from typing import Any

import numpy as np

from models.floats.formats import FLOAT32, FixedFormat, FloatFormat, Format

COSTS_FILE = Path(__file__).with_name("costs.toml")
QUANTITIES = ("area_um2", "energy_pj")
_Terms = Callable[[dict[str, int]], list[float]]


def _significand(point: dict[str, int]) -> int:
    return point["mantissa"] + 1


def _shift_terms(point: dict[str, int]) -> list[float]:
    width = max(2, _significand(point))  # a float without mantissa bits has a shifter too
    return [width * log2(width)]


_TERMS: dict[tuple[str, str], _Terms] = {
    **{("fixed_multiply", each): lambda point: [point["bits"] ** 2, point["bits"]] for each in QUANTITIES},
    **{("fixed_add", each): lambda point: [point["bits"]] for each in QUANTITIES},
    **{("float_multiply", each): lambda point: [_significand(point) ** 2, point["exponent"]] for each in QUANTITIES},
    ("float_add", "area_um2"): _shift_terms,
    ("float_add", "energy_pj"): lambda point: [_significand(point)],
}


@dataclass(frozen=True)
class MacCost:
    """A multiply-accumulate unit: area in um^2 and energy of an operation in pJ (45 nm), delay in levels of logic."""

    area_um2: float
    energy_pj: float
    levels: float

    @property
    def speedup(self) -> float:
        """Throughput of an area filled with such units, over the same area of float32 units."""
        full = mac_cost(FLOAT32)
        return full.area_um2 / self.area_um2 * full.levels / self.levels

    @property
    def energy_saving(self) -> float:
        """Energy of a float32 operation over that of one here."""
        return mac_cost(FLOAT32).energy_pj / self.energy_pj


@cache
def published() -> dict[str, Any]:
    """Return the contents of costs.toml."""
    return tomllib.loads(COSTS_FILE.read_text())


@cache
def coefficients(operator: str, quantity: str) -> tuple[float, ...]:
    """Return the factors of an operator's terms: least relative squares over the published operators."""
    points = published()["operators"][operator]
    rows = np.array([[term / point[quantity] for term in _TERMS[operator, quantity](point)] for point in points])
    return tuple(float(each) for each in np.linalg.lstsq(rows, np.ones(len(points)), rcond=None)[0])


def operator_cost(operator: str, quantity: str, point: dict[str, int]) -> float:
    """Return area or energy of an operator, e.g. ("float_add", "area_um2", {"mantissa": 7, "exponent": 6})."""
    return float(np.dot(coefficients(operator, quantity), _TERMS[operator, quantity](point)))


def _bare(number_format: Format, quantity: str) -> float:
    """Return area or energy of multiplier and adder."""
    if isinstance(number_format, FixedFormat):
        kind, point = "fixed", {"bits": number_format.bits}
    else:
        kind, point = "float", {"mantissa": number_format.mantissa, "exponent": number_format.exponent}
    return sum(operator_cost(f"{kind}_{what}", quantity, point) for what in ("multiply", "add"))


def delay_levels(number_format: Format) -> float:
    """Return the levels of logic through a unit: two a stage of the carry-save tree, log2 for adders, shifters, counters.

    Fixed: tree, product adder, accumulator. Float: tree, product adder, alignment, significand adder, leading-zero count,
    normalisation; exponents are compared while the tree works.
    """
    if isinstance(number_format, FixedFormat):
        return _tree(number_format.bits) + log2(2 * number_format.bits) + log2(number_format.bits)
    significand = number_format.mantissa + 1
    return _tree(significand) + log2(2 * significand) + 4 * log2(significand + 1)


def _tree(rows: int) -> float:
    """Return the levels of a carry-save tree that brings `rows` partial products to two; a stage makes 3 rows into 2."""
    return 2 * log(max(rows, 2) / 2, 1.5)


@cache
def overhead(quantity: str) -> float:
    """Return the area or energy that every unit has: the one that meets Hill et al.'s MAC units best (log squares)."""
    candidates = np.linspace(0, _bare(FLOAT32, quantity), 100_001)
    errors = sum(np.log(_gain(point, quantity, candidates) / _measured(point, quantity)) ** 2 for point in _macs())
    return float(candidates[np.argmin(errors)])


def _macs() -> list[dict[str, Any]]:
    return published()["macs"]["point"]


def _measured(point: dict[str, Any], quantity: str) -> float:
    return point["speedup" if quantity == "area_um2" else "energy_saving"]


def _gain(point: dict[str, Any], quantity: str, constant: np.ndarray) -> np.ndarray:
    """Return speedup or energy saving of a published MAC unit for any constant."""
    narrow = FloatFormat(point["mantissa"], point["exponent"])
    gain = (_bare(FLOAT32, quantity) + constant) / (_bare(narrow, quantity) + constant)
    return gain * delay_levels(FLOAT32) / delay_levels(narrow) if quantity == "area_um2" else gain


@cache
def mac_cost(number_format: Format) -> MacCost:
    """Return the cost of a multiply-accumulate unit in a format."""
    area, energy = (_bare(number_format, each) + overhead(each) for each in QUANTITIES)
    return MacCost(area, energy, delay_levels(number_format))


@dataclass(frozen=True)
class Residual:
    """A published number beside the model's."""

    what: str
    published: float
    model: float

    @property
    def relative(self) -> float:
        """How far the model is off, as a fraction of the published number."""
        return self.model / self.published - 1


def residuals() -> list[Residual]:
    """Return every published number of costs.toml with what the model makes of it."""
    found = []
    for operator, points in published()["operators"].items():
        for point in points if isinstance(points, list) else []:
            shape = ", ".join(f"{key} {value}" for key, value in point.items() if key not in QUANTITIES)
            for quantity in QUANTITIES:
                what = f"{operator}, {shape}, {quantity}"
                found.append(Residual(what, point[quantity], operator_cost(operator, quantity, point)))
    for point in _macs():
        for quantity in QUANTITIES:
            model = float(_gain(point, quantity, np.array(overhead(quantity))))
            name = "speedup" if quantity == "area_um2" else "energy saving"
            found.append(Residual(f"MAC m{point['mantissa']}e{point['exponent']}, {name}", _measured(point, quantity), model))
    return found
