# SPDX-License-Identifier: Apache-2.0
"""Networks by name as traces: the variable NET, and the traces of the project's own networks, kept under build/."""

from __future__ import annotations

import hashlib
from pathlib import Path

from models.network import NetworkError
from models.networks.float_networks import QUANTISER, float_name, float_network_path, float_networks
from models.traces import TraceError, load_trace, network_trace, save_trace
from scripts.errors import UserError
from scripts.paths import BUILD, ROOT

TRACES = BUILD / "traces"
INPUTS = 8  # of a float network's trace, whatever part of them is then used
_MAKERS = ("models/quantise", "models/graphs", "models/traces", "models/evaluation.py")  # what a trace depends on


def _version(network: str) -> str:
    """Return a digest of the network and of the code that makes its trace."""
    files = [path for maker in _MAKERS for path in (ROOT / maker, *sorted((ROOT / maker).glob("*.py"))) if path.is_file()]
    found = hashlib.sha256(float_network_path(network).read_bytes())
    for path in files:
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def float_trace_folder(network: str, quantiser: str = QUANTISER, inputs: int = INPUTS) -> Path:
    """Return the folder of the trace of a float network of the project on held-out inputs; it is made when needed.

    Raises NetworkError, ValueError for an unknown quantiser.
    """
    folder = TRACES / f"{network}-{quantiser}-{inputs}-{_version(network)}"
    try:
        load_trace(folder)
    except TraceError:
        from models.quantise.stored import float_network_trace  # noqa: PLC0415 (onnxruntime is slow to import)

        save_trace(float_network_trace(network, quantiser, inputs, accuracy=True), folder)
    return folder.resolve()


def trace_folder(net: str, inputs: int) -> Path:
    """Return the folder of the trace that NET names, which has `inputs` inputs at least if it is one of ours.

    NET is a folder, a stored network in integers (digits), or NAME:QUANTISER of a float network; the quantiser may be left
    out where no stored network has the name. Raises UserError: no such folder or network, or what is wrong with the trace.
    """
    folder, named = Path(net), float_name(net)
    try:
        if folder.is_dir():
            load_trace(folder)
            return folder.resolve()
        if named is not None:
            return float_trace_folder(*named, max(inputs, INPUTS))
        save_trace(network_trace(net, inputs), TRACES / net)
        return (TRACES / net).resolve()
    except NetworkError as error:
        also = "" if named else f"; in float: {', '.join(float_networks())}"
        raise UserError(f"NET={net}: no such folder, and {error}{also}") from None
    except (TraceError, ValueError) as error:
        raise UserError(f"NET={net}: {error}") from None
