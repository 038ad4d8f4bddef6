"""NPY in and out: every header that numpy writes, every dtype, and every damaged file refused."""

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
from kits.packing import zst
from numpy.lib import format as npy_format
from numpy.typing import NDArray

Array = NDArray[Any]
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zst,
}
LABELS = np.array([0, 2, 1, 1])
HOT = "1.0,0.0,0.0\n0.0,0.0,1.0\n0.0,1.0,0.0\n0.0,1.0,0.0\n"  # LABELS at ε = 0


def npy(array: Array, version: tuple[int, int] | None = None) -> bytes:
    buffer = io.BytesIO()
    npy_format.write_array(buffer, array, version=version, allow_pickle=True)
    return buffer.getvalue()


def claim(shape: tuple[int, ...], descr: str = "<i8", *, data: bytes = bytes(8)) -> bytes:
    """An NPY file whose header says more than it holds."""
    buffer = io.BytesIO()
    npy_format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue() + data


def read(work: Work, array: Array, *flags: object) -> str:
    work.write("f.npy", npy(array))
    return work.ok("smooth", "f.npy", "-e", "0", *flags)


def targets(work: Work, array: Array, *flags: object) -> Array:
    """Return the array that is written for an array, opened as the design promises."""
    work.write("f.npy", npy(array))
    work.ok("smooth", "f.npy", "-o", "out.npy", "-f", *flags)
    opened: Array = np.load(work.folder / "out.npy", mmap_mode="r")
    assert isinstance(opened, np.memmap)
    return opened


def refuse(work: Work, data: bytes | Array, *flags: object, name: str = "f.npy") -> str:
    work.write(name, data if isinstance(data, bytes) else npy(data))
    return work.refused("smooth", name, "-o", "out.npy", *flags)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_header_versions(work: Work, version: tuple[int, int]) -> None:
    work.write("f.npy", npy(LABELS, version))
    assert work.ok("smooth", "f.npy", "-e", "0") == HOT


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"])
def test_whole_numbers_of_every_dtype_are_indices(work: Work, dtype: str, order: str) -> None:
    assert read(work, LABELS.astype(order + dtype)) == HOT
    assert read(work, LABELS.astype(order + dtype), "-k", "3") == HOT
    assert read(work, LABELS.astype(order + dtype)[:, None]) == HOT


def test_bool_is_0_and_1(work: Work) -> None:
    assert read(work, np.array([True, False])) == "0.0,1.0\n1.0,0.0\n"
    assert read(work, np.array([[True, False], [False, True]])) == "1.0,0.0\n0.0,1.0\n"


@pytest.mark.parametrize("dtype", ["<U3", ">U3", "S3", "U9"])
def test_strings_are_names(work: Work, dtype: str) -> None:
    array = np.array(["dog", "cat"]).astype(dtype)
    assert read(work, array) == "cat,dog\n0.0,1.0\n1.0,0.0\n"
    assert read(work, array[:, None]) == "cat,dog\n0.0,1.0\n1.0,0.0\n"
    assert read(work, array, "--names", "dog,cat") == "dog,cat\n1.0,0.0\n0.0,1.0\n"


def test_strings_of_digits_are_names(work: Work) -> None:
    assert read(work, np.array(["7", "03"])) == "class_03,class_7\n0.0,1.0\n1.0,0.0\n"


def test_strings_of_utf_8_bytes_are_decoded(work: Work) -> None:
    assert read(work, np.array(["λ".encode(), b"a"])) == "a,λ\n0.0,1.0\n1.0,0.0\n"


def test_integers_are_indices_unless_a_name_is_a_number(work: Work) -> None:
    assert read(work, np.array([1, 0]), "--names", "cat,dog") == "cat,dog\n0.0,1.0\n1.0,0.0\n"
    assert read(work, np.array([7, 3]), "--names", "3,7") == "class_3,class_7\n0.0,1.0\n1.0,0.0\n"


ROWS = np.array([[0.5, 0.25, 0.25], [0, 1, 0], [0, 0, 1], [1, 0, 0], [0.25, 0.5, 0.25]])


@pytest.mark.parametrize("dtype", [">f8", "<f4", "<f2"])
@pytest.mark.parametrize("fortran", [False, True])
@pytest.mark.parametrize("repeat", [1, 5000])
def test_rows_in_either_order(work: Work, dtype: str, fortran: bool, repeat: int) -> None:
    array = np.tile(ROWS, (repeat, 1)).astype(dtype)
    array = np.asfortranarray(array) if fortran else array
    assert np.isfortran(array) is fortran
    out = targets(work, array, "-e", "0", "--dtype", "float64")
    np.testing.assert_array_equal(out, np.tile(ROWS, (repeat, 1)))  # quarters are exact in float16


def test_rows_of_whole_numbers_that_are_one_hot(work: Work) -> None:
    assert read(work, np.asfortranarray(np.eye(3, dtype=int)[LABELS])) == HOT


@pytest.mark.parametrize(
    ("dtype", "off", "fine"),
    [
        ("f8", 0.9e-6, True),
        pytest.param("f8", 2e-6, False),
        ("f4", 0.9e-5, True),
        ("f4", 2e-5, False),
        ("f2", 0.9e-2, True),
        ("f2", 2e-2, False),
    ],
)
def test_a_row_sums_to_1_within_what_its_dtype_allows(work: Work, dtype: str, off: float, fine: bool) -> None:
    array = np.array([[0.5, 0.5], [0.5, 0.5 + off]], dtype)
    if fine:
        out = targets(work, array, "-e", "0", "--dtype", "float64")
        np.testing.assert_array_equal(out, array.astype(np.float64))  # as read, not renormalised
    else:
        assert refuse(work, array).startswith("error: f.npy: row 1: the row sums to 1.0")


def test_output_is_float32_unless_asked_and_values_are_cast_once(work: Work) -> None:
    on, off = (1 - 0.1) + 0.1 / 3, 0.1 / 3
    expected = np.where(np.eye(3)[LABELS] == 1, on, off)
    assert targets(work, LABELS).dtype == np.float32
    for dtype in ("float16", "float32", "float64"):
        out = targets(work, LABELS, "--dtype", dtype)
        assert (out.dtype, out.shape, out.flags.c_contiguous) == (np.dtype(dtype), (4, 3), True)
        np.testing.assert_array_equal(out, expected.astype(dtype))


@pytest.mark.parametrize("flags", [[], ["--spread", "others"], ["--prior", "labels"], ["-e", "0.3"]])
@pytest.mark.parametrize("rows", [1, 255, 256, 257, 70_001])
def test_csv_gives_what_npy_gives(work: Work, rows: int, flags: list[str]) -> None:
    labels = np.arange(rows) * 7 % 5
    work.write("f.csv", "".join(f"{label}\n" for label in labels))
    from_npy = targets(work, labels, "-k", "5", *flags)
    assert from_npy.shape == (rows, 5)
    work.ok("smooth", "f.csv", "-k", "5", "-o", "csv.npy", *flags)
    assert work.folder.joinpath("csv.npy").read_bytes() == work.folder.joinpath("out.npy").read_bytes()


@pytest.mark.parametrize("shape", [(2, 3), (1, 4), (2, 2, 2), (3, 1, 2)])
def test_a_map_of_indices_gets_the_class_axis_last(work: Work, shape: tuple[int, ...]) -> None:
    labels = np.arange(np.prod(shape)).reshape(shape) % 3
    out = targets(work, labels, "--labels", "index", "-k", "3", "-e", "0")
    np.testing.assert_array_equal(out, np.eye(3)[labels])


def test_ignored_values_of_a_map_are_zero_or_nan(work: Work) -> None:
    labels = np.array([[[0, 255], [1, 0]]], np.uint8)
    flags = ["--labels", "index", "--ignore", "255", "-e", "0"]
    expected = np.array([[[[1, 0], [0, 0]], [[0, 1], [1, 0]]]], np.float32)
    np.testing.assert_array_equal(targets(work, labels, *flags), expected)
    expected[0, 0, 1] = np.nan
    np.testing.assert_array_equal(targets(work, labels, *flags, "--ignored", "nan"), expected)


def test_floats_of_many_axes_are_rows_on_the_last(work: Work) -> None:
    rows = np.array([[[0.75, 0.25], [0, 1]], [[1, 0], [0.5, 0.5]], [[0.25, 0.75], [1, 0]]])
    np.testing.assert_array_equal(targets(work, rows, "-e", "0"), rows)
    np.testing.assert_array_equal(targets(work, rows, "-e", "1"), np.full((3, 2, 2), 0.5))


@pytest.mark.parametrize("dtype", ["i1", "i8", "f4", "u1"])
def test_ignored_labels(work: Work, dtype: str) -> None:
    value = 255 if dtype == "u1" else -1
    array = np.array([0, value, 1]).astype(dtype)
    out = targets(work, array, "--ignore", value, "-e", "0")
    np.testing.assert_array_equal(out, [[1, 0], [0, 0], [0, 1]])
    dropped = targets(work, array, "--ignore", value, "--ignored", "drop", "-e", "0")
    np.testing.assert_array_equal(dropped, [[1, 0], [0, 1]])


def test_nan_labels_are_ignored_when_asked(work: Work) -> None:
    out = targets(work, np.array([0, np.nan, 1]), "--ignore", "nan", "-e", "0")
    np.testing.assert_array_equal(out, [[1, 0], [0, 0], [0, 1]])
    rows = targets(work, np.array([[1, 0], [np.nan, np.nan], [0, 0]]), "--ignore", "nan", "--ignore", "zero")
    np.testing.assert_array_equal(rows[1:], np.zeros((2, 2)))


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz", "zst"])
def test_compressed_in_gives_what_plain_gives(work: Work, compression: str) -> None:
    plain = targets(work, LABELS, "-e", "0")
    work.ok("smooth", "f.npy", "-o", f"out.npy.{compression}")
    work.ok("smooth", f"out.npy.{compression}", "-e", "0", "-o", "again.npy")
    work.ok("smooth", "f.npy", "-o", "once.npy")
    np.testing.assert_array_equal(np.load("again.npy"), np.load("once.npy"))
    assert plain.shape == (4, 3)


def test_npy_to_standard_output_is_the_file(work: Work, spawn: Spawn) -> None:
    targets(work, LABELS)
    process = spawn("smooth", "f.npy", "--to", "npy", "-q")
    out, err = process.communicate()
    assert (process.returncode, err) == (0, b"")
    np.testing.assert_array_equal(np.load(io.BytesIO(out)), np.load(work.folder / "out.npy"))


def test_npy_from_a_pipe(spawn: Spawn) -> None:
    process = spawn("smooth", "-k", "3", "-e", "0", stdin=subprocess.PIPE)
    out, err = process.communicate(npy(LABELS))
    assert (process.returncode, out.decode()) == (0, HOT), err.decode()


def test_several_arrays_are_one(work: Work) -> None:
    np.save("a.npy", LABELS)
    np.save("b.npy", LABELS[::-1].astype(np.float32)[:, None])
    np.save("c.npy", np.array([True, False]))
    work.ok("smooth", "a.npy", "b.npy", "c.npy", "-e", "0", "-o", "out.npy")
    expected = np.eye(3)[[*LABELS, *LABELS[::-1], 1, 0]]
    np.testing.assert_array_equal(np.load("out.npy"), expected)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(LABELS, np.eye(2, dtype=int), id="labels, then one-hot rows"),
        pytest.param(LABELS, np.array(["cat"]), id="indices, then names"),
        pytest.param(np.array(["cat"]), LABELS, id="names, then indices"),
        pytest.param(np.eye(2), LABELS, id="rows, then labels"),
        pytest.param(np.eye(2), np.eye(3), id="rows of two and three classes"),
        pytest.param(np.full((1, 2, 2), 0.5), np.full((1, 3, 2), 0.5), id="other inner axes"),
    ],
)
def test_arrays_of_different_kinds_are_not_read_as_one(work: Work, first: Array, second: Array) -> None:
    np.save("a.npy", first)
    np.save("b.npy", second)
    assert "b.npy" in work.refused("smooth", "a.npy", "b.npy", "-o", "out.npy").splitlines()[0]


@pytest.mark.parametrize(("first", "second"), [((1, 2, 2), (3,)), ((1, 2, 2), (1, 2, 3)), ((2, 2), (2, 3))])
def test_maps_of_different_shapes_are_not_read_as_one(
    work: Work, first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    np.save("a.npy", np.zeros(first, int))
    np.save("b.npy", np.zeros(second, int))
    flags = ["--labels", "index", "-k", "2", "-o", "out.npy"]
    assert "b.npy" in work.refused("smooth", "a.npy", "b.npy", *flags).splitlines()[0]


def test_text_and_arrays_are_not_read_as_one(work: Work) -> None:
    work.write("a.csv", "0\n1\n")
    np.save("b.npy", LABELS)
    message = work.refused("smooth", "a.csv", "b.npy", "-o", "out.npy")
    assert "are files of two kinds" in message


def test_arrays_and_columns_are_not_read_as_one(work: Work) -> None:
    polars = pytest.importorskip("polars")
    polars.DataFrame({"label": LABELS.tolist()}).write_parquet("a.parquet")
    np.save("b.npy", LABELS)
    for paths in (["a.parquet", "b.npy"], ["b.npy", "a.parquet"]):
        assert "are files of two kinds" in work.refused("smooth", *paths, "-o", "out.npy")


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
