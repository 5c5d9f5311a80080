# SPDX-License-Identifier: Apache-2.0
"""Speed of the codec model, in megabytes of values a second of processor time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from models.codec import CodecParams, decode, encode
from scripts.bench.measure import ROUNDS, Row

_LEAST = 20.0  # MB/s: what the model promises (docs/models.md)


def processor_seconds(call: Callable[[], object]) -> float:
    """Return the processor time that a call takes."""
    begin = time.process_time()
    call()
    return time.process_time() - begin


def model_rows(seed: int) -> list[Row]:
    """Measure the codec model on ReLU-like 16-bit values, about half of them zero."""
    rng = np.random.default_rng(seed)
    values = np.clip(rng.normal(0, 300, 1 << 20), 0, 65535).astype(np.uint16)
    rows = []
    for align in (64, 1):
        params = CodecParams(align=align)
        words = encode(values, params)
        calls = {
            "encode": lambda params=params: encode(values, params),
            "decode": lambda params=params, words=words: decode(words, params, values.size),
        }
        for name, call in calls.items():
            speed = statistics.median(values.nbytes / 1e6 / processor_seconds(call) for _ in range(ROUNDS))
            rows.append(Row(f"codec model {name}, ALIGN={align}", "MB/s", speed, _LEAST, speed / _LEAST, "NumPy", "promised"))
    return rows
