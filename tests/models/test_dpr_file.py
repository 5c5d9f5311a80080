# SPDX-License-Identifier: Apache-2.0
"""The container file: its bytes as docs/file_format.md lists them, and the refusal of everything else."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from models.atomic_file import atomic_output
from models.codec import CodecError, CodecParams, encode
from models.dpr_file import DprFileError, load_values, parse_header, read_dpr, write_dpr

VALUES = np.array([[5, 0, 6], [0, -7, 300]], dtype=np.int16)
PARAMS = CodecParams(16, True, 0, 1)
# field: (offset, struct format), straight from docs/file_format.md
FIELDS = {
    "magic": (0, "4s"),
    "version": (4, "H"),
    "header length": (6, "H"),
    "bits": (8, "B"),
    "signed": (9, "B"),
    "n_low": (10, "B"),
    "align": (11, "B"),
    "prefix_w": (12, "B"),
    "dimensions": (13, "B"),
    "reserved": (14, "H"),
    "count": (16, "Q"),
    "payload length": (24, "Q"),
    "payload CRC-32": (32, "I"),
    "header CRC-32": (36, "I"),
}


@pytest.fixture
def good(tmp_path: Path) -> bytes:
    write_dpr(tmp_path / "good.dpr", VALUES, PARAMS)
    return (tmp_path / "good.dpr").read_bytes()


def patched(data: bytes, field: str, value, fix_crc: bool = True) -> bytes:
    """Return the file with one field replaced and, unless told otherwise, a header CRC that fits."""
    offset, form = FIELDS[field]
    out = bytearray(data)
    struct.pack_into(f"<{form}", out, offset, value)
    if fix_crc:
        size = 40 + 8 * 2
        struct.pack_into("<I", out, 36, zlib.crc32(bytes(out[:32]) + bytes(out[40:size])))
    return bytes(out)


def refused(tmp_path: Path, data: bytes) -> DprFileError:
    path = tmp_path / "bad.dpr"
    path.write_bytes(data)
    with pytest.raises(DprFileError) as raised:
        load_values(path)
    return raised.value


def test_bytes_of_a_file(good):
    payload = encode(VALUES, PARAMS).astype("<u8").tobytes()
    fixed = b"DPR\x1a" + struct.pack("<HHBBBBBBHQQ", 1, 56, 16, 1, 0, 1, 4, 2, 0, 6, len(payload))
    shape = struct.pack("<QQ", 2, 3)
    crcs = struct.pack("<II", zlib.crc32(payload), zlib.crc32(fixed + shape))
    assert good == fixed + crcs + shape + payload


@pytest.mark.parametrize("shape", [(1,), (35,), (2, 3, 4, 5), (1,) * 64, (17, 1)])
@pytest.mark.parametrize("params", [CodecParams(16, True, 3), CodecParams(8, False, 0, 1), CodecParams(8, True, 2, 64, 4)])
def test_round_trip_keeps_shape_values_and_settings(tmp_path, shape, params):
    info = np.iinfo(params.dtype)
    values = np.random.default_rng(2).integers(info.min, info.max + 1, shape) >> params.n_low << params.n_low
    written = write_dpr(tmp_path / "a.dpr", values, params)
    header, decoded = load_values(tmp_path / "a.dpr")
    assert header == written
    assert (header.params, header.shape) == (params, shape)
    assert decoded.dtype == params.dtype
    assert decoded.shape == shape
    assert np.array_equal(decoded, values)
    assert (tmp_path / "a.dpr").stat().st_size == header.payload_offset + header.payload_bytes


def test_words_of_the_payload(tmp_path):
    write_dpr(tmp_path / "a.dpr", VALUES, PARAMS)
    assert read_dpr(tmp_path / "a.dpr")[1].tolist() == encode(VALUES, PARAMS).tolist()


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("magic", b"DPR\x00", "magic"),
        ("magic", b"\x1aRPD", "magic"),
        ("version", 0, "version"),
        ("version", 2, "version"),
        ("version", 0xFFFF, "version"),
        ("header length", 0, "header length"),
        ("header length", 48, "header length"),
        ("header length", 64, "header length"),
        ("bits", 12, "bits"),
        ("bits", 0, "bits"),
        ("bits", 255, "bits"),
        ("signed", 2, "signed"),
        ("signed", 255, "signed"),
        ("n_low", 16, "n_low"),
        ("n_low", 255, "n_low"),
        ("align", 0, "align"),
        ("align", 8, "align"),
        ("align", 65, "align"),
        ("prefix_w", 0, "prefix_w"),
        ("prefix_w", 3, "prefix_w"),
        ("prefix_w", 5, "prefix_w"),
        ("dimensions", 0, "dimensions"),
        ("dimensions", 65, "dimensions"),
        ("dimensions", 1, "header length"),
        ("reserved", 1, "reserved"),
        ("count", 0, "count"),
        ("count", 5, "count"),
        ("count", 2**64 - 1, "count"),
        ("payload length", 0, "payload length"),
        ("payload length", 9, "payload length"),
        ("payload length", 800, "payload length"),
        ("payload length", 2**64 - 8, "payload length"),
        ("payload CRC-32", 0, "payload CRC-32"),
    ],
)
def test_each_field_is_refused_by_name(tmp_path, good, field, value, named):
    assert named in str(refused(tmp_path, patched(good, field, value)))


@pytest.mark.parametrize(("field", "value"), [("bits", 8), ("signed", 0), ("n_low", 3), ("align", 64), ("header CRC-32", 1)])
def test_changes_that_make_sense_are_caught_by_the_header_crc(tmp_path, good, field, value):
    assert refused(tmp_path, patched(good, field, value, fix_crc=False)).field == "header CRC-32"


@pytest.mark.parametrize("shape", [(0, 6), (6, 6), (2**63, 2**63), (2**64 - 1, 1)])
def test_a_shape_that_contradicts_the_count_is_refused(tmp_path, good, shape):
    data = bytearray(good)
    struct.pack_into("<QQ", data, 40, *shape)
    assert refused(tmp_path, patched(bytes(data), "version", 1)).field == "count"


def test_a_huge_count_is_refused_before_anything_is_allocated(tmp_path, good):
    data = bytearray(good)
    struct.pack_into("<QQ", data, 40, 2**31, 2**31)
    assert refused(tmp_path, patched(bytes(data), "count", 2**62)).field == "payload length"


def test_every_single_flipped_bit_is_refused(tmp_path, good):
    for bit in range(8 * len(good)):
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        refused(tmp_path, bytes(data))


def test_every_truncation_is_refused(tmp_path, good):
    for size in range(len(good)):
        refused(tmp_path, good[:size])


def test_a_payload_of_no_whole_words_is_refused_although_all_else_fits(tmp_path, good):
    payload = good[56:] + b"\0"
    data = patched(good[:56] + payload, "payload CRC-32", zlib.crc32(payload), fix_crc=False)
    assert "multiple of 8" in str(refused(tmp_path, patched(data, "payload length", len(payload))))


@pytest.mark.parametrize("extra", [1, 8, 1000])
def test_bytes_behind_the_end_are_refused(tmp_path, good, extra):
    assert refused(tmp_path, good + bytes(extra)).field == "payload length"


def test_random_headers_never_do_worse_than_an_error(good):
    rng = np.random.default_rng(4)
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(rng.integers(1, 6)):
            data[rng.integers(4, 56)] = rng.integers(256)
        try:
            parse_header(bytes(data))
        except DprFileError as error:
            assert error.field


def test_a_malformed_container_with_the_right_crc_is_named(tmp_path, good):
    data = bytearray(good)
    data[56] ^= 1  # the prefix: 10 bits become 9, and the code of 300 is cut
    struct.pack_into("<I", data, 32, zlib.crc32(bytes(data[56:])))
    (tmp_path / "bad.dpr").write_bytes(data)
    with pytest.raises(CodecError):
        load_values(tmp_path / "bad.dpr")


@pytest.mark.parametrize("values", [np.array(3), np.zeros((2, 0), dtype=np.int16)])
def test_arrays_without_values_or_axes_are_not_written(tmp_path, values):
    with pytest.raises(ValueError, match="must have"):
        write_dpr(tmp_path / "a.dpr", values, PARAMS)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "a.dpr"
    target.write_bytes(b"old")
    with pytest.raises(OSError, match="full"), atomic_output(target) as file:
        file.write(b"new")
        raise OSError(28, "full")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_write_follows_a_link_and_replaces_its_target(tmp_path):
    (tmp_path / "folder").mkdir()
    link, target = tmp_path / "link", tmp_path / "folder" / "target"
    link.symlink_to(target)
    with atomic_output(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
