# SPDX-License-Identifier: Apache-2.0
"""What the network "superres" is given and has to make: pictures of half the size, made large again.

After Kim, Lee and Lee, "Accurate image super-resolution using very deep convolutional networks", 2016, which the paper
calls VDSR: the network sees the luminance after bicubic enlargement and adds what is missing.
"""

from __future__ import annotations

import numpy as np

from models.networks.pictures import luminance, pictures_for

SCALE = 2
CROP = 64  # pixels a side of a sample
SAMPLES = {"calibration": 4, "held_out": 8}  # of each picture


def enlarged(picture: np.ndarray) -> np.ndarray:
    """Return a picture uint8 [H, W], halved and enlarged again by bicubic interpolation, float32 [H, W], white is 1.

    H and W are even. The small picture is rounded to 8 bits, as a file would hold it.
    """
    from PIL import Image  # noqa: PLC0415 (slow to import)

    height, width = picture.shape
    small = Image.fromarray(picture).resize((width // SCALE, height // SCALE), Image.Resampling.BICUBIC)
    levels = Image.fromarray(np.asarray(small, np.float32))
    return np.asarray(levels.resize((width, height), Image.Resampling.BICUBIC), np.float32) / np.float32(255)


def even(picture: np.ndarray) -> np.ndarray:
    """Return the picture [H, W] without its last row or column where their number is odd."""
    return picture[: len(picture) // SCALE * SCALE, : picture.shape[1] // SCALE * SCALE]


def crops(picture: np.ndarray, count: int) -> np.ndarray:
    """Return `count` samples [count, 1, CROP, CROP] of a picture [H, W], evenly spread over the places on its grid."""
    rows, columns = (size // CROP for size in picture.shape)
    grid = picture[: rows * CROP, : columns * CROP].reshape(rows, CROP, columns, CROP).swapaxes(1, 2)
    places = np.arange(count) * (rows * columns) // count
    return grid.reshape(-1, 1, CROP, CROP)[places]


def super_resolution_samples(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (enlarged float32 [N, 1, 64, 64], originals float32 [N, 1, 64, 64] in 0..1) of the split's pictures."""
    originals = [even(luminance(name)) for name in pictures_for(split)]
    inputs = [crops(enlarged(picture), SAMPLES[split]) for picture in originals]
    targets = [crops(picture, SAMPLES[split]) / np.float32(255) for picture in originals]
    return np.concatenate(inputs), np.concatenate(targets)
