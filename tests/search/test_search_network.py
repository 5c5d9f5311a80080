# SPDX-License-Identifier: Apache-2.0
"""The search on small ONNX networks against NumPy, and `python -m models search` on them."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.cli import main
from models.evaluation import Task
from models.graphs import load_graph
from models.search import Bits, Evaluator, PrecisionPoint, search
from models.search.networks import NetworkScore, integer_bits, layer_plans, space_of
from models.traces import load_trace

RNG = np.random.default_rng(5)
ACTS = RNG.integers(0, 12, (24, 4)).astype(np.float32) / 4  # 0 .. 2.75 in quarters: 2 bits and 2
WEIGHTS = RNG.integers(-3, 4, (4, 3)).astype(np.float32) / 8  # -3/8 .. 3/8 in eighths: -1 bits and 3
SECOND = RNG.integers(-7, 8, (3, 3)).astype(np.float32) / 2


def save(path: Path, second: np.ndarray | None = None) -> Path:
    """A MatMul, or two with a ReLU between."""
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y" if second is None else "h"], name="first")]
    tensors = {"w": WEIGHTS}
    if second is not None:
        nodes += [helper.make_node("Relu", ["h"], ["r"]), helper.make_node("MatMul", ["r", "v"], ["y"], name="second")]
        tensors["v"] = second
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])]
    stored = [numpy_helper.from_array(values, name) for name, values in tensors.items()]
    graph = helper.make_graph(nodes, "net", inputs, outputs, stored)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def fixed(values: np.ndarray, bits: Bits, signed: bool) -> np.ndarray:
    """Fixed point by NumPy alone, in float64."""
    largest = 2.0**bits.integer - 2.0**-bits.fraction
    return np.clip(np.round(values.astype(float) * 2.0**bits.fraction) / 2.0**bits.fraction, -largest if signed else 0, largest)


def lossless(*bits: Bits) -> bool:
    return np.array_equal(fixed(ACTS, bits[0], False) @ fixed(WEIGHTS, bits[1], True), ACTS.astype(float) @ WEIGHTS)


@pytest.mark.parametrize(
    ("largest", "bits"), [(0, 1), (1, 1), (0.99, 0), (0.5, 0), (0.49, -1), (255, 8), (256, 9), (1e30, 100)]
)
def test_bits_before_the_point(largest, bits):
    assert integer_bits(largest) == bits
    assert largest < 2.0**bits


def test_the_space_of_a_network(tmp_path):
    graph = load_graph(save(tmp_path / "net.onnx", SECOND))
    space, skipped = space_of(graph, graph.feeds(ACTS))
    assert skipped == ()
    found = [(each.layer, each.what, each.signed, each.integer, each.values, each.stored) for each in space.operands]
    hidden = np.maximum(ACTS @ WEIGHTS, 0).max()
    assert found == [
        ("first", "acts", False, 2, 4, False),
        ("first", "weights", True, -1, 12, True),
        ("second", "acts", False, int(np.floor(np.log2(hidden))) + 1, 3, False),
        ("second", "weights", True, 2, 9, True),
    ]


def test_the_least_footprint_without_loss_is_that_of_an_exhaustive_search(tmp_path):
    graph = load_graph(save(tmp_path / "net.onnx"))
    feeds = graph.feeds(ACTS)
    space, _ = space_of(graph, feeds)
    task = Task("sums", ACTS, ACTS @ WEIGHTS, "psnr")

    def score(point):  # the outputs are exact in these few bits, so right is right to the last bit
        outputs = NetworkScore(graph, space, task, feeds).outputs(point)
        return float(np.array_equal(outputs, ACTS @ WEIGHTS))

    found = search(Evaluator(space, score, ""), lambda score, reference: reference - score, 0.0)
    fewer = [(Bits(a, b), Bits(c, d)) for a, b, c, d in itertools.product(range(-1, 3), range(4), range(-3, 0), range(2, 6))]
    legal = [bits for bits in fewer if all(sum(each) >= 1 for each in bits)]
    best = min(space.footprint(PrecisionPoint(bits)) for bits in legal if lossless(*bits))
    assert found.best.footprint == best
    assert found.best.point.bits == (Bits(2, 2), Bits(-1, 3))


@pytest.mark.parametrize("seed", range(6))
def test_quantised_inference_is_that_of_numpy(tmp_path, seed):
    graph = load_graph(save(tmp_path / "net.onnx", SECOND))
    feeds = graph.feeds(ACTS)
    space, _ = space_of(graph, feeds)
    rng = np.random.default_rng(seed)
    bits = tuple(Bits(each.integer - int(rng.integers(2)), int(rng.integers(2, 6))) for each in space.operands)
    hidden = np.maximum(fixed(ACTS, bits[0], False) @ fixed(WEIGHTS, bits[1], True), 0)
    expected = fixed(hidden, bits[2], False) @ fixed(SECOND, bits[3], True)
    found = NetworkScore(graph, space, Task("t", ACTS, ACTS, "psnr"), feeds).outputs(PrecisionPoint(bits))
    assert np.array_equal(found, expected)


def test_integers_in_the_container_by_hand(tmp_path):
    graph = load_graph(save(tmp_path / "net.onnx"))
    space, _ = space_of(graph, graph.feeds(ACTS))
    plan = layer_plans(zip(space.operands, (Bits(2, 1), Bits(-2, 3)), strict=True))["first"]
    # activations: 14 bits after the point, of which 1 stays; weights below 1/4 in eighths: the sign and one bit
    assert plan.acts.integers(np.array([0.0, 0.5, 1.75, 2.75, 9.0])).tolist() == [0, 1 << 13, 4 << 13, 6 << 13, 7 << 13]
    assert (plan.acts.form.n_high, plan.acts.form.n_low) == (15, 13)
    assert plan.weights.integers(np.array([-0.375, -0.125, 0.125])).tolist() == [-(1 << 13), -(1 << 13), 1 << 13]
    assert (plan.weights.form.n_high, plan.weights.form.n_low) == (14, 13)


@pytest.fixture
def files(tmp_path):
    """A network, inputs and labels, and the command line for them."""
    save(tmp_path / "net.onnx", SECOND)
    np.save(tmp_path / "x.npy", ACTS)
    np.save(tmp_path / "labels.npy", (np.maximum(ACTS @ WEIGHTS, 0) @ SECOND).argmax(axis=1))
    return tmp_path


def command(files: Path, *more: object) -> list[str]:
    given = [
        "search",
        files / "net.onnx",
        "--inputs",
        files / "x.npy",
        "--labels",
        files / "labels.npy",
        "-o",
        files / "out.json",
    ]
    return [str(each) for each in [*given, *more]]


def result(capsys, files: Path, *more: object) -> dict:
    assert main([*command(files, *more), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_command_writes_what_import_reads(capsys, files):
    found = result(capsys, files, "--tolerance", 0, "--trace", files / "trace", "--plot", files / "plot.svg")
    assert found["complete"]
    assert found["best"]["loss"] == 0
    assert found["calibration"]["score"] == 1
    assert found["held_out"] is None
    stored = json.loads((files / "out.json").read_text())
    assert stored == {key: value for key, value in found.items() if key != "output"}
    assert "</svg>" in (files / "plot.svg").read_text()
    again = ["import", files / "net.onnx", "--inputs", files / "x.npy", "--limit", 4, "--precisions", files / "out.json"]
    assert main([str(each) for each in [*again, "-o", files / "imported"]]) == 0
    for one, two in zip(load_trace(files / "trace").layers, load_trace(files / "imported").layers, strict=True):
        assert (one.act_format, one.weight_format) == (two.act_format, two.weight_format)
        assert np.array_equal(one.acts, two.acts)
        assert np.array_equal(one.weights, two.weights)
        fields = next(each for each in found["layers"] if each["name"] == one.name)
        assert (one.act_format.n_high, one.act_format.n_low) == (fields["acts"]["n_high"], fields["acts"]["n_low"])
        assert one.weight_format.precision == fields["weights"]["precision"]


def test_a_stopped_command_continues(capsys, files):
    whole = result(capsys, files)
    (files / "out.evaluations.jsonl").unlink()
    new = []
    while True:
        found = result(capsys, files, "--evaluations", 15)
        new.append(found["evaluations"]["new"])
        if found["complete"]:
            break
    assert len(new) > 2
    assert sum(new) == whole["evaluations"]["new"]
    assert found["best"] == whole["best"]
    assert found["layers"] == whole["layers"]


def test_damaged_evaluations_are_made_again(capsys, files):
    whole = result(capsys, files)
    state = files / "out.evaluations.jsonl"
    state.write_bytes(state.read_bytes()[:-30].replace(b'"crc"', b'"krk"', 1))
    assert main(command(files)) == 0
    printed = capsys.readouterr()
    assert "2 damaged lines: these points are evaluated again" in printed.err
    assert "evaluations: 2 new" in printed.out
    assert json.loads((files / "out.json").read_text())["best"] == whole["best"]


def test_steadiness_and_the_networks_own_classes(capsys, files):
    given = [str(each) for each in command(files) if "labels" not in str(each)]
    assert main([*given, "--judge", "outputs", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["calibration"]["reference"] == 1
    assert 0 < found["best"]["loss"] <= 0.01
    assert found["reference"] == 1


def test_held_out_data_only_judge(capsys, files):
    labels = np.load(files / "labels.npy")
    np.save(files / "other.npy", np.where(np.arange(24) < 6, (labels + 1) % 3, labels))
    np.save(files / "wrong.npy", (labels + 1) % 3)
    found = result(capsys, files, "--held-out-inputs", files / "x.npy", "--held-out-labels", files / "labels.npy")
    assert found["held_out"] == found["calibration"]
    other = result(capsys, files, "--held-out-inputs", files / "x.npy", "--held-out-labels", files / "other.npy")
    assert other["best"] == found["best"]
    assert other["held_out"]["reference"] == 0.75
    assert main(command(files, "--held-out-inputs", files / "x.npy", "--held-out-labels", files / "wrong.npy")) == 2
    error = capsys.readouterr().err  # before the search, not after
    assert error == "python -m models search: error: task 'wrong.npy': the float network scores 0.0: check inputs and targets\n"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--network", "digits"), "name a network: either NET.onnx or --network NAME"),
        (("--tolerance", "1"), "--tolerance 1: must be a part of the accuracy, 0 <= T < 1"),
        (("--evaluations", "1"), "--evaluations 1: must be at least 2"),
        (("--held-out-inputs", "x.npy"), "--held-out-inputs and --held-out-labels: give both or none"),
        (("--metric", "psnr", "--judge", "outputs"), "--judge outputs: is for classes"),
        (("--state", "nowhere"), "nowhere: --state: no such folder: create it first"),
        (("--plot", "out.png"), "out.png: --plot draws .svg: give the file this ending"),
        (("--limit", "0"), "--limit 0: must be at least 1"),
        (("-o", "nowhere/out.json"), "nowhere/out.json: the output folder nowhere does not exist"),
    ],
)
def test_bad_usage_is_one_line(capsys, files, more, message):
    assert main(command(files, *more)) == 2
    error = capsys.readouterr().err
    assert error.startswith("python -m models search: error: ")
    assert message in error
    assert error.count("\n") == 1
    assert not (files / "out.json").exists()


def test_labels_that_do_not_fit(capsys, files):
    np.save(files / "labels.npy", np.zeros(7, int))
    assert main(command(files)) == 2
    assert "labels of shape [7] for 24 inputs: give one for each" in capsys.readouterr().err


def test_an_unknown_network_of_the_project(capsys, tmp_path):
    assert main(["search", "--network", "nothing", "-o", str(tmp_path / "o.json")]) == 2
    assert "nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: "{", "is no result of 'python -m models search'"),
        (lambda text: text.replace('"layers"', '"lairs"', 1), "has no 'layers'"),
        (
            lambda text: text.replace('"n_low": ', '"n_low": 1', 1),
            "n_high and n_low are not those of integer, fraction and point",
        ),
        (lambda text: text.replace('"format": 1', '"format": 2', 1), "format 2: this version reads 1"),
        (lambda text: text.replace('"name": "second"', '"name": "third"', 1), "its layers are not those of"),
    ],
)
def test_import_refuses_another_file(capsys, files, damage, message):
    result(capsys, files, "--evaluations", 2)
    path = files / "out.json"
    path.write_text(damage(path.read_text()))
    given = ["import", files / "net.onnx", "--inputs", files / "x.npy", "--precisions", path, "-o", files / "trace"]
    assert main([str(each) for each in given]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (files / "trace").exists()
