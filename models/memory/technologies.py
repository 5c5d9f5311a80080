# SPDX-License-Identifier: Apache-2.0
"""Off-chip memories: peak bandwidth and energy of a bit, each with its source (technologies.toml; paper section 6.4)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

TECHNOLOGY_FILE = Path(__file__).with_suffix(".toml")
CLOCK_HZ = 980e6  # of every design (paper section 6)
PAPER_MEMORIES = ("ddr4-3200x2", "lpddr4-4267", "hbm", "hbm2")  # those that the paper names


class MemoryModelError(ValueError):
    """A memory, size or scheme that does not exist or fit; the message names it and the fix."""


@dataclass(frozen=True)
class Technology:
    """An off-chip memory. energy_pj_per_bit is None when no source was found for it."""

    name: str
    description: str
    bus_bits: int
    megatransfers: int
    bandwidth_source: str
    energy_pj_per_bit: float | None
    energy_source: str

    @property
    def bandwidth(self) -> float:
        """Peak bandwidth in bytes a second."""
        return self.bus_bits / 8 * self.megatransfers * 1e6

    @property
    def bits_per_cycle(self) -> float:
        """Bits that pass in a clock cycle of the design, at the peak."""
        return self.bandwidth * 8 / CLOCK_HZ

    def energy(self, bits: float) -> float:
        """Return the energy in joules to move so many bits. Raises MemoryModelError when no source gives it."""
        if self.energy_pj_per_bit is None:
            raise MemoryModelError(f"memory {self.name}: no source for its energy of a bit: use another one for energies")
        return bits * self.energy_pj_per_bit * 1e-12


def stream_energy(currents: Mapping[str, float], bandwidth: float) -> float:
    """Return the pJ of a bit in a linear read stream at `bandwidth` bytes a second, by Micron's TN-40-07.

    Reading takes IDD4R all the time, a row is activated and precharged once for all its bits, and refreshes interrupt. Core
    energy of the devices: I/O and termination are not in these currents.
    """
    c = currents
    read = c["vdd"] * c["idd4r"] * 1e-3  # watts
    refresh = c["vdd"] * (c["idd5"] - c["idd3n"]) * 1e-3 * c["trfc"] / c["trefi"]
    row = c["vdd"] * (c["idd0"] * (c["tras"] + c["trp"]) - c["idd3n"] * c["tras"] - c["idd2n"] * c["trp"])  # pJ a device
    return c["devices"] * ((read + refresh) / (bandwidth * 8) * 1e12 + row / c["row_bits"])


@cache
def _load_all() -> dict[str, Technology]:
    found = {}
    for name, table in tomllib.loads(TECHNOLOGY_FILE.read_text()).items():
        currents = table.pop("currents", None)
        table["energy_source"] = table["energy_source"].strip()
        entry = Technology(name=name, energy_pj_per_bit=table.pop("energy_pj_per_bit", None), **table)
        if currents is not None:
            entry = replace(entry, energy_pj_per_bit=stream_energy(currents, entry.bandwidth))
        found[name] = entry
    return found


def technologies() -> tuple[str, ...]:
    """Return the names of the memories in the file: one channel, package or stack each."""
    return tuple(_load_all())


def load_technology(name: str) -> Technology:
    """Return the memory `name`, or N of them side by side for `name`xN. Raises MemoryModelError that lists the names."""
    known = _load_all()
    match = re.fullmatch(r"(.+?)(?:x([1-9]\d{0,2}))?", name)
    base = match and match.group(1)
    if base not in known:
        raise MemoryModelError(f"no memory {name!r}: use one of {', '.join(known)}, or several: {next(iter(known))}x2")
    one, count = known[base], int(match.group(2) or 1)
    return replace(one, name=name, bus_bits=one.bus_bits * count)
