# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.fuzz [SEED=n] [EXAMPLES=n] [JOBS=n]`: as many random streams, and as many random files, as asked for.

Example i of a seed is always the same; a failure prints its number, and EXAMPLE=i repeats that one alone.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np

from models.progress import Progress
from scripts.errors import UserError, run_main
from scripts.pool import Job, run_pool
from scripts.settings import MAX_SEED, cores, fresh_seed
from tb.codec.fuzz import fuzz_stream, random_settings
from tests.fuzz.checks import check_file, check_stream
from tests.fuzz.files import fuzz_file

_DEFAULTS = {"SEED": -1, "EXAMPLES": 100_000, "JOBS": 0, "EXAMPLE": -1}
_SHARE = 1000  # examples a job


def run_example(seed: int, number: int, folder: Path) -> tuple[str, str]:
    """Check stream and file `number` of a seed; return what they came to. Raises AssertionError that names the example."""
    rng = np.random.default_rng([seed, number])
    try:
        stream = check_stream(fuzz_stream(rng, random_settings(rng)))
        file = check_file(fuzz_file(rng), folder / "fuzz.dpr")
    except Exception as error:
        raise AssertionError(f"{error!r}; again: python -m tests.fuzz SEED={seed} EXAMPLE={number}") from error
    return f"stream: {stream.name}", f"file: {file}"


def run_share(seed: int, numbers: range) -> Counter[str]:
    """Run examples one after the other; return how often each result came."""
    with tempfile.TemporaryDirectory() as folder:
        return Counter(what for number in numbers for what in run_example(seed, number, Path(folder)))


def _settings(arguments: list[str]) -> dict[str, int]:
    values = dict(_DEFAULTS)
    for word in arguments:
        name, _, value = word.partition("=")
        if name not in values or not value.isdecimal() or int(value) > MAX_SEED:
            raise UserError(f"{word}: use {'=, '.join(values)}= with a whole number from 0 to {MAX_SEED}")
        values[name] = int(value)
    return values


def main() -> int:
    """Run the examples; return 0 if all did what they must."""
    settings = _settings(sys.argv[1:])
    seed = fresh_seed() if settings["SEED"] < 0 else settings["SEED"]
    if settings["EXAMPLE"] >= 0:
        print(*run_share(seed, range(settings["EXAMPLE"], settings["EXAMPLE"] + 1)), sep="\n")
        return 0
    total = settings["EXAMPLES"]
    print(f"fuzz: {total} streams and {total} files, seed {seed}", flush=True)
    shares = [range(first, min(first + _SHARE, total)) for first in range(0, total, _SHARE)]
    jobs = [Job(f"examples {share.start} to {share.stop - 1}", partial(run_share, seed, share)) for share in shares]
    progress, results = Progress(len(jobs), f"times {_SHARE} done"), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for _, outcome in run_pool(jobs, settings["JOBS"] or cores(), Path(folder) / "log", progress.show):
            progress.end_of(not outcome.error)
            if outcome.error:
                progress.say(f"FAILED {outcome.error}")
            else:
                results.update(outcome.value)
    progress.close()
    for what, count in sorted(results.items()):
        print(f"{what:28} {count:9}")
    print(f"fuzz: {progress.bad} of {len(jobs)} shares failed" if progress.bad else "fuzz: passed")
    return 1 if progress.bad else 0


if __name__ == "__main__":
    run_main(main)
