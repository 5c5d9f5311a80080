# SPDX-License-Identifier: Apache-2.0
"""What a network has to do, and how well it does it: held-out data with a measure of the outputs (docs/networks.md).

The measures are the paper's: accuracy of a classifier, and the peak signal-to-noise ratio of a picture, of which it
counts a drop of at most 0.04 dB as more than 99 % accuracy (section 5.3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.network import load_network
from models.networks import digits
from models.networks.denoising import denoising_samples
from models.networks.float_networks import float_network_path, float_networks
from models.networks.super_resolution import super_resolution_samples

__all__ = ["SPLITS", "EvaluationError", "Task", "calibration_task", "float_network_path", "float_networks", "load_task"]

SPLITS = ("held_out", "calibration")
METRICS = ("top1", "psnr")
PSNR_DROP_DB = 0.04  # what stands for a loss of 1 % of the accuracy where pictures are made (section 5.3)
_ROUNDING = 1e-9  # a loss that equals its limit but for the rounding of the subtraction is no loss too many


class EvaluationError(ValueError):
    """A task that does not exist or outputs that do not fit; the message names the task and the fix."""


@dataclass(frozen=True)
class Task:
    """Inputs for a network with what it should make of them.

    metric "top1": outputs are scores [N, classes], targets int64 [N]; the score is the fraction of samples whose target
    has the largest score. metric "psnr": outputs and targets are float32 [N, ...] in 0..1; the score is the peak
    signal-to-noise ratio in dB of all values together, outputs clipped to 0..1 as a screen does.
    """

    name: str
    inputs: np.ndarray  # float32 [N, ...] in the layout of the network's input
    targets: np.ndarray
    metric: str

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise EvaluationError(f"task {self.name!r}: metric {self.metric!r}: use one of {', '.join(METRICS)}")
        if len(self.inputs) != len(self.targets) or not len(self.inputs):
            raise EvaluationError(
                f"task {self.name!r}: {len(self.inputs)} inputs and {len(self.targets)} targets: give as many, at least one"
            )

    def score(self, outputs: np.ndarray) -> float:
        """Return the fraction of right answers in 0..1 (top1) or dB (psnr) of outputs [N, ...].

        A sample with a score that is not a number is wrong; a picture with one is infinitely bad. Raises EvaluationError
        when the shape does not fit.
        """
        return self._top1(outputs) if self.metric == "top1" else self._psnr(outputs)

    def _top1(self, outputs: np.ndarray) -> float:
        if outputs.ndim != 2 or len(outputs) != len(self.targets) or outputs.shape[1] <= self.targets.max():
            raise EvaluationError(
                f"task {self.name!r}: outputs of shape {outputs.shape}: must be [{len(self.targets)}, classes], "
                f"more than {self.targets.max()} classes"
            )
        right = (outputs.argmax(axis=1) == self.targets) & ~np.isnan(outputs).any(axis=1)
        return float(right.mean())

    def _psnr(self, outputs: np.ndarray) -> float:
        if outputs.shape != self.targets.shape:
            raise EvaluationError(f"task {self.name!r}: outputs of shape {outputs.shape}: must be {self.targets.shape}")
        error = np.square(np.clip(outputs.astype(np.float64), 0, 1) - self.targets).mean()
        if np.isnan(error):
            return -np.inf
        return float(-10 * np.log10(error)) if error else np.inf

    def relative_loss(self, score: float, reference: float) -> float:
        """Return what `score` loses: the fraction of the reference's accuracy (top1) or dB (psnr); negative is a gain."""
        loss = reference - score
        return float(loss / reference if self.metric == "top1" and reference else loss)

    def loss_limit(self, tolerance: float) -> float:
        """Return the largest relative_loss that the tolerance allows.

        tolerance: the fraction of the accuracy that may be lost: 0 for the paper's 100 %, 0.01 for its 99 %. In dB it is
        PSNR_DROP_DB for 0.01, and in proportion for others, which the paper does not use.
        """
        return tolerance if self.metric == "top1" else tolerance / 0.01 * PSNR_DROP_DB

    def acceptable(self, score: float, reference: float, tolerance: float) -> bool:
        """Return whether `score` loses no more than the tolerance allows (see loss_limit)."""
        return self.relative_loss(score, reference) <= self.loss_limit(tolerance) + _ROUNDING


def _digits_task(name: str, split: str) -> Task:
    """Return the digits' images float32 [N, 1, 8, 8] in 0..1 with their labels."""
    network = load_network("digits")
    pixels, labels = digits.images()
    network.images(network.held_out[:1])  # raises when scikit-learn's images are not those of the training
    indices = getattr(network, split)
    return Task(name, (pixels[indices] / np.float32(16)).transpose(0, 3, 1, 2).astype(np.float32), labels[indices], "top1")


def _denoising_task(name: str, split: str) -> Task:
    return Task(name, *denoising_samples(split), "psnr")


def _super_resolution_task(name: str, split: str) -> Task:
    return Task(name, *super_resolution_samples(split), "psnr")


_TASKS: dict[str, Callable[[str, str], Task]] = {
    "digits": _digits_task,
    "digits_pruned": _digits_task,
    "denoise": _denoising_task,
    "superres": _super_resolution_task,
}


def load_task(name: str, split: str = "held_out") -> Task:
    """Return the task of the project's float network `name`, on data that its training never saw.

    split: "held_out" to judge by, "calibration" to choose settings by. Raises EvaluationError for another name or split,
    NetworkError when the installed libraries carry other data than that of the training.
    """
    if name not in _TASKS:
        raise EvaluationError(f"no task {name!r}: use one of {', '.join(_TASKS)}")
    if split not in SPLITS:
        raise EvaluationError(f"task {name!r}: split {split!r}: use one of {', '.join(SPLITS)}")
    return _TASKS[name](name, split)


def calibration_task(name: str) -> Task:
    """Return load_task(name, "calibration")."""
    return load_task(name, "calibration")
