# SPDX-License-Identifier: Apache-2.0
"""Merging the exports of cocotb-coverage: bins are matched by label, across configurations with other bins."""

from __future__ import annotations

from pathlib import Path

from cocotb_coverage.coverage import CoverCross, CoverPoint, coverage_db

from scripts.coverage.functional import functional_coverage
from scripts.coverage.result import functional_result
from scripts.coverage.thresholds import BinExclusion, Thresholds
from tests.report.project import functional_xml


def export(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.write_text(text)
    return path


def test_bins_merge_by_label_not_by_position(tmp_path: Path) -> None:
    narrow = export(tmp_path, "a.xml", functional_xml({"codec.p": {"0": 1, "8": 0}, "codec.sign": {"signed": 2}}))
    wide = export(tmp_path, "b.xml", functional_xml({"codec.p": {"8": 3, "16": 0}, "tile.steps": {"1": 1}}))
    merged = functional_coverage([narrow, wide])
    assert merged.files == 2
    assert {name: point.bins for name, point in merged.coverpoints.items()} == {
        "codec.p": {"0": 1, "8": 3, "16": 0},
        "codec.sign": {"signed": 2},
        "tile.steps": {"1": 1},
    }
    result = functional_result(merged, Thresholds({}))
    assert (result.tally.covered, result.tally.total) == (4, 5)
    assert list(result.groups) == ["codec", "tile"]
    assert result.groups["codec"][0].missing == ["16"]


def test_a_bin_needs_at_least_its_hits_over_all_runs(tmp_path: Path) -> None:
    paths = [export(tmp_path, f"{i}.xml", functional_xml({"a.b": {"x": 1, "y": 0}}, at_least=2)) for i in range(2)]
    assert functional_coverage(paths[:1]).coverpoints["a.b"].missing() == ["x", "y"]
    assert functional_coverage(paths).coverpoints["a.b"].missing() == ["y"]
    once, twice = (functional_result(functional_coverage(paths[:n]), Thresholds({})) for n in (1, 2))
    assert (once.tally.covered, twice.tally.covered) == (0, 1)


def test_excluded_bins_are_counted_apart(tmp_path: Path) -> None:
    merged = functional_coverage(
        [export(tmp_path, "a.xml", functional_xml({"a.p_x_sign": {"(1, 'signed')": 0, "(2, 'signed')": 1}}))]
    )
    rule = BinExclusion("a.*", "(1, *)", "one bit is only a sign: there is no such group")
    result = functional_result(merged, Thresholds({}, bins=(rule,)))
    assert (result.tally.covered, result.tally.total, result.tally.excluded) == (1, 1, 1)
    assert (result.rules[0].points, result.rules[0].hit) == (1, 0)


def test_damaged_exports_are_named(tmp_path: Path) -> None:
    cut_off = export(tmp_path, "cut.xml", functional_xml({"a.b": {"x": 1}})[:-20])
    merged = functional_coverage([cut_off, tmp_path / "none.xml"])
    assert merged.files == 0
    assert [problem.split(":")[0] for problem in merged.problems] == [str(cut_off), str(tmp_path / "none.xml")]


def test_what_the_library_exports_is_what_is_read(tmp_path: Path) -> None:
    @CoverPoint("probe.binary", xf=lambda value, other: value, bins=[0, 1, 2])
    @CoverPoint("probe.other", xf=lambda value, other: other, bins=["a", "b <&>"])
    @CoverCross("probe.both", items=["probe.binary", "probe.other"], ign_bins=[(2, "a")])
    def sample(value: int, other: str) -> None:
        pass

    sample(1, "b <&>")
    sample(1, "a")
    coverage_db.export_to_xml(filename=str(tmp_path / "f.xml"))
    points = functional_coverage([tmp_path / "f.xml"]).coverpoints
    assert points["probe.binary"].bins == {"0": 0, "1": 2, "2": 0}
    assert points["probe.other"].bins == {"a": 1, "b <&>": 1}
    assert points["probe.both"].bins["(1, 'a')"] == 1
    assert len(points["probe.both"].bins) == 5
