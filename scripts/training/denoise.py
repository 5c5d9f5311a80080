# SPDX-License-Identifier: Apache-2.0
"""Training of "denoise": a perceptron of five layers from a noisy patch of a picture to its clean middle."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from models.networks.denoising import BORDER, CENTRE, MIDDLE, PATCH, SIGMA, SPREAD, normalised
from models.networks.onnx_model import chain_model
from models.networks.pictures import data_source, luminance, pictures_for
from scripts.training.torch_cpu import minimise, onnx_layers, same_each_time

if TYPE_CHECKING:
    import onnx
    import torch

WIDTHS = (PATCH * PATCH, 256, 256, 256, 256, MIDDLE * MIDDLE)
TRAINING: dict[str, Any] = {
    "seed": 2012,
    "optimizer": "Adam, cosine schedule, mean square error",
    "learning_rate": 1e-3,
    "batch": 256,
    "steps": 16_000,
    "noise_sigma": SIGMA,  # white is 1; fresh noise for each patch
    "augmentation": "patches from anywhere in a picture, also of the picture at half size, mirrored and turned",
}


def make_model(torch: Any) -> torch.nn.Sequential:
    """Return the float network: tanh after each layer but the last."""
    parts: list[Any] = []
    for inputs, outputs in pairwise(WIDTHS):
        parts += [torch.nn.Linear(inputs, outputs), torch.nn.Tanh()]
    return torch.nn.Sequential(*parts[:-1])


def clean_pictures() -> list[np.ndarray]:
    """Return the training pictures uint8 [H, W], each at full and at half size (means of 2 x 2 pixels)."""
    found = []
    for name in pictures_for("train"):
        picture = luminance(name)
        height, width = (size // 2 for size in picture.shape)
        blocks = picture[: 2 * height, : 2 * width].reshape(height, 2, width, 2)
        found += [picture, np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)]
    return found


class PatchSource:
    """Clean patches from random places of the pictures, each picture as often as the others."""

    def __init__(self, torch: Any, pictures: list[np.ndarray], generator: torch.Generator) -> None:
        self.torch, self.generator = torch, generator
        self.pixels = torch.tensor(np.concatenate([picture.ravel() for picture in pictures]))
        sizes = torch.tensor([picture.shape for picture in pictures])
        self.places, self.widths = sizes - PATCH + 1, sizes[:, 1]
        self.starts = torch.tensor(np.cumsum([0, *(picture.size for picture in pictures[:-1])]))

    def draw(self, count: int) -> torch.Tensor:
        """Return patches float32 [count, PATCH, PATCH], white is 1, mirrored or turned half of the times."""
        torch = self.torch
        which = torch.randint(len(self.starts), (count,), generator=self.generator)
        corner = (torch.rand(count, 2, generator=self.generator) * self.places[which]).long()
        width = self.widths[which][:, None, None]
        row, column = (
            corner[:, axis, None, None] + torch.arange(PATCH).view(shape) for axis, shape in ((0, (-1, 1)), (1, (1, -1)))
        )
        patches = self.pixels[self.starts[which][:, None, None] + row * width + column].float() / 255
        for axes, turn in (((1,), torch.flip), ((2,), torch.flip), ((1, 2), torch.transpose)):
            chosen = torch.rand(count, 1, 1, generator=self.generator) < 0.5
            other = turn(patches, axes) if turn is torch.flip else turn(patches, *axes)
            patches = torch.where(chosen, other, patches)
        return patches


def train(torch: Any) -> tuple[onnx.ModelProto, dict[str, Any]]:
    """Return (the trained network, what is to be said of its data and training)."""
    generator = same_each_time(torch, TRAINING["seed"])
    source = PatchSource(torch, clean_pictures(), generator)
    count = TRAINING["batch"]

    def batch() -> tuple[torch.Tensor, torch.Tensor]:
        clean = source.draw(count)
        noisy = clean + SIGMA * torch.randn(clean.shape, generator=generator)
        target = clean[:, BORDER:-BORDER, BORDER:-BORDER]
        return tuple(torch.tensor(normalised(each.numpy()).reshape(count, -1)) for each in (noisy, target))

    model = make_model(torch)
    minimise(torch, model, batch, TRAINING["steps"], TRAINING["learning_rate"])
    with torch.no_grad():  # it was trained to give normalised pixels: the last layer turns them into pixels
        model[-1].weight.mul_(SPREAD)
        model[-1].bias.mul_(SPREAD).add_(CENTRE)
    names = [f"fc{index}" for index in range(1, len(WIDTHS))]
    layers = onnx_layers(model, names, "Tanh")
    return chain_model("denoise", layers, WIDTHS[:1], WIDTHS[-1:]), {"dataset": data_source(), "training": TRAINING}
