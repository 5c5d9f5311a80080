# SPDX-License-Identifier: Apache-2.0
"""Cycles per second of a tile and of the codec: bare C++ loop, plain cocotb, the pyuvm environment that scores everything."""

from __future__ import annotations

from functools import partial

from models.config import DesignConfig
from scripts.bench.measure import BARE_S, Bare, Row, Side, bare_speed, compare, prepare, run_folder, simulation_speed
from scripts.sim.benches import find_test, load_benches
from tb.tile.memory import address_bits

_BARE, _PLAIN, _PYUVM = "bare C++", "plain cocotb", "pyuvm environment"


def _side(name: str, test: str, config: DesignConfig, seed: int) -> Side:
    prepare(test, config)
    return Side(name, partial(simulation_speed, test, config, seed))


def _bare(test: str, config: DesignConfig, top: str, parameters: dict[str, int], main: str, benches: tuple[str, ...]) -> Bare:
    """The program around a module of the RTL of a test's bench, and of the `benches`' own files."""
    bench = load_benches()[find_test(test).bench]
    sources = [file for file in bench.source_files() if "rtl" in file.parts]
    sources += [file for name in benches for file in load_benches()[name].source_files() if "rtl" not in file.parts]
    print(f"building {main} at {config.name}", flush=True)
    return Bare(f"{top}-{config.name}", top, sources, bench.include_dirs(), parameters, main)


def tile_rows(config: DesignConfig, seed: int) -> list[Row]:
    """Measure the core of a configuration on the environment's own stimulus."""
    test = "tile_speed"
    parameters = config.verilog_parameters(load_benches()["tile"].parameters) | {"ADDR_W": address_bits(config)}
    program = _bare(test, config, "dpr_core", parameters, "bare_tile.cpp", ()).build()
    sides = [_side(_PYUVM, test, config, seed), _side(_PLAIN, "tile_speed_plain", config, seed)]
    played = run_folder(test, config, seed)
    mode = int(config.detection == "static"), config.p - 1  # as the speed test's
    files = played / "stim.bin", played / "weights.bin"
    bare = Side(_BARE, lambda: bare_speed(program, *files, BARE_S, address_bits(config), *mode))
    return compare(f"tile {config.name}", sides, bare)


def codec_rows(config: DesignConfig, seed: int) -> list[Row]:
    """Measure compressor and decompressor in a loop, batch by batch and with Python in every cycle."""
    test = "codec_speed"
    parameters = config.verilog_parameters(load_benches()["codec_loop"].parameters)
    program = _bare(test, config, "tb_codec_loop", parameters, "bare_codec.cpp", ("codec_loop",)).build()
    sides = [
        _side(_PYUVM, test, config, seed),
        _side(_PLAIN, "codec_speed_plain", config, seed),
        _side("pyuvm, Python in every cycle", "codec_speed_cycles", config, seed),
    ]
    played = run_folder(test, config, seed)
    bare = Side(_BARE, lambda: bare_speed(program, played / "groups.bin", played / "descriptors.bin", BARE_S))
    return compare(f"codec {config.name}", sides, bare)
