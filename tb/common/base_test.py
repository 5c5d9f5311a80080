# SPDX-License-Identifier: Apache-2.0
"""The base of every test. It owns the objection and cannot pass without having checked something.

pyuvm alone passes vacuously: an error in the log does not fail a test, and a run phase without an objection ends at time 0.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable

from cocotb.utils import get_sim_time
from cocotb_coverage.coverage import coverage_db
from pyuvm import ConfigDB, uvm_test

from tb.common.checks import Checks
from tb.common.context import RunContext
from tb.common.cover import filled_bins
from tb.common.forking import CHECKS_FILE, REACH_FILE, apply_case, requested_case
from tb.common.transactions import Transactions

COVERAGE_FILE = "functional.xml"


class _ErrorCounter:
    """Counts log records of level ERROR and above from every logger, also from those that do not propagate."""

    def __init__(self) -> None:
        self.count = 0
        self._make = logging.getLogRecordFactory()

    def install(self) -> None:
        logging.setLogRecordFactory(self._record)

    def remove(self) -> None:
        logging.setLogRecordFactory(self._make)

    def _record(self, *args: object, **kwargs: object) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        self.count += record.levelno >= logging.ERROR
        return record


class DprTest(uvm_test):
    """Base test. A test overrides `build_phase` (calling super) and `body`; components find the run through ConfigDB.

    ConfigDB keys: CONTEXT (RunContext), CHECKS (Checks), LEFTOVERS (list of callables that return what was not consumed),
    CASE (tb/common/forking.py: what distinguishes this child of a forked simulation; None in a run of its own).

    A child ends at its first mismatch, or with its verdict: the simulator need not end in good order after it.
    """

    def build_phase(self) -> None:
        self.case = requested_case()
        self.errors = _ErrorCounter()
        self.errors.install()
        self.context = RunContext.from_environment()
        self.checks = Checks(self.logger, self._end_child if self.case is not None else None, self.context.spoil)
        self.leftovers: list[Callable[[], str]] = []
        self.cycles = 0
        self.transactions = Transactions(self.context.run_dir, record=bool(self.context.knob("record", 0)))
        for key, value in (("CONTEXT", self.context), ("CHECKS", self.checks), ("LEFTOVERS", self.leftovers)):
            ConfigDB().set(None, "*", key, value)
        ConfigDB().set(None, "*", "TRANSACTIONS", self.transactions)
        ConfigDB().set(None, "*", "CASE", self.case)
        apply_case(self.case or {})
        self.logger.info(f"configuration {self.context.config.name}, seed {self.context.seed}")

    async def run_phase(self) -> None:
        self.raise_objection()
        try:
            await self.body()
        finally:
            self.drop_objection()

    async def body(self) -> None:
        """The test's stimulus; returns when everything has been sent and drained."""
        raise NotImplementedError(f"{type(self).__name__} has no body")

    def final_phase(self) -> None:
        self.errors.remove()
        problems = self._problems()
        if self.case is not None:
            if self.case.get("reach"):
                self._write_reach()
            self._end_child()
        self._write(problems)
        assert not problems, "; ".join(problems)

    def _write_reach(self) -> None:
        reach = {"bins": filled_bins(), "compared": self.checks.compared}
        (self.context.run_dir / REACH_FILE).write_text(json.dumps(reach))

    def _end_child(self) -> None:
        self._write(self._problems())
        os._exit(0)

    def _problems(self) -> list[str]:
        left = [text for text in (leftover() for leftover in self.leftovers) if text]
        problems = [f"{self.checks.mismatches} mismatches: {self.checks.messages[0]}"] if self.checks.mismatches else []
        problems += [f"left over: {text}" for text in left]
        if self.checks.total == 0:
            problems.append("nothing was checked")
        if get_sim_time("ns") == 0:
            problems.append("no time passed")
        if self.errors.count and not problems:
            problems.append(f"{self.errors.count} errors in the log")
        return problems

    def _write(self, problems: list[str]) -> None:
        facts = {
            "checks": self.checks.total,
            "mismatches": self.checks.mismatches,
            "problems": problems,
            "cycles": self.cycles,
            "transactions": self.transactions.close(),
        }
        (self.context.run_dir / CHECKS_FILE).write_text(json.dumps(facts, indent=1))
        if coverage_db and self.case is None:
            coverage_db.export_to_xml(filename=str(self.context.run_dir / COVERAGE_FILE))
