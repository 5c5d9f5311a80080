# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of dispatcher and tile, sampled once a step or pallet."""

from __future__ import annotations

import numpy as np
from cocotb_coverage.coverage import CoverCross, CoverPoint
from pyuvm import ConfigDB, uvm_subscriber

from models.dispatch_timing import CAPTURE_TO_COLUMN
from tb.tile.items import TileTrace
from tb.tile.scoreboard import step_precisions

_STEPS = ["1", "2..4", "5..16", "over 16"]


def _steps_bin(steps: int) -> str:
    return _STEPS[int(np.searchsorted([1, 4, 16], steps))]


def _change(before: int, after: int) -> str:
    if before == after:
        return "same"
    return f"{'longer' if after > before else 'shorter'}{' by 4 or more' if abs(after - before) >= 4 else ''}"


class TileCoverage(uvm_subscriber):
    """Samples the trace of a batch; bins that the configuration cannot reach are not bins."""

    def build_phase(self) -> None:
        context = ConfigDB().get(self, "", "CONTEXT")
        self.bits, self.cols = context.config.p, context.config.cols
        self.sample_step, self.sample_pallet = _points(self.bits)
        self.sampled: dict[str, set[tuple[int, ...]]] = {"step": set(), "pallet": set()}

    def write(self, trace: TileTrace) -> None:
        inputs = trace.inputs
        if not len(inputs.acts):
            return
        precision, _ = step_precisions(inputs, self.bits)
        flat = inputs.acts.reshape(len(inputs.acts), -1)
        minimum = (flat == -(1 << (self.bits - 1))).any(axis=1) & inputs.is_signed
        before = np.concatenate([precision[:1], precision[:-1]])
        steps = np.stack([precision, inputs.is_signed, inputs.n_low, before, minimum], axis=1)
        for p, signed, n_low, previous, lowest in self._new("step", steps):
            self.sample_step(p, bool(signed), n_low, _change(previous, p), bool(lowest))
        for lengths, fast, held in self._new("pallet", self._pallets(trace, precision)):
            self.sample_pallet(_steps_bin(lengths), bool(fast), bool(held))

    def _new(self, kind: str, rows: np.ndarray) -> list[tuple[int, ...]]:
        """The combinations not sampled before in this run: sampling one costs as much as simulating ten cycles."""
        found = {tuple(row) for row in np.unique(rows, axis=0).tolist()}
        new = sorted(found - self.sampled[kind])
        self.sampled[kind] |= found
        return new

    def _pallets(self, trace: TileTrace, precision: np.ndarray) -> np.ndarray:
        """Per complete pallet: steps, whether it computes faster than the reducer drains, whether back-pressure held it."""
        held = _held(trace, self.cols)
        starts, ends = np.flatnonzero(trace.inputs.first)[: len(held)], np.flatnonzero(trace.inputs.last)[: len(held)]
        work = np.diff(np.concatenate([[0], np.cumsum(np.maximum(precision, 1))])[np.stack([starts, ends + 1])], axis=0)[0]
        return np.stack([ends - starts + 1, work < self.cols + CAPTURE_TO_COLUMN, held[: len(ends)]], axis=1)


def _held(trace: TileTrace, cols: int) -> np.ndarray:
    """Whether back-pressure held a column of each pallet, bool [pallets]."""
    cycles = trace.column_cycle[: len(trace.column_cycle) // cols * cols].reshape(-1, cols)
    return cycles[:, -1] - cycles[:, 0] >= cols


def _points(bits: int) -> tuple:
    group = f"tile.p{bits}"

    @CoverPoint(f"{group}.precision", xf=lambda p, *_: p, bins=list(range(bits + 1)))
    @CoverPoint(f"{group}.sign", xf=lambda p, signed, *_: "signed" if signed else "unsigned", bins=["unsigned", "signed"])
    @CoverPoint(f"{group}.n_low", xf=lambda p, signed, n_low, *_: n_low, bins=list(range(bits)))
    @CoverPoint(
        f"{group}.precision_change",
        xf=lambda p, signed, n_low, change, minimum: change,
        bins=["same", "longer", "longer by 4 or more", "shorter", "shorter by 4 or more"],
    )
    @CoverPoint(f"{group}.most_negative", xf=lambda p, s, n, c, minimum: minimum, bins=[True, False])
    @CoverCross(
        f"{group}.precision_x_sign",
        items=[f"{group}.precision", f"{group}.sign"],
        ign_bins=[(1, "signed")],  # one bit is only a sign: a signed group with a value needs two
    )
    def step(p: int, signed: bool, n_low: int, change: str, minimum: bool) -> None:
        pass

    @CoverPoint(f"{group}.steps", xf=lambda steps, *_: steps, bins=_STEPS)
    @CoverPoint(f"{group}.faster_than_reducer", xf=lambda s, fast, held: fast, bins=[True, False])
    @CoverPoint(f"{group}.column_held", xf=lambda s, fast, held: held, bins=[True, False])
    @CoverCross(f"{group}.fast_x_held", items=[f"{group}.faster_than_reducer", f"{group}.column_held"])
    def pallet(steps: str, fast: bool, held: bool) -> None:
        pass

    return step, pallet
