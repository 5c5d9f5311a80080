# SPDX-License-Identifier: Apache-2.0
"""`cycles`: how long a network takes on each design, layer by layer (docs/cycles.md)."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Sequence

from models.commands.files import CommandError
from models.commands.sources import add_source, load_shapes_or_trace
from models.config import ConfigError, load_config
from models.cycles.designs import BASES, Design, DesignError, configured, default_designs, every_design, named_designs
from models.cycles.network import topology_cycles, trace_cycles
from models.cycles.rows import KINDS
from models.networks.imagenet import Topology
from models.paper.precisions import PaperError, paper_precisions
from models.progress import Progress
from models.scnn.design import LABEL as SCNN  # which puts it among the designs
from models.traces import Trace
from models.traces.confirmed import confirmed_inputs, load_confirmed

NAME = "cycles"
HELP = "show the cycles of a network's layers on every design"
_PARTS = {"convolutions": "convolutions", "fully_connected": "fully connected", "total": "all layers"}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_source(parser, "shapes with the paper's precisions (AlexNet, ...), or a stored network, on held-out images")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument(
        "--design", metavar="D,D", default="all", help=f"designs of the network's P, e.g. dstripes,{SCNN} (default: all)"
    )
    chosen.add_argument("--config", metavar="C,C", help="configurations of models/configs.toml instead")
    parser.add_argument(
        "--precisions",
        choices=BASES,
        help="paper: its Tables 1 to 3 (default without data); profile: a layer's; dynamic: as detected (default with data)",
    )
    parser.add_argument(
        "--tiles", type=int, metavar="N", help="tiles (default: 16 of the paper's networks, of Loom 1; with data 1)"
    )
    parser.add_argument(
        "--fold",
        action=BooleanOptionalAction,
        help="fold the first layer's stride into its channels (default: of the paper's networks)",
    )


def run(args: Namespace) -> dict:
    """Return the rows, the totals and what they refer to."""
    if args.tiles is not None and args.tiles < 1:
        raise CommandError(f"--tiles {args.tiles}: must be at least 1")
    network = load_shapes_or_trace(args)
    try:
        designs = _designs(args, network)
        if isinstance(network, Topology):
            options = {"basis": args.precisions or BASES[0], "fold": args.fold is not False}
            return topology_cycles(
                network, paper_precisions(network.name), designs=designs, tiles=args.tiles, **options
            ).document()
        return _of_trace(args, network, designs)
    except (DesignError, ConfigError, PaperError) as error:
        raise CommandError(str(error)) from None


def _designs(args: Namespace, network: Topology | Trace) -> tuple[Design, ...]:
    """Return the designs that are asked for. Without data all of them are those that precisions suffice for."""
    if args.config is not None:
        return configured([load_config(name) for name in dict.fromkeys(args.config.split(","))])
    shapes = isinstance(network, Topology)
    bits = 16 if shapes else network.bits
    if args.design != "all":
        return named_designs(args.design.split(","), bits)
    return default_designs(bits) if shapes else every_design(bits)


def _of_trace(args: Namespace, trace: Trace, designs: Sequence[Design]) -> dict:
    progress = Progress(len(trace.layers), "layers", sys.stderr)

    def report(_layer: str) -> None:
        progress.end_of(True)
        progress.show(0)

    options = {"basis": args.precisions or BASES[2], "fold": bool(args.fold)}
    result = trace_cycles(trace, designs=designs, tiles=args.tiles, progress=report, **options)
    if progress.terminal:
        progress.close()
    return _with_rtl(result.document())


def _with_rtl(document: dict) -> dict:
    """Say of each row for how many inputs the RTL has taken the same cycles (`make layers NET=`); one tile is in RTL."""
    known = load_confirmed()
    for row in document["rows"]:
        counted = row["tiles"] == 1 and not row["folded"]
        row["rtl_inputs"] = confirmed_inputs(known, row["digests"], row["config"], row["per_input"]) if counted else 0
    return document


def text(result: dict) -> str:
    """Return the result for people: speedups, layers down and designs across."""
    designs = [design for design in result["designs"] if design in result["total"]]
    cells = {(row["layer"], row["design"]): row for row in result["rows"]}
    layers = list(dict.fromkeys(row["layer"] for row in result["rows"]))
    width = max([len("fully connected"), *map(len, layers)])
    lines = [_heading(result), "", f"{'layer':<{width}}" + "".join(f"{design:>13}" for design in designs)]
    lines += [_line(layer, width, [cells.get((layer, design)) for design in designs]) for layer in layers]
    for part, name in _PARTS.items():
        if result[part] and (part == "total" or all(result[each] for each in KINDS)):
            lines.append(_line(name, width, [_named(result[part].get(design), design) for design in designs]))
    return "\n".join([*lines, "", *_notes(result)])


def _named(total: dict | None, design: str) -> dict | None:
    return None if total is None else {**total, "design": design}


def _line(name: str, width: int, cells: Sequence[dict | None]) -> str:
    return f"{name:<{width}}" + "".join(f"{_cell(cell):>13}" for cell in cells)


def _cell(cell: dict | None) -> str:
    """Cycles of BASE, of the others speedups; a tilde marks bounds."""
    if cell is None:
        return "-"
    confirmed = _confirmed(cell)
    if cell["design"] == "base":
        return f"{cell['cycles']:,}{confirmed}"
    return f"{'' if cell['exact'] else '~'}{cell['speedup']:.2f}x{'*' if cell.get('skipped') else ''}{confirmed}"


def _confirmed(cell: dict) -> str:
    """Mark a row whose cycles RTL has taken for all inputs (+), or for the first ones ((+))."""
    if not cell.get("rtl_inputs"):
        return ""
    return "+" if cell["rtl_inputs"] == cell["inputs"] else "(+)"


def _heading(result: dict) -> str:
    inputs = f"{result['inputs']} inputs" if result["inputs"] > 1 else "1 input"
    tiles = f"{result['tiles']} tiles" if result["tiles"] > 1 else "1 tile"
    folded = f", stride of {result['folded'][0]} folded" if result["folded"] else ""
    return f"{result['network']}: {inputs}, {result['bits']} bits, precisions: {result['basis']}, {tiles}{folded}"


def _notes(result: dict) -> list[str]:
    """Return what the table needs to be understood."""
    notes = [f"source: {result['source']}", "base: cycles; others: speedup over the bit-parallel design of the same peak"]
    bounds = {row["design"] == SCNN for row in result["rows"] if not row["exact"]}
    if False in bounds:
        notes.append("~: steps x mean precision, without fill and stalls; the others are exact, with both")
    if True in bounds:
        notes.append(f"{SCNN}: a model that no RTL confirms")
    if any(row.get("rtl_inputs") for row in result["rows"]):
        notes.append("+: the RTL took the same cycles (make layers NET=); (+): for some of the inputs")
    tiles = {row["design"]: row["tiles"] for row in result["rows"] if row["tiles"] != result["tiles"]}
    if tiles:
        notes.append("tiles: " + ", ".join(f"{design} {count}" for design, count in tiles.items()))
    if any(total["skipped"] for total in result["total"].values()):
        notes.append("*: without the layers that it does not run")
    return notes + _skipped(result)


def _skipped(result: dict) -> list[str]:
    """Return a line for each reason why there is no row."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for each in result["skipped"]:
        reason = each["reason"].replace(f"layer {each['layer']!r} on ", "").replace(f"layer {each['layer']!r}: ", "")
        reasons.setdefault((each["layer"], reason), []).append(each["design"])
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (layer, reason), designs in reasons.items():
        groups.setdefault((reason, tuple(designs)), []).append(layer)
    every = tuple(result["designs"])
    return [
        f"not on {'any design' if designs == every else ', '.join(designs)}: {_few(layers)}: {reason}"
        for (reason, designs), layers in groups.items()
    ]


def _few(names: Sequence[str], most: int = 5) -> str:
    """Return names with commas; many are counted."""
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[:most])} and {len(names) - most} more"
