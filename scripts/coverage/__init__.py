# SPDX-License-Identifier: Apache-2.0
"""Code coverage (Verilator) and functional coverage (cocotb-coverage), merged over runs and judged against thresholds."""
