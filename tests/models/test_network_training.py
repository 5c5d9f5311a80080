# SPDX-License-Identifier: Apache-2.0
"""Quantisation and profile search by hand-worked cases, and the command line of scripts/train_digits.py."""

from __future__ import annotations

import json
import shutil
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import correlate

from models.layer import ConvLayer
from models.network import NETWORK_DIR, QuantisedNetwork
from models.networks.quantise import (
    FRACTION,
    FloatLayer,
    build,
    distance,
    fewest_bits,
    probabilities,
    profiled,
    quantise_layer,
    weight_bits,
    weight_fraction,
    with_n_high,
)
from scripts import train_digits

EMPTY = np.arange(0)
FRAME = partial(QuantisedNetwork, name="test", input_shift=FRACTION - 4, calibration=EMPTY, held_out=EMPTY)


def test_weight_fraction_by_hand() -> None:
    """0.5 * 2^15 = 16384 fits, * 2^16 = 32768 does not; 2.0 needs two bits more; 0.25 two fewer."""
    assert weight_fraction(np.array([0.5, -0.1])) == 15
    assert weight_fraction(np.array([2.0])) == 13
    assert weight_fraction(np.array([-0.25])) == 16
    assert weight_bits(np.array([3, -8], np.int16)) == 5


def test_quantise_layer_by_hand() -> None:
    """Weights in 1/16: 0.3 is 4.8, so 5. Bias 0.5 at 2^(10 + 4) is 8192, plus half of the lowest kept bit, 2^6."""
    layer = ConvLayer("one", 1, 1, 1, 2, 1, 1)
    trained = FloatLayer(layer, np.array([0.3, -1.0]).reshape(2, 1, 1, 1), np.array([0.5, -0.25]))
    got = quantise_layer(trained, fraction=4, n_low_in=2, n_low_out=3)
    assert FRACTION == 10
    assert got.weights.ravel().tolist() == [5, -16]
    assert got.bias.tolist() == [8192 + 64, -4096 + 64]
    assert (got.shift, got.n_low_in, got.n_low_out) == (4, 2, 3)
    last = quantise_layer(trained, fraction=4, n_low_in=2, n_low_out=None)
    assert (last.bias.tolist(), last.shift, last.n_low_out) == ([8192, -4096], 0, 0)


def test_dropped_bits_are_rounded_to_nearest() -> None:
    """Identity weights: outputs are the inputs to the nearest multiple of 2^n_low_out, halves upwards."""
    layer = ConvLayer("identity", 1, 1, 1, 1, 1, 1)
    entry = quantise_layer(FloatLayer(layer, np.ones((1, 1, 1, 1)), np.zeros(1)), 6, n_low_in=0, n_low_out=3)
    values = [entry.outputs(np.full((1, 1, 1), value, np.uint16)).item() for value in (0, 3, 4, 11, 12, 100)]
    assert values == [0, 0, 8, 8, 16, 104]


def random_layers(seed: int) -> list[FloatLayer]:
    rng = np.random.default_rng(seed)
    layers = [ConvLayer("a", 1, 5, 5, 4, 3, 3, 2, 1), ConvLayer("b", 4, 3, 3, 6, 1, 1), ConvLayer("c", 6, 3, 3, 3, 3, 3)]
    return [FloatLayer(one, rng.normal(0, 0.5, (one.K, one.R, one.S, one.C)), rng.normal(0, 0.2, one.K)) for one in layers]


def float_logits(trained: list[FloatLayer], image: np.ndarray) -> np.ndarray:
    """Return the float network's logits of one image [H, W, C] by scipy."""
    values = image
    for index, one in enumerate(trained):
        pad, stride = one.layer.pad, one.layer.stride
        padded = np.pad(values, ((pad, pad), (pad, pad), (0, 0)))
        maps = [correlate(padded, weights, mode="valid")[::stride, ::stride, 0] for weights in one.weights]
        values = np.stack(maps, axis=-1) + one.bias
        if index < len(trained) - 1:
            values = np.maximum(values, 0)
    return values.ravel()


def test_quantised_network_is_close_to_the_float_network() -> None:
    """With 16-bit weights and no trimming the logits differ by rounding alone: a few parts of 2^10."""
    trained, rng = random_layers(1), np.random.default_rng(2)
    pixels = rng.integers(0, 17, (20, 5, 5, 1))
    fractions = [weight_fraction(one.weights) for one in trained]
    network = build(FRAME, trained, fractions, [0, 0, 0])
    logits = network.run(network.activations(pixels)).logits / 2.0 ** (FRACTION + fractions[-1])
    expected = np.stack([float_logits(trained, image / 16) for image in pixels])
    np.testing.assert_allclose(logits, expected, atol=0.02)
    powers = np.exp(expected)
    got = probabilities(network, network.activations(pixels), fractions[-1])
    np.testing.assert_allclose(got, powers / powers.sum(axis=1, keepdims=True), atol=0.01)


def test_distance_by_hand() -> None:
    """The second image changes its class: 1, plus the mean of 0.1 and 0.3 of probability that moved."""
    reference = np.array([[0.7, 0.3], [0.6, 0.4]])
    assert distance(np.array([[0.6, 0.4], [0.3, 0.7]]), reference) == pytest.approx(1 + (0.1 + 0.3) / 2)
    assert distance(reference, reference) == 0


def test_fewest_bits_by_hand() -> None:
    """Costs a bit of 1, 2 and 3 with 6 to spend: alone 6, 3 and 2 bits; together 18, so bits come back, dearest first.

    18 - 3 - 3 (the third layer has none left to give back), - 2 - 2 - 2, which leaves 6 of the first layer.
    """
    costs = np.array([1, 2, 3])
    assert fewest_bits([0, 0, 0], 15, 1, lambda trial: float(costs @ trial), tolerance=6) == [6, 0, 0]


def test_fewest_bits_stops_at_its_limit_and_counts_down() -> None:
    assert fewest_bits([0, 0], 3, 1, lambda trial: 0.0, tolerance=0) == [3, 3]
    assert fewest_bits([9, 5], 0, -1, lambda trial: float(max(0, 4 - min(trial))), tolerance=0) == [4, 4]


def test_profiled_keeps_its_promise() -> None:
    """On random networks: no image changes its class, low bits are dropped, and n_H is the highest bit seen."""
    trained, lines = random_layers(4), []
    acts = np.random.default_rng(5).integers(0, 17, (30, 5, 5, 1)).astype(np.uint16) << (FRACTION - 4)
    network, fractions = profiled(FRAME, trained, acts, lines.append)
    widest = [weight_fraction(one.weights) for one in trained]
    reference = build(FRAME, trained, widest, [0, 0, 0])
    np.testing.assert_array_equal(network.classify(acts), reference.classify(acts))
    assert all(found < full for found, full in zip(fractions, widest, strict=True))
    assert any(entry.n_low_in for entry in network.layers)
    assert with_n_high(network, acts).layers[0].n_high_in == 10
    assert len(lines) == 2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for suffix in (".json", ".npz"):
        shutil.copy(NETWORK_DIR / f"digits{suffix}", tmp_path)
    return tmp_path


def test_check_passes_on_the_stored_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert train_digits.main(["--check"]) == 0
    out = capsys.readouterr().out
    assert out.count("as stored") == 3
    assert [line.split()[0] for line in out.splitlines()[-6:]] == ["conv1", "conv2", "conv3", "conv4", "conv5", "all"]


def test_check_fails_when_the_stored_accuracy_is_not_reached(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads((folder / "digits.json").read_text())
    document["metadata"]["quantised_accuracy"]["held_out"][0] += 1
    (folder / "digits.json").write_text(json.dumps(document))
    assert train_digits.main(["--check", "--folder", str(folder)]) == 1
    assert "STORED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--force replaces it"),
        (["--check", "--folder", "nowhere"], "no file nowhere"),
    ],
)
def test_command_line_refuses(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert train_digits.main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--seed", "0"], ["--seed", "-3"], ["--epochs", "many"], ["--nonsense"]])
def test_bad_usage_exits_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        train_digits.main(arguments)
    assert caught.value.code == 2


def test_training_without_pytorch_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert train_digits.main(["--folder", str(tmp_path)]) == 2
    assert "pip install -r requirements-train.txt" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
