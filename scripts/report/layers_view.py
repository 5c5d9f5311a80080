# SPDX-License-Identifier: Apache-2.0
"""The layers of a network as they ran in RTL: rows of build/layers.json, their chart and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scripts.designs import design_title

_SIZES = ("compressed_bytes", "raw_bytes", "weight_compressed_bytes", "weight_raw_bytes")
_REQUIRED = ("layer", "rtl_cycles", "model_cycles", "base_cycles")
_BAR_END = 86.0  # percent of the chart's width that the longest bar takes; the rest is for its label


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


@dataclass(frozen=True)
class Layer:
    """One row: cycles of the compute phase, precision in bits, sizes in bytes. None where the row has no such field."""

    layer: str
    design: str
    config: str
    sim: str
    rtl_cycles: int
    model_cycles: int
    base_cycles: int
    stripes_cycles: int | None
    bound_cycles: int | None
    mean_precision: float | None
    mismatches: int | None
    stalls: Mapping[str, int]
    fill: int | None
    compressed_bytes: int | None
    raw_bytes: int | None
    weight_compressed_bytes: int | None = None
    weight_raw_bytes: int | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Layer:
        """Take a row apart. Raises ValueError that names the layer and the missing field."""
        for key in _REQUIRED:
            if key not in row:
                raise ValueError(f"layers: row {row.get('layer', '?')!r} has no {key!r}")
        optional = ("stripes_cycles", "bound_cycles", "mean_precision", "mismatches", "fill", *_SIZES)
        return cls(
            *(row["layer"], row.get("design", ""), row.get("config", ""), row.get("sim", "")),
            *(row["rtl_cycles"], row["model_cycles"], row["base_cycles"]),
            stalls=row.get("stalls") or {},
            **{key: row.get(key) for key in optional},
        )

    @property
    def speedup(self) -> float | None:
        """BASE cycles over RTL cycles."""
        return _ratio(self.base_cycles, self.rtl_cycles)

    @property
    def stripes_speedup(self) -> float | None:
        """BASE cycles over those of Stripes."""
        return _ratio(self.base_cycles, self.stripes_cycles)

    @property
    def bound(self) -> float | None:
        """BASE cycles over those without fill and stalls."""
        return _ratio(self.base_cycles, self.bound_cycles)

    @property
    def difference(self) -> int:
        """Cycles of the model minus cycles of the RTL; 0 is the contract."""
        return self.model_cycles - self.rtl_cycles

    @property
    def compression(self) -> float | None:
        """Compressed size of the activations in percent of the raw size."""
        ratio = _ratio(self.compressed_bytes, self.raw_bytes)
        return None if ratio is None else 100 * ratio

    @property
    def weight_compression(self) -> float | None:
        """Compressed size of the weights in percent of the raw size."""
        ratio = _ratio(self.weight_compressed_bytes, self.weight_raw_bytes)
        return None if ratio is None else 100 * ratio

    def problems(self) -> list[str]:
        """What breaks the contract: outputs or cycles that differ from the model's."""
        where = f"layer {self.layer} on {self.config or self.design}"
        wrong = [f"{where}: {self.mismatches} outputs differ from the model"] if self.mismatches else []
        if self.difference:
            wrong.append(f"{where}: {self.rtl_cycles} cycles, the model says {self.model_cycles}")
        return wrong


@dataclass(frozen=True)
class Classification:
    """What the network says about `images` images when its layers run in RTL: as many `agree` with the model, are `correct`."""

    where: str
    images: int
    agree: int
    correct: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Classification:
        """Take an entry of build/layers.json, or of summary.json, apart. Raises ValueError that names the missing field."""
        for key in ("images", "agree", "correct"):
            if key not in row:
                raise ValueError(f"layers: a classification has no {key!r}")
        where = row.get("where") or " · ".join(row[key] for key in ("config", "sim") if row.get(key))
        return cls(where, row["images"], row["agree"], row["correct"])

    def problems(self) -> list[str]:
        """What breaks the contract: images that the RTL's outputs classify in another way than the model's."""
        other = self.images - self.agree
        return [f"{self.where}: {other} of {self.images} images are not classified as by the model"] if other else []


@dataclass(frozen=True)
class Bars:
    """A layer in the chart; positions in percent of its width, None for what is not known."""

    name: str
    speedup: float | None
    stripes: float | None
    bound: float | None
    speedup_x: float
    stripes_x: float
    bound_x: float


@dataclass(frozen=True)
class Chart:
    """Speedup over BASE of the layers of one design point. `ticks` are (position in percent, speedup)."""

    title: str
    layers: list[Layer]
    total: Layer | None
    bars: list[Bars]
    ticks: list[tuple[float, int]]
    base_x: float

    @property
    def design(self) -> str:
        """The design's name for people."""
        return design_title(self.layers[0].design)


def _total(layers: Sequence[Layer]) -> Layer | None:
    """All layers as one; fields that not every layer has stay unknown."""
    if len(layers) < 2:
        return None

    def add(key: str) -> int | None:
        values = [getattr(layer, key) for layer in layers]
        return None if None in values else sum(values)

    stalls: dict[str, int] = {}
    for layer in layers:
        for cause, cycles in layer.stalls.items():
            stalls[cause] = stalls.get(cause, 0) + cycles
    whole = ("rtl_cycles", "model_cycles", "base_cycles")
    partial = ("stripes_cycles", "bound_cycles", "mismatches", "fill", *_SIZES)
    first = layers[0]
    return replace(
        first,
        layer="all layers",
        mean_precision=None,
        stalls=stalls,
        **{key: sum(getattr(layer, key) for layer in layers) for key in whole},
        **{key: add(key) for key in partial},
    )


def _chart(title: str, layers: list[Layer]) -> Chart:
    total = _total(layers)
    shown = [*layers, total] if total else layers
    highest = max([1.0, *(value or 0 for layer in shown for value in (layer.speedup, layer.stripes_speedup, layer.bound))])
    scale = _BAR_END / highest
    bars = [
        Bars(
            layer.layer,
            *(layer.speedup, layer.stripes_speedup, layer.bound),
            *(round(scale * (value or 0), 2) for value in (layer.speedup, layer.stripes_speedup, layer.bound)),
        )
        for layer in shown
    ]
    step = max(1, round(highest / 6))
    ticks = [(round(scale * value, 2), value) for value in range(0, int(highest) + 1, step)]
    return Chart(title, layers, total, bars, ticks, round(scale, 2))


def charts(rows: Sequence[Mapping[str, Any]]) -> list[Chart]:
    """Return a chart for each design point (design, configuration, simulator). Raises ValueError for an incomplete row."""
    groups: dict[str, list[Layer]] = {}
    for row in rows:
        layer = Layer.from_row(row)
        title = " · ".join(part for part in (layer.design, layer.config, layer.sim) if part)
        groups.setdefault(title, []).append(layer)
    return [_chart(title, layers) for title, layers in groups.items()]
