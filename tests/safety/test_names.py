"""A name of the data, or of a file, is shown and never raw."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits.hostile import FEW, HOSTILE, NAMES, TOGETHER, quoted, raw_in
from kits.torture.cases import claiming, forged, npy

LONG = "x" * 10_000

#: More of one name is not shown at once.
MOST = 500


def shown(work: Work, *arguments: object) -> str:
    result = work.run(*arguments)
    assert result.code in (0, 1, 2)
    assert "Traceback" not in result.err
    return result.out + result.err


# Where a name of the data, or of a file, may be shown


Place = Callable[[Work, str], str]


def a_cell(work: Work, raw: str) -> str:
    work.write("f.csv", f"0\n1\n{quoted(raw)}\n")
    return work.refused("smooth", "f.csv")


def a_late_cell(work: Work, raw: str) -> str:
    work.write("f.csv", "0\n" * 1100 + f"{quoted(raw)}\n")
    return work.run("smooth", "f.csv").err


def a_cell_of_a_row(work: Work, raw: str) -> str:
    work.write("f.csv", f".5,.5\n.5,{quoted(raw)}\n")
    return work.run("smooth", "f.csv").err


def an_unknown_class(work: Work, raw: str) -> str:
    work.write("f.csv", f"cat\n{quoted(raw)}\n")
    return work.run("smooth", "f.csv", "--names", "cat,dog").err


def a_first_row(work: Work, raw: str) -> str:
    work.write("f.csv", f"{quoted(raw)}\nb\n")
    return work.run("smooth", "f.csv").err


def a_header(work: Work, raw: str) -> str:
    work.write("f.csv", f"id,{quoted(raw)}\n1,0\n2,1\n")
    return work.refused("smooth", "f.csv", "--column", "nothing")


def a_doubled_header(work: Work, raw: str) -> str:
    work.write("f.csv", f"{quoted(raw)},{quoted(raw)}\n1,0\n0,1\n")
    return work.refused("smooth", "f.csv", "--header")


def a_flag(work: Work, raw: str) -> str:
    work.write("f.csv", "id,kind\n1,0\n2,1\n")
    flags = ("--column", "--label-columns", "--keep", "--exclude", "--names", "--prior", "--epsilon-column")
    return "".join(work.run("smooth", "f.csv", f"{flag}={raw}").err for flag in flags)


def a_name_in_a_file(work: Work, raw: str) -> str:
    work.write("f.csv", "0\n1\n")
    work.write("n.txt", f"{quoted(raw)}\n{quoted(raw)}\n")
    return work.refused("smooth", "f.csv", "--names", "n.txt")


def a_class_of_a_map(work: Work, raw: str) -> str:
    work.write("f.csv", "0\n1\n")
    work.write("p.csv", f"0,1\n1,1\n{quoted(raw)},1\n")
    return work.refused("smooth", "f.csv", "--prior", "p.csv")


def a_node_of_a_tree(work: Work, raw: str) -> str:
    work.write("f.csv", "0\n1\n")
    work.write("t.csv", f"parent,child\n{quoted(raw)},0\n{quoted(raw)},{quoted(raw)}\n")
    return work.run("smooth", "f.csv", "--hierarchy", "t.csv").err


def a_string_of_an_array(work: Work, raw: str) -> str:
    work.write("f.npy", npy(np.array(["cat", raw])))
    return work.run("smooth", "f.npy", "--names", "cat,dog").err


def a_header_of_an_array(work: Work, raw: str) -> str:
    work.write("f.npy", forged(f"{{'descr': {raw!r}, 'fortran_order': False, 'shape': (3,)}}", version=3))
    return work.run("smooth", "f.npy").err


def a_field_of_an_array(work: Work, raw: str) -> str:
    work.write("f.npy", claiming(f"[({raw!r}, '<i8')]", "(3,)"))
    return work.refused("smooth", "f.npy")


def classes_in_the_summary(work: Work, raw: str) -> str:
    work.write("f.csv", f"label\n{quoted(raw)}\nb\n")
    return work.run("smooth", "f.csv").err


def a_column_in_the_summary(work: Work, raw: str) -> str:
    work.write("f.csv", f"id,{quoted(raw)}\n5,0\n6,1\n")
    return work.run("smooth", "f.csv", "--header", "--column", "2").err


def the_summary_as_json(work: Work, raw: str) -> str:
    work.write("f.csv", f"label\n{quoted(raw)}\nb\n")
    return work.run("smooth", "f.csv", "--json").err


def a_report(work: Work, raw: str) -> str:
    work.write("p.csv", f"{quoted(raw)},b\n2,-1\n-1,2\n")
    work.write("l.csv", f"label\n{quoted(raw)}\nb\n")
    return shown(work, "loss", "p.csv", "l.csv", "--report")


def a_comparison(work: Work, raw: str) -> str:
    work.write("p.csv", f"{quoted(raw)},b\n2,-1\n-1,2\n")
    work.write("l.csv", f"label\n{quoted(raw)}\nb\n")
    found = shown(work, "loss", "p.csv", "l.csv", "--compare", "--pad", raw)
    return found + shown(work, "loss", "p.csv", "l.csv", "--compare", "--json")


def labels_that_are_no_columns(work: Work, raw: str) -> str:
    work.write("p.csv", f"{quoted(raw)},b\n2,-1\n-1,2\n")
    work.write("l.csv", "label\na\nb\n")
    return work.refused("loss", "p.csv", "l.csv")


def explained_classes(work: Work, raw: str) -> str:
    work.write("f.csv", f"{quoted(raw)},b,c\n.9,.05,.05\n.05,.9,.05\n")
    return shown(work, "explain", "f.csv") + shown(work, "explain", "f.csv", "--markdown")


def explained_classes_as_json(work: Work, raw: str) -> str:
    work.write("f.csv", f"{quoted(raw)},b,c\n.9,.05,.05\n.05,.9,.05\n")
    return shown(work, "explain", "f.csv", "--json")


def columns_left_out_and_reserved(work: Work, raw: str) -> str:
    work.write(
        "f.csv",
        f"id{quoted(raw)[1:-1]},a,b,c\nt,.9,.1,0\nt,.1,.9,0\n".replace("id", '"id', 1).replace(
            ",a", '",a', 1
        ),
    )
    work.write("g.csv", f"a,b,{quoted(raw)}\n.9,.1,0\n.1,.9,0\n")
    return shown(work, "explain", "f.csv") + shown(work, "explain", "g.csv")


def a_topic(work: Work, raw: str) -> str:
    return shown(work, "explain", f"a{raw}")


def a_flag_that_is_none(work: Work, raw: str) -> str:
    return shown(work, "smooth", f"--{raw}") + shown(work, f"a{raw}") + shown(work, "smooth", "-k", raw)


CELLS: list[Place] = [
    a_cell,
    a_late_cell,
    a_cell_of_a_row,
    an_unknown_class,
    a_first_row,
    a_header,
    a_doubled_header,
    a_flag,
    a_name_in_a_file,
    a_class_of_a_map,
    a_node_of_a_tree,
    a_string_of_an_array,
    a_header_of_an_array,
    a_field_of_an_array,
    classes_in_the_summary,
    a_column_in_the_summary,
    the_summary_as_json,
    a_report,
    a_comparison,
    labels_that_are_no_columns,
    explained_classes,
    explained_classes_as_json,
    columns_left_out_and_reserved,
    a_topic,
    a_flag_that_is_none,
]


def a_missing_file(work: Work, raw: str) -> str:
    return work.refused("smooth", f"{raw}.csv")


def a_file_of_another_suffix(work: Work, raw: str) -> str:
    return work.run("smooth", f"f.{raw}").err + work.run("smooth", f"{raw}.txt").err


def a_file_with_an_error(work: Work, raw: str) -> str:
    work.write(f"{raw}.csv", "0\n1\nx\n")
    return work.refused("smooth", f"{raw}.csv")


def a_file_in_another_encoding(work: Work, raw: str) -> str:
    work.write(f"{raw}.csv", "0\n".encode("utf-16"))
    return work.refused("smooth", f"{raw}.csv")


def an_array_with_an_error(work: Work, raw: str) -> str:
    work.write(f"{raw}.npy", npy(np.array([0, -1])))
    return work.refused("smooth", f"{raw}.npy")


def a_packed_file_that_is_damaged(work: Work, raw: str) -> str:
    work.write(f"{raw}.csv.gz", b"\x1f\x8b")
    return work.refused("smooth", f"{raw}.csv.gz")


def an_output(work: Work, raw: str) -> str:
    work.write("f.csv", "0\n1\n")
    first = work.run("smooth", "f.csv", "-o", f"{raw}.csv")
    assert first.code == 0
    return first.err + work.refused("smooth", "f.csv", "-o", f"{raw}.csv")


def a_folder_that_is_not_there(work: Work, raw: str) -> str:
    work.write("f.csv", "0\n1\n")
    return work.refused("smooth", "f.csv", "-o", f"{raw}/o.csv")


def an_output_as_json(work: Work, raw: str) -> str:
    work.write("f.csv", "0\n1\n")
    return work.run("smooth", "f.csv", "-o", f"{raw}.csv", "--json").err


def files_of_flags(work: Work, raw: str) -> str:
    work.write("f.csv", "0\n1\n")
    work.write(f"{raw}.csv", "\n")
    flags = ("--names", "--prior", "--hierarchy", "--similarity", "--per-class", "--confusion")
    return "".join(work.run("smooth", "f.csv", flag, f"./{raw}.csv").err for flag in flags)


def a_warning_about_a_file(work: Work, raw: str) -> str:
    work.write(f"{raw}.csv", "a,b\n0,1\n0,1\n")
    work.write("l.csv", "label\n0\n1\n")
    return work.run("loss", f"{raw}.csv", "l.csv").err


def another_file_that_differs(work: Work, raw: str) -> str:
    work.write(f"{raw}.csv", "0\n1\n")
    work.write(f"b{raw}.csv", "0,1\n1,0\n")
    return work.run("smooth", f"{raw}.csv", f"b{raw}.csv").err


def an_explained_file(work: Work, raw: str) -> str:
    work.write(f"{raw}.csv", "a,b\n.9,.1\n.1,.9\n")
    return shown(work, "explain", f"{raw}.csv") + shown(work, "explain", f"{raw}.csv", "--markdown")


def an_explained_file_as_json(work: Work, raw: str) -> str:
    work.write(f"{raw}.csv", "a,b\n.9,.1\n.1,.9\n")
    return shown(work, "explain", f"{raw}.csv", "--json")


FILES: list[Place] = [
    a_missing_file,
    a_file_of_another_suffix,
    a_file_with_an_error,
    a_file_in_another_encoding,
    an_array_with_an_error,
    a_packed_file_that_is_damaged,
    an_output,
    a_folder_that_is_not_there,
    an_output_as_json,
    files_of_flags,
    a_warning_about_a_file,
    another_file_that_differs,
    an_explained_file,
    an_explained_file_as_json,
]


def cases(places: list[Place], names: dict[str, str]) -> list[Any]:
    """Return each place with each name."""
    made = []
    for place in places:
        for name, raw in names.items():
            made.append(pytest.param(place, raw, id=f"{place.__name__}: {name}"))
    return made


EACH = [*cases([classes_in_the_summary], HOSTILE), *cases([a_missing_file], NAMES)]


@pytest.mark.parametrize(("place", "raw"), [*cases(CELLS, TOGETHER), *cases(FILES, FEW), *EACH])
def test_a_name_is_shown_and_never_raw(work: Work, place: Place, raw: str) -> None:
    text = place(work, raw)
    assert text
    assert raw_in(text) == []
    if "\n" in raw:
        assert raw not in text
        assert "\nerror: b" not in text


MARKED = [a_cell, a_header, classes_in_the_summary, a_column_in_the_summary, a_report, explained_classes]


@pytest.mark.parametrize("raw", ["[red]x[/red]", "x[/]y", "\\[red]", "[@click=x]y"])
@pytest.mark.parametrize("place", [*MARKED, an_explained_file, an_output], ids=lambda place: place.__name__)
def test_markup_is_shown_as_it_is(work: Work, place: Place, raw: str) -> None:
    raw = raw.replace("/", "!") if place in FILES else raw
    assert raw in place(work, raw)


JSON = (the_summary_as_json, explained_classes_as_json)


@pytest.mark.parametrize(
    "place",
    [place for place in [*CELLS, a_missing_file, a_file_of_another_suffix] if place not in JSON],
    ids=lambda place: place.__name__,
)
def test_a_name_of_10000_characters_is_cut(work: Work, place: Place) -> None:
    text = place(work, LONG)
    assert len(re.sub(r"[^x]", "", text)) < MOST * max(1, text.count("error: "))
