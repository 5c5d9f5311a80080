# SPDX-License-Identifier: Apache-2.0
"""What the network "denoise" is given and has to make: patches of noisy pictures.

After Burger, Schuler and Harmeling, "Image denoising: Can plain neural networks compete with BM3D?", 2012, which the
paper calls Denoise: a perceptron sees a noisy patch and gives the clean middle of it.
"""

from __future__ import annotations

import zlib

import numpy as np

from models.networks.pictures import luminance, pictures_for

SIGMA = 25 / 255  # standard deviation of the noise; white is 1
PATCH, MIDDLE = 13, 9  # pixels a side: what the network sees, what it gives
BORDER = (PATCH - MIDDLE) // 2  # pixels that the network sees around the middle
CENTRE, SPREAD = 0.5, 0.2  # pixels are given as (pixel - 0.5) / 0.2: near mean 0 and variance 1


def normalised(pixels: np.ndarray) -> np.ndarray:
    """Return pixels (white is 1) as the network's first layer takes them, float32 of the same shape."""
    return ((pixels - CENTRE) / SPREAD).astype(np.float32)


def noisy_picture(name: str) -> np.ndarray:
    """Return the picture with its noise, always the same, float64 [H, W], white is 1; nothing is clipped."""
    clean = luminance(name) / 255
    generator = np.random.RandomState(zlib.crc32(name.encode()))  # unlike the newer ones, it draws the same for ever
    return clean + SIGMA * generator.standard_normal(clean.shape)


def patches(picture: np.ndarray, step: int) -> np.ndarray:
    """Return the patches [N, PATCH * PATCH] of a picture [H, W] whose middles begin each `step` pixels, row by row."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, (PATCH, PATCH))[::step, ::step]
    return windows.reshape(-1, PATCH * PATCH)


def middles(picture: np.ndarray, step: int) -> np.ndarray:
    """Return the middles [N, MIDDLE * MIDDLE] of the patches."""
    inner = picture[BORDER:-BORDER, BORDER:-BORDER]
    windows = np.lib.stride_tricks.sliding_window_view(inner, (MIDDLE, MIDDLE))[::step, ::step]
    return windows.reshape(-1, MIDDLE * MIDDLE)


def assembled(outputs: np.ndarray, shape: tuple[int, int], step: int) -> np.ndarray:
    """Return the picture [H - border, W - border] that the middles [N, MIDDLE * MIDDLE] make: the mean where they overlap.

    shape: of the whole picture. A pixel that no middle covers is not a number.
    """
    rows, columns = ((size - PATCH) // step + 1 for size in shape)
    height, width = (size - 2 * BORDER for size in shape)
    total, count = np.zeros((height, width)), np.zeros((height, width))
    tiles = outputs.reshape(rows, columns, MIDDLE, MIDDLE)
    for down in range(MIDDLE):  # all patches' pixels at one place of the middle at a time
        for right in range(MIDDLE):
            place = np.s_[down : down + (rows - 1) * step + 1 : step, right : right + (columns - 1) * step + 1 : step]
            total[place] += tiles[:, :, down, right]
            count[place] += 1
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def denoising_samples(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (normalised noisy patches float32 [N, 169], clean middles float32 [N, 81] in 0..1) of the split's pictures.

    The middles lie side by side, so each pixel is judged once.
    """
    names = pictures_for(split)
    inputs = [normalised(patches(noisy_picture(name), MIDDLE)) for name in names]
    targets = [middles(luminance(name) / 255, MIDDLE).astype(np.float32) for name in names]
    return np.concatenate(inputs), np.concatenate(targets)
