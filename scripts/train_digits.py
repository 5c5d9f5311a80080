# SPDX-License-Identifier: Apache-2.0
"""Train, quantise and store the network "digits", or check the stored one (docs/networks.md).

python scripts/train_digits.py --check     compare the stored network with its stored accuracy; needs no PyTorch
python scripts/train_digits.py --force     train again (pip install -r requirements-train.txt) and replace it
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.config import load_config
from models.cycles import convolution_cycles
from models.layer import ConvLayer
from models.network import NETWORK_DIR, NetworkError, QuantisedNetwork, accuracy, load_network, save_network
from models.networks import digits, quantise
from scripts.training.torch_cpu import import_torch, same_each_time

if TYPE_CHECKING:
    import torch

NAME = "digits"
INPUT_SHIFT = quantise.FRACTION - 4  # pixels are 0..16: 16 becomes 1.0
LAYERS = (
    ConvLayer("conv1", C=1, H=8, W=8, K=16, R=3, S=3, pad=1),
    ConvLayer("conv2", C=16, H=8, W=8, K=32, R=3, S=3, pad=1),
    ConvLayer("conv3", C=32, H=8, W=8, K=32, R=3, S=3, stride=2, pad=1),
    ConvLayer("conv4", C=32, H=4, W=4, K=64, R=1, S=1),
    ConvLayer("conv5", C=64, H=4, W=4, K=32, R=3, S=3, pad=1),
    ConvLayer("fc", C=32, H=4, W=4, K=10, R=4, S=4),  # fully connected: the filter covers the whole input
)
TRAINING: dict[str, Any] = {
    "optimizer": "AdamW, cosine schedule, weights averaged exponentially (0.998)",
    "learning_rate": 2e-3,
    "weight_decay": 0.1,
    "batch": 16,
    "label_smoothing": 0.05,
    "rotation_degrees": 8.0,  # augmentation: each image turned, scaled and shifted at random, up to these amounts
    "scale": 0.1,
    "shift_pixels": 1.0,
    "noise": 0.05,  # standard deviation; white is 1
}


def make_model(torch: Any) -> torch.nn.Sequential:
    """Return the float network: each of LAYERS with ReLU, the last without."""
    parts: list[Any] = []
    for layer in LAYERS:
        parts += [torch.nn.Conv2d(layer.C, layer.K, (layer.R, layer.S), layer.stride, layer.pad), torch.nn.ReLU()]
    return torch.nn.Sequential(*parts[:-1], torch.nn.Flatten())


def augment(torch: Any, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return images float32 [N, 1, 8, 8] in 0..1, each turned, scaled, shifted and made noisy at random."""
    count, size = len(images), images.shape[-1]
    uniform = 2 * torch.rand(4, count, generator=generator) - 1
    angle, scale = uniform[0] * math.radians(TRAINING["rotation_degrees"]), 1 + uniform[1] * TRAINING["scale"]
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    shift = uniform[2:] * TRAINING["shift_pixels"] * 2 / size
    matrix = torch.stack([torch.stack([cosine, -sine, shift[0]]), torch.stack([sine, cosine, shift[1]])])
    grid = torch.nn.functional.affine_grid(matrix.permute(2, 0, 1), list(images.shape), align_corners=False)
    moved = torch.nn.functional.grid_sample(images, grid, align_corners=False)
    return (moved + TRAINING["noise"] * torch.randn(moved.shape, generator=generator)).clamp(0, 1)


def train(torch: Any, seed: int, epochs: int, parts: dict[str, np.ndarray]) -> torch.nn.Module:
    """Return the network trained on the part "train"; the same bits for the same seed, on one thread."""
    generator = same_each_time(torch, seed)
    return fit(torch, make_model(torch), parts["train"], generator, epochs)


def fit(
    torch: Any,
    model: torch.nn.Sequential,
    indices: np.ndarray,
    generator: torch.Generator,
    epochs: int,
    after_step: Callable[[], None] = lambda: None,
) -> torch.nn.Module:
    """Train `model` on the images `indices` and return its average over the steps. after_step: called after each step."""
    images, labels = tensors(torch, indices)
    average = torch.optim.swa_utils.get_ema_multi_avg_fn(0.998)
    averaged = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=average)
    optimizer = torch.optim.AdamW(model.parameters(), TRAINING["learning_rate"], weight_decay=TRAINING["weight_decay"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=TRAINING["label_smoothing"])
    shown = time.monotonic()
    for epoch in range(1, epochs + 1):
        for batch in torch.randperm(len(images), generator=generator).split(TRAINING["batch"]):
            optimizer.zero_grad()
            loss = loss_of(model(augment(torch, images[batch], generator)), labels[batch])
            loss.backward()
            optimizer.step()
            after_step()
            averaged.update_parameters(model)
        schedule.step()
        if time.monotonic() - shown > 3 or epoch == epochs:
            print(f"{epoch}/{epochs} epochs, loss of the last batch {loss.item():.3f}", flush=True)
            shown = time.monotonic()
    return averaged.module.eval()


def tensors(torch: Any, indices: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (images float32 [N, 1, 8, 8] in 0..1, labels int64 [N])."""
    pixels, labels = digits.images()
    return torch.tensor(pixels[indices].transpose(0, 3, 1, 2) / 16, dtype=torch.float32), torch.tensor(labels[indices])


def float_accuracy(torch: Any, model: torch.nn.Module, indices: np.ndarray) -> list[int]:
    """Return [correct, all]."""
    images, labels = tensors(torch, indices)
    with torch.no_grad():
        return [int((model(images).argmax(1) == labels).sum()), len(labels)]


def float_layers(model: torch.nn.Module) -> list[quantise.FloatLayer]:
    """Return weights [K, R, S, C] and biases of the trained network."""
    modules = [module for module in model if hasattr(module, "weight")]
    return [
        quantise.FloatLayer(
            layer,
            module.weight.detach().double().numpy().transpose(0, 2, 3, 1),
            module.bias.detach().double().numpy(),
        )
        for layer, module in zip(LAYERS, modules, strict=True)
    ]


def make(seed: int, epochs: int, folder: Path) -> None:
    """Train, quantise, measure and store the network in `folder`."""
    torch = import_torch()
    parts = digits.split(seed)
    pixels, labels = digits.images()
    model = train(torch, seed, epochs, parts)
    known = {"name": NAME, "input_shift": INPUT_SHIFT, "calibration": parts["calibration"]}
    frame = partial(QuantisedNetwork, held_out=parts["held_out"], **known)
    acts = pixels[parts["calibration"]].astype(np.uint16) << INPUT_SHIFT
    network, fractions = quantise.profiled(frame, float_layers(model), acts, print)
    network.metadata.update(
        dataset={"source": digits.SOURCE, "crc32": digits.crc32(pixels, labels), "split_seed": seed, **digits.PARTS},
        training={"script": "scripts/train_digits.py", "torch": torch.__version__, "seed": seed, "epochs": epochs} | TRAINING,
        quantisation={
            "activation_fraction": quantise.FRACTION,
            "weight_fractions": fractions,
            "activation_tolerance": quantise.ACTIVATION_TOLERANCE,
            "tolerance": quantise.TOLERANCE,
        },
        float_accuracy={part: float_accuracy(torch, model, indices) for part, indices in parts.items()},
        quantised_accuracy={part: list(accuracy(network, indices)) for part, indices in parts.items()},
    )
    save_network(network, folder)


def show_layers(network: QuantisedNetwork) -> None:
    """Print the profile of each layer and what the held-out images make of it."""
    config = load_config("dstripes16")
    run = network.run(network.held_out_images()[0])
    print(f"Over the {len(run.logits)} held-out images, cycles of {config.name} without fill and stalls:")
    print("layer   n_H  n_L  profile  dynamic  zeros  beyond n_H  weight bits  Stripes  DStripes")
    total = np.zeros(3, np.int64)
    for entry, acts in zip(network.layers, run.inputs, strict=True):
        found = [convolution_cycles(each, entry.layer, config, entry.n_high_in, n_low=entry.n_low_in) for each in acts]
        cycles = np.array([(each.base_cycles, each.stripes_cycles, each.bound_cycles) for each in found]).sum(axis=0)
        total += cycles
        print(
            f"{entry.layer.name:6}{entry.n_high_in:5}{entry.n_low_in:5}{entry.profile_precision:9}"
            f"{np.mean([each.mean_precision for each in found]):9.2f}{(acts == 0).mean():7.1%}"
            f"{int((acts >> entry.n_high_in > 1).sum()):12}{quantise.weight_bits(entry.weights):13}"
            f"{cycles[0] / cycles[1]:8.2f}x{cycles[0] / cycles[2]:9.2f}x"
        )
    print(f"all{total[0] / total[1]:67.2f}x{total[0] / total[2]:9.2f}x")


def check(folder: Path) -> bool:
    """Print the stored network's accuracy, measured now, and whether it is the stored one."""
    network = load_network(NAME, folder)
    held = np.concatenate([network.calibration, network.held_out])
    parts = {"calibration": network.calibration, "held_out": network.held_out}
    parts["train"] = np.setdiff1d(np.arange(len(digits.images()[0])), held)
    agree = True
    for part, stored in network.metadata["quantised_accuracy"].items():
        correct, count = accuracy(network, parts[part])
        in_float = network.metadata["float_accuracy"][part]
        verdict = "as stored" if [correct, count] == stored else f"STORED {stored[0]}/{stored[1]}"
        print(f"{part:12}{correct:5}/{count} = {correct / count:7.2%}  (float {in_float[0]}/{in_float[1]})  {verdict}")
        agree &= [correct, count] == stored
    show_layers(network)
    return agree


def natural(text: str) -> int:
    """Return the positive number that `text` spells, for argparse. Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0 on success, 1 when the check fails, 2 on bad usage or input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only check the stored network")
    parser.add_argument("--force", action="store_true", help="replace a stored network")
    parser.add_argument("--seed", type=natural, default=2018, help="of split, initial weights and augmentation")
    parser.add_argument("--epochs", type=natural, default=80)
    parser.add_argument("--folder", type=Path, default=NETWORK_DIR, help="where the network is stored")
    options = parser.parse_args(arguments)
    try:
        if not options.check:
            if (options.folder / f"{NAME}.json").exists() and not options.force:
                raise NetworkError(f"{options.folder / NAME}.json exists: --force replaces it, --check checks it")
            make(options.seed, options.epochs, options.folder)
        return 0 if check(options.folder) else 1
    except (NetworkError, OSError) as error:
        print(f"train_digits.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
