# SPDX-License-Identifier: Apache-2.0
"""A network's inputs: what it takes, and a user's arrays cut into runs.

A run is one input of the traces: a batch of 1 where the network's first axis is free or 1. A network made for a batch of
B runs B at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx

from models.graphs.errors import GraphError
from models.graphs.source import Network


@dataclass(frozen=True)
class GraphInput:
    """An input of a network. A length that is free is its name, or "?"."""

    name: str
    shape: tuple[int | str, ...] | None  # None: any
    dtype: np.dtype

    def __str__(self) -> str:
        lengths = "any shape" if self.shape is None else "[" + ", ".join(map(str, self.shape)) + "]"
        return f"{self.dtype} {lengths}"

    @property
    def batch(self) -> int:
        """Entries of the first axis that a run takes."""
        return self.shape[0] if self.shape and isinstance(self.shape[0], int) else 1

    def _fits(self, shape: tuple[int, ...]) -> bool:
        own = self.shape or ()
        return len(shape) == len(own) and all(one == two for one, two in zip(own, shape, strict=True) if isinstance(one, int))

    def runs(self, values: np.ndarray, where: str) -> tuple[list[np.ndarray], bool]:
        """Return (the runs' arrays, whether the runs have an axis of their own). Raises GraphError."""
        values = self._converted(np.asarray(values), where)
        if not values.size:
            raise GraphError(f"{where}: input {self.name!r} has shape {list(values.shape)}, no values: give at least one input")
        if self.shape is None:
            return [values[index : index + 1] for index in range(len(values))], False
        if values.ndim == len(self.shape) + 1 and self._fits(values.shape[1:]):
            return list(values), True
        batch = self.batch
        whole = values.ndim == len(self.shape) and values.ndim and len(values) % batch == 0
        if whole and self._fits((batch, *values.shape[1:])):
            return [values[index : index + batch] for index in range(0, len(values), batch)], False
        if not values.ndim and not self.shape:
            return [values], True
        raise GraphError(f"{where}: input {self.name!r} has shape {list(values.shape)}: the network takes {self}")

    def _converted(self, values: np.ndarray, where: str) -> np.ndarray:
        """Return the values in the network's dtype, if nothing is lost."""
        if values.dtype.kind not in "biuf" or self.dtype.kind not in "biuf":
            if values.dtype == self.dtype:
                return values
            raise GraphError(f"{where}: input {self.name!r} is {values.dtype}: the network takes {self}")
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise GraphError(f"{where}: input {self.name!r} has values that are NaN or infinite: remove them")
        if values.dtype == self.dtype:
            return values
        with np.errstate(over="ignore", invalid="ignore"):
            converted = values.astype(self.dtype)
        float_to_float = values.dtype.kind == "f" and self.dtype.kind == "f"
        kept = np.isfinite(converted).all() if float_to_float else (converted.astype(values.dtype) == values).all()
        if not kept:
            raise GraphError(
                f"{where}: input {self.name!r} is {values.dtype} with values that {self.dtype} does not hold: "
                f"convert it, the network takes {self}"
            )
        return converted


def graph_inputs(network: Network) -> tuple[GraphInput, ...]:
    """Return the network's inputs. Raises GraphError for one that is no tensor."""
    return tuple(_graph_input(each, network.where) for each in network.model.graph.input)


def _graph_input(value: onnx.ValueInfoProto, where: str) -> GraphInput:
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type"):
        raise GraphError(f"{where}: input {value.name!r} is no tensor: export the network with tensors as inputs")
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type))
    if not tensor.HasField("shape"):
        return GraphInput(value.name, None, dtype)
    lengths = [
        each.dim_value if each.HasField("dim_value") and each.dim_value > 0 else each.dim_param or "?"
        for each in tensor.shape.dim
    ]
    return GraphInput(value.name, tuple(lengths), dtype)


@dataclass(frozen=True, eq=False)
class Feeds:
    """The runs of a set of inputs."""

    runs: tuple[dict[str, np.ndarray], ...]
    stacked: bool  # the user's arrays have an axis for the runs, in front of the network's own

    def __len__(self) -> int:
        return len(self.runs)

    def first(self, runs: int) -> Feeds:
        """Return the first runs."""
        return Feeds(self.runs[:runs], self.stacked)


def feeds_of(inputs: np.ndarray | Mapping[str, np.ndarray], known: tuple[GraphInput, ...], where: str) -> Feeds:
    """Return the runs for an array (a network of one input) or for arrays by name.

    An input that has values for one run only serves all runs. Raises GraphError.
    """
    if not isinstance(inputs, Mapping):
        if len(known) != 1:
            raise GraphError(f"{where}: takes {len(known)} inputs: give one array for each of {_names(known)}")
        inputs = {known[0].name: inputs}
    missing = [each for each in known if each.name not in inputs]
    extra = sorted(set(inputs) - {each.name for each in known})
    if missing or extra:
        what = f"has no input {extra[0]!r}" if extra else f"gets no values for {_names(missing)}"
        raise GraphError(f"{where}: {what}: its inputs are {_names(known)}")
    if not known:
        raise GraphError(f"{where}: has no inputs: nothing depends on data")
    cut = {each.name: each.runs(inputs[each.name], where) for each in known}
    count = max(len(runs) for runs, _ in cut.values())
    for name, (runs, _) in cut.items():
        if len(runs) not in (1, count):
            raise GraphError(f"{where}: input {name!r} has values for {len(runs)} runs, another one for {count}")
    runs = [{name: runs[index if len(runs) > 1 else 0] for name, (runs, _) in cut.items()} for index in range(count)]
    return Feeds(tuple(runs), all(stacked for _, stacked in cut.values()))


def _names(inputs: tuple[GraphInput, ...] | list[GraphInput]) -> str:
    return ", ".join(f"{each.name} ({each})" for each in inputs)
