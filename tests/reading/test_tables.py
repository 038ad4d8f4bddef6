"""The same table however it is written, packed or piped."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import subprocess
from collections.abc import Callable

import numpy as np
import pytest
from conftest import Spawn, Work
from kits.packing import unzst, zst
from kits.readings import UNNAMED, hot, read, refuse

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zst,
}

UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.decompress,
    "bz2": bz2.decompress,
    "xz": lzma.decompress,
    "zst": unzst,
}
PACKED = ["gz", "bz2", "xz", "zst"]
BASE = 'id,label\n"a,1",cat\nb,dog\n"say ""hi""",cat\n'


@pytest.mark.parametrize(
    "data",
    [
        BASE.encode(),
        BASE.rstrip("\n").encode(),
        BASE.replace("\n", "\r\n").encode(),
        BASE.replace("\n", "\r\n").rstrip("\r\n").encode(),
        b"\xef\xbb\xbf" + BASE.encode(),
        b"\xef\xbb\xbf" + BASE.replace("\n", "\r\n").encode(),
        (BASE + "\n\n").encode(),
        (BASE.replace("\n", "\r\n") + "\r\n\r\n").encode(),
        BASE.replace("id", '"id"').replace("cat", '"cat"').encode(),
        b"\xef\xbb\xbf" + BASE.replace("id,", '"id",').encode(),
    ],
    ids=[
        "plain",
        "no-end",
        "crlf",
        "crlf-no-end",
        "bom",
        "bom-crlf",
        "blank",
        "blank-crlf",
        "quoted",
        "bom-quoted",
    ],
)
def test_the_same_table_however_it_is_written(work: Work, data: bytes) -> None:
    expected = 'id,cat,dog\n"a,1",1.0,0.0\nb,0.0,1.0\n"say ""hi""",1.0,0.0\n'
    assert read(work, data, "--keep", "id") == expected


@pytest.mark.parametrize(
    "data",
    [b"0\n1\n", b"0\n1", b"0\r\n1\r\n", b"0\r\n1", b"\xef\xbb\xbf0\n1\n", b"0\n1\n\n\n", b'"0"\n1\r\n\r\n'],
)
def test_the_same_labels_however_they_are_written(work: Work, data: bytes) -> None:
    assert read(work, data) == hot(2, 0, 1)


def test_a_line_break_inside_quotes_counts_as_a_line(work: Work) -> None:
    message = refuse(work, 'note,label\n"a\nb",0\nc,7\n', "-k", "5")
    assert message.startswith("error: f.csv:4: label `7` is out of range for 5 classes (0-4)\n")


@pytest.mark.parametrize("late", ["c,d", "c,0.5"])
def test_a_line_break_inside_quotes_counts_as_a_line_while_the_kind_is_told(work: Work, late: str) -> None:
    message = refuse(work, f'note,label\n"a\nb",0\n{late}\n')
    assert message.startswith("error: f.csv:4: ")


@pytest.mark.parametrize("mark", ["\n", "\r", "\r\n"])
def test_a_line_break_in_a_kept_cell_or_a_heading_stays_in_quotes(work: Work, mark: str) -> None:
    out = read(work, f'note,label\n"a{mark}b",0\nc,1\n', "--keep", "note")
    assert list(csv.reader(io.StringIO(out, newline=""))) == [
        ["note", "class_0", "class_1"],
        [f"a{mark}b", "1.0", "0.0"],
        ["c", "0.0", "1.0"],
    ]


@pytest.mark.parametrize("rows", [1, 999, 1000, 70_000])
def test_a_blank_line_is_an_empty_cell_in_one_column_and_a_ragged_row_in_two(work: Work, rows: int) -> None:
    one = refuse(work, "0\n" * rows + "\n1\n\n")
    assert one.startswith(f"error: f.csv:{rows + 1}: ")
    assert "empty" in one
    assert "--ignore ''" in one
    two = refuse(work, "0,1\n" * rows + "\n1,0\n\n")
    assert two.startswith(
        f"error: f.csv:{rows + 1}: found a blank line, wanted 2 cells as in the first row\n"
    )


def test_blank_lines_are_counted_when_they_are_labels_to_ignore(work: Work) -> None:
    out = read(work, "0\n\n\n1\n\n\n", "--ignore", "")
    assert out == hot(2, 0, None, None, 1)


@pytest.mark.parametrize(
    ("first", "late", "flag"),
    [
        ("1", "cat", "--ignore"),
        ("1", "0x1F", "--ignore"),
        ("1", "0.5", "--labels multilabel"),
        ("1,0", "1,1", "--labels multilabel"),
        (".5,.5", "0,0", "--labels multilabel"),
    ],
)
def test_a_late_row_that_contradicts_names_its_line_and_the_flag(
    work: Work, first: str, late: str, flag: str
) -> None:
    message = refuse(work, f"{first}\n" * 3000 + f"{late}\n")
    assert message.startswith("error: f.csv:3001: ")
    assert flag in message.partition("hint: ")[2]


@pytest.mark.parametrize("rows", [1, 999, 1000, 70_000])
def test_a_second_cell_in_a_column_of_names_is_no_part_of_the_name(work: Work, rows: int) -> None:
    message = refuse(work, "cat\n" * rows + "cat,dog\n", "--no-header")
    assert message.startswith(f"error: f.csv:{rows + 1}: found 2 cells, wanted 1 cell as in the first row\n")


def test_the_kind_is_decided_on_1000_rows(work: Work) -> None:
    message = refuse(work, "1\n" * 999 + "cat\n")
    assert message.startswith("error: f.csv:1000: label `cat` is text, others are numbers\n")
    late_number = read(work, "cat\n" * 1000 + "7\n", "--no-header")
    assert late_number.splitlines()[0] == "class_7,cat"


def test_several_files_are_one_in_order(work: Work) -> None:
    work.write("a.csv", "label\n0\n1")
    work.write("b.csv", "label\r\n2\r\n")
    work.write("c.tsv", "label\n1\n")
    out = work.ok("smooth", "a.csv", "b.csv", "c.tsv", "-e", "0")
    assert out == "class_0,class_1,class_2\n" + hot(3, 0, 1, 2, 1)
    assert work.ok("smooth", "c.tsv", "a.csv", "b.csv", "-e", "0").endswith(hot(3, 1, 0, 1, 2))


def test_several_files_with_names_share_their_classes(work: Work) -> None:
    work.write("a.csv", "id,label\n1,dog\n")
    work.write("b.csv", "id,label\n2,cat\n")
    out = work.ok("smooth", "a.csv", "b.csv", "-e", "0", "--keep", "id")
    assert out == "id,cat,dog\n1,0.0,1.0\n2,1.0,0.0\n"


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("label\n0\n", "class\n1\n", "b.csv: the first row is `class`, wanted the header `label`"),
        ("label\n0\n", "1\n", "b.csv: the first row is `1`, wanted the header `label`"),
        pytest.param("0\n1\n", "1,0\n", "b.csv has 2 columns, wanted 1 as a.csv"),
        pytest.param("1,0\n", "1,0,9\n", "b.csv has 3 columns, wanted 2 as a.csv"),
        pytest.param("1,0\n", "1\n", "b.csv has 1 columns, wanted 2 as a.csv"),
        ("0\n1\n", "cat\n", "b.csv:1: found `cat`, wanted a number"),
        ("0\n1\n", "", "b.csv is empty, wanted at least one row"),
    ],
)
def test_a_further_file_that_differs_is_refused(work: Work, first: str, second: str, message: str) -> None:
    work.write("a.csv", first)
    work.write("b.csv", second)
    error = work.refused("smooth", "a.csv", "b.csv", "-o", "out.csv")
    assert error.startswith(f"error: {message}\n")


def test_standard_input_is_csv_or_what_its_signature_says(work: Work) -> None:
    csv = b"label\n1\n0\n"
    for given in ([], ["-"]):
        assert work.ok("smooth", *given, "-e", "0", stdin=csv) == UNNAMED + hot(2, 1, 0)
    work.write("b.csv", "label\n1\n")
    assert work.ok("smooth", "b.csv", "-", "-e", "0", stdin=csv) == UNNAMED + hot(2, 1, 1, 0)
    assert work.ok("smooth", "--from", "tsv", "-e", "0", "--column", "b", stdin="a\tb\nx\t1\ny\t0\n") == (
        UNNAMED + hot(2, 1, 0)
    )


@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize("packing", [None, *PACKED])
@pytest.mark.parametrize("kind", ["csv", "npy"])
def test_standard_input_recognises_npy_and_what_is_packed(
    work: Work, spawn: Spawn, kind: str, packing: str | None, piped: bool
) -> None:
    np.save(work.folder / "f.npy", np.array([1, 0]))
    data = (work.folder / "f.npy").read_bytes() if kind == "npy" else b"1\n0\n"
    data = data if packing is None else PACK[packing](data)
    flags = ["smooth", "-e", "0", "-k", "2"]
    if not piped:
        assert work.ok(*flags, stdin=data) == hot(2, 1, 0)
        return
    process = spawn(*flags, stdin=subprocess.PIPE)
    out, err = process.communicate(data)
    assert (process.returncode, out.decode()) == (0, hot(2, 1, 0)), err.decode()


@pytest.mark.parametrize("packing", PACKED)
def test_packed_standard_input_that_is_cut_is_told(work: Work, packing: str) -> None:
    error = work.refused("smooth", stdin=PACK[packing](b"1\n0\n" * 9999)[:-5])
    assert error.endswith(" file ends in the middle of its data\n\nhint: check what wrote it\n")


def test_a_pipe_is_read_once_so_the_classes_must_be_given(spawn: Spawn) -> None:
    process = spawn("smooth", stdin=subprocess.PIPE)
    out, err = process.communicate(b"1\n0\n")
    assert (process.returncode, out) == (1, b"")
    assert err.decode() == (
        "error: stdin can be read only once, so the classes must be given\n\nhint: pass --classes K\n"
    )


def test_from_overrides_the_suffix_and_to_overrides_that_of_the_output(work: Work) -> None:
    assert read(work, "1\n0\n", "--from", "csv", name="labels.txt") == hot(2, 1, 0)
    assert read(work, "1\t0\n0\t1\n", "--from", "tsv", name="labels.csv") == hot(2, 0, 1)
    assert read(work, "1\n0\n", "--to", "tsv", "-o", "out.dat") == ""
    assert work.read("out.dat") == hot(2, 1, 0).replace(",", "\t")


@pytest.mark.parametrize("compression", PACKED)
@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_compressed_input_is_read_as_the_plain_one(work: Work, compression: str, suffix: str) -> None:
    data = "id\tlabel\nx\tdog\ny\tcat\n".replace("\t", "\t" if suffix == "tsv" else ",").encode()
    name = f"f.{suffix}.{compression}"
    assert read(work, PACK[compression](data), "--keep", "id", name=name) == (
        "id,cat,dog\nx,0.0,1.0\ny,1.0,0.0\n"
    )


@pytest.mark.parametrize("compression", PACKED)
def test_compressed_parts_one_after_another_are_one_file(work: Work, compression: str) -> None:
    pack = PACK[compression]
    assert read(work, pack(b"0\n1\n") + pack(b"2\n"), name=f"f.csv.{compression}") == hot(3, 0, 1, 2)


@pytest.mark.parametrize("compression", UNPACK)
@pytest.mark.parametrize("suffix", ["csv", "tsv", "npy"])
def test_compressed_output_holds_the_plain_one(work: Work, compression: str, suffix: str) -> None:
    read(work, "0\n2\n1\n", "-o", f"plain.{suffix}")
    read(work, "0\n2\n1\n", "-o", f"packed.{suffix}.{compression}")
    packed = (work.folder / f"packed.{suffix}.{compression}").read_bytes()
    assert UNPACK[compression](packed) == (work.folder / f"plain.{suffix}").read_bytes()


def test_suffixes_are_read_in_any_case(work: Work) -> None:
    assert read(work, "0\n1\n", name="F.CSV") == hot(2, 0, 1)


def test_the_summary_says_what_was_read(work: Work) -> None:
    work.write("f.csv", "id,Label\n1,dog\n2,cat\n")
    err = work.run("smooth", "f.csv").err
    assert len(err.splitlines()) == 1
    for part in ("2 rows", "2 classes found (cat, dog)", "epsilon 0.1", "column Label", "with a header"):
        assert part in err
    assert work.run("smooth", "f.csv", "-q").err == ""
