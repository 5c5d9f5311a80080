# SPDX-License-Identifier: Apache-2.0
"""Off-chip traffic against encoders that write real bits, one value at a time."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from models.cli import main
from models.layer import ConvLayer
from models.layer_precisions import LayerPrecisions
from models.memory.network import Computed, memory_layers
from models.networks.imagenet import Topology, load_topology
from models.paper.precisions import PaperPrecisions, paper_precisions
from models.traces import Format, Trace, TraceLayer, network_trace
from models.traffic import SCHEMES, topology_traffic, trace_traffic
from models.traffic.estimate import estimated_tensor
from models.traffic.network import NetworkTraffic
from models.traffic.schemes import tensor_traffic


def zero_rle(values: list[int], bits: int) -> str:
    """The encoder of SCNN's index and data: a string of bits."""
    stream, run = "", 0
    while values and values[-1] == 0:
        values = values[:-1]
    for value in values:
        if value == 0 and run < 15:
            run += 1
            continue
        stream += f"{run:04b}" + f"{value & ((1 << bits) - 1):0{bits}b}"
        run = 0
    return stream


def decoded(stream: str, bits: int, count: int) -> list[int]:
    """Back to the values, unsigned."""
    found: list[int] = []
    for first in range(0, len(stream), bits + 4):
        found += [0] * int(stream[first : first + 4], 2) + [int(stream[first + 4 : first + 4 + bits], 2)]
    return found + [0] * (count - len(found))


def containers(values: np.ndarray, form: Format, align: int) -> tuple[int, int]:
    """(bits, metadata) of containers of 16 channels, by counting."""
    prefix, total, metadata = (4 if form.bits == 16 else 3), 0, 0
    for brick in np.asarray(values).reshape(-1, values.shape[-1]).tolist():
        for first in range(0, len(brick), 16):
            group = [(abs(v) >> form.n_low, v < 0) for v in brick[first : first + 16]]
            largest = max(magnitude for magnitude, _ in group)
            p = min(form.bits - form.n_low, largest.bit_length() + form.signed) if largest else 0
            used = prefix + 16 + p * sum(magnitude > 0 for magnitude, _ in group)
            metadata += prefix + 16
            total += -(-used // align) * align
    return -(-total // 64) * 64, metadata


def sparse(seed: int, shape: tuple[int, ...], bits: int, signed: bool, zeros: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if signed else (0, 1 << bits)
    values = rng.integers(low, high, shape) >> rng.integers(0, bits, (*shape[:-1], 1))
    return values * (rng.random(shape) >= zeros)


@pytest.mark.parametrize(("bits", "signed", "n_low"), [(16, False, 0), (16, True, 3), (8, False, 2), (8, True, 0)])
@pytest.mark.parametrize(("channels", "zeros"), [(16, 0.5), (21, 0.97), (3, 0.0), (40, 1.0)])
def test_every_scheme_by_writing_it(bits: int, signed: bool, n_low: int, channels: int, zeros: float) -> None:
    values = sparse(channels, (5, 7, channels), bits, signed, zeros)
    form = Format(bits, signed, max(n_low, bits - 2), n_low)
    found = tensor_traffic(values, form)
    kept = [int(np.sign(v)) * (abs(int(v)) >> n_low << n_low) for v in values.ravel()]
    assert found.values == len(kept)
    assert set(found.schemes) == set(SCHEMES)
    assert found.schemes["none"].bits == bits * len(kept)
    assert found.schemes["profile"].bits == form.precision * len(kept)
    stream = zero_rle(kept, bits)
    assert decoded(stream, bits, len(kept)) == [v & ((1 << bits) - 1) for v in kept]
    assert found.schemes["zero_rle"].bits == len(stream)
    assert found.schemes["zero_rle"].metadata == len(stream) * 4 // (bits + 4)
    for align, scheme in ((64, "dpred_64"), (1, "dpred_1")):
        size, metadata = containers(values, form, align)
        assert (found.schemes[scheme].bits, found.schemes[scheme].metadata) == (size, metadata)
        used = containers(values, form, 1)[0] if align == 64 else 0
        assert found.schemes[scheme].bits - found.schemes[scheme].padding <= max(size, used)


def test_runs_longer_than_their_field() -> None:
    """16 zeros need a value 0 of their own, 15 do not."""
    for zeros, entries in ((0, 1), (15, 1), (16, 2), (31, 2), (32, 3)):
        values = np.array([[0] * zeros + [7]])
        assert tensor_traffic(values, Format(16, False, 2)).schemes["zero_rle"].bits == entries * 20
    assert tensor_traffic(np.zeros((2, 40), int), Format(16, False, 2)).schemes["zero_rle"].bits == 0


CONV = ConvLayer("conv", C=20, H=4, W=3, K=18, R=2, S=2)
DEPTHWISE = ConvLayer("depthwise", C=18, H=4, W=2, K=18, R=2, S=2, groups=18)
FC = ConvLayer("fc", C=18, H=2, W=1, K=5, R=2, S=1)


def trace(*, raw_acts: int = 0) -> Trace:
    layers = []
    for seed, layer in enumerate((CONV, DEPTHWISE, FC)):
        acts = sparse(seed, (2, layer.H, layer.W, layer.C), 16, False, 0.4)
        shape = (layer.K, layer.R, layer.S, layer.group_channels)
        weights = sparse(seed + 9, (2, *shape) if layer is FC else shape, 16, True, 0.2)
        forms = Format.holding(acts, 16, False), Format.holding(weights, 16, True)
        layers.append(TraceLayer(layer, "Conv", acts, weights, *forms, raw_acts=raw_acts if layer is CONV else 0))
    return Trace("net", tuple(layers), "random", "none")


def test_a_network_s_layers_one_by_one() -> None:
    data = trace()
    found = trace_traffic(data)
    conv, depthwise, fc = found.layers
    for entry, layer in zip(data.layers, found.layers, strict=True):
        sizes = [containers(entry.acts[index], entry.act_format, 1)[0] for index in range(2)]
        assert layer.acts.schemes["dpred_1"].bits == sum(sizes) / 2
    assert conv.weights.schemes["dpred_64"].bits == containers(data.layers[0].weights, data.layers[0].weight_format, 64)[0]
    channels_last = data.layers[1].weights[..., 0].transpose(1, 2, 0)  # 18 filters of one channel: 2 containers a place
    assert depthwise.weights.schemes["dpred_1"].bits == containers(channels_last, data.layers[1].weight_format, 1)[0]
    own = [containers(each, data.layers[2].weight_format, 1)[0] for each in data.layers[2].weights]
    assert fc.weights.schemes["dpred_1"].bits == sum(own) / 2
    assert conv.outputs.values == 3 * 2 * 18
    per_value = depthwise.acts.schemes["dpred_1"].bits / (4 * 2 * 18)
    assert conv.outputs.schemes["dpred_1"].bits == pytest.approx(per_value * conv.outputs.values)
    assert {name: each.bits for name, each in fc.outputs.schemes.items()} == dict.fromkeys(SCHEMES, 5 * 16)


def test_totals_are_sums_and_shares() -> None:
    found = trace_traffic(trace())
    total = found.total()
    for scheme in SCHEMES:
        parts = {
            name: sum(getattr(layer, name).schemes[scheme].bits for layer in found.layers)
            for name in ("acts", "weights", "outputs")
        }
        assert total[scheme]["bits"] == pytest.approx(sum(parts.values()))
        assert {name: total[scheme][name] for name in parts} == pytest.approx(parts)
        assert total[scheme]["ratio"] == pytest.approx(total[scheme]["bits"] / total["none"]["bits"])
    metadata = sum(each.schemes["dpred_1"].metadata for layer in found.layers for each in layer.tensors)
    assert total["dpred_1"]["metadata_share"] == pytest.approx(metadata / total["dpred_1"]["bits"])
    assert total["none"]["metadata_share"] == 0


def test_repeated_activations_are_stored_once() -> None:
    whole, part = trace_traffic(trace()).layers[0], trace_traffic(trace(raw_acts=60)).layers[0]
    assert part.acts.values == 60
    assert part.acts.schemes["dpred_1"].bits == pytest.approx(whole.acts.schemes["dpred_1"].bits * 60 / 240)


def test_values_below_n_low_are_dropped() -> None:
    entry = trace().layers[0]
    rough = replace(entry, act_format=replace(entry.act_format, n_low=4))
    found = trace_traffic(Trace("net", (rough,), "", "")).layers[0].acts.schemes["dpred_1"].bits
    sizes = [containers(entry.acts[index], rough.act_format, 1)[0] for index in range(2)]
    assert found == sum(sizes) / 2


def test_it_is_what_the_memory_model_takes() -> None:
    found: NetworkTraffic = trace_traffic(trace())
    layers = memory_layers([Computed(layer.layer, 100) for layer in found.layers], found, "dpred")
    assert layers[0].bits.acts == found.layers[0].acts.schemes["dpred_1"].bits
    assert [each.bits.outputs for each in layers] == pytest.approx(
        [each.outputs.schemes["dpred_1"].bits for each in found.layers]
    )
    with pytest.raises(KeyError):
        found.bits("conv", "acts", "zip")


def test_the_images_of_the_digits_take_four_times_their_raw_values() -> None:
    """One channel in containers of 16, each of them one word: 64 bits for 16."""
    total = trace_traffic(network_trace("digits", 2)).layers[0].acts
    assert total.schemes["dpred_64"].bits == 4 * total.schemes["none"].bits


# ---- from precisions


def test_estimates_by_hand() -> None:
    """100 values in 10 containers of 10, 6 bits, half of them zero: 20 + 30 bits, padded 64."""
    found = estimated_tensor(100, 10, 6.0, 8, zeros=0.5).schemes
    assert {name: each.bits for name, each in found.items()} == {
        "none": 1600,
        "profile": 800,
        "zero_rle": 50 * 20,
        "dpred_64": 640,
        "dpred_1": 500,
    }
    assert (found["dpred_64"].padding, found["dpred_1"].metadata) == (140, 200)
    dense = estimated_tensor(100, 10, 6.0, None).schemes
    assert (dense["dpred_1"].bits, dense["profile"].bits, "zero_rle" in dense) == (800, 1600, False)


def test_a_topology_by_hand() -> None:
    layers = (ConvLayer("conv", C=20, H=3, W=2, K=5, R=1, S=1), ConvLayer("fc", C=5, H=3, W=2, K=7, R=3, S=2))
    known = PaperPrecisions(
        "net", {"conv": LayerPrecisions(4.5, 7.25, 6), "fc": LayerPrecisions(act_profile=9, weight_profile=8)}, "by hand", False
    )
    conv, fc = topology_traffic(Topology("net", "by hand", layers), known).layers
    assert conv.acts.schemes["dpred_1"].bits == 12 * 20 + 120 * 4.5  # two containers a position
    assert conv.weights.schemes["dpred_1"].bits == 5 * 2 * 20 + 100 * 7.25
    assert (conv.acts.schemes["profile"].bits, conv.weights.schemes["profile"].bits) == (120 * 6, 100 * 16)
    assert fc.weights.schemes["dpred_1"].bits == 7 * 6 * 20 + 210 * 8
    assert conv.outputs.schemes["profile"].bits == 30 * 9
    named = topology_traffic(load_topology("GoogLeNet"), paper_precisions("GoogLeNet"))
    assert named.skipped == ("loss3/classifier",)
    assert len(named.layers) == 57


def test_without_counting_zeros_the_paper_s_precisions_save_about_as_much_as_a_profile() -> None:
    """Section 1: a profile halves the traffic. Weights of fully connected layers are nearly all of VGG_S."""
    total = topology_traffic(load_topology("VGG_S"), paper_precisions("VGG_S")).total()
    assert 0.5 < total["profile"]["ratio"] < total["dpred_1"]["ratio"] < total["dpred_64"]["ratio"] < 0.8
    assert total["none"]["weights"] / total["none"]["bits"] > 0.95


# ---- the command


def test_the_command(capsys: pytest.CaptureFixture) -> None:
    assert main(["traffic", "--network", "digits", "--inputs", "2", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    expected = trace_traffic(network_trace("digits", 2))
    assert result["total"] == expected.total()
    row = next(row for row in result["rows"] if (row["layer"], row["tensor"]) == ("conv3", "weights"))
    assert row["schemes"]["dpred_1"]["bits"] == expected.bits("conv3", "weights", "dpred_1")
    assert (result["basis"], result["inputs"], result["bits"]) == ("tensors", 2, 16)
    assert main(["traffic", "--network", "NiN"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "NiN: 16 bits, from precisions"
    assert any(line.startswith("all ") for line in lines)
    assert main(["traffic", "--network", "ResNet-50"]) == 2
    assert "the paper has no precisions of ResNet-50" in capsys.readouterr().err
