# SPDX-License-Identifier: Apache-2.0
"""Finding the simulators, building benches and running tests on them."""
