"""Arrays that are damaged, forged, or no labels."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Spawn, Work
from kits.npy import HOT, LABELS, Array, npy, refuse
from kits.packing import zst
from numpy.lib import format as npy_format

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zst,
}


def claim(shape: tuple[int, ...], descr: str = "<i8", *, data: bytes = bytes(8)) -> bytes:
    """An NPY file whose header says more than it holds."""
    buffer = io.BytesIO()
    npy_format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue() + data


BYTES = npy(LABELS)


@pytest.mark.parametrize("cut", [0, 1, 6, 8, 9, 10, 40, 127])
def test_a_header_cut_short_is_refused(work: Work, cut: int) -> None:
    assert refuse(work, BYTES[:cut]).startswith("error: f.npy is not a whole NPY file: ")


@pytest.mark.parametrize("cut", [1, 8, 31, 32])
def test_data_cut_short_are_refused_with_both_sizes(work: Work, cut: int) -> None:
    expected = f"error: f.npy is truncated: its header claims 32 bytes of data, it has {32 - cut}\n"
    assert refuse(work, BYTES[:-cut]).startswith(expected)


def test_bytes_after_the_array_are_refused(work: Work) -> None:
    message = "error: f.npy has 3 bytes after its array\n\nhint: save one array a file\n"
    assert refuse(work, BYTES + b"abc") == message
    assert refuse(work, BYTES * 2).startswith(f"error: f.npy has {len(BYTES)} bytes after its array\n")


@pytest.mark.parametrize(
    ("data", "message"),
    [(BYTES[:-3], "is truncated"), (BYTES + b"abc", "bytes after its array"), (BYTES[:20], "not a whole")],
)
@pytest.mark.parametrize("compression", ["gz", "bz2", "xz", "zst"])
def test_damage_inside_a_compressed_file_is_refused(
    work: Work, compression: str, data: bytes, message: str
) -> None:
    assert message in refuse(work, PACK[compression](data), "-k", "3", name=f"f.npy.{compression}")


@pytest.mark.parametrize(
    ("data", "message"), [(BYTES[:-3], "is truncated"), (BYTES + b"abc", "bytes after its array")]
)
def test_damage_in_a_pipe_leaves_no_output(work: Work, spawn: Spawn, data: bytes, message: str) -> None:
    process = spawn("smooth", "-k", "3", "-o", "out.npy", stdin=subprocess.PIPE)
    _, err = process.communicate(data)
    assert process.returncode == 1
    assert err.decode().startswith("error: stdin ")
    assert message in err.decode().splitlines()[0]
    assert work.files() == []


@pytest.mark.parametrize(
    ("array", "message", "hint"),
    [
        (
            np.array([0, "a"], object),
            "f.npy holds Python objects (pickle), which are never loaded: they can run code",
            "save numbers or strings: np.save(path, array.astype(str))",
        ),
        (
            np.zeros(3, [("a", "<i4")]),
            "f.npy holds `[('a', '<i4')]`, wanted numbers or strings",
            "save it with .astype(...)",
        ),
        (np.zeros(3, complex), "f.npy holds `complex128`, wanted numbers or strings", None),
        (np.zeros(3, "M8[s]"), "f.npy holds `datetime64[s]`, wanted numbers or strings", None),
        (np.zeros(3, "V4"), "f.npy holds `|V4`, wanted numbers or strings", None),
        (np.array(3), "f.npy holds a single value, not rows", "save a 1-D array"),
        (np.zeros(0, int), "f.npy is empty: its shape is (0,)", None),
        (np.zeros((0, 3)), "f.npy is empty: its shape is (0, 3)", None),
        (np.zeros((3, 0)), "f.npy is empty: its shape is (3, 0)", None),
        (
            np.asfortranarray(np.full((2, 2, 2), 0.5)),
            "f.npy is stored column by column (Fortran order) and cannot be streamed",
            "save it with np.save(path, np.ascontiguousarray(array))",
        ),
        (
            np.zeros((2, 2, 2), int),
            "f.npy: whole numbers of shape (2, 2, 2) can be a map of class indices",
            "pass --labels index; the class axis is then added at the end",
        ),
        (
            np.array([0, 0.5]),
            "f.npy: row 1: label `0.5` is not a whole number",
            "pass --labels multilabel if it is the probability of one label",
        ),
        (np.array([0, np.nan]), "f.npy: row 1: label is NaN", "drop the row, or pass --ignore nan"),
        (
            np.array([0, -1]),
            "f.npy: row 1: label `-1` is negative",
            "pass --ignore -1 if such rows have no label",
        ),
        (
            np.array(["a", ""]),
            "f.npy: row 1: the label is empty",
            "pass --ignore '' if such rows have no label",
        ),
        (
            np.array([["a", "b"]]),
            "f.npy: strings of shape (1, 2) are not one label a row",
            "save a 1-D array",
        ),
        (
            np.array([[0, 1], [1, 1]]),
            "f.npy: row 1: the row sums to 2, not to 1: several labels a row, or counts of votes?",
            None,
        ),
        (np.array([[0, 1], [1, 0], [np.nan, 1]]), "f.npy: row 2: column 1 of the label is NaN", None),
        (np.array([[0.5, 0.5], [1.5, -0.5]]), "f.npy: row 1: the label has a negative value `-0.5`", None),
        (np.array([b"a", b"\xff"]), "f.npy: the byte strings are not UTF-8", None),
    ],
)
def test_what_is_no_label_is_refused(work: Work, array: Array, message: str, hint: str | None) -> None:
    error = refuse(work, array)
    assert error.startswith(f"error: {message}\n")
    if hint is not None:
        assert error == f"error: {message}\n\nhint: {hint}\n"


def test_a_pickle_is_never_loaded(work: Work) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (Path("trapped"),)

    for data in (pickle.dumps(Trap()), npy(np.array([Trap()], object))):
        assert refuse(work, data).startswith("error: f.npy ")
        assert "trapped" not in work.files()


@pytest.mark.parametrize("label", [7, 2**40])
def test_an_index_out_of_range_names_the_row_and_the_range(work: Work, label: int) -> None:
    expected = (
        f"error: f.npy: row 2: label `{label}` is out of range for 5 classes (0-4)\n\n"
        f"hint: pass --classes {label + 1}, or drop the row\n"
    )
    assert refuse(work, np.array([0, 1, label]), "-k", "5") == expected


def test_an_index_above_int64_is_out_of_range_too(work: Work) -> None:
    message = refuse(work, np.array([0, 2**63 + 1], np.uint64), "-k", "5")
    assert message.startswith(
        f"error: f.npy: row 1: label `{2**63 + 1}` is out of range for 5 classes (0-4)\n"
    )


def test_an_index_that_would_make_absurdly_many_classes_is_refused(work: Work) -> None:
    message = refuse(work, np.array([0, 2**40]))
    assert message.startswith(f"error: f.npy: row 1: label `{2**40}` would make {2**40 + 1:,} classes\n")


def test_columns_and_headers_do_not_go_with_arrays(work: Work) -> None:
    for flags in (["--header"], ["--column", "1"], ["--label-columns", "1:2"], ["--no-header"]):
        assert refuse(work, LABELS, *flags).startswith("error: f.npy has no named columns\n")


@pytest.mark.parametrize(
    "data",
    [
        claim((10**15,)),
        claim((1, 10**15), "<f8"),
        claim((2**40, 2**40)),
        claim((1,), "<U536870911", data=b""),
    ],
    ids=["rows", "columns", "product", "string"],
)
def test_a_header_that_claims_more_than_the_file_holds_is_refused_at_once(work: Work, data: bytes) -> None:
    assert refuse(work, data).startswith("error: f.npy is truncated: its header claims ")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(claim((10**15,)), id="rows"),
        pytest.param(claim((1, 10**13), "<f8"), id="columns"),
    ],
)
def test_a_huge_claim_in_a_stream_takes_no_memory(work: Work, data: bytes) -> None:
    message = refuse(work, lzma.compress(data), "-k", "3", name="f.npy.xz")
    assert message.startswith("error: f.npy.xz is truncated")


@pytest.mark.parametrize(
    "head",
    [
        b"{'descr': '<i8', 'fortran_order': False, 'shape': (-1,), }",
        b"{'descr': '<i8', 'fortran_order': False, 'shape': (1.5,), }",
        b"{'descr': '<i8', 'fortran_order': False, 'shape': (1,), 'x': 1}",
        b"{'descr': '<i8', 'fortran_order': 0, 'shape': (1,), }",
        b"{'descr': 'nonsense', 'fortran_order': False, 'shape': (1,), }",
        b"__import__('os')",
        b"\xff\xfe",
        pytest.param(b"(" * 50),
    ],
)
@pytest.mark.parametrize("version", [1, 2, 3, 9])
def test_a_forged_header_is_refused(work: Work, head: bytes, version: int) -> None:
    size = len(head).to_bytes(2 if version == 1 else 4, "little")
    data = b"\x93NUMPY" + bytes([version, 0]) + size + head + bytes(8)
    assert refuse(work, data).startswith("error: f.npy ")


def test_a_version_that_numpy_does_not_read_is_refused(work: Work) -> None:
    data = npy(LABELS, (2, 0))
    for version in (0, 4, 9):
        forged = data[:6] + bytes([version]) + data[7:]
        with pytest.raises(ValueError, match="version"):
            np.load(io.BytesIO(forged))
        assert refuse(work, forged).startswith("error: f.npy is not a whole NPY file: ")


def test_a_csv_named_npy_and_an_array_named_csv_are_refused(work: Work) -> None:
    assert refuse(work, b"0\n1\n").startswith("error: f.npy is not a whole NPY file: ")
    expected = "error: f.csv:1: found a NUL byte, wanted text\n\nhint: if it is an array, name it .npy\n"
    assert refuse(work, BYTES, name="f.csv") == expected
    work.write("g.csv", BYTES)
    assert work.ok("smooth", "g.csv", "--from", "npy", "-e", "0") == HOT


@pytest.mark.parametrize(
    ("flags", "what"),
    [(["-o", "out.csv"], "CSV"), (["-o", "out.npy", "--ignored", "drop"], "--ignored drop")],
)
def test_a_map_needs_an_array_to_go_to(work: Work, flags: list[str], what: str) -> None:
    work.write("f.npy", npy(np.zeros((2, 2, 2), int)))
    message = work.refused("smooth", "f.npy", "--labels", "index", *flags)
    assert message.startswith(f"error: the targets have 4 axes, and {what} cannot hold them\n")


def test_late_rows_that_contradict_name_the_flag(work: Work) -> None:
    fractions = np.zeros(3001)
    fractions[3000] = 0.5
    message = refuse(work, fractions)
    assert message.startswith("error: f.npy: row 3000: label `0.5` is not a whole number\n")
    assert "--labels multilabel" in message
    rows = np.tile([1, 0], (3001, 1))
    rows[3000] = 1
    message = refuse(work, rows)
    assert message.startswith("error: f.npy: row 3000: the row sums to 2, not to 1\n")
    assert "--labels multilabel" in message
