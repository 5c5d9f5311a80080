# SPDX-License-Identifier: Apache-2.0
"""Mutation score: how many small faults of the RTL, the models and the scoreboards the tests notice."""
