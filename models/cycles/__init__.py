# SPDX-License-Identifier: Apache-2.0
"""How many cycles a layer takes.

On the layer engine: `engine_cycles`, `convolution_cycles` (engine.py). On the core of any design, its dispatcher and tile:
`layer_cycles_of` from tensors (tensors.py), `layer_cycles` from precisions (core.py), `best_slices` for TRT's cascade
(tensors.py). `fold_stride` turns a strided layer of few channels into one that fills the lanes (folding.py).
"""

from models.cycles.core import LayerCycles, layer_cycles
from models.cycles.engine import (
    ENGINE_STAGES,
    PIPELINE_CYCLES,
    ConvCycles,
    EngineCycles,
    convolution_cycles,
    cycles_from_precisions,
    drain_interval,
    engine_cycles,
    fill_cycles,
    output_drain_stalls,
    pallet_precisions,
)
from models.cycles.folding import fold_acts, fold_stride, fold_weights
from models.cycles.tensors import BrickPrecisions, best_slices, brick_precisions, layer_cycles_of

__all__ = [
    "ENGINE_STAGES",
    "PIPELINE_CYCLES",
    "BrickPrecisions",
    "ConvCycles",
    "EngineCycles",
    "LayerCycles",
    "best_slices",
    "brick_precisions",
    "convolution_cycles",
    "cycles_from_precisions",
    "drain_interval",
    "engine_cycles",
    "fill_cycles",
    "fold_acts",
    "fold_stride",
    "fold_weights",
    "layer_cycles",
    "layer_cycles_of",
    "output_drain_stalls",
    "pallet_precisions",
]
