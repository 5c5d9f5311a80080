# SPDX-License-Identifier: Apache-2.0
"""When each event of a design core happens, to the cycle, for any gaps in the input and any back-pressure.

A step waits in stage A of the dispatcher, is computed in stage B, and the last one of a pallet hands the sums to the reducer
(the capture), which gives one column a cycle. `dispatch_timing` is this rule for the designs with a dispatcher,
`base_timing` for the pipeline of BASE; docs/architecture.md has both as the cycle contract at the core. The cycles of a whole
layer (models/cycles) follow from these rules when nothing upstream or downstream waits.

Every cycle after the first step's start up to the last step's end has exactly one cause of CAUSES. Where several could be
named, the first of these counts:
  output_drain      the pallet's sums are complete but for the reducer, which has not handed on its last column
  send              a plane of operand bits leaves stage B
  reduce            the slices of a cascade are added
  weight_fetch      stage B is empty while stage A loads the weights of its step bit-serially (TRT, fully connected; the cycle
                    in which the step moves to stage B is the last of them), or stage B repeats a plane's time without
                    sending because the weight bus serves the other columns (Loom, fully connected)
  activation_fetch  no step to compute
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.config import DesignConfig

CAUSES = ("send", "output_drain", "weight_fetch", "reduce", "activation_fetch")
CAPTURE_TO_COLUMN = 4  # DStripes: cycles from the capture to the pallet's first column on the reducer's output
_LATENCY = {"dstripes": CAPTURE_TO_COLUMN, "trt": 5, "loom": 5}
BASE_LATENCY = 3  # BASE: moving cycles from a window's last step to its column


def column_latency(config: DesignConfig) -> int:
    """Return the cycles from a capture to the first column (for base: from the last step's handshake to its column)."""
    return _LATENCY.get(config.design, BASE_LATENCY)


def plane_cycles(precision: np.ndarray, bits_per_cycle: int = 1) -> np.ndarray:
    """Return the cycles that a value of `precision` bits takes, int64: at least one, `bits_per_cycle` bits a cycle."""
    return -(-np.maximum(1, np.asarray(precision, dtype=np.int64)) // bits_per_cycle)


@dataclass(frozen=True)
class StepWork:
    """What each step asks of the dispatcher, in cycles; int64 arrays of one shape, the last axis is the step.

    Stage B is busy for `work` cycles, in `send` of which planes leave, in `reduce` of which a cascade is added. In the
    other ones it waits for the weight bus.
    """

    load: np.ndarray  # from the handshake to the earliest start
    work: np.ndarray  # from the start to the earliest end
    capture: np.ndarray  # from the start to the earliest capture, if it is a pallet's last step
    send: np.ndarray
    reduce: np.ndarray
    serial_load: bool = False  # stage A loads weights: waiting for it is weight_fetch, not activation_fetch


def step_work(
    config: DesignConfig,
    p: np.ndarray,
    p_w: np.ndarray | None = None,
    last: np.ndarray | bool = False,
    *,
    serial: bool = False,
    slices: int = 1,
) -> StepWork:
    """Return what steps ask of a dispatcher (paper sections 5.2, 5.3.1 and 5.4); any shapes that broadcast.

    Args:
        config: a design with a dispatcher: dstripes, trt or loom.
        p: int, precision in use of the activations, bits.
        p_w: int, precision of the weights, bits; trt serial and loom only.
        last: bool, last step of its pallet; only a cascade asks.
        serial: fully connected on trt or loom: each column has its own weights.
        slices: columns of a cascade (trt serial), which add their sums when the pallet ends; 1 is no cascade.

    Raises ValueError when the design has no dispatcher or when p_w is missing.
    """
    if config.design == "base":
        raise ValueError("design base: has no dispatcher, use base_timing")
    serial = serial and config.design != "dstripes"
    if p_w is None and (serial or config.design == "loom"):
        raise ValueError(f"design {config.design}, serial = {serial}: needs p_w, the precision of the weights")
    planes = plane_cycles(p, config.bits_per_cycle)
    zeros = np.zeros(np.broadcast(planes, last, planes if p_w is None else p_w).shape, np.int64)
    if config.design == "loom":
        return _loom_work(planes + zeros, plane_cycles(p_w), config.cols if serial else 1)
    reduce = zeros + (slices if serial and slices > 1 else 0) * np.asarray(last, bool)
    load = plane_cycles(p_w, config.bits_per_cycle) if serial else 1
    work = planes + reduce
    return StepWork(zeros + load, work, work, planes + zeros, reduce, serial_load=serial)


def _loom_work(planes: np.ndarray, weight_bits: np.ndarray, cols: int) -> StepWork:
    """All planes once for each weight bit; a fully connected layer's weight bit takes the bus `cols` cycles (section 5.4)."""
    repetition = np.maximum(planes, cols)
    zeros = np.zeros_like(planes)
    work = weight_bits * repetition
    return StepWork(zeros + 1, work, work - repetition + planes, weight_bits * planes, zeros)


def work_of_precisions(precisions: np.ndarray) -> StepWork:
    """Return the work of DStripes at one bit a cycle: max(1, p) cycles a step."""
    planes = plane_cycles(precisions)
    return StepWork(np.ones_like(planes), planes, planes, planes, np.zeros_like(planes))


@dataclass(frozen=True)
class DispatchTiming:
    """Cycles of each step (int64 [steps]) and of each column taken (int64 [pallets, cols])."""

    handshake: np.ndarray  # the step enters stage A
    start: np.ndarray  # it enters stage B
    capture: np.ndarray  # its last operand bits leave stage B (of a pallet's last step: the reducer takes over)
    end: np.ndarray  # stage B is free again; later than capture only in Loom, fully connected
    column: np.ndarray
    causes: dict[str, int]  # cycles by cause: first start < cycle <= last end (BASE: all cycles, see base_timing)
    tail: int = 0  # of those, cycles after the last capture (weight_fetch)

    @property
    def stalls(self) -> int:
        """Cycles lost to the reducer or, in BASE, to the output."""
        return self.causes["output_drain"]


def dispatch_timing(
    gaps: np.ndarray,
    work: StepWork | np.ndarray,
    last: np.ndarray,
    cols: int,
    latency: int = CAPTURE_TO_COLUMN,
    *,
    first: int,
    ready: Callable[[int], bool],
) -> DispatchTiming:
    """Predict the timing of a sequence of steps that starts with an idle dispatcher and ends with a pallet's last step.

    Args:
        gaps: int [steps], idle input cycles between the handshake of the step before and this step being offered.
        work: what each step asks, see `step_work`; an int array is taken as the precisions of DStripes.
        last: bool [steps], last step of its pallet.
        cols: columns of a pallet.
        latency: cycles from a capture to the first column, see `column_latency`.
        first: cycle in which the first step is offered.
        ready: whether the output is taken in a cycle.
    """
    work = work if isinstance(work, StepWork) else work_of_precisions(work)
    steps = list(zip(work.load.tolist(), work.work.tolist(), work.capture.tolist(), strict=True))
    handshake, start, capture, end = ([0] * len(steps) for _ in range(4))
    columns: list[list[int]] = []
    free, drain = -1, 0
    for i, (load, busy, offset) in enumerate(steps):
        offered = first if i == 0 else handshake[i - 1] + 1 + int(gaps[i])
        handshake[i] = offered if i == 0 else max(offered, start[i - 1])
        start[i] = handshake[i] + load if i == 0 else max(handshake[i] + load, end[i - 1])
        capture[i] = start[i] + offset
        if last[i]:
            drain += max(0, free - capture[i])
            capture[i] = max(capture[i], free)
            columns.append(_take(capture[i] + latency, cols, ready))
            free = columns[-1][-1] + 1  # the reducer's credit comes back through a register
        end[i] = max(capture[i], start[i] + busy) if last[i] else start[i] + busy
    arrays = [np.array(cycles, np.int64) for cycles in (handshake, start, capture, end)]
    column = np.array(columns, np.int64).reshape(-1, cols)
    return DispatchTiming(*arrays, column, _causes(work, *arrays, drain), end[-1] - capture[-1])


def _take(cycle: int, cols: int, ready: Callable[[int], bool]) -> list[int]:
    taken = []
    while len(taken) < cols:
        if ready(cycle):
            taken.append(cycle)
        cycle += 1
    return taken


def _causes(
    work: StepWork, handshake: np.ndarray, start: np.ndarray, capture: np.ndarray, end: np.ndarray, drain: int
) -> dict[str, int]:
    """Return the cycles of first start < cycle <= last end by cause, see above."""
    empty = start[1:] - end[:-1]  # cycles without a step in stage B
    loading = np.minimum(empty, start[1:] - handshake[1:])  # those with one in stage A
    weights = int(loading.sum()) if work.serial_load else 0
    send, reduce = int(work.send.sum()), int(work.reduce.sum())
    return {
        "send": send,
        "output_drain": drain,
        "weight_fetch": weights + int((end - start).sum()) - send - reduce - drain,
        "reduce": reduce,
        "activation_fetch": int(empty.sum()) - weights,
    }


def base_timing(gaps: np.ndarray, last: np.ndarray, *, first: int, ready: Callable[[int], bool]) -> DispatchTiming:
    """Predict the timing of BASE: a pipeline that stands still in the cycles in which a column is offered and not taken.

    A window's column is taken BASE_LATENCY moving cycles after its last step's handshake. Arguments as `dispatch_timing`.
    All of a step's cycles but the column's are its handshake's. The causes cover the cycles from the first handshake to the
    last column: a handshake is `send`, standing still is `output_drain`, a moving cycle without a handshake
    `activation_fetch`, but for the last BASE_LATENCY ones, the fill.
    """
    handshake: list[int] = []
    column: list[int] = []
    due: list[int] = []  # moving cycles, counted from the first handshake, in which a column is taken
    moves, now, drain, offered = 0, first, 0, first
    while len(handshake) < len(last) or len(column) < len(due):
        if len(column) < len(due) and due[len(column)] == moves:
            if not ready(now):
                now, drain = now + 1, drain + 1
                continue
            column.append(now)
        if len(handshake) < len(last) and now >= offered:
            due += [moves + BASE_LATENCY] if last[len(handshake)] else []
            handshake.append(now)
            offered = now + 1 + (int(gaps[len(handshake)]) if len(handshake) < len(last) else 0)
        now, moves = now + 1, moves + 1
    cycles = np.array(handshake, np.int64)
    idle = moves - len(handshake) - BASE_LATENCY
    causes = {"send": len(handshake), "output_drain": drain, "weight_fetch": 0, "reduce": 0, "activation_fetch": idle}
    return DispatchTiming(cycles, cycles, cycles, cycles, np.array(column, np.int64).reshape(-1, 1), causes)
