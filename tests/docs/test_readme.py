# SPDX-License-Identifier: Apache-2.0
"""The README's table is what `make layers SEED=1` prints, computed from the models: regressions show that RTL = model."""

from __future__ import annotations

import re
from dataclasses import asdict

import numpy as np

from models.codec import CodecParams, encode
from models.config import load_config
from models.convolution import pad_channels
from models.cycles import convolution_cycles
from models.network import QuantisedLayer, load_network
from scripts.layers import LAYER_TEST, format_table
from scripts.plan import derive_seed
from scripts.sim.benches import find_test
from tb.layer.network import LayerRow
from tests.docs.rtl_text import ROOT, code_blocks

SEED = 1
README = ROOT / "README.md"


def layer_row(entry: QuantisedLayer, images: np.ndarray, config_name: str) -> LayerRow:
    """The row of one layer over the inputs [images, H, W, C]."""
    config = load_config(config_name)
    row = LayerRow(entry.layer.name, config.design, config.name, "verilator", len(images), stalls={"output_drain": 0})
    params = CodecParams.for_design(config, signed=False, n_low=entry.n_low_in)
    means = []
    for acts in images:
        cycles = convolution_cycles(acts, entry.layer, config, entry.n_high_in, n_low=entry.n_low_in)
        row.rtl_cycles += cycles.dstripes_cycles
        row.base_cycles += cycles.base_cycles
        row.stripes_cycles += cycles.stripes_tile_cycles
        row.fill += cycles.fill
        row.stalls["output_drain"] += cycles.stalls["output_drain"]
        row.compressed_bytes += 8 * len(encode(pad_channels(acts).ravel(), params))
        row.raw_bytes += acts.size * config.p // 8
        means.append(cycles.mean_precision)
    row.model_cycles, row.speedup, row.mean_precision = row.rtl_cycles, row.base_cycles / row.rtl_cycles, float(np.mean(means))
    return row


def layer_rows() -> list[LayerRow]:
    """The rows of `make layers SEED=1`."""
    test, network = find_test(LAYER_TEST), load_network("digits")
    images, _ = network.held_out_images(test.knobs["images"], seed=derive_seed(SEED, LAYER_TEST, 0))
    run = network.run(images)
    return [layer_row(entry, acts, test.configs[0]) for entry, acts in zip(network.layers, run.inputs, strict=True)]


def test_table_of_layers() -> None:
    """The table, the number of images, and the totals in the text below it."""
    rows = layer_rows()
    printed = format_table([asdict(row) for row in rows])
    assert any(printed in block for block in code_blocks(README))
    text = " ".join(README.read_text().split())
    assert f"on {rows[0].images} held-out images" in text
    base, rtl, stripes = (sum(getattr(row, name) for row in rows) for name in ("base_cycles", "rtl_cycles", "stripes_cycles"))
    found = re.search(r"([\d.]+)x against ([\d.]+)x over BASE", text)
    assert found
    assert found.groups() == (f"{base / rtl:.2f}", f"{base / stripes:.2f}")
