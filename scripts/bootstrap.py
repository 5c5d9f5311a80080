# SPDX-License-Identifier: Apache-2.0
"""Check the machine and make .venv from requirements.txt when it is missing, stale or half made.

Runs on a bare system Python with nothing but the standard library, and on old ones too, to be able to say that it is too old.
Usage: bootstrap.py [NAME=VALUE ...]; the variables of `make` are checked before anything is made.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MIN_PYTHON = (3, 11)
STAMP = "made-from"


class BootstrapError(Exception):
    """Something the machine lacks; the message says what and how to get it."""


def check_machine(version=sys.version_info, find_spec=importlib.util.find_spec, which=shutil.which):
    """Raise BootstrapError, one line with the remedy, if Python is too old or if venv or g++ is missing."""
    if tuple(version[:2]) < MIN_PYTHON:
        have, need = (".".join(map(str, numbers[:2])) for numbers in (version, MIN_PYTHON))
        raise BootstrapError(
            f"Python {need} or newer is needed and python3 is {have}: install it and use 'make PYTHON=python{need}'"
        )
    if not (find_spec("venv") and find_spec("ensurepip")):
        raise BootstrapError("Python's venv is missing: install it with 'apt-get install python3-venv' (Debian, Ubuntu)")
    if not which("g++"):
        raise BootstrapError("g++ is missing, Verilator needs it: install it with 'apt-get install g++' (Debian, Ubuntu)")


def wanted_stamp(venv, requirements):
    """Return what the stamp of an up-to-date virtual environment says: requirements, Python, place."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    return f"requirements {digest}\npython {sys.version.split()[0]}\nat {venv}\n"


def is_current(venv, requirements):
    """Whether `venv` was made completely, from these requirements, by this Python, at this place."""
    stamp = venv / STAMP
    return (venv / "bin" / "python").exists() and stamp.exists() and stamp.read_text() == wanted_stamp(venv, requirements)


def _run(command, what):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if done.returncode:
        raise BootstrapError(f"{what} failed with status {done.returncode}; .venv is not usable, the next make starts it anew")


def make_venv(venv, requirements):
    """Make the virtual environment from nothing; the stamp is written last, so a half-made one is never taken for good."""
    python = getattr(sys, "_base_executable", None) or sys.executable  # not the python of the .venv about to be replaced
    why = "is out of date or half made" if venv.exists() else "is missing"
    print(f".venv {why}: making it from requirements.txt with Python {sys.version.split()[0]}, about a minute ...", flush=True)
    start = time.monotonic()
    shutil.rmtree(str(venv), ignore_errors=True)
    _run([python, "-m", "venv", str(venv)], "python -m venv")
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "-qq"]
    _run([*pip, "--requirement", str(requirements)], "pip install (is the package index reachable?)")
    (venv / STAMP).write_text(wanted_stamp(venv, requirements))
    print(f".venv made in {time.monotonic() - start:.0f} s", flush=True)


def ensure_venv(venv, requirements, make=make_venv):
    """Make `venv` unless it is current. Parallel callers wait for the first one."""
    if is_current(venv, requirements):
        return
    lock_file = venv.parent / "build" / "venv.lock"
    lock_file.parent.mkdir(exist_ok=True)
    with lock_file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_current(venv, requirements):
            make(venv, requirements)


def check_variables(arguments):
    """Check NAME=VALUE words. Raises the project's UserError or ConfigError. The project's modules need MIN_PYTHON."""
    sys.path.insert(0, str(ROOT))
    from models.config import ConfigError  # noqa: PLC0415
    from scripts.errors import UserError  # noqa: PLC0415
    from scripts.settings import parse  # noqa: PLC0415

    try:
        parse(arguments)
    except (UserError, ConfigError) as error:
        raise BootstrapError(str(error)) from None


def main(arguments):
    """Check machine and variables, make what is missing; return the exit status."""
    try:
        check_machine()
        check_variables(arguments)
        ensure_venv(ROOT / ".venv", ROOT / "requirements.txt")
    except BootstrapError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    os.chdir(str(ROOT))
    sys.exit(main(sys.argv[1:]))
