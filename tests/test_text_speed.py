"""The quick ways to read and write text give what the slow ones do: `float`, `int`, `csv`, joined lines."""

from __future__ import annotations

import csv
import io
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kits.drawn import halfway

from lsmooth.errors import LsmoothError
from lsmooth.files.fields import find_fields, whole_numbers
from lsmooth.files.records import Cutter
from lsmooth.labels.classes import IGNORED, floats_of, is_number
from lsmooth.pipeline.lines import LineTable

MANY = settings(max_examples=200, deadline=None)

finite = st.floats(allow_nan=False, allow_infinity=False)
spelt = st.one_of(
    finite.map(repr),
    st.floats(-100, 100).map(repr),
    st.builds("{:.{}f}".format, st.floats(-1e6, 1e6), st.integers(0, 25)),
    st.builds("{:.{}e}".format, finite, st.integers(0, 20)),
    st.integers(-(10**25), 10**25).map(str),
    halfway(),
    st.sampled_from(
        ["-0", "+1", "5.", "-.5", "1E5", "1e-400", "1e400", "007.50", "0e5", str(2**64), f"0.{2**64 - 1}"]
    ),
)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(spelt, min_size=width, max_size=width), min_size=1, max_size=12)
)


def _lines(rows: list[list[str]]) -> bytes:
    return "".join(",".join(row) + "\n" for row in rows).encode()


@MANY
@given(st.text("0123456789.-+eE _x\x1c", min_size=1, max_size=6))
def test_what_is_no_plain_number_is_left_to_others(cell: str) -> None:
    fields = find_fields(f"{cell}\n".encode(), 1, 1, ",", [0])
    assert fields is not None
    assert (whole_numbers(fields) is not None) == cell.isdigit()
    assert (floats_of([cell]) is not None) == is_number(cell)


@MANY
@given(st.lists(st.integers(0, 10**18 - 1) | st.integers(0, 300), min_size=1), st.integers(0, 3))
def test_whole_numbers_are_those_of_int(numbers: list[int], zeros: int) -> None:
    cells = [f"{number:0{zeros}d}" for number in numbers]
    fields = find_fields(_lines([["x", cell, "é"] for cell in cells]), len(cells), 3, ",", [1])
    assert fields is not None
    found = whole_numbers(fields)
    assert found is not None
    assert found.tolist() == numbers


@pytest.mark.parametrize("text", ["1,2\n3\n4,5,6\n", "1,2\n\n3,4\n5,6,7,8\n", "1\n2,3\n4,5,6\n"])
def test_ragged_lines_are_left_to_others(text: str) -> None:
    assert find_fields(text.encode(), text.count("\n"), 2, ",", [0]) is None


cells_of_text = st.text('ab,"\né0', max_size=4)


@MANY
@given(
    st.lists(st.lists(cells_of_text, min_size=2, max_size=2), min_size=1, max_size=30),
    st.lists(st.integers(0, 400)),
    st.integers(1, 5),
    st.integers(1, 9),
    st.sampled_from([0, 20, 1 << 20]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_pieces_of_a_file_make_the_records_of_csv(
    rows: list[list[str]], cuts: list[int], tile: int, most: int, patience: int, end: str
) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=end).writerows(rows)
    text = buffer.getvalue()
    places = [0, *sorted(cuts), len(text.encode())]
    pieces = [text.encode()[low:high] for low, high in pairwise(places)]
    chunks = list(Cutter("file", ",", tile, most, header=False, patience=patience).cut(pieces))
    assert [record for chunk in chunks for record in chunk.records] == list(
        csv.reader(io.StringIO(text, newline=""))
    )
    assert all(chunk.rows % tile == 0 for chunk in chunks[:-1])
    if patience > len(text) and '"' not in text:
        assert {chunk.rows for chunk in chunks[:-1]} <= {max(tile, most // tile * tile)}
    assert chunks[0].line == 1
    for before, after in pairwise(chunks):
        assert after.start == before.start + before.rows
        assert after.line == before.line_numbers[before.rows]


def test_a_lone_return_is_found_on_its_line() -> None:
    with pytest.raises(LsmoothError, match=r"^file:3: found a carriage return alone"):
        list(Cutter("file", ",", 1, 10, header=False).cut([b"a\r\nb\nc\rd\n"]))


@MANY
@given(
    st.lists(st.text("ab01.", max_size=3), min_size=2, max_size=6),
    st.lists(st.lists(st.integers(-1, 100), max_size=20), max_size=4),
)
def test_lines_taken_from_a_table_are_the_lines_joined(lines: list[str], blocks: list[list[int]]) -> None:
    classes = len(lines) - 1
    table = LineTable(lines.__getitem__, classes)
    for block in blocks:
        labels = [label if label == IGNORED else label % classes for label in block]
        taken = bytes(table.take(np.array(labels, dtype=np.int64)))
        assert taken == "".join(f"{lines[label]}\n" for label in labels).encode()
