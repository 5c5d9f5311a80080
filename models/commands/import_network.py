# SPDX-License-Identifier: Apache-2.0
"""`import`: an ONNX network with inputs becomes a trace (docs/traces.md)."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from models.commands.files import CommandError, check_input, shown
from models.progress import Progress
from models.statistics.stored import mean_group_precisions
from models.traces import TraceError, TraceLayer, save_trace
from models.traces.storage import check_folder

NAME = "import"
HELP = "make a trace of an ONNX network and inputs"
_QUANTISERS = ("fixed16", "oblivious8", "aware8")
_WIDEST = 40  # characters of a layer's name that are shown, the last ones
_METRICS = ("top1", "psnr")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("network", metavar="NET.onnx", type=Path, help="network in float32")
    parser.add_argument("--inputs", metavar="DIR|FILE", type=Path, help="FILE.npy, FILE.npz or a folder of .npy files")
    parser.add_argument("-o", "--output", metavar="TRACE", type=Path, required=True, help="folder to write")
    parser.add_argument("--quantiser", choices=_QUANTISERS, default="fixed16", help="default: fixed16")
    parser.add_argument(
        "--calibration", metavar="DIR|FILE", type=Path, help="inputs that the ranges are taken from (default: --inputs)"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="the first N inputs only")
    parser.add_argument(
        "--labels", metavar="FILE.npy", type=Path, help="a class, or a picture, for each input: reports accuracy"
    )
    parser.add_argument("--metric", choices=_METRICS, default="top1", help="what --labels are for (default: top1)")
    parser.add_argument(
        "--profile",
        choices=("noise", "task"),
        default="noise",
        help="what bits are dropped by: quantisation noise, or --labels",
    )
    parser.add_argument(
        "--profile-tolerance",
        type=float,
        metavar="T",
        help="noise: signal over noise in dB (default: fixed16 40, aware8 30); task: part of the accuracy to lose (default: 0)",
    )
    parser.add_argument(
        "--precisions", metavar="FILE.json", type=Path, help="n_H and n_L that 'search' has found, instead of --profile"
    )
    parser.add_argument(
        "--unsupported",
        choices=("refuse", "skip"),
        default="refuse",
        help="what to do with operators that the hardware does not have (default: refuse)",
    )


def run(args: Namespace) -> dict:
    """Write the trace and return its layers with their precisions."""
    _check_usage(args)
    from models.commands.import_run import import_network  # noqa: PLC0415 (onnxruntime is slow to import)

    progress, totals = Progress(0, "runs", sys.stderr), {}

    def report(what: str, runs: int) -> None:
        totals[what] = max(runs, totals.get(what, 0))
        progress.total = sum(totals.values())
        progress.end_of(True)
        progress.show(0)

    found = import_network(args, report)
    if progress.terminal:
        progress.close()
    try:
        save_trace(found.trace, args.output)
    except TraceError as error:
        raise CommandError(str(error)) from None
    trace = found.trace
    return {
        "trace": str(args.output),
        "name": trace.name,
        "source": trace.source,
        "quantiser": trace.quantiser,
        "inputs": trace.inputs,
        "layers": [_described(layer, found.clipped[layer.name]) for layer in trace.layers],
        "accuracy": dict(trace.accuracy),
        "skipped": list(trace.skipped),
    }


def text(result: dict) -> str:
    """Return the result for people."""
    lines = [f"{result['trace']}: {result['name']}, {result['quantiser']}, {result['inputs']} inputs", ""]
    rows = [("layer", "operator", "kind", "activations", "filters", "profile", "mean of 16")]
    for layer in result["layers"]:
        rows.append(
            (
                layer["name"][-_WIDEST:],
                *(layer[key] for key in ("operator", "kind", "activations", "filters")),
                f"{layer['profile_acts']} x {layer['profile_weights']}",
                f"{layer['mean_acts']:.2f} x {layer['mean_weights']:.2f}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    accuracy = result["accuracy"]
    if accuracy:
        form = "{:.2%}" if accuracy["metric"] == "top1" else "{:.2f} dB"
        both = " float, ".join(form.format(accuracy[key]) for key in ("float", "quantised"))
        lines += ["", f"{accuracy['metric']} of {accuracy['inputs']} inputs: {both} quantised"]
    clipped = sum(layer["clipped"] for layer in result["layers"])
    lines += [f"clipped: {clipped:,} activations beyond what calibration has seen"] if clipped else []
    return "\n".join(lines + [f"not in the trace: {reason}" for reason in result["skipped"]])


def _check_usage(args: Namespace) -> None:
    """Raise CommandError for options that do not go together, before anything slow begins."""
    if args.limit is not None and args.limit < 1:
        raise CommandError(f"--limit {args.limit}: must be at least 1")
    tolerance = args.profile_tolerance
    if args.precisions is not None:
        check_input(args.precisions)
        if args.quantiser != "fixed16" or args.profile != "noise" or tolerance is not None:
            raise CommandError("--precisions: is a profile in 16 bits: leave out --quantiser, --profile and its tolerance")
    if args.profile == "task":
        if args.labels is None:
            raise CommandError("--profile task: needs --labels to judge by")
        if tolerance is not None and not 0 <= tolerance < 1:
            raise CommandError(f"--profile-tolerance {tolerance:g}: must be a part of the accuracy, 0 <= T < 1")
    elif tolerance is not None and not 0 < tolerance <= 200:
        raise CommandError(f"--profile-tolerance {tolerance:g}: must be in dB, above 0 and at most 200")
    if args.quantiser == "oblivious8" and (args.profile == "task" or tolerance is not None):
        raise CommandError("--quantiser oblivious8: has no profile, all 8 bits are used: leave out --profile and its tolerance")
    try:
        check_folder(args.output)
    except TraceError as error:
        raise CommandError(str(error)) from None
    if args.labels is not None and not args.labels.is_file():
        raise CommandError(f"{shown(args.labels)}: no such file")


def _described(layer: TraceLayer, clipped: int) -> dict:
    """Return a layer as JSON values; precisions in bits."""
    shape = layer.layer
    acts, weights = mean_group_precisions(layer)
    groups = f" / {shape.groups}" if shape.groups > 1 else ""
    return {
        "name": layer.name,
        "operator": layer.operator,
        "kind": layer.kind,
        "activations": f"{shape.C} x {shape.H} x {shape.W}",
        "filters": f"{shape.K}{groups} of {shape.R} x {shape.S}",
        "shape": {key: getattr(shape, key) for key in ("C", "H", "W", "K", "R", "S", "stride", "pad", "groups")},
        "relu": layer.relu,
        "profile_acts": layer.act_format.precision,
        "profile_weights": layer.weight_format.precision,
        "mean_acts": acts,
        "mean_weights": weights,
        "clipped": clipped,
    }
