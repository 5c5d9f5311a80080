# SPDX-License-Identifier: Apache-2.0
"""`scnn`: a network on SCNN, the sparse accelerator of section 6.2, and where its multipliers' slots go (docs/scnn.md)."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

from models.commands.files import CommandError
from models.commands.sources import add_source, load_source
from models.cycles.network import folds
from models.layer import LayerError
from models.progress import Progress
from models.scnn import (
    ScnnConfig,
    ScnnCycles,
    ScnnError,
    load_densities,
    pruned_networks,
    scnn_estimate,
    total,
    trace_layer_cycles,
)
from models.scnn.config import BARRIERS, HALOS

NAME = "scnn"
HELP = "show a network's cycles on SCNN and where its multipliers idle"
_PARTS = ("convolutions", "fully connected")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_source(parser)
    chip = ScnnConfig()
    parser.add_argument("--barrier", choices=BARRIERS, default=chip.barrier, help="where PEs wait (default: %(default)s)")
    parser.add_argument("--halo", choices=HALOS, default=chip.halo, help="exchange of partial sums (default: %(default)s)")
    parser.add_argument(
        "--accumulators", type=int, default=chip.accumulators, metavar="N", help="of a PE (default: %(default)s)"
    )


def run(args: Namespace) -> dict:
    """Return each layer and the totals."""
    estimate = args.network in pruned_networks()
    if estimate and args.inputs is not None:
        raise CommandError(f"--inputs: {args.network} has densities alone, no inputs: leave it out")
    try:
        config = ScnnConfig(accumulators=args.accumulators, barrier=args.barrier, halo=args.halo)
        name, layers = _pruned(args.network, config) if estimate else _trace(args, config)
    except (ScnnError, LayerError) as error:
        raise CommandError(str(error)) from None
    rows = [{"kind": kind, **describe(result)} for kind, result in layers]
    parts = {part: [result for kind, result in layers if (kind == "fc") == (part == _PARTS[1])] for part in _PARTS}
    totals = {part: describe(total(part, each, inputs=each[0].inputs)) for part, each in parts.items() if each}
    chip = {"multipliers": config.multipliers, "pes": config.pes, "barrier": config.barrier, "halo": config.halo}
    return {"network": name, "estimate": estimate, **chip, "accumulators": config.accumulators, "layers": rows, "total": totals}


def _pruned(name: str, config: ScnnConfig) -> tuple[str, list[tuple[str, ScnnCycles]]]:
    return name, [
        (each.layer.kind, scnn_estimate(each.layer, each.acts, each.weights, config, fold=folds(each.layer)))
        for each in load_densities(name)
    ]


def _trace(args: Namespace, config: ScnnConfig) -> tuple[str, list[tuple[str, ScnnCycles]]]:
    trace = load_source(args)
    progress = Progress(len(trace.layers), "layers", sys.stderr)
    found = []
    for index, entry in enumerate(trace.layers):
        found.append((entry.kind, total(entry.name, trace_layer_cycles(entry, config, fold=index == 0 and folds(entry.layer)))))
        progress.end_of(True)
        progress.show(0)
    if progress.terminal:
        progress.close()
    return trace.name, found


def describe(result: ScnnCycles) -> dict[str, Any]:
    """Return a result as JSON values."""
    names = ("layer", "inputs", "cycles", "compute", "halo_wait", "base_cycles", "products", "speedup", "utilisation")
    return {name: getattr(result, name) for name in names} | {"slots": result.slots}


def text(result: dict) -> str:
    """Return the result for people: shares of the slots in percent."""
    basis = "expected values" if result["estimate"] else "from tensors"
    uses = list(next(iter(result["layers"]))["slots"])
    lines = [
        f"{result['network']} on SCNN, {result['pes']} PEs, {result['multipliers']} multipliers, {basis}, "
        f"inputs: {result['layers'][0]['inputs']}",
        f"{'layer':<20}{'cycles':>12}{'BASE':>12}{'speedup':>9}" + "".join(f"{use:>15}" for use in uses),
    ]
    return "\n".join(lines + [_line(row, uses, result["multipliers"]) for row in _rows(result)])


def _rows(result: dict) -> Sequence[dict]:
    return [*result["layers"], *result["total"].values()]


def _line(row: dict, uses: Sequence[str], multipliers: int) -> str:
    whole = row["cycles"] * multipliers
    shares = "".join(f"{row['slots'][use] / whole if whole else 0:>15.1%}" for use in uses)
    return f"{row['layer'][:19]:<20}{row['cycles']:>12,.0f}{row['base_cycles']:>12,.0f}{row['speedup']:>8.2f}x{shares}"
