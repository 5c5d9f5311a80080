# SPDX-License-Identifier: Apache-2.0
"""Off-chip memories: bandwidth and energy against numbers worked out by hand."""

from __future__ import annotations

import tomllib

import pytest

from models.memory import PAPER_MEMORIES, MemoryModelError, load_technology, technologies
from models.memory.technologies import TECHNOLOGY_FILE, Technology


def test_bandwidths_in_gigabytes_a_second():
    expected = {"ddr4-3200": 25.6, "ddr4-3200x2": 51.2, "lpddr4-4267": 17.068, "hbm": 128, "hbm2": 256, "hbm2x4": 1024}
    for name, gigabytes in expected.items():
        assert load_technology(name).bandwidth == pytest.approx(gigabytes * 1e9), name
    assert load_technology("hbm").bits_per_cycle == pytest.approx(1024e9 / 980e6)


def test_energies():
    assert load_technology("hbm2").energy(1e12) == pytest.approx(3.92)  # joules
    assert load_technology("hbm2x2").energy_pj_per_bit == 3.92
    assert load_technology("lpddr4-4267").energy_pj_per_bit == 8


def test_energy_of_a_linear_stream_by_hand():
    """168 mA of 8 devices at 1.2 V for 204.8 Gb/s; 198 mA more for 352.8 of 7862.4 ns; a row of 65536 bits."""
    read = 1.2 * 0.168 * 8 / 204.8e9 * 1e12
    refresh = 1.2 * 0.198 * (352.8 / 7862.4) * 8 / 204.8e9 * 1e12
    row = 8 * 1.2 * (57 * 46.62 - 52 * 32.76 - 37 * 13.86) / 65536
    assert load_technology("ddr4-3200").energy_pj_per_bit == pytest.approx(read + refresh + row)
    assert read + refresh + row == pytest.approx(8.356, abs=1e-3)


def test_a_memory_without_a_source_refuses_energies():
    memory = Technology("some", "", 64, 1000, "", None, "")
    with pytest.raises(MemoryModelError, match="memory some: no source for its energy of a bit"):
        memory.energy(1)


def test_every_number_has_its_source():
    tables = tomllib.loads(TECHNOLOGY_FILE.read_text())
    assert tuple(tables) == technologies()
    for name in technologies():
        entry = load_technology(name)
        assert "JEDEC" in entry.bandwidth_source
        assert entry.energy_source and entry.energy_pj_per_bit > 0
    assert {load_technology(name).name for name in PAPER_MEMORIES} == set(PAPER_MEMORIES)


@pytest.mark.parametrize("name", ["ddr5", "hbmx0", "hbmx", "", "x2", "hbm2x1000"])
def test_unknown_memories(name):
    with pytest.raises(MemoryModelError, match=f"no memory '{name}': use one of ddr4-3200, lpddr4-4267, hbm, hbm2"):
        load_technology(name)
