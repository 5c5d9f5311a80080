# SPDX-License-Identifier: Apache-2.0
"""The images of the network "digits": scikit-learn's handwritten digits, which are part of that library."""

from __future__ import annotations

import zlib
from functools import cache

import numpy as np

SOURCE = "sklearn.datasets.load_digits (test part of the UCI set 'Optical Recognition of Handwritten Digits')"
PARTS = {"train": 1097, "calibration": 300, "held_out": 400}  # images of each part; 1797 in all


@cache
def images() -> tuple[np.ndarray, np.ndarray]:
    """Return (pixels uint8 [1797, 8, 8, 1] in 0..16, labels int64 [1797]), both read-only."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 (slow to import, and only needed for the images)

    data = load_digits()
    pixels, labels = data.images.astype(np.uint8)[..., None], data.target.astype(np.int64)
    pixels.flags.writeable = labels.flags.writeable = False
    return pixels, labels


def crc32(pixels: np.ndarray, labels: np.ndarray) -> int:
    """Return the CRC-32 of pixels and labels as bytes: the identity of the data set."""
    return zlib.crc32(labels.astype(np.uint8).tobytes(), zlib.crc32(pixels.astype(np.uint8).tobytes()))


def split(seed: int) -> dict[str, np.ndarray]:
    """Return the images' indices of each of PARTS: consecutive pieces of one random order, each sorted."""
    order = np.random.default_rng(seed).permutation(sum(PARTS.values()))
    ends = np.cumsum(list(PARTS.values()))
    return {part: np.sort(piece) for part, piece in zip(PARTS, np.split(order, ends[:-1]), strict=True)}
