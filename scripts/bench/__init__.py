# SPDX-License-Identifier: Apache-2.0
"""Speeds as ratios: both sides of each are measured in the same run, turn about, in processor time; medians are quoted."""
