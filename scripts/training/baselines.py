# SPDX-License-Identifier: Apache-2.0
"""What the picture networks are compared with: doing nothing, simple filters, and the denoiser with overlapping patches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.evaluation import Task, load_task
from models.graphs import load_graph
from models.networks.denoising import BORDER, MIDDLE, assembled, middles, noisy_picture, normalised, patches
from models.networks.float_networks import float_network_path
from models.networks.pictures import pictures_for

GAUSSIAN_SIGMAS = np.arange(0.8, 1.61, 0.2)  # pixels
TV_WEIGHTS = np.arange(0.06, 0.17, 0.02)
OVERLAP_STEP = 3  # pixels between patches that overlap
Filter = Callable[[np.ndarray], np.ndarray]  # a picture [H, W] to a picture [H, W]


def filtered_score(task: Task, split: str, picture_filter: Filter) -> float:
    """Return the score of a filter of whole noisy pictures, on the pixels that the task judges."""
    found = [middles(picture_filter(noisy_picture(name)), MIDDLE) for name in pictures_for(split)]
    return task.score(np.concatenate(found))


def filters() -> dict[str, list[Filter]]:
    """Return filters of scikit-image by name, each with all settings to choose from."""
    from skimage.filters import gaussian  # noqa: PLC0415 (slow to import)
    from skimage.restoration import denoise_tv_chambolle  # noqa: PLC0415 (slow to import)

    return {
        "gaussian filter": [lambda noisy, sigma=sigma: gaussian(noisy, sigma) for sigma in GAUSSIAN_SIGMAS],
        "total variation": [lambda noisy, weight=weight: denoise_tv_chambolle(noisy, weight) for weight in TV_WEIGHTS],
    }


def overlapping(noisy: np.ndarray, folder: Path) -> np.ndarray:
    """Return the picture that "denoise" in `folder` makes of a noisy one [H, W], each pixel the mean of several patches."""
    outputs = load_graph(float_network_path("denoise", folder)).run(normalised(patches(noisy, OVERLAP_STEP)))
    return np.pad(assembled(outputs, noisy.shape, OVERLAP_STEP), BORDER)


def denoising_baselines(folder: Path) -> dict[str, float]:
    """Return dB on the held-out pictures; each filter's setting is the best one on the calibration pictures."""
    calibration, held_out = load_task("denoise", "calibration"), load_task("denoise")
    found = {"noisy": filtered_score(held_out, "held_out", lambda noisy: noisy)}
    for name, settings in filters().items():
        best = max(settings, key=lambda each: filtered_score(calibration, "calibration", each))
        found[name] = filtered_score(held_out, "held_out", best)
    score = filtered_score(held_out, "held_out", lambda noisy: overlapping(noisy, folder))
    return found | {f"this network, patches every {OVERLAP_STEP} pixels": score}


def super_resolution_baselines(folder: Path) -> dict[str, float]:
    """Return dB on the held-out pictures."""
    task = load_task("superres")
    return {"bicubic": task.score(task.inputs)}


BASELINES = {"denoise": denoising_baselines, "superres": super_resolution_baselines}
