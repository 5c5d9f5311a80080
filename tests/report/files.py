# SPDX-License-Identifier: Apache-2.0
"""Made-up files of the build folder that other commands write, and a testplan, for the project of tests/report/project.py."""

from __future__ import annotations

import json
from typing import Any

from scripts.report.plan_view import PlanSource
from tests.report.project import COMMAND, PlanTest, Project, Testpoint

HOSTILE = "<script>alert(1)</script>\"'&</style>"
_HASHES = [digit * 64 for digit in "0123456789abcdef"]


def mutation(**changes: Any) -> dict[str, Any]:
    """Three blocks: 95 of 100 - 4 killed and the goal missed, all killed, all but an argued one of 50 killed."""
    rows = [
        {
            "block": "whole",
            "mutants": 30,
            "killed": 30,
            "survived": 0,
            "equivalent": 0,
            "argued": 0,
            "seconds": 2.5,
            "goal": 100,
        },
        {
            "block": "leaky",
            "mutants": 100,
            "killed": 95,
            "survived": 1,
            "equivalent": 4,
            "argued": 0,
            "seconds": 7.0,
            "goal": 100,
        },
        {
            "block": "argued",
            "mutants": 50,
            "killed": 49,
            "survived": 1,
            "equivalent": 0,
            "argued": 1,
            "seconds": 3.0,
            "goal": 100,
        },
    ]
    survivors = [
        {
            "block": "leaky",
            "mutant": 17,
            "source": "rtl/adder.v",
            "line": 3,
            "description": "sum_q + a becomes sum_q",
            "tests": ["adder_random"],
        },
        {"block": "leaky", "mutant": 18, "source": "models/adder.py", "line": 9, "description": "elsewhere", "tests": []},
    ]
    argued = survivors[0] | {"block": "argued", "mutant": 19, "line": 4, "reason": "The sum is cleared in the cycle before."}
    document = {
        "seed": 7,
        "command": "make mutate SEED=7",
        "argued": [argued],
        "rows": [row | {"ok": row["block"] != "leaky"} for row in rows],
        "survivors": survivors,
        "killed_by": {"adder_reset": 24, "adder_random": 150},
        "minutes": 0.5,
        "mutants_per_minute": 360.0,
    }
    return document | changes


def formal(**changes: Any) -> dict[str, Any]:
    """Five proofs: by induction, to a depth, of all inputs, one that fails, one that holds on its mutant too."""
    proof = {"block": "adder", "engine": "bitwuzla", "status": "proved", "fails_on_mutant": True, "seconds": 1.5, "width": ""}
    rows = [
        proof
        | {"name": "sum_is_exact", "depth": "induction", "mutants": 3, "description": "The sum is the sum", "width": "2 bits"},
        proof | {"name": "no_deadlock", "depth": 20},
        proof | {"name": "detects", "depth": 1, "unbounded": True},
        proof | {"name": "clears", "depth": 5, "status": "failed", "fails_on_mutant": None},
        proof | {"name": "blind", "depth": 5, "fails_on_mutant": False},
    ]
    return {"command": "make formal", "rows": rows} | changes


def agreement(**changes: Any) -> dict[str, Any]:
    """Five pairs; the third differs."""
    rows = [
        {
            "test": "adder_random",
            "config": "small16",
            "seed": seed,
            "icarus": _HASHES[seed],
            "verilator": _HASHES[seed if seed != 3 else 4],
            "agree": seed != 3,
            "problem": "transactions: 10 of 20 differ" if seed == 3 else "",
        }
        for seed in range(1, 6)
    ]
    return {"seed": 7, "rows": rows} | changes


def bench(**changes: Any) -> dict[str, Any]:
    """Two measurements: half as fast, four times as fast."""
    rows = [
        {
            "name": "tile",
            "unit": "cycles/s",
            "value": 50000.0,
            "reference": 100000.0,
            "ratio": 0.5,
            "value_name": "pyuvm",
            "reference_name": "bare C++",
        },
        {"name": "encode", "unit": "MB/s", "value": 80.0, "reference": 20.0, "ratio": 4.0},
    ]
    return {"seed": 1, "rows": rows} | changes


def past(number: int, **changes: Any) -> dict[str, Any]:
    """A line of build/history.jsonl: regression `number` of a month, its line coverage `number` more than 50%."""
    line = {
        "date": f"2026-01-{number:02} 03:00:00 UTC",
        "commit": f"c0ffee{number:02}",
        "regression": "smoke",
        "sim": "verilator",
        "seed": number,
        "runs": 3,
        "passed": 3,
        "failed": 0,
        "seconds": 60.0 + number,
        "coverage": {"line": 50.0 + number, "functional": 75.0},
        "command": COMMAND.replace("3735928559", str(number)),
    }
    return line | changes


def history(lines: list[dict[str, Any]]) -> str:
    """The text of build/history.jsonl."""
    return "".join(json.dumps(line) + "\n" for line in lines)


def plan() -> PlanSource:
    """Three tests, of which adder_soak never runs, and four testpoints: passed, open, open without coverpoints, not run."""
    tests = {
        "adder_random": PlanTest("Random additions", ("adder.*",)),
        "adder_reset": PlanTest("Resets"),
        "adder_soak": PlanTest("A million additions"),
    }
    testpoints = {
        "soaks": Testpoint("adder", "V3", "Runs for long", ("adder_soak",), ("adder.*",)),
        "adds": Testpoint("adder", "V1", "Adds", ("adder_random",), ("adder.go",)),
        "widths": Testpoint("adder", "V2", "Every width", ("adder_random", "adder_soak"), ("adder.width",)),
        "resets": Testpoint("reset", "V2", "Resets", ("adder_reset",), ()),
    }
    return PlanSource(tests, testpoints)


def fill_build(project: Project) -> Project:
    """Give the project a testplan and all the files; return it."""
    project.plan = plan()
    for name, document in (("mutation", mutation()), ("formal", formal()), ("agreement", agreement()), ("bench", bench())):
        project.write(f"build/{name}.json", json.dumps(document))
    failed = past(2, passed=1, failed=2)
    other = past(5, sim="icarus", command="make SIM=icarus", coverage={"functional": 70.0})
    project.write("build/history.jsonl", history([past(1), failed, past(3), past(4), other]))
    return project
