# SPDX-License-Identifier: Apache-2.0
"""All mutants of a campaign in one netlist, chosen by a number that the bench's top holds.

Yosys elaborates the device, lists mutations and puts them into it. A module with the device's own name and ports instantiates
the netlist, so that the bench builds as it is; the number is a register in a copy of the bench's top.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from scripts.errors import UserError
from scripts.lint_hdl import rtl_modules
from scripts.mutate.campaigns import Block, Campaign
from scripts.mutate.mutant import Mutant, parse_mutant
from scripts.mutate.sabotage import FAULTS, has_stream, sabotage
from scripts.mutate.yosys import elaboration, must_run
from scripts.paths import BUILD, RTL, TB
from scripts.sim.benches import Bench

SELECT = "dpr_mutant"  # the register in the bench's top
_CONTROL = "mutant"  # the port of the netlist's modules
_SUFFIX = "_mutants"  # of their names
_WIDTH = 16
_MODULE = re.compile(r"^module (\S+)$", re.MULTILINE)
_SOURCE_NAME = re.compile(r"(?<=\\)dpr_\w+")
_INSIDE = re.compile(r"\bu_\w+\.(\w+)")
_PORTS = re.compile(r"^\s*(?:input|output)\s.*?(\w+)\s*,?\s*(?://.*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Netlist:
    """A campaign's mutants and where they are. base: the device without any, RTLIL; modules: those of each source module."""

    campaign: Campaign
    folder: Path
    base: Path
    mutants: tuple[Mutant, ...]
    modules: dict[str, list[str]]

    @property
    def faults(self) -> dict[str, int]:
        """Faults of its stream beside the mutants: {what: number}."""
        return FAULTS if has_stream(_device_head(self.campaign)) else {}

    def bench(self) -> Bench:
        """The campaign's bench around the netlist; what else the bench holds of the RTL is as it is."""
        own = self.campaign.the_bench
        copied = [TB / source for source in own.sources if Path(source).stem != own.top]
        made = [self.folder / f"{name}.v" for name in ("netlist", self.campaign.dut, own.top)]
        sources = tuple(str(path) for path in made[:2] + copied + made[2:])
        return Bench(f"mutants_{self.campaign.name}", own.top, sources, own.rtl, own.parameters, replaced=(self.campaign.dut,))


def readable_names(text: str) -> tuple[str, dict[str, list[str]]]:
    """Name each module of an RTLIL text by its source module, with a number where parameters make several of it.

    Return the text and {source module: its modules}.
    """
    by_source = defaultdict(list)
    for name in _MODULE.findall(text):
        by_source[_SOURCE_NAME.findall(name)[-1]].append(name)
    new = {}
    for source, names in by_source.items():
        for index, name in enumerate(sorted(names)):
            new[name] = source if len(names) == 1 else f"{source}__{index}"
    text = re.sub(r"\S+", lambda word: f"\\{new[word.group()]}" if word.group() in new else word.group(), text)
    return text, {source: [new[name] for name in sorted(names)] for source, names in by_source.items()}


def _top_source(campaign: Campaign) -> str:
    own = campaign.the_bench
    return next(TB / source for source in own.sources if Path(source).stem == own.top).read_text()


def watched(campaign: Campaign) -> list[str]:
    """Signals inside the device that the bench reads by their names, a passive monitor's: outputs of the netlist."""
    return sorted(set(_INSIDE.findall(_top_source(campaign))))


def _elaborate(campaign: Campaign, folder: Path) -> tuple[Path, dict[str, list[str]]]:
    raw, base = folder / "raw.il", folder / "base.il"
    known = {module.name: module for module in rtl_modules()}
    parameters = {name: value for name, value in campaign.dut_parameters().items() if name in known[campaign.dut].parameters}
    expose = "".join(f"expose {campaign.dut}/w:{name}; " for name in watched(campaign))
    must_run(f"{elaboration(campaign.dut, parameters, expose)} write_rtlil {raw}", folder / "elaborate.log")
    text, modules = readable_names(raw.read_text())
    base.write_text(text)
    raw.unlink()
    return base, modules


def list_mutants(base: Path, wanted: dict[str, list[str]], counts: dict[str, int], seed: int, folder: Path) -> list[Mutant]:
    """Return each block's mutants in turn, numbered from 1: `counts[block]` of the modules `wanted[block]`, or all."""
    script, files = [f"read_rtlil {base}"], {block: folder / f"list_{block}.txt" for block in wanted}
    for block, modules in wanted.items():
        selection = " ".join(f"={module}" for module in modules)
        script.append(f"mutate -list {counts[block]} -seed {seed} -o {files[block]} {selection}")
    must_run("; ".join(script), folder / "list.log")
    mutants: list[Mutant] = []
    for block, file in files.items():
        lines = dict.fromkeys(file.read_text().splitlines()) if file.exists() else ()
        mutants += [parse_mutant(line, block, number) for number, line in enumerate(lines, len(mutants) + 1)]
        file.unlink(missing_ok=True)
    return mutants


def _write(base: Path, mutants: list[Mutant], folder: Path) -> Path:
    """Write the netlist; its modules have names of their own, since the bench may hold the originals as well."""
    commands, netlist = folder / "mutants.ys", folder / "netlist.v"
    commands.write_text("".join(f"{mutant.command(f'-ctrl {_CONTROL} {_WIDTH} {mutant.number}')}\n" for mutant in mutants))
    must_run(f"read_rtlil {base}; script {commands}; write_verilog -noattr {netlist}", folder / "netlist.log")
    names = "|".join(name.lstrip("\\") for name in _MODULE.findall(base.read_text()))
    netlist.write_text(re.sub(rf"\b(?:{names})\b", rf"\g<0>{_SUFFIX}", netlist.read_text()))
    return netlist


def _head(path: Path) -> str:
    """A module's source up to the end of its ports."""
    head, end, _ = path.read_text().partition("\n);")
    if not end:
        raise UserError(f"{path.name}: no port list that ends in a line of its own")
    return head + end


def _device_head(campaign: Campaign) -> str:
    return _head(next(RTL.rglob(f"{campaign.dut}.v")))


def _widths(rtlil: str, module: str, names: list[str]) -> dict[str, int]:
    """The widths of wires of a module of an RTLIL text."""
    text = rtlil.partition(f"\nmodule \\{module}\n")[2].partition("\nmodule ")[0]
    found = {name: re.search(rf"^  wire (.*)\\{name}$", text, re.MULTILINE) for name in names}
    missing = [name for name, match in found.items() if not match]
    if missing:
        raise UserError(f"the bench reads {module}.{missing[0]}, which the netlist does not have")
    widths = {name: re.search(r"width (\d+)", match[1]) for name, match in found.items()}
    return {name: int(width[1]) if width else 1 for name, width in widths.items()}


def _shim(campaign: Campaign, rtlil: str) -> str:
    """A module with the device's name, parameters and ports, the signals that the bench reads inside, and the netlist."""
    head = _device_head(campaign)
    select = f"{campaign.the_bench.top}.{SELECT}"
    widths = _widths(rtlil, campaign.dut, watched(campaign))
    inside = "".join(f"    wire [{width - 1}:0] {name};\n" for name, width in widths.items())
    ports = {name: name for name in [*_PORTS.findall(head), *widths]} | {_CONTROL: select}
    if has_stream(head):
        code, connections = sabotage(head, select)
        inside, ports = inside + code, ports | connections
    listed = ", ".join(f".{name}({inner})" for name, inner in ports.items())
    return f"{head}\n{inside}    {campaign.dut}{_SUFFIX} u_mutants ({listed});\nendmodule\n\n`resetall\n"


def _top(campaign: Campaign, start: int) -> str:
    """The bench's top with the register: `start` for ever, or 0 for the one who writes it, before the first clock edge."""
    register = f"\n    reg [{_WIDTH - 1}:0] {SELECT};\n" + (f"    initial {SELECT} = {_WIDTH}'d{start};\n" if start else "")
    text, end, rest = _top_source(campaign).rpartition("\nendmodule")
    return text + register + end + rest


def make_netlist(campaign: Campaign, blocks: list[Block], count: int, seed: int, start: int = 0) -> Netlist:
    """Make the netlist with some `count` mutants a block, shared among the block's campaigns.

    start: the mutant that is on from the beginning. The folder's name is a hash of what is in it.
    Raises UserError when Yosys refuses.
    """
    made = BUILD / "mutate" / campaign.name
    made.mkdir(parents=True, exist_ok=True)
    base, modules = _elaborate(campaign, made)
    wanted = {block.name: [name for module in block.modules for name in modules.get(module, [])] for block in blocks}
    for name, found in wanted.items():
        if not found:
            raise UserError(f"tb/mutation.toml: block {name!r} has no module in the campaign {campaign.name!r}")
    counts = {block.name: -(-count // len(block.campaigns)) for block in blocks}
    mutants = list_mutants(base, wanted, counts, seed, made)
    netlist = _write(base, mutants, made)
    files = {
        "netlist": netlist.read_text(),
        campaign.dut: _shim(campaign, base.read_text()),
        campaign.the_bench.top: _top(campaign, start),
    }
    digest = hashlib.sha256("\0".join(files.values()).encode()).hexdigest()[:12]
    folder = made.with_name(f"{campaign.name}-{digest}")
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.v").write_text(text)
    return Netlist(campaign, folder, base, tuple(mutants), modules)
