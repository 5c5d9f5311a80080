# SPDX-License-Identifier: Apache-2.0
"""`info`: what a container file holds. The whole file is checked, CRCs included; the containers are not decoded."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from models.commands.files import CommandError, check_input, shown
from models.dpr_file import MAGIC, VERSION, DprFileError, DprHeader, read_dpr

NAME = "info"
HELP = "show the header and the compression ratio of a .dpr file"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("input", metavar="IN.dpr", type=Path, help="container file")


def run(args: Namespace) -> dict:
    """Return the header's fields."""
    check_input(args.input)
    try:
        header, _ = read_dpr(args.input)
    except DprFileError as error:
        raise CommandError(f"{shown(args.input)}: {error}") from None
    return describe(args.input, header)


def text(result: dict) -> str:
    """Return the result for people."""
    return "\n".join(header_lines(result))


def describe(path: Path, header: DprHeader) -> dict:
    """Return a header as JSON values. Sizes in bytes; ratio is compressed over raw size, without the header."""
    params = header.params
    return {
        "file": str(path),
        "magic": MAGIC.hex(),
        "version": VERSION,
        "bits": params.bits,
        "signed": params.signed,
        "n_low": params.n_low,
        "align": params.align,
        "prefix_w": params.prefix_w,
        "shape": list(header.shape),
        "count": header.count,
        "payload_offset": header.payload_offset,
        "payload_bytes": header.payload_bytes,
        "payload_crc32": header.payload_crc32,
        "raw_bytes": header.raw_bytes,
        "ratio": header.payload_bytes / header.raw_bytes,
    }


def header_lines(result: dict) -> list[str]:
    """Return the lines that `encode` and `info` share."""
    sign = "signed" if result["signed"] else "unsigned"
    shape = " x ".join(str(length) for length in result["shape"])
    align = "aligned to 64 bits" if result["align"] == 64 else "packed"
    return [
        f"file     {shown(Path(result['file']))}",
        f"values   {shape} = {result['count']:,}, {sign} {result['bits']}-bit, n_low {result['n_low']}",
        f"stream   containers {align}, {result['prefix_w']}-bit prefixes, CRC-32 {result['payload_crc32']:08x}",
        f"size     {result['raw_bytes']:,} -> {result['payload_bytes']:,} bytes, {result['ratio']:.1%} of raw "
        f"({1 / result['ratio']:.2f} : 1)",
    ]
