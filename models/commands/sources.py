# SPDX-License-Identifier: Apache-2.0
"""Where a command's trace comes from: a stored network, a trace, DNNsim's files. The same arguments in every command."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from models.commands.files import CommandError
from models.network import NetworkError
from models.networks.float_networks import float_name
from models.networks.imagenet import Topology, load_topology, topologies
from models.paper.precisions import paper_networks
from models.precision import PRECISIONS
from models.traces import Trace, TraceError, load_dnnsim, load_trace, network_trace

INPUTS = 4  # images of a stored network, unless asked for more


def add_source(parser: ArgumentParser, network: str = "a stored network, on held-out images") -> None:
    """Declare --network, --trace, --traces and what goes with them; exactly one source must be given."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--network", metavar="NAME", help=f"{network}; NAME:QUANTISER: a float network of the project")
    source.add_argument("--trace", metavar="DIR", type=Path, help="a folder with a trace (docs/traces.md)")
    source.add_argument(
        "--traces", metavar="DIR", type=Path, help="a folder in DNNsim's layout: model.csv, wgt-*.npy, act-*.npy"
    )
    parser.add_argument("--bits", type=int, choices=PRECISIONS, help="P of the integers made of --traces (default: 16)")
    parser.add_argument("--batch", type=int, metavar="B", help="of --traces read the files act-*-B.npy (default: 0)")
    parser.add_argument("--inputs", type=int, metavar="N", help=f"the first N inputs (default: {INPUTS}; of a folder all)")


def load_source(args: Namespace) -> Trace:
    """Return the trace that the arguments name. Raises CommandError when there is none or it has fewer inputs."""
    if args.inputs is not None and args.inputs < 1:
        raise CommandError(f"--inputs {args.inputs}: must be at least 1")
    for option in ("bits", "batch"):
        if args.traces is None and getattr(args, option) is not None:
            raise CommandError(f"--{option}: goes with --traces alone: leave it out")
    try:
        if args.network is not None:
            return _own_network(args.network, args.inputs or INPUTS)
        if args.traces is not None:
            return load_dnnsim(args.traces, bits=args.bits or 16, batch=args.batch or 0, inputs=args.inputs)
        trace = load_trace(args.trace)
        return trace if args.inputs is None else trace.first(args.inputs)
    except (NetworkError, TraceError) as error:
        raise CommandError(str(error)) from None


def _own_network(name: str, inputs: int) -> Trace:
    """Return the trace of a stored network, or of a float network quantised on the way: NAME or NAME:QUANTISER."""
    found = float_name(name)
    if found is None:
        return network_trace(name, inputs)
    from models.quantise.stored import float_network_trace  # noqa: PLC0415 (onnxruntime is slow to import)

    try:
        return float_network_trace(*found, inputs)
    except ValueError as error:
        raise CommandError(f"--network {name}: {error}") from None


def load_shapes_or_trace(args: Namespace) -> Topology | Trace:
    """Return the topology of that name, without data, or what `load_source` finds. Raises CommandError as it does."""
    if args.network is None:
        return load_source(args)
    if args.network in topologies():
        for option in ("inputs", "bits", "batch"):
            if getattr(args, option) is not None:
                raise CommandError(f"--{option}: {args.network} has shapes and precisions alone, no inputs: leave it out")
        return load_topology(args.network)
    try:
        return load_source(args)
    except CommandError as error:
        raise CommandError(f"{error}; shapes with the paper's precisions: {', '.join(paper_networks())}") from None
