# SPDX-License-Identifier: Apache-2.0
"""Bit-serial inner products, bit exact and cycle by cycle (docs/architecture.md section 6; paper sections 5.1 and 5.2).

`bit_planes` is what the dispatcher broadcasts: one bit of every activation a cycle, most significant bit first.
`serial_inner_products` is what the serial inner-product units (SIPs) make of it: AND with the weights, adder tree,
negate on the sign bit of signed activations, shift by the offset, accumulate in ACC_W = 2P + 16 bits of two's
complement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.precision import group_precision, trim


@dataclass(frozen=True)
class BitPlanes:
    """The dispatcher's broadcast, one entry a cycle; a group (a pallet step) of precision p takes max(1, p) cycles.

    An all-zero group takes one cycle of zero bits, offset n_low, in which offset and negate have no effect.
    """

    group: np.ndarray  # int64 [cycles]: index of the group on the wires
    offset: np.ndarray  # int64 [cycles]: bit position, n_H down to n_L
    eog: np.ndarray  # bool [cycles]: end of group, the last cycle of a group
    negate: np.ndarray  # bool [cycles]: the first plane of a signed group, its sign bits
    bits: np.ndarray  # uint8 [cycles, cols, lanes]: one bit of each activation


def bit_planes(groups: np.ndarray, bits: int, signed: bool, n_low: int = 0) -> BitPlanes:
    """Return the broadcast of the groups [G, cols, lanes] of integers of `bits` bits, one after the other, no bubble.

    The precision of a group is taken over all its cols * lanes values; magnitude bits below n_low are dropped first.
    """
    groups = np.asarray(groups)
    precision = np.asarray(group_precision(groups.reshape(len(groups), -1), bits, signed, n_low), dtype=np.int64)
    cycles = np.maximum(precision, 1)
    ends = np.cumsum(cycles)
    group = np.repeat(np.arange(len(groups)), cycles)
    remaining = ends[group] - 1 - np.arange(len(group))  # cycles of the same group still to come
    offset = n_low + remaining
    values = trim(groups, n_low).astype(np.int64)
    planes = (values[group] >> offset[:, None, None]) & 1
    first = remaining == cycles[group] - 1
    return BitPlanes(group, offset, remaining == 0, first & signed, planes.astype(np.uint8))


def wrap(values: np.ndarray, width: int) -> np.ndarray:
    """Return int64 `values` reduced to `width` (at most 63) bits of two's complement, as a register holds them."""
    half = 1 << (width - 1)
    return ((np.asarray(values, dtype=np.int64) + half) & ((1 << width) - 1)) - half


def serial_inner_products(
    planes: BitPlanes, weights: np.ndarray, bits: int, first: np.ndarray | None = None, trace: bool = False
) -> np.ndarray:
    """Return the accumulators of rows x cols SIPs that receive `planes`.

    weights: [G, rows, lanes] signed integers, the word of WM for each group. first: bool [G], the groups that start a
    new accumulation (the first step of a pallet); by default only group 0. Returns int64, values of ACC_W = 2 * bits +
    16 bits: with trace [cycles, rows, cols], the accumulators after every cycle; otherwise [pallets, rows, cols], the
    accumulators after the last cycle of each accumulation. Raises ValueError when the counts of groups differ or group
    0 is not a first.
    """
    weights = np.asarray(weights, dtype=np.int64)
    groups = int(planes.eog.sum())
    starts = np.arange(groups) == 0 if first is None else np.asarray(first, dtype=bool)
    if not len(weights) == len(starts) == groups or not starts[:1].all():
        raise ValueError(
            f"{groups} groups, {len(weights)} weight words, {len(starts)} first flags: the counts must be equal and "
            "the first flag of group 0 set"
        )
    gated = weights[planes.group].astype(np.float64) @ planes.bits.transpose(0, 2, 1).astype(np.float64)
    sums = gated.astype(np.int64)  # adder trees: exact, |sum| <= lanes * 2^(bits - 1)
    shifted = np.where(planes.negate[:, None, None], -sums, sums) << planes.offset[:, None, None]
    running = np.cumsum(shifted, axis=0)
    begins = np.append(True, planes.eog[:-1]) & starts[planes.group]  # first cycle of each accumulation
    before = (running - shifted)[begins]
    pallet = np.cumsum(begins) - 1
    kept = slice(None) if trace else np.append(np.flatnonzero(begins)[1:] - 1, len(running) - 1)
    return wrap(running[kept] - before[pallet[kept]], 2 * bits + 16)
