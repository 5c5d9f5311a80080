# SPDX-License-Identifier: Apache-2.0
"""Mutants as Yosys lists them, names that people can read, and who is above whom."""

from __future__ import annotations

from pathlib import Path

from scripts.mutate.equivalence import parents, surroundings
from scripts.mutate.mutant import parse_mutant
from scripts.mutate.netlist import readable_names
from scripts.paths import RTL

LINE = (
    "mutate -mode cnot1 -module dpr_sip -cell $ternary$/x/dpr_sip.v:91$372 -port A -portbit 13 -ctrlbit 7 -wire aligned "
    f"-wirebit 13 -src {RTL}/tile/dpr_sip.v:1.22-87.29 -src {RTL}/tile/dpr_sip.v:2.70-91.99"
)
RTLIL = r"""
attribute \src "a"
module $paramod$12\dpr_leaf
end
module $paramod\dpr_leaf\W=s32'0
end
module \dpr_top
  cell \dpr_middle \u
  end
end
module \dpr_middle
  cell $add $1
  end
  cell $paramod$12\dpr_leaf \u_a
  end
  cell $paramod\dpr_leaf\W=s32'0 \u_b
  end
end
"""


def test_a_mutant_says_what_is_wrong_and_where() -> None:
    mutant = parse_mutant(LINE, "sip", 5)
    assert mutant.description == "ternary port A bit 13 (aligned) inverted while bit 7 is 1"
    assert mutant.place == "rtl/tile/dpr_sip.v:2"
    assert mutant.text == (RTL / "tile/dpr_sip.v").read_text().splitlines()[1].strip()
    assert mutant.command("-ctrl mutant 16 5").startswith("mutate -ctrl mutant 16 5 -mode cnot1 -module dpr_sip ")


def test_a_mutant_of_an_instance_names_it() -> None:
    mutant = parse_mutant("mutate -mode const0 -module dpr_core -cell g_trt.u_trt -port s_last -portbit 0", "core", 1)
    assert mutant.description == "g_trt.u_trt port s_last bit 0 stuck at 0"
    assert mutant.source == Path()
    assert mutant.text == ""


def test_modules_get_the_names_of_their_sources() -> None:
    text, modules = readable_names(RTLIL)
    assert modules == {"dpr_leaf": ["dpr_leaf__0", "dpr_leaf__1"], "dpr_top": ["dpr_top"], "dpr_middle": ["dpr_middle"]}
    assert "paramod" not in text
    assert r"cell \dpr_leaf__1 \u_b" in text


def test_a_mutant_is_proved_in_its_module_and_around_it() -> None:
    above = parents(readable_names(RTLIL)[0])
    assert above["dpr_leaf__0"] == ["dpr_middle"]
    assert surroundings("dpr_leaf__1", above) == ["dpr_leaf__1", "dpr_middle"]
