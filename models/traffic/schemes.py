# SPDX-License-Identifier: Apache-2.0
"""The ways in which a tensor travels, and its bits in each of them.

none: P bits a value. profile: the bits of the layer's profile a value (Judd et al., "Proteus: Exploiting numerical precision
variability in deep neural networks", ICS 2016; SP in section 6.4 of the paper). zero_rle: each non-zero value with P bits,
and before it 4 bits with the number of zeros since the last one; 15 zeros and one more are a value 0 of their own; zeros at
the end are not stored (Parashar et al., "SCNN: An accelerator for compressed-sparse convolutional neural networks", ISCA
2017, section 4). dpred_64, dpred_1: the paper's containers of 16 channels, each padded to 64 bits, or packed
(docs/architecture.md, section 4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from models.codec import CodecParams, encode_groups
from models.convolution import pad_channels
from models.precision import trim
from models.traces import Format

SCHEMES = ("none", "profile", "zero_rle", "dpred_64", "dpred_1")
RUN_BITS = 4  # of a run of zeros


@dataclass(frozen=True)
class SchemeBits:
    """Bits of a tensor in a scheme, what it needs beside the values included."""

    bits: float
    metadata: float = 0.0  # of them: prefixes and Z vectors, run lengths
    padding: float = 0.0  # of them: to fill words

    def __add__(self, other: SchemeBits) -> SchemeBits:
        """Return the sum of two tensors."""
        return SchemeBits(self.bits + other.bits, self.metadata + other.metadata, self.padding + other.padding)

    def times(self, factor: float) -> SchemeBits:
        """Return `factor` times the tensor."""
        return SchemeBits(self.bits * factor, self.metadata * factor, self.padding * factor)


@dataclass(frozen=True)
class TensorTraffic:
    """A tensor for one input; schemes that are not known are left out."""

    values: float
    schemes: Mapping[str, SchemeBits]

    def times(self, factor: float) -> TensorTraffic:
        """Return `factor` times the tensor."""
        return TensorTraffic(self.values * factor, {name: each.times(factor) for name, each in self.schemes.items()})


def tensor_traffic(values: np.ndarray, form: Format) -> TensorTraffic:
    """Return the bits of a tensor of integers [..., C] in all schemes; bits below n_low are dropped first.

    Values beyond the profile count as saturated to it. Channels are padded to whole containers, not to whole values.
    """
    kept = trim(np.asarray(values), form.n_low)
    schemes = {
        "none": SchemeBits(kept.size * form.bits),
        "profile": SchemeBits(kept.size * form.precision),
        "zero_rle": _zero_rle(kept, form.bits),
        **_containers(kept, form),
    }
    return TensorTraffic(kept.size, schemes)


def _zero_rle(values: np.ndarray, bits: int) -> SchemeBits:
    places = np.flatnonzero(values)
    runs = np.diff(places, prepend=-1) - 1  # zeros before each value that is none
    entries = int((1 + runs // (1 << RUN_BITS)).sum())
    return SchemeBits(entries * (bits + RUN_BITS), entries * RUN_BITS)


def _containers(values: np.ndarray, form: Format) -> dict[str, SchemeBits]:
    """Return both alignments; precisions and zeros of the groups are looked at once."""
    packed = CodecParams(form.bits, form.signed, form.n_low, align=1)
    stats = encode_groups(pad_channels(values), packed)
    used, metadata = int(stats.container_bits.sum()), packed.header_bits * stats.z.size
    aligned = CodecParams(form.bits, form.signed, form.n_low, align=64)
    padded = int(aligned.container_bits(stats.precision, stats.nnz).sum())
    total = stats.compressed_bits
    return {
        "dpred_64": SchemeBits(padded, metadata, padded - used),
        "dpred_1": SchemeBits(total, metadata, total - used),
    }


def total(tensors: Iterable[TensorTraffic]) -> dict[str, SchemeBits]:
    """Return the sums of tensors, in the schemes that all of them have."""
    found = list(tensors)
    names = [name for name in SCHEMES if all(name in each.schemes for each in found)]
    return {name: sum((each.schemes[name] for each in found), SchemeBits(0.0)) for name in names if found}
