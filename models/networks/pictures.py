# SPDX-License-Identifier: Apache-2.0
"""The pictures that ship inside scikit-image and scikit-learn: pictures.toml says which, what for and under what licence."""

from __future__ import annotations

import tomllib
import zlib
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from models.network import NetworkError

PICTURES_FILE = Path(__file__).with_suffix(".toml")
_LUMINANCE = (299, 587, 114)  # thousandths of red, green and blue (ITU-R BT.601)


@cache
def pictures() -> dict[str, dict[str, str | int]]:
    """Return file, crc32, split and licence of each picture by its name."""
    return tomllib.loads(PICTURES_FILE.read_text())


def pictures_for(split: str) -> tuple[str, ...]:
    """Return the names of the pictures of a split: "train", "calibration" or "held_out"."""
    return tuple(name for name, fields in pictures().items() if fields["split"] == split)


@cache
def luminance(name: str) -> np.ndarray:
    """Return the picture's luminance, uint8 [H, W], read-only.

    Raises NetworkError when the installed library has no such file or another picture in it.
    """
    from PIL import Image  # noqa: PLC0415 (slow to import)

    fields = pictures()[name]
    library, *parts = str(fields["file"]).split("/")
    try:
        with files(library).joinpath(*parts).open("rb") as file, Image.open(file) as image:
            colours = np.asarray(image.convert("RGB"), np.int64)
    except (OSError, ModuleNotFoundError) as error:
        raise NetworkError(f"picture {name!r}: cannot read {fields['file']}: {error}: install requirements.txt") from None
    values = ((colours @ _LUMINANCE + 500) // 1000).astype(np.uint8)
    if zlib.crc32(values.tobytes()) != fields["crc32"]:
        raise NetworkError(
            f"picture {name!r}: {fields['file']} has CRC-32 {zlib.crc32(values.tobytes())}, expected {fields['crc32']}: "
            f"install the version of {library} that requirements.txt names"
        )
    values.flags.writeable = False
    return values


def data_source(splits: tuple[str, ...] = ("train", "calibration", "held_out")) -> dict[str, dict[str, int]]:
    """Return the CRC-32 of each picture by split and name: what a stored network says about its data."""
    return {split: {name: int(pictures()[name]["crc32"]) for name in pictures_for(split)} for split in splits}
