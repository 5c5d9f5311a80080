# SPDX-License-Identifier: Apache-2.0
"""DNNsim's files: a hand-made folder becomes the integers that its rules give, and what is wrong is one line."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from models.traces import TraceError, load_dnnsim
from models.traces.dnnsim_files import FixedPoint
from models.traces.fixed_point import to_fixed
from models.traces.trace import Format

MODEL = "conv1,conv,2,1\ninc/3x3,conv,1,0\nfc,fc,1,0\ngate,lstm,1,0\n"
PRECISION = """magnitude (+1 of the sign), fraction, wgt_magnitude, wgt_fraction
5;6;4;3;
2;-1;0;1;
2;1;1;-3;
6;7;3;8;
"""
SHAPES = {  # activations, weights
    "conv1": ((2, 3, 5, 4), (6, 3, 3, 2)),
    "inc-3x3": ((2, 4, 3, 3), (6, 2, 2, 2)),
    "fc": ((2, 4, 2, 3), (5, 24)),
    "gate": ((3, 2, 7), (5, 7)),
}


def write(folder: Path, model: str = MODEL, precision: str | None = PRECISION, **changed: np.ndarray | None) -> Path:
    """A network of two inputs; `changed`: act_NAME or wgt_NAME, other arrays or None for no file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.csv").write_text(model)
    if precision is not None:
        (folder / "precision.txt").write_text(precision)
    rng = np.random.default_rng(3)
    for name, (acts, weights) in SHAPES.items():
        arrays = {"act": np.maximum(rng.normal(0, 3, acts), 0), "wgt": rng.normal(0, 0.1, weights)}
        for kind, drawn in arrays.items():
            values = changed.get(f"{kind}_{name.replace('-', '_')}", drawn.astype(np.float32))
            if values is not None:
                np.save(folder / f"{kind}-{name}{'-0' if kind == 'act' else ''}.npy", values)
    return folder


def fixed(value: float, magnitude: int, fraction: int) -> int:
    """DNNsim's rule for one value: scale, saturate below the sign, round half away from zero."""
    most = 2 ** (magnitude - 1 + fraction) - 1
    scaled = min(most, max(-most, float(value) * 2.0**fraction))
    return int(math.copysign(math.floor(abs(scaled) + 0.5), scaled))


def test_every_value_and_its_place(tmp_path: Path) -> None:
    folder = write(tmp_path / "net")
    trace = load_dnnsim(folder)
    assert [layer.name for layer in trace.layers] == ["conv1", "inc/3x3", "fc", "gate.t0", "gate.t1", "gate.t2"]
    assert (trace.name, trace.inputs, trace.layers[0].operator, trace.layers[2].operator) == ("net", 2, "Conv", "Gemm")
    precisions = {"conv1": (5, 2, 2, 6), "inc-3x3": (6, -1, 1, 7)}
    for entry, name in zip(trace.layers[:2], precisions, strict=True):
        acts, weights = np.load(folder / f"act-{name}-0.npy"), np.load(folder / f"wgt-{name}.npy")
        a_mag, a_frac, w_mag, w_frac = precisions[name]
        for n, c, y, x in np.ndindex(acts.shape):
            assert entry.acts[n, y, x, c] == fixed(acts[n, c, y, x], a_mag, a_frac)
        for k, c, r, s in np.ndindex(weights.shape):
            assert entry.weights[k, r, s, c] == fixed(weights[k, c, r, s], w_mag, w_frac)
    first, second = (entry.layer for entry in trace.layers[:2])
    assert (first.C, first.H, first.W, first.K, first.R, first.S, first.stride, first.pad) == (3, 5, 4, 6, 3, 2, 2, 1)
    assert (second.groups, second.C, second.pad) == (2, 4, 0)


def test_fully_connected_layers_keep_positions_and_an_lstm_has_a_layer_a_step(tmp_path: Path) -> None:
    folder = write(tmp_path / "net")
    entry = load_dnnsim(folder).layer("fc")
    weights, acts = np.load(folder / "wgt-fc.npy").reshape(5, 4, 2, 3), np.load(folder / "act-fc-0.npy")
    assert (entry.layer.C, entry.layer.R, entry.layer.S, entry.kind) == (4, 2, 3, "fc")
    for k, c, r, s in np.ndindex(weights.shape):
        assert entry.weights[k, r, s, c] == fixed(weights[k, c, r, s], 1, 3)
    assert entry.acts[1, 1, 2, 3] == fixed(acts[1, 3, 1, 2], 4, 0)
    steps = np.load(folder / "act-gate-0.npy")
    for step in range(3):
        layer = load_dnnsim(folder).layer(f"gate.t{step}")
        assert layer.acts.shape == (2, 1, 1, 7)
        assert [int(v) for v in layer.acts[1].ravel()] == [fixed(v, 3, 1) for v in steps[step, 1]]
        assert np.array_equal(layer.weights, load_dnnsim(folder).layer("gate.t0").weights)


def test_formats_are_the_file_s_precisions(tmp_path: Path) -> None:
    """The magnitude has the sign: activations without negative values do not need it."""
    trace = load_dnnsim(write(tmp_path / "net", act_fc=np.full((2, 4, 2, 3), -1.0, np.float32)))
    conv1, fc = trace.layer("conv1"), trace.layer("fc")
    assert conv1.act_format == Format(16, signed=False, n_high=5, scale=0.25)
    assert conv1.weight_format == Format(16, signed=True, n_high=7, scale=2.0**-6)
    assert (fc.act_format.signed, fc.act_format.precision) == (True, 4)
    assert trace.layer("inc/3x3").act_format.scale == 2.0


def test_without_precisions_the_generic_ones_count(tmp_path: Path) -> None:
    folder = write(tmp_path / "net", precision=None)
    sixteen, eight = load_dnnsim(folder), load_dnnsim(folder, bits=8)
    acts = np.load(folder / "act-conv1-0.npy")
    assert sixteen.layers[0].acts[1, 2, 3, 1] == round(float(acts[1, 1, 2, 3]) * 4)
    assert eight.layers[0].acts[1, 2, 3, 1] == round(float(acts[1, 1, 2, 3]) * 2)
    assert (sixteen.layers[0].act_format.bits, eight.layers[0].act_format.bits) == (16, 8)
    assert "generic" in sixteen.quantiser


def test_values_that_are_integers_already(tmp_path: Path) -> None:
    """Precision 8:0 of 8-bit traces: all of 0..255 and -128..127 stay as they are."""
    values = np.arange(2 * 3 * 5 * 4, dtype=np.float32).reshape(2, 3, 5, 4) % 256
    weights = (np.arange(6 * 3 * 3 * 2, dtype=np.float32) - 128).clip(-128, 127).reshape(6, 3, 3, 2)
    values[0, 0, 0, 0] = 255
    precision = "\n" + "8;8;8;8;\n0;0;0;0;\n" * 2
    entry = load_dnnsim(write(tmp_path / "net", precision=precision, act_conv1=values, wgt_conv1=weights), bits=8).layers[0]
    assert np.array_equal(entry.acts, values.transpose(0, 2, 3, 1))
    assert np.array_equal(entry.weights, weights.transpose(0, 2, 3, 1))
    assert (entry.act_format.precision, entry.act_format.signed, entry.weight_format.precision) == (8, False, 8)


def test_what_saturates_is_counted(tmp_path: Path) -> None:
    acts = np.zeros((2, 3, 5, 4), np.float32)
    acts[0, 0, 0, :2] = 15.75, 16.0  # 63 and 64 quarters: 5 + 2 bits with the sign hold 63
    acts[1, 2, 4, 3] = 100
    trace = load_dnnsim(write(tmp_path / "net", act_conv1=acts, **dict.fromkeys(("act_gate",), np.ones((3, 2, 7), np.float32))))
    assert [int(v) for v in trace.layers[0].acts[0, 0, :2, 0]] == [63, 63]
    others = load_dnnsim(write(tmp_path / "other", act_conv1=acts * 0, act_gate=np.ones((3, 2, 7), np.float32)))
    saturated = [int(each.quantiser.split(", ")[1].split()[0]) for each in (trace, others)]
    assert saturated[0] - saturated[1] == 2


def test_inputs_batches_and_dnnsim_s_own_folders(tmp_path: Path) -> None:
    folder = write(tmp_path / "models" / "net")
    (tmp_path / "net_traces" / "net").mkdir(parents=True)
    for path in folder.glob("*.npy"):
        path.rename(tmp_path / "net_traces" / "net" / path.name.replace("-0.npy", "-7.npy"))
    (tmp_path / "net_traces" / "net" / "wgt-conv1.npy").stat()
    one = load_dnnsim(folder, batch=7, inputs=1)
    both = load_dnnsim(folder, batch=7)
    assert (one.inputs, both.inputs) == (1, 2)
    for few, all_of_them in zip(one.layers, both.layers, strict=True):
        assert np.array_equal(few.acts[0], all_of_them.acts[0])
    with pytest.raises(TraceError, match=r"act-conv1-0\.npy: no such file, and model\.csv has its layer"):
        load_dnnsim(folder)
    with pytest.raises(TraceError, match="has 2 inputs: ask for at most as many"):
        load_dnnsim(folder, batch=7, inputs=3)


def test_a_heading_and_blank_lines_of_the_model_are_skipped(tmp_path: Path) -> None:
    model = "name,type,stride,pad\n\n" + MODEL.replace(",", ", ")
    assert len(load_dnnsim(write(tmp_path / "net", model=model)).layers) == 6


def not_finite(value: float) -> np.ndarray:
    values = np.ones((6, 3, 3, 2), np.float32)
    values[4, 2, 1, 0] = value
    return values


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"wgt_fc": None}, r"wgt-fc\.npy: no such file, and model\.csv has its layer"),
        ({"wgt_conv1": not_finite(np.nan)}, r"wgt-conv1\.npy: value nan at index \(4, 2, 1, 0\): must be finite"),
        ({"wgt_conv1": not_finite(-np.inf)}, r"value -inf at index \(4, 2, 1, 0\)"),
        (
            {"wgt_conv1": not_finite(600.0)},
            r"wgt-conv1\.npy: value 600 at index \(4, 2, 1, 0\): is 38400 with 6 fraction bits, signed 16-bit values are -3",
        ),
        ({"wgt_conv1": np.ones((6, 2, 3, 2), np.float32)}, r"3 channels with filters of 2: must be a multiple"),
        ({"wgt_conv1": np.ones((6, 3, 8, 2), np.float32)}, r"R = 8: must be at most H \+ 2 pad = 7"),
        ({"wgt_conv1": np.ones((6, 18), np.float32)}, r"shapes \(2, 3, 5, 4\) and \(6, 18\): must be \[N, C, H, W\]"),
        ({"wgt_fc": np.ones((5, 23), np.float32)}, r"act-fc-0\.npy with wgt-fc\.npy: shapes .* as many values a filter"),
        ({"act_fc": np.ones(5, np.float32)}, r"shapes \(5,\) and \(5, 24\)"),
        ({"act_gate": np.ones((2, 7), np.float32)}, r"must be \[steps, N, C\] and \[K, C\]"),
        ({"act_fc": np.ones((3, 4, 2, 3), np.float32)}, r"layers have \[2, 3\] inputs"),
        ({"act_fc": np.ones((0, 4, 2, 3), np.float32)}, r"act-fc-0\.npy: "),
        ({"act_fc": np.full((2, 4, 2, 3), "a")}, r"act-fc-0\.npy: dtype <U1: must be float32"),
        ({"model": "conv1,conv,2\n"}, r"model\.csv: line 1: 'conv1,conv,2': must be name,type,stride,pad"),
        ({"model": "conv1,pool,2,1\n"}, r"line 1: 'conv1,pool,2,1': type 'pool': must be one of conv, fc, lstm"),
        ({"model": "conv1,conv,0,1\n"}, r"a stride of at least 1"),
        ({"model": MODEL + "inc-3x3,conv,1,0\n"}, r"line 5: layer 'inc-3x3' is there twice"),
        ({"model": "\n"}, r"model\.csv: has no layers"),
        ({"precision": "\n1;2;3;4\n"}, r"precision\.txt: 1 lines after the first: must be 4"),
        ({"precision": PRECISION.replace("5;6;4;3", "5;6;4")}, r"activations' magnitudes: 3 numbers for 4 layers"),
        ({"precision": PRECISION.replace("5;6", "five;6")}, r"activations' magnitudes: 'five;6;4;3;': must be integers"),
        ({"precision": PRECISION.replace("5;6", "15;6")}, r"layer 'conv1': 15 \+ 2 = 17 bits of activations: must be 1\.\.16"),
        ({"precision": PRECISION.replace("5;6", "-2;6")}, r"layer 'conv1': -2 \+ 2 = 0 bits of activations"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(TraceError, match=message) as caught:
        load_dnnsim(write(tmp_path / "net", **changes))
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_model_and_damaged_arrays(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"model\.csv: no such file: name a folder in DNNsim's layout"):
        load_dnnsim(tmp_path)
    folder = write(tmp_path / "net")
    whole = (folder / "act-fc-0.npy").read_bytes()
    for damaged, message in ((whole[:-3], "not a readable"), (whole[:40], "not a readable"), (b"text", "not a .npy")):
        (folder / "act-fc-0.npy").write_bytes(damaged)
        with pytest.raises(TraceError, match=rf"act-fc-0\.npy: is {message}"):
            load_dnnsim(folder)
    with pytest.raises(TraceError, match="bits = 4"):
        load_dnnsim(folder, bits=4)


@pytest.mark.parametrize("signed", [False, True])
def test_rounding_by_one_value_at_a_time(signed: bool) -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(0, 20, 3000).astype(np.float32)
    values[:6] = 0.5, 1.5, 2.5, 0.25, 63.5, 0.0
    values = values if signed else np.abs(values)
    for fraction in (-2, 0, 1):
        found, _, saturated = to_fixed(values, FixedPoint(6, fraction), 16, "values", None)
        expected = [fixed(value, 6, fraction) for value in values]
        assert found.tolist() == expected
        # A value that rounds to the largest one is not saturated.
        rounded = [fixed(value, 12, fraction) for value in values]
        assert saturated == sum(one != two for one, two in zip(rounded, expected, strict=True))
