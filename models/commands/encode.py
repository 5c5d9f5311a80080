# SPDX-License-Identifier: Apache-2.0
"""`encode`: an integer array to a container file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

import numpy as np

from models.codec import CodecParams, encode_groups
from models.codec.params import ALIGNMENTS
from models.commands.files import CommandError, check_output, load_integers, shown
from models.commands.info import describe, header_lines
from models.dpr_file import write_dpr
from models.precision import PRECISIONS, ValueRangeError, check_range, check_trimmed, trim

NAME = "encode"
HELP = "compress an integer .npy array into a .dpr file"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("input", metavar="IN.npy", type=Path, help="integer array, any shape and integer dtype")
    parser.add_argument("output", metavar="OUT.dpr", type=Path, help="container file to write")
    parser.add_argument("--bits", type=int, choices=PRECISIONS, required=True, help="maximum precision P of the values")
    parser.add_argument("--signed", action="store_true", help="values are two's complement (default: unsigned)")
    parser.add_argument("--n-low", type=int, default=0, metavar="N", help="lowest bit position kept (default: 0)")
    parser.add_argument(
        "--align", type=int, choices=ALIGNMENTS, default=64, help="pad each container to 64 bits, or pack them: 1 (default: 64)"
    )
    parser.add_argument(
        "--prefix-w", type=int, choices=(4, 3), default=0, help="width of the prefix field (default: 4 for 16 bits, 3 for 8)"
    )
    parser.add_argument("--trim", action="store_true", help="drop magnitude bits below --n-low instead of refusing them")


def run(args: Namespace) -> dict:
    """Encode and return the header's fields with the statistics of the groups."""
    params = _params(args)
    values = load_integers(args.input)
    check_output(args.output, args.input)
    values = _checked(args, values)
    try:
        header = write_dpr(args.output, values, params)
    except OSError as error:
        raise CommandError(f"{shown(args.output)}: cannot be written: {error.strerror or error}") from None
    stats = encode_groups(values, params)
    return describe(args.output, header) | {
        "input": str(args.input),
        "groups": stats.z.size,
        "zero_groups": int(np.count_nonzero(stats.z == 0)),
        "expanded_groups": stats.expanded_groups,
        "nonzero_values": int(stats.nnz.sum()),
        "mean_precision": float(stats.precision.mean()),
    }


def text(result: dict) -> str:
    """Return the result for people."""
    zeros = 1 - result["nonzero_values"] / result["count"]
    return "\n".join(
        [
            *header_lines(result),
            f"groups   {result['groups']:,}: mean precision {result['mean_precision']:.2f} bits, {zeros:.1%} zero values, "
            f"{result['zero_groups']:,} all zero, {result['expanded_groups']:,} larger than raw",
        ]
    )


def _params(args: Namespace) -> CodecParams:
    """Return the codec's settings. Raises CommandError for those that do not go together."""
    if not 0 <= args.n_low < args.bits:
        raise CommandError(f"--n-low {args.n_low}: must be 0..{args.bits - 1} with --bits {args.bits}")
    try:
        return CodecParams(args.bits, args.signed, args.n_low, args.align, args.prefix_w)
    except ValueError as error:
        raise CommandError(str(error)) from None


def _checked(args: Namespace, values: np.ndarray) -> np.ndarray:
    """Return the values, trimmed if asked for. Raises CommandError for values that the settings do not allow."""
    try:
        check_range(values, args.bits, args.signed)
    except ValueRangeError as error:
        if not args.signed and values.min() < 0:
            fix = "add --signed, or clip"
        else:
            fix = "use --bits 16, or rescale or clip" if args.bits == 8 else "rescale or clip"
        raise CommandError(f"{shown(args.input)}: {error}; {fix} the values") from None
    if args.trim:
        return trim(values, args.n_low)
    try:
        check_trimmed(values, args.n_low)
    except ValueRangeError as error:
        raise CommandError(f"{shown(args.input)}: {error}; add --trim to drop them, or lower --n-low") from None
    return values
