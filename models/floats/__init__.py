# SPDX-License-Identifier: Apache-2.0
"""Custom floating and fixed point: formats, networks emulated in them, their cost, and the search for the narrowest."""
