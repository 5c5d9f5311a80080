# SPDX-License-Identifier: Apache-2.0
"""A small made-up checkout with runs, coverage and layers, whose every figure was counted by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from scripts.report import ReportOutcome, build_report
from scripts.report.plan_view import PlanSource
from scripts.sim.run import RunResult

HEADER = "# SystemC::Coverage-3\n"

ADDER = """\
module adder #(parameter W = 2) (input wire clk, input wire go, input wire [W-1:0] a, output reg [W-1:0] sum_q);
    always @(posedge clk) begin
        if (go) sum_q <= sum_q + a;
        else if (a == 0)
            sum_q <= 0; // clear
    end
    wire both = go && a[0];
    wire unused = &{1'b0, both};
endmodule
"""

THRESHOLDS = """\
[minimum]
line = 50
branch = 50
expr = 50
toggle = 50
functional = 50

[[exclude]]
file = "*"
kinds = ["expr", "toggle"]
source = "wire unused = *"
reason = "The net 'unused' drives nothing and is constant 0."
"""


COMMAND = "make SIM=verilator REGRESSION=smoke SEED=3735928559 COV=1"
NOTHING = {"commit": "", "regression": "smoke", "totals": {}, "files": {}, "points": {}}


@dataclass(frozen=True)
class Settings:
    """The part of scripts.settings.Settings that the report reads."""

    sim: str = "verilator"
    seed: int = 3735928559
    coverage: bool = True
    regression: str = "smoke"
    restricted: bool = False

    @property
    def judges_coverage(self) -> bool:
        return self.coverage and not self.restricted


def point(kind: str, line: int, name: str, count: int, column: int = 5, span: str = "", **where: str) -> str:
    """One line of coverage.dat, as Verilator 5.048 writes it. `where`: file, page, hier."""
    file, page = where.get("file", "rtl/adder.v"), where.get("page", "adder__W2")
    fields = [("f", file), ("l", line), ("n", column), ("t", kind), ("page", f"v_{kind}/{page}"), ("o", name)]
    fields += [("S", span)] if span else []
    fields += [("h", where.get("hier", "TOP.tb.u_adder"))]
    return "C '" + "".join(f"\x01{key}\x02{value}" for key, value in fields) + f"' {count}\n"


def adder_points(go: int, clear: int, idle: int, file: str = "rtl/adder.v", page: str = "adder__W2", width: int = 2) -> str:
    """Coverage of one build of the adder: `go` additions, `clear` clears, `idle` cycles with neither.

    Points: 4 lines (2, 3, 4 and 5), 4 branch arms, 3 terms, toggles of go (2) and of each bit of a (2 each), the unused net.
    """
    at = {"file": file, "page": page}
    lines = [
        point("line", 2, "block", go + clear + idle, span="2", **at),
        point("line", 3, "elsif", go, 9, "3", **at),
        point("branch", 4, "if", clear, 14, "4-5", **at),
        point("branch", 4, "else", idle, 15, **at),
        point("branch", 3, "else", clear + idle, 10, **at),
        point("expr", 7, "(go==0) => 0", clear + idle, 20, **at),
        point("expr", 7, f"(a[{width - 1}:0][0]==0) => 0", idle, 20, **at),
        point("expr", 7, "(go==1 && a[0]==1) => 1", 0, 20, **at),
        point("toggle", 1, "go:0->1", go, **at),
        point("toggle", 1, "go:1->0", 0, **at),
        point("toggle", 8, "unused:0->1", 0, **at),
    ]
    for bit in range(width):
        lines += [point("toggle", 1, f"a[{bit}]:{edge}", clear, **at) for edge in ("0->1", "1->0")]
    return "".join(lines)


def functional_xml(bins: dict[str, dict[str, int]], at_least: int = 1) -> str:
    """An export as cocotb-coverage writes it: coverpoints "group.name" with the hits of each bin."""
    groups: dict[str, list[str]] = {}
    for name, hits in bins.items():
        group, _, short = name.partition(".")
        children = "".join(
            f"<bin{i} bin={quoteattr(label)} hits='{n}' abs_name='top.{name}.bin{i}'/>"
            for i, (label, n) in enumerate(hits.items())
        )
        attributes = f"size='{len(hits)}' coverage='0' cover_percentage='0' weight='1' at_least='{at_least}'"
        groups.setdefault(group, []).append(f"<{short} abs_name='top.{name}' {attributes}>{children}</{short}>")
    inner = "".join(f"<{group} abs_name='top.{group}' size='0'>{''.join(points)}</{group}>" for group, points in groups.items())
    return f"<top abs_name='top' size='0' coverage='0' cover_percentage='0'>{inner}</top>"


def layer(name: str, **changes: object) -> dict:
    """A row of build/layers.json: 4.00x over BASE, bound 5.00x, Stripes 1.60x."""
    row = {
        "layer": name,
        "design": "dstripes",
        "config": "narrow16",
        "sim": "verilator",
        "rtl_cycles": 1000,
        "model_cycles": 1000,
        "base_cycles": 4000,
        "stripes_cycles": 2500,
        "bound_cycles": 800,
        "speedup": 4.0,
        "mean_precision": 3.2,
        "mismatches": 0,
        "stalls": {"output_drain": 190},
        "fill": 10,
        "compressed_bytes": 512,
        "raw_bytes": 2048,
    }
    return row | changes


@dataclass(frozen=True)
class PlanTest:
    """A test of a made-up testplan."""

    description: str
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Testpoint:
    """A testpoint of a made-up testplan."""

    __test__ = False  # not a test of pytest

    block: str
    stage: str
    description: str
    tests: tuple[str, ...]
    covers: tuple[str, ...] = ()


class Project:
    """A checkout under a temporary folder. `plan` is its testplan, empty at first."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.results: list[RunResult] = []
        self.plan = PlanSource({}, {})
        self.write("rtl/adder.v", ADDER)
        self.write("tb/thresholds.toml", THRESHOLDS)
        self.write("tb/coverage_baseline.json", json.dumps(NOTHING))

    @property
    def build(self) -> Path:
        return self.root / "build"

    @property
    def thresholds(self) -> Path:
        return self.root / "tb" / "thresholds.toml"

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def run(self, test: str, seed: int, coverage: str = "", functional: str = "", **changes: object) -> RunResult:
        """Add a run that took 2 seconds and passed 100 checks in 5000 cycles, unless `changes` says otherwise."""
        run_id = f"{test}-small16-verilator-{seed}"
        folder = f"build/runs/{run_id}"
        self.write(f"{folder}/run.log", "log\n")
        written = self.root / folder / "run.json"
        if coverage:
            self.write(f"{folder}/coverage.dat", HEADER + coverage)
        if functional:
            self.write(f"{folder}/functional.xml", functional)
        facts = {
            "id": run_id,
            "test": test,
            "config": "small16",
            "sim": "verilator",
            "seed": seed,
            "status": "passed",
            "checks": 100,
            "cycles": 5000,
            "seconds": 2.0,
            "replay": f"make replay RUN={run_id}",
            "coverage_dat": f"{folder}/coverage.dat" if coverage else "",
            "functional": f"{folder}/functional.xml" if functional else "",
            "log": f"{folder}/run.log",
        }
        self.results.append(RunResult(**facts | changes))
        written.write_text(json.dumps(asdict(self.results[-1])))
        return self.results[-1]

    def places(self) -> dict[str, Any]:
        """The files of this project, as build_report and rebuild take them."""
        baseline = self.root / "tb" / "coverage_baseline.json"
        return {"threshold_file": self.thresholds, "baseline_file": baseline, "testplan": self.plan}

    def regress_json(self, **changes: Any) -> Path:
        """Write build/regress.json as a regression does."""
        keys = ("id", "test", "config", "sim", "seed", "status", "cycles", "checks", "seconds", "signature", "replay")
        rows = [{key: getattr(run, key) for key in keys} for run in self.results]
        head = {"seed": 3735928559, "sim": "verilator", "regression": "smoke", "command": COMMAND}
        return self.write("build/regress.json", json.dumps(head | {"rows": rows} | changes))


def filled(root: Path) -> Project:
    """A project with two tests, three runs, coverage of two builds, and functional coverage of two configurations."""
    project = Project(root)
    project.run(
        "adder_random", 1, adder_points(5, 0, 2), functional_xml({"adder.width": {"0": 3, "1": 0}, "adder.go": {"True": 1}})
    )
    project.run(
        "adder_random", 2, adder_points(1, 0, 0, page="adder__W3", width=3), functional_xml({"adder.width": {"2": 4, "1": 0}})
    )
    project.run("adder_reset", 3, adder_points(0, 0, 1))
    return project


def relaxed(project: Project) -> Project:
    """The filled project with minimums that it reaches."""
    project.write("tb/thresholds.toml", project.thresholds.read_text().replace("toggle = 50", "toggle = 10"))
    return project


def report(
    project: Project,
    settings: Settings | None = None,
    layers: list[dict] | None = None,
    classification: list[dict] | None = None,
) -> ReportOutcome:
    """Write the project's report: a regression of 75 seconds."""
    return build_report(
        project.results,
        settings or Settings(),
        layers,
        classification=classification,
        wall_seconds=75.0,
        command=COMMAND,
        root=project.root,
        out=project.build / "report",
        **project.places(),
    )


def read(outcome: ReportOutcome) -> tuple[str, Mapping[str, Any]]:
    """The page and the summary that a report wrote."""
    return outcome.path.read_text(), json.loads((outcome.path.parent / "summary.json").read_text())
