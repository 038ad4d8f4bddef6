"""What data hold never reaches the terminal raw, and is never run, imported or opened."""

from __future__ import annotations

import ast
import csv
import io
import json
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from conftest import Work
from kits.processes import IMPATIENT, on_terminal
from kits.torture import claiming, forged, gz, npy, soft

import lsmooth

HOSTILE = {
    "a colour": "\x1b[31mred",
    "a cleared screen": "\x1b[2J\x1b[H",
    "a title": "\x1b]0;mine\x07",
    "a link of the terminal": "\x1b]8;;http://x.y\x1b\\z",
    "a one-byte escape": "\x9b31mred",
    "backspaces": "abc\x08\x08\x08xyz",
    "a deletion": "a\x7fb",
    "a bell": "\x07",
    "markup": "[red]x[/red]",
    "markup that ends nothing": "x[/]y[/bold]",
    "a link of markup": "[link=http:x.y]z[/link]",
    "an override": "a\u202ebc",
    "an isolate": "a\u2066bc\u2069",
    "a mark from right to left": "a\u200fb",
    "a zero-width space": "a\u200bb",
    "a zero-width joiner": "a\u200db",
    "a tag": "a\U000e0041b",
    "a byte-order mark": "a\ufeffb",
    "a line separator": "a\u2028b",
    "a next line": "a\x85b",
    "a newline": "a\nerror: b",
    "a return": "abc\rxyz",
    "a tab": "a\tb",
    "a tag of HTML": "<script>alert(1)<!--",
    "an end of SVG": "]]></text><script>",
    "a quote of HTML": "x\" onload='y",
}
#: All of them in a few names, each short enough to be shown whole.
TOGETHER = {
    "escapes": "\x1b[31m\x1b[2J\x1b[H\x1b]0;m\x07\x9b1m\x08\x08\x7f",
    "markup": "[red]x[/red]y[/]z[/bold][link=http:x.y]",
    "bidi": "a\u202eb\u2066c\u2069d\u200fe\u200bf\u200d\ufeff\U000e0041",
    "breaks": "a\nerror: b\rc\td\u2028e\x85f",
    "HTML": "<script>x<!--]]></text>\" onload='y",
}
#: Only in names of files and in arrays: no text holds them.
SURROGATES = {"bytes that are no utf-8": os.fsdecode(b"a\xff\xfeb"), "half a letter": "a\udcc3b"}
LONG = "x" * 10_000
#: More of one name is not shown at once.
MOST = 500


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


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


def raw_in(text: str) -> list[str]:
    """Return the characters of a text that move a cursor or hide something; its own line ends apart."""
    return [repr(char) for char in text if not char.isprintable() and char != "\n"]


def cases(places: list[Place], names: dict[str, str]) -> list[Any]:
    """Return each place with each name."""
    made = []
    for place in places:
        for name, raw in names.items():
            made.append(pytest.param(place, raw, id=f"{place.__name__}: {name}"))
    return made


#: A name of a file has no slash.
NAMES = {name: raw.replace("/", "!") for name, raw in HOSTILE.items()} | SURROGATES
FEW = {name: raw.replace("/", "!") for name, raw in TOGETHER.items()} | SURROGATES
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


# Files that are shown


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"{tag} {name}" for name, _ in attrs)}


@pytest.mark.parametrize("raw", FEW.values(), ids=FEW)
def test_a_picture_and_a_page_hold_no_more_than_text(work: Work, raw: str) -> None:
    name, cell = f"{raw}.csv", raw.encode("utf-8", "replace").decode()
    work.write(name, f"{quoted(cell)},b\n.9,.1\n.1,.9\n")
    work.write("plain.csv", "a,b\n.9,.1\n.1,.9\n")
    found = []
    for file in (name, "plain.csv"):
        work.ok("explain", file, "--svg", "s.svg", "--html", "s.html", "--force")
        page, picture = work.read("s.html"), work.read("s.svg")
        assert raw_in(page) == []
        assert raw_in(picture) == []
        tags = Tags()
        tags.feed(page)
        root = ET.fromstring(picture)
        inside = {part.tag for part in root.iter()} | {key for part in root.iter() for key in part.attrib}
        found.append((tags.found, inside))
        assert "[red]x" not in raw or "[red]x" in re.sub(r"<[^>]*>", "", page) or file != name
    assert found[0] == found[1]


@pytest.mark.parametrize("raw", FEW.values(), ids=FEW)
def test_the_summary_as_json_holds_the_name(work: Work, raw: str) -> None:
    work.write("f.csv", "0\n1\n")
    entry = json.loads(work.run("smooth", "f.csv", "-o", f"{raw}.csv", "--json").err)
    assert entry["output"] == f"{raw}.csv"


# On a terminal


def seen_from(*arguments: str) -> str:
    """Run with standard error and output on a terminal, progress shown at once; return what is shown."""
    return on_terminal(IMPATIENT, *arguments, streams=["stdout", "stderr"], PYTHONUTF8="1")[0]


ALL = "".join(raw for name, raw in NAMES.items() if name != "a newline")
#: What a bar and colours write: of the program, not of the data.
OWN = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\x1b\[2K|\x1b\[1?A|\r\n?")


def test_progress_and_messages_on_a_terminal_are_clean(work: Work) -> None:
    name = f"{ALL[:60]}.csv"
    work.write(name, f"id,{quoted(HOSTILE['a title'])}\n" + "1,0\n2,1\n" * 40_000)
    seen = seen_from("smooth", name, "--column", "2", "--header", "-o", "out.npy")
    assert "writing" in seen
    assert "80,000 rows" in seen
    for raw in (*HOSTILE.values(), "\x1b]", "\x1b[2J", "\x1b[H", "\x1b[31m\x1b[1mred"):
        assert raw not in seen or raw == "\t"
    assert raw_in(OWN.sub("", seen)) == []


@pytest.mark.parametrize("command", ["smooth", "explain", "loss"])
def test_errors_tables_and_lessons_on_a_terminal_are_clean(work: Work, command: str) -> None:
    raw = HOSTILE["a cleared screen"] + HOSTILE["an override"] + HOSTILE["a title"]
    work.write("f.csv", f"{quoted(raw)},b,c\n.9,.05,.05\n.05,.9,.05\n")
    work.write("l.csv", f"label\n{quoted(raw)}\nb\n")
    line = {
        "smooth": ("smooth", "l.csv", "--names", "a,b"),
        "explain": ("explain", "f.csv"),
        "loss": ("loss", "f.csv", "l.csv", "--report"),
    }[command]
    seen = seen_from(*line)
    assert raw_in(OWN.sub("", seen)) == []
    assert "\\x1b[2J" in seen


# Formulas

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "=cmd|'/C calc'!A0",
    '=HYPERLINK("http://x")',
    "\t=1",
    "\r=1",
    "%0A=1",
]


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_cell_that_a_spreadsheet_computes_is_written_as_it_was_read(work: Work, cell: str) -> None:
    work.write("f.csv", f"id,label\n{quoted(cell)},0\nx,1\n")
    out = work.ok("smooth", "f.csv", "--keep", "id")
    assert next(iter(list(csv.reader(io.StringIO(out, newline="")))[1:]))[0] == cell
    work.write("g.csv", f"{quoted(cell)},label\n1,0\n2,1\n")
    out = work.ok("smooth", "g.csv", "--keep", "1", "--header")
    assert next(csv.reader(io.StringIO(out, newline="")))[0] == cell
    work.write("h.csv", f"label\n{quoted(cell)}\nx\n")
    out = work.ok("smooth", "h.csv", "--labels", "name", "--names-out", "n.txt")
    header = next(csv.reader(io.StringIO(out, newline="")))
    assert {name.removeprefix("class_") for name in header} == {cell, "x"}
    assert cell in [row[0] for row in csv.reader(io.StringIO(work.read("n.txt"), newline=""))]


def test_the_readme_says_so() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    assert "a cell is written as it was read" in readme


# No code from data

#: Runs lsmooth once for each line of JSON and tells what was opened, run and imported.
AUDIT = """
import json, os, sys
events = {}
watched = ("subprocess", "socket", "pickle", "marshal", "shutil", "urllib", "webbrowser", "glob")
calls = ("system", "exec", "posix_spawn", "fork", "forkpty", "spawn", "startfile", "chmod", "symlink")

def hook(event, args):
    if event == "open" and not isinstance(args[0], int):
        events["open"].append(os.fsdecode(args[0]))
    elif event == "import":
        events["import"].append(args[0])
    elif event == "exec":
        events["exec"].append(repr(getattr(args[0], "co_consts", ()))[:2000])
    elif event != "marshal.loads" and (
        event.partition(".")[0] in watched or event in tuple("os." + call for call in calls)
    ):
        events["other"].append([event, repr(args)[:200]])

def begin():
    events.update({"open": [], "exec": [], "import": [], "other": []})

begin()
from lsmooth.cli import main
sys.addaudithook(hook)
told = []
for line in sys.stdin.readlines():
    folder, arguments = json.loads(line)
    os.chdir(folder)
    sys.argv = ["lsmooth", *arguments]
    begin()
    code = main()
    told.append(json.dumps({**events, "code": code}))
with open(os.environ["REPORT"], "w") as report:
    report.write("[" + ", ".join(told) + "]")
"""
SYSTEM = tuple(
    {str(Path(path).resolve()) for path in (sys.prefix, sys.base_prefix, Path(lsmooth.__file__).parent)}
    | {sys.prefix, sys.base_prefix, "/proc", "/sys", "/dev", "/usr/lib", "/usr/share", "/etc/localtime"}
)
CODE = "__import__('os').system('touch pwned')"


class Trap:
    """Touches a file when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch pwned",)


DECOY = "decoy.csv"
NASTY: dict[str, tuple[dict[str, str | bytes], list[str]]] = {
    "a pickle": ({"f.npy": pickle.dumps(Trap())}, ["smooth", "f.npy"]),
    "an array of objects": ({"f.npy": npy(np.array([Trap()], object))}, ["smooth", "f.npy"]),
    "an array of objects, packed": (
        {"f.npy.gz": gz(npy(np.array([Trap()], object)))},
        ["smooth", "f.npy.gz"],
    ),
    "objects in a field": ({"f.npy": npy(np.array([(Trap(),)], [("a", "O")]))}, ["smooth", "f.npy"]),
    "objects as predictions": (
        {"p.npy": npy(np.array([[Trap()]], object)), "l.csv": "0\n"},
        ["loss", "p.npy", "l.csv"],
    ),
    "objects as a prior": (
        {"f.csv": "0\n1\n", "p.npy": npy(np.array([Trap()] * 2, object))},
        ["smooth", "f.csv", "--prior", "p.npy"],
    ),
    "objects as a similarity": (
        {"f.csv": "0\n1\n", "s.npy": npy(np.array([[Trap()] * 2] * 2, object))},
        ["smooth", "f.csv", "--similarity", "s.npy"],
    ),
    "objects to explain": ({"f.npy": npy(np.array([[Trap()]], object))}, ["explain", "f.npy"]),
    "code as a header": ({"f.npy": forged(CODE)}, ["smooth", "f.npy"]),
    "code as a shape": ({"f.npy": claiming("'<i8'", f"({CODE},)")}, ["smooth", "f.npy"]),
    "code as a dtype": ({"f.npy": claiming(CODE, "(3,)")}, ["smooth", "f.npy"]),
    "code as a dtype, in quotes": ({"f.npy": claiming(repr(CODE), "(3,)")}, ["smooth", "f.npy"]),
    "code as a cell": ({"f.csv": f'label\n"{CODE}"\nx\n'}, ["smooth", "f.csv"]),
    "code as a header of text": ({"f.csv": f'"{CODE}",b\n1,0\n0,1\n'}, ["smooth", "f.csv"]),
    "code as a number": ({"f.csv": f'0\n1\n"{CODE}"\n'}, ["smooth", "f.csv"]),
    "a file as a label": ({"f.csv": f"label\n{DECOY}\nx\n"}, ["smooth", "f.csv"]),
    "a file as a header": (
        {"f.csv": f"{DECOY},b\n1,0\n0,1\n"},
        ["smooth", "f.csv", "--keep", "2", "--header"],
    ),
    "a file as a kept cell": ({"f.csv": f"id,label\n{DECOY},0\n-,1\n"}, ["smooth", "f.csv", "--keep", "id"]),
    "a file as a name": (
        {"f.csv": f"{DECOY}\n", "n.txt": f"{DECOY}\n../{DECOY}\n"},
        ["smooth", "f.csv", "--names", "n.txt", "--no-header"],
    ),
    "a file as a class of a map": (
        {"f.csv": f"{DECOY}\nx\n", "p.csv": f"{DECOY},1\nx,2\n"},
        ["smooth", "f.csv", "--names", f"{DECOY},x", "--prior", "p.csv"],
    ),
    "a file as a node of a tree": (
        {"f.csv": "0\n1\n", "t.csv": f"parent,child\n{DECOY},0\n{DECOY},1\n"},
        ["smooth", "f.csv", "--hierarchy", "t.csv"],
    ),
    "a file as a string of an array": ({"f.npy": npy(np.array([DECOY, "x"]))}, ["smooth", "f.npy"]),
    "a file in the header of gzip": (
        {"f.csv.gz": b"\x1f\x8b\x08\x08" + gz(b"0\n1\n")[4:10] + DECOY.encode() + b"\0" + gz(b"0\n1\n")[10:]},
        ["smooth", "f.csv.gz"],
    ),
    "a module as a class": ({"f.csv": "label\nantigravity\nthis\n"}, ["smooth", "f.csv"]),
    "a module as a dtype": ({"f.npy": claiming("'antigravity'", "(3,)")}, ["smooth", "f.npy"]),
    "a file to explain": ({"f.csv": f"{DECOY},b\n.9,.1\n.1,.9\n"}, ["explain", "f.csv"]),
}


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Run them all in one process; return the folder of each, and what was opened, run and imported."""
    root = tmp_path_factory.mktemp("audited")
    folders: dict[str, Path] = {}
    for number, (name, (files, _)) in enumerate(NASTY.items()):
        folder = folders[name] = root / str(number)
        folder.mkdir()
        for file, data in {**files, DECOY: "0\n"}.items():
            folder.joinpath(file).write_bytes(data if isinstance(data, bytes) else data.encode())
    orders = "".join(json.dumps([str(folders[name]), line]) + "\n" for name, (_, line) in NASTY.items())
    done = subprocess.run(
        [sys.executable, "-c", AUDIT],
        env=os.environ | {"REPORT": str(root / "report.json")},
        input=orders.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads((root / "report.json").read_text())
    return {name: (folders[name], events) for name, events in zip(NASTY, told, strict=True)}


@pytest.mark.parametrize("name", NASTY)
def test_nothing_of_the_data_is_run_opened_or_imported(
    audited: dict[str, tuple[Path, dict[str, Any]]], name: str
) -> None:
    files, _ = NASTY[name]
    folder, events = audited[name]
    assert events["code"] in (0, 1)
    assert sorted(path.name for path in folder.iterdir()) == sorted([*files, DECOY])
    allowed = {*files, *(str(folder / file) for file in files)}
    opened = {path for path in events["open"] if not os.path.realpath(folder / path).startswith(SYSTEM)}
    assert opened <= allowed
    assert events["other"] == []
    assert not any("touch pwned" in constants for constants in events["exec"])
    assert not {"antigravity", "this", DECOY} & set(events["import"])


#: Where modules are imported by name, all from tables of the program.
IMPORTERS = {"lsmooth/__init__.py", "lsmooth/cli/app.py", "lsmooth/lessons/__init__.py"}
FORBIDDEN = {"eval", "exec", "compile", "__import__", "breakpoint"}
METHODS = {"system", "popen", "load", "loads", "fromfile", "genfromtxt", "run_path", "run_module"}
MODULES = {
    "pickle",
    "marshal",
    "shelve",
    "subprocess",
    "runpy",
    "code",
    "yaml",
    "xml",
    "urllib",
    "socket",
    "webbrowser",
}


def test_the_program_has_no_way_to_run_data() -> None:
    root = Path(lsmooth.__file__).parent
    for path in root.rglob("*.py"):
        name = str(path.relative_to(root.parent))
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                plain = isinstance(node.func, ast.Name)
                assert not (plain and called in FORBIDDEN), f"{name}:{node.lineno}"
                assert plain or called not in METHODS, f"{name}:{node.lineno}"
                assert called != "import_module" or name in IMPORTERS, f"{name}:{node.lineno}"
                pickles = [key for key in node.keywords if key.arg == "allow_pickle"]
                assert not pickles, f"{name}:{node.lineno}"
            elif isinstance(node, ast.Import):
                assert not {alias.name.partition(".")[0] for alias in node.names} & MODULES, (
                    f"{name}:{node.lineno}"
                )
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] not in MODULES, f"{name}:{node.lineno}"


def test_what_is_kept_beside_the_targets_is_not_looked_at(work: Work) -> None:
    work.write("f.csv", f'id,label\n"{CODE}",0\n/etc/passwd,1\n')
    first, second = soft(2, 0, 1).splitlines()
    assert work.ok("smooth", "f.csv", "--keep", "id").splitlines()[1:] == [
        f"{CODE},{first}",
        f"/etc/passwd,{second}",
    ]
