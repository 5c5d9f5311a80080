# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of the codec. Points are made for a configuration from tb/codec/reach.py: what it cannot reach is no bin.

Everything is sampled once a transaction; of the groups of a tensor only the different ones, since a sample costs 40 us.
Names: codec.<P, prefix and alignment>.<block>.<point>, so that runs of equal codecs merge.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from pyuvm import ConfigDB, uvm_subscriber

from models.codec import CodecErrorCode, encode_groups, group_count
from models.config import GROUP, DesignConfig
from models.precision import limits
from tb.codec import malformed, reach
from tb.codec.handshake import Progress
from tb.codec.items import StreamItem, TensorItem
from tb.codec.scoreboards import Scored, error_position
from tb.codec.stalls import PROFILES
from tb.common.cover import Sample, labelled, once
from tb.common.distributions import DISTRIBUTIONS
from tb.tile.subscriber import Caller

_SIZES = ("1 group", "2 to 15 groups", "16 groups and more")
_SWITCHES = ("to signed", "to unsigned", "other n_l")


def point(config: DesignConfig, block: str, name: str, bins: list[str]) -> Sample:
    """Return the sampling function of a cover point whose bins are labels. Raises ValueError for a label that is no bin."""
    return labelled(f"codec.p{config.p}_prefix{config.prefix_w}_align{config.align}.{block}.{name}", bins)


class Collector(uvm_subscriber):
    """A subscriber that samples points of one block (an attribute set before the build phase).

    samples: "scored" transactions of a scoreboard, items "sent" by a driver, "both", where the items sent come through
    `sent_export`, or "streams" (of these names) as a whole.
    """

    block = ""
    samples = "scored"
    streams: tuple[str, ...] = ()

    def build_phase(self) -> None:
        self.config = ConfigDB().get(self, "", "CONTEXT").config
        self.make_points()

    def make_points(self) -> None:
        """Create the sampling functions."""
        raise NotImplementedError

    def write(self, tt: object) -> None:
        """Sample one transaction."""
        raise NotImplementedError

    def point(self, name: str, bins: list[str] | tuple[str, ...]) -> Sample:
        """Return a sampling function of this block."""
        return point(self.config, self.block, name, list(bins))


class TensorCoverage(Collector):
    """What the groups of good tensors were like, from scored transactions."""

    def make_points(self) -> None:
        signs = ("signed", "unsigned")
        self.precision = self.point("precision_sign_n_low", reach.precision_bins(self.config))
        self.shape = self.point("zeros_words_sign", list(reach.container_shapes(self.config)))
        self.tail = self.point("tail_length_sign", [f"{n} {sign}" for n in range(1, GROUP + 1) for sign in signs])
        self.size = self.point("tensor_size", _SIZES)
        self.switch = self.point("switch_between_tensors", _SWITCHES)
        self.minimum = self.point("most_negative", ("n_l = 0", "n_l > 0"))
        self.previous: Scored | None = None

    def write(self, tt: Scored) -> None:
        if tt.error:
            return
        params, sign = tt.params, reach.sign_name(tt.params.signed)
        stats = encode_groups(tt.values, params)
        n_low = reach.n_low_class(params.n_low, params.bits)
        for p, nonzero in np.unique(np.stack([stats.precision, stats.nnz]), axis=1).T.tolist():
            self.precision(f"p={p} {sign} n_l {n_low}")
            self.shape(reach.shape_name(params, p, nonzero))
        self.tail(f"{(tt.count - 1) % GROUP + 1} {sign}")
        self.size(_SIZES[int(np.searchsorted([1, GROUP - 1], group_count(tt.count)))])
        if params.signed and np.any(tt.values == limits(params.bits, True)[0]):
            self.minimum("n_l > 0" if params.n_low else "n_l = 0")
        self._switch(tt)

    def _switch(self, now: Scored) -> None:
        before, self.previous = self.previous, now
        if before and before.params.signed != now.params.signed:
            self.switch("to signed" if now.params.signed else "to unsigned")
        if before and before.params.n_low != now.params.n_low:
            self.switch("other n_l")


class GroupCoverage(Collector):
    """Every precision x sign x zero pattern under all stalls: groups of scored tensors with the stalls of their sending.

    Tensors without n_L: with one, a signed group may have a single bit, and precision_sign_n_low has that.
    """

    samples = "both"

    def make_points(self) -> None:
        self.group = once(self.point("precision_sign_zeros_stalls", reach.group_bins(self.config, PROFILES)))
        self.profiles: deque[str] = deque()
        self.sent_export = Caller("sent_export", self, lambda item: self.profiles.append(item.profile))

    def write(self, tt: Scored) -> None:
        profile = self.profiles.popleft()
        if tt.error or tt.params.n_low:
            return
        stats = encode_groups(tt.values, tt.params)
        for precision, nonzero in np.unique(np.stack([stats.precision, stats.nnz]), axis=1).T.tolist():
            self.group(f"{reach.group_name(precision, tt.params.signed, nonzero)}, {profile}")


class ErrorCoverage(Collector):
    """What the decompressor reported, where, in which engine, and what came next, from scored transactions."""

    def make_points(self) -> None:
        errors = [code.name for code in CodecErrorCode if code]
        engines = [f"engine {number}" for number in range(self.config.engines)]
        self.engine = self.point(f"engines{self.config.engines}.error_engine", engines)
        places = {f"{malformed.KINDS[k].error.name} {p}" for k, p in malformed.reachable(self.config) if k != "count zero"}
        self.place = self.point("error_position", sorted(places))
        self.after = self.point("error_then", [f"{e} then {n}" for e in errors for n in ("good", "malformed")])
        self.previous = CodecErrorCode.OK

    def write(self, tt: Scored) -> None:
        if self.previous:
            self.after(f"{self.previous.name} then {'malformed' if tt.error else 'good'}")
        self.previous = tt.error
        if tt.error and tt.error != CodecErrorCode.OVERRUN:
            self.engine(f"engine {tt.values.size // GROUP % self.config.engines}")
        if tt.error and group_count(tt.count) > 2:
            self.place(f"{tt.error.name} {error_position(tt.count, tt.values.size)}")


class DescriptorCoverage(Collector):
    """Whether a tensor's descriptor was taken before or after its first word, from scored transactions."""

    def make_points(self) -> None:
        self.order = self.point("descriptor_comes", ("before the first word", "with the first word", "after the first word"))

    def write(self, tt: Scored) -> None:
        where = "before" if tt.lag < 0 else "after" if tt.lag else "with"
        self.order(f"{where} the first word")


class StreamCoverage(Collector):
    """Whether beats were refused and awaited on each stream, from the handshake checkers, once a test."""

    samples = "streams"

    def make_points(self) -> None:
        self.states = {
            name: self.point(f"{name}_stream", ("a beat was refused", "a beat was awaited")) for name in self.streams
        }

    def sample(self, stream: str, progress: Progress) -> None:
        """Take what a handshake checker has counted."""
        if progress.refused:
            self.states[stream]("a beat was refused")
        if progress.awaited:
            self.states[stream]("a beat was awaited")


class StimulusCoverage(Collector):
    """What was sent and under which stalls, from the items that a driver has sent."""

    samples = "sent"

    def make_points(self) -> None:
        self.profile = self.point("stall_profile", list(PROFILES))
        names = [f"{name} {sign}" for name in DISTRIBUTIONS for sign in ("signed", "unsigned")]
        self.distribution = self.point("distribution_sign", names)

    def write(self, tt: TensorItem | StreamItem) -> None:
        self.profile(tt.profile)
        if tt.distribution in DISTRIBUTIONS:
            self.distribution(f"{tt.distribution} {reach.sign_name(tt.params.signed)}")


class MalformedCoverage(Collector):
    """Which kinds of malformed streams were sent, bent where, from the items that a driver has sent."""

    samples = "sent"

    def make_points(self) -> None:
        names = [f"{kind}, {position}" for kind, position in malformed.reachable(self.config)]
        self.kind = self.point("malformed_kind_position", [*names, "bit flips", "wide prefix"])
        self.stalls = self.point("malformed_kind_stalls", [f"{kind}, {name}" for kind in malformed.KINDS for name in PROFILES])

    def write(self, tt: StreamItem) -> None:
        if tt.kind != "good":
            self.kind(f"{tt.kind}, {tt.position}" if tt.position else tt.kind)
        if tt.kind in malformed.KINDS:
            self.stalls(f"{tt.kind}, {tt.profile}")


class ResetCoverage(Collector):
    """In which phase of a tensor the design was reset, under which stalls; `phases` is set before the build phase."""

    phases: tuple[str, ...] = ()

    def make_points(self) -> None:
        self.phase = self.point("reset_during", [reset_name(phase, name) for phase in self.phases for name in PROFILES])

    def write(self, tt: str) -> None:
        self.phase(tt)


def reset_name(phase: str, profile: str) -> str:
    """Return the bin of a reset in a phase under stalls."""
    return f"{phase}, {profile}"


class RateCoverage(Collector):
    """Which streams were measured to the cycle; `names` is set before the build phase."""

    samples = "measured"
    names: tuple[str, ...] = ()

    def make_points(self) -> None:
        self.measured = self.point("rate", self.names)

    def write(self, tt: str) -> None:
        self.measured(tt)
