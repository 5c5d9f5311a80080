# SPDX-License-Identifier: Apache-2.0
"""`python -m models encode | decode | info`: results, and one clear line for everything that is wrong."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from models import cli
from models.commands import decode as decode_command

ROOT = Path(__file__).parents[2]
RELU = np.maximum(np.random.default_rng(7).normal(0, 300, (3, 5, 40)), 0).astype(np.uint16)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.save("relu.npy", RELU)
    return tmp_path


def run_ok(capsys, *arguments: str) -> str:
    """Run a command that must succeed and return its standard output."""
    assert cli.main(arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def run_bad(capsys, *arguments: str) -> str:
    """Run a command that must fail and return its one line of standard error."""
    try:
        code = cli.main(arguments)
    except SystemExit as exit_:
        code = exit_.code
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert err.startswith("python -m models")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    return err


@pytest.mark.parametrize(
    ("dtype", "bits", "options"),
    [
        ("uint16", 16, []),
        ("int16", 16, ["--signed"]),
        ("uint8", 8, ["--align", "1"]),
        ("int8", 8, ["--signed", "--align", "1"]),
        ("uint16", 16, ["--n-low", "3", "--align", "1"]),
        ("int8", 8, ["--signed", "--n-low", "7", "--prefix-w", "4"]),
    ],
)
def test_encode_and_decode_give_the_array_back(folder, capsys, dtype, bits, options):
    info = np.iinfo(dtype)
    n_low = int(options[options.index("--n-low") + 1]) if "--n-low" in options else 0
    values = np.random.default_rng(1).integers(info.min, info.max + 1, (4, 3, 21)) >> n_low << n_low
    np.save("in.npy", values)
    run_ok(capsys, "encode", "in.npy", "x.dpr", "--bits", str(bits), *options)
    run_ok(capsys, "decode", "x.dpr", "out.npy")
    decoded = np.load("out.npy")
    assert decoded.dtype == np.dtype(dtype)
    assert np.array_equal(decoded, values)


def test_trim_drops_the_low_bits_towards_zero(folder, capsys):
    np.save("in.npy", np.array([-7, 7, 8, -9, 3, -3]))
    run_ok(capsys, "encode", "in.npy", "x.dpr", "--bits", "16", "--signed", "--n-low", "2", "--trim")
    run_ok(capsys, "decode", "x.dpr", "out.npy")
    assert np.load("out.npy").tolist() == [-4, 4, 8, -8, 0, 0]


def test_json_of_encode_info_and_decode(folder, capsys):
    encoded = json.loads(run_ok(capsys, "encode", "relu.npy", "x.dpr", "--bits", "16", "--align", "1", "--json"))
    info = json.loads(run_ok(capsys, "info", "x.dpr", "--json"))
    decoded = json.loads(run_ok(capsys, "decode", "x.dpr", "out.npy", "--json"))
    data = Path("x.dpr").read_bytes()
    payload = data[info["payload_offset"] :]
    assert len(payload) == info["payload_bytes"] == len(data) - info["payload_offset"]
    assert info["payload_crc32"] == zlib.crc32(payload)
    expected = {
        "version": 1,
        "bits": 16,
        "signed": False,
        "n_low": 0,
        "align": 1,
        "prefix_w": 4,
        "shape": [3, 5, 40],
        "count": 600,
        "raw_bytes": 1200,
        "ratio": len(payload) / 1200,
        "file": "x.dpr",
    }
    assert {key: info[key] for key in expected} == expected
    assert {key: encoded[key] for key in info} == info
    assert encoded["nonzero_values"] == np.count_nonzero(RELU)
    assert encoded["groups"] == 38
    groups = np.pad(RELU.ravel(), (0, 8)).reshape(38, 16)
    assert encoded["mean_precision"] == np.mean([int(group.max()).bit_length() for group in groups])
    assert (encoded["zero_groups"], encoded["expanded_groups"]) == (0, 0)
    assert (decoded["dtype"], decoded["shape"], decoded["count"]) == ("uint16", [3, 5, 40], 600)


def test_human_output_has_sizes_and_ratio(folder, capsys):
    encoded = run_ok(capsys, "encode", "relu.npy", "x.dpr", "--bits", "16")
    info = run_ok(capsys, "info", "x.dpr")
    size = Path("x.dpr").stat().st_size - 64  # a header of 40 + 3 x 8 bytes
    for line in (encoded, info):
        assert f"1,200 -> {size:,} bytes, {size / 1200:.1%} of raw" in line
        assert "3 x 5 x 40 = 600, unsigned 16-bit" in line
    assert "mean precision" in encoded


BAD_ARRAYS = {
    "floats": (np.array([0.5, 1.0]), "dtype float64"),
    "nan": (np.array([np.nan], dtype=np.float32), "dtype float32"),
    "complex": (np.array([1j]), "dtype complex128"),
    "bools": (np.array([True]), "dtype bool"),
    "text": (np.array(["a"]), "dtype <U1"),
    "records": (np.array([(1, 2)], dtype=[("a", "i4"), ("b", "i4")]), "dtype"),
    "scalar": (np.array(5), "shape ()"),
    "empty": (np.zeros((0, 4), dtype=np.int16), "shape (0, 4)"),
    "too large": (np.array([[1, 2], [3, 65536]]), "value 65536 at index (1, 1): unsigned 16-bit values are 0..65535"),
    "huge": (np.array([2**64 - 1], dtype=np.uint64), "value 18446744073709551615 at index 0"),
    "negative": (np.array([3, -4]), "value -4 at index 1: unsigned 16-bit values are 0..65535; add --signed"),
    "objects": (np.array([1, None], dtype=object), "objects"),
}


@pytest.mark.parametrize("name", BAD_ARRAYS)
def test_arrays_that_cannot_be_encoded(folder, capsys, name):
    array, message = BAD_ARRAYS[name]
    np.save("bad.npy", array, allow_pickle=True)
    Path("x.dpr").write_bytes(b"old")
    line = run_bad(capsys, "encode", "bad.npy", "x.dpr", "--bits", "16")
    assert "bad.npy: " in line
    assert message in line
    assert Path("x.dpr").read_bytes() == b"old"
    assert sorted(path.name for path in folder.iterdir()) == ["bad.npy", "relu.npy", "x.dpr"]


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([300], ["--bits", "8"], "use --bits 16"),
        ([40000], ["--bits", "16", "--signed"], "signed 16-bit values are -32768..32767"),
        ([-129], ["--bits", "8", "--signed"], "signed 8-bit values are -128..127"),
        ([8, 12], ["--bits", "16", "--n-low", "3"], "value 12 at index 1: has bits below n_low = 3; add --trim"),
    ],
)
def test_values_that_the_options_do_not_allow(folder, capsys, values, options, message):
    np.save("bad.npy", np.array(values))
    assert message in run_bad(capsys, "encode", "bad.npy", "x.dpr", *options)
    assert not Path("x.dpr").exists()


def _npy(shape: str) -> bytes:
    """Return a .npy file of four int16 zeros whose header gives any shape."""
    header = f"{{'descr': '<i2', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(8)


def _bad_npy_files() -> dict[str, tuple[bytes, str]]:
    good = _npy("(4,)")
    return {
        "nothing": (b"", "not a .npy file"),
        "text": (b"hello", "not a .npy file"),
        "pickle": (pickle.dumps([1, 2]), "not a .npy file"),
        "archive": (b"PK\x03\x04" + bytes(40), ".npz archive"),
        "cut in the data": (good[:-1], "not a readable .npy"),
        "cut in the header": (good[:60], "not a readable .npy"),
        "cut in the magic": (good[:7], "not a readable .npy"),
        "no header": (good[:10] + bytes(118), "not a readable .npy"),
        "giant shape": (_npy("(2305843009213693952,)"), "not a readable .npy"),
        "negative shape": (_npy("(-4,)"), "not a readable .npy"),
        "shape that is no tuple": (_npy("'four'"), "not a readable .npy"),
        "open bracket": (_npy("(((4,)"), "not a readable .npy"),
    }


@pytest.mark.parametrize("name", _bad_npy_files())
def test_files_that_are_no_arrays(folder, capsys, name):
    data, message = _bad_npy_files()[name]
    Path("bad.npy").write_bytes(data)
    line = run_bad(capsys, "encode", "bad.npy", "x.dpr", "--bits", "16")
    assert "bad.npy: " in line
    assert message in line


def test_damaged_npy_headers_never_do_worse_than_one_line(folder, capsys):
    rng = np.random.default_rng(11)
    good = Path("relu.npy").read_bytes()
    for _ in range(300):
        data = bytearray(good)
        for _ in range(rng.integers(1, 4)):
            data[rng.integers(6, 128)] = rng.choice([0, 32, 39, 40, 41, 44, 45, 48, 57, 91, 123, 255, rng.integers(256)])
        Path("bad.npy").write_bytes(data)
        code = cli.main(["encode", "bad.npy", "x.dpr", "--bits", "16"])
        assert (code, capsys.readouterr().err.count("\n")) in {(0, 0), (2, 1)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["encode", "missing.npy", "x.dpr", "--bits", "16"], "missing.npy: no such file"),
        (["encode", ".", "x.dpr", "--bits", "16"], "is a folder"),
        (["encode", "relu.npy", ".", "--bits", "16"], "name an output file"),
        (["encode", "relu.npy", "none/x.dpr", "--bits", "16"], "does not exist: create it first"),
        (["encode", "relu.npy", "relu.npy", "--bits", "16"], "same file"),
        (["encode", "relu.npy", "./relu.npy", "--bits", "16"], "same file"),
        (["encode", "relu.npy", "link.npy", "--bits", "16"], "same file"),
        (["encode", "relu.npy", os.devnull, "--bits", "16"], "is not a regular file"),
        (["encode", os.devnull, "x.dpr", "--bits", "16"], "is not a regular file"),
        (["encode", "relu.npy", "a" * 300, "--bits", "16"], "name too long"),
        (["decode", "missing.dpr", "x.npy"], "missing.dpr: no such file"),
        (["decode", "relu.npy", "x.npy"], "relu.npy: magic"),
        (["decode", "good.dpr", "good.dpr"], "same file"),
        (["decode", "good.dpr", "none/x.npy"], "does not exist"),
        (["info", "."], "is a folder"),
        (["info", "relu.npy"], "relu.npy: magic"),
        (["info", "missing.dpr"], "no such file"),
        (["info", "line\nbreak"], "'line\\nbreak': no such file"),
        ([], "required: COMMAND"),
        (["frobnicate"], "choose from 'encode', 'decode', 'info'"),
        (["encode"], "required: IN.npy, OUT.dpr, --bits"),
        (["encode", "relu.npy", "x.dpr"], "--bits"),
        (["encode", "relu.npy", "x.dpr", "--bits", "12"], "choose from 16, 8"),
        (["encode", "relu.npy", "x.dpr", "--bits", "16", "--align", "8"], "choose from 64, 1"),
        (["encode", "relu.npy", "x.dpr", "--bits", "16", "--n-low", "x"], "--n-low"),
        (["encode", "relu.npy", "x.dpr", "--bits", "16", "--n-low", "16"], "--n-low 16: must be 0..15 with --bits 16"),
        (["encode", "relu.npy", "x.dpr", "--bits", "8", "--n-low", "-1"], "--n-low -1: must be 0..7"),
        (["encode", "relu.npy", "x.dpr", "--bits", "16", "--prefix-w", "3"], "prefix_w = 3: must be 4"),
        (["encode", "relu.npy", "x.dpr", "--bits", "16", "--sign"], "unrecognized arguments: --sign"),
        (["info", "good.dpr", "more"], "unrecognized arguments: more"),
    ],
)
def test_bad_usage(folder, capsys, arguments, message):
    Path("link.npy").symlink_to("relu.npy")
    run_ok(capsys, "encode", "relu.npy", "good.dpr", "--bits", "16")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert message in run_bad(capsys, *arguments)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_corrupt_containers_are_named_and_the_old_output_stays(folder, capsys):
    run_ok(capsys, "encode", "relu.npy", "x.dpr", "--bits", "16")
    Path("out.npy").write_bytes(b"old")
    data = bytearray(Path("x.dpr").read_bytes())
    data[100] ^= 4
    Path("x.dpr").write_bytes(data)
    assert "x.dpr: payload CRC-32: " in run_bad(capsys, "decode", "x.dpr", "out.npy")
    assert "x.dpr: payload CRC-32: " in run_bad(capsys, "info", "x.dpr")
    data[32:36] = zlib.crc32(bytes(data[64:])).to_bytes(4, "little")
    Path("x.dpr").write_bytes(data)
    data[64] |= 15  # a wider prefix: the group's codes run into its neighbour
    data[32:36] = zlib.crc32(bytes(data[64:])).to_bytes(4, "little")
    Path("x.dpr").write_bytes(data)
    line = run_bad(capsys, "decode", "x.dpr", "out.npy")
    assert "(group " in line
    assert Path("out.npy").read_bytes() == b"old"
    assert sorted(path.name for path in folder.iterdir()) == ["out.npy", "relu.npy", "x.dpr"]


def test_a_full_disk_leaves_the_old_output(folder, capsys, monkeypatch):
    run_ok(capsys, "encode", "relu.npy", "x.dpr", "--bits", "16")
    Path("out.npy").write_bytes(b"old")

    def save_half(file, values):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(decode_command.np, "save", save_half)
    assert "out.npy: cannot be written: No space left on device" in run_bad(capsys, "decode", "x.dpr", "out.npy")
    assert Path("out.npy").read_bytes() == b"old"
    assert sorted(path.name for path in folder.iterdir()) == ["out.npy", "relu.npy", "x.dpr"]


def test_an_interrupted_command_says_so(folder, capsys, monkeypatch):
    def interrupt(file, values):
        raise KeyboardInterrupt

    run_ok(capsys, "encode", "relu.npy", "x.dpr", "--bits", "16")
    monkeypatch.setattr(decode_command.np, "save", interrupt)
    assert cli.main(["decode", "x.dpr", "out.npy"]) == 130
    assert capsys.readouterr().err == "python -m models decode: error: interrupted\n"
    assert not Path("out.npy").exists()


def test_help_lists_the_commands(capsys):
    with pytest.raises(SystemExit) as exit_:
        cli.main(["--help"])
    assert exit_.value.code == 0
    out = capsys.readouterr().out
    assert all(module.NAME in out and module.HELP in out for module in cli.COMMANDS)


def run_process(folder: Path, *arguments: str, **options) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | options.pop("env", {})
    command = [sys.executable, "-m", "models", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, text=True, check=False, timeout=60, **options)


def test_as_a_process(folder):
    done = run_process(folder, "encode", "relu.npy", "x.dpr", "--bits", "16", capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "of raw" in done.stdout
    done = run_process(folder, "encode", "relu.npy", "x.dpr", "--bits", "8", capture_output=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_output_that_cannot_be_printed(folder, capsys):
    run_ok(capsys, "encode", "relu.npy", "é.dpr", "--bits", "16")
    done = run_process(folder, "info", "é.dpr", capture_output=True, env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\xe9.dpr" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_result_that_cannot_be_printed_is_an_error(folder, capsys):
    run_ok(capsys, "encode", "relu.npy", "x.dpr", "--bits", "16")
    with Path("/dev/full").open("w") as full:
        done = run_process(folder, "info", "x.dpr", stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "standard output" in done.stderr
