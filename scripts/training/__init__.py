# SPDX-License-Identifier: Apache-2.0
"""How the float networks are trained (scripts/train_networks.py); PyTorch is imported only to train."""
