# SPDX-License-Identifier: Apache-2.0
"""docs/custom_floats.md: its command, its Python, its costs; and the stored sweeps belong to the networks."""

from __future__ import annotations

import re

import pytest

from models.evaluation import calibration_task, float_network_path
from models.floats.costs import residuals
from models.floats.evaluation import Evaluator
from models.floats.names import parse_format
from models.floats.search import AccuracyModel, fit_model
from models.floats.sweeps import SWEEP_DIR, load_sweep
from models.graphs import load_graph
from tests.docs.page_examples import check_console, run_python
from tests.docs.rtl_text import DOCS

PAGE = DOCS / "custom_floats.md"
SWEEPS = sorted(SWEEP_DIR.glob("*.json"))


def test_the_command_prints_the_table(tmp_path) -> None:
    check_console(PAGE, tmp_path, least=1)


def test_the_python_runs(capsys) -> None:
    run_python(PAGE, count=1)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_residuals_are_those_of_the_model() -> None:
    rows = re.findall(r"^\| (.+?) \| ([\d.]+) \| ([\d.]+) \| ([+-][\d.]+) % \|$", PAGE.read_text(), re.MULTILINE)
    expected = {each.what: (each.published, each.model, 100 * each.relative) for each in residuals()}
    assert len(rows) == len(expected)
    for what, published, model, relative in rows:
        found = expected[what]
        assert float(published) == found[0]
        assert float(model) == pytest.approx(found[1], rel=1e-3)
        assert float(relative) == pytest.approx(found[2], abs=0.06)


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_stored_sweeps_are_those_of_the_networks(path) -> None:
    """The reference and one format, computed again; 151 formats take minutes."""
    sweep = load_sweep(path)
    assert sweep.network == path.stem and len({each.format for each in sweep.evaluations}) == len(sweep.evaluations) > 100
    task = calibration_task(sweep.network)
    evaluator = Evaluator(load_graph(float_network_path(sweep.network)), task)
    assert (sweep.metric, sweep.inputs, sweep.reference) == (task.metric, len(task.inputs), evaluator.reference)
    stored = next(each for each in sweep.evaluations if each.format == "i3f4")
    again = evaluator.predictable(parse_format("i3f4"))
    assert again.correlation == pytest.approx(stored.correlation, abs=1e-6)
    assert again.speedup == pytest.approx(stored.speedup)


def test_the_line_is_a_fit_on_the_classifiers() -> None:
    sweeps = {path.stem: load_sweep(path) for path in SWEEPS}
    classifiers = {name: each.evaluations for name, each in sweeps.items() if each.metric == "top1"}
    assert len(classifiers) >= 2
    model = fit_model(classifiers)
    assert isinstance(model, AccuracyModel) and model.fit > 0.9 and 0.9 < model.predict(1.0) < 1.1
