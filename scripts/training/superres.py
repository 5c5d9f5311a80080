# SPDX-License-Identifier: Apache-2.0
"""Training of "superres": a residual network of convolutions that sharpens enlarged pictures."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from models.networks.onnx_model import chain_model
from models.networks.pictures import data_source, luminance, pictures_for
from models.networks.super_resolution import CROP, SCALE, enlarged, even
from scripts.training.torch_cpu import minimise, onnx_layers, same_each_time

if TYPE_CHECKING:
    import onnx
    import torch

CHANNELS = (1, 32, 32, 32, 32, 32, 32, 32, 1)  # eight layers
TRAINING: dict[str, Any] = {
    "seed": 2016,
    "optimizer": "Adam, cosine schedule, mean square error",
    "learning_rate": 1e-3,
    "batch": 16,
    "crop": 24,  # pixels a side
    "steps": 3_000,
    "scale": SCALE,
    "augmentation": "crops from anywhere in a picture, mirrored and turned",
}


def make_model(torch: Any) -> torch.nn.Module:
    """Return the float network; its last layer begins at 0, so that the untrained network changes nothing."""

    class Residual(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            parts: list[Any] = []
            for inputs, outputs in pairwise(CHANNELS):
                parts += [torch.nn.Conv2d(inputs, outputs, 3, padding=1), torch.nn.ReLU()]
            self.chain = torch.nn.Sequential(*parts[:-1])
            for part in self.chain[::2]:
                torch.nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
                torch.nn.init.zeros_(part.bias)
            torch.nn.init.zeros_(self.chain[-1].weight)

        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            return pictures + self.chain(pictures)

    return Residual()


def random_crops(pairs: list[np.ndarray], rng: np.random.RandomState) -> np.ndarray:
    """Return (enlarged, original) crops float32 [batch, 2, crop, crop] of random places in the pairs [2, H, W]."""
    size, found = TRAINING["crop"], []
    for _ in range(TRAINING["batch"]):
        pair = pairs[rng.randint(len(pairs))]
        row, column = (rng.randint(length - size + 1) for length in pair.shape[1:])
        crop = pair[:, row : row + size, column : column + size]
        crop = np.rot90(crop, rng.randint(4), axes=(1, 2))
        found.append(crop[:, :, ::-1] if rng.randint(2) else crop)
    return np.stack(found)


def train(torch: Any) -> tuple[onnx.ModelProto, dict[str, Any]]:
    """Return (the trained network, what is to be said of its data and training)."""
    same_each_time(torch, TRAINING["seed"])
    rng = np.random.RandomState(TRAINING["seed"])
    originals = [even(luminance(name)) for name in pictures_for("train")]
    pairs = [np.stack([enlarged(picture), picture / np.float32(255)]) for picture in originals]

    def batch() -> tuple[torch.Tensor, torch.Tensor]:
        crops = torch.tensor(random_crops(pairs, rng))
        return crops[:, :1], crops[:, 1:]

    model = make_model(torch)
    minimise(torch, model, batch, TRAINING["steps"], TRAINING["learning_rate"])
    names = [f"conv{index}" for index in range(1, len(CHANNELS))]
    shape = (1, CROP, CROP)
    network = chain_model("superres", onnx_layers(model, names, "Relu"), shape, shape, residual=True)
    return network, {"dataset": data_source(), "training": TRAINING}
