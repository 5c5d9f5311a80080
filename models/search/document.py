# SPDX-License-Identifier: Apache-2.0
"""The result of a search as JSON: for people, for plots, and for `python -m models import` (docs/precision_search.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.search.cache import SearchError
from models.search.points import Bits, Operand, PrecisionPoint, Space
from models.search.steps import Found, SearchResult

FORMAT = 1
BATCH = 32  # inputs that share the weights in the footprint of a batch


def describe(result: SearchResult) -> dict[str, Any]:
    """Return the result as JSON values; losses as fractions or dB, footprints over those of 32-bit floats."""
    space = result.space
    return {
        "format": FORMAT,
        "complete": result.complete,
        "reference": result.reference,
        "best": found_fields(space, result.best),
        "full": found_fields(space, result.full),
        "uniform": None if result.uniform is None else found_fields(space, result.uniform) | _uniform_bits(result),
        "layers": layer_fields(space, result.best.point),
        "pareto": [found_fields(space, found) | {"bits": found.point.vector} for found in result.pareto],
        "path": [found_fields(space, found) for found in result.path],
        "curves": {"uniform": result.uniform_curves, "layers": result.layer_curves},
    }


def found_fields(space: Space, found: Found) -> dict[str, float]:
    """Return score, loss and footprints of a point."""
    batch = space.footprint(found.point, BATCH)
    return {"score": found.score, "loss": found.loss, "footprint": found.footprint, f"footprint_batch{BATCH}": batch}


def _uniform_bits(result: SearchResult) -> dict[str, list[int]]:
    pairs = zip(result.space.operands, result.uniform.point.bits, strict=True)
    return {operand.what: list(bits) for operand, bits in pairs}


def layer_fields(space: Space, point: PrecisionPoint) -> list[dict[str, Any]]:
    """Return what the hardware uses of each layer: n_H, n_L, P_a and P_w, and what they stand for."""
    layers: dict[str, dict[str, Any]] = {}
    for operand, bits in zip(space.operands, point.bits, strict=True):
        form = operand.form(bits)
        layers.setdefault(operand.layer, {"name": operand.layer})[operand.what] = {
            "precision": form.precision,
            "n_high": form.n_high,
            "n_low": form.n_low,
            "signed": operand.signed,
            "integer": bits.integer,
            "fraction": bits.fraction,
            "point": operand.full.fraction,
            "values": operand.values,
        }
    return list(layers.values())


def read_layers(path: Path) -> dict[str, dict[str, tuple[Operand, Bits]]]:
    """Return {layer: {"acts": (operand, bits), "weights": (operand, bits)}} of a result.

    Raises SearchError for a file that is no result of a search, with the layer and the field that are wrong.
    """
    try:
        document = json.loads(path.read_text())
        if document["format"] != FORMAT:
            raise SearchError(f"{path}: format {document['format']}: this version reads {FORMAT}: search again")
        layers = {
            each["name"]: {what: _operand(each["name"], what, each[what]) for what in ("acts", "weights")}
            for each in document["layers"]
        }
    except OSError as error:
        raise SearchError(f"{path}: cannot be read: {error.strerror}") from None
    except KeyError as error:
        raise SearchError(f"{path}: has no {error}: name the file that 'python -m models search' has written") from None
    except SearchError:
        raise
    except (ValueError, TypeError, AttributeError) as error:
        raise SearchError(f"{path}: is no result of 'python -m models search': {error}") from None
    if not layers:
        raise SearchError(f"{path}: has no layers: search again")
    return layers


def _operand(layer: str, what: str, fields: dict[str, Any]) -> tuple[Operand, Bits]:
    operand = Operand(layer, what, fields["signed"], 16 - fields["signed"] - fields["point"], fields["values"])
    bits = Bits(fields["integer"], fields["fraction"])
    form = operand.form(bits)
    if (form.n_high, form.n_low) != (fields["n_high"], fields["n_low"]):
        raise ValueError(f"layer {layer!r}: {what}: n_high and n_low are not those of integer, fraction and point")
    return operand, bits
