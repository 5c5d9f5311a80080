# SPDX-License-Identifier: Apache-2.0
"""A convolution layer exactly as the tile computes it (docs/architecture.md sections 6 to 9; paper section 5).

Two views of the same layer. `pallet_steps` and `weight_words` are the operands in the order in which the layer engine
meets them (one group; models/mapping.py has the order of every design and layer); `accumulate`, `output_stage` and
`convolve` are the results, for any groups. All arithmetic is exact: |v| <= 2^16, |w| <= 2^15 and
at most 2^16 products an output (ConvLayer refuses more) bound every partial sum by 2^47, which is far below 2^53, so
the sums are made by float64 BLAS, whose result is then the same integer in whatever order it adds.
"""

from __future__ import annotations

import numpy as np

from models.config import GROUP
from models.layer import ConvLayer, LayerError, PoolLayer
from models.precision import trim

MAX_BITS = 16  # widest value of an activation or a weight, bits


def check_integers(values: np.ndarray, what: str, low: int, high: int) -> np.ndarray:
    """Return `values` as an array, checked to be integers in [low, high]. Raises LayerError."""
    values = np.asarray(values)
    if values.dtype.kind not in "iu":
        raise LayerError(f"{what} are {values.dtype}: must be integers")
    if values.size and (int(values.min()) < low or int(values.max()) > high):
        raise LayerError(f"{what} reach {values.min()}..{values.max()}: must be in {low}..{high}")
    return values


def check_activations(acts: np.ndarray, layer: ConvLayer | PoolLayer) -> np.ndarray:
    """Return acts [..., H, W, C] as an array. Raises LayerError when they do not fit the layer or 16 bits."""
    acts = check_integers(acts, f"layer {layer.name!r}: activations", -(1 << (MAX_BITS - 1)), (1 << MAX_BITS) - 1)
    if acts.shape[-3:] != (layer.H, layer.W, layer.C):
        expected = (layer.H, layer.W, layer.C)
        raise LayerError(f"layer {layer.name!r}: activations of shape {acts.shape}: the last axes must be {expected}")
    return acts


def check_weights(weights: np.ndarray, layer: ConvLayer) -> np.ndarray:
    """Return weights [K, R, S, C / groups] as an array. Raises LayerError when they do not fit the layer or 16 signed bits."""
    limit = 1 << (MAX_BITS - 1)
    weights = check_integers(weights, f"layer {layer.name!r}: weights", -limit, limit - 1)
    shape = (layer.K, layer.R, layer.S, layer.group_channels)
    if weights.shape != shape:
        raise LayerError(f"layer {layer.name!r}: weights of shape {weights.shape}: must be {shape}")
    return weights


def _one_group(layer: ConvLayer) -> None:
    """Raise LayerError for a layer of several groups, of which each has steps and words of its own."""
    if layer.groups != 1:
        raise LayerError(f"layer {layer.name!r}: groups = {layer.groups}: must be 1 here, use models.mapping.tile_program")


def pad_channels(values: np.ndarray, lanes: int = GROUP) -> np.ndarray:
    """Return values [..., C] with the channels padded with zeros to whole groups of `lanes` (a brick: 16)."""
    values = np.asarray(values)
    missing = -values.shape[-1] % lanes
    return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, missing)]) if missing else values


def window_bricks(bricks: np.ndarray, layer: ConvLayer) -> np.ndarray:
    """Gather whatever is stored per brick, in the order of the windows' steps.

    bricks: [H, W, CB, ...], one entry a position and channel brick. Returns [windows, R * S * CB, ...]: windows in
    raster order, steps in the order (r, s, cb); positions in the padding are zero.
    """
    pad, tail = layer.pad, bricks.ndim - 2
    padded = np.pad(bricks, [(pad, pad), (pad, pad)] + [(0, 0)] * tail)
    view = np.lib.stride_tricks.sliding_window_view(padded, (layer.R, layer.S), axis=(0, 1))
    view = np.moveaxis(view[:: layer.stride, :: layer.stride], (-2, -1), (2, 3))
    return view.reshape(layer.windows, layer.R * layer.S * bricks.shape[2], *bricks.shape[3:])


def _pallets(windows: np.ndarray, cols: int) -> np.ndarray:
    """Cut [windows, steps, ...] into [pallets, steps, cols, ...]; columns past the last window are zero."""
    missing = -len(windows) % cols
    if missing:
        windows = np.concatenate([windows, np.zeros((missing, *windows.shape[1:]), windows.dtype)])
    pallets = windows.reshape(-1, cols, *windows.shape[1:])
    return np.ascontiguousarray(np.moveaxis(pallets, 1, 2))


def pallet_bricks(bricks: np.ndarray, layer: ConvLayer, cols: int) -> np.ndarray:
    """Return bricks [H, W, CB, ...] as [pallets, steps, cols, ...]: what the tile's columns see at each pallet step."""
    return _pallets(window_bricks(bricks, layer), cols)


def pallet_steps(acts: np.ndarray, layer: ConvLayer, cols: int, lanes: int = GROUP) -> np.ndarray:
    """Return the activations in the order of the dispatcher's handshakes.

    acts: [H, W, C] integers. Returns [pallets, steps, cols, lanes] of the same dtype; steps = layer.step_count(lanes)
    in the order (r, s, cb). Columns past the last window, lanes past the last channel and positions in the padding are
    zero. Raises LayerError when the activations do not fit the layer, or when it has several groups.
    """
    _one_group(layer)
    acts = pad_channels(check_activations(acts, layer), lanes)
    return pallet_bricks(acts.reshape(layer.H, layer.W, -1, lanes), layer, cols)


def weight_words(weights: np.ndarray, layer: ConvLayer, rows: int, lanes: int = GROUP) -> np.ndarray:
    """Return the weights in the order of the words of WM.

    weights: [K, R, S, C] integers. Returns [passes, steps, rows, lanes] of the same dtype: word pass * steps + step
    holds a brick of each of the pass's filters; filters past the last are zero. Raises LayerError when they do not fit
    the layer, or when it has several groups.
    """
    _one_group(layer)
    weights = pad_channels(check_weights(weights, layer), lanes)
    steps = weights.reshape(layer.K, -1, lanes)
    return _pallets(steps, rows)


def _group_products(acts: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return acts [..., C] times kernel [groups, C / groups, K / groups], group by group: [..., K], all float64."""
    groups, channels, filters = kernel.shape
    if groups == 1:
        return acts @ kernel[0]
    split = acts.reshape(*acts.shape[:-1], groups, channels)
    if channels == 1:
        products = split * kernel[:, 0]
    else:
        products = np.moveaxis(np.stack([split[..., group, :] @ kernel[group] for group in range(groups)]), 0, -2)
    return products.reshape(*acts.shape[:-1], groups * filters)


def accumulate(acts: np.ndarray, weights: np.ndarray, layer: ConvLayer, n_low: int = 0, rows: int = GROUP) -> np.ndarray:
    """Return the accumulators when each pallet ends: sums of products, without bias.

    acts: [..., H, W, C] integers of at most 16 bits, signed or unsigned by value; leading axes are a batch. Their
    magnitude bits below n_low are dropped first. weights: [K, R, S, C / groups] signed integers of at most 16 bits.
    Returns int64 [..., windows, K padded to a multiple of `rows`]; padded filters are zero. Raises LayerError.
    """
    acts = trim(check_activations(acts, layer), n_low).astype(np.float64)
    kernel = check_weights(weights, layer).astype(np.float64).reshape(layer.groups, layer.group_filters, layer.R, layer.S, -1)
    kernel = kernel.transpose(2, 3, 0, 4, 1)
    pad, stride, batch = layer.pad, layer.stride, acts.shape[:-3]
    acts = np.pad(acts, [(0, 0)] * len(batch) + [(pad, pad), (pad, pad), (0, 0)])
    total = np.zeros((*batch, layer.Ho, layer.Wo, layer.K))
    for r in range(layer.R):
        for s in range(layer.S):
            bottom, right = r + stride * layer.Ho, s + stride * layer.Wo
            total += _group_products(acts[..., r:bottom:stride, s:right:stride, :], kernel[r, s])
    sums = total.reshape(*batch, layer.windows, layer.K).astype(np.int64)
    return pad_channels(sums, rows)


def output_stage(
    acc: np.ndarray, bias: np.ndarray, shift: int, *, bits: int = 16, n_low_out: int = 0, relu: bool = True
) -> np.ndarray:
    """Return the layer's outputs from its accumulators (docs/architecture.md section 7).

    acc: [..., K] integers. bias: [K] integers on the accumulators' scale, rounding constant included. The sum is
    shifted right by `shift` bits (arithmetic, floor), then clipped to 0 .. 2^bits - 1 (relu) or to the signed range of
    `bits`, then the magnitude bits below n_low_out are dropped (towards zero). Returns [..., K], the (u)int of `bits` =
    8 or 16 bits. Raises LayerError when the bias does not match the accumulators or a parameter is out of range.
    """
    acc = check_integers(acc, "accumulators", -(1 << 62), (1 << 62) - 1).astype(np.int64)
    bias = check_integers(bias, "biases", -(1 << 31), (1 << 31) - 1)
    if bias.shape != acc.shape[-1:]:
        raise LayerError(f"biases of shape {bias.shape} for accumulators of shape {acc.shape}: must be one a filter")
    if bits not in (8, 16) or not 0 <= n_low_out < bits or not 0 <= shift < 2 * bits + 16:
        raise LayerError(
            f"bits = {bits}, n_low_out = {n_low_out}, shift = {shift}: bits must be 8 or 16, n_low_out in 0..bits - 1, "
            "shift in 0..2 bits + 15"
        )
    shifted = (acc + bias) >> shift
    low, high = (0, (1 << bits) - 1) if relu else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    kind = "uint" if relu else "int"
    return trim(np.clip(shifted, low, high), n_low_out).astype(f"{kind}{bits}")


def convolve(
    acts: np.ndarray,
    weights: np.ndarray,
    bias: np.ndarray,
    shift: int,
    layer: ConvLayer,
    *,
    bits: int = 16,
    n_low: int = 0,
    n_low_out: int = 0,
    relu: bool = True,
) -> np.ndarray:
    """Return the layer's outputs [..., Ho, Wo, K] from activations [..., H, W, C]; leading axes are a batch.

    n_low trims the activations, n_low_out the outputs; the other arguments are those of `accumulate` and
    `output_stage`, with bias [K]. Raises LayerError.
    """
    acc = accumulate(acts, weights, layer, n_low)[..., : layer.K]
    outputs = output_stage(acc, bias, shift, bits=bits, n_low_out=n_low_out, relu=relu)
    return outputs.reshape(*outputs.shape[:-2], layer.Ho, layer.Wo, layer.K)
