"""What is shown in files and on terminals."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from conftest import Work
from kits.hostile import FEW, HOSTILE, NAMES, quoted, raw_in
from kits.processes import IMPATIENT, on_terminal


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
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert "a cell is written as it was read" in readme
