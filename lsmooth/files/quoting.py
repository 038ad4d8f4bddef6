"""Delimited text that has quotes, or needs them: `csv` cuts and joins the cells."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence

from lsmooth.errors import LsmoothError

QUOTES = 'put quotes (") round the whole cell, and double those inside it'
#: What `csv` says of a carriage return, which ends no line here.
LONE_RETURN = "found a carriage return alone, wanted lines that end in LF or CRLF"
LONG_CELL = f"found a cell of more than {csv.field_size_limit():,} characters; is a quote left open?"


def split_cells(lines: Iterable[str], delimiter: str, where: Callable[[int], str]) -> list[list[str]]:
    """Return the cells of whole records."""
    records: list[list[str]] = []
    try:
        records.extend(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise LsmoothError(_message(error), QUOTES, where=where(len(records))) from None
    return records


def split_quoted(
    lines: Sequence[str], delimiter: str, where: Callable[[int], str]
) -> tuple[list[list[str]], list[int]]:
    """Return the cells of records that may span lines, and how many lines each has.

    Lines that are left over belong to a record whose quote is still open.
    """
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter, strict=True)
    cells: list[list[str]] = []
    heights: list[int] = []
    done = 0
    try:
        for record in reader:
            if lines[reader.line_num - 1].endswith("\r\r"):  # `csv` takes them all as one line end
                hint = "tr -d '\\r' drops carriage returns"
                raise LsmoothError(LONE_RETURN, hint, where=where(reader.line_num - 1))
            cells.append(record)
            heights.append(reader.line_num - done)
            done = reader.line_num
    except csv.Error as error:
        if str(error) != "unexpected end of data":
            raise LsmoothError(_message(error), QUOTES, where=where(done)) from None
    return cells, heights


def _message(error: csv.Error) -> str:
    """Return what `csv` found wrong, in our words."""
    text = str(error)
    if "field limit" in text:
        return LONG_CELL
    if "new-line" in text:
        return LONE_RETURN
    if "expected after" in text:
        return "found text after a closing quote, wanted a delimiter (a quote inside quotes is doubled)"
    return text


class _Lines(list[str]):
    """Takes what a `csv` writer writes, one call a record."""

    write = list.append


def joined(rows: Iterable[Sequence[str]], delimiter: str) -> list[str]:
    """Return a line for each row of cells, quoted where needed, without its end."""
    lines = _Lines()
    # csv quotes the characters of its line end, and no other line breaks
    csv.writer(lines, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return [line[:-2] for line in lines]
