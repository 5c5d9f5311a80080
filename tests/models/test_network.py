# SPDX-License-Identifier: Apache-2.0
"""The stored network: its accuracy, its profile, its arithmetic against plain loops, and damaged files."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from models.config import load_config
from models.mapping import tile_program
from models.network import (
    NETWORK_DIR,
    NetworkError,
    QuantisedLayer,
    QuantisedNetwork,
    accuracy,
    load_network,
    save_network,
)
from models.networks import digits

NETWORK = load_network("digits")
ENTRIES = [entry for entry, _ in NETWORK.layers_with_classifier]


@pytest.mark.parametrize("part", ["held_out", "calibration"])
def test_stored_accuracy_is_reproduced(part: str) -> None:
    stored = NETWORK.metadata["quantised_accuracy"][part]
    assert list(accuracy(NETWORK, getattr(NETWORK, part))) == stored
    assert stored[1] == digits.PARTS[part] == len(getattr(NETWORK, part))


def test_the_network_is_good_enough_to_mean_something() -> None:
    """At least 98% of the held-out images, and not less than the float network less two images."""
    correct, count = NETWORK.metadata["quantised_accuracy"]["held_out"]
    assert correct / count >= 0.98
    assert correct >= NETWORK.metadata["float_accuracy"]["held_out"][0] - 2


def test_parts_do_not_overlap() -> None:
    calibration, held_out = set(NETWORK.calibration.tolist()), set(NETWORK.held_out.tolist())
    assert (len(calibration), len(held_out)) == (300, 400)
    assert not calibration & held_out
    assert calibration | held_out <= set(range(1797))


def test_split_is_the_stored_one() -> None:
    parts = digits.split(NETWORK.metadata["dataset"]["split_seed"])
    assert parts["held_out"].tolist() == NETWORK.held_out.tolist()
    assert sorted(np.concatenate(list(parts.values())).tolist()) == list(range(1797))


def test_held_out_images_are_the_data_sets() -> None:
    """Pixels come from scikit-learn directly; a pixel becomes pixel << input_shift without the bits below n_L."""
    data, n_low = load_digits(), NETWORK.layers[0].n_low_in
    acts, labels = NETWORK.held_out_images(5)
    for act, label, index in zip(acts, labels, NETWORK.held_out, strict=False):
        expected = [int(pixel) * 2**NETWORK.input_shift // 2**n_low * 2**n_low for pixel in data.data[index]]
        assert act.ravel().tolist() == expected
        assert label == data.target[index]
    assert acts.dtype == np.uint16
    assert acts.shape == (5, 8, 8, 1)


def test_held_out_images_drawn_with_a_seed() -> None:
    everything = {act.tobytes() for act in NETWORK.held_out_images()[0]}
    once, again, other = (NETWORK.held_out_images(40, seed)[0] for seed in (1, 1, 2))
    assert once.tobytes() == again.tobytes() != other.tobytes()
    assert len({act.tobytes() for act in once}) == 40
    assert {act.tobytes() for act in once} <= everything
    assert len(NETWORK.held_out_images(0)[0]) == 0


@pytest.mark.parametrize("count", [-1, 401])
def test_refuses_more_images_than_there_are(count: int) -> None:
    with pytest.raises(NetworkError, match=r"held-out images: there are 0\.\.400"):
        NETWORK.held_out_images(count)


def test_refuses_other_images() -> None:
    changed = {**NETWORK.metadata, "dataset": {**NETWORK.metadata["dataset"], "crc32": 5}}
    with pytest.raises(NetworkError, match="trained: 5"):
        dataclasses.replace(NETWORK, metadata=changed).held_out_images(1)


def loop_sums(entry: QuantisedLayer, acts: np.ndarray) -> list[list[list[int]]]:
    """Return the sums with bias [Ho][Wo][K] of one image [H, W, C], by the definition, in Python integers."""
    layer, values, weights = entry.layer, acts.tolist(), entry.weights.tolist()
    sums = [[[int(b) for b in entry.bias] for _ in range(layer.Wo)] for _ in range(layer.Ho)]
    for oy, ox, r, s in np.ndindex(layer.Ho, layer.Wo, layer.R, layer.S):
        y, x = oy * layer.stride + r - layer.pad, ox * layer.stride + s - layer.pad
        if 0 <= y < layer.H and 0 <= x < layer.W:
            pixel = [value // 2**entry.n_low_in * 2**entry.n_low_in for value in values[y][x]]
            for k in range(layer.K):
                sums[oy][ox][k] += sum(v * w for v, w in zip(pixel, weights[k][r][s], strict=True))
    return sums


def test_one_image_by_loops() -> None:
    """Every activation of every layer and the logits of one image, each layer from the loop's own outputs."""
    acts, label = NETWORK.held_out_images(1)
    run = NETWORK.run(acts)
    values = acts[0]
    for entry, got_in, got_out in zip(NETWORK.layers, run.inputs, run.outputs, strict=True):
        np.testing.assert_array_equal(got_in[0], values)
        step = 2**entry.n_low_out
        made = [
            [[min(max(v // 2**entry.shift, 0), 65535) // step * step for v in window] for window in row]
            for row in loop_sums(entry, values)
        ]
        values = np.array(made)
        assert got_out[0].tolist() == made
    logits = loop_sums(NETWORK.classifier, values)[0][0]
    assert run.logits[0].tolist() == logits
    assert NETWORK.classify(acts).tolist() == [logits.index(max(logits))] == label.tolist()


def test_run_passes_on_what_it_reports() -> None:
    acts, _ = NETWORK.held_out_images(7, seed=3)
    run = NETWORK.run(acts)
    assert len(run.inputs) == len(run.outputs) == len(NETWORK.layers) == 5
    for entry, values in zip(NETWORK.layers, run.inputs, strict=True):
        assert values.shape == (7, entry.layer.H, entry.layer.W, entry.layer.C)
        assert values.dtype == np.uint16
        assert not (values % 2**entry.n_low_in).any()
    for earlier, later in zip(run.outputs, run.inputs[1:], strict=False):
        np.testing.assert_array_equal(earlier, later)
    np.testing.assert_array_equal(NETWORK.logits(run.outputs[-1]), run.logits)


def test_every_layer_runs_on_a_tile() -> None:
    """All layers and the classifier as the columns of a serial and of a parallel design compute them."""
    run = NETWORK.run(NETWORK.held_out_images(1)[0])
    kinds = [kind for _, kind in NETWORK.layers_with_classifier]
    assert kinds == ["conv"] * 5 + ["fc"]
    for config in (load_config("trt16"), load_config("dstripes16")):
        for (entry, kind), acts in zip(NETWORK.layers_with_classifier, run.all_inputs, strict=True):
            program = tile_program(entry.layer, config, acts[0], entry.weights, n_low=entry.n_low_in)
            assert program.serial is (kind == "fc" and config.design == "trt")
            np.testing.assert_array_equal(program.collect(program.expected_sums()) + entry.bias, entry.sums(acts[0]))
    np.testing.assert_array_equal(NETWORK.classifier.sums(run.all_inputs[-1])[:, 0], run.logits)


def test_trimming_matters() -> None:
    """Untrimmed images give the same result, because `run` trims; without the layers' n_L the activations differ."""
    acts = NETWORK.images(NETWORK.held_out[:20])[0]
    dirty = acts + (1 << NETWORK.layers[0].n_low_in) - 1
    np.testing.assert_array_equal(NETWORK.run(dirty).logits, NETWORK.run(acts).logits)
    untrimmed = tuple(dataclasses.replace(entry, n_low_in=0, n_low_out=0) for entry in NETWORK.layers)
    other = dataclasses.replace(NETWORK, layers=untrimmed).run(acts)
    assert (other.outputs[0] != NETWORK.run(acts).outputs[0]).mean() > 0.1


def test_profile_is_what_calibration_shows() -> None:
    """n_H is the highest bit of the calibration run; most layers drop low bits; precisions are realistic."""
    run = NETWORK.run(NETWORK.images(NETWORK.calibration)[0])
    for entry, values in zip(ENTRIES, run.all_inputs, strict=True):
        assert int(values.max()).bit_length() - 1 == entry.n_high_in
        assert entry.profile_precision == entry.n_high_in - entry.n_low_in + 1
        assert 4 <= entry.profile_precision <= 12
    assert sum(entry.n_low_in > 0 for entry in ENTRIES) >= 5


def test_sizes_stay_small() -> None:
    assert (NETWORK_DIR / "digits.npz").stat().st_size < 300_000
    assert all(entry.weights.dtype == np.int16 and entry.bias.dtype == np.int64 for entry in ENTRIES)


def test_save_and_load_round_trip(tmp_path: Path) -> None:
    save_network(NETWORK, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digits.json", "digits.npz"]
    for suffix in (".json", ".npz"):
        assert (tmp_path / f"digits{suffix}").read_bytes() == (NETWORK_DIR / f"digits{suffix}").read_bytes()
    again = load_network("digits", tmp_path)
    assert [entry.layer for entry in again.layers] == [entry.layer for entry in NETWORK.layers]
    np.testing.assert_array_equal(again.classifier.weights, NETWORK.classifier.weights)


def test_groups_are_stored(tmp_path: Path) -> None:
    first = NETWORK.layers[1]
    grouped = dataclasses.replace(first, layer=dataclasses.replace(first.layer, groups=4), weights=first.weights[..., :4])
    changed = dataclasses.replace(NETWORK, layers=(NETWORK.layers[0], grouped, *NETWORK.layers[2:]))
    save_network(changed, tmp_path)
    again = load_network("digits", tmp_path).layers[1]
    assert again.layer == grouped.layer
    np.testing.assert_array_equal(again.weights, grouped.weights)


def test_save_refuses_a_bias_beyond_its_memory(tmp_path: Path) -> None:
    wide = dataclasses.replace(NETWORK.classifier, bias=np.full(10, 1 << 31))
    with pytest.raises(NetworkError, match="'fc' exceeds 32 bits"):
        save_network(dataclasses.replace(NETWORK, classifier=wide), tmp_path)
    assert not list(tmp_path.iterdir())


def edit_json(change: Callable[[dict], object]) -> Callable[[Path], None]:
    """Return a function that edits the JSON in a folder."""

    def edit(folder: Path) -> None:
        document = json.loads((folder / "digits.json").read_text())
        change(document)
        (folder / "digits.json").write_text(json.dumps(document))

    return edit


def edit_npz(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Return a function that edits the bytes of the NPZ in a folder."""

    def edit(folder: Path) -> None:
        (folder / "digits.npz").write_bytes(change((folder / "digits.npz").read_bytes()))

    return edit


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "digits.json").unlink(), r"no file .*digits.json .stored networks: none"),
        (lambda folder: (folder / "digits.npz").unlink(), r"no file .*digits.npz .stored networks: digits"),
        (lambda folder: (folder / "digits.json").write_text('{"format": 1,'), r"cannot read .*digits.json"),
        (lambda folder: (folder / "digits.json").write_bytes(b"\xff\xfe"), r"cannot read .*digits.json"),
        (lambda folder: (folder / "digits.json").write_text("[]"), "digits.json with digits.npz: list indices"),
        (edit_npz(lambda raw: raw[:1000]), "SHA-256"),
        (edit_npz(lambda raw: raw[:-1] + b"?"), "SHA-256"),
        (edit_npz(lambda raw: b""), "SHA-256"),
        (edit_json(lambda doc: doc.update(format=2)), "format 2: this version reads 1"),
        (edit_json(lambda doc: doc.pop("classifier")), "has no 'classifier'"),
        (edit_json(lambda doc: doc["layers"][1].pop("shift")), "has no 'shift'"),
        (edit_json(lambda doc: doc["layers"][1].update(name="nobody")), "has no 'nobody.weights"),
        (edit_json(lambda doc: doc["layers"][1].update(K=31)), "'conv2': weights of shape"),
        (edit_json(lambda doc: doc["layers"][1].update(H=9)), "'conv1' and 'conv2' do not fit together"),
        (edit_json(lambda doc: doc["layers"][1].update(n_low_out=1)), "'conv2' and 'conv3' do not fit together"),
        (edit_json(lambda doc: doc["layers"].pop()), "'conv4' and 'fc' do not fit together"),
        (edit_json(lambda doc: doc["layers"][0].update(stride=0)), "stride = 0"),
    ],
)
def test_damaged_files_give_one_clear_error(tmp_path: Path, damage: Callable[[Path], None], message: str) -> None:
    for suffix in (".json", ".npz"):
        shutil.copy(NETWORK_DIR / f"digits{suffix}", tmp_path)
    damage(tmp_path)
    with pytest.raises(NetworkError, match=message) as caught:
        load_network("digits", tmp_path)
    assert "\n" not in str(caught.value)


def test_unknown_network_lists_the_stored_ones() -> None:
    with pytest.raises(NetworkError, match=r"network 'imagenet'.*stored networks: digits"):
        load_network("imagenet")


def test_equal_logits_give_the_first_class() -> None:
    tied = dataclasses.replace(
        NETWORK.classifier, weights=np.zeros_like(NETWORK.classifier.weights), bias=np.array([1, 5, 5, *[0] * 7])
    )
    network: QuantisedNetwork = dataclasses.replace(NETWORK, classifier=tied)
    assert network.classify(NETWORK.held_out_images(2)[0]).tolist() == [1, 1]
