# SPDX-License-Identifier: Apache-2.0
"""Traces: what is a legal one, and what a folder gives back, whole, damaged, mixed or half-written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.layer import ConvLayer
from models.network import NetworkError, load_network
from models.traces import Format, Trace, TraceError, TraceLayer, load_trace, network_trace, save_trace, storage

CONV = ConvLayer("block/conv 1", C=3, H=4, W=5, K=2, R=3, S=2, stride=2, pad=1)
FC = ConvLayer("fc", C=6, H=1, W=1, K=4, R=1, S=1)


def entry(layer: ConvLayer, *, inputs: int = 2, own_weights: bool = False, seed: int = 0) -> TraceLayer:
    """A layer with random operands: 16-bit activations, 8-bit weights."""
    rng = np.random.default_rng(seed)
    shape = (layer.K, layer.R, layer.S, layer.group_channels)
    acts = rng.integers(0, 60000, (inputs, layer.H, layer.W, layer.C))
    weights = rng.integers(-100, 100, (inputs, *shape) if own_weights else shape)
    forms = Format(16, False, 14, 2, scale=0.5), Format(8, True, 7, scale=0.1, zero_point=0)
    return TraceLayer(layer, "Conv", acts, weights, *forms, raw_acts=11, relu=True)


def trace(**options: object) -> Trace:
    layers = entry(CONV), entry(FC, own_weights=True, seed=1)
    return Trace("net", layers, "a file", "fixed16", {"metric": "top1", "float": 0.5}, ("Softmax: no product",), **options)


# ---- what is a legal trace


def test_formats() -> None:
    assert Format(16, False, 9, 2).precision == 8
    assert Format.holding(np.array([0, 5, 100]), 16, False) == Format(16, False, 6)
    assert Format.holding(np.array([-128, 4]), 8, True) == Format(8, True, 7)
    assert Format.holding(np.array([[-8, 4]]), 8, True, n_low=2, scale=3.0) == Format(8, True, 4, 2, 3.0)
    assert Format.holding(np.zeros(3, int), 8, False).precision == 1
    with pytest.raises(TraceError, match="bits = 12: must be 16 or 8"):
        Format(12, False, 3)
    for n_high, n_low in ((8, 0), (3, 4), (3, -1)):
        with pytest.raises(TraceError, match="must be 0 <= n_low <= n_high < 8"):
            Format(8, False, n_high, n_low)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"acts": np.full((2, 1, 1, 6), 70000)}, r"'fc': acts: value 70000 at index \(0, 0, 0, 0\): unsigned 16-bit"),
        ({"acts": np.full((2, 1, 1, 6), -1)}, r"'fc': acts: value -1"),
        ({"acts": np.zeros((2, 1, 1, 6))}, r"'fc': acts: values have dtype float64"),
        ({"acts": np.zeros((2, 1, 6), int)}, r"'fc': acts: shape \(2, 1, 6\): must be \[N, H, W, C\]"),
        ({"acts": np.zeros((0, 1, 1, 6), int)}, r"with N >= 1"),
        ({"acts": np.zeros((2, 1, 1, 5), int)}, r"'fc'.*\(2, 1, 1, 5\)"),
        ({"weights": np.full((4, 1, 1, 6), 128)}, r"'fc': weights: value 128 at index"),
        ({"weights": np.zeros((4, 1, 1, 7), int)}, r"'fc'.*\(4, 1, 1, 7\)"),
        ({"weights": np.zeros((3, 4, 1, 1, 6), int)}, r"'fc': weights of 3 inputs for acts of 2"),
    ],
)
def test_operands_that_do_not_fit_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(TraceError, match=message):
        replace(entry(FC), **changes)


def test_a_trace_is_consistent() -> None:
    with pytest.raises(TraceError, match="has no layers"):
        Trace("net", (), "", "")
    with pytest.raises(TraceError, match="layer 'fc' is there twice"):
        Trace("net", (entry(FC), entry(FC)), "", "")
    with pytest.raises(TraceError, match=r"layers have \[2, 3\] inputs"):
        Trace("net", (entry(FC), entry(CONV, inputs=3)), "", "")
    with pytest.raises(TraceError, match=r"has no layer 'fd': use one of block/conv 1, fc"):
        trace().layer("fd")


def test_operands_of_an_input() -> None:
    conv, fc = trace().layers
    assert np.array_equal(conv.weights_of(1), conv.weights)
    assert np.array_equal(fc.weights_of(1), fc.weights[1])
    assert np.array_equal(fc.acts_of(1), fc.acts[1])
    assert (conv.kind, fc.kind, conv.inputs, conv.stored_acts) == ("conv", "fc", 2, 11)
    assert replace(conv, raw_acts=0).stored_acts == 60
    first = trace().first(1)
    assert (first.inputs, first.layers[1].weights.shape) == (1, (1, 4, 1, 1, 6))


def test_a_digest_names_shape_formats_and_operands() -> None:
    one = entry(FC)
    changed = [
        replace(one, acts=one.acts + (np.arange(6) == 3)),
        replace(one, weights=one.weights - 1),
        replace(one, act_format=replace(one.act_format, n_low=1)),
        replace(one, layer=replace(FC, name="other")),
    ]
    assert len({each.digests for each in (one, *changed)}) == 5
    assert entry(FC).digests == replace(one, acts=one.acts.astype(np.uint16), raw_acts=3).digests


def test_digests_are_of_inputs() -> None:
    """What is measured on one input says nothing of another one, and stays true when inputs are left out."""
    one = entry(FC)
    assert len(one.digests) == one.inputs
    both = replace(one, acts=np.concatenate([one.acts[:1], one.acts[:1] + 1]))
    assert both.digests[0] == both.first(1).digests[0] == one.digests[0] != both.digests[1]


# ---- as a folder


def same(one: Trace, two: Trace) -> None:
    assert (one.name, one.source, one.quantiser, one.accuracy, one.skipped) == (
        two.name,
        two.source,
        two.quantiser,
        two.accuracy,
        two.skipped,
    )
    for a, b in zip(one.layers, two.layers, strict=True):
        assert (a.layer, a.operator, a.raw_acts, a.relu) == (b.layer, b.operator, b.raw_acts, b.relu)
        assert (a.act_format, a.weight_format) == (b.act_format, b.weight_format)
        assert np.array_equal(a.acts, b.acts)
        assert np.array_equal(a.weights, b.weights)
        assert a.digests == b.digests


def test_a_folder_gives_back_the_trace(tmp_path: Path) -> None:
    save_trace(trace(), tmp_path / "a" / "net")
    found = load_trace(tmp_path / "a" / "net")
    same(found, trace())
    assert isinstance(found.layers[0].acts, np.memmap)
    assert (found.layers[0].acts.dtype, found.layers[0].weights.dtype) == (np.uint16, np.int8)
    names = sorted(path.name for path in (tmp_path / "a" / "net").iterdir())
    assert names == [
        "000-block_conv_1.acts.npy",
        "000-block_conv_1.weights.npy",
        "001-fc.acts.npy",
        "001-fc.weights.npy",
        "trace.json",
    ]


def test_a_trace_replaces_a_trace_and_nothing_else(tmp_path: Path) -> None:
    save_trace(trace(), tmp_path / "net")
    short = Trace("short", (entry(FC, seed=4),), "b", "fixed16")
    save_trace(short, tmp_path / "net")
    same(load_trace(tmp_path / "net"), short)
    assert len(list((tmp_path / "net").iterdir())) == 3
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(TraceError, match="is not empty and holds no trace: name another folder"):
        save_trace(short, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    with pytest.raises(TraceError, match="is a file: name a folder"):
        save_trace(short, tmp_path / "mine" / "notes.txt")


def test_a_trace_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk a new folder does not appear, an old trace stays, and nothing else is left."""
    save_trace(trace(), tmp_path / "old")
    written, original = [], storage._save_array

    def full_disk(path: Path, *rest: object) -> dict:
        written.append(path)
        if len(written) % 3 == 0:
            raise OSError(28, "No space left on device", str(path))
        return original(path, *rest)

    monkeypatch.setattr(storage, "_save_array", full_disk)
    other = Trace("short", (entry(FC, seed=4), entry(CONV, seed=5)), "b", "fixed16")
    for name in ("fresh", "old"):
        with pytest.raises(OSError, match="No space left"):
            save_trace(other, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    same(load_trace(tmp_path / "old"), trace())


def test_a_folder_without_its_document_is_no_trace(tmp_path: Path) -> None:
    save_trace(trace(), tmp_path / "net")
    (tmp_path / "net" / "trace.json").unlink()
    with pytest.raises(TraceError, match=r"holds no trace\.json: name a folder that 'python -m models import' has written"):
        load_trace(tmp_path / "net")


def test_files_of_two_traces_cannot_be_mixed(tmp_path: Path) -> None:
    save_trace(trace(), tmp_path / "one")
    save_trace(replace(trace(), layers=(entry(CONV, seed=8), trace().layers[1])), tmp_path / "two")
    name = "000-block_conv_1.acts.npy"
    (tmp_path / "one" / name).write_bytes((tmp_path / "two" / name).read_bytes())
    with pytest.raises(TraceError, match=rf"{name}: its SHA-256 is not the one in trace\.json"):
        load_trace(tmp_path / "one")
    assert load_trace(tmp_path / "one", check=False).inputs == 2


def test_damaged_arrays(tmp_path: Path) -> None:
    save_trace(trace(), tmp_path / "net")
    path = tmp_path / "net" / "001-fc.weights.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(TraceError, match="SHA-256"):
        load_trace(tmp_path / "net")
    with pytest.raises(TraceError, match=r"001-fc\.weights\.npy: is not a readable \.npy array"):
        load_trace(tmp_path / "net", check=False)
    path.unlink()
    with pytest.raises(TraceError, match=r"001-fc\.weights\.npy: no such file, and trace\.json names it"):
        load_trace(tmp_path / "net")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: document.pop("layers"), "has no 'layers'"),
        (lambda document: document.update(format=99), "format 99: this version reads 1"),
        (lambda document: document["layers"][0]["shape"].update(R=9), "R = 9: must be at most"),
        (lambda document: document["layers"][0]["shape"].update(depth=9), "cannot be read: .*depth"),
        (lambda document: document["layers"][0]["acts"].update(file="../../etc/passwd"), "passwd: no such file"),
        (lambda document: document["layers"][0]["acts"]["format"].update(bits=4), "bits = 4: must be 16 or 8"),
        (lambda document: document["layers"].clear(), "has no layers"),
    ],
)
def test_damaged_documents(tmp_path: Path, change, message: str) -> None:
    save_trace(trace(), tmp_path / "net")
    path = tmp_path / "net" / "trace.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(TraceError, match=message) as caught:
        load_trace(tmp_path / "net")
    assert "\n" not in str(caught.value)
    assert "net" in str(caught.value)


def test_documents_that_are_none(tmp_path: Path) -> None:
    save_trace(trace(), tmp_path / "net")
    for text in ("", "[1, 2]", "{", "null"):
        (tmp_path / "net" / "trace.json").write_text(text)
        with pytest.raises(TraceError, match=r"trace\.json: cannot be read"):
            load_trace(tmp_path / "net")


# ---- of the stored networks


def test_the_trace_of_a_stored_network_has_its_integers_and_profiles() -> None:
    network, found = load_network("digits"), network_trace("digits", 3, seed=9)
    acts, _ = network.held_out_images(3, 9)
    run = network.run(acts)
    assert [layer.name for layer in found.layers] == [each.layer.name for each, _ in network.layers_with_classifier]
    for layer, (stored, _), values in zip(found.layers, network.layers_with_classifier, run.all_inputs, strict=True):
        assert np.array_equal(layer.acts, values)
        assert np.array_equal(layer.weights, stored.weights)
        assert layer.act_format.precision == stored.profile_precision
        assert layer.relu == (layer.operator == "Conv")
    with pytest.raises(NetworkError, match="401 held-out images"):
        network_trace("digits", 401)
