# SPDX-License-Identifier: Apache-2.0
"""Named stall profiles: how often sources pause before a beat and sinks refuse one.

A profile is a pair of pause generators, one value a cycle, made from the run's generator of random numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from cocotbext.axi import AxiStreamSink, AxiStreamSource


class Stalled(Protocol):
    """A sequence item that names a profile."""

    profile: str


Pauses = Callable[[np.random.Generator], Iterator[bool]]
_CHUNK = 1024


def never(rng: np.random.Generator) -> Iterator[bool]:
    """No pause, ever."""
    yield False


def sometimes(probability: float) -> Pauses:
    """Pause each cycle with `probability`."""

    def pauses(rng: np.random.Generator) -> Iterator[bool]:
        while True:
            yield from (rng.random(_CHUNK) < probability).tolist()

    return pauses


def bursts(longest: int) -> Pauses:
    """Alternate between runs of 1..`longest` cycles without a pause and with one."""

    def pauses(rng: np.random.Generator) -> Iterator[bool]:
        paused = bool(rng.integers(2))
        while True:
            yield from [paused] * int(rng.integers(1, longest + 1))
            paused = not paused

    return pauses


@dataclass(frozen=True)
class StallProfile:
    """What the sources and what the sinks of a bench do."""

    source: Pauses
    sink: Pauses


PROFILES = {
    "none": StallProfile(never, never),
    "light": StallProfile(sometimes(0.1), sometimes(0.1)),
    "heavy": StallProfile(sometimes(0.5), sometimes(0.5)),
    "bursts": StallProfile(bursts(24), bursts(24)),
    "input_starved": StallProfile(sometimes(0.8), never),
    "output_blocked": StallProfile(never, sometimes(0.8)),
}


class StallControl:
    """Puts the active endpoints of a bench under one profile; each endpoint has its own stream of random numbers."""

    def __init__(self) -> None:
        self.profile = ""
        self._endpoints: list[tuple[AxiStreamSource | AxiStreamSink, np.random.Generator]] = []

    def add(self, endpoint: AxiStreamSource | AxiStreamSink, rng: np.random.Generator) -> None:
        """Control one more source or sink."""
        self._endpoints.append((endpoint, rng))

    def apply(self, profile: str) -> None:
        """Change to the profile of that name. Raises KeyError when there is none."""
        if profile == self.profile:
            return
        self.profile = profile
        for endpoint, rng in self._endpoints:
            pauses = PROFILES[profile].source if isinstance(endpoint, AxiStreamSource) else PROFILES[profile].sink
            endpoint.set_pause_generator(pauses(rng))


def spread_profiles(items: Sequence[Stalled], rng: np.random.Generator) -> Sequence[Stalled]:
    """Put half of the items that have no stalls under a random profile; return the items."""
    for item in items:
        if item.profile == "none" and rng.integers(2):
            item.profile = str(rng.choice(list(PROFILES)))
    return items
