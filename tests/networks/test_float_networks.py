# SPDX-License-Identifier: Apache-2.0
"""The stored float networks: their scores, measured here by other means, their shape, and what damage is called."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from skimage.metrics import peak_signal_noise_ratio

from models.evaluation import SPLITS, load_task
from models.network import NetworkError
from models.networks.float_networks import (
    FLOAT_DIR,
    float_network_document,
    float_network_path,
    float_networks,
    save_float_network,
)
from models.networks.onnx_model import OnnxLayer, chain_model

CONVOLUTIONS = ["conv1", "conv2", "conv3", "conv4", "conv5"]
LAYERS = {  # the nodes that compute
    "digits": [*CONVOLUTIONS, "fc"],
    "digits_pruned": [*CONVOLUTIONS, "fc"],
    "denoise": ["fc1", "fc2", "fc3", "fc4", "fc5"],
    "superres": [*CONVOLUTIONS, "conv6", "conv7", "conv8"],
}


def weights_of(name: str) -> dict[str, np.ndarray]:
    model = onnx.load(float_network_path(name))
    tensors = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    return {key.removesuffix(".weight"): array for key, array in tensors.items() if key.endswith(".weight")}


def test_there_are_four() -> None:
    assert float_networks() == tuple(sorted(LAYERS))


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("split", SPLITS)
def test_the_stored_score_is_reached(name: str, split: str) -> None:
    task, stored = load_task(name, split), float_network_document(name)["accuracy"][split]
    session = onnxruntime.InferenceSession(FLOAT_DIR / f"{name}.onnx", providers=["CPUExecutionProvider"])
    (outputs,) = session.run(["output"], {"input": task.inputs})
    assert (len(task.inputs), task.metric) == (stored["samples"], stored["metric"])
    if stored["metric"] == "top1":
        right = [int(row.index(max(row)) == label) for row, label in zip(outputs.tolist(), task.targets, strict=True)]
        assert stored["score"] == sum(right) / len(right)
    else:
        shown = np.minimum(np.maximum(outputs, 0), 1).astype(np.float64)
        expected = peak_signal_noise_ratio(task.targets.astype(np.float64), shown, data_range=1)
        assert stored["score"] == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize("name", LAYERS)
def test_files_are_plain_onnx(name: str) -> None:
    """Operator set 17, a symbolic batch, float32, and nodes that are called as their layers."""
    model = onnx.load(FLOAT_DIR / f"{name}.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [(each.domain, each.version) for each in model.opset_import] == [("", 17)]
    assert [node.name for node in model.graph.node if node.op_type in ("Conv", "Gemm")] == LAYERS[name]
    for value, label in ((model.graph.input[0], "input"), (model.graph.output[0], "output")):
        assert value.name == label
        assert value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
        assert value.type.tensor_type.shape.dim[0].dim_param == "N"
    assert all(np.isfinite(array).all() and array.dtype == np.float32 for array in weights_of(name).values())


def test_four_fifths_of_the_pruned_weights_are_zero() -> None:
    pruned, dense = weights_of("digits_pruned"), weights_of("digits")
    zeros = {key: sum(value == 0 for value in array.ravel().tolist()) for key, array in pruned.items()}
    total = sum(math.prod(array.shape) for array in pruned.values())
    assert sum(zeros.values()) == round(0.8 * total)
    assert not any((array == 0).any() for array in dense.values())
    for key, fraction in float_network_document("digits_pruned")["zero_weights"].items():
        assert fraction == pytest.approx(zeros[key] / pruned[key].size)


def test_the_pruned_network_loses_at_most_a_hundredth() -> None:
    scores = [float_network_document(name)["accuracy"]["held_out"]["score"] for name in ("digits_pruned", "digits")]
    assert load_task("digits").acceptable(*scores, tolerance=0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for suffix in (".json", ".onnx"):
        shutil.copy(FLOAT_DIR / f"digits{suffix}", tmp_path)
    return tmp_path


def test_a_copy_is_a_network(folder: Path) -> None:
    assert float_network_path("digits", folder) == folder / "digits.onnx"


def damage_bit(folder: Path) -> None:
    raw = bytearray((folder / "digits.onnx").read_bytes())
    raw[1000] ^= 1
    (folder / "digits.onnx").write_bytes(raw)


def other_format(folder: Path) -> None:
    document = json.loads((folder / "digits.json").read_text()) | {"format": 7}
    (folder / "digits.json").write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_bit, r"digits\.onnx: its SHA-256 is not the one in digits\.json: take both"),
        (other_format, r'digits\.json: has no "format": 1'),
        (lambda folder: (folder / "digits.json").write_text("[]"), r'digits\.json: has no "format": 1'),
        (lambda folder: (folder / "digits.json").write_text("{"), r"cannot read .*digits\.json"),
        (lambda folder: (folder / "digits.onnx").unlink(), r"cannot read .*digits\.onnx"),
        (lambda folder: (folder / "digits.json").unlink(), r"no file .*digits\.json \(stored float networks: none\)"),
    ],
)
def test_damage_is_named(folder: Path, damage: object, message: str) -> None:
    damage(folder)
    with pytest.raises(NetworkError, match=message) as caught:
        float_network_path("digits", folder)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(NetworkError, match=r"digitz.*denoise, digits, digits_pruned, superres"):
        float_network_path("digitz")


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    layer = OnnxLayer("fc", np.eye(2, dtype=np.float32), np.zeros(2, np.float32))
    save_float_network("tiny", chain_model("tiny", [layer], (2,), (2,)), {"training": {"seed": 3}}, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny.json", "tiny.onnx"]
    document = float_network_document("tiny", tmp_path)
    assert (document["name"], document["training"]) == ("tiny", {"seed": 3})
    assert onnx.load(float_network_path("tiny", tmp_path)).graph.node[0].name == "fc"
