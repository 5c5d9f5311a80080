# SPDX-License-Identifier: Apache-2.0
"""docs/models.md and docs/networks.md: the examples run, and the measured figures are what the command prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts import train_digits

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize(("page", "count"), [("models.md", 2), ("networks.md", 2)])
def test_examples_run(page: str, count: int) -> None:
    examples = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    assert len(examples) == count
    for example in examples:
        exec(compile(example, page, "exec"), {})


def test_measured_figures_are_printed_by_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Every number of the two measured tables, layer by layer and part by part."""
    assert train_digits.main(["--check"]) == 0
    printed = [re.split(r"\s+", line.strip()) for line in capsys.readouterr().out.splitlines()]
    measured = (DOCS / "networks.md").read_text().split("### Measured")[1]
    rows = {row[0]: row[1:] for row in (re.findall(r"[^|\s]+", line) for line in measured.splitlines() if "|" in line) if row}
    assert {"train", "conv1", "conv5", "all"} <= {words[0] for words in printed}
    for words in printed:
        if words[0] in ("conv1", "conv2", "conv3", "conv4", "conv5"):
            assert rows[words[0]] == [*words[1:6], *words[7:]]  # without "beyond n_H", of which the text says that it is 0
            assert words[6] == "0"
        elif words[0] == "all":
            assert rows["all"] == words[1:]
        elif words[-1] == "stored":
            part = {"train": "training", "held_out": "held"}.get(words[0], words[0])
            assert [word for word in rows[part] if word not in ("out", "=")] == [words[5].strip(")"), words[1], words[3]]
