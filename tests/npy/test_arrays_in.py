"""Arrays that are labels."""

from __future__ import annotations

import io
import subprocess

import numpy as np
import pytest
from conftest import Spawn, Work
from kits.npy import HOT, LABELS, Array, npy, refuse


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
