# SPDX-License-Identifier: Apache-2.0
"""Bootstrap: what is missing is said in one line; .venv is remade exactly when it is not what requirements.txt asks for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import bootstrap
from scripts.paths import ROOT


def _present(_name: str) -> object:
    return object()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"version": (3, 10, 9)}, "Python 3.11 or newer is needed and python3 is 3.10"),
        ({"find_spec": lambda name: None if name == "ensurepip" else object()}, "apt-get install python3-venv"),
        ({"find_spec": lambda name: None if name == "venv" else object()}, "apt-get install python3-venv"),
        ({"which": lambda name: None}, "apt-get install g"),
    ],
)
def test_lacking_machine_is_told_in_one_line(arguments: dict, says: str) -> None:
    good = {"version": (3, 11, 0), "find_spec": _present, "which": lambda name: name}
    bootstrap.check_machine(**good)
    with pytest.raises(bootstrap.BootstrapError) as error:
        bootstrap.check_machine(**good | arguments)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


class _Maker:
    """Makes a virtual environment that is one file and a stamp."""

    def __init__(self, complete: bool = True) -> None:
        self.calls = 0
        self.complete = complete

    def __call__(self, venv: Path, requirements: Path) -> None:
        self.calls += 1
        shutil.rmtree(venv, ignore_errors=True)
        (venv / "bin").mkdir(parents=True)
        (venv / "bin" / "python").touch()
        if not self.complete:
            raise bootstrap.BootstrapError("pip failed")
        (venv / bootstrap.STAMP).write_text(bootstrap.wanted_stamp(venv, requirements))


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text("six==1.16.0\n")
    return file


def test_made_once_then_left_alone(tmp_path: Path, requirements: Path) -> None:
    make = _Maker()
    for _ in range(3):
        bootstrap.ensure_venv(tmp_path / ".venv", requirements, make)
    assert make.calls == 1


def test_remade_when_requirements_change(tmp_path: Path, requirements: Path) -> None:
    make = _Maker()
    bootstrap.ensure_venv(tmp_path / ".venv", requirements, make)
    requirements.write_text("six==1.17.0\n")
    bootstrap.ensure_venv(tmp_path / ".venv", requirements, make)
    assert make.calls == 2


def test_remade_for_another_python(tmp_path: Path, requirements: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = _Maker()
    bootstrap.ensure_venv(tmp_path / ".venv", requirements, make)
    monkeypatch.setattr(sys, "version", "3.99.0 (other)")
    bootstrap.ensure_venv(tmp_path / ".venv", requirements, make)
    assert make.calls == 2


def test_remade_in_a_moved_checkout(tmp_path: Path, requirements: Path) -> None:
    bootstrap.ensure_venv(tmp_path / ".venv", requirements, _Maker())
    (tmp_path / ".venv").rename(tmp_path / "moved")
    assert not bootstrap.is_current(tmp_path / "moved", requirements)


def test_remade_when_half_made(tmp_path: Path, requirements: Path) -> None:
    venv = tmp_path / ".venv"
    with pytest.raises(bootstrap.BootstrapError):
        bootstrap.ensure_venv(venv, requirements, _Maker(complete=False))
    assert venv.exists()
    assert not bootstrap.is_current(venv, requirements)
    make = _Maker()
    bootstrap.ensure_venv(venv, requirements, make)
    assert make.calls == 1


def test_a_failing_pip_leaves_no_stamp(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("this is no requirement\n")
    with pytest.raises(bootstrap.BootstrapError, match="pip install"):
        bootstrap.make_venv(tmp_path / ".venv", requirements)
    assert not (tmp_path / ".venv" / bootstrap.STAMP).exists()
    assert capfd.readouterr().out.count("\n") == 1  # what it is doing, in one line


def test_it_imports_nothing_but_the_standard_library() -> None:
    code = "import sys; sys.path.insert(0, 'scripts'); import bootstrap; bootstrap.check_variables(['SEED=1'])"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_requirements_are_all_pinned() -> None:
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert lines
    assert all(line.count("==") == 1 and " " not in line for line in lines)
    assert len({line.split("==")[0].lower() for line in lines}) == len(lines)
