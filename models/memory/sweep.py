# SPDX-License-Identifier: Apache-2.0
"""A network over memories, sizes of the activation memory and schemes: the tables behind Figs. 7, 8 and 9."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from models.config import DesignConfig
from models.memory.network import Computed, Traffic, memory_layers
from models.memory.onchip import on_chip_reads
from models.memory.plan import Hierarchy
from models.memory.stalls import MemoryResult, geometric_mean, network_stalls, part
from models.memory.technologies import Technology


def sweep(
    network: Sequence[Computed],
    traffic: Traffic,
    config: DesignConfig,
    memories: Sequence[Technology],
    chips: Sequence[Hierarchy],
    schemes: Sequence[str],
) -> list[MemoryResult]:
    """Return the results of every memory with every chip and every scheme, in that order."""
    layers = {scheme: memory_layers(network, traffic, scheme) for scheme in schemes}
    return [
        network_stalls(layers[scheme], config, memory, chip, scheme)
        for memory in memories
        for chip in chips
        for scheme in schemes
    ]


def on_chip_energy(network: Sequence[Computed], config: DesignConfig, tiles: int) -> float:
    """Return the estimate of models/memory/onchip.py for a network, in joules an input."""
    return sum(on_chip_reads(each.layer, config, tiles).energy for each in network)


def document(result: MemoryResult) -> dict[str, Any]:
    """Return a result as JSON values; cycles, bits and joules are those of one input."""
    parts = {"convolutions": part(result, fully_connected=False), "fully_connected": part(result, fully_connected=True)}
    where = {"memory": result.memory.name, "am_kib": result.chip.am_kib, "wm_kib": result.chip.wm_kib, "scheme": result.scheme}
    return {
        **where,
        **_numbers(result),
        "prefetched_cycles": result.prefetched,
        **{name: None if each is None else _numbers(each) for name, each in parts.items()},
        "layers": [
            {
                "layer": each.layer,
                "compute": each.compute,
                "transfer": each.transfer,
                "cycles": each.cycles,
                "stalls": each.stalls,
                "bits": asdict(each.moved),
                "repeats": asdict(each.repeats),
            }
            for each in result.layers
        ],
    }


def means(networks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return for each memory, AM size and scheme the performance of networks and its geometric means.

    networks: {"network": name, "results": documents}, all with the same memories, sizes and schemes in the same order. "all"
    is over all layers, "convolutions" over these; a network without convolutions is left out of that mean.
    """
    found = []
    for rows in zip(*(each["results"] for each in networks), strict=True):
        each_network = {
            each["network"]: {
                "convolutions": row["convolutions"] and row["convolutions"]["performance"],
                "all": row["performance"],
            }
            for each, row in zip(networks, rows, strict=True)
        }
        parts = {
            part: geometric_mean(value[part] for value in each_network.values() if value[part] is not None)
            for part in ("convolutions", "all")
        }
        where = {name: rows[0][name] for name in ("memory", "am_kib", "wm_kib", "scheme")}
        found.append({**where, **parts, "networks": each_network})
    return found


def _numbers(result: MemoryResult) -> dict[str, Any]:
    names = ("performance", "compute", "cycles", "bits", "stalls")
    return {name: getattr(result, name) for name in names} | {"energy_j": result.energy}
