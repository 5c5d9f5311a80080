# SPDX-License-Identifier: Apache-2.0
"""Networks with data: a network's layers and the integers that the hardware multiplies (docs/traces.md)."""

from models.traces.dnnsim import load_dnnsim
from models.traces.storage import load_trace, save_trace
from models.traces.stored import network_trace
from models.traces.trace import Format, Trace, TraceError, TraceLayer

__all__ = ["Format", "Trace", "TraceError", "TraceLayer", "load_dnnsim", "load_trace", "network_trace", "save_trace"]
