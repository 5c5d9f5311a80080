# SPDX-License-Identifier: Apache-2.0
"""Stored quantised networks: integer weights, profiles, and the inference that the hardware must reproduce.

A network is two files in models/networks: NAME.json (topology, profiles, how it was trained, measured accuracy) and
NAME.npz (weights, biases, which images were held out). docs/networks.md describes both. NumPy only; scikit-learn is
needed for the images.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from models.atomic_file import atomic_output
from models.convolution import accumulate, check_weights, convolve
from models.layer import ConvLayer
from models.networks import digits
from models.precision import trim

NETWORK_DIR = Path(__file__).with_name("networks")
BITS = 16  # width of activations and weights
FORMAT = 1  # version of the pair of files


class NetworkError(ValueError):
    """A stored network that is missing, damaged or inconsistent; the message names file and cause."""


@dataclass(frozen=True)
class QuantisedLayer:
    """A layer in integers. Positions (n_*) are bit positions of the 16-bit unsigned activations."""

    layer: ConvLayer
    weights: np.ndarray  # int16 [K, R, S, C / groups]
    bias: np.ndarray  # int64 [K], 32-bit values on the accumulators' scale, rounding constant included
    shift: int  # right shift of the accumulators
    n_low_in: int  # the profile of the input: lowest and highest bit position
    n_high_in: int
    n_low_out: int  # n_low_in of the layer that follows

    @property
    def profile_precision(self) -> int:
        """Bits of an input activation by the profile: what Stripes uses."""
        return self.n_high_in - self.n_low_in + 1

    def outputs(self, acts: np.ndarray) -> np.ndarray:
        """Return the outputs after ReLU, uint16 [..., Ho, Wo, K], of activations uint16 [..., H, W, C]."""
        return convolve(
            acts, self.weights, self.bias, self.shift, self.layer, bits=BITS, n_low=self.n_low_in, n_low_out=self.n_low_out
        )

    def sums(self, acts: np.ndarray) -> np.ndarray:
        """Return the accumulators with bias, int64 [..., windows, K], of activations uint16 [..., H, W, C]."""
        return accumulate(acts, self.weights, self.layer, self.n_low_in)[..., : self.layer.K] + self.bias


@dataclass(frozen=True)
class NetworkRun:
    """All activations of a batch of N images: entry i of inputs and outputs belongs to convolution layer i."""

    inputs: tuple[np.ndarray, ...]  # uint16 [N, H, W, C], trimmed to the layer's n_low_in
    outputs: tuple[np.ndarray, ...]  # uint16 [N, Ho, Wo, K]
    logits: np.ndarray  # int64 [N, classes]

    @property
    def all_inputs(self) -> tuple[np.ndarray, ...]:
        """The input of each entry of `layers_with_classifier`, uint16 [N, H, W, C]."""
        return (*self.inputs, self.outputs[-1])


@dataclass(frozen=True)
class QuantisedNetwork:
    """Convolution layers, each followed by ReLU, and one fully connected layer whose sums are the logits."""

    name: str
    layers: tuple[QuantisedLayer, ...]
    classifier: QuantisedLayer  # fully connected: a convolution with one window; no ReLU, no shift
    input_shift: int  # a pixel becomes the activation pixel << input_shift
    calibration: np.ndarray  # int64, the data set's indices of the calibration and of the held-out images
    held_out: np.ndarray
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def layers_with_classifier(self) -> tuple[tuple[QuantisedLayer, str], ...]:
        """Every layer that a tile can run, in order, with its kind: "conv" or "fc" (the sums with bias are the logits)."""
        return (*((entry, "conv") for entry in self.layers), (self.classifier, "fc"))

    def activations(self, pixels: np.ndarray) -> np.ndarray:
        """Return the first layer's activations, uint16, trimmed to its n_low_in, of pixels [..., H, W, C]."""
        return trim(pixels.astype(np.uint16) << self.input_shift, self.layers[0].n_low_in)

    def held_out_images(self, count: int | None = None, seed: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return (activations uint16 [count, H, W, C], labels int64 [count]) of images that training never saw.

        The first `count` held-out images in their stored order, or `count` different ones drawn with `seed`; None: all.
        Raises NetworkError when there are fewer, or when the installed images are not those of the training.
        """
        count = len(self.held_out) if count is None else count
        if not 0 <= count <= len(self.held_out):
            raise NetworkError(f"network {self.name!r}: {count} held-out images: there are 0..{len(self.held_out)}")
        everything = len(self.held_out)
        order = np.arange(everything) if seed is None else np.random.default_rng(seed).permutation(everything)
        return self.images(self.held_out[order[:count]])

    def images(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (activations uint16 [N, H, W, C], labels int64 [N]) of the data set's images `indices`."""
        pixels, labels = digits.images()
        expected = self.metadata.get("dataset", {}).get("crc32", digits.crc32(pixels, labels))
        if digits.crc32(pixels, labels) != expected:
            found = digits.crc32(pixels, labels)
            raise NetworkError(f"network {self.name!r}: scikit-learn's images have CRC-32 {found}, trained: {expected}")
        return self.activations(pixels[indices]), labels[indices]

    def run(self, acts: np.ndarray) -> NetworkRun:
        """Return every layer's activations and the logits of a batch of activations uint16 [N, H, W, C]."""
        values, inputs, outputs = trim(acts, self.layers[0].n_low_in), [], []
        for layer in self.layers:
            inputs.append(values)
            values = layer.outputs(values)
            outputs.append(values)
        return NetworkRun(tuple(inputs), tuple(outputs), self.logits(values))

    def logits(self, last_outputs: np.ndarray) -> np.ndarray:
        """Return the logits, int64 [N, classes], of the last convolution's outputs uint16 [N, Ho, Wo, K]."""
        return self.classifier.sums(last_outputs)[..., 0, :]

    def classify(self, acts: np.ndarray) -> np.ndarray:
        """Return the class of each image, int64 [N], of activations uint16 [N, H, W, C]; the first of equal logits."""
        return self.run(acts).logits.argmax(axis=-1)


def accuracy(network: QuantisedNetwork, indices: np.ndarray) -> tuple[int, int]:
    """Return (correctly classified, all) of the data set's images `indices`."""
    acts, labels = network.images(indices)
    return int((network.classify(acts) == labels).sum()), len(labels)


def _layer_fields(entry: QuantisedLayer) -> dict[str, Any]:
    shape = {key: getattr(entry.layer, key) for key in ("name", "C", "H", "W", "K", "R", "S", "stride", "pad")}
    if entry.layer.groups != 1:
        shape["groups"] = entry.layer.groups
    return shape | {key: getattr(entry, key) for key in ("shift", "n_low_in", "n_high_in", "n_low_out")}


def save_network(network: QuantisedNetwork, folder: Path = NETWORK_DIR) -> None:
    """Write NAME.npz and NAME.json; each appears whole or not at all, and the JSON holds the digest of the other.

    Raises NetworkError when a bias does not fit into the 32 bits of the bias memory, OSError when `folder` cannot be
    written.
    """
    entries = [entry for entry, _ in network.layers_with_classifier]
    arrays = {"calibration": network.calibration.astype(np.uint16), "held_out": network.held_out.astype(np.uint16)}
    for entry in entries:
        arrays[f"{entry.layer.name}.weights"] = entry.weights.astype(np.int16)
        arrays[f"{entry.layer.name}.bias"] = entry.bias.astype(np.int32)
        if entry.bias.size and np.abs(entry.bias).max() >= 1 << 31:
            raise NetworkError(f"network {network.name!r}: a bias of layer {entry.layer.name!r} exceeds 32 bits")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    document = {
        "format": FORMAT,
        "name": network.name,
        "input_shift": network.input_shift,
        "npz_sha256": hashlib.sha256(buffer.getvalue()).hexdigest(),
        "layers": [_layer_fields(entry) for entry in network.layers],
        "classifier": _layer_fields(network.classifier),
        "metadata": network.metadata,
    }
    contents = {".npz": buffer.getvalue(), ".json": (json.dumps(document, indent=1) + "\n").encode()}
    for suffix, content in contents.items():
        with atomic_output(folder / f"{network.name}{suffix}") as file:
            file.write(content)


def _restore(fields: dict[str, Any], arrays: dict[str, np.ndarray]) -> QuantisedLayer:
    profile = {key: fields[key] for key in ("shift", "n_low_in", "n_high_in", "n_low_out")}
    layer = ConvLayer(**{key: value for key, value in fields.items() if key not in profile})
    weights, bias = check_weights(arrays[f"{layer.name}.weights"], layer), arrays[f"{layer.name}.bias"].astype(np.int64)
    if bias.shape != (layer.K,):
        raise ValueError(f"layer {layer.name!r}: {bias.shape} biases for {layer.K} filters")
    return QuantisedLayer(layer, weights, bias, **profile)


def _check_chain(entries: tuple[QuantisedLayer, ...]) -> None:
    for one, after in pairwise(entries):
        made, taken = (one.layer.Ho, one.layer.Wo, one.layer.K), (after.layer.H, after.layer.W, after.layer.C)
        if made != taken or one.n_low_out != after.n_low_in:
            raise ValueError(f"layers {one.layer.name!r} and {after.layer.name!r} do not fit together")


def stored_networks(folder: Path = NETWORK_DIR) -> tuple[str, ...]:
    """Return the names of the networks that are stored in integers, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.json")))


def load_network(name: str, folder: Path = NETWORK_DIR) -> QuantisedNetwork:
    """Return the stored network `name`. Raises NetworkError: no such network, or a damaged or inconsistent file."""
    document_file, arrays_file = folder / f"{name}.json", folder / f"{name}.npz"
    try:
        document, raw = json.loads(document_file.read_text()), arrays_file.read_bytes()
    except FileNotFoundError as error:
        known = ", ".join(stored_networks(folder)) or "none"
        raise NetworkError(f"network {name!r}: no file {error.filename} (stored networks: {known})") from None
    except (OSError, ValueError) as error:
        raise NetworkError(f"network {name!r}: cannot read {document_file} or {arrays_file}: {error}") from None
    try:
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']}: this version reads {FORMAT}")
        if hashlib.sha256(raw).hexdigest() != document["npz_sha256"]:
            raise ValueError("its SHA-256 is not the one in the .json: the files do not belong together")
        arrays = dict(np.load(io.BytesIO(raw), allow_pickle=False))
        layers = tuple(_restore(fields, arrays) for fields in document["layers"])
        classifier = _restore(document["classifier"], arrays)
        _check_chain((*layers, classifier))
        indices = {key: arrays[key].astype(np.int64) for key in ("calibration", "held_out")}
        return QuantisedNetwork(
            document["name"], layers, classifier, document["input_shift"], metadata=document["metadata"], **indices
        )
    except KeyError as error:
        raise NetworkError(f"network {name!r}: {arrays_file.name} or {document_file.name} has no {error}") from None
    except (TypeError, ValueError, zipfile.BadZipFile) as error:
        raise NetworkError(f"network {name!r}: {document_file} with {arrays_file.name}: {error}") from None
