# SPDX-License-Identifier: Apache-2.0
"""What coverage of the layer engine calls reachable is what random and directed layers are, no more and no less."""

from __future__ import annotations

import numpy as np
import pytest

from models.config import load_config
from models.layer import ConvLayer, PoolLayer
from tb.common.cover import labelled, once
from tb.layer import reach
from tb.layer.broken import TENSORS, broken_bins, broken_kinds, broken_tensor
from tb.layer.sequences import random_layer


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (ConvLayer("a", C=5, H=3, W=3, K=2, R=2, S=2), "conv"),
        (ConvLayer("a", C=5, H=3, W=3, K=2, R=3, S=3), "fully connected"),
        (ConvLayer("a", C=5, H=1, W=1, K=2, R=3, S=3, pad=1), "conv"),
        (ConvLayer("a", C=6, H=3, W=3, K=2, R=3, S=3, groups=2), "grouped"),
        (ConvLayer("a", C=6, H=3, W=3, K=6, R=3, S=3, groups=6), "depthwise"),
        (PoolLayer("a", C=6, H=3, W=3, R=3, S=3), "pool"),
    ],
)
def test_kinds(layer: ConvLayer | PoolLayer, kind: str) -> None:
    assert reach.kind_of(layer) == kind


def test_pallets() -> None:
    names = [reach.windows_name(windows, 4) for windows in (1, 3, 4, 5, 8)]
    assert names == ["one window", "less than a pallet", "whole pallets", "last pallet not full", "whole pallets"]
    assert "less than a pallet" not in reach.windows_bins(2)
    assert "last pallet not full" not in reach.windows_bins(1)


@pytest.mark.parametrize(
    ("sums", "shift", "relu", "name"),
    [
        ([0, 255], 0, True, "none"),
        ([-1, 255], 0, True, "low"),
        ([0, 256], 0, True, "high"),
        ([-1, 512], 1, True, "low and high"),
        ([-128, 127], 0, False, "none"),
        ([-129, 127], 0, False, "low"),
        ([-256, 255], 1, False, "none"),
        ([0, 256], 1, False, "high"),
    ],
)
def test_saturation_at_its_limits(sums: list[int], shift: int, relu: bool, name: str) -> None:
    assert reach.saturation_name(np.array(sums), shift, 8, relu) == name


def test_fill_of_passes() -> None:
    assert [reach.fill_name(k, 16) for k in (1, 15, 16, 17, 32)] == [
        "one pass, not full",
        "one pass, not full",
        "full passes",
        "last pass not full",
        "full passes",
    ]


@pytest.mark.parametrize("name", ["base16", "narrow16", "narrow_trt16", "dstripes8"])
def test_random_layers_have_bins(name: str) -> None:
    config, rng = load_config(name), np.random.default_rng(1)
    for number in range(200):
        layer, _ = random_layer(rng, config, f"layer{number}")
        assert reach.kind_of(layer) in reach.kinds(config)
        assert reach.window_name(layer) in reach.window_bins()
        assert reach.windows_name(layer.windows, config.cols) in reach.windows_bins(config.cols)
        assert isinstance(layer, PoolLayer) or reach.filter_name(layer) in reach.filter_bins()


def test_every_broken_tensor_is_refused_by_the_model() -> None:
    config, rng = load_config("narrow16"), np.random.default_rng(2)
    broken = [broken_tensor(rng, config, kind, tensor) for kind in broken_kinds() for tensor in TENSORS]
    assert sorted(tensor.name for tensor in broken) == sorted(broken_bins())
    assert all(bool(tensor.error) != tensor.overflow for tensor in broken)


def test_a_label_that_is_no_bin_is_an_error() -> None:
    sample = labelled("probe_cover.p.point", ["a", "b"])
    sample("a")
    with pytest.raises(ValueError, match=r"probe_cover\.p\.point has no bin 'c'"):
        sample("c")


def test_once_counts_a_label_once() -> None:
    seen: list[str] = []
    sample = once(seen.append)
    for label in ("a", "b", "a", "a"):
        sample(label)
    assert seen == ["a", "b"]
