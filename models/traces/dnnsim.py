# SPDX-License-Identifier: Apache-2.0
"""Traces in the folder layout of DNNsim (github.com/isakedo/DNNsim), read as they are (docs/traces.md).

Beside model.csv and precision.txt (dnnsim_files.py) lie wgt-LAYER.npy and act-LAYER-BATCH.npy, floats: activations
[N, C, H, W] of a convolution, [N, C, H, W] or [N, C] of a fully connected layer, [steps, N, C] of an LSTM; weights
[K, C / groups, R, S] or [K, C].
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.layer import ConvLayer, LayerError
from models.npy import NpyError, map_array
from models.precision import PRECISIONS
from models.traces.dnnsim_files import MODEL_FILE, PRECISION_FILE, FixedPoint, ModelLine, read_model, read_precisions
from models.traces.fixed_point import to_fixed
from models.traces.trace import Trace, TraceError, TraceLayer


def load_dnnsim(folder: Path, *, bits: int = 16, batch: int = 0, inputs: int | None = None) -> Trace:
    """Return the network in `folder` as integers of P = `bits`.

    folder: with model.csv and, beside it, the arrays; or DNNsim's models/NETWORK, whose arrays are in
    ../../net_traces/NETWORK. batch: the number in the names of the activations' files. inputs: only the first ones.

    A step of an LSTM is a fully connected layer of its own, NAME.t0 and so on, with the same weights. Raises TraceError
    for a file that is missing or damaged, shapes that do not fit, values that are not finite or beyond P bits.
    """
    if bits not in PRECISIONS:
        raise TraceError(f"bits = {bits}: must be 16 or 8")
    lines = read_model(folder / MODEL_FILE)
    precisions = read_precisions(folder / PRECISION_FILE, lines, bits)
    arrays, layers, saturated = _array_folder(folder, lines), [], 0
    for line, (act_fixed, weight_fixed) in zip(lines, precisions, strict=True):
        made, count = _layers(arrays, line, batch, inputs, act_fixed, weight_fixed, bits)
        layers += made
        saturated += count
    origin = PRECISION_FILE if (folder / PRECISION_FILE).exists() else "DNNsim's generic precisions"
    quantiser = f"fixed point of {origin}, {saturated} values saturated"
    return Trace(folder.resolve().name, tuple(layers), f"DNNsim traces {folder}", quantiser)


def _array_folder(folder: Path, lines: list[ModelLine]) -> Path:
    """Return where the arrays are: beside model.csv, or in DNNsim's folder of traces."""
    other = folder.resolve().parent.parent / "net_traces" / folder.resolve().name
    first = f"wgt-{lines[0].file_name}.npy"
    return other if not (folder / first).exists() and (other / first).exists() else folder


def _load(path: Path) -> np.ndarray:
    """Return the floats of a file, mapped."""
    try:
        values = map_array(path)
    except FileNotFoundError:
        raise TraceError(f"{path}: no such file, and {MODEL_FILE} has its layer") from None
    except (NpyError, OSError) as error:
        raise TraceError(f"{path}: {error.strerror if isinstance(error, OSError) else error}") from None
    if values.dtype.kind not in "fiu":
        raise TraceError(f"{path}: dtype {values.dtype}: must be float32")
    if values.size == 0:
        raise TraceError(f"{path}: shape {values.shape}: has no values")
    return values


def _layers(
    folder: Path, line: ModelLine, batch: int, inputs: int | None, act_fixed: FixedPoint, weight_fixed: FixedPoint, bits: int
) -> tuple[list[TraceLayer], int]:
    """Return the layers that a line stands for, one or an LSTM's steps, and how many values were saturated."""
    act_path, weight_path = folder / f"act-{line.file_name}-{batch}.npy", folder / f"wgt-{line.file_name}.npy"
    acts, weights = _load(act_path), _load(weight_path)
    if inputs is not None:
        axis = 1 if line.kind == "lstm" and acts.ndim == 3 else 0
        if acts.shape[axis] < inputs:
            raise TraceError(f"{act_path}: has {acts.shape[axis]} inputs: ask for at most as many")
        acts = acts[:, :inputs] if axis else acts[:inputs]
    shape = _SHAPES[line.kind](f"{act_path} with {weight_path.name}", line, acts.shape, weights.shape)
    act_values, act_format, act_saturated = to_fixed(acts, act_fixed, bits, str(act_path), None)
    weight_values, weight_format, weight_saturated = to_fixed(weights, weight_fixed, bits, str(weight_path), True)
    weight_values = _channels_last(weight_values.reshape(shape.K, shape.group_channels, shape.R, shape.S))
    steps = act_values if line.kind == "lstm" else act_values[None]
    names = [f"{line.name}.t{step}" for step in range(len(steps))] if line.kind == "lstm" else [line.name]
    operator = "Conv" if line.kind == "conv" else "Gemm"
    made = [
        TraceLayer(
            ConvLayer(**{**vars(shape), "name": name}),
            operator,
            _channels_last(values.reshape(-1, shape.C, shape.H, shape.W)),
            weight_values,
            act_format,
            weight_format,
        )
        for name, values in zip(names, steps, strict=True)
    ]
    return made, act_saturated + weight_saturated


def _channels_last(values: np.ndarray) -> np.ndarray:
    """Return [N, C, H, W] as [N, H, W, C]."""
    return np.ascontiguousarray(values.transpose(0, 2, 3, 1))


def _convolution(where: str, line: ModelLine, acts: tuple[int, ...], weights: tuple[int, ...]) -> ConvLayer:
    if len(acts) == 2 and len(weights) == 2:  # of one position, as DNNsim takes it
        acts, weights = (*acts, 1, 1), (*weights, 1, 1)
    if len(acts) != 4 or len(weights) != 4:
        raise TraceError(f"{where}: shapes {acts} and {weights}: must be [N, C, H, W] and [K, C / groups, R, S]")
    if acts[1] % weights[1]:
        raise TraceError(f"{where}: {acts[1]} channels with filters of {weights[1]}: must be a multiple")
    (_, C, H, W), (K, group, R, S) = acts, weights
    return _checked(where, line.name, C=C, H=H, W=W, K=K, R=R, S=S, stride=line.stride, pad=line.pad, groups=C // group)


def _fully_connected(where: str, line: ModelLine, acts: tuple[int, ...], weights: tuple[int, ...]) -> ConvLayer:
    """Activations of several positions keep them, so that a brick is 16 channels of one position."""
    if len(acts) not in (2, 4) or len(weights) not in (2, 4) or np.prod(weights[1:]) != np.prod(acts[1:]):
        raise TraceError(f"{where}: shapes {acts} and {weights}: must be [N, C, H, W] or [N, C], and as many values a filter")
    C, H, W = acts[1:] if len(acts) == 4 else (acts[1], 1, 1)
    return _checked(where, line.name, C=C, H=H, W=W, K=weights[0], R=H, S=W)


def _lstm(where: str, line: ModelLine, acts: tuple[int, ...], weights: tuple[int, ...]) -> ConvLayer:
    if len(acts) != 3 or len(weights) not in (2, 4) or acts[2] != np.prod(weights[1:]):
        raise TraceError(f"{where}: shapes {acts} and {weights}: must be [steps, N, C] and [K, C]")
    return _checked(where, line.name, C=acts[2], H=1, W=1, K=weights[0], R=1, S=1)


def _checked(where: str, name: str, **shape: int) -> ConvLayer:
    try:
        return ConvLayer(name, **shape)
    except LayerError as error:
        raise TraceError(f"{where}: {error}") from None


_SHAPES = {"conv": _convolution, "fc": _fully_connected, "lstm": _lstm}
