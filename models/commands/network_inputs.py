# SPDX-License-Identifier: Apache-2.0
"""A network's inputs from files: an array, an archive of arrays by name, or a folder of arrays."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from models.commands.files import CommandError, check_input, shown
from models.graphs import Graph, GraphError, GraphInput
from models.graphs.feeds import Feeds
from models.npy import NPY_ERRORS


def load_feeds(path: Path, graph: Graph, limit: int | None = None) -> Feeds:
    """Return the runs in `path`, at most `limit` of them, for a network.

    A network of one input takes FILE.npy with a batch, or a folder of .npy files in the order of their names, each with a
    batch or with one input without the batch's axis. A network of several takes FILE.npz, or a folder with a NAME.npy for
    each of its inputs. Raises CommandError.
    """
    try:
        feeds = graph.feeds(_arrays(path, graph.inputs))
    except GraphError as error:
        raise CommandError(f"{shown(path)}: {error}") from None
    return feeds if limit is None else feeds.first(limit)


def load_array(path: Path) -> np.ndarray:
    """Return the array in a .npy file. Raises CommandError."""
    check_input(path)
    found = _load(path)
    if not isinstance(found, np.ndarray):
        raise CommandError(f"{shown(path)}: is an archive of arrays: save one array with numpy.save")
    return found


def _arrays(path: Path, known: tuple[GraphInput, ...]) -> np.ndarray | dict[str, np.ndarray]:
    if path.is_dir():
        return _one(path, known[0]) if len(known) == 1 else {each.name: load_array(path / _file_name(each)) for each in known}
    check_input(path)
    found = _load(path)
    if isinstance(found, Mapping) and len(known) == 1 and len(found) == 1:
        return next(iter(found.values()))
    return found


def _load(path: Path) -> np.ndarray | dict[str, np.ndarray]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = np.load(path, allow_pickle=False)
            return found if isinstance(found, np.ndarray) else dict(found)
    except (*NPY_ERRORS, zipfile.BadZipFile) as error:
        reason = str(error).splitlines()[0][:80].rstrip(".") if str(error) else type(error).__name__
        raise CommandError(f"{shown(path)}: is no readable .npy array ({reason}): save it with numpy.save") from None


def _file_name(known: GraphInput) -> str:
    """Return the name of an input's file: signs that file names do not have everywhere are underscores."""
    return f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', known.name)}.npy"


def _one(folder: Path, known: GraphInput) -> np.ndarray:
    """Return the arrays of a folder as one batch. Raises CommandError when there are none or when their shapes differ."""
    paths = sorted(folder.glob("*.npy"))
    if not paths:
        raise CommandError(f"{shown(folder)}: holds no .npy files: save each input there with numpy.save")
    arrays = [load_array(path) for path in paths]
    without_batch = known.shape is not None and arrays[0].ndim < len(known.shape)
    inner = [each.shape if without_batch else each.shape[1:] for each in arrays]
    for path, shape in zip(paths, inner, strict=True):
        if shape != inner[0] or arrays[0].ndim != len(inner[0]) + (not without_batch):
            raise CommandError(
                f"{shown(path)}: one input has shape {list(shape)}, and {list(inner[0])} in {paths[0].name}: "
                "all inputs of a trace have the same shape"
            )
    return np.stack(arrays) if without_batch else np.concatenate(arrays)
