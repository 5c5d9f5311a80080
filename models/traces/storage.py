# SPDX-License-Identifier: Apache-2.0
"""A trace as a folder: trace.json, and two .npy files a layer that are mapped, not read (docs/traces.md).

The JSON holds the digest of each array, so files of two traces cannot be mixed; it is written last, so a folder without
one is no trace.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from models.atomic_file import atomic_output, real_path
from models.layer import ConvLayer, LayerError
from models.npy import NpyError, map_array
from models.precision import value_dtype
from models.traces.trace import Format, Trace, TraceError, TraceLayer

FORMAT = 1  # version of the folder
TRACE_FILE = "trace.json"
_ARRAYS = ("acts", "weights")
_ARRAY_FILE = re.compile(r"\d{3,}-.*\.npy")
_READ_BYTES = 1 << 20


def _file_name(index: int, layer: str, what: str) -> str:
    """Return a file name that sorts by layer and is legal everywhere."""
    return f"{index:03d}-{re.sub(r'[^A-Za-z0-9_.]+', '_', layer)[:60]}.{what}.npy"


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            found.update(block)
    return found.hexdigest()


def _save_array(path: Path, values: np.ndarray, form: Format) -> dict[str, str]:
    with atomic_output(path) as file:
        np.save(file, values.astype(value_dtype(form.bits, form.signed), copy=False), allow_pickle=False)
    return {"file": path.name, "sha256": _digest(path)}


def _layer_fields(folder: Path, index: int, entry: TraceLayer) -> dict[str, Any]:
    formats = {"acts": entry.act_format, "weights": entry.weight_format}
    arrays = {
        what: _save_array(folder / _file_name(index, entry.name, what), getattr(entry, what), formats[what]) for what in _ARRAYS
    }
    return {
        "shape": asdict(entry.layer),
        "operator": entry.operator,
        "relu": entry.relu,
        "raw_acts": entry.raw_acts,
        **{what: arrays[what] | {"format": asdict(formats[what])} for what in _ARRAYS},
    }


def check_folder(folder: Path) -> None:
    """Raise TraceError unless `folder` can become a trace: it is new, empty, or holds a trace and nothing else."""
    if folder.exists() and not folder.is_dir():
        raise TraceError(f"{folder}: is a file: name a folder")
    if not folder.is_dir():
        return
    files = {path.name for path in folder.iterdir()}
    if files and TRACE_FILE not in files:
        raise TraceError(f"{folder}: is not empty and holds no trace: name another folder")
    others = sorted(name for name in files if name != TRACE_FILE and not _ARRAY_FILE.fullmatch(name))
    if others:
        raise TraceError(f"{folder}: holds {others[0]!r} beside a trace: name another folder, or move it away")


def save_trace(trace: Trace, folder: Path) -> None:
    """Write the trace to `folder`, whole or not at all; a trace that is there already is replaced.

    Raises TraceError when the folder holds other things than a trace, OSError when it cannot be written.
    """
    check_folder(folder)
    target = real_path(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".dpr-{secrets.token_hex(8)}.tmp")
    old = target.with_name(f"{fresh.name}.old")
    try:
        fresh.mkdir()
        _write(trace, fresh)
        if target.exists():
            target.rename(old)
        fresh.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    finally:
        for folder_of_ours in (fresh, old):
            shutil.rmtree(folder_of_ours, ignore_errors=True)


def _write(trace: Trace, folder: Path) -> None:
    document = {
        "format": FORMAT,
        **{key: getattr(trace, key) for key in ("name", "source", "quantiser")},
        "accuracy": dict(trace.accuracy),
        "skipped": list(trace.skipped),
        "layers": [_layer_fields(folder, index, entry) for index, entry in enumerate(trace.layers)],
    }
    with atomic_output(folder / TRACE_FILE) as file:
        file.write((json.dumps(document, indent=1) + "\n").encode())


def _load_array(folder: Path, fields: dict[str, Any], check: bool) -> np.ndarray:
    path = folder / Path(fields["file"]).name
    if not path.is_file():
        raise TraceError(f"{path}: no such file, and {TRACE_FILE} names it: make the trace again")
    if check and _digest(path) != fields["sha256"]:
        raise TraceError(f"{path}: its SHA-256 is not the one in {TRACE_FILE}: make the trace again")
    try:
        return map_array(path)
    except NpyError as error:
        raise TraceError(f"{path}: {error}") from None


def _load_layer(folder: Path, fields: dict[str, Any], check: bool) -> TraceLayer:
    arrays = {what: _load_array(folder, fields[what], check) for what in _ARRAYS}
    return TraceLayer(
        ConvLayer(**fields["shape"]),
        fields["operator"],
        arrays["acts"],
        arrays["weights"],
        Format(**fields["acts"]["format"]),
        Format(**fields["weights"]["format"]),
        fields["raw_acts"],
        fields["relu"],
    )


def load_trace(folder: Path, *, check: bool = True) -> Trace:
    """Return the trace in `folder`, its arrays mapped read-only. check: compare the arrays with their digests.

    Raises TraceError for a folder that holds no intact trace.
    """
    path = folder / TRACE_FILE
    if not path.is_file():
        raise TraceError(f"{folder}: holds no {TRACE_FILE}: name a folder that 'python -m models import' has written")
    try:
        document = json.loads(path.read_text())
        if document["format"] != FORMAT:
            raise TraceError(f"{path}: format {document['format']}: this version reads {FORMAT}: import the network again")
        layers = tuple(_load_layer(folder, fields, check) for fields in document["layers"])
        texts = {key: document[key] for key in ("name", "source", "quantiser", "accuracy")}
        return Trace(layers=layers, skipped=tuple(document["skipped"]), **texts)
    except (TraceError, LayerError) as error:
        message = str(error)
        raise TraceError(message if str(folder) in message else f"{path}: {message}") from None
    except KeyError as error:
        raise TraceError(f"{path}: has no {error}: make the trace again") from None
    except (OSError, TypeError, AttributeError, ValueError) as error:
        raise TraceError(f"{path}: cannot be read: {error}") from None
