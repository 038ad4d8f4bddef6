"""Counting rows, and compressors."""

from __future__ import annotations

import bz2
import fcntl
import gzip
import hashlib
import io
import lzma
import os
import subprocess
from collections.abc import Callable

import numpy as np
import pytest
from conftest import Spawn, Work
from kits.packing import unzst
from kits.writing import LABELS, SOFT

UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.decompress,
    "bz2": bz2.decompress,
    "xz": lzma.decompress,
    "zst": unzst,
}

# NPY whose number of rows must stand in its header


@pytest.mark.parametrize("suffix", ["npy.gz", "npy.bz2", "npy.xz", "npy.zst"])
@pytest.mark.parametrize("ignored", ["zero", "drop"])
def test_rows_are_counted_before_npy_goes_into_a_compressor(work: Work, suffix: str, ignored: str) -> None:
    work.write("labels.csv", LABELS + "-1\n")
    flags = ["-k", 3, "--ignore", "-1", "--ignored", ignored]
    work.ok("smooth", "labels.csv", *flags, "-o", f"soft.{suffix}")
    work.ok("smooth", "labels.csv", *flags, "-o", "plain.npy")
    packed = work.folder.joinpath(f"soft.{suffix}").read_bytes()
    assert UNPACK[suffix[4:]](packed) == work.folder.joinpath("plain.npy").read_bytes()


def test_rows_are_counted_before_npy_goes_into_a_pipe(work: Work, spawn: Spawn) -> None:
    work.write("labels.csv", LABELS)
    out, error = spawn("smooth", "labels.csv", "-k", "3", "--to", "npy").communicate()
    assert np.load(io.BytesIO(out)).shape == (3, 3), error


@pytest.mark.parametrize("output", [("--to", "npy"), ("-o", "soft.npy.gz")])
def test_npy_of_unknown_length_is_refused_where_rows_cannot_be_counted(
    work: Work, spawn: Spawn, output: tuple[str, ...]
) -> None:
    process = spawn("smooth", "-k", "3", *output, stdin=subprocess.PIPE)
    out, error = process.communicate(LABELS.encode())
    assert (process.returncode, out) == (1, b"")
    assert error.startswith(b"error: stdin can be read only once, so the number of rows")
    assert b"\nhint: pass --to csv, or -o with an .npy file\n" in error
    assert work.files() == []


def test_npy_of_unknown_length_goes_into_a_file(work: Work, spawn: Spawn) -> None:
    process = spawn("smooth", "-k", "3", "-o", "soft.npy", stdin=subprocess.PIPE)
    _, error = process.communicate(LABELS.encode() * 1000)
    assert process.returncode == 0, error
    assert np.load(work.folder / "soft.npy", mmap_mode="r").shape == (3000, 3)


def test_npy_of_known_length_goes_from_a_pipe_into_a_pipe(work: Work, spawn: Spawn) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    process = spawn("smooth", "-k", "3", "--to", "npy", stdin=subprocess.PIPE)
    out, error = process.communicate(buffer.getvalue())
    assert process.returncode == 0, error
    assert np.load(io.BytesIO(out)).shape == (3, 3)
    assert work.files() == []


# Compression


@pytest.mark.parametrize("suffix", ["csv.gz", "npy.gz", "csv.bz2", "tsv.xz", "csv.zst"])
def test_compressed_outputs_are_the_same_bytes_each_time_under_any_name(work: Work, suffix: str) -> None:
    work.write("labels.csv", LABELS)
    digests = set()
    for name in ("one", "two"):
        output = work.folder / f"{name}.{suffix}"
        work.ok("smooth", "labels.csv", "-o", output.name)
        digests.add(hashlib.sha256(output.read_bytes()).hexdigest())
    assert len(digests) == 1
    if suffix.endswith("gz"):
        header = work.folder.joinpath(f"one.{suffix}").read_bytes()[:10]
        assert header[3:8] == bytes(5), "no name, no time"


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz", "zst"])
def test_what_is_compressed_is_what_would_have_been_written(work: Work, suffix: str) -> None:
    work.write("labels.csv", LABELS)
    work.ok("smooth", "labels.csv", "-o", f"soft.csv.{suffix}")
    assert UNPACK[suffix](work.folder.joinpath(f"soft.csv.{suffix}").read_bytes()).decode() == SOFT


def test_a_name_in_capitals_is_compressed_too(work: Work) -> None:
    work.write("labels.csv", LABELS)
    work.ok("smooth", "labels.csv", "-o", "SOFT.CSV.GZ")
    assert gzip.decompress(work.folder.joinpath("SOFT.CSV.GZ").read_bytes()).decode() == SOFT


def test_a_pipe_that_takes_little_at_a_time_gets_everything(work: Work, spawn: Spawn) -> None:
    work.write("labels.csv", LABELS * 20_000)
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    process = spawn("smooth", "labels.csv", stdout=writer)
    os.close(writer)
    with open(reader, "rb", buffering=0) as pipe:  # noqa: PTH123 - a descriptor
        data = b"".join(iter(lambda: pipe.read(1000), b""))
    process.communicate()
    assert process.returncode == 0
    assert data == SOFT.encode() * 20_000
