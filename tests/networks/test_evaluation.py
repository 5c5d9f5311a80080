# SPDX-License-Identifier: Apache-2.0
"""The measures of a task, against loops and hand-worked numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from models.evaluation import EvaluationError, Task, calibration_task, load_task
from models.network import load_network
from models.networks import digits

SOME = np.zeros((3, 1), np.float32)


def classes(*targets: int) -> Task:
    return Task("classes", np.zeros((len(targets), 1), np.float32), np.array(targets), "top1")


def pictures(targets: np.ndarray) -> Task:
    return Task("pictures", targets, targets, "psnr")


def test_top1_is_the_fraction_of_samples_whose_target_has_the_largest_score() -> None:
    rng = np.random.default_rng(1)
    targets, outputs = rng.integers(0, 5, 40), rng.normal(size=(40, 5)).astype(np.float32)
    right = sum(all(row[label] >= other for other in row) for row, label in zip(outputs.tolist(), targets, strict=True))
    assert 0 < right < 40
    assert classes(*targets).score(outputs) == right / 40


def test_a_score_that_is_not_a_number_is_wrong_even_where_the_target_is() -> None:
    assert classes(0, 0).score(np.array([[np.nan, 0], [1, 0]], np.float32)) == 0.5


def test_psnr_agrees_with_scikit_image() -> None:
    rng = np.random.default_rng(2)
    targets = rng.random((2, 1, 9, 7)).astype(np.float32)
    outputs = np.clip(targets + rng.normal(0, 0.1, targets.shape), 0, 1).astype(np.float32)
    expected = peak_signal_noise_ratio(targets.astype(np.float64), outputs.astype(np.float64), data_range=1)
    assert pictures(targets).score(outputs) == pytest.approx(expected, abs=1e-9)


def test_psnr_by_hand() -> None:
    """One of four values is off by 0.2: the mean square is 0.01, so 20 dB. Beyond white is white."""
    targets = np.array([[1, 0, 0.5, 1]], np.float32)
    assert pictures(targets).score(np.array([[0.8, 0, 0.5, 1]], np.float32)) == pytest.approx(20, abs=1e-6)
    assert pictures(targets).score(np.array([[0.8, -3, 0.5, 7]], np.float32)) == pytest.approx(20, abs=1e-6)
    assert pictures(targets).score(targets) == math.inf
    assert pictures(targets).score(np.array([[np.nan, 0, 0.5, 1]], np.float32)) == -math.inf


def test_losses_are_relative_for_classes_and_decibels_for_pictures() -> None:
    """0.8 to 0.6 loses a quarter of the accuracy; 30 to 29 dB loses 1 dB; 29 to 30 gains one."""
    assert classes(0).relative_loss(0.6, 0.8) == pytest.approx(0.25)
    assert pictures(SOME).relative_loss(29.0, 30.0) == 1.0
    assert pictures(SOME).relative_loss(30.0, 29.0) == -1.0


@pytest.mark.parametrize(
    ("task", "score", "reference", "tolerance", "accepted"),
    [
        (classes(0), 0.792, 0.8, 0.01, True),  # exactly 1 % of 0.8
        (classes(0), 0.791, 0.8, 0.01, False),
        (classes(0), 0.8, 0.8, 0.0, True),
        (classes(0), 0.79999, 0.8, 0.0, False),
        (pictures(SOME), 29.96, 30.0, 0.01, True),  # the paper's 0.04 dB
        (pictures(SOME), 29.95, 30.0, 0.01, False),
        (pictures(SOME), 30.0, 30.0, 0.0, True),
        (pictures(SOME), 29.999, 30.0, 0.0, False),
        (pictures(SOME), -math.inf, 30.0, 0.01, False),
    ],
)
def test_acceptable_at_both_sides_of_the_limit(
    task: Task, score: float, reference: float, tolerance: float, accepted: bool
) -> None:
    assert task.acceptable(score, reference, tolerance) is accepted


def test_digits_are_the_images_that_training_never_saw() -> None:
    """Held out and calibration: pixels / 16, channels first; together with the training images they are all 1,797."""
    network, (pixels, labels) = load_network("digits"), digits.images()
    held, calibration = load_task("digits"), calibration_task("digits")
    for task, indices in ((held, network.held_out), (calibration, network.calibration)):
        assert task.inputs.dtype == np.float32
        assert task.inputs.shape == (len(indices), 1, 8, 8)
        for sample, label, index in zip(task.inputs, task.targets, indices, strict=True):
            assert label == labels[index]
            assert (sample[0] * 16 == pixels[index, :, :, 0]).all()
    assert not set(network.held_out) & set(network.calibration)
    assert (len(held.inputs), len(calibration.inputs)) == (400, 300)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: load_task("diggits"), "no task 'diggits': use one of digits"),
        (lambda: load_task("digits", "train"), "split 'train': use one of held_out, calibration"),
        (lambda: Task("x", SOME, SOME, "bleu"), "metric 'bleu': use one of top1, psnr"),
        (lambda: Task("x", SOME, SOME[:2], "psnr"), "3 inputs and 2 targets"),
        (lambda: Task("x", SOME[:0], SOME[:0], "psnr"), "at least one"),
        (lambda: classes(0, 3).score(np.zeros((2, 3))), r"must be \[2, classes\], more than 3 classes"),
        (lambda: classes(0, 3).score(np.zeros((3, 9))), r"outputs of shape \(3, 9\)"),
        (lambda: pictures(SOME).score(np.zeros((1, 3))), r"must be \(3, 1\)"),
    ],
)
def test_misuse_is_named(wrong: object, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        wrong()
