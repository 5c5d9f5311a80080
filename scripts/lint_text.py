# SPDX-License-Identifier: Apache-2.0
"""Rules of the repository that are about text: licence line, module = file, nothing that only works on one machine."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from scripts.paths import ROOT

SPDX = "SPDX-License-Identifier: Apache-2.0"
_SPDX_WITHIN = 3  # lines from the top
_SOURCE_SUFFIXES = {
    ".py",
    ".v",
    ".vh",
    ".sv",
    ".svh",
    ".vlt",
    ".c",
    ".cc",
    ".cpp",
    ".h",
    ".toml",
    ".sh",
    ".mk",
    ".j2",
    ".css",
    ".js",
}
_SOURCE_NAMES = {"Makefile", ".ci/run"}
_MODULE = re.compile(r"^\s*module\s+(\w+)", re.MULTILINE)
_MACHINE = re.compile(r"(?<![\w.$}{)/:-])/(?:home|root|work|Users|mnt)/\w|--(?:extra-)?index-url|--trusted-host|--find-links")


def tracked_files(root: Path = ROOT) -> list[Path]:
    """Files that git tracks or would add, or all but hidden and made ones where there is no git."""
    command = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        names = done.stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        skipped = {".venv", ".git", "build"}
        paths = (path.relative_to(root) for path in root.rglob("*"))
        names = [str(path) for path in paths if not skipped & set(path.parts) and "__pycache__" not in path.parts]
    return [root / name for name in sorted(set(names)) if (root / name).is_file()]


def is_source(path: Path, root: Path = ROOT) -> bool:
    """Whether the licence line is due."""
    name = str(path.relative_to(root))
    return path.suffix in _SOURCE_SUFFIXES or name in _SOURCE_NAMES or re.fullmatch(r"requirements.*\.txt", name) is not None


def missing_spdx(path: Path, root: Path = ROOT) -> Iterable[str]:
    """The licence line must be among the first lines of a source file."""
    if is_source(path, root) and not any(SPDX in line for line in _lines(path)[:_SPDX_WITHIN]):
        yield f"{path.relative_to(root)}:1: no '{SPDX}' line at the top"


def misnamed_module(path: Path, root: Path = ROOT) -> Iterable[str]:
    """A Verilog file holds one module, of its own name; under rtl/ the name starts with dpr_."""
    if path.suffix != ".v":
        return
    name, modules = path.relative_to(root), _MODULE.findall("\n".join(_lines(path)))
    if modules != [path.stem]:
        yield f"{name}:1: modules {modules}, expected exactly '{path.stem}'"
    if name.parts[0] == "rtl" and not path.stem.startswith("dpr_"):
        yield f"{name}:1: the name of a module under rtl/ starts with dpr_"


def machine_paths(path: Path, root: Path = ROOT) -> Iterable[str]:
    """No absolute path of one machine, no package index other than the user's own."""
    for number, line in enumerate(_lines(path), 1):
        found = _MACHINE.search(line)
        if found:
            yield f"{path.relative_to(root)}:{number}: '{found.group(0)}' only works on one machine"


def _lines(path: Path) -> list[str]:
    """Lines of a text file; nothing of a binary one."""
    data = path.read_bytes()
    return [] if b"\0" in data[:4096] else data.decode(errors="replace").splitlines()


RULES: dict[str, Callable[[Path, Path], Iterable[str]]] = {
    "licence line": missing_spdx,
    "module = file": misnamed_module,
    "portable paths": machine_paths,
}


def check_rule(name: str, root: Path = ROOT) -> tuple[int, list[str]]:
    """Return how many files there are and what the rule finds in them."""
    files = [path for path in tracked_files(root) if path != root / "scripts" / "lint_text.py"]
    return len(files), [finding for path in files for finding in RULES[name](path, root)]
