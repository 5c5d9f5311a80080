# SPDX-License-Identifier: Apache-2.0
"""The precisions of a layer as numbers, where there are no tensors to detect them in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LayerPrecisions:
    """The precisions of one layer, in bits; None where they are not known.

    Effective precisions are means over groups, so fractional. A profile holds for the whole layer.
    """

    acts: float | None = None  # effective, of the activations
    weights: float | None = None  # effective, of the weights
    act_profile: int | None = None
    weight_profile: int | None = None

    @property
    def known(self) -> bool:
        """Whether there is any precision of the activations."""
        return self.acts is not None or self.act_profile is not None
