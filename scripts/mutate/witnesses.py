# SPDX-License-Identifier: Apache-2.0
"""What a checker has to see on a test: comparisons whose expectation is spoilt, faults of the RTL and of the environment."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from scripts.errors import UserError
from scripts.mutate.campaigns import Checker, Trial
from scripts.mutate.netlist import Netlist
from scripts.mutate.python_mutants import PythonMutant, list_python_mutants
from scripts.mutate.trials import case_of
from scripts.sim.forked import Case, ForkedSimulation, Verdict
from scripts.sim.signature import signature
from tb.common.forking import REACH_FILE

_DEAFEN = "scripts.mutate.plant:deafen"
_TRIED = 3  # mutants of the RTL for each one that is wanted


@dataclass(frozen=True)
class Witness:
    """A fault that the original checker sees. of_rtl: a mutant of the RTL, of which a few are enough."""

    name: str
    case: Case
    of_rtl: bool = False


@dataclass(frozen=True)
class Reach:
    """How far a test comes: the bins of functional coverage that it fills; what it compares, and which module does."""

    bins: frozenset[str]
    compared: Mapping[str, str]


def reach_of(verdict: Verdict) -> Reach:
    """What a child has written that passed and was asked for it."""
    written = json.loads((verdict.folder / REACH_FILE).read_text())
    return Reach(frozenset(written["bins"]), written["compared"])


def _after(call: list, case: Case, name: str) -> Case:
    """The same case, with a call before all others (tb/common/forking.py)."""
    return replace(case, name=name, case={**case.case, "apply": [call, *case.case["apply"]]})


def with_mutant(case: Case, mutant: PythonMutant, name: str) -> Case:
    """The same case under a mutant of the checker, or of the environment."""
    return _after(mutant.case, case, name)


def to_spoil(compared: Mapping[str, str], modules: Iterable[str]) -> list[str]:
    """The first comparison of each kind that some modules make. Names are "of whom: of what": the kind is what is compared."""
    first = dict[str, str]()
    for name, module in compared.items():
        if module in modules:
            first.setdefault(signature([name.rpartition(": ")[2]]), name)
    return list(first.values())


def _spoilt(plain: Case, checker: Checker, reach: Reach) -> list[Witness]:
    modules = checker.compares or [entry.split(":")[0] for entry in checker.modules]
    made = []
    for number, name in enumerate(to_spoil(reach.compared, modules)):
        case = replace(plain, name=f"spoilt{number}", environment={**plain.environment, "DPR_SPOIL": glob.escape(name)})
        made.append(Witness(f"a wrong expectation of {name!r}", case))
    return made


def _around(plain: Case, checker: Checker) -> list[Witness]:
    return [
        Witness(f"{mutant.function}: {mutant.description}", with_mutant(plain, mutant, f"around{mutant.number}"))
        for mutant in list_python_mutants(checker.around)
    ]


def _deaf(plain: Case, checker: Checker) -> list[Witness]:
    return [
        Witness(f"a deaf {target}", _after([_DEAFEN, {"target": target}], plain, f"deaf{number}"))
        for number, target in enumerate(checker.deafened)
    ]


def _in_rtl(checker: Checker, netlist: Netlist, trial: Trial, seed: int, limit_s: float) -> list[Witness]:
    mutants = netlist.mutants[:: max(1, len(netlist.mutants) // (_TRIED * checker.witnesses))]
    numbers = netlist.faults | {f"mutant {mutant.number}": mutant.number for mutant in mutants}
    return [Witness(name, case_of(number, trial, seed, limit_s), True) for name, number in numbers.items()]


def find_witnesses(
    simulation: ForkedSimulation,
    checker: Checker,
    netlist: Netlist,
    trial: Trial,
    seed: int,
    limit_s: float,
    reach: Reach,
    jobs: int,
) -> list[Witness]:
    """What the original checker reports on a test: spoilt comparisons, deaf monitors, and what it has other words for.

    Raises UserError for a comparison whose failure it does not report, and for a deaf monitor that it does not miss.
    """
    plain = case_of(0, trial, seed, limit_s)
    wanted = _spoilt(plain, checker, reach) + _deaf(plain, checker)
    candidates = wanted + _around(plain, checker) + _in_rtl(checker, netlist, trial, seed, limit_s)
    verdicts = {case.name: verdict for case, verdict in simulation.run_all([witness.case for witness in candidates], jobs)}
    found, words = [], set[str]()
    for witness in candidates:
        verdict = verdicts[witness.case.name]
        said = signature([verdict.problem])
        if witness in wanted and verdict.passed:
            raise UserError(f"{checker.name}: {trial.test} passes with {witness.name}")
        if witness in wanted or (verdict.status == "failed" and said not in words):
            words.add(said)
            found.append(witness)
    in_rtl = [witness for witness in found if witness.of_rtl]
    return [witness for witness in found if not witness.of_rtl] + in_rtl[: checker.witnesses]
