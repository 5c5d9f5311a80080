# SPDX-License-Identifier: Apache-2.0
"""Made-up rows of the same layers on several designs, whose every ratio was worked out by hand."""

from __future__ import annotations

from typing import Any

from models.config import load_config

BASE_STEPS = {"conv1": 1600, "conv2": 800, "fc1": 400}
STALLS = {"output_drain": 0, "weight_fetch": 0, "reduce": 0, "activation_fetch": 0}


def core(layer: str, config: str, rtl: int, bound: int, **changes: Any) -> dict:
    """A row of level "core": all cycles but `bound` and the stalls are fill, and it is fully used."""
    design = load_config(config)
    stalls = STALLS | changes.pop("stalls", {})
    row = {
        "level": "core",
        "layer": layer,
        "kind": "fc" if layer.startswith("fc") else "conv",
        "design": design.design,
        "config": config,
        "detection": design.detection,
        "bits_per_cycle": design.bits_per_cycle,
        "baseline": "" if design.design == "base" else design.baseline,
        "sim": "verilator",
        "seed": 7,
        "images": 2,
        "rtl_cycles": rtl,
        "model_cycles": rtl,
        "base_cycles": BASE_STEPS.get(layer, bound),
        "bound_cycles": bound,
        "fill": rtl - bound - stalls["output_drain"] - stalls["reduce"],
        "stalls": stalls,
        "mismatches": 0,
        "mean_p_a": 5.0,
        "mean_p_w": 8.0,
        "slices": 1,
        "utilisation": 1.0,
        "outputs": 100,
    }
    return row | changes


def network() -> list[dict]:
    """Two convolutions and a fully connected layer on BASE, DStripes and TRT.

    Measured: conv1 1603 / 500 = 3.206, conv2 803 / 400 = 2.0075; bounds 1600 / 400 = 4, 800 / 320 = 2.5.
    Convolutions: 2406 / 900 = 2.6733, bound 2400 / 720 = 3.3333. fc: 403 / 400 on DStripes, 403 / 310 = 1.3 on TRT.
    """
    return [
        *(core("conv1", "base16", 1603, 1600), core("conv2", "base16", 803, 800), core("fc1", "base16", 403, 400)),
        *(core("conv1", "dstripes16", 500, 400), core("conv2", "dstripes16", 400, 320), core("fc1", "dstripes16", 400, 320)),
        *(core("conv1", "trt16", 500, 400), core("conv2", "trt16", 400, 320), core("fc1", "trt16", 310, 200, slices=4)),
    ]


def changed(rows: list[dict], layer: str, config: str, **changes: object) -> list[dict]:
    """The rows with one of them changed."""
    assert any((row["layer"], row["config"]) == (layer, config) for row in rows)
    return [row | changes if (row["layer"], row["config"]) == (layer, config) else row for row in rows]
