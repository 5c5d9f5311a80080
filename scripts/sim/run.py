# SPDX-License-Identifier: Apache-2.0
"""Run one test once: build what it needs, simulate, and write down what happened."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shlex
import shutil
import signal
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from xml.etree import ElementTree

from models.config import load_config
from scripts.errors import UserError
from scripts.paths import ROOT, RUNS
from scripts.sim.benches import Test, find_test, load_benches
from scripts.sim.build import BuildOptions, build, make_runner
from scripts.sim.exported import own_environment
from scripts.sim.signature import signature
from scripts.sim.testplan import NIGHTLY
from scripts.sim.tools import SIMULATORS

RUN_FILE = "run.json"
LOG_FILE = "run.log"


@dataclass(frozen=True)
class Run:
    """What to run. The id names the folder under build/runs and is what `make replay RUN=` takes.

    knobs: settings that replace those of the testplan, for a run that is no regression's.
    regression: matters where it gives the test other settings, as the nightly one does.
    net: folder of the trace that the test plays; "": the test's own layers.
    spoil: a glob of the comparisons that must fail, for a test of the checks (tb/common/checks.py).
    """

    test: str
    config: str
    sim: str
    seed: int
    coverage: bool = False
    waves: bool = False
    knobs: tuple[tuple[str, int], ...] = ()
    regression: str = ""
    net: str = ""
    spoil: str = ""

    @property
    def id(self) -> str:
        """Unique among the runs of a regression, readable, safe as a folder's name."""
        return f"{self.test}-{self.config}-{self.sim}-{self.seed}"

    @property
    def replay(self) -> str:
        """The line that reruns this run with waves, and with the same settings."""
        words = [f"RUN={self.id}", f"REGRESSION={self.regression}" if self.regression == NIGHTLY else ""]
        inputs = dict(self.knobs).get("inputs")
        words += [f"NET={shlex.quote(self.net)}" if self.net else "", f"INPUTS={inputs}" if inputs else ""]
        return " ".join(["make replay", *filter(None, words)])

    @property
    def settings(self) -> dict[str, int]:
        """The test's settings (knobs) in this run."""
        return find_test(self.test).knobs_for(self.sim, self.regression) | dict(self.knobs)


@dataclass
class RunResult:
    """What happened; written to run.json in the run's folder."""

    id: str
    test: str
    config: str
    sim: str
    seed: int
    status: str
    checks: int = 0
    cycles: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    signature: str = ""
    replay: str = ""
    coverage_dat: str = ""
    functional: str = ""
    log: str = ""
    transactions: str = ""  # hash of all that the monitors saw


def parse_run_id(run_id: str) -> Run:
    """Turn a run's id back into a Run. Raises UserError or ConfigError: what an id looks like, or which part is unknown."""
    parts = run_id.rsplit("-", 3)
    if len(parts) != 4 or parts[2] not in SIMULATORS or not _is_seed(parts[3]):
        raise UserError(
            f"RUN={run_id}: not a run; a run is named TEST-CONFIG-SIM-SEED, as printed and as the folders of build/runs"
        )
    test, config, sim, seed = parts
    find_test(test)
    load_config(config)
    return Run(test, config, sim, int(seed))


def _is_seed(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) < 2**32


def _problems_of(results: Path, checks: Path) -> tuple[list[str], dict]:
    """Read cocotb's result file and the base test's; both must agree that something was checked and all was well."""
    if not results.exists():
        return ["the simulation wrote no result (crash or build error): see the log"], {}
    cases = list(ElementTree.parse(results).getroot().iter("testcase"))
    if len(cases) != 1:
        return [f"{len(cases)} tests ran, expected 1"], {}
    facts = json.loads(checks.read_text()) if checks.exists() else {}
    problems = list(facts.get("problems", []))
    for tag in ("failure", "error", "skipped"):
        for node in cases[0].iter(tag):
            problems = problems or [node.get("message") or node.get("error_msg") or f"the test ended as {tag}"]
    if not facts and not problems:
        problems = ["the base test wrote no verdict"]
    return problems, facts


def _environment(run: Run, folder: Path) -> dict[str, str]:
    text = ",".join(f"{key}={value}" for key, value in run.settings.items())
    return {
        "DPR_CONFIG": run.config,
        "DPR_SEED": str(run.seed),
        "DPR_RUN_DIR": str(folder),
        "DPR_KNOBS": text,
        "DPR_NET": run.net,
        "DPR_SPOIL": run.spoil,
        "SIM": run.sim,
        "COCOTB_RANDOM_SEED": str(run.seed),
        # twice as fast; but Icarus lets such a write at a clock edge be seen by that same edge
        "COCOTB_TRUST_INERTIAL_WRITES": "1" if run.sim == "verilator" else "0",
        # no rewriting of assertions: it compiles every imported module anew, scikit-learn too, for 10 s a run
        "COCOTB_REWRITE_ASSERTION_FILES": "",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        # a batch's arrays are freed and made again: keep their memory instead of asking the kernel for it each time
        "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
        "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    }


def _plusargs(run: Run, test: Test, folder: Path) -> list[str]:
    if run.sim == "icarus":
        return [f"+dumpfile_path={folder / 'waves.fst'}"]
    # random_start: registers without a reset start random, as they do in silicon; else with zeros
    start = [f"+verilator+rand+reset+{2 if test.random_start else 0}", f"+verilator+seed+{run.seed % 2**31 or 1}"]
    return [f"+verilator+coverage+file+{folder / 'coverage.dat'}", *start]


def simulate(run: Run, build_folder: Path, folder: Path, environment: Mapping[str, str] | None = None) -> None:
    """Run the simulator in this process's new group, `folder` and with more `environment`; to be called in a child process.

    cocotb's runner exits or raises on a failure, which the result files tell better.
    """
    test = find_test(run.test)
    os.setpgid(0, 0)
    os.chdir(folder)
    runner = make_runner(run.sim)
    with own_environment({**_environment(run, folder), **(environment or {})}), contextlib.suppress(SystemExit, RuntimeError):
        runner.test(
            test_module=test.module,
            hdl_toplevel=load_benches()[test.bench].top,
            hdl_toplevel_lang="verilog",
            test_filter=rf"\.{test.testcase}$",
            build_dir=build_folder,
            test_dir=folder,
            results_xml=str(folder / "results.xml"),
            plusargs=_plusargs(run, test, folder),
            waves=run.waves,
            log_file=folder / LOG_FILE,
        )


def stop_group(process: BaseProcess) -> None:
    """End what is left of a process that runs `simulate`: no simulator outlives its run."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.join()


def _in_child(run: Run, build_folder: Path, folder: Path, limit_s: float) -> bool:
    """Simulate in a process group of its own, in the run's folder, for at most `limit_s`; return False on a time-out."""
    process = multiprocessing.get_context("fork").Process(target=simulate, args=(run, build_folder, folder))
    process.start()
    try:
        process.join(limit_s)
        return process.exitcode is not None
    finally:  # also when the caller is interrupted
        stop_group(process)


def build_for(run: Run) -> Path:
    """Build what `run` needs unless it is there; return the folder."""
    bench, config = load_benches()[find_test(run.test).bench], load_config(run.config)
    return build(bench, config, run.sim, BuildOptions(run.coverage, run.waves))


def execute(run: Run, runs_dir: Path = RUNS, build_folder: Path | None = None, limit_s: float | None = None) -> RunResult:
    """Simulate and return the result; everything about the run is in `runs_dir`/<id>.

    build_folder: a finished build, made if needed when it is left out. limit_s: seconds, the test's own when left out.
    """
    test = find_test(run.test)
    limit_s = limit_s or test.timeout_s
    folder = runs_dir / run.id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    build_folder = build_folder or build_for(run)
    start = time.monotonic()
    in_time = _in_child(run, build_folder, folder, limit_s)
    problems, facts = _problems_of(folder / "results.xml", folder / "checks.json")
    if not in_time:
        problems = [f"no end within {limit_s:g} s"]
    result = RunResult(
        id=run.id,
        test=run.test,
        config=run.config,
        sim=run.sim,
        seed=run.seed,
        status="failed" if problems else "passed",
        checks=facts.get("checks", 0),
        cycles=facts.get("cycles", 0),
        seconds=round(time.monotonic() - start, 3),
        problems=problems,
        signature=signature(problems),
        replay=run.replay,
        coverage_dat=""
        if test.random_start
        else relative(folder / "coverage.dat"),  # random values at time 0 would count as toggles
        functional=relative(folder / "functional.xml"),
        log=relative(folder / LOG_FILE),
        transactions=facts.get("transactions", ""),
    )
    (folder / RUN_FILE).write_text(json.dumps(asdict(result), indent=1))
    return result


def relative(path: Path) -> str:
    """The path of a file as results and reports name it: in the checkout relative to it; "" when there is no such file."""
    if not path.exists():
        return ""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
