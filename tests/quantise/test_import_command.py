# SPDX-License-Identifier: Apache-2.0
"""`python -m models import`: what it writes and reports, and one clear line for everything that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from models import cli
from models.traces import load_trace
from tests.graphs.onnx_nets import node, normal, save

NETWORK, INPUTS, TRACE = "net.onnx", "inputs.npy", "trace"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a network of a convolution and a classifier, and five inputs for it."""
    monkeypatch.chdir(tmp_path)
    nodes = [
        node("Conv", "x w b", "c", name="conv", pads=[1, 1, 1, 1]),
        node("Relu", "c", "r"),
        node("Flatten", "r", "f"),
        node("MatMul", "f v", name="fc"),
    ]
    tensors = {"w": normal(1, 4, 2, 3, 3), "b": normal(2, 4), "v": normal(3, 64, 3)}
    save(tmp_path / NETWORK, nodes, tensors, {"x": ["n", 2, 4, 4]})
    np.save(INPUTS, normal(4, 5, 2, 4, 4))
    return tmp_path


def good(capsys: pytest.CaptureFixture, *arguments: str) -> dict:
    """Import, and return what --json prints."""
    assert cli.main(["import", *arguments, "-o", TRACE, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def bad(capsys: pytest.CaptureFixture, *arguments: str) -> str:
    """Import what cannot be imported; return the one line on standard error. Nothing is left behind."""
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*")}
    try:
        code = cli.main(["import", *arguments, "-o", TRACE])
    except SystemExit as exit_:
        code = exit_.code
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.startswith("python -m models import: error: ")
    assert (err.count("\n"), err[-1]) == (1, "\n")
    assert {path: path.stat().st_mtime_ns for path in Path().rglob("*")} == before
    return err


def labels_of(network: str = NETWORK) -> np.ndarray:
    """The classes that the float network finds, computed by onnxruntime as others would call it."""
    (found,) = onnxruntime.InferenceSession(network).run(None, {"x": np.load(INPUTS)})
    return found.argmax(axis=1)


def test_a_trace_and_its_table(folder: Path, capsys: pytest.CaptureFixture) -> None:
    labels = labels_of()
    labels[0] = (labels[0] + 1) % 3
    np.save("labels.npy", labels)
    assert cli.main(["import", NETWORK, "--inputs", INPUTS, "-o", TRACE, "--labels", "labels.npy"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "trace: net, fixed16, 5 inputs"
    assert [line.split()[:3] for line in lines[2:5]] == [
        ["layer", "operator", "kind"],
        ["conv", "Conv", "conv"],
        ["fc", "MatMul", "fc"],
    ]
    assert lines[-1] == "top1 of 5 inputs: 80.00% float, 80.00% quantised"
    trace = load_trace(folder / TRACE)
    assert (trace.name, trace.source, trace.inputs) == ("net", "net.onnx on inputs.npy", 5)
    assert trace.accuracy == {"metric": "top1", "inputs": 5, "float": 0.8, "quantised": 0.8}
    conv = trace.layers[0]
    assert (conv.relu, conv.layer.pad, conv.acts.shape) == (True, 1, (5, 4, 4, 2))
    np.testing.assert_allclose(
        conv.acts * conv.act_format.scale,
        np.moveaxis(np.load(INPUTS), 1, -1),
        atol=0.51 * conv.act_format.scale * 2**conv.act_format.n_low,
    )


def test_json_has_what_the_page_says(folder: Path, capsys: pytest.CaptureFixture) -> None:
    result = good(capsys, NETWORK, "--inputs", INPUTS, "--quantiser", "aware8", "--limit", "2")
    assert list(result) == ["trace", "name", "source", "quantiser", "inputs", "layers", "accuracy", "skipped"]
    assert (result["inputs"], result["quantiser"], result["accuracy"], result["skipped"]) == (2, "aware8", {}, [])
    layer = result["layers"][0]
    assert layer["shape"] == {"C": 2, "H": 4, "W": 4, "K": 4, "R": 3, "S": 3, "stride": 1, "pad": 1, "groups": 1}
    assert 1 <= layer["mean_acts"] <= layer["profile_acts"] <= 8
    assert layer["clipped"] == 0


def test_a_trace_that_is_there_is_replaced(folder: Path, capsys: pytest.CaptureFixture) -> None:
    good(capsys, NETWORK, "--inputs", INPUTS)
    good(capsys, NETWORK, "--inputs", INPUTS, "--quantiser", "oblivious8")
    assert load_trace(folder / TRACE).quantiser == "oblivious8"
    assert sorted(path.name for path in folder.iterdir()) == sorted([NETWORK, INPUTS, TRACE])


def test_folders_of_inputs(folder: Path, capsys: pytest.CaptureFixture) -> None:
    """One input a file, with or without the batch's axis, in the order of the names."""
    expected = good(capsys, NETWORK, "--inputs", INPUTS)["layers"]
    (folder / "one").mkdir()
    (folder / "batch").mkdir()
    for index, values in enumerate(np.load(INPUTS)):
        np.save(folder / "one" / f"{index}.npy", values)
        np.save(folder / "batch" / f"{index}.npy", values[None])
    assert good(capsys, NETWORK, "--inputs", "one")["layers"] == expected
    assert good(capsys, NETWORK, "--inputs", "batch")["layers"] == expected


def test_networks_of_several_inputs(folder: Path, capsys: pytest.CaptureFixture) -> None:
    save(folder / "two.onnx", [node("MatMul", "q/in k", name="m")], {}, {"q/in": ["n", 3, 4], "k": ["n", 4, 2]})
    values = {"q/in": normal(1, 2, 3, 4), "k": normal(2, 2, 4, 2)}
    np.savez("both.npz", **values)
    (folder / "both").mkdir()
    np.save("both/q_in.npy", values["q/in"])
    np.save("both/k.npy", values["k"])
    first = good(capsys, "two.onnx", "--inputs", "both.npz")["layers"]
    assert good(capsys, "two.onnx", "--inputs", "both")["layers"] == first
    assert "takes 2 inputs: give one array for each of q/in" in bad(capsys, "two.onnx", "--inputs", INPUTS)
    Path("both/k.npy").unlink()
    assert "both/k.npy: no such file" in bad(capsys, "two.onnx", "--inputs", "both")


def test_calibration_on_other_inputs(folder: Path, capsys: pytest.CaptureFixture) -> None:
    np.save("small.npy", np.load(INPUTS) / 16)
    result = good(capsys, NETWORK, "--inputs", INPUTS, "--calibration", "small.npy")
    assert result["layers"][0]["clipped"] > 10
    np.save("none.npy", np.zeros((0, 2, 4, 4), np.float32))
    assert "none.npy: " in (line := bad(capsys, NETWORK, "--inputs", INPUTS, "--calibration", "none.npy"))
    assert "shape [0, 2, 4, 4], no values: give at least one input" in line


def test_pictures_as_labels(folder: Path, capsys: pytest.CaptureFixture) -> None:
    """psnr: a filter that copies its input, against a target that is off by 0.1: 20 dB."""
    save(
        folder / "copy.onnx",
        [node("Conv", "x w", name="copy")],
        {"w": np.ones((1, 1, 1, 1), np.float32)},
        {"x": ["n", 1, 3, 3]},
    )
    pictures = np.full((2, 1, 3, 3), 0.5, np.float32)
    np.save("pictures.npy", pictures)
    np.save("targets.npy", pictures + np.float32(0.1))
    result = good(capsys, "copy.onnx", "--inputs", "pictures.npy", "--labels", "targets.npy", "--metric", "psnr")
    assert result["accuracy"]["float"] == pytest.approx(20, abs=1e-4)
    assert result["accuracy"]["quantised"] == pytest.approx(20, abs=1e-4)


def test_a_profile_by_the_task_has_the_fewest_bits(folder: Path, capsys: pytest.CaptureFixture) -> None:
    """The classes stay, with fewer bits than quantisation noise asks for; one bit less in any layer's activations fails."""
    np.save("labels.npy", labels_of())
    options = [NETWORK, "--inputs", INPUTS, "--labels", "labels.npy"]
    by_noise, by_task = good(capsys, *options), good(capsys, *options, "--profile", "task")
    assert by_task["accuracy"]["quantised"] == 1
    for one, other in zip(by_task["layers"], by_noise["layers"], strict=True):
        assert one["profile_acts"] < other["profile_acts"]


@pytest.fixture
def mixed(folder: Path) -> str:
    """A network with two operators that are no layers, and one that is."""
    nodes = [
        node("ConvTranspose", "x w", "up", name="grow"),
        node("Conv", "up w", "c", name="conv"),
        node("Einsum", "c", "y", name="sum", equation="nchw->nc"),
    ]
    save(folder / "mixed.onnx", nodes, {"w": normal(1, 2, 2, 2, 2)}, {"x": ["n", 2, 4, 4]})
    return "mixed.onnx"


def test_unsupported_operators_are_refused_or_skipped(mixed: str, capsys: pytest.CaptureFixture) -> None:
    line = bad(capsys, mixed, "--inputs", INPUTS)
    assert "mixed.onnx: node 'grow' (ConvTranspose): is no layer of the hardware, it runs in float (and 1 more)" in line
    assert "--unsupported skip leaves" in line
    result = good(capsys, mixed, "--inputs", INPUTS, "--unsupported", "skip")
    assert [layer["name"] for layer in result["layers"]] == ["conv"]
    assert [reason.split(":")[0] for reason in result["skipped"]] == ["node 'grow' (ConvTranspose)", "node 'sum' (Einsum)"]
    assert list(load_trace(Path(TRACE)).skipped) == result["skipped"]


def test_a_layer_with_too_many_products(folder: Path, capsys: pytest.CaptureFixture) -> None:
    nodes = [node("MatMul", "x big", "m", name="big"), node("MatMul", "m w", name="fine")]
    tensors = {"big": np.ones((70000, 2), np.float32), "w": normal(1, 2, 2)}
    save(folder / "wide.onnx", nodes, tensors, {"x": ["n", 70000]})
    np.save("wide.npy", normal(2, 1, 70000))
    assert "layer 'big': C / groups * R * S = 70000 products" in bad(capsys, "wide.onnx", "--inputs", "wide.npy")
    result = good(capsys, "wide.onnx", "--inputs", "wide.npy", "--unsupported", "skip")
    assert [layer["name"] for layer in result["layers"]] == ["fine"]


def arrays(folder: Path) -> None:
    """Inputs that are wrong in one way each."""
    values = np.load(INPUTS)
    wrong = {
        "nan": np.where(np.arange(4) == 2, np.nan, values),
        "flat": values[:, :, 0],
        "channels": normal(1, 5, 3, 4, 4),
        "texts": np.array(["a"]),
        "four": np.zeros(4, int),
        "negative": np.array([0, 1, -1, 2, 0]),
        "floats": np.zeros(5),
        "classes": np.array([0, 1, 9, 2, 0]),
    }
    for name, each in wrong.items():
        np.save(f"{name}.npy", each)
    Path("text.npy").write_text("1 2 3")
    np.savez("many.npz", a=values, b=values)
    for name in ("empty", "mixed"):
        (folder / name).mkdir()
    np.save("mixed/a.npy", values[0])
    np.save("mixed/b.npy", values[0, :, :2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([NETWORK], "--inputs is missing: net.onnx takes x float32 [n, 2, 4, 4]: name a .npy file or a folder"),
        ([NETWORK, "--inputs", "nan.npy"], "nan.npy: net.onnx: input 'x' has values that are NaN or infinite"),
        ([NETWORK, "--inputs", "flat.npy"], "input 'x' has shape [5, 2, 4]: the network takes float32 [n, 2, 4, 4]"),
        ([NETWORK, "--inputs", "channels.npy"], "has shape [5, 3, 4, 4]: the network takes float32 [n, 2, 4, 4]"),
        ([NETWORK, "--inputs", "texts.npy"], "input 'x' is <U1: the network takes float32"),
        ([NETWORK, "--inputs", "text.npy"], "text.npy: is no readable .npy array"),
        ([NETWORK, "--inputs", "many.npz"], "net.onnx: has no input 'a': its inputs are x"),
        ([NETWORK, "--inputs", "empty"], "empty: holds no .npy files"),
        ([NETWORK, "--inputs", "mixed"], "mixed/b.npy: one input has shape [2, 2, 4], and [2, 4, 4] in a.npy"),
        ([NETWORK, "--inputs", "none.npy"], "none.npy: no such file"),
        (["none.onnx", "--inputs", INPUTS], "none.onnx: no such file"),
        (["text.npy", "--inputs", INPUTS], "text.npy: is no readable ONNX network"),
        (
            [NETWORK, "--inputs", INPUTS, "--labels", "four.npy"],
            "four.npy: labels of shape [4] for 5 inputs: give one for each",
        ),
        ([NETWORK, "--inputs", INPUTS, "--labels", "negative.npy"], "negative.npy: label -1: classes are counted from 0"),
        ([NETWORK, "--inputs", INPUTS, "--labels", "floats.npy"], "floats.npy: float64 of shape [5]: top1 takes one integer"),
        (
            [NETWORK, "--inputs", INPUTS, "--labels", "classes.npy"],
            "outputs of shape (5, 3): must be [5, classes], more than 9",
        ),
        ([NETWORK, "--inputs", INPUTS, "--labels", "none.npy"], "none.npy: no such file"),
        ([NETWORK, "--inputs", INPUTS, "--labels", "four.npy", "--metric", "psnr"], "for 5 inputs"),
        (
            [NETWORK, "--inputs", INPUTS, "--labels", "negative.npy", "--metric", "psnr"],
            "psnr takes pictures in floats of 0..1",
        ),
        ([NETWORK, "--inputs", INPUTS, "--labels", "floats.npy", "--metric", "psnr"], "outputs of shape (5, 3): must be (5,)"),
        ([NETWORK, "--inputs", INPUTS, "--limit", "0"], "--limit 0: must be at least 1"),
        ([NETWORK, "--inputs", INPUTS, "--profile", "task"], "--profile task: needs --labels"),
        ([NETWORK, "--inputs", INPUTS, "--profile-tolerance", "-3"], "--profile-tolerance -3: must be in dB"),
        ([NETWORK, "--inputs", INPUTS, "--quantiser", "oblivious8", "--profile-tolerance", "3"], "oblivious8: has no profile"),
        ([NETWORK, "--inputs", INPUTS, "--quantiser", "int4"], "invalid choice: 'int4'"),
    ],
)
def test_bad_input(arguments: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture) -> None:
    arrays(folder)
    assert message in bad(capsys, *arguments)


def test_output_folders_in_use(folder: Path, capsys: pytest.CaptureFixture) -> None:
    options = [NETWORK, "--inputs", INPUTS]
    trace = folder / TRACE
    trace.write_text("mine")
    assert "trace: is a file: name a folder" in bad(capsys, *options)
    trace.unlink()
    trace.mkdir()
    (trace / "notes.txt").write_text("mine")
    assert "trace: is not empty and holds no trace: name another folder" in bad(capsys, *options)
    (trace / "notes.txt").unlink()
    good(capsys, *options)
    (trace / "notes.txt").write_text("mine")
    assert "trace: holds 'notes.txt' beside a trace" in bad(capsys, *options)
    assert load_trace(trace).quantiser == "fixed16"


def test_a_failure_while_writing_leaves_the_old_trace(
    folder: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    good(capsys, NETWORK, "--inputs", INPUTS)

    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    assert "No space left on device" in bad(capsys, NETWORK, "--inputs", INPUTS, "--quantiser", "aware8")
    assert load_trace(folder / TRACE).quantiser == "fixed16"


def test_weights_that_are_nan(folder: Path, capsys: pytest.CaptureFixture) -> None:
    weights = normal(1, 2, 2)
    weights[0, 0] = np.nan
    save(folder / "nan.onnx", [node("MatMul", "x w", name="m")], {"w": weights}, {"x": ["n", 2]})
    assert "nan.onnx: layer 'm': weights are NaN or infinite" in bad(capsys, "nan.onnx", "--inputs", INPUTS)


def test_integers_for_a_network_of_integers(folder: Path, capsys: pytest.CaptureFixture) -> None:
    """Bytes that an embedding looks up: the network asks for int64, and takes what holds the same numbers."""
    nodes = [node("Gather", "table x", "rows"), node("MatMul", "rows w", name="m")]
    tensors = {"table": normal(1, 256, 4), "w": normal(2, 4, 3)}
    save(folder / "bytes.onnx", nodes, tensors, {"x": ["n", 6]}, kinds={"x": onnx.TensorProto.INT64})
    np.save("bytes.npy", np.arange(12, dtype=np.uint8).reshape(2, 6))
    assert good(capsys, "bytes.onnx", "--inputs", "bytes.npy")["layers"][0]["activations"] == "4 x 6 x 1"
    np.save("halves.npy", np.full((2, 6), 0.5))
    assert "float64 with values that int64 does not hold" in bad(capsys, "bytes.onnx", "--inputs", "halves.npy")
