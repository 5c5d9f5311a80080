# SPDX-License-Identifier: Apache-2.0
"""`floats`: a network in custom floating and fixed point: accuracy against width, the fast search, containers.

What no other command needs is imported when this one runs: onnx takes a fifth of a second, and the rest a tenth of every start.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.atomic_file import atomic_output
from models.commands.files import CommandError, check_output, shown
from models.network import NetworkError

if TYPE_CHECKING:
    from models.floats.study import Study
    from models.floats.sweeps import Sweep

NAME = "floats"
HELP = "run a network in floats and fixed point of any width"
_RANGES = {"mantissas": "0-10", "exponents": "2-6", "integers": "0-7", "fractions": "1-12"}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("net", metavar="NET.onnx", type=Path, nargs="?", help="a network, with --inputs and --labels")
    parser.add_argument("--network", metavar="NAME", help="one of the project's float networks, with its data")
    parser.add_argument("--inputs", metavar="X.npy", type=Path, help="inputs [N, ...] in the network's layout")
    parser.add_argument("--labels", metavar="Y.npy", type=Path, help="classes [N], or outputs [N, ...] as they should be")
    parser.add_argument("--count", metavar="N", type=int, help="only the first N inputs")
    parser.add_argument("--formats", metavar="F,F", help="evaluate these, such as m7e6,i4f8,bfloat16")
    parser.add_argument("--sweep", action="store_true", help="evaluate every combination of widths")
    parser.add_argument("--search", action="store_true", help="find the fastest format with few evaluations")
    parser.add_argument("--containers", action="store_true", help="what containers save on exponents and mantissas")
    for name, default in _RANGES.items():
        parser.add_argument(
            f"--{name}", metavar="A-B", default=default, help=f"widths of --sweep, --search (default: {default})"
        )
    parser.add_argument("--truncate", action="store_true", help="round towards zero (default: to nearest)")
    parser.add_argument("--tolerance", metavar="T", type=float, default=0.01, help="accuracy that may be lost (default: 0.01)")
    parser.add_argument("--samples", metavar="N", type=int, default=2, help="evaluations of --search (default: 2)")
    parser.add_argument("--few", metavar="N", type=int, default=10, help="inputs of the prediction (default: 10)")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="which inputs these are (default: 0)")
    parser.add_argument("--save", metavar="OUT.json", type=Path, help="store the evaluations, for later fits")
    parser.add_argument("--known", metavar="SWEEP.json", type=Path, help="take these stored evaluations instead of making them")
    parser.add_argument("--fit-on", metavar="SWEEP.json", type=Path, action="append", help="stored evaluations to predict by")
    parser.add_argument("--plot", metavar="OUT.svg", type=Path, help="draw accuracy against speedup")


def run(args: Namespace) -> dict:
    """Do what was asked for and return the result."""
    _check(args)
    from models.evaluation import EvaluationError  # noqa: PLC0415 (onnx is slow to import)
    from models.floats.formats import FormatError  # noqa: PLC0415 (see above)
    from models.floats.sweeps import SweepError  # noqa: PLC0415 (see above)
    from models.graphs import GraphError  # noqa: PLC0415 (see above)

    try:
        return _run(args)
    except (EvaluationError, FormatError, GraphError, NetworkError, SweepError) as error:
        raise CommandError(str(error)) from None


def text(result: dict) -> str:
    """Return the result for people."""
    from models.floats.tables import lines_of  # noqa: PLC0415 (see above)

    return "\n".join(lines_of(result))


def _check(args: Namespace) -> None:
    """Raise CommandError for arguments that do not go together."""
    if (args.net is None) == (args.network is None):
        raise CommandError("name a network: NET.onnx with --inputs and --labels, or --network NAME")
    if args.net is not None and (args.inputs is None or args.labels is None):
        raise CommandError(f"{shown(args.net)}: needs --inputs X.npy and --labels Y.npy")
    if not (args.formats or args.sweep or args.search or args.containers):
        raise CommandError("nothing to do: give --formats, --sweep, --search or --containers")
    for name, least in (("count", 1), ("samples", 1), ("few", 2)):
        value = getattr(args, name)
        if value is not None and value < least:
            raise CommandError(f"--{name} {value}: must be at least {least}")
    if not 0 <= args.tolerance < 1:
        raise CommandError(f"--tolerance {args.tolerance}: must be in 0..1, such as 0.01 for 1 %")
    if args.plot is not None and args.plot.suffix != ".svg":
        raise CommandError(f"{shown(args.plot)}: --plot draws .svg: give the file this ending")
    for path in (args.save, args.plot):
        if path is not None:
            check_output(path)


def _range(args: Namespace, name: str) -> range:
    """Return the numbers of A-B, or of a single A."""
    given = getattr(args, name)
    low, _, high = given.partition("-")
    try:
        numbers = range(int(low), int(high or low) + 1)
    except ValueError:
        numbers = range(0)
    if not numbers:
        raise CommandError(f"--{name} {given}: must be A-B, such as {_RANGES[name]}")
    return numbers


def _run(args: Namespace) -> dict[str, Any]:
    from models.floats.search import design_space, formats_of  # noqa: PLC0415 (see above)
    from models.floats.study import Study  # noqa: PLC0415 (see above)
    from models.floats.sweeps import load_sweep  # noqa: PLC0415 (see above)

    named = formats_of(args.formats.split(",")) if args.formats else {}
    ranges = [_range(args, name) for name in _RANGES]
    space = design_space(*ranges, "zero" if args.truncate else "nearest") if args.sweep or args.search else {}
    fit_on = [load_sweep(path) for path in args.fit_on or []]
    known = load_sweep(args.known) if args.known is not None else None
    study = Study(_subject(args), args.few, args.seed, sys.stderr)
    if known is not None:
        _take(study, known, args.known)
    study.evaluate([each for kind in named.values() for each in kind])
    if args.sweep:
        study.evaluate([each for kind in space.values() for each in kind])
    if args.search:
        study.search(space, fit_on, args.tolerance, args.samples)
    if args.containers:
        study.containers(named.get("float", []))
    _write(args, study)
    return study.result | ({"plot": str(args.plot)} if args.plot is not None else {})


def _take(study: Study, known: Sweep, path: Path) -> None:
    from models.floats.sweeps import SweepError  # noqa: PLC0415 (see above)

    try:
        study.take(known)
    except SweepError as error:
        raise CommandError(f"{shown(path)}: {error}") from None


def _subject(args: Namespace) -> Any:
    from models.commands.network_inputs import load_array  # noqa: PLC0415 (see above)
    from models.floats.sources import own_subject, user_subject  # noqa: PLC0415 (see above)

    if args.network is not None:
        return own_subject(args.network, args.count)
    inputs, targets = load_array(args.inputs), load_array(args.labels)
    if inputs.dtype.kind not in "biuf":
        raise CommandError(f"{shown(args.inputs)}: dtype {inputs.dtype}: inputs must be numbers")
    if targets.dtype.kind not in "iuf":
        raise CommandError(f"{shown(args.labels)}: dtype {targets.dtype}: must be classes (integers) or outputs (floats)")
    if targets.dtype.kind != "f" and (targets.ndim != 1 or targets.min(initial=0) < 0):
        raise CommandError(f"{shown(args.labels)}: classes must be integers from 0 in one dimension, not {targets.shape}")
    return user_subject(args.net, inputs, targets, args.count)


def _write(args: Namespace, study: Study) -> None:
    from models.floats.sweeps import save_sweep  # noqa: PLC0415 (see above)

    if args.save is not None:
        save_sweep(args.save, study.sweep)
    if args.plot is not None:
        from models.floats.plots import accuracy_svg  # noqa: PLC0415 (matplotlib is slow to import)

        content = accuracy_svg(study.sweep.network, study.sweep.evaluations, study.chosen)
        with atomic_output(args.plot) as file:
            file.write(content.encode())
