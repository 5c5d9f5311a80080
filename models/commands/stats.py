# SPDX-License-Identifier: Apache-2.0
"""`stats`: how many bits the values, groups, inputs and layers of a network need (docs/statistics.md)."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from models.atomic_file import atomic_output
from models.commands.files import CommandError, check_output, shown
from models.commands.sources import add_source, load_source
from models.progress import Progress
from models.statistics import GROUP_SIZES, Distribution, NetworkStatistics, TensorStatistics, network_statistics
from models.statistics.layers import check_sizes
from models.statistics.network import TENSORS
from models.traces import TraceError

NAME = "stats"
HELP = "show the precisions that a network's values need"
_PLOTS = (".svg", ".html")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_source(parser)
    sizes = ",".join(map(str, GROUP_SIZES))
    parser.add_argument("--layer", metavar="L", help="only this layer")
    parser.add_argument(
        "--group-sizes", metavar="N,N", default=sizes, help=f"values in a group, multiples of 16 (default: {sizes})"
    )
    parser.add_argument("--plot", metavar="OUT.svg", type=Path, help="draw the distributions, like Fig. 1; OUT.html: a page")


def run(args: Namespace) -> dict:
    """Return the statistics of each layer and of the network; draw them if asked for."""
    sizes = _sizes(args.group_sizes)
    if args.plot is not None:
        _check_plot(args.plot)
    trace = load_source(args)
    progress = Progress(len(trace.layers) if args.layer is None else 1, "layers", sys.stderr)

    def report(done: int, _everything: int) -> None:
        progress.end_of(True)
        progress.show(0)

    try:
        found = network_statistics(trace, sizes, args.layer, report)
    except TraceError as error:
        raise CommandError(str(error)) from None
    if progress.terminal:
        progress.close()
    if args.plot is not None:
        _draw(found, args.plot)
    return describe(found) | ({"plot": str(args.plot)} if args.plot is not None else {})


def text(result: dict) -> str:
    """Return the result for people."""
    lines = [f"{result['name']}: {result['source']}, {result['inputs']} inputs"]
    for what in TENSORS:
        sizes = list(result["mean"][what]["groups"])
        heads = ["profile", "static", "input", *reversed(sizes), "value"]
        lines += ["", f"{what:<16}" + "".join(f"{head:>8}" for head in heads)]
        for layer in result["layers"]:
            lines.append(_row(layer["name"], layer[what], layer[what]["static"]))
        mean = result["mean"][what]
        lines.append(_row("mean", mean, mean["static"]))
        spared = [f"{mean['groups'][size]['reduction']:.1%}" for size in reversed(sizes)]
        lines.append(f"{'spared':<40}" + "".join(f"{each:>8}" for each in [*spared, f"{mean['value']['reduction']:.1%}"]))
        gains = [f"{mean['groups'][size]['low_gain']:.2%}" for size in reversed(sizes)]
        lines.append(f"{'dynamic n_L':<40}" + "".join(f"{each:>8}" for each in gains))
    lines += ["", f"work per value, activation x weight bits: {result['work_reduction']:.1%} less than the profiles'"]
    return "\n".join(lines + ([f"plot: {result['plot']}"] if "plot" in result else []))


def _row(name: str, tensor: dict, static: float) -> str:
    cells = [tensor["profile"], static, tensor["input"]]
    cells += [found["mean"] for found in reversed(tensor["groups"].values())]
    return f"{name[:15]:<16}" + "".join(f"{cell:>8.2f}" for cell in [*cells, tensor["value"]["mean"]])


def describe(found: NetworkStatistics) -> dict:
    """Return the statistics as JSON values; precisions in bits."""
    layers = [
        {"name": layer.name, "kind": layer.kind, "macs": layer.macs}
        | {what: _tensor(getattr(layer, what)) for what in TENSORS}
        | {"products": layer.products, "product_bits": layer.product_bits}
        for layer in found.layers
    ]
    return {
        "name": found.name,
        "source": found.source,
        "inputs": found.inputs,
        "group_sizes": list(found.sizes),
        "layers": layers,
        "mean": {what: _means(found, what) for what in TENSORS},
        "work_reduction": found.both,
    }


def _tensor(tensor: TensorStatistics) -> dict:
    def fields(distribution: Distribution) -> dict:
        return {
            "mean": distribution.mean,
            "mean_cycles": distribution.mean_cycles,
            "reduction": tensor.reduction(distribution),
            "reduction_of_p": 1 - distribution.mean / tensor.form.bits,
            "low_gain": distribution.low_gain,
            "counts": distribution.counts.tolist(),
        }

    return {
        "bits": tensor.form.bits,
        "signed": tensor.form.signed,
        "n_high": tensor.form.n_high,
        "n_low": tensor.form.n_low,
        "profile": tensor.form.precision,
        "static": tensor.static,
        "dynamic": list(tensor.dynamic),
        "input": sum(tensor.dynamic) / len(tensor.dynamic),
        "groups": {str(size): fields(distribution) for size, distribution in tensor.groups.items()},
        "value": fields(tensor.values),
    }


def _means(found: NetworkStatistics, what: str) -> dict:
    profile = found.profile(what)

    def fields(mean: float, low_gain: float) -> dict:
        return {"mean": mean, "reduction": 1 - mean / profile, "low_gain": low_gain}

    sizes = {str(size): fields(found.per_group(what, size), found.low_gain(what, size)) for size in found.sizes}
    return {
        "profile": profile,
        "static": found.mean(what, lambda tensor: tensor.static),
        "input": found.per_input(what),
        "groups": sizes,
        "value": {"mean": found.per_value(what), "reduction": 1 - found.per_value(what) / profile},
    }


def _sizes(given: str) -> tuple[int, ...]:
    try:
        return check_sizes([int(each) for each in given.split(",")])
    except ValueError as error:
        message = str(error) if "group size" in str(error) else "must be numbers with commas between, such as 16,256"
        raise CommandError(f"--group-sizes {given}: {message}") from None


def _check_plot(path: Path) -> None:
    if path.suffix not in _PLOTS:
        raise CommandError(f"{shown(path)}: --plot draws {' or '.join(_PLOTS)}: give the file one of these endings")
    check_output(path)


def _draw(found: NetworkStatistics, path: Path) -> None:
    from models.statistics.plots import network_svg, page  # noqa: PLC0415 (matplotlib is slow to import)

    content = page(found) if path.suffix == ".html" else network_svg(found)
    with atomic_output(path) as file:
        file.write(content.encode())
