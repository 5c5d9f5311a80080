# SPDX-License-Identifier: Apache-2.0
"""Stored networks (NAME.npz, NAME.json), their data sets, and the quantisation that makes them (docs/networks.md)."""
