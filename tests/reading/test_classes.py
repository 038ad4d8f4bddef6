"""Names, headings and ignored rows."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work
from kits.readings import CAT_DOG, UNNAMED, hot, read, refuse

import lsmooth


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


def test_an_ignored_class_of_indices_is_ignored_by_its_name_too(work: Work) -> None:
    flags = ["--names", "cat,dog", "--ignore", "dog", "-e", "0"]
    wanted = [[1.0, 0.0], [0.0, 0.0]]
    assert read(work, "0\n1\n", *flags) == "cat,dog\n1.0,0.0\n0.0,0.0\n"
    np.save("y.npy", [0, 1])
    assert work.ok("smooth", "y.npy", *flags, "--to", "csv") == "cat,dog\n1.0,0.0\n0.0,0.0\n"
    assert lsmooth.smooth([0, 1], 0, names=["cat", "dog"], ignore=["dog"]).tolist() == wanted


@pytest.mark.parametrize("value", ["True", "true", "1"])
def test_an_ignored_truth_value_goes_by_its_name_or_number(work: Work, value: str) -> None:
    np.save("y.npy", [False, True])
    out = work.ok("smooth", "y.npy", "-k", "2", "--ignore", value, "-e", "0", "--to", "csv")
    assert out == "1.0,0.0\n0.0,0.0\n"
    assert lsmooth.smooth(np.array([False, True]), 0, 2, ignore=[value]).tolist() == [[1.0, 0.0], [0.0, 0.0]]


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


def test_a_class_of_names_is_ignored_by_its_index_too(work: Work) -> None:
    flags = ["--names", "bird,cat,dog", "--ignore", "1", "-e", "0"]
    assert read(work, "cat\ndog\n", *flags) == "bird,cat,dog\n" + "0.0,0.0,0.0\n0.0,0.0,1.0\n"
    rows = lsmooth.smooth(["cat", "dog"], 0, names=["bird", "cat", "dog"], ignore=[1])
    assert rows.tolist() == [[0, 0, 0], [0, 0, 1]]
    numbers = ["--names", "20,10", "--ignore", "1", "-e", "0"]
    assert read(work, "10\n20\n", *numbers).splitlines()[1:] == ["0.0,1.0", "1.0,0.0"]


def test_a_label_to_ignore_need_not_be_in_a_list(work: Work) -> None:
    wanted = [[1.0, 0.0], [0.0, 0.0]]
    assert lsmooth.smooth(["cat", "dog"], 0, names=["cat", "dog"], ignore="dog").tolist() == wanted
    work.write("y.csv", "label\ncat\ndog\n")
    lsmooth.smooth_file("y.csv", "t.npy", epsilon=0, names=["cat", "dog"], ignore="dog")
    assert np.load("t.npy").tolist() == wanted


def test_columns_to_keep_and_classes_to_exclude_add_up(work: Work) -> None:
    work.write("y.csv", "a,b,label\n1,2,0\n3,4,1\n")
    flags = ["-k", "4", "--exclude", "3", "--exclude", "2", "--keep", "b", "--keep", "a"]
    assert work.ok("smooth", "y.csv", *flags, "-e", "0.5") == (
        "b,a,class_0,class_1,class_2,class_3\n2,1,0.75,0.25,0.0,0.0\n4,3,0.25,0.75,0.0,0.0\n"
    )


def test_a_class_has_one_value(work: Work) -> None:
    work.write("y.csv", "label\ncat\ndog\n")
    error = work.refused("smooth", "y.csv", "--names", "cat,dog", "--prior", "cat=1,dog=2,0=3")
    assert error.startswith("error: --prior has two values for one class: `cat` and `0`\n")


@pytest.mark.parametrize("rows", ["1,0,0\n0,1,0\n", "0.5,0.25,0.25\n0,1,0\n"])
def test_a_class_of_rows_is_not_ignored_in_silence(work: Work, rows: str) -> None:
    work.write("y.csv", "cat,dog,bird\n" + rows)
    for flags in (["--ignore", "dog"], ["--ignore", "2"], ["--like", "keras", "--pad", "dog"]):
        assert "is a class: the labels are rows of values" in work.refused("smooth", "y.csv", *flags)
    error = work.refused("smooth", "y.csv", "--exclude", "dog")
    assert error.endswith("hint: do not exclude it, or drop the row\n")
    work.ok("smooth", "y.csv", "--ignore", "zero", "--ignore=-100")


@pytest.mark.parametrize("value", ["1", "1.0", " +1. "])
def test_an_index_to_ignore_may_be_written_as_a_float(work: Work, value: str) -> None:
    np.save("y.npy", [0, 1])
    flags = ["-k", "2", "--ignore", value, "-e", "0", "--to", "csv"]
    assert work.ok("smooth", "y.npy", *flags) == "1.0,0.0\n0.0,0.0\n"
