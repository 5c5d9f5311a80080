# SPDX-License-Identifier: Apache-2.0
"""The project's float networks: models/networks/float/NAME.onnx, and NAME.json about it (docs/networks.md).

The JSON holds the digest of the other file, its data's identity, how it was trained and what it achieves.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.atomic_file import atomic_output
from models.network import NetworkError, stored_networks

if TYPE_CHECKING:
    import onnx

FLOAT_DIR = Path(__file__).with_name("float")
FORMAT = 1  # version of the pair of files
QUANTISER = "fixed16"  # of a float network's trace, unless another one is named


def float_networks(folder: Path = FLOAT_DIR) -> tuple[str, ...]:
    """Return the names of the stored float networks, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.json")))


def float_name(name: str) -> tuple[str, str] | None:
    """Return (float network, quantiser) of a name as NAME or NAME:QUANTISER, None when it is no float network's.

    A name alone is that of the stored network in integers if there is one.
    """
    network, colon, quantiser = name.partition(":")
    if not colon and (network not in float_networks() or network in stored_networks()):
        return None
    return network, quantiser or QUANTISER


def float_network_document(name: str, folder: Path = FLOAT_DIR) -> dict[str, Any]:
    """Return what NAME.json says, once NAME.onnx has been compared with its digest.

    Raises NetworkError: no such network, or a damaged file.
    """
    document_file, model_file = folder / f"{name}.json", folder / f"{name}.onnx"
    if name not in float_networks(folder):
        known = ", ".join(float_networks(folder)) or "none"
        raise NetworkError(f"float network {name!r}: no file {document_file} (stored float networks: {known})")
    try:
        document, raw = json.loads(document_file.read_text()), model_file.read_bytes()
    except (OSError, ValueError) as error:
        raise NetworkError(f"float network {name!r}: cannot read {document_file} or {model_file}: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise NetworkError(f'{document_file}: has no "format": {FORMAT}: take the file from the repository')
    if hashlib.sha256(raw).hexdigest() != document.get("onnx_sha256"):
        raise NetworkError(f"{model_file}: its SHA-256 is not the one in {document_file.name}: take both from the repository")
    return document


def float_network_path(name: str, folder: Path = FLOAT_DIR) -> Path:
    """Return the path of the float network `name`, whose digest is right. Raises NetworkError."""
    float_network_document(name, folder)
    return folder / f"{name}.onnx"


def save_float_network(name: str, model: onnx.ModelProto, fields: dict[str, Any], folder: Path = FLOAT_DIR) -> None:
    """Write NAME.onnx and NAME.json, each whole or not at all. fields: what the JSON says beside format and digest.

    Raises OSError when `folder` cannot be written.
    """
    raw = model.SerializeToString(deterministic=True)
    document = {"format": FORMAT, "name": name, "onnx_sha256": hashlib.sha256(raw).hexdigest(), **fields}
    for suffix, content in ((".onnx", raw), (".json", (json.dumps(document, indent=1) + "\n").encode())):
        with atomic_output(folder / f"{name}{suffix}") as file:
            file.write(content)
