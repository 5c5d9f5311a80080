# SPDX-License-Identifier: Apache-2.0
"""What a run knows about itself: configuration, seed, folder. All randomness of a run comes from its one 32-bit seed."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.config import DesignConfig, load_config


@dataclass(frozen=True)
class RunContext:
    """One run of one test.

    knobs: KEY=VALUE settings of the testplan, for example the number of items. spoil: a glob of what is compared and must fail,
    for a test of the checks (tb/common/checks.py); "" in every other run.
    """

    config: DesignConfig
    seed: int
    run_dir: Path
    sim: str
    knobs: dict[str, str]
    spoil: str = ""

    @classmethod
    def from_environment(cls) -> RunContext:
        """Read DPR_CONFIG, DPR_SEED, DPR_RUN_DIR, DPR_KNOBS ("a=1,b=2"), DPR_SPOIL and SIM, which the runner sets."""
        pairs = [pair.split("=", 1) for pair in os.environ.get("DPR_KNOBS", "").split(",") if pair]
        return cls(
            config=load_config(os.environ["DPR_CONFIG"]),
            seed=int(os.environ["DPR_SEED"]),
            run_dir=Path(os.environ["DPR_RUN_DIR"]),
            sim=os.environ["SIM"],
            knobs=dict(pairs),
            spoil=os.environ.get("DPR_SPOIL", ""),
        )

    def rng(self, stream: str) -> np.random.Generator:
        """Return the generator of a named stream; the same seed and name give the same numbers whatever else runs."""
        return np.random.default_rng([self.seed, zlib.crc32(stream.encode())])

    def knob(self, name: str, default: int) -> int:
        """Return an integer setting of the testplan, or `default`."""
        return int(self.knobs.get(name, default))
