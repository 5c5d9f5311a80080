# SPDX-License-Identifier: Apache-2.0
"""A trace: the layers of a network with the integers that the hardware multiplies, for some inputs (docs/traces.md).

Everything that is said of a network with data (cycles, traffic, statistics, RTL runs) is computed from a trace, whether
it was imported from ONNX, read from another simulator's files, or comes with the project.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from models.convolution import check_activations, check_weights
from models.layer import ConvLayer
from models.precision import PRECISIONS, ValueRangeError, check_range, group_precision


class TraceError(ValueError):
    """A trace that is missing, damaged or inconsistent; the message names the file, the field and the fix."""


@dataclass(frozen=True)
class Format:
    """What the integers of a tensor stand for: value = (integer - zero_point) * scale.

    n_low, n_high: the profile, the lowest and the highest bit position that the layer uses (architecture.md, section 3),
    the sign included; hardware drops the bits of a magnitude below n_low. It is found on calibration inputs, so a value of
    another input may exceed it.
    """

    bits: int  # P, 16 or 8
    signed: bool
    n_high: int
    n_low: int = 0
    scale: float = 1.0
    zero_point: int = 0

    def __post_init__(self) -> None:
        if self.bits not in PRECISIONS:
            raise TraceError(f"bits = {self.bits}: must be 16 or 8")
        if not 0 <= self.n_low <= self.n_high < self.bits:
            raise TraceError(f"n_low = {self.n_low}, n_high = {self.n_high}: must be 0 <= n_low <= n_high < {self.bits}")

    @property
    def precision(self) -> int:
        """Bits of a value by the profile, the sign included: what a static design uses."""
        return self.n_high - self.n_low + 1

    @classmethod
    def holding(
        cls, values: np.ndarray, bits: int, signed: bool, *, n_low: int = 0, scale: float = 1.0, zero_point: int = 0
    ) -> Format:
        """Return the format of integer `values` of any shape with the smallest n_high that holds all of them."""
        precision = int(group_precision(np.asarray(values).reshape(1, -1), bits, signed, n_low)[0])
        return cls(bits, signed, n_low + max(1, precision) - 1, n_low, scale, zero_point)


@dataclass(frozen=True, eq=False)
class TraceLayer:
    """One layer with its operands.

    Raises TraceError when the operands do not fit the layer or their formats.
    """

    layer: ConvLayer
    operator: str  # where it comes from: Conv, Gemm, MatMul
    acts: np.ndarray  # integers [N, H, W, C]
    weights: np.ndarray  # integers [K, R, S, C / groups]; [N, K, ...] where the second operand is computed, too
    act_format: Format
    weight_format: Format
    raw_acts: int = 0  # activations of an input as the network stores them, when `acts` repeats some; 0: those of `acts`
    relu: bool = False  # whether its outputs go through a ReLU

    def __post_init__(self) -> None:
        for what, values, form in (("acts", self.acts, self.act_format), ("weights", self.weights, self.weight_format)):
            try:
                check_range(values, form.bits, form.signed)
            except (TypeError, ValueRangeError) as error:
                raise TraceError(f"layer {self.name!r}: {what}: {error}") from None
        if self.acts.ndim != 4 or not len(self.acts):
            raise TraceError(f"layer {self.name!r}: acts: shape {self.acts.shape}: must be [N, H, W, C] with N >= 1")
        if self.weights.ndim == 5 and len(self.weights) != len(self.acts):
            raise TraceError(f"layer {self.name!r}: weights of {len(self.weights)} inputs for acts of {len(self.acts)}")
        try:
            check_activations(self.acts, self.layer)
            check_weights(self.weights if self.weights.ndim == 4 else self.weights[0], self.layer)
        except ValueError as error:
            raise TraceError(str(error)) from None

    @property
    def name(self) -> str:
        """The layer's name, unique in its trace."""
        return self.layer.name

    @property
    def inputs(self) -> int:
        """Inputs (images) whose activations it has."""
        return len(self.acts)

    @property
    def kind(self) -> str:
        """The kind of layer, see `ConvLayer.kind`."""
        return self.layer.kind

    def acts_of(self, index: int) -> np.ndarray:
        """Return the activations of one input, [H, W, C]."""
        return self.acts[index]

    def weights_of(self, index: int) -> np.ndarray:
        """Return the weights that an input meets, [K, R, S, C / groups]."""
        return self.weights if self.weights.ndim == 4 else self.weights[index]

    def first(self, inputs: int) -> TraceLayer:
        """Return the layer with the operands of its first `inputs` inputs only; the formats stay."""
        weights = self.weights if self.weights.ndim == 4 else self.weights[:inputs]
        return replace(self, acts=self.acts[:inputs], weights=weights)

    @property
    def stored_acts(self) -> int:
        """Activations of an input as the network stores them, in values."""
        return self.raw_acts or self.layer.H * self.layer.W * self.layer.C

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """SHA-256 of shape, formats and operands for each input: what names the layer for results measured on it."""
        facts = [asdict(self.layer), asdict(self.act_format), asdict(self.weight_format)]
        shared = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
        if self.weights.ndim == 4:
            shared.update(np.ascontiguousarray(self.weights, dtype="<i4").tobytes())
        found = []
        for index in range(self.inputs):
            one = shared.copy()
            operands = (self.acts[index],) if self.weights.ndim == 4 else (self.acts[index], self.weights[index])
            for values in operands:
                one.update(np.ascontiguousarray(values, dtype="<i4").tobytes())
            found.append(one.hexdigest())
        return tuple(found)


@dataclass(frozen=True, eq=False)
class Trace:
    """The layers of a network in the order in which they run, for the same N inputs."""

    name: str
    layers: tuple[TraceLayer, ...]
    source: str  # the file or data that it was made from, for people
    quantiser: str  # how floats became integers
    accuracy: Mapping[str, Any] = field(default_factory=dict)  # metric, inputs, float, quantised; empty: not measured
    skipped: tuple[str, ...] = ()  # what of the network is not in the trace, and why

    def __post_init__(self) -> None:
        names = [layer.name for layer in self.layers]
        if not names:
            raise TraceError(f"trace {self.name!r}: has no layers")
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise TraceError(f"trace {self.name!r}: layer {twice!r} is there twice")
        counts = {layer.inputs for layer in self.layers}
        if len(counts) > 1:
            raise TraceError(f"trace {self.name!r}: layers have {sorted(counts)} inputs: must be as many in all layers")

    @property
    def inputs(self) -> int:
        """Inputs (images) of every layer."""
        return self.layers[0].inputs

    def first(self, inputs: int) -> Trace:
        """Return the trace of its first `inputs` inputs. Raises TraceError when there are fewer."""
        if not 1 <= inputs <= self.inputs:
            raise TraceError(f"trace {self.name!r}: the first {inputs} inputs: there are 1..{self.inputs}")
        return replace(self, layers=tuple(layer.first(inputs) for layer in self.layers))

    @property
    def bits(self) -> int:
        """P: bits of the widest operand, 16 or 8."""
        return max(form.bits for layer in self.layers for form in (layer.act_format, layer.weight_format))

    def layer(self, name: str) -> TraceLayer:
        """Return the layer `name`. Raises TraceError that lists the names when there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise TraceError(
            f"trace {self.name!r} has no layer {name!r}: use one of {', '.join(each.name for each in self.layers)}"
        )
