# SPDX-License-Identifier: Apache-2.0
"""The trace that a command line names."""

from __future__ import annotations

from argparse import ArgumentParser

import numpy as np
import pytest

from models.commands.files import CommandError
from models.commands.sources import add_source, load_source
from models.network import load_network
from models.traces import network_trace, save_trace


def load(*arguments: object):
    parser = ArgumentParser()
    add_source(parser)
    return load_source(parser.parse_args([str(each) for each in arguments]))


def test_a_stored_network_comes_with_its_first_held_out_images():
    trace = load("--network", "digits", "--inputs", 3)
    images, _ = load_network("digits").held_out_images(3)
    assert trace.name == "digits"
    assert np.array_equal(trace.layers[0].acts, images)
    assert load("--network", "digits").inputs == 4


def test_a_folder_is_read_whole_or_its_first_inputs(tmp_path):
    save_trace(network_trace("digits", 3), tmp_path / "trace")
    whole, first = load("--trace", tmp_path / "trace"), load("--trace", tmp_path / "trace", "--inputs", 2)
    assert (whole.inputs, first.inputs) == (3, 2)
    for one, two in zip(whole.layers, first.layers, strict=True):
        assert np.array_equal(one.acts[:2], two.acts)
        assert one.act_format == two.act_format


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--network", "nothing"), "nothing"),
        (("--network", "digits", "--inputs", 0), "--inputs 0: must be at least 1"),
        (("--network", "digits", "--inputs", 401), "there are 0..400"),
        (("--trace", "no/such/folder"), "no/such/folder: holds no trace.json"),
    ],
)
def test_a_bad_source_is_one_line(arguments, message):
    with pytest.raises(CommandError) as caught:
        load(*arguments)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_more_inputs_than_a_trace_has(tmp_path):
    save_trace(network_trace("digits", 2), tmp_path / "trace")
    with pytest.raises(CommandError, match=r"the first 3 inputs: there are 1\.\.2"):
        load("--trace", tmp_path / "trace", "--inputs", 3)
