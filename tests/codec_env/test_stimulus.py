# SPDX-License-Identifier: Apache-2.0
"""The stimulus does what its names say: every malformed kind is that error at that place, every group has the precision
asked for, and the same seed gives the same items."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from models.codec import CodecErrorCode, CodecParams, decode_prefix, encode, encode_groups
from models.config import GROUP, load_all, load_config
from tb.codec.containers import assemble, containers_of
from tb.codec.coverage import point
from tb.codec.malformed import KINDS, malformed, reachable
from tb.codec.reach import container_shapes, group_bins, group_name, precisions, settings, shape_name
from tb.codec.scoreboards import error_position
from tb.codec.stalls import PROFILES
from tb.codec.streams import STREAMS
from tb.codec.tensors import STIMULI, group_of

CONFIGS = sorted({(c.p, c.prefix_w, c.align): name for name, c in load_all().items()}.values())


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("seed", range(10))
def test_malformed_kinds_are_what_they_say(name: str, seed: int) -> None:
    config, rng = load_config(name), np.random.default_rng(seed)
    for kind, position in reachable(config):
        item = malformed(rng, config, kind, position)
        values, error = decode_prefix(item.words, item.params, item.count)
        assert error == KINDS[kind].error, kind
        if kind != "count zero":
            assert error_position(item.count, values.size) == position, kind


def test_every_error_has_a_kind() -> None:
    assert {kind.error for kind in KINDS.values()} == set(CodecErrorCode) - {CodecErrorCode.OK}


@pytest.mark.parametrize("name", CONFIGS)
def test_good_streams_are_good(name: str) -> None:
    config = load_config(name)
    for generator in [*STIMULI, "wide_prefixes"]:
        for item in STREAMS[generator](np.random.default_rng(3), config, 3):
            values, error = decode_prefix(item.words, item.params, item.count)
            assert error == CodecErrorCode.OK
            assert values.size == item.count


@pytest.mark.parametrize("name", CONFIGS)
def test_containers_agree_with_the_model(name: str) -> None:
    for item in STIMULI["mixed"](np.random.default_rng(4), load_config(name), 20):
        words = assemble(containers_of(item.trimmed.tolist(), item.params), item.params)
        np.testing.assert_array_equal(words, encode(item.trimmed, item.params))


@pytest.mark.parametrize("name", CONFIGS)
def test_groups_have_the_precision_asked_for(name: str) -> None:
    rng = np.random.default_rng(5)
    for params in settings(load_config(name)):
        for precision in precisions(params):
            for nonzero in (1, 7, GROUP):
                values = group_of(rng, params, precision, nonzero)
                stats = encode_groups(_trim(values, params), params)
                assert (int(stats.precision[0]), int(stats.nnz[0])) == (precision, nonzero)


def _trim(values: np.ndarray, params: CodecParams) -> np.ndarray:
    """Drop the low bits of each magnitude, one value at a time."""
    low = (1 << params.n_low) - 1
    return np.array([v - (v & low) if v >= 0 else v + (-v & low) for v in values.tolist()]).astype(params.dtype)


def test_shapes_are_those_of_a_brute_force() -> None:
    config = load_config("small16")
    params = CodecParams.for_design(config)
    seen = {shape_name(params, p, n) for n in range(1, GROUP + 1) for p in range(1, 17)} | {shape_name(params, 0, 0)}
    assert {name for name in container_shapes(config) if name.endswith("unsigned")} == seen
    assert "full, 5 words, unsigned" in seen
    assert "one, 2 words, unsigned" not in seen


@pytest.mark.parametrize("name", CONFIGS)
def test_stall_sweep_has_every_group_under_every_stalls(name: str) -> None:
    config, seen = load_config(name), set()
    for item in STIMULI["stall_sweep"](np.random.default_rng(11), config, 1):
        stats = encode_groups(item.trimmed, item.params)
        for precision, nonzero in zip(stats.precision.tolist(), stats.nnz.tolist(), strict=True):
            seen.add(f"{group_name(precision, item.params.signed, nonzero)}, {item.profile}")
    assert seen == set(group_bins(config, PROFILES))


@pytest.mark.parametrize("name", [*CONFIGS, "dstripes16"])
def test_malformed_sweep_has_every_kind_under_every_stalls_and_an_error_for_every_engine(name: str) -> None:
    config = load_config(name)
    items = [item for item in STREAMS["malformed_sweep"](np.random.default_rng(12), config, 1) if item.kind != "good"]
    assert {(item.kind, item.position) for item in items} == set(reachable(config))
    assert {(item.kind, item.profile) for item in items} == set(product(KINDS, PROFILES))
    ends = [decode_prefix(item.words, item.params, item.count) for item in items]
    groups = [values.size // GROUP for values, error in ends if error != CodecErrorCode.OVERRUN]
    assert {group % config.engines for group in groups} == set(range(config.engines))


@pytest.mark.parametrize("generator", STREAMS)
def test_same_seed_same_items(generator: str) -> None:
    config = load_config("small8")
    first, again, other = (
        [item.digest() for item in STREAMS[generator](np.random.default_rng(seed), config, 4)] for seed in (6, 6, 7)
    )
    assert first == again != other


@pytest.mark.parametrize("name", PROFILES)
def test_pauses_repeat_and_are_as_dense_as_they_say(name: str) -> None:
    expected = {"none": (0, 0), "light": (0.1, 0.1), "heavy": (0.5, 0.5), "bursts": (0.5, 0.5)}
    expected |= {"input_starved": (0.8, 0), "output_blocked": (0, 0.8)}
    for pauses, density in zip((PROFILES[name].source, PROFILES[name].sink), expected[name], strict=True):
        first, again = (np.array(_take(pauses(np.random.default_rng(8)), 4000)) for _ in range(2))
        np.testing.assert_array_equal(first, again)
        assert first.mean() == pytest.approx(density, abs=0.08)


def _take(pauses: object, count: int) -> list[bool]:
    return [bool(value) for value, _ in zip(pauses, range(count), strict=False)]


def test_sample_outside_the_bins_is_an_error() -> None:
    sample = point(load_config("small8"), "unit_test", "colours", ["red", "blue"])
    sample("red")
    with pytest.raises(ValueError, match="has no bin 'green'"):
        sample("green")
