# SPDX-License-Identifier: Apache-2.0
"""`memory`: what an off-chip memory costs a network: traffic, stalls, performance, energy (docs/memory.md)."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

from models.commands.files import CommandError
from models.commands.sources import add_source, load_shapes_or_trace
from models.config import ConfigError, DesignConfig, load_config
from models.cycles.designs import TILES, DesignError
from models.layer import LayerError
from models.memory import CLOCK_HZ, PAPER_MEMORIES, Hierarchy, MemoryModelError, Technology, load_technology
from models.memory.network import OTHER_SCHEMES, SCHEMES, MemoryNetwork, load_network
from models.memory.sweep import document, means, on_chip_energy, sweep
from models.networks.imagenet import Topology, load_topology
from models.paper.precisions import PaperError, paper_networks
from models.precision import ValueRangeError
from models.traces import Trace

NAME = "memory"
HELP = "show off-chip traffic, stalls and energy of a network"
PAPER = "paper"  # all networks of the paper
AM_KIB, WM_KIB = 4096, 320  # the paper's AM (section 5.1), and its WM a tile (section 6.4)
_UNFIT = (ConfigError, DesignError, LayerError, MemoryModelError, PaperError, ValueRangeError)


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_source(parser, f"shapes with the paper's precisions (AlexNet, ..., or {PAPER}: all, with means), or a stored network")
    parser.add_argument(
        "--memory", metavar="M,M", default="all", help=f"e.g. hbm2, or ddr4-3200x2 (default: all, {', '.join(PAPER_MEMORIES)})"
    )
    parser.add_argument("--am-kib", metavar="N,N", default=str(AM_KIB), help="activation memory, sizes (default: %(default)s)")
    parser.add_argument(
        "--wm-kib", metavar="N", type=int, default=WM_KIB, help="weight memory of a tile (default: %(default)s)"
    )
    parser.add_argument(
        "--scheme",
        choices=(*SCHEMES, *OTHER_SCHEMES, "all"),
        default="all",
        help="how data travels (default: all of the paper's)",
    )
    parser.add_argument("--config", metavar="C", default="dstripes16", help="the design (default: %(default)s)")
    parser.add_argument(
        "--tiles", type=int, metavar="N", help=f"tiles (default: {TILES} of the paper's networks; with data, and of Loom, 1)"
    )


def run(args: Namespace) -> dict:
    """Return the results of every memory, AM size and scheme, of all the paper's networks also their means."""
    if args.tiles is not None and args.tiles < 1:
        raise CommandError(f"--tiles {args.tiles}: must be at least 1")
    if args.network == PAPER and args.inputs is not None:
        raise CommandError("--inputs: the paper's networks have shapes and precisions alone, no inputs: leave it out")
    sources = [load_topology(name) for name in paper_networks()] if args.network == PAPER else [load_shapes_or_trace(args)]
    try:
        config = load_config(args.config)
        memories = [load_technology(name) for name in (PAPER_MEMORIES if args.memory == "all" else args.memory.split(","))]
        networks = [_network(args, source, config, memories) for source in sources]
    except _UNFIT as error:
        raise CommandError(str(error)) from None
    found = {"wm_kib": args.wm_kib, "memories": [_memory(each) for each in memories]}
    return found | (networks[0] if args.network != PAPER else {"networks": networks, "means": means(networks)})


def _network(args: Namespace, source: Topology | Trace, config: DesignConfig, memories: Sequence[Technology]) -> dict:
    """Return the results of one network."""
    tiles = args.tiles or (TILES if isinstance(source, Topology) and config.design != "loom" else 1)
    chips = [Hierarchy(size, args.wm_kib, tiles) for size in _sizes(args.am_kib)]
    network = load_network(source, config, tiles)
    schemes = SCHEMES if args.scheme == "all" else (args.scheme,)
    results = sweep(network.layers, network.traffic, config, memories, chips, schemes)
    return {**_facts(network, config, tiles), "results": [document(each) for each in results]}


def _sizes(text: str) -> list[int]:
    try:
        return [int(each) for each in text.split(",")]
    except ValueError:
        raise CommandError(f"--am-kib {text}: must be whole numbers of KiB with commas between, e.g. 512,4096") from None


def _facts(network: MemoryNetwork, config: DesignConfig, tiles: int) -> dict[str, Any]:
    return {
        "network": network.name,
        "source": network.source,
        "config": config.name,
        "tiles": tiles,
        "bits": config.p,
        "clock_hz": CLOCK_HZ,
        "left_out": list(network.left_out),
        "on_chip_estimate_j": on_chip_energy(network.layers, config, tiles),
    }


def _memory(entry: Technology) -> dict[str, Any]:
    names = ("name", "description", "bandwidth", "bits_per_cycle", "bandwidth_source", "energy_pj_per_bit", "energy_source")
    return {name: getattr(entry, name) for name in names}


def text(result: dict) -> str:
    """Return the result for people: a line a memory, AM size and scheme."""
    if "means" in result:
        return _means_text(result)
    tiles = f"{result['tiles']} tiles" if result["tiles"] > 1 else "1 tile"
    heads = ["convs", "fc", "all", "MB", "weights", "acts", "outputs", "mJ"]
    lines = [
        f"{result['network']} on {result['config']}, {tiles} at {result['clock_hz'] / 1e6:.0f} MHz, "
        f"WM {result['wm_kib']} KiB a tile",
        "",
        f"{'memory':<13}{'AM KiB':>7} {'scheme':<9}" + "".join(f"{head:>9}" for head in heads),
    ]
    lines += [_line(each) for each in result["results"]]
    lines += ["", "convs, fc, all: performance relative to all data on chip; MB: off-chip traffic of an input; weights, acts,"]
    lines += ["outputs: stalls by cause, part of all cycles; mJ: off-chip energy of an input"]
    if result["left_out"]:
        lines.append(f"left out, cycles not known: {', '.join(result['left_out'])}")
    return "\n".join(lines)


def _means_text(result: dict) -> str:
    """Return a line a memory, AM size and scheme: the convolutions of each network, then the means."""
    names = [each["network"] for each in result["networks"]]
    heads = [f"{name[:9]:>10}" for name in names]
    lines = [
        "convolutions: performance relative to all data on chip; means are geometric",
        "",
        f"{'memory':<13}{'AM KiB':>7} {'scheme':<9}" + "".join(heads) + f"{'mean':>10}{'all layers':>12}",
    ]
    for each in result["means"]:
        cells = "".join(f"{each['networks'][name]['convolutions']:>10.1%}" for name in names)
        place = f"{each['memory']:<13}{each['am_kib']:>7} {each['scheme']:<9}"
        lines.append(f"{place}{cells}{each['convolutions']:>10.1%}{each['all']:>12.1%}")
    return "\n".join(lines)


def _line(each: dict) -> str:
    parts = (each["convolutions"], each["fully_connected"], each)
    performance = "".join(f"{'-' if part is None else format(part['performance'], '.1%'):>9}" for part in parts)
    stalls = "".join(f"{each['stalls'][cause] / each['cycles']:>9.1%}" for cause in each["stalls"])
    energy = "-" if each["energy_j"] is None else f"{each['energy_j'] * 1e3:.4g}"
    place = f"{each['memory']:<13}{each['am_kib']:>7} {each['scheme']:<9}"
    return f"{place}{performance}{each['bits'] / 8e6:>9.4g}{stalls}{energy:>9}"
