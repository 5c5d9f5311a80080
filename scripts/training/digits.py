# SPDX-License-Identifier: Apache-2.0
"""Training of the float "digits", as scripts/train_digits.py does it, and of "digits_pruned", which starts from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from models.networks import digits
from models.networks.float_networks import float_network_document, float_network_path
from models.networks.onnx_model import chain_model
from scripts import train_digits
from scripts.training.torch_cpu import onnx_layers, same_each_time

if TYPE_CHECKING:
    import onnx
    import torch

SEED = 2018  # also of the split into training, calibration and held-out images
EPOCHS = 80
PRUNING: dict[str, Any] = {
    "seed": SEED,
    "zeros": [0.4, 0.6, 0.72, 0.8],  # fraction of all weights that are zero after each round: the smallest magnitudes
    "epochs": 15,  # of fine-tuning after each round; learning rate and the rest as in the training
}


def to_onnx(name: str, model: torch.nn.Sequential) -> onnx.ModelProto:
    """Return the trained model for ONNX, its classifier as a fully connected layer."""
    layers = onnx_layers(model, [layer.name for layer in train_digits.LAYERS], "Relu")
    layers[-1] = replace(layers[-1], weights=layers[-1].weights.reshape(len(layers[-1].bias), -1))
    return chain_model(name, layers, (1, 8, 8), (10,))


def dataset() -> dict[str, Any]:
    """Return what a stored network says about its images."""
    return {"source": digits.SOURCE, "crc32": digits.crc32(*digits.images()), "split_seed": SEED, **digits.PARTS}


def train_dense(torch: Any) -> tuple[onnx.ModelProto, dict[str, Any]]:
    """Return (the trained network, what is to be said of its data and training)."""
    model = train_digits.train(torch, SEED, EPOCHS, digits.split(SEED))
    training = {"seed": SEED, "epochs": EPOCHS} | train_digits.TRAINING
    return to_onnx("digits", model), {"dataset": dataset(), "training": training}


def stored_model(torch: Any) -> torch.nn.Sequential:
    """Return the stored float network "digits" as a PyTorch model."""
    import onnx  # noqa: PLC0415 (slow to import)

    tensors = {
        each.name: onnx.numpy_helper.to_array(each) for each in onnx.load(float_network_path("digits")).graph.initializer
    }
    model = train_digits.make_model(torch)
    with torch.no_grad():
        for module, layer in zip(model[::2], train_digits.LAYERS, strict=False):
            module.weight.copy_(torch.tensor(tensors[f"{layer.name}.weight"].reshape(module.weight.shape)))
            module.bias.copy_(torch.tensor(tensors[f"{layer.name}.bias"]))
    return model


def prune(torch: Any, model: torch.nn.Sequential, zeros: float) -> list[tuple[Any, torch.Tensor]]:
    """Set the fraction `zeros` of all weights, the smallest, to zero; return each layer's weights with a mask of the rest."""
    weights = [module.weight for module in model if hasattr(module, "weight")]
    magnitudes = torch.cat([each.detach().abs().ravel() for each in weights])
    limit = magnitudes.sort().values[round(zeros * len(magnitudes)) - 1]
    masks = [(each, each.detach().abs() > limit) for each in weights]
    apply(torch, masks)
    return masks


def apply(torch: Any, masks: list[tuple[Any, torch.Tensor]]) -> None:
    """Set the weights outside of their masks to zero."""
    with torch.no_grad():
        for weights, mask in masks:
            weights.mul_(mask)


def train_pruned(torch: Any) -> tuple[onnx.ModelProto, dict[str, Any]]:
    """Return (the network "digits" pruned and tuned again, what is to be said of its data and training)."""
    generator = same_each_time(torch, PRUNING["seed"])
    model, indices = stored_model(torch), digits.split(SEED)["train"]
    for zeros in PRUNING["zeros"]:
        masks = prune(torch, model, zeros)
        model = train_digits.fit(torch, model, indices, generator, PRUNING["epochs"], lambda kept=masks: apply(torch, kept))
    network = to_onnx("digits_pruned", model)
    training = PRUNING | {"starts_from": {"digits": float_network_document("digits")["onnx_sha256"]}}
    return network, {"dataset": dataset(), "training": training | {"fine_tuning": train_digits.TRAINING}}


def zero_fractions(model: onnx.ModelProto) -> dict[str, float]:
    """Return the fraction of zero weights of each layer."""
    from onnx import numpy_helper  # noqa: PLC0415 (slow to import)

    weights = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer if each.name.endswith(".weight")}
    return {name.removesuffix(".weight"): float(np.mean(values == 0)) for name, values in weights.items()}
