# SPDX-License-Identifier: Apache-2.0
"""A chart of accuracy against speedup, like Fig. 6 of Hill et al. (2018). Needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence

from models.charts import COLOURS, INK, figure, svg
from models.floats.evaluation import Evaluation

_KINDS = (("float", "floating point", "o", COLOURS[1]), ("fixed", "fixed point", "^", COLOURS[0]))
_BESIDE = {"float": (-10, -14), "fixed": (-2, 6)}  # where names stand, in points: two that are close do not collide


def accuracy_svg(name: str, evaluations: Sequence[Evaluation], chosen: Sequence[str]) -> str:
    """Return the chart of all scored formats as an SVG document; the chosen ones bear their names."""
    scored = [each for each in evaluations if each.accuracy is not None]
    with figure(7.2, 4) as (made, (axes,)):
        for kind, label, marker, colour in _KINDS:
            points = [each for each in scored if each.kind == kind]
            if points:
                speedups, accuracies = [each.speedup for each in points], [100 * each.accuracy for each in points]
                axes.plot(speedups, accuracies, marker, color=colour, markersize=4, alpha=0.8, label=label)
        axes.plot([1], [100], "*", color=INK, markersize=9, label="float32")
        for each in scored:
            if each.format in chosen:
                place, beside = (each.speedup, 100 * each.accuracy), _BESIDE[each.kind]
                axes.annotate(each.format, place, xytext=beside, textcoords="offset points", fontsize=9)
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_ylim(0, 109)
        axes.set_xlabel("speedup over float32")
        axes.set_ylabel("accuracy over float32's, %")
        axes.set_title(name)
        axes.legend(loc="lower left")
        return svg(made, f"{name}: accuracy against speedup of number formats")
