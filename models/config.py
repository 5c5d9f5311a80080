# SPDX-License-Identifier: Apache-2.0
"""Named design points: the one place where a parameter of the hardware has a value.

The Verilog build, the testbenches and the cycle models all take their parameters from `load_config`.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path

CONFIG_FILE = Path(__file__).with_name("configs.toml")
GROUP = 16  # values of a codec group and of a brick: fixed by the container format
DESIGNS = ("base", "dstripes", "trt", "loom")  # the parameter DESIGN of rtl/core/dpr_core.v is the index
DETECTIONS = ("dynamic", "static")
_LEGAL = {
    "p": {8, 16},
    "align": {1, 64},
    "engines": set(range(1, 17)),
    "design": set(DESIGNS),
    "detection": set(DETECTIONS),
    "bits_per_cycle": {1, 2, 4},
}


class ConfigError(ValueError):
    """A configuration that does not exist or that the hardware cannot take; the message names file, entry and fix."""


@dataclass(frozen=True)
class DesignConfig:
    """One design point. Precisions in bits, memories in bricks or words; the names are the Verilog parameters.

    detection, baseline and the texts are for the models: the RTL takes its mode and precisions from registers.
    """

    name: str
    description: str
    design: str
    detection: str
    bits_per_cycle: int
    baseline: str  # the base design that speedups refer to, empty for one
    p: int
    prefix_w: int
    align: int
    engines: int
    rows: int
    cols: int
    lanes: int
    am_bricks: int
    wm_words: int
    om_bricks: int

    @property
    def acc_w(self) -> int:
        """Accumulator width in bits: 2^16 products of a P-bit weight and a P-bit activation never overflow it."""
        return 2 * self.p + 16

    def verilog_parameters(self, names: list[str] | tuple[str, ...]) -> dict[str, int]:
        """Return {PARAMETER: value} for the given Verilog parameter names (upper case)."""
        values = asdict(self) | {"design": DESIGNS.index(self.design)}
        return {name: values[name.lower()] for name in names}


def _check_design(config: DesignConfig, where: str) -> None:
    """Refuse a shape that the design does not have."""
    if config.design == "base" and config.cols != 1:
        raise ConfigError(f"{where} cols = {config.cols}: must be 1 for base, which takes one window at a time")
    if config.design in {"base", "loom"} and config.bits_per_cycle != 1:
        raise ConfigError(f"{where} bits_per_cycle = {config.bits_per_cycle}: must be 1 for {config.design}")
    if config.design == "trt" and config.cols * config.bits_per_cycle > config.p:
        most = config.p // config.bits_per_cycle
        raise ConfigError(
            f"{where} cols = {config.cols}: must be at most {most}: a lane's columns share p wires of weight memory"
        )


def _check_baseline(config: DesignConfig, configs: dict[str, DesignConfig]) -> None:
    """A speedup needs a bit-parallel design of the same P to refer to."""
    where = f"{CONFIG_FILE.name}: [{config.name}] baseline = {config.baseline!r}"
    known = [name for name, other in configs.items() if other.design == "base" and other.p == config.p]
    if config.design != "base" and config.baseline not in known:
        raise ConfigError(f"{where}: must be a base design of p = {config.p}, one of {', '.join(known) or '(there is none)'}")


def _check(config: DesignConfig) -> None:
    where = f"{CONFIG_FILE.name}: [{config.name}]"
    for key, legal in _LEGAL.items():
        if getattr(config, key) not in legal:
            raise ConfigError(f"{where} {key} = {getattr(config, key)!r}: must be one of {sorted(legal, key=str)}")
    need = (config.p - 1).bit_length()
    if not need <= config.prefix_w <= 4:
        raise ConfigError(f"{where} prefix_w = {config.prefix_w}: must be {need}..4 for p = {config.p}")
    for key in ("rows", "cols", "lanes", "am_bricks", "wm_words", "om_bricks"):
        if getattr(config, key) < 1:
            raise ConfigError(f"{where} {key} = {getattr(config, key)}: must be at least 1")
    _check_design(config, where)


@cache
def load_all() -> dict[str, DesignConfig]:
    """Return every design point by name. Raises ConfigError with file, entry and fix when one is illegal."""
    try:
        raw = tomllib.loads(CONFIG_FILE.read_text())
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{CONFIG_FILE.name}: not valid TOML: {error}") from None
    default = raw.pop("default", {})
    known = {field.name for field in fields(DesignConfig)}
    configs = {}
    for name, entry in raw.items():
        unknown = set(entry) - known
        if unknown:
            valid = ", ".join(sorted(known - {"name"}))
            raise ConfigError(f"{CONFIG_FILE.name}: [{name}] unknown key {sorted(unknown)[0]!r}: use one of {valid}")
        values = {"description": "", **default, **entry, "name": name}
        if values.get("design") == "base":
            values["baseline"] = ""
        configs[name] = DesignConfig(**values)
        _check(configs[name])
    for config in configs.values():
        _check_baseline(config, configs)
    return configs


def load_config(name: str) -> DesignConfig:
    """Return the design point `name`. Raises ConfigError that lists the valid names when there is none."""
    configs = load_all()
    if name not in configs:
        raise ConfigError(f"no configuration {name!r} in {CONFIG_FILE.name}: use one of {', '.join(configs)}")
    return configs[name]
