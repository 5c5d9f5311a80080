# SPDX-License-Identifier: Apache-2.0
"""The soak's scoreboard fails when it should: on every spoilt expectation, on broken pins, on a codec that hangs."""

from __future__ import annotations

import glob
from pathlib import Path

import numpy as np
import pytest

from models.config import load_config
from tb.codec.soak import STALLS, random_batch
from tests.support.mutants import needs_icarus
from tests.support.variant import Edit, Variant

BENCH = "tb/codec/tb_codec_soak.v"
VALID = Edit(BENCH, ".m_axis_tvalid(m_valid)", ".m_axis_tvalid(valid)")
DATA = Edit(BENCH, ".m_axis_tdata(m_data)", ".m_axis_tdata(data)")
INSTANCE = "    dpr_compressor #("
RESET = "if (rst) begin\n            fill_q <= {FILL_W{1'b0}};"
FEW = {"groups": 60, "tensors": 4}

SPOILT = (
    "batch 1: values in [group, lane]",
    "batch 1: tkeep in",
    "batch 1: tlast in",
    "batch 1: tuser in",
    "batch 1: words",
    "batch 1: tlast of words",
    "batch 1: values out [group, lane]",
    "batch 1: tkeep out",
    "batch 1: tlast out",
    "batch 1: tuser out",
    "beats withdrawn or changed while they waited",
)

BROKEN = {
    "dead output": (
        (Edit(BENCH, INSTANCE, f"wire valid; assign m_valid = valid && cycle < 300;\n{INSTANCE}"), VALID),
        "did not end within 3000 cycles",
    ),
    "payload that changes while it waits": (
        (Edit(BENCH, INSTANCE, f"wire [16*P-1:0] data; assign m_data = m_ready ? data : ~data;\n{INSTANCE}"), DATA),
        "beats withdrawn or changed while they waited: ",
    ),
    "reset that does not empty the packer": (
        (Edit("rtl/codec/dpr_word_packer.v", RESET, RESET.replace("<= {", "<= ^fill_q !== 1'bx ? fill_q : {")),),
        ": words: ",
    ),
}


@needs_icarus
def test_real_hardware_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, log = Variant("codec_soak", "small8", knobs={"groups": 600, "tensors": 10}).execute(tmp_path, monkeypatch)
    assert (result.status, result.problems) == ("passed", [])
    assert result.checks > 20 * 600
    assert " groups came out in " in log


@needs_icarus
@pytest.mark.parametrize("what", SPOILT)
def test_spoilt_expectation_is_seen(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = Variant("codec_soak", "small8", knobs=FEW, spoil=f"*{glob.escape(what)}").execute(tmp_path, monkeypatch)
    assert result.status == "failed"
    assert f"{what}: 1 of " in result.problems[0]


@needs_icarus
@pytest.mark.parametrize("name", BROKEN)
def test_broken_hardware_is_seen(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edits, message = BROKEN[name]
    knobs = {"groups": 1500, "tensors": 4, "watchdog": 3000}
    result, _ = Variant("codec_soak", "small8", edits, knobs).execute(tmp_path, monkeypatch)
    assert result.status == "failed"
    assert message in result.problems[0]


def test_batches_are_what_they_say() -> None:
    config = load_config("small8")
    batches = [random_batch(np.random.default_rng(seed), config, 12) for seed in range(20)]
    again = random_batch(np.random.default_rng(0), config, 12)
    assert again.group_bytes(config) == batches[0].group_bytes(config)
    assert {batch.stalls for batch in batches} == set(STALLS.values())
    for batch in batches:
        words, last = batch.words()
        assert len(batch.group_bytes(config)) == batch.groups * (16 * config.p // 8 + 4)
        assert len(batch.descriptor_bytes()) == 8 * len(batch.tensors)
        assert batch.lasts().sum() == last.sum() == len(batch.tensors)
        assert np.bitwise_count(batch.keep().astype(np.uint64)).sum() == batch.counts.sum()
        assert words.size == last.size
