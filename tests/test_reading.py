"""What is read as what in text. ε = 0 gives labels back as they are, so that an output shows the reading."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import subprocess
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from conftest import Spawn, Work
from kits.packing import unzst, zst

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
ASK = (
    "names of columns, or data?\n\n"
    "hint: pass --header if row 1 holds column names, --no-header if it holds data"
)


def hot(classes: int, *labels: int | None) -> str:
    """Return one-hot lines; None is an ignored row."""
    rows = [["1.0" if k == label else "0.0" for k in range(classes)] for label in labels]
    return "".join(",".join(row) + "\n" for row in rows)


def read(work: Work, data: str | bytes, *flags: object, name: str = "f.csv") -> str:
    """Return the labels of a file as targets at ε = 0."""
    work.write(name, data)
    return work.ok("smooth", name, "-e", "0", *flags)


def refuse(work: Work, data: str | bytes, *flags: object, name: str = "f.csv") -> str:
    work.write(name, data)
    return work.refused("smooth", name, "-o", "out.csv", *flags)


CAT_DOG = "cat,dog\n" + hot(2, 0, 1)
UNNAMED = "class_0,class_1\n"

HEADER_RULES: dict[str, tuple[str, Sequence[str], str]] = {
    "--no-header makes text data": ("cat\ndog\n", ["--no-header"], CAT_DOG),
    "--no-header makes the word label data": ("label\ncat\n", ["--no-header"], "cat,label\n" + hot(2, 1, 0)),
    "--header makes a number a name": ("1\n0\n1\n", ["--header"], UNNAMED + hot(2, 0, 1)),
    "--column by name": ("a,b\nx,cat\ny,dog\n", ["--column", "b"], CAT_DOG),
    "--keep by name": ("a,b\nx,cat\ny,dog\n", ["--keep", "a"], "a,cat,dog\nx,1.0,0.0\ny,0.0,1.0\n"),
    "a column by number tells nothing": ("5,1\n6,0\n", ["--column", "2"], hot(2, 1, 0)),
    "counted from 0, but only two": ("0,1\n.2,.8\n", [], "0.0,1.0\n0.2,0.8\n"),
    "counted, out of order": ("0,1,0\n0,0,1\n", [], "0.0,1.0,0.0\n0.0,0.0,1.0\n"),
    "text over numbers": ("species\n0\n1\n", [], UNNAMED + hot(2, 0, 1)),
    "text over numbers, in one column of two": ("0,x\n1,0\n0,1\n", ["--column", "2"], UNNAMED + hot(2, 0, 1)),
    "text over numbers comes before known classes": (
        "cat\n0\n1\n",
        ["--names", "cat,dog"],
        CAT_DOG,
    ),
    "an empty cell over numbers": (",kind\n0,cat\n1,dog\n", ["--column", "2"], CAT_DOG),
    "a number over numbers": ("1\n0\n1\n", [], hot(2, 1, 0, 1)),
    "a number over numbers, text beside it": ("5,cat\n6,dog\n", ["--column", "2"], CAT_DOG),
    "a number over numbers comes before a label name": (
        "1,label\n2,cat\n",
        ["--column", "2"],
        "cat,label\n" + hot(2, 1, 0),
    ),
    "a single row of one number": ("0\n", ["-k", "2"], hot(2, 0)),
    "a label name comes before known classes": (
        "label\ncat\n",
        ["--names", "cat,label"],
        "cat,label\n" + hot(2, 0),
    ),
    "known classes, row 1 is one": ("cat\ndog\n", ["--names", "cat,dog"], CAT_DOG),
    "known classes, row 2 is one": ("kind\ncat\ndog\n", ["--names", "cat,dog"], CAT_DOG),
    "known classes, in a column by number": (
        "id,kind\nx,cat\ny,dog\n",
        ["--names", "cat,dog", "--column", "2"],
        CAT_DOG,
    ),
}


@pytest.mark.parametrize("rule", HEADER_RULES)
def test_header(work: Work, rule: str) -> None:
    data, flags, expected = HEADER_RULES[rule]
    assert read(work, data, *flags) == expected


@pytest.mark.parametrize("heading", ["label", "labels", "target", "class", "y", "Label", "TARGET", "Y"])
def test_a_label_name_over_text_is_a_header_and_picks_the_column(work: Work, heading: str) -> None:
    assert read(work, f"{heading}\ncat\ndog\n") == CAT_DOG
    assert read(work, f"id,{heading},z\nx,cat,q\ny,dog,r\n") == CAT_DOG


@pytest.mark.parametrize("counted", [3, 4, 11])
def test_columns_counted_from_0_over_numbers_are_asked_about(work: Work, counted: int) -> None:
    first = ",".join(map(str, range(counted)))
    rest = ",".join(["0.5", "0.5"] + ["0"] * (counted - 2))
    message = refuse(work, f"{first}\n{rest}\n")
    assert message.startswith("error: f.csv:1: the first row is `0`, `1`, `2`")
    assert message.endswith(f"{ASK}\n")


def test_both_answers_about_counted_columns_work_and_a_name_is_tried_before_a_number(work: Work) -> None:
    data = "0,1,2\n7,0,1\n7,1,0\n"
    assert ASK in refuse(work, data, "--column", "2")
    assert read(work, data, "--header", "--column", "2") == UNNAMED + hot(2, 1, 0)
    assert read(work, data, "--no-header", "--column", "2") == hot(2, 1, 0, 1)


@pytest.mark.parametrize(
    ("data", "flags", "shown"),
    [
        ("cat\ndog\n", [], "`cat`"),
        ("cat\ndog\n", ["-k", "2"], "`cat`"),
        ("a,cat\nb,dog\n", [], "`a`, `cat`"),
        ("kind\nbird\ncat\n", ["--names", "cat,dog"], "`kind`"),
        ("kind\n", ["--names", "cat,dog"], "`kind`"),
    ],
)
def test_text_over_text_is_asked_about(work: Work, data: str, flags: list[str], shown: str) -> None:
    assert refuse(work, data, *flags) == f"error: f.csv:1: the first row is {shown}: {ASK}\n"


def test_the_only_column_that_is_not_kept_is_the_label_cell(work: Work) -> None:
    out = read(work, "a,cat\nb,dog\n", "--names", "cat,dog", "--keep", "1")
    assert out == "column_1,cat,dog\na,1.0,0.0\nb,0.0,1.0\n"


def test_an_ignored_number_makes_a_column_numeric(work: Work) -> None:
    assert read(work, "0\n255\n", "-k", "2", "--ignore", "255") == hot(2, 0, None)


TABLE = "id,kind,label,p,q\n7,cat,1,1,0\n8,dog,0,0,1\n"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([], UNNAMED + hot(2, 1, 0)),
        (["--column", "kind"], CAT_DOG),
        (["--column", "2"], CAT_DOG),
        (["--column", "3"], UNNAMED + hot(2, 1, 0)),
        (["--label-columns", "p:q"], "p,q\n" + hot(2, 0, 1)),
        (["--label-columns", "4:5"], "p,q\n" + hot(2, 0, 1)),
        (["--label-columns", "q,p"], "q,p\n" + hot(2, 1, 0)),
        (["--label-columns", "5,4"], "q,p\n" + hot(2, 1, 0)),
        (["--label-columns", "p:5"], "p,q\n" + hot(2, 0, 1)),
        (["--keep", "id"], "id,class_0,class_1\n7,0.0,1.0\n8,1.0,0.0\n"),
        (["--keep", "kind,1"], "kind,id,class_0,class_1\ncat,7,0.0,1.0\ndog,8,1.0,0.0\n"),
        (["--keep", "id,kind,label"], "id,kind,label,p,q\n7,cat,1,1.0,0.0\n8,dog,0,0.0,1.0\n"),
        (["--keep", "label", "--label-columns", "p:q"], "label,p,q\n1,1.0,0.0\n0,0.0,1.0\n"),
        (["--keep", "label", "--column", "label"], "label,class_0,class_1\n1,0.0,1.0\n0,1.0,0.0\n"),
    ],
)
def test_column_choice(work: Work, flags: list[str], expected: str) -> None:
    assert read(work, TABLE, *flags) == expected


def test_a_kept_column_is_never_the_label_by_its_name(work: Work) -> None:
    data = "label,class\n0,1\n1,0\n"
    assert read(work, data, "--keep", "label") == "label,class_0,class_1\n0,0.0,1.0\n1,1.0,0.0\n"
    assert read(work, data, "--keep", "class") == "class,class_0,class_1\n1,1.0,0.0\n0,0.0,1.0\n"


def test_a_column_whose_name_is_a_number_is_found_by_it_first(work: Work) -> None:
    assert read(work, "2,b\n1,x\n0,y\n", "--header", "--column", "2") == UNNAMED + hot(2, 1, 0)
    assert read(work, "2,b\n1,0\n0,1\n", "--header", "--column", "b") == UNNAMED + hot(2, 0, 1)


def test_a_kept_column_without_a_header_is_headed_by_its_number_where_there_is_a_heading(work: Work) -> None:
    data = "7,0\n8,1\n"
    assert read(work, data, "--column", "2", "--keep", "1") == "7,1.0,0.0\n8,0.0,1.0\n"
    named = read(work, data, "--column", "2", "--keep", "1", "--names", "cat,dog")
    assert named == "column_1,cat,dog\n7,1.0,0.0\n8,0.0,1.0\n"


@pytest.mark.parametrize(
    ("data", "flags", "expected"),
    [
        ("0\n2\n1\n", [], hot(3, 0, 2, 1)),
        ("0\n1\n1\n", [], hot(2, 0, 1, 1)),
        ("1.0\n0\n2e0\n", [], hot(3, 1, 0, 2)),
        (" 1 \n\t0\n", [], hot(2, 1, 0)),
        ("+1\n-0\n", [], hot(2, 1, 0)),
        ('"1"\n"0"\n', [], hot(2, 1, 0)),
        ("1\n0\n", ["-k", "4"], hot(4, 1, 0)),
        ("1\n0\n", ["--labels", "index"], hot(2, 1, 0)),
        ("7\n3\n", ["--labels", "name"], "class_3,class_7\n" + hot(2, 1, 0)),
        ("1,0\n0,1\n", [], hot(2, 0, 1)),
        (".25,.75\n1,0\n", [], "0.25,0.75\n1.0,0.0\n"),
        ("1,1\n0,0\n", ["--labels", "multilabel"], "1.0,1.0\n0.0,0.0\n"),
        (".5,1\n.25,0\n", ["--labels", "multilabel"], "0.5,1.0\n0.25,0.0\n"),
        ("0.5\n1\n", ["--labels", "multilabel"], "0.5\n1.0\n"),
    ],
)
def test_kinds(work: Work, data: str, flags: list[str], expected: str) -> None:
    assert read(work, data, *flags) == expected


@pytest.mark.parametrize(
    ("data", "names", "expected"),
    [
        ("dog\ncat\n", None, "cat,dog\n" + hot(2, 1, 0)),
        ("dog\ncat\n", "dog,cat", "dog,cat\n" + hot(2, 0, 1)),
        ("dog\nDog\n dog\n", None, " dog,Dog,dog\n" + hot(3, 2, 1, 0)),
        ("1\n0\n", "cat,dog", "cat,dog\n" + hot(2, 1, 0)),
        ("1\ncat\n", "cat,dog", "cat,dog\n" + hot(2, 1, 0)),
        ("cat\n1\n", "cat,1", "cat,class_1\n" + hot(2, 0, 1)),
        ("10\n20\n", "20,10", "class_20,class_10\n" + hot(2, 1, 0)),
        ("1\n0\n", "1,0", "class_1,class_0\n" + hot(2, 0, 1)),
        ("naïve\nλ\n", "λ,naïve", "λ,naïve\n" + hot(2, 1, 0)),
        ('"a,b"\nc\n', '"a,b",c', '"a,b",c\n' + hot(2, 0, 1)),
        ("True\nFalse\n", None, "False,True\n" + hot(2, 1, 0)),
    ],
)
def test_names_and_indices(work: Work, data: str, names: str | None, expected: str) -> None:
    flags = ["--names", names] if names else []
    assert read(work, data, "--no-header", *flags) == expected


@pytest.mark.parametrize("names", ["01,02", "1.5,2.5", "1e3,1e4", "nan,inf", "-1,+1"])
def test_a_cell_equal_to_a_name_is_that_name_even_where_it_is_a_number(work: Work, names: str) -> None:
    first, second = names.split(",")
    out = read(work, f"{second}\n{first}\n", "--no-header", "--names", names)
    assert out == f"class_{first},class_{second}\n" + hot(2, 1, 0)


def test_a_number_that_only_equals_a_name_by_value_is_not_that_name(work: Work) -> None:
    message = refuse(work, "20\n10.0\n", "--names", "10,20")
    assert message.startswith("error: f.csv:2: unknown class `10.0`")


@pytest.mark.parametrize("content", ["dog\ncat\n", "dog\r\ncat\r\n", "dog\ncat", "\ufeffdog\ncat\n"])
def test_names_are_read_from_a_file(work: Work, content: str) -> None:
    work.write("names.txt", content)
    assert read(work, "cat\ndog\n", "--names", "names.txt") == "dog,cat\n" + hot(2, 1, 0)


@pytest.mark.parametrize(
    "name",
    [
        "plain",
        "with space",
        " edge ",
        "λ",
        'in"side',
        "a\tb",
        pytest.param("a,b"),
        pytest.param('"q"'),
    ],
)
def test_names_out_is_read_back_by_names(work: Work, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    first = read(work, f"{quoted}\nzz\n", "--no-header", "--names-out", "order")
    assert read(work, f"{quoted}\nzz\n", "--no-header", "--names", "order") == first


def test_names_out_is_one_name_a_line_in_the_order_used(work: Work) -> None:
    read(work, "dog\ncat\n", "--no-header", "--names-out", "a.txt")
    assert work.read("a.txt") == "cat\ndog\n"
    read(work, "dog\ncat\n", "--names", "dog,cat", "--names-out", "b.txt")
    assert work.read("b.txt") == "dog\ncat\n"


def test_named_columns_of_rows_are_matched_to_names(work: Work) -> None:
    assert read(work, "a,b\n1,0\n0,1\n", "--names", "b,a") == "b,a\n" + hot(2, 1, 0)


@pytest.mark.parametrize(
    ("header", "names", "heading", "row"),
    [
        ("class_0,class_1", None, "class_0,class_1", ".75,.25"),  # in order: unnamed
        ("class_0,class_1", "cat,dog", "cat,dog", ".75,.25"),
        ("class_3,class_7", None, "class_3,class_7", ".75,.25"),
        ("class_3,class_7", "7,3", "class_7,class_3", ".25,.75"),
        ("class_1,class_0", "0,1", "class_0,class_1", ".25,.75"),
        ("class_0,cat", "cat,0", "cat,class_0", ".25,.75"),
    ],
)
def test_class_number_headings(work: Work, header: str, names: str | None, heading: str, row: str) -> None:
    out = read(work, f"{header}\n.75,.25\n0,1\n", *(["--names", names] if names else []))
    assert out.splitlines()[:2] == [heading, row.replace(".", "0.")]


@pytest.mark.parametrize("names", ["3,7", "cat,7"])
def test_an_output_is_read_back_as_rows_of_the_same_classes(work: Work, names: str) -> None:
    first = read(work, names.replace(",", "\n") + "\n", "--no-header", "--names", names)
    assert read(work, first, name="g.csv") == first


@pytest.mark.parametrize(
    ("data", "flags", "expected"),
    [
        ("0\n1\n", [], hot(2, 0, 1)),
        ("x\n0\n1\n", [], UNNAMED + hot(2, 0, 1)),
        ("0\n1\n", ["--names", "cat,dog"], CAT_DOG),
        ("0\n1\n", ["--names", "3,cat"], None),
        ("cat\ndog\n", ["--no-header"], CAT_DOG),
        ("a,b\n1,0\n0,1\n", [], "a,b\n" + hot(2, 0, 1)),
        ("1,0\n0,1\n", ["--names", "cat,dog"], CAT_DOG),
        ("10,20\n1,0\n0,1\n", ["--header"], "class_10,class_20\n" + hot(2, 0, 1)),
    ],
)
def test_header_of_the_output(work: Work, data: str, flags: list[str], expected: str | None) -> None:
    if expected is None:
        assert "unknown class `0`" in refuse(work, data, *flags)
    else:
        assert read(work, data, *flags) == expected


def test_tsv_in_and_out(work: Work) -> None:
    assert read(work, "id\tlabel\na,b\t1\nc\t0\n", "--keep", "id", name="f.tsv") == (
        'id,class_0,class_1\n"a,b",0.0,1.0\nc,1.0,0.0\n'
    )
    out = read(work, 'id,label\n"a\tb",1\nc,0\n', "--keep", "id", "--to", "tsv", name="g.csv")
    assert out == 'id\tclass_0\tclass_1\n"a\tb"\t0.0\t1.0\nc\t1.0\t0.0\n'


@pytest.mark.parametrize(
    ("data", "values", "classes"),
    [
        ("0\n255\n1\n", ["255"], 2),
        ("0\n-1\n1\n", ["-1"], 2),
        ("0\n-100\n1\n", ["-100"], 2),
        ("0.0\n-1.0\n1.0\n", ["-1"], 2),
        ("0\n\n1\n", [""], 2),
        ("0\nNA\n1\n", ["NA"], 2),
        ("0\nnan\n1\n", ["nan"], 2),
        ("1,0\n0,0\n0,1\n", ["zero"], 2),
        ("1,0\nnan,nan\n0,1\n", ["nan"], 2),
        ("1,0\nNaN,NAN\n0,1\n", ["nan", "zero"], 2),
    ],
)
@pytest.mark.parametrize(
    ("how", "line"), [("zero", "0.0,0.0\n"), ("nan", "nan,nan\n"), ("drop", ""), (None, "0.0,0.0\n")]
)
def test_ignored_rows(
    work: Work, data: str, values: list[str], classes: int, how: str | None, line: str
) -> None:
    flags = [part for value in values for part in ("--ignore", value)] + (["--ignored", how] if how else [])
    out = read(work, data, *flags)
    assert out == hot(classes, 0) + line + hot(classes, 1)


@pytest.mark.parametrize(
    ("data", "ignore", "flags"),
    [("dog\n?\ncat\n", "?", []), ("dog\n\ncat\n", "", []), ("dog\n?\ncat\n", "?", ["--names", "cat,dog"])],
)
def test_ignored_names_are_no_classes(work: Work, data: str, ignore: str, flags: list[str]) -> None:
    out = read(work, data, "--no-header", "--ignore", ignore, *flags)
    assert out == "cat,dog\n" + hot(2, 1, None, 0)


def test_an_ignored_class_of_names_is_ignored_by_its_name(work: Work) -> None:
    out = read(work, "dog\ncat\n", "--names", "cat,dog", "--ignore", "dog")
    assert out == "cat,dog\n" + hot(2, None, 0)


def test_ignored_rows_are_dropped_with_their_kept_cells(work: Work) -> None:
    out = read(
        work, "id,label\na,0\nb,255\nc,1\n", "--keep", "id", "--ignore", "255", "--ignored", "drop", "-k", "2"
    )
    assert out == "id,class_0,class_1\na,1.0,0.0\nc,0.0,1.0\n"


def test_ignore_zero_says_nothing_about_class_0(work: Work) -> None:
    assert read(work, "0\n1\n", "--ignore", "zero") == hot(2, 0, 1)


@pytest.mark.parametrize(
    ("row", "fine"),
    [
        (".33,.33,.33", True),  # 3 · 0.5 · 10⁻² = 0.015 ≥ |0.99 - 1|
        (".33,.33,.3", False),  # |0.96 - 1| > 0.015
        ("3.3e-1,3.3e-1,3.3e-1", True),  # the exponent counts: 2 decimals
        (".3,.3,.35", False),  # the most decimals in the row count, 2: |0.95 - 1| > 0.015
        (".3,.3,.38", False),  # |0.98 - 1| > 0.015
        (".3,.3,.39", True),  # |0.99 - 1| < 0.015
        (".3,.3,.3", False),  # at most 0.05
        ("0.4,0.3,0.3", True),
        ("0.333333,0.333333,0.333333", True),  # 1.5e-6 ≥ 1e-6
        ("0.333333,0.333333,0.333330", False),
        ("0.3333333,0.3333333,0.3333334", True),
    ],
)
def test_rows_sum_to_1_within_their_decimals(work: Work, row: str, fine: bool) -> None:
    work.write("f.csv", f"1,0,0\n{row}\n")
    result = work.run("smooth", "f.csv", "-e", "0")
    assert (result.code == 0) == fine, result.err
    if fine:
        assert result.out.splitlines()[1] == ",".join(repr(float(cell)) for cell in row.split(","))
    else:
        assert result.err.startswith("error: f.csv:2: the row sums to ")


def test_rows_that_sum_to_1_only_within_their_decimals_are_said(work: Work) -> None:
    work.write("f.csv", ".33,.33,.33\n1,0,0\n.5,.25,.25\n")
    assert "1 rows sum to 1 only within their decimals" in work.run("smooth", "f.csv").err
    work.write("g.csv", "1,0,0\n")
    assert "within their decimals" not in work.run("smooth", "g.csv").err


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
