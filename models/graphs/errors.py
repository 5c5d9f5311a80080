# SPDX-License-Identifier: Apache-2.0
"""The one error of the ONNX side."""

from __future__ import annotations


class GraphError(ValueError):
    """A network that cannot be read or run, or inputs that do not fit it; the message names the file or node and the fix."""
