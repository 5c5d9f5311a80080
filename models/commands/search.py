# SPDX-License-Identifier: Apache-2.0
"""`search`: the fewest bits of each layer with which a network still does its task (docs/precision_search.md)."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from models.atomic_file import atomic_output
from models.commands.files import CommandError, check_input, check_output, shown
from models.search.document import BATCH
from models.search.steps import STARTS

NAME = "search"
HELP = "find the fewest bits of each layer of an ONNX network"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("path", metavar="NET.onnx", type=Path, nargs="?", help="network in float32, with --inputs")
    parser.add_argument("--network", metavar="NAME", help="one of the project's float networks instead, with its own data")
    parser.add_argument("-o", "--output", metavar="OUT.json", type=Path, required=True, help="result, for people and 'import'")
    parser.add_argument("--inputs", metavar="DIR|FILE", type=Path, help="FILE.npy, FILE.npz or a folder of .npy files")
    parser.add_argument(
        "--labels", metavar="FILE.npy", type=Path, help="a class, or a picture, an input (default: the float network's classes)"
    )
    parser.add_argument("--metric", choices=("top1", "psnr"), default="top1", help="what --labels are for (default: top1)")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N inputs only")
    parser.add_argument("--held-out-inputs", metavar="DIR|FILE", type=Path, help="inputs that only judge the result")
    parser.add_argument("--held-out-labels", metavar="FILE.npy", type=Path, help="what they are to give")
    parser.add_argument(
        "--tolerance", type=float, default=0.01, metavar="T", help="part of the accuracy that may be lost (default: 0.01)"
    )
    parser.add_argument(
        "--judge",
        choices=("score", "outputs"),
        default="score",
        help="what is lost: accuracy, or steady probabilities",
    )
    parser.add_argument("--explore", type=float, default=0.0, metavar="T", help="part up to which the curves are to go")
    parser.add_argument("--start", choices=STARTS, default=STARTS[0], help=f"of the descent (default: {STARTS[0]})")
    parser.add_argument("--evaluations", type=int, metavar="N", help="stop after N evaluations; the same command goes on")
    parser.add_argument("--state", metavar="DIR", type=Path, help="folder of the evaluations (default: beside OUT.json)")
    parser.add_argument("--plot", metavar="OUT.svg", type=Path, help="draw loss against footprint")
    parser.add_argument("--trace", metavar="DIR", type=Path, help="write a trace of the result, for cycles and traffic")
    parser.add_argument("--trace-inputs", type=int, default=4, metavar="N", help="inputs in the trace (default: 4)")


def run(args: Namespace) -> dict:
    """Search, write the result and return it."""
    _check_usage(args)
    from models.commands.search_run import run_search  # noqa: PLC0415 (onnxruntime is slow to import)

    document = run_search(args, lambda line: print(line, file=sys.stderr, flush=True))
    with atomic_output(args.output) as file:
        file.write((json.dumps(document, indent=1) + "\n").encode())
    return document | {"output": str(args.output)}


def text(result: dict) -> str:
    """Return the result for people."""
    form = "{:.2%}" if result["metric"] == "top1" else "{:.2f} dB"
    width = max(5, *(len(layer["name"]) for layer in result["layers"]))
    lines = [f"{'layer':<{width}}  P_a  n_H..n_L  P_w  n_H..n_L"]
    for layer in result["layers"]:
        cells = [f"{one['precision']:>5}  {one['n_high']:>3}..{one['n_low']:<3}" for one in (layer["acts"], layer["weights"])]
        lines.append((f"{layer['name']:<{width}}" + "".join(cells)).rstrip())
    lines += ["", f"{'':<20}footprint   batch of {BATCH}       loss"]
    for name, key in (("found", "best"), ("all layers alike", "uniform"), ("16 bits", "full")):
        if found := result[key]:
            cells = f"{found['footprint']:>9.1%}{found[f'footprint_batch{BATCH}']:>14.1%}{form.format(found['loss']):>11}"
            lines.append(f"{name:<20}{cells}")
    lines += [f"{1 - result['best']['footprint']:.1%} less data than with 32-bit floats", ""]
    for name in ("calibration", "held_out"):
        if found := result[name]:
            lines.append(_scores(name.replace("_", " "), found, result["metric"], form))
    evaluations = result["evaluations"]
    lines.append(f"evaluations: {evaluations['new']} new, {evaluations['cached']} from {result['state']}")
    if not result["complete"]:
        lines.append("not complete: the same command goes on")
    lines += [f"not searched: {reason}" for reason in result["skipped"]]
    return "\n".join([*lines, f"written: {result['output']}"])


def _scores(name: str, found: dict, metric: str, form: str) -> str:
    reference, score, loss = (form.format(found[key]) for key in ("reference", "score", "loss"))
    within = "within" if found["within"] else "beyond"
    return (
        f"{name}, {found['inputs']} inputs: {metric} {reference} in float, {score} found, loss {loss}, {within} the tolerance"
    )


def _check_usage(args: Namespace) -> None:
    """Raise CommandError for options that do not go together, before anything slow begins."""
    if (args.path is None) == (args.network is None):
        raise CommandError("name a network: either NET.onnx or --network NAME")
    given = [args.inputs, args.labels, args.held_out_inputs, args.held_out_labels]
    if args.network is not None and any(each is not None for each in given):
        raise CommandError("--network: has its own inputs and labels: leave out --inputs, --labels and those held out")
    if args.path is not None and args.inputs is None:
        raise CommandError(f"--inputs is missing: name the inputs of {shown(args.path)}, a .npy file or a folder of them")
    if (args.held_out_inputs is None) != (args.held_out_labels is None):
        raise CommandError("--held-out-inputs and --held-out-labels: give both or none")
    if args.labels is None and (args.metric == "psnr" or args.held_out_labels is not None) and args.path is not None:
        raise CommandError("--labels is missing: --metric psnr and held-out data need it")
    if args.judge == "outputs" and args.metric == "psnr":
        raise CommandError("--judge outputs: is for classes: psnr is fine enough by itself, leave it out")
    for name, least in (("limit", 1), ("evaluations", 2), ("trace_inputs", 1)):
        if (value := getattr(args, name)) is not None and value < least:
            raise CommandError(f"--{name.replace('_', '-')} {value}: must be at least {least}")
    for name in ("tolerance", "explore"):
        if not 0 <= getattr(args, name) < 1:
            raise CommandError(f"--{name} {getattr(args, name):g}: must be a part of the accuracy, 0 <= T < 1")
    _check_files(args)


def _check_files(args: Namespace) -> None:
    for path in (args.path, args.labels, args.held_out_labels):
        if path is not None:
            check_input(path)
    for path in (args.output, args.plot):
        if path is not None:
            check_output(path, args.path)
    if args.plot is not None and args.plot.suffix != ".svg":
        raise CommandError(f"{shown(args.plot)}: --plot draws .svg: give the file this ending")
    if args.state is not None and not args.state.is_dir():
        raise CommandError(f"{shown(args.state)}: --state: no such folder: create it first")
