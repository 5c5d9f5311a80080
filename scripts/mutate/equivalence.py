# SPDX-License-Identifier: Apache-2.0
"""Does a mutant that no test noticed do the same as the original? Yosys proves it, or it does not know.

Two ways, for the mutant's own module and then for the module around it, in which fewer inputs can happen:
registers matched by name (each keeps its value, so do the outputs), and induction over the outputs alone (registers may differ
where nobody looks), from registers of zero.
"""

from __future__ import annotations

import hashlib
import re
from functools import partial
from pathlib import Path

from models.atomic_file import atomic_output
from scripts.mutate.mutant import Mutant
from scripts.mutate.netlist import Netlist
from scripts.mutate.yosys import run_yosys
from scripts.paths import BUILD

_PROOFS = BUILD / "mutate" / "proofs"
_LIMIT_S = 10  # processor time of a proof
_LEVELS = 2  # the module and the one around it
_CELL = re.compile(r"^  cell \\(\S+) ", re.MULTILINE)


def parents(rtlil: str) -> dict[str, list[str]]:
    """Return {module: the modules that instantiate it} of an RTLIL text."""
    found: dict[str, list[str]] = {}
    for chunk in re.split(r"^(?=module )", rtlil, flags=re.MULTILINE)[1:]:
        name = chunk.split(maxsplit=2)[1].removeprefix("\\")
        for below in set(_CELL.findall(chunk)):
            found.setdefault(below, []).append(name)
    return found


def _pair(base: Path, top: str, mutant: Mutant) -> str:
    """Commands that leave two flat modules, `gold` and `gate`: `top` without and with the mutation."""
    script = ""
    for side, change in (("gold", ""), ("gate", f"{mutant.command()}; ")):
        flat = f"hierarchy -top {top}; flatten; memory_map; rename {top} {side}; opt_expr; opt_clean"
        script += f"design -reset; read_rtlil {base}; {change}{flat}; design -stash {side}; "
    return script + "design -reset; " + "; ".join(f"design -copy-from {side} -as {side} {side}" for side in ("gold", "gate"))


def by_registers(base: Path, top: str, mutant: Mutant) -> str:
    """A script that succeeds when outputs and registers of equal names are equal; other wires may differ."""
    hide = ""
    for side in ("gold", "gate"):
        registers = f"{side}/t:$dff %co1:+[Q] {side}/w:* %i {side}/i:* {side}/o:* %u %u"
        hide += f"; select -set keep_{side} {registers}; rename -hide {side}/w:* @keep_{side} %d"
    prove = "equiv_make gold gate equiv; hierarchy -top equiv; opt_clean; equiv_struct; equiv_simple; equiv_induct"
    return f"{_pair(base, top, mutant)}{hide}; {prove}; equiv_status -assert"


def by_outputs(base: Path, top: str, mutant: Mutant) -> str:
    """A script that succeeds when induction shows equal outputs for ever after a start with all registers zero."""
    prove = "sat -tempinduct -set-init-zero -prove trigger 0 -verify -maxsteps 6 miter"
    return f"{_pair(base, top, mutant)}; miter -equiv -flatten gold gate miter; hierarchy -top miter; opt_clean; {prove}"


def _succeeds(script: str, key: str, log: Path) -> bool:
    """Run a proof, or remember how it ended."""
    known = _PROOFS / key
    if not known.exists():
        known.parent.mkdir(parents=True, exist_ok=True)
        status = run_yosys(script, log, _LIMIT_S)
        with atomic_output(known) as file:
            file.write(str(status).encode())
    return known.read_text() == "0"


def surroundings(module: str, above: dict[str, list[str]]) -> list[str]:
    """The module itself and the modules around it, as far as each has only one kind of user."""
    tops = [module]
    while len(tops) < _LEVELS and len(above.get(tops[-1], [])) == 1:
        tops.append(above[tops[-1]][0])
    return tops


def prove_equivalent(netlist: Netlist, mutant: Mutant) -> str:
    """Return how it was proved that the mutant does the same as the original, for people; "" when it was not."""
    text = netlist.base.read_text()
    for top in surroundings(mutant.module, parents(text)):
        for name, way in (("registers", by_registers), ("outputs", by_outputs)):
            script = partial(way, netlist.base, top, mutant)()
            key = hashlib.sha256((script + text).encode()).hexdigest()[:20]
            if _succeeds(script, key, netlist.folder / f"proof-{mutant.number}.log"):
                return f"{name} of {top}"
    return ""
