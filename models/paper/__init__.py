# SPDX-License-Identifier: Apache-2.0
"""What the paper prints, as data (models/paper/precisions.toml)."""
