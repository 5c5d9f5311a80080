# SPDX-License-Identifier: Apache-2.0
"""What every training shares: PyTorch on one thread that makes the same bits each time, and the way to ONNX."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from models.network import NetworkError
from models.networks.onnx_model import OnnxLayer
from models.progress import Progress

if TYPE_CHECKING:
    import torch


def import_torch() -> Any:
    """Return the module torch. Raises NetworkError that says how to install it."""
    try:
        import torch  # noqa: PLC0415 (only training needs it)
    except ImportError:
        raise NetworkError("training needs PyTorch: pip install -r requirements-train.txt") from None
    return torch


def same_each_time(torch: Any, seed: int) -> torch.Generator:
    """Set PyTorch to one thread, deterministic algorithms and `seed`; return a generator of its own with that seed."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def minimise(
    torch: Any, model: torch.nn.Module, batch_of: Callable[[], tuple[torch.Tensor, torch.Tensor]], steps: int, rate: float
) -> None:
    """Train `model` by Adam on the mean square error for `steps` steps, the learning rate falling from `rate` to 0.

    batch_of: returns (inputs, targets) of the next step.
    """
    optimizer = torch.optim.Adam(model.parameters(), rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    progress = Progress(steps, "steps")
    for _ in range(steps):
        inputs, targets = batch_of()
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(inputs), targets).backward()
        optimizer.step()
        schedule.step()
        progress.end_of(True)
        progress.show(0)
    progress.close()


def onnx_layers(model: torch.nn.Module, names: list[str], activation: str) -> list[OnnxLayer]:
    """Return the layers of a model in order, for ONNX; `activation` follows each but the last."""
    modules = [module for module in model.modules() if hasattr(module, "weight")]
    layers = []
    for name, module in zip(names, modules, strict=True):
        shape = {"stride": module.stride[0], "pad": module.padding[0]} if hasattr(module, "stride") else {}
        arrays = (parameter.detach().numpy().astype(np.float32) for parameter in (module.weight, module.bias))
        layers.append(OnnxLayer(name, *arrays, activation if name != names[-1] else None, **shape))
    return layers
