# SPDX-License-Identifier: Apache-2.0
"""The tables of `python -m models floats`, from what `--json` prints."""

from __future__ import annotations

import re
from typing import Any

HEADLINE = 7.6  # Hill et al., "Rethinking Numerical Representations for Deep Neural Networks", 2018, abstract
_MOST = 24  # formats listed one by one; more become a matrix of widths
_WIDTHS = re.compile(r"[mi](\d+)[ef](\d+)z?")


def lines_of(result: dict[str, Any]) -> list[str]:
    """Return all lines."""
    unit = " dB" if result["metric"] == "psnr" else ""
    lines = [f"{result['network']}: {result['inputs']} {result['data']}, {result['metric']} {result['reference']:.4f}{unit}"]
    scored = [each for each in result["formats"] if each["accuracy"] is not None]
    if scored:
        lines += [""] + (_listed(scored) if len(scored) <= _MOST else _matrices(scored))
    if result["search"]:
        lines += [""] + _search(result)
    for align in (64, 1):
        rows = [each for each in result["containers"] if each["align"] == align]
        if rows:
            packed = "padded to 64 bits" if align == 64 else "packed"
            lines += ["", f"containers, {packed}, size over that of the plain field", *_containers(rows)]
    return lines + ([f"plot: {result['plot']}"] if result.get("plot") else [])


def _listed(formats: list[dict[str, Any]]) -> list[str]:
    head = f"{'format':<10}{'bits':>5}{'speedup':>9}{'energy':>8}{'R^2':>9}{'score':>10}{'accuracy':>10}"
    return [head] + [
        f"{each['format']:<10}{each['bits']:>5}{each['speedup']:>8.2f}x{each['energy_saving']:>7.2f}x"
        f"{each['correlation']:>9.5f}{each['score']:>10.4f}{each['accuracy']:>10.2%}"
        for each in formats
    ]


def _matrices(formats: list[dict[str, Any]]) -> list[str]:
    lines = []
    for kind, across, down in (("float", "mantissa", "exponent"), ("fixed", "fraction", "integer")):
        cells = {}
        for each in formats:
            match = _WIDTHS.fullmatch(each["format"])
            if each["kind"] == kind and match:
                one, two = int(match[1]), int(match[2])
                cells[(two, one) if kind == "float" else (one, two)] = each["accuracy"]
        if cells:
            columns = sorted({column for _, column in cells})
            lines += [f"accuracy in % of float32's, {across} bits across, {down} bits down"]
            lines += ["   " + "".join(f"{column:>7}" for column in columns)]
            for row in sorted({row for row, _ in cells}):
                values = [cells.get((row, column)) for column in columns]
                lines.append(f"{row:>3}" + "".join(f"{'' if each is None else f'{100 * each:.1f}':>7}" for each in values))
            lines.append("")
    return lines[:-1]


def _search(result: dict[str, Any]) -> list[str]:
    model = result["model"]
    fitted = ", ".join(model["fitted_on"])
    lines = [
        f"search: at most {result['tolerance']:.1%} loss; accuracy = {model['slope']:.3f} R^2 {model['offset']:+.3f}, "
        f"fitted on {fitted} ({model['points']} formats, correlation {model['fit']:.2f})"
    ]
    lines += ["note: " + model["note"]] if model.get("note") else []
    lines.append(
        f"{'':<7}{'predicted':<11}{'chosen':<10}{'bits':>5}{'speedup':>9}{'energy':>8}{'accuracy':>10}{'judged':>9}  sampled"
    )
    for each in result["search"]:
        lines.append(_search_row(each))
    best = [each["exhaustive"] for each in result["search"] if each.get("exhaustive")]
    if best:
        lines += [f"exhaustive search: {', '.join(best)}; {result['evaluations_spared']}"]
    fastest = max((each["chosen"]["speedup"] for each in result["search"] if each["chosen"]), default=None)
    own = "nothing found" if fastest is None else f"{fastest:.1f}x here"
    return lines + [f"Hill et al., mean of their networks at less than 1 % loss: {HEADLINE}x; {own}"]


def _search_row(each: dict[str, Any]) -> str:
    found = each["chosen"]
    predicted, sampled = each["predicted"] or "none", ", ".join(each["sampled"])
    if not found:
        return f"{each['kind']:<7}{predicted:<11}{'none':<51}  {sampled}; none meets the target"
    accuracy = "not run" if found["accuracy"] is None else f"{found['accuracy']:.2%}"
    judged = "" if each["judged"] is None else f"{each['judged']:.2%}"
    sampled += "" if each["confirmed"] else "; not confirmed"
    return (
        f"{each['kind']:<7}{predicted:<11}{found['format']:<10}{found['bits']:>5}{found['speedup']:>8.2f}x"
        f"{found['energy_saving']:>7.2f}x{accuracy:>10}{judged:>9}  {sampled}"
    )


def _containers(rows: list[dict[str, Any]]) -> list[str]:
    head = f"{'format':<10}{'':<13}{'values':>10}{'zeros':>8}{'exponents':>11}{'mantissas':>11}{'together':>10}"
    return [head] + [
        f"{each['format']:<10}{each['what']:<13}{each['values']:>10,}{each['zeros']:>8.1%}{each['exponents']['ratio']:>11.3f}"
        f"{each['mantissas']['ratio']:>11.3f}{each['together']['ratio']:>10.3f}"
        for each in rows
    ]
