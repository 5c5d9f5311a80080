# SPDX-License-Identifier: Apache-2.0
"""Each check of the cocotb tests can fail: hardware with one planted bug, and the test that must notice it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.codec_rtl.simulate import simulate, sources

FORMAT = {"P": 8, "PREFIX_W": 4, "ALIGN": 1}
TOPS = {
    "compressor": ("dpr_compressor", FORMAT),
    "decompressor": ("dpr_decompressor", {**FORMAT, "ENGINES": 2}),
    "wide": ("dpr_decompressor", {**FORMAT, "ENGINES": 16}),
    "detector": ("dpr_precision_detector", {"N": 16, "P": 8}),
}


@dataclass(frozen=True)
class Bug:
    """Replace `good` by `bad` in `file`; `test` on `top` must fail."""

    file: str
    good: str
    bad: str
    top: str
    test: str


BUGS = [
    Bug("dpr_precision_detector", "is_signed && leading != TOP", "is_signed", "detector", "one_value"),
    Bug("dpr_precision_detector", "{P{1'b1}} << n_l", "{P{1'b1}}", "detector", "random_groups"),
    Bug("dpr_code_former", "magnitude[P-1] & ~is_signed", "magnitude[P-1]", "compressor", "random_groups"),
    Bug("dpr_group_coder", " & {P{keep[g]}}", "", "compressor", "values_not_kept_count_as_zero"),
    Bug("dpr_word_packer", "left < 64 && !left_last", "left < 64", "compressor", "random_groups"),
    Bug("dpr_word_packer", "left < 64 && !left_last", "left < 32 && !left_last", "compressor", "word_every_cycle"),
    Bug("dpr_word_packer", "left < 64 && !left_last", "left < 64 && !last_q && !pop", "compressor", "group_every_cycle"),
    Bug("dpr_word_packer", "if (rst) begin", "if (rst && !last_q) begin", "compressor", "resets"),
    Bug("dpr_skid_buffer", "if (m_load) m_data_q <=", "m_data_q <=", "compressor", "random_groups"),
    Bug("dpr_decompress_engine", "!busy_q || done;", "!busy_q;", "decompressor", "values_per_cycle"),
    Bug("dpr_decompress_engine", "(!group_valid_q || m_ready)", "1'b1", "decompressor", "good_streams"),
    Bug("dpr_code_decoder", "&& !full_range", "", "decompressor", "good_streams"),
    Bug("dpr_distributor", "discard_q ? 16'd0 : z", "z", "decompressor", "malformed_streams"),
    Bug("dpr_distributor", "!active_q || finish;", "!active_q;", "wide", "tensors_back_to_back"),
    Bug("dpr_distributor", "ended && !more_words;", "ended;", "decompressor", "malformed_streams"),
    Bug("dpr_distributor", "reading   = active_q && !discard_q", "reading   = !discard_q", "wide", "descriptor_early_and_late"),
    Bug("dpr_bit_buffer", "&& !left_ended;", ";", "decompressor", "good_streams"),
    Bug("dpr_bit_buffer", "left < W[FILL_W-1:0] &&", "left < W[FILL_W-1:0] - 64 &&", "wide", "word_every_cycle"),
    Bug("dpr_collector", "error_q != `DPR_ERROR_OK ? error_q :", "", "decompressor", "malformed_streams"),
    Bug("dpr_collector", "if (rst) error_q", "if (rst && error_q == 0) error_q", "decompressor", "resets"),
]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.file}-{bug.test}")
def test_bug_is_noticed(bug: Bug, tmp_path: Path) -> None:
    """The test fails on the broken hardware (that it passes on the real one is test_codec_rtl.py's business)."""
    files = sources()
    original = next(file for file in files if file.stem == bug.file)
    text = original.read_text()
    assert text.count(bug.good) == 1, f"{bug.good!r} is no longer in {original.name}, once"
    broken = tmp_path / original.name
    broken.write_text(text.replace(bug.good, bug.bad))
    top, parameters = TOPS[bug.top]
    module = f"cocotb_{top.removeprefix('dpr_').removeprefix('precision_')}"
    files[files.index(original)] = broken
    assert simulate(top, module, parameters, tmp_path, files, bug.test) == (1, 1)
