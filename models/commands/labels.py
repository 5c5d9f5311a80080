# SPDX-License-Identifier: Apache-2.0
"""What a file of labels asks of a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.commands.files import CommandError, shown
from models.commands.network_inputs import load_array
from models.evaluation import Task
from models.graphs import Graph
from models.graphs.feeds import Feeds


def load_labels(path: Path, metric: str, graph: Graph, feeds: Feeds, *, more: bool) -> Task:
    """Return the task of a network's runs `feeds`, which the task does not hold; it is for scoring outputs.

    more: there may be more labels than inputs. Raises CommandError when the labels do not fit the inputs or the metric.
    """
    labels, where = load_array(path), shown(path)
    batch = 1 if feeds.stacked else graph.inputs[0].batch
    entries = len(feeds) * batch
    if labels.ndim == 0 or len(labels) < entries or (not more and len(labels) != entries):
        raise CommandError(f"{where}: labels of shape {list(labels.shape)} for {entries} inputs: give one for each")
    if metric == "top1":
        if labels.ndim != 1 or labels.dtype.kind not in "iu":
            raise CommandError(f"{where}: {labels.dtype} of shape {list(labels.shape)}: top1 takes one integer for each input")
        if labels.min() < 0:
            raise CommandError(f"{where}: label {labels.min()}: classes are counted from 0")
    elif labels.dtype.kind != "f" or not np.isfinite(labels).all() or labels.min() < 0 or labels.max() > 1:
        raise CommandError(f"{where}: psnr takes pictures in floats of 0..1, without NaN")
    return Task(path.name, np.zeros((entries, 0), np.float32), labels[:entries], metric)
