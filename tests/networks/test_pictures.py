# SPDX-License-Identifier: Apache-2.0
"""The pictures of the libraries, and the samples that are made of them, by loops and by formulas written out."""

from __future__ import annotations

import math
import zlib

import numpy as np
import pytest
from skimage import data

from models.network import NetworkError
from models.networks import denoising, super_resolution
from models.networks.pictures import data_source, luminance, pictures, pictures_for


def test_each_picture_has_one_use_and_a_licence() -> None:
    splits = ["train", "calibration", "held_out"]
    assert sum(len(pictures_for(split)) for split in splits) == len(pictures())
    assert pictures_for("held_out") == ("camera", "chelsea")
    assert all(fields["licence"] for fields in pictures().values())
    assert data_source()["held_out"] == {name: zlib.crc32(luminance(name).tobytes()) for name in ("camera", "chelsea")}


def test_luminance_is_the_weighted_sum_of_the_colours() -> None:
    colours, found = data.chelsea(), luminance("chelsea")
    assert found.shape == colours.shape[:2]
    for row, column in ((0, 0), (17, 250), (299, 450)):
        red, green, blue = (int(value) for value in colours[row, column])
        assert abs(found[row, column] - (0.299 * red + 0.587 * green + 0.114 * blue)) <= 0.5
    assert (luminance("camera") == data.camera()).all()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("crc32", 1, r"camera.png has CRC-32 1505908270, expected 1: install the version of skimage"),
        ("file", "skimage/data/nothing.png", "picture 'camera': cannot read skimage/data/nothing.png"),
        ("file", "no_such_library/camera.png", "cannot read no_such_library/camera.png"),
    ],
)
def test_another_picture_is_refused(monkeypatch: pytest.MonkeyPatch, field: str, value: object, message: str) -> None:
    changed = {"camera": pictures()["camera"] | {field: value}}
    monkeypatch.setattr("models.networks.pictures.pictures", lambda: changed)
    luminance.cache_clear()
    with pytest.raises(NetworkError, match=message):
        luminance("camera")
    luminance.cache_clear()


def test_patches_and_middles_by_a_loop() -> None:
    """A patch begins every step pixels; its middle is what is left without the border."""
    patch, middle, step = denoising.PATCH, denoising.MIDDLE, 4
    border = (patch - middle) // 2
    picture = np.arange(40 * 33).reshape(40, 33)
    corners = [(row, column) for row in range(0, 40 - patch + 1, step) for column in range(0, 33 - patch + 1, step)]
    seen, given = denoising.patches(picture, step), denoising.middles(picture, step)
    assert len(seen) == len(given) == len(corners)
    for (row, column), one, other in zip(corners, seen, given, strict=True):
        expected = [picture[row + i, column + j] for i in range(patch) for j in range(patch)]
        assert one.tolist() == expected
        inner = [picture[row + border + i, column + border + j] for i in range(middle) for j in range(middle)]
        assert other.tolist() == inner


def test_assembled_is_the_mean_of_what_overlaps() -> None:
    step, shape = 2, (30, 27)
    border, middle = denoising.BORDER, denoising.MIDDLE
    rows, columns = ((size - denoising.PATCH) // step + 1 for size in shape)
    values = np.random.default_rng(3).normal(size=(rows * columns, middle * middle))
    seen = [[[] for _ in range(shape[1] - 2 * border)] for _ in range(shape[0] - 2 * border)]
    for index, tile in enumerate(values):
        row, column = step * (index // columns), step * (index % columns)
        for place, value in enumerate(tile):
            seen[row + place // middle][column + place % middle].append(value)
    found = denoising.assembled(values, shape, step)
    for line, expected in zip(found, seen, strict=True):
        for value, several in zip(line, expected, strict=True):
            assert value == pytest.approx(np.mean(several)) if several else math.isnan(value)


def test_noise_is_always_the_same_and_as_strong_as_it_should_be() -> None:
    noise = denoising.noisy_picture("camera") - luminance("camera") / 255
    assert noise.std() * 255 == pytest.approx(25, rel=0.01)
    assert abs(noise.mean()) * 255 < 0.2
    assert (denoising.noisy_picture("camera") == denoising.noisy_picture("camera")).all()
    other = denoising.noisy_picture("chelsea") - luminance("chelsea") / 255
    assert abs(np.corrcoef(noise[:300, :451].ravel(), other.ravel())[0, 1]) < 0.02


def test_denoising_samples_are_the_pictures_side_by_side() -> None:
    """Each pixel of a middle is the clean picture's; the patch's own middle is that pixel with noise of 25 of 255."""
    inputs, targets = denoising.denoising_samples("held_out")
    side, middle, border = denoising.PATCH, denoising.MIDDLE, denoising.BORDER
    assert (inputs.dtype, targets.dtype) == (np.float32, np.float32)
    counts = [math.prod((size - side) // middle + 1 for size in luminance(name).shape) for name in ("camera", "chelsea")]
    assert (inputs.shape, targets.shape) == ((sum(counts), side * side), (sum(counts), middle * middle))
    per_row = (512 - side) // middle + 1
    row, column = border + middle * (7 // per_row), border + middle * (7 % per_row)
    expected = luminance("camera")[row : row + middle, column : column + middle].astype(np.float64) / 255
    np.testing.assert_allclose(targets[7].reshape(middle, middle), expected, atol=1e-7)
    own = inputs.reshape(-1, side, side)[:, border:-border, border:-border].reshape(-1, middle * middle)
    assert (own * 0.2 + 0.5 - targets).std() * 255 == pytest.approx(25, rel=0.01)


def cubic(distance: float) -> float:
    """Return the weight of a sample at a distance, by Keys' cubic convolution with a = -1/2."""
    x = abs(distance)
    return 1.5 * x**3 - 2.5 * x**2 + 1 if x < 1 else -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


def resized(line: list[float], scale: float) -> list[float]:
    """Return a line of samples made `scale` times as long; when it shrinks, the kernel is stretched as much."""
    stretch, found = max(1, 1 / scale), []
    for place in range(round(len(line) * scale)):
        centre = (place + 0.5) / scale - 0.5
        weights = [cubic((index - centre) / stretch) for index in range(len(line))]
        found.append(sum(weight * value for weight, value in zip(weights, line, strict=True)) / sum(weights))
    return found


def test_enlarged_by_the_formula() -> None:
    """Rows alike, so that one line tells all: halved, rounded to 8 bits (each step clipped), and made long again."""
    line = np.random.default_rng(5).integers(0, 256, 24)
    small = [min(255, max(0, math.floor(value + 0.5))) for value in resized(line.tolist(), 0.5)]
    expected = np.array(resized(small, 2)) / 255
    found = super_resolution.enlarged(np.tile(line.astype(np.uint8), (12, 1)))
    assert (found.dtype, found.shape) == (np.float32, (12, 24))
    np.testing.assert_allclose(found, np.tile(expected, (12, 1)), atol=1e-4)


def test_crops_by_a_loop() -> None:
    """3 of the 2 x 3 places on the grid, evenly spread: numbers 0, 2 and 4, so rows 0, 0, 1 and columns 0, 2, 1."""
    picture = np.random.default_rng(6).random((130, 200))
    found = super_resolution.crops(picture, 3)
    assert found.shape == (3, 1, 64, 64)
    for crop, (row, column) in zip(found, ((0, 0), (0, 2), (1, 1)), strict=True):
        assert (crop[0] == picture[64 * row : 64 * row + 64, 64 * column : 64 * column + 64]).all()


def test_super_resolution_samples_pair_up() -> None:
    inputs, targets = super_resolution.super_resolution_samples("held_out")
    assert inputs.shape == targets.shape == (16, 1, 64, 64)
    assert (inputs.dtype, targets.dtype) == (np.float32, np.float32)
    assert (targets[0, 0] * 255 == data.camera()[:64, :64]).all()
    for one, other in zip(inputs, targets, strict=True):
        assert 0 < np.abs(one - other).mean() < 0.1
    assert super_resolution.even(np.zeros((300, 451))).shape == (300, 450)
