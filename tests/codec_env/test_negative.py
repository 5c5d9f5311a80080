# SPDX-License-Identifier: Apache-2.0
"""Every checker of the codec's environments fails when it should: on spoilt expectations, broken pins, broken RTL."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.variant import Edit, Variant

pytestmark = pytest.mark.skipif(not shutil.which("iverilog"), reason="Icarus is not on PATH")

FEW = {"precision_sweep": 1, "n_low_sweep": 1, "tails": 1, "distributions": 1, "switching": 1, "singles": 2, "mixed": 2}
BENCH = "tb/codec/tb_compressor.v"
INSTANCE = "    dpr_compressor #("


def pins(declarations: str, *connections: tuple[str, str]) -> tuple[Edit, ...]:
    """Return the edits that put logic between the compressor and the pins of its bench."""
    return Edit(BENCH, INSTANCE, declarations + "\n" + INSTANCE), *(Edit(BENCH, good, bad) for good, bad in connections)


COUNT = "reg [15:0] count; always @(posedge clk) count <= rst ? 0 : count + 1;\n"
VALID = (".m_axis_tvalid(m_axis_tvalid)", ".m_axis_tvalid(valid)")

EXPECTATIONS = {
    "compressor": Variant("compressor_random", "small16", knobs=FEW, spoil="*tensor 3 (*"),
    "decompressor": Variant("decompressor_random", "small16", knobs=FEW, spoil="*tensor 3 (*"),
    "loop": Variant("codec_loop_random", "small8", knobs=FEW, spoil="*tensor 3 (*"),
}

PINS = {
    "payload changes while stalled": (
        Variant(
            "compressor_random",
            "small16",
            pins(
                "wire [63:0] data; assign m_axis_tdata = m_axis_tready ? data : ~data;",
                (".m_axis_tdata(m_axis_tdata)", ".m_axis_tdata(data)"),
            ),
            FEW,
        ),
        "the payload changed while stalled",
    ),
    "valid falls without a beat": (
        Variant(
            "compressor_random",
            "small16",
            pins(
                "wire valid; reg hide; assign m_axis_tvalid = valid && !hide;\n"
                "always @(posedge clk) hide <= !rst && valid && !m_axis_tready && !hide;",
                VALID,
                (".m_axis_tready(m_axis_tready)", ".m_axis_tready(m_axis_tready && !hide)"),
            ),
            FEW,
        ),
        "tvalid fell before tready rose",
    ),
    "one bubble": (
        Variant(
            "compressor_throughput",
            "small16",
            pins(
                COUNT + "wire valid; wire gap = count == 30; assign m_axis_tvalid = valid && !gap;",
                VALID,
                (".m_axis_tready(m_axis_tready)", ".m_axis_tready(m_axis_tready && !gap)"),
            ),
        ),
        "all_zero: cycles of the words",
    ),
    "a tlast is lost": (
        Variant(
            "compressor_random",
            "small16",
            pins(
                COUNT + "wire last; assign m_axis_tlast = last && count > 300;",
                (".m_axis_tlast(m_axis_tlast)", ".m_axis_tlast(last)"),
            ),
            FEW,
        ),
        "scoreboard: tensor 1 ",
    ),
    "the output dies": (
        Variant(
            "compressor_random",
            "small16",
            pins(
                COUNT + "wire valid; wire dead = count > 200; assign m_axis_tvalid = valid && !dead;",
                VALID,
                (".m_axis_tready(m_axis_tready)", ".m_axis_tready(m_axis_tready && !dead)"),
            ),
            FEW,
        ),
        "the design hangs",
    ),
}

KEEPS_DISCARDING = (
    "rtl/codec/dpr_distributor.v",
    "discard_q <= 1'b0;\n        end else",
    "discard_q <= discard_q === 1'b1;\n        end else",
)

MUTANTS = {
    "range check off by one": Variant(
        "decompressor_malformed",
        "small16",
        (Edit("rtl/codec/dpr_container_reader.v", "top_position >= P", "top_position > P"),),
    ),
    "packer that wants half a word of room": Variant(
        "compressor_throughput", "small8", (Edit("rtl/codec/dpr_word_packer.v", "left < 64 &&", "left < 32 &&"),)
    ),
    "packer that idles after a tensor": Variant(
        "compressor_throughput", "small8", (Edit("rtl/codec/dpr_word_packer.v", "&& !left_last", "&& !last_q"),)
    ),
    "reset forgets to stop discarding": Variant("decompressor_reset", "small16", (Edit(*KEEPS_DISCARDING),)),
    "most negative value is lost": Variant(
        "codec_loop_random", "small8", (Edit("rtl/codec/dpr_code_decoder.v", "&& !full_range", ""),), {}
    ),
}

VACUOUS = {
    "SendsNothing": ("compressor_random", "env.scoreboard: nothing compared"),
    "DescriptorTooMany": ("decompressor_random", "1 frames of descriptors without a partner"),
}


@pytest.mark.parametrize("name", EXPECTATIONS)
def test_scoreboard_sees_one_wrong_bit(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = EXPECTATIONS[name].execute(tmp_path, monkeypatch)
    assert result.status == "failed"
    assert " 1 of " in result.problems[0]
    assert "scoreboard: tensor 3 " in result.problems[0]


@pytest.mark.parametrize("name", PINS)
def test_broken_pins_are_seen(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variant, message = PINS[name]
    result, log = variant.execute(tmp_path, monkeypatch)
    assert result.status == "failed"
    assert message in log


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_are_killed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = MUTANTS[name].execute(tmp_path, monkeypatch)
    assert result.status == "failed"
    assert "mismatches" in result.problems[0]


@pytest.mark.parametrize("name", VACUOUS)
def test_empty_tests_fail(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test, message = VACUOUS[name]
    variant = Variant(test, "small16", module="tests.codec_env.vacuous", testcase=name)
    result, _ = variant.execute(tmp_path, monkeypatch)
    assert result.status == "failed"
    assert any(message in problem for problem in result.problems)


def test_unchanged_variant_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machinery of this file breaks nothing by itself: a harmless edit passes."""
    result, _ = Variant("compressor_random", "small16", pins("wire harmless = rst;"), FEW).execute(tmp_path, monkeypatch)
    assert (result.status, result.problems) == ("passed", [])
