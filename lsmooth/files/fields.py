"""Where the cells of plain lines begin and end, found for a whole chunk at once; whole numbers in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Stands before the text, so that as many characters can be taken before any place in it.
PAD = b"0" * 24
#: So many digits always fit 64 bits.
MOST_DIGITS = 18

Bytes = NDArray[np.uint8]
Positions = NDArray[np.intp]


@dataclass(frozen=True)
class Fields:
    """The cells of some columns, row by row.

    Attributes:
        text: the lines, after PAD.
        starts: (n,) the position of the first character of each cell.
        ends: (n,) the position after its last one.
        marks: (m,) the positions of the characters in these cells that are no digits.
        owners: (m,) the cell that each of them is in.
    """

    text: Bytes
    starts: Positions
    ends: Positions
    marks: Positions
    owners: Positions


def find_fields(data: bytes, rows: int, width: int, delimiter: str, columns: Sequence[int]) -> Fields | None:
    """Return the cells of some columns of lines without quotes; None where a line has not `width` cells."""
    text = np.frombuffer(PAD + data, np.uint8)
    marks = np.flatnonzero(text - np.uint8(48) > 9)
    kinds = text.take(marks)
    is_end = kinds == ord("\n")
    if width > 1:
        is_end |= kinds == ord(delimiter)
    among = np.flatnonzero(~is_end)
    ends = marks.take(np.flatnonzero(is_end)) if len(among) else marks
    if len(ends) != rows * width or not _square(text.take(ends).reshape(rows, width)):
        return None
    starts = np.empty_like(ends)
    starts[0] = len(PAD)
    np.add(ends[:-1], 1, out=starts[1:])
    # before the i-th mark inside a cell there are as many ends as other marks
    fields = Fields(text, starts, ends, marks.take(among), among - np.arange(len(among)))
    return fields if list(columns) == list(range(width)) else _selected(fields, width, list(columns))


def _selected(fields: Fields, width: int, columns: list[int]) -> Fields:
    """Return the cells of some columns of all."""
    places = np.full(width, -1)
    places[columns] = np.arange(len(columns))
    kept = np.flatnonzero(places[fields.owners % width] >= 0)
    rows, cells = np.divmod(fields.owners[kept], width)
    starts, ends = (
        bounds.reshape(-1, width)[:, columns].reshape(-1) for bounds in (fields.starts, fields.ends)
    )
    return Fields(fields.text, starts, ends, fields.marks[kept], rows * len(columns) + places[cells])


def _square(marks: Bytes) -> bool:
    """Whether the last mark of each row, and no other, is the end of a line."""
    is_line = marks == ord("\n")
    return bool(is_line[:, -1].all()) and not is_line[:, :-1].any()


def whole_numbers(fields: Fields) -> NDArray[np.int64] | None:
    """Return cells of 1 to 18 digits as numbers, (n,); None where one has anything else."""
    if len(fields.marks):
        return None
    lengths = fields.ends - fields.starts
    fewest, most = int(lengths.min()), int(lengths.max())
    if fewest < 1 or most > MOST_DIGITS:
        return None
    return last_digits(fields.text, fields.ends, lengths)


def last_digits(text: Bytes, stops: Positions, counts: Positions) -> NDArray[np.int64]:
    """Return the numbers of `counts` digits each, at most 18, that end before `stops`, (n,)."""
    fewest, most = int(counts.min()), int(counts.max())
    numbers = np.zeros(len(stops), np.int64)
    for place in range(most):
        if place < fewest:
            numbers += (text.take(stops - 1 - place) & np.uint8(15)) * np.int64(10**place)
        else:
            longer = np.flatnonzero(counts > place)
            digits = text.take(stops.take(longer) - 1 - place) & np.uint8(15)
            numbers[longer] += digits * np.int64(10**place)
    return numbers
