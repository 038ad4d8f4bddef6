"""Headers, columns and kinds."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from conftest import Work
from kits.readings import CAT_DOG, UNNAMED, hot, read, refuse

ASK = (
    "names of columns, or data?\n\n"
    "hint: pass --header if row 1 holds column names, --no-header if it holds data"
)

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


def test_a_first_row_that_is_empty_is_no_header(work: Work) -> None:
    assert read(work, "\n0\n1\n", "--ignore", "", "-e", "0") == "0.0,0.0\n1.0,0.0\n0.0,1.0\n"
    assert refuse(work, "\n0\n1\n").startswith("error: f.csv:1: the label is empty\n")


@pytest.mark.parametrize("data", ["cat\n1\ndog\n", "cat\ndog\n1\n"])
def test_a_number_among_names_makes_no_header(work: Work, data: str) -> None:
    message = refuse(work, data, "--labels", "name", "--column", "1")
    assert message.startswith("error: f.csv:1: the first row is `cat`: names of columns, or data?\n")
    assert len(read(work, data, "--labels", "name", "--no-header").splitlines()) == 4
