# SPDX-License-Identifier: Apache-2.0
"""Scoreboards of the codec. They know only what monitors saw on the pins; what should have come out is the model's word.

A scoreboard begins at "nothing compared", which is a leftover that fails the test, and so is an item without its partner.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cocotb
import numpy as np
from pyuvm import ConfigDB, uvm_analysis_port, uvm_scoreboard, uvm_subscriber

from models.codec import CodecErrorCode, CodecParams, decode_prefix, encode, group_count
from models.config import GROUP
from models.precision import trim
from tb.codec.axis import Beats, keep_beats

_COUNT_BITS = 32


@dataclass(frozen=True)
class Scored:
    """A transaction that was compared, for coverage.

    values: what was coded or delivered, dtype `params.dtype`. lag: time from the first word to the descriptor, in steps.
    """

    params: CodecParams
    count: int
    values: np.ndarray
    error: CodecErrorCode = CodecErrorCode.OK
    lag: int = 0


class CodecScoreboard(uvm_scoreboard):
    """Pairs frames of several streams in order and hands complete sets to `compare`. A subclass names its streams."""

    streams: tuple[str, ...] = ()

    def build_phase(self) -> None:
        self.context = ConfigDB().get(self, "", "CONTEXT")
        self.checks = ConfigDB().get(self, "", "CHECKS")
        self.scored = uvm_analysis_port("scored", self)
        self.compared = 0
        self.queues = {name: deque() for name in self.streams}
        self.exports = {
            name: uvm_subscriber.uvm_AnalysisImp(f"{name}_export", self, lambda beats, name=name: self._write(name, beats))
            for name in self.streams
        }
        ConfigDB().get(self, "", "LEFTOVERS").append(self._left_over)

    def _write(self, name: str, beats: Beats) -> None:
        self.queues[name].append(beats)
        while all(self.queues.values()):
            self.compared += 1
            self.compare(*(queue.popleft() for queue in self.queues.values()))

    def compare(self, *frames: Beats) -> None:
        """Compare one set of frames, in the order of `streams`."""
        raise NotImplementedError

    def pending(self) -> int:
        """Number of frames that wait for a partner."""
        return sum(len(queue) for queue in self.queues.values())

    def flush(self) -> None:
        """Forget what is under way: the design was reset."""
        for queue in self.queues.values():
            queue.clear()

    def _left_over(self) -> str:
        waiting = ", ".join(f"{len(queue)} frames of {name}" for name, queue in self.queues.items() if queue)
        if waiting:
            return f"{self.get_full_name()}: {waiting} without a partner"
        return "" if self.compared else f"{self.get_full_name()}: nothing compared"

    @property
    def what(self) -> str:
        """How messages call the transaction being compared."""
        return f"{self.get_name()}: tensor {self.compared} (at {cocotb.utils.get_sim_time('ns'):.0f} ns)"


def observed_tensor(groups: Beats, bits: int, config: object) -> tuple[CodecParams, np.ndarray]:
    """Return the settings and the trimmed values of a tensor seen at the compressor's input."""
    user = groups.user[0]
    params = CodecParams.for_design(config, bool(user & 1), user >> 1)
    values = groups.groups(bits, params.signed)[groups.kept()]
    return params, trim(values.astype(params.dtype), params.n_low)


class CompressorScoreboard(CodecScoreboard):
    """Every bit of every word, and the end of the stream, for what went into the compressor."""

    streams = ("groups", "words")

    def compare(self, groups: Beats, words: Beats) -> None:
        config = self.context.config
        params, values = observed_tensor(groups, config.p, config)
        self.checks.equal(f"{self.what}: words", words.words(), encode(values, params))
        self.scored.write(Scored(params, values.size, values))


class DecompressorScoreboard(CodecScoreboard):
    """Every value, tkeep and the error code, for the descriptors and words that went into the decompressor."""

    streams = ("descriptors", "words", "groups")

    def compare(self, descriptor: Beats, words: Beats, groups: Beats) -> None:
        count = descriptor.data[0] & ((1 << _COUNT_BITS) - 1)
        user = descriptor.data[0] >> _COUNT_BITS
        params = CodecParams.for_design(self.context.config, bool(user & 1), user >> 1)
        values, error = decode_prefix(words.words(), params, count)
        self.compare_groups(groups, values, params, error)
        self.scored.write(Scored(params, count, values, error, descriptor.start - words.start))

    def compare_groups(self, groups: Beats, values: np.ndarray, params: CodecParams, error: CodecErrorCode) -> None:
        """Compare a frame of the output: all values, zeros beside a tail, then an empty beat with the code if there is one."""
        keep = keep_beats(values.size)
        if self.checks.equal(f"{self.what}: tkeep", groups.keep, keep + ([0] if error else [])):
            expected = np.zeros((len(keep), GROUP), np.int64)
            expected.flat[: values.size] = values
            actual = groups.groups(params.bits, params.signed)[: len(keep)]
            self.checks.equal(f"{self.what}: values", actual, expected)
        self.checks.equal(f"{self.what}: error codes", groups.user, [0] * (len(groups.user) - 1) + [int(error)])


class LoopScoreboard(DecompressorScoreboard):
    """What comes out of compressor and decompressor is what went in, trimmed; no model of the container is asked."""

    streams = ("groups_in", "groups_out")

    def compare(self, groups_in: Beats, groups_out: Beats) -> None:
        config = self.context.config
        params, values = observed_tensor(groups_in, config.p, config)
        self.compare_groups(groups_out, values, params, CodecErrorCode.OK)
        self.scored.write(Scored(params, values.size, values))


def error_position(count: int, delivered: int) -> str:
    """Return where the container after `delivered` values is: "first", "middle" or "last"."""
    group, groups = delivered // GROUP, group_count(count)
    if delivered >= count or group == groups - 1:
        return "last"
    return "first" if group == 0 else "middle"
