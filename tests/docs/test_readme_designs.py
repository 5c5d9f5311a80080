# SPDX-License-Identifier: Apache-2.0
"""The README's comparison of the designs is what `make layers DESIGN=all` prints, computed from the models: RTL = model."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from models.config import load_config
from models.network import load_network
from scripts.comparison import comparisons
from scripts.layers_text import format_matrix
from scripts.sim.benches import find_test
from tb.tile.items import LayerItem
from tb.tile.layer_score import LayerScore, model_cycles
from tb.tile.network_layers import IMAGES_SEED, CoreRow, network_item, synthetic_item, synthetic_layers
from tests.docs.rtl_text import ROOT, code_blocks

TEST = find_test("tile_network")


def score(item: LayerItem, name: str) -> LayerScore:
    """What the bench would find if the RTL takes the model's cycles."""
    config = load_config(name)
    item.program(config)
    model = model_cycles(item, config)
    return LayerScore(item, np.zeros(0), 0, model.cycles, model.fill, model.stalls, model)


def rows_of(name: str) -> list[dict]:
    """The rows of one configuration."""
    config, network = load_config(name), load_network("digits")
    images, _ = network.held_out_images(TEST.knobs["images"], seed=IMAGES_SEED)
    rows = []
    for (entry, kind), inputs in zip(network.layers_with_classifier, network.run(images).all_inputs, strict=True):
        row = CoreRow.of(entry.layer.name, kind, config, "verilator")
        for image in inputs:
            row.add(score(network_item(entry, image, config.p), name))
        rows.append(row)
    for synthetic in synthetic_layers(config):
        row = CoreRow.of(synthetic.layer.name, synthetic.kind, config, "verilator")
        row.add(score(synthetic_item(synthetic.layer, config), name))
        rows.append(row)
    return [asdict(row) for row in rows]


def test_table_of_designs() -> None:
    """Every line of the matrices that the README shows."""
    (comparison,) = comparisons([row for name in TEST.configs + TEST.more_configs for row in rows_of(name)])
    blocks = code_blocks(ROOT / "README.md")
    for table in format_matrix(comparison).split("\n\n"):
        assert any(table in block for block in blocks), table
