# SPDX-License-Identifier: Apache-2.0
"""The stored network as the layer engine runs it: the class that comes out of the RTL is the network's."""

from __future__ import annotations

import numpy as np

from models.config import load_config
from models.convolution import output_stage
from models.cycles import convolution_cycles
from models.network import load_network
from tb.layer.network import logits_shift, network_layers, stripes_cycles

NETWORK = load_network("digits")


def test_shifted_logits_decide_as_the_network_does() -> None:
    """For every held-out image; and none of its logits saturates."""
    images, _ = NETWORK.held_out_images()
    logits, shift = NETWORK.run(images).logits, logits_shift(NETWORK, 16)
    shifted = output_stage(logits, np.zeros(logits.shape[-1], np.int64), shift, relu=False)
    assert (shifted.argmax(axis=-1) == logits.argmax(axis=-1)).all()
    assert (shifted == logits >> shift).all()


def test_layers_of_the_designs() -> None:
    """The fully connected layer is TRT's only; its number of slices uses more columns than one."""
    assert [work.entry for work in network_layers(NETWORK, load_config("dstripes16"))] == list(NETWORK.layers)
    last = network_layers(NETWORK, load_config("trt16"))[-1]
    assert last.entry is NETWORK.classifier
    assert not last.formats.relu
    assert last.slices > 1


def test_stripes_is_the_count_of_the_comparison() -> None:
    """Two ways to the cycles of Stripes."""
    config = load_config("dstripes16")
    for entry in NETWORK.layers:
        acts = np.zeros((entry.layer.H, entry.layer.W, entry.layer.C), np.uint16)
        counted = convolution_cycles(acts, entry.layer, config, entry.n_high_in, n_low=entry.n_low_in)
        assert stripes_cycles(entry, config) == counted.stripes_tile_cycles
