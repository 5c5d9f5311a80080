# SPDX-License-Identifier: Apache-2.0
"""The weight memory of a core: its words, and which weights a step finds in them (docs/architecture.md, weight memory words).

The scoreboard decodes what is in the memory, whoever encoded it (models/weight_memory.py did): an independent way back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from models.config import DesignConfig
from models.dispatch_timing import plane_cycles

_NARROW = 2048  # bits of a word


def address_bits(config: DesignConfig) -> int:
    """Return the width of a weight memory address in tb_tile.v (ADDR_W): Loom and small tiles have many narrow words."""
    word = config.rows * config.lanes * (1 if config.design == "loom" else config.p)
    return 16 if word <= _NARROW else 13


def bit_serial(config: DesignConfig, serial: bool) -> bool:
    """Whether a step's weights come as several words, most significant bits first, their precision with the step."""
    return config.design == "loom" or (config.design == "trt" and serial)


def weight_columns(config: DesignConfig, serial: bool) -> int:
    """Return how many columns have weights of their own: all of a serial layer's (trt, loom), else 1."""
    return config.cols if serial and bit_serial(config, serial) else 1


@dataclass
class MemoryImage:
    """Contents of the weight memory, as models.weight_memory.WeightMemory has them.

    words: int64 [words, rows, lanes], one weight an element, where a step reads whole weights; else uint8 [words, word
    width], one bit an element, bit 0 first.
    """

    words: np.ndarray
    first: int = 0  # address of the first one; the others stay as they are
    found: dict[tuple[int, int, bool], np.ndarray] = field(default_factory=dict)  # decoded steps

    def file_bytes(self, config: DesignConfig) -> bytes:
        """The contents of weights.bin: a word after the other, most significant byte first as $fread wants it."""
        end = self.first + len(self.words)
        if end > 1 << address_bits(config):
            raise ValueError(f"{end} words of weights: tb_tile.v has {1 << address_bits(config)}")
        if self.words.ndim == 3:
            return big_endian(self.words.reshape(len(self.words), -1), config.p).tobytes()
        packed = np.packbits(np.pad(self.words, [(0, 0), (0, -self.words.shape[1] % 8)]), axis=1, bitorder="little")
        return packed[:, ::-1].tobytes()

    def step_weights(self, waddr: int, p_w: int, config: DesignConfig, serial: bool) -> np.ndarray:
        """Return the weights that a step finds at `waddr`, float64 [weight columns, lanes, rows]."""
        key = (waddr, p_w, serial)
        if key not in self.found:
            self.found[key] = self._decode(waddr, p_w, config, serial).transpose(0, 2, 1).astype(np.float64)
        return self.found[key]

    def _decode(self, waddr: int, p_w: int, config: DesignConfig, serial: bool) -> np.ndarray:
        """Return int64 [weight columns, rows, lanes]: the layout of the words read backwards."""
        if not self.first <= waddr < self.first + len(self.words):
            raise ValueError(f"word {waddr}: {len(self.words)} words were loaded, the first is {self.first}")
        rows, lanes, columns = config.rows, config.lanes, weight_columns(config, serial)
        if not bit_serial(config, serial):
            return self.words[waddr - self.first][None]
        width, count = config.bits_per_cycle, int(plane_cycles(np.array(p_w), config.bits_per_cycle))
        words = self.words[waddr - self.first :]
        if config.design == "loom":
            planes = words[: count * columns].reshape(count, columns, rows, lanes)
            return _signed_value(planes[::-1].transpose(1, 2, 3, 0))
        chunks = words[:count].reshape(count, rows, lanes, -1)[..., : columns * width]
        chunks = chunks.reshape(count, rows, lanes, columns, width)[::-1]
        return _signed_value(chunks.transpose(3, 1, 2, 0, 4).reshape(columns, rows, lanes, count * width))


def _signed_value(bits: np.ndarray) -> np.ndarray:
    """Return the two's complement integers of bits [..., width], bit 0 first, as int64."""
    places = np.int64(1) << np.arange(bits.shape[-1], dtype=np.int64)
    places[-1] = -places[-1]
    return bits.astype(np.int64) @ places


def big_endian(words: np.ndarray, bits: int) -> np.ndarray:
    """Pack integers [..., n] of `bits` (8 or 16) into bytes, value 0 in the least significant place, highest byte first."""
    kind = {8: np.uint8, 16: np.dtype("<u2")}[bits]
    data = np.ascontiguousarray(words & ((1 << bits) - 1)).astype(kind)
    return data.view(np.uint8).reshape(data.shape[0], -1)[:, ::-1]
