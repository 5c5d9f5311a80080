# SPDX-License-Identifier: Apache-2.0
"""The paper's names of the designs, and short ones for the headings of tables. Needs only the standard library."""

from __future__ import annotations

from dataclasses import dataclass

from models.config import load_all

DESIGN_NAMES = ("base", "stripes", "dstripes", "trt", "loom")
_SHORT = {"base": "BASE", "stripes": "Str", "dstripes": "DStr", "trt": "TRT", "loom": "DLoom"}
_LONG = {"base": "BASE", "stripes": "Stripes", "dstripes": "DStripes", "trt": "TRT", "loom": "DPRed Loom"}
_STATIC = {"trt": ("TRTs", "TRT, static"), "loom": ("Loom", "Loom")}


def design_name(design: str, detection: str) -> str:
    """The design as the paper and the variable DESIGN name it: the DStripes tile at a static precision is Stripes."""
    return "stripes" if (design, detection) == ("dstripes", "static") else design


def design_title(design: str, detection: str = "dynamic") -> str:
    """The design's name for people; a name that is none of DESIGN_NAMES stays as it is."""
    family = design_name(design, detection)
    return _STATIC[family][1] if detection == "static" and family in _STATIC else _LONG.get(family, family)


@dataclass(frozen=True)
class DesignPoint:
    """A configuration as a table shows it.

    `family` is one of DESIGN_NAMES; `title` the design's full name; `code` a heading of some 8 letters, as DStr16b2 for
    DStripes, 16-bit, 2 bits a cycle; `shape` rows x columns, "" for a configuration that is not in models/configs.toml.
    """

    config: str
    family: str
    title: str
    code: str
    shape: str
    p: int
    static: bool
    bits_per_cycle: int

    @property
    def order(self) -> tuple[int, int, bool, int]:
        """Tables have the wider operands first, then the designs as the paper introduces them."""
        return -self.p, DESIGN_NAMES.index(self.family), not self.static, self.bits_per_cycle


def design_point(config: str, design: str, detection: str, bits_per_cycle: int) -> DesignPoint:
    """Return the point of a row of build/layers.json. Raises ValueError for a design that does not exist."""
    family = design_name(design, detection)
    if family not in DESIGN_NAMES:
        raise ValueError(f"layers: {config} is of design {design!r}: use one of {', '.join(DESIGN_NAMES)}")
    short, title = _SHORT[family], design_title(design, detection)
    if detection == "static" and family in _STATIC:
        short = _STATIC[family][0]
    known = load_all().get(config)
    p = known.p if known else 0
    bits = f"b{bits_per_cycle}" if bits_per_cycle > 1 else ""
    words = [title, f"{p}-bit" if p else "", f"{bits_per_cycle} bits a cycle" if bits else ""]
    return DesignPoint(
        config=config,
        family=family,
        title=", ".join(word for word in words if word),
        code=f"{short}{p}{bits}" if known else config,
        shape=f"{known.rows}x{known.cols}" if known else "",
        p=p,
        static=detection == "static",
        bits_per_cycle=bits_per_cycle,
    )
