# SPDX-License-Identifier: Apache-2.0
"""`decode`: a container file back to an integer array."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

import numpy as np

from models.atomic_file import atomic_output
from models.codec import CodecError
from models.commands.files import CommandError, check_input, check_output, shown
from models.dpr_file import DprFileError, load_values

NAME = "decode"
HELP = "decompress a .dpr file into a .npy array"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("input", metavar="IN.dpr", type=Path, help="container file")
    parser.add_argument("output", metavar="OUT.npy", type=Path, help="array to write: (u)int16 or (u)int8, shape restored")


def run(args: Namespace) -> dict:
    """Decode and return what was written."""
    check_input(args.input)
    check_output(args.output, args.input)
    try:
        header, values = load_values(args.input)
    except (DprFileError, CodecError) as error:
        raise CommandError(f"{shown(args.input)}: {error}") from None
    try:
        with atomic_output(args.output) as file:
            np.save(file, values)
    except OSError as error:
        raise CommandError(f"{shown(args.output)}: cannot be written: {error.strerror or error}") from None
    return {
        "file": str(args.output),
        "input": str(args.input),
        "dtype": values.dtype.name,
        "shape": list(values.shape),
        "count": header.count,
        "payload_bytes": header.payload_bytes,
        "raw_bytes": header.raw_bytes,
    }


def text(result: dict) -> str:
    """Return the result for people."""
    shape = " x ".join(str(length) for length in result["shape"])
    return "\n".join(
        [
            f"file     {shown(Path(result['file']))}",
            f"values   {shape} = {result['count']:,}, {result['dtype']}",
            f"size     {result['payload_bytes']:,} -> {result['raw_bytes']:,} bytes",
        ]
    )
