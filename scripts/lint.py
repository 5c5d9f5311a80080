# SPDX-License-Identifier: Apache-2.0
"""`make lint`: three Verilog tools over the RTL and the benches, ruff over the Python, the repository's rules over all files.

Any line that a tool prints is a finding; there are no waivers. Exits with 0 only if there is none.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from scripts.errors import UserError, run_main
from scripts.lint_hdl import (
    YOSYS_CACHE,
    Target,
    bench_targets,
    default_targets,
    icarus_command,
    rtl_modules,
    top_targets,
    verilator_command,
    yosys,
    yosys_command,
)
from scripts.lint_text import RULES, check_rule
from scripts.paths import ROOT
from scripts.settings import parse
from scripts.sim.tools import environment, find_icarus, find_verilator

_SHOWN = 40  # findings of one check that are printed


@dataclass
class Row:
    """A check's line in the table."""

    check: str
    things: str
    findings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    skipped: str = ""

    @property
    def verdict(self) -> str:
        """For the table."""
        return f"skipped: {self.skipped}" if self.skipped else f"{len(self.findings)} findings" if self.findings else "clean"


def run_tool(command: list[str], env: dict[str, str], cwd: Path = ROOT) -> list[str]:
    """Return the lines a tool prints, or its status if it fails in silence; nothing when it is content."""
    done = subprocess.run(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    lines = [line for line in lines if line.startswith("%")] or lines  # Verilator's explanations repeat what the line says
    return lines or ([f"{Path(command[0]).name} ended with status {done.returncode}"] if done.returncode else [])


def over_targets(
    command: Callable[[Target], list[str]], targets: Iterable[Target], env: dict[str, str], jobs: int
) -> tuple[int, list[str]]:
    """Lint each target; return their number and the findings, each line once, under the first target that shows it."""
    targets = list(targets)
    with ThreadPoolExecutor(jobs) as pool:
        outputs = list(pool.map(lambda target: run_tool(command(target), env), targets))
    findings, seen = [], set()
    for target, lines in zip(targets, outputs, strict=True):
        new = [line for line in lines if line not in seen]
        seen.update(new)
        findings += [f"{target.label}: {new[0]}", *new[1:]] if new else []
    return len(targets), findings


def verilator_row(jobs: int) -> Row:
    """Verilator over tops, single modules and benches."""
    modules, tool = rtl_modules(), find_verilator()
    targets = top_targets(modules) + default_targets(modules) + bench_targets("verilator")
    count, findings = over_targets(verilator_command, targets, environment(tool), jobs)
    return Row(f"verilator {tool.version} -Wall", f"{count} tops", findings)


def icarus_row(jobs: int) -> Row:
    """Icarus over the same."""
    try:
        tool = find_icarus()
    except UserError as error:
        return Row("icarus -Wall", "", skipped=str(error))
    modules = rtl_modules()
    targets = top_targets(modules) + default_targets(modules) + bench_targets("icarus")
    count, findings = over_targets(icarus_command, targets, environment(tool), jobs)
    return Row(f"icarus {tool.version} -Wall", f"{count} tops", findings)


def yosys_row(jobs: int) -> Row:
    """Yosys over the tops whose tile is small, if they have one."""
    YOSYS_CACHE.mkdir(parents=True, exist_ok=True)
    env = dict(os.environ)
    if not any(YOSYS_CACHE.iterdir()):
        print("yosys: first use, compiling it takes up to a minute ...", flush=True)
        run_tool([*yosys(), "-V"], env)
    targets = [target for target in top_targets(rtl_modules()) if target.small]
    count, findings = over_targets(yosys_command, targets, env, jobs)
    return Row("yosys check -assert", f"{count} tops", findings)


def ruff_row(name: str, *arguments: str) -> Row:
    """Ruff over all Python."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Row(name, "Python", (done.stdout + done.stderr).strip().splitlines() if done.returncode else [])


def rule_row(name: str) -> Row:
    """One of the repository's rules."""
    count, findings = check_rule(name)
    return Row(name, f"{count} files", findings)


def checks(jobs: int) -> list[Callable[[], Row]]:
    """All checks, the quick ones first."""
    return [
        *(lambda name=name: rule_row(name) for name in RULES),
        lambda: ruff_row("ruff check", "check", "--quiet", "--output-format", "concise"),
        lambda: ruff_row("ruff format", "format", "--check", "--quiet", "--output-format", "concise"),
        lambda: icarus_row(jobs),
        lambda: verilator_row(jobs),
        lambda: yosys_row(jobs),
    ]


def _timed(check: Callable[[], Row]) -> Row:
    start = time.monotonic()
    row = check()
    row.seconds = time.monotonic() - start
    print(f"{row.check}: {row.verdict}", flush=True)
    for line in row.findings[:_SHOWN]:
        print(f"  {line}")
    if len(row.findings) > _SHOWN:
        print(f"  ... and {len(row.findings) - _SHOWN} more lines")
    return row


def table(rows: list[Row]) -> str:
    """The summary."""
    lines = [f"{'check':<26}{'of':<12}{'seconds':>8}  result"]
    return "\n".join(lines + [f"{row.check:<26}{row.things:<12}{row.seconds:>8.1f}  {row.verdict}" for row in rows])


def main() -> int:
    """Run all checks, print what they find and a table."""
    settings = parse(sys.argv[1:], coverage=False)
    rows = [_timed(check) for check in checks(settings.jobs)]
    print(f"\n{table(rows)}")
    bad = [row.check for row in rows if row.findings]
    print(f"lint: {len(bad)} of {len(rows)} checks have findings: {', '.join(bad)}" if bad else "lint: clean")
    return 1 if bad else 0


if __name__ == "__main__":
    run_main(main)
