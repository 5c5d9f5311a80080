# SPDX-License-Identifier: Apache-2.0
"""The fewest bits of many settings with which an error stays small: each alone, then all together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

Settings = list[int]
Error = Callable[[Settings], float]
Curve = list[tuple[int, float]]  # (setting, error) from the start on


def sweep(
    start: Settings, index: int, limit: int, step: int, error: Error, tolerance: float, beyond: float | None = None
) -> tuple[int, Curve]:
    """Move one setting by `step` towards `limit`, the others at their start.

    beyond: the error after which the sweep ends; None: the tolerance. Returns (the setting just before the error first
    exceeded the tolerance, the curve).
    """
    curve, allowed, beyond = [], start[index], tolerance if beyond is None else max(beyond, tolerance)
    good, trial = True, list(start)
    while trial[index] != limit:
        trial[index] += step
        found = error(trial)
        curve.append((trial[index], found))
        good = good and found <= tolerance
        if good:
            allowed = trial[index]
        if found > beyond:
            break
    return allowed, curve


def give_back(settings: Settings, start: Settings, step: int, error: Error, tolerance: float) -> Iterator[Settings]:
    """Yield settings that are nearer and nearer to `start`, until the error is at most the tolerance.

    The setting that helps most goes one step back at a time. The first that is yielded is `settings`.
    """
    yield settings
    while error(settings) > tolerance:
        moved = [index for index in range(len(settings)) if settings[index] != start[index]]
        if not moved:
            return
        backs = [[*settings[:index], settings[index] - step, *settings[index + 1 :]] for index in moved]
        settings = min(backs, key=error)
        yield settings


def fewest_bits(start: Settings, limit: int | Sequence[int], step: int, error: Error, tolerance: float) -> Settings:
    """Return settings moved from `start` by `step` towards `limit` as far as error <= tolerance allows.

    limit: of all settings, or one each. Each alone first, then all together: while the error is too large, the setting
    that helps most gives a bit back.
    """
    limits = [limit] * len(start) if isinstance(limit, int) else limit
    alone = [sweep(start, index, end, step, error, tolerance)[0] for index, end in enumerate(limits)]
    *_, last = give_back(alone, start, step, error, tolerance)
    return last
