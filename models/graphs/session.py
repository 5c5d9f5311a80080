# SPDX-License-Identifier: Apache-2.0
"""onnxruntime, set up to give the same numbers whatever is asked for: one thread, nodes as the file has them.

Its optimisations would fuse nodes, and fuse others when a tensor between them is wanted; a value on the edge between two
codes could then differ between a run and a capture.
"""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

from models.graphs.errors import GraphError
from models.graphs.source import Network, first_line

_QUIET = 4  # fatal messages only: errors come as exceptions
_SMALL = 1 << 12  # bytes of a tensor that is worth a copy: shapes must be where onnxruntime's checks look for them


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.use_deterministic_compute = True
    options.log_severity_level = _QUIET
    options.add_session_config_entry("session.disable_prepacking", "1")  # a second copy of the weights
    return options


def _stub(name: str, values: np.ndarray) -> onnx.TensorProto:
    """Return the declaration of a tensor whose data is given to the session."""
    kind = onnx.helper.np_dtype_to_tensor_dtype(values.dtype)
    stub = onnx.TensorProto(name=name, data_type=kind, dims=values.shape, data_location=onnx.TensorProto.EXTERNAL)
    for key, value in (("location", name), ("offset", "0"), ("length", str(values.nbytes))):
        stub.external_data.add(key=key, value=value)
    return stub


class Session:
    """A network in onnxruntime. Its large tensors are shared with `network`, not copied.

    Raises GraphError when onnxruntime refuses the network.
    """

    def __init__(self, network: Network) -> None:
        self.where = network.where
        options, model = _options(), onnx.ModelProto()
        model.CopyFrom(network.model)
        shared = {}
        for name, values in network.tensors.items():
            if values.nbytes <= _SMALL or values.dtype.kind not in "fiub":
                model.graph.initializer.append(numpy_helper.from_array(values, name))
            else:
                model.graph.initializer.append(_stub(name, values))
                shared[name] = onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(values))
        self._shared = shared  # they must live as long as the session
        options.add_external_initializers(list(shared), list(shared.values()))
        try:
            self._session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has its own exceptions, without a common base
            raise GraphError(f"{self.where}: onnxruntime does not take it: {first_line(error)}") from None

    def run(self, outputs: list[str], feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Return the tensors `outputs`. Raises GraphError when the network fails on these inputs."""
        try:
            return self._session.run(outputs, feeds)
        except Exception as error:
            raise GraphError(f"{self.where}: fails on these inputs: {first_line(error)}") from None
