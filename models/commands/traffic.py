# SPDX-License-Identifier: Apache-2.0
"""`traffic`: the bits that a network moves off chip, with each compression scheme (docs/traffic.md)."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from models.commands.files import CommandError
from models.commands.sources import add_source, load_shapes_or_trace
from models.networks.imagenet import Topology
from models.paper.precisions import PaperError, paper_precisions
from models.traffic import SCHEMES, topology_traffic, trace_traffic

NAME = "traffic"
HELP = "show a network's off-chip traffic with each compression scheme"
_HEADS = {"none": "none, kB", "profile": "profile", "zero_rle": "zero RLE", "dpred_64": "DPRed 64", "dpred_1": "DPRed 1"}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_source(parser, "shapes with the paper's precisions (AlexNet, ...), or a stored network, on held-out images")


def run(args: Namespace) -> dict:
    """Return each layer's tensors in each scheme, and the totals."""
    network = load_shapes_or_trace(args)
    try:
        if isinstance(network, Topology):
            return topology_traffic(network, paper_precisions(network.name)).document()
        return trace_traffic(network).document()
    except PaperError as error:
        raise CommandError(str(error)) from None


def text(result: dict) -> str:
    """Return the result for people: a tensor a line, sizes relative to no compression."""
    layers = list(dict.fromkeys(row["layer"] for row in result["rows"]))
    width = max(len("layer"), *map(len, layers))
    inputs = f", mean of {result['inputs']} inputs" if result["inputs"] > 1 else ""
    lines = [f"{result['network']}: {result['bits']} bits, from {result['basis']}{inputs}", ""]
    lines.append(f"{'layer':<{width}}  {'tensor':<8}" + "".join(f"{_HEADS[scheme]:>11}" for scheme in SCHEMES))
    for row in result["rows"]:
        name = row["layer"] if row["tensor"] == "acts" else ""
        lines.append(f"{name:<{width}}  {row['tensor']:<8}" + _cells(row["schemes"], "ratio"))
    total = result["total"]
    lines.append(f"{'all':<{width}}  {'':<8}" + _cells(total, "ratio"))
    for share, name in (("metadata_share", "metadata"), ("padding_share", "padding")):
        cells = ["-" if scheme not in total else f"{total[scheme][share]:.1%}" for scheme in SCHEMES]
        lines.append(f"{'':<{width}}  {name:<8}" + "".join(f"{cell:>11}" for cell in cells))
    return "\n".join([*lines, "", *_notes(result)])


def _cells(schemes: dict, key: str) -> str:
    cells = [f"{schemes['none']['bits'] / 8e3:,.1f}"]
    cells += ["-" if scheme not in schemes else f"{schemes[scheme][key]:.1%}" for scheme in SCHEMES[1:]]
    return "".join(f"{cell:>11}" for cell in cells)


def _notes(result: dict) -> list[str]:
    notes = [f"source: {result['source']}", "an input's traffic: every weight and activation crosses once a layer"]
    notes.append("metadata, padding: parts of each scheme's own bits")
    if result["basis"] == "precisions":
        notes.append("from mean precisions: no value counted as zero; without a profile of weights P bits")
    return notes + [f"no precision is known of {name}" for name in result["skipped"]]
