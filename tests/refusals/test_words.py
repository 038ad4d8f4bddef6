"""How a refusal reads."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work

#: What is found, and the start of the first line, where the design wants a hint and there is none.
HINTLESS = {
    "a folder": ("folder.csv", {}, "", "cannot read folder.csv: is a directory"),
    "a loop of symlinks": ("loop.csv", {}, "", "cannot read loop.csv: "),
    "text after a quote": ("f.csv", {"f.csv": '0\n"1"x\n'}, "", "f.csv:2: found text after a closing quote"),
    "precision": ("f.csv", {"f.csv": "0\n1\n"}, "--precision 0", "--precision is 0, wanted 1-17"),
    "prior of another length": (
        "f.csv",
        {"f.csv": "0\n1\n"},
        "--prior 1,2,3",
        "--prior holds 3 values for 2 classes",
    ),
    "names in two columns": (
        "f.csv",
        {"f.csv": "0\n1\n", "n.csv": "a,b\n"},
        "--names n.csv",
        "n.csv has 2 columns, wanted one name a line",
    ),
    "a prior that holds a class twice": (
        "f.csv",
        {"f.csv": "0\n1\n", "p.csv": "0,1\n0,2\n"},
        "--prior p.csv",
        "p.csv: class `0` stands twice",
    ),
    "a prior of three columns": (
        "f.csv",
        {"f.csv": "0\n1\n", "p.csv": "0,1,2\n"},
        "--prior p.csv",
        "p.csv has 3 columns, wanted values, or classes and values",
    ),
    "not an array": ("f.npy", {"f.npy": "0\n1\n"}, "", "f.npy is not a whole NPY file: "),
}


@pytest.mark.parametrize("name", HINTLESS)
def test_refusals_say_what_is_wrong(work: Work, name: str) -> None:
    assert refuse_hintless(work, name).startswith(f"error: {HINTLESS[name][3]}")


@pytest.mark.parametrize("name", HINTLESS)
def test_every_refusal_has_a_hint(work: Work, name: str) -> None:
    assert "\n\nhint: " in refuse_hintless(work, name)


def refuse_hintless(work: Work, name: str) -> str:
    file, contents, flags, _ = HINTLESS[name]
    for path, content in contents.items():
        work.write(path, content)
    (work.folder / "folder.csv").mkdir()
    (work.folder / "loop.csv").symlink_to("loop.csv")
    code = 2 if "--precision" in flags else 1
    return work.refused("smooth", file, *flags.split(), "-o", "out.csv", code=code)


@pytest.mark.parametrize("data", ["1;0\n0;1\n", "label;x\n0;1\n1;0\n", "a;b\nc;d\n", "0,5;0,5\n0,2;0,8\n"])
def test_semicolons_are_named_as_the_cause(work: Work, data: str) -> None:
    work.write("f.csv", data)
    assert "semicolons" in work.refused("smooth", "f.csv", "-o", "out.csv").splitlines()[0]


@pytest.mark.parametrize("row", ["-0.5,1.5", "nan,1", "2,-1"])
def test_a_hint_for_a_row_that_no_kind_allows_does_not_name_a_kind(work: Work, row: str) -> None:
    work.write("f.csv", f".5,.5\n{row}\n")
    error = work.refused("smooth", "f.csv", "-o", "out.csv")
    assert error.startswith("error: f.csv:2: ")
    assert "multilabel" not in error


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("-0.5,1.5", "the label has a negative value `-0.5`"),
        ("1,-1e-3", "the label has a negative value `-0.001`"),
        ("nan,1", "column 1 of the label is NaN"),
        ("0.5,nan", "column 2 of the label is NaN"),
    ],
)
@pytest.mark.parametrize("rows", [1, 3000])
def test_values_that_are_no_probabilities_are_named(work: Work, row: str, message: str, rows: int) -> None:
    work.write("f.csv", ".5,.5\n" * rows + f"{row}\n")
    error = work.refused("smooth", "f.csv", "-o", "out.csv")
    assert error.startswith(f"error: f.csv:{rows + 1}: {message}\n")


def test_a_column_number_out_of_range_does_not_deny_the_header(work: Work) -> None:
    work.write("f.csv", "label\n0\n1\n")
    for column in ("²", "9" * 5000):
        assert "has no column" in work.refused("smooth", "f.csv", "--column", column)
    error = work.refused("smooth", "f.csv", "--column", "3")
    assert "there is no header" not in error


def test_a_line_has_a_bound(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lsmooth.files.records.MOST_LINE_BYTES", 1 << 19)
    work.write("f.csv", "1,0\n" + "1,0," * 400_000)
    error = work.refused("smooth", "f.csv")
    assert error.startswith("error: f.csv:2: found a line of more than 524,288 bytes\n")


def test_a_hint_can_be_pasted_into_a_shell(work: Work) -> None:
    work.write("f.csv", "0\n1\nnot known; ls\n")
    error = work.refused("smooth", "f.csv", "-o", "out.csv")
    assert "hint: pass --ignore 'not known; ls' if" in error
    work.ok("smooth", "f.csv", "--ignore", "not known; ls")


ESCAPES = [("\x1b[31mred", r"\x1b[31mred"), ("a\tb", r"a\tb"), ("\x9bz", r"\x9bz"), ("x\u202ey", r"x\u202ey")]


@pytest.mark.parametrize(("raw", "escaped"), ESCAPES)
def test_control_characters_of_the_data_are_escaped(work: Work, raw: str, escaped: str) -> None:
    work.write("f.csv", f"0\n1\n{raw}\n")
    error = work.refused("smooth", "f.csv", "-o", "out.csv")
    assert error.startswith(f"error: f.csv:3: label `{escaped}` is text, others are numbers\n")
    work.write("g.csv", f'id,"{raw}"\n1,0\n2,1\n')
    error = work.refused("smooth", "g.csv", "--column", "nothing")
    assert error.endswith(f"hint: the columns are `id`, `{escaped}`\n")
    for text in (error, work.run("smooth", f"{raw}.csv").err):
        assert raw not in text
    work.write("h.csv", f"{raw}\nb\n")
    assert raw not in work.run("smooth", "h.csv", "--no-header").err


def test_markup_in_the_data_is_shown_as_it_is(work: Work) -> None:
    work.write("f.csv", "0\n1\n[red]x[/red]\n")
    error = work.refused("smooth", "f.csv", "-o", "out.csv")
    assert "label `[red]x[/red]` is text" in error
    work.write("g.csv", "[bold]a[/]\nb\n")
    assert "([bold]a[/], b)" in work.run("smooth", "g.csv", "--no-header").err


def test_a_line_break_in_a_file_name_is_escaped(work: Work) -> None:
    error = work.refused("smooth", "a\nhint: b.csv")
    assert error.startswith(r"error: cannot read a\nhint: b.csv: ")


def test_a_line_break_in_a_label_is_escaped_in_the_hint(work: Work) -> None:
    work.write("f.csv", '0\n1\n"a\nerror: b"\n')
    error = work.refused("smooth", "f.csv", "-o", "out.csv")
    assert error.startswith("error: f.csv:3: label `a\\nerror: b` is text, others are numbers\n")
    assert len(error.splitlines()) == 3


def test_a_line_break_in_a_name_leaves_the_summary_one_line(work: Work) -> None:
    work.write("f.csv", '"a\nb"\nc\n')
    assert len(work.run("smooth", "f.csv", "--no-header").err.splitlines()) == 1


def test_a_long_value_is_cut(work: Work) -> None:
    work.write("f.csv", "0\n1\n" + "x" * 5000 + "\n")
    first = work.refused("smooth", "f.csv", "-o", "out.csv").splitlines()[0]
    assert first == "error: f.csv:3: label `" + "x" * 60 + "…` is text, others are numbers"


def test_names_given_twice_by_the_header_of_rows_are_refused(work: Work) -> None:
    work.write("f.csv", "a,a\n1,0\n0,1\n")
    assert "`a`" in work.refused("smooth", "f.csv", "-o", "out.csv").splitlines()[0]


def test_an_error_late_in_the_file_leaves_nothing(work: Work) -> None:
    work.write("f.csv", "0\n1\n" * 200_000 + "9\n")
    for output in ("out.csv", "out.npy", "out.csv.gz", "out.npy.xz"):
        error = work.refused("smooth", "f.csv", "-k", "2", "-o", output, "--names-out", "n.txt")
        assert error.startswith("error: f.csv:400001: label `9` is out of range for 2 classes (0-1)\n")


def test_errors_are_shown_though_quiet_and_written_to_stderr_alone(work: Work) -> None:
    work.write("f.csv", "0\n7\n")
    result = work.run("smooth", "f.csv", "-k", "5", "-q", "-o", "out.csv")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: f.csv:2: label `7`")


def test_the_same_label_is_refused_in_an_array(work: Work) -> None:
    np.save("f.npy", np.array([0, 1, 7]))
    error = work.refused("smooth", "f.npy", "-k", "5", "-o", "out.csv")
    assert error == (
        "error: f.npy: row 2: label `7` is out of range for 5 classes (0-4)\n\n"
        "hint: pass --classes 8, or drop the row\n"
    )
