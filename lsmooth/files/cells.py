"""Whole records of delimited text → values; what `fields` and `floats` do not read, `numpy.loadtxt` does."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, shown
from lsmooth.files.fields import find_fields, whole_numbers
from lsmooth.files.wide import parse_floats
from lsmooth.labels.classes import MISSING
from lsmooth.labels.soft import decimals

#: `csv` takes no longer cells unless it is told to.
_LONGEST_CELL = 1 << 17
#: Joins cells that `csv` has unquoted on their way to `loadtxt`; it cannot stand in a number.
_CELL = "\x1f"
#: A space other than those that are no part of a number.
_ODD_SPACE = re.compile(r"[^\S \t\n\r\f\v]")

Array = NDArray[Any]


@dataclass(frozen=True)
class TextChunk:
    """Whole records, from row `start` on, turned into values only when asked (perhaps by a worker).

    Attributes:
        name: of the file.
        start: the row number of the first one.
        line: the line that the first one starts on.
        width: how many cells a record must have.
        delimiter: between cells.
        rows: how many records.
        data: the records as lines that end in LF, where none of them has a quote.
        cells: the records cut into cells, where one of them has a quote; else None.
        heights: how many lines each of these has.
    """

    name: str
    start: int
    line: int
    width: int
    delimiter: str
    rows: int
    data: bytes
    cells: list[list[str]] | None = None
    heights: list[int] | None = None

    def where(self, row: int) -> str:
        """Return file:line of a row of this chunk, for an error."""
        return f"{self.name}:{self.line_numbers[row]}"

    @cached_property
    def line_numbers(self) -> Sequence[int]:
        """The line that each record starts on."""
        if self.heights is None:
            return range(self.line, self.line + self.rows + 1)
        return list(itertools.accumulate(self.heights, initial=self.line))

    @cached_property
    def lines(self) -> list[str]:
        """The records as lines without their ends, where none has a quote."""
        return self.data[:-1].decode().split("\n")

    @cached_property
    def records(self) -> list[list[str]]:
        """The cells of each row; raises LsmoothError for a ragged one."""
        records = self.cells
        if records is None:
            records = cut_lines(self.lines, self.delimiter, self.where)
        if self.width == 1:
            records = [record or [""] for record in records]
        for row, record in enumerate(records):
            if len(record) != self.width:
                raise self._ragged(row, len(record))
        return records

    def _ragged(self, row: int, cells: int) -> LsmoothError:
        found = f"{cells} cell{'s' * (cells != 1)}" if cells else "a blank line"
        message = f"found {found}, wanted {self.width} cell{'s' * (self.width != 1)} as in the first row"
        hint = 'put quotes (") round a cell that holds a delimiter' if cells else "drop the line"
        return LsmoothError(message, hint, where=self.where(row))

    def text(self, column: int) -> list[str]:
        """Return the cells of one column."""
        if self.width == 1 and self.cells is None and self.delimiter.encode() not in self.data:
            return self.lines
        return [record[column] for record in self.records]

    def kept(self, columns: Sequence[int]) -> list[list[str]]:
        """Return the cells of some columns, row by row."""
        return [[record[column] for column in columns] for record in self.records]

    def numbers(self, columns: Sequence[int], *, whole: bool, missing: frozenset[str]) -> Array:
        """Return the numbers in some columns.

        Args:
            columns: positions from 0.
            whole: read as int64 where all are written as whole numbers, else as float64.
            missing: cells that stand for no number; MISSING (NaN in floats) is put in their place.

        Returns:
            (n,) for one column, (n, C) for more, in the order of `columns`.

        Raises:
            LsmoothError: that names the line and the cell that is not a number.
        """
        dtypes: tuple[type, ...] = (np.int64, np.float64) if whole else (np.float64,)
        if self.cells is None:
            wide = None if whole else parse_floats(self.data, self.rows, self.width, self.delimiter, columns)
            if wide is not None:
                return wide
            for dtype in dtypes:
                values = self._parse(columns) if dtype is np.int64 else None
                if values is None:
                    values = self._load_lines(columns, dtype)
                if values is not None and not (missing and MISSING in values):
                    return values
        return self._load_cells(columns, dtypes, missing)

    def _parse(self, columns: Sequence[int]) -> Array | None:
        """Read whole numbers that are written plainly; None when one is not."""
        fields = find_fields(self.data, self.rows, self.width, self.delimiter, columns)
        values: Array | None = None if fields is None else whole_numbers(fields)
        return values if values is None or len(columns) == 1 else values.reshape(self.rows, len(columns))

    def _load_lines(self, columns: Sequence[int], dtype: type) -> Array | None:
        """Read numbers from lines without quotes; None when one does not fit (blank lines are dropped)."""
        if not self.data.strip(b"\n") or _has_odd_space(self.data):
            return None
        every = list(columns) == list(range(self.width))
        layout: np.dtype[Any] = np.dtype(dtype) if every else _layout(self.width, columns, dtype)
        try:
            table: Array = np.loadtxt(
                self.lines, dtype=layout, delimiter=self.delimiter, comments=None, ndmin=2 if every else 1
            )
        except ValueError:
            return None
        if len(table) != self.rows or (every and table.shape[1] != self.width):
            return None
        if every:
            return table[:, 0] if self.width == 1 else table
        return _gather(table, columns)

    def _load_cells(self, columns: Sequence[int], dtypes: Sequence[type], missing: frozenset[str]) -> Array:
        rows = [[record[column] for column in columns] for record in self.records]
        for dtype in dtypes:
            stand_in = dict.fromkeys(missing, str(MISSING) if dtype is np.int64 else "nan")
            table = _load_rows([[stand_in.get(cell, cell) for cell in cells] for cells in rows], dtype)
            if table is not None and not (dtype is np.int64 and _has_least(table, rows, missing)):
                return table[:, 0] if len(columns) == 1 else table
        rows = [[cell for cell in cells if cell not in missing] for cells in rows]
        row = next(_failures(rows, dtypes[-1]))
        cell = next(cell for cell in rows[row] if _load_rows([[cell]], dtypes[-1]) is None)
        raise LsmoothError(*_no_number(cell), where=self.where(row))

    def written(self, number: int, columns: Sequence[int]) -> str:
        """Return the cell of a number among all those in some columns, row by row."""
        row, column = divmod(number, len(columns))
        return self.records[row][columns[column]]

    def decimals(self, row: int, columns: Sequence[int]) -> int | None:
        """Return the most decimals that a number in some columns of a row is written with."""
        return max(decimals(self.records[row][column]) for column in columns)


def cut_lines(lines: list[str], delimiter: str, where: Callable[[int], str]) -> list[list[str]]:
    """Return the cells of lines without quotes."""
    if max(map(len, lines), default=0) < _LONGEST_CELL:
        return [line.split(delimiter) if line else [] for line in lines]
    from lsmooth.files.quoting import split_cells  # noqa: PLC0415 - imports csv

    return split_cells(lines, delimiter, where)


def _has_least(table: Array, rows: list[list[str]], missing: frozenset[str]) -> bool:
    """Whether a cell holds the number that stands for cells without one."""
    places = np.argwhere(table == MISSING).tolist()
    return any(rows[row][column] not in missing for row, column in places)


def _no_number(cell: str) -> tuple[str, str | None]:
    if not cell.strip():
        return "found an empty cell, wanted a number", "fill it, or pass --ignore '' if it is a label"
    if "," in cell:
        return f"found {shown(cell)}, wanted a number", "write decimals with a point"
    return f"found {shown(cell)}, wanted a number", "correct it, or pass --ignore with it if it is a label"


def _layout(width: int, columns: Sequence[int], dtype: type) -> np.dtype[Any]:
    """Return the record dtype of a line of which some columns are wanted; the others cost one character."""
    wanted = set(columns)
    fields: list[Any] = []
    position = 0
    for is_wanted, run in itertools.groupby(range(width), wanted.__contains__):
        count = len(list(run))
        fields.append((str(position), dtype if is_wanted else "U1", (count,)))
        position += count
    return np.dtype(fields)


def _gather(table: Array, columns: Sequence[int]) -> Array:
    parts = {int(name): table[name] for name in table.dtype.names or ()}
    cells = {start + k: part[:, k] for start, part in parts.items() for k in range(part.shape[1])}
    if len(columns) == 1:
        return np.ascontiguousarray(cells[columns[0]])
    return np.stack([cells[column] for column in columns], axis=1)


def _has_odd_space(data: bytes) -> bool:
    """Whether text has a space that numpy drops round a number and `is_number` does not."""
    if data.isascii() and not any(mark in data for mark in (b"\x1c", b"\x1d", b"\x1e", b"\x1f")):
        return False
    return _ODD_SPACE.search(data.decode()) is not None


def _load_rows(rows: list[list[str]], dtype: type) -> Array | None:
    """Read rows of unquoted cells; None when a cell is not a number."""
    if any(not cell or "\n" in cell or "\r" in cell for cells in rows for cell in cells):
        return None
    if any(_ODD_SPACE.search("".join(cells)) for cells in rows):
        return None
    lines = [_CELL.join(cells) for cells in rows]
    try:
        table: Array = np.loadtxt(lines, dtype=dtype, delimiter=_CELL, comments=None, ndmin=2, quotechar=None)
    except ValueError:
        return None
    return table if table.shape == (len(rows), len(rows[0])) else None


def _failures(rows: list[list[str]], dtype: type) -> Iterator[int]:
    """Yield rows that are not all numbers, looking into a half only when it holds one."""
    spans = [(0, len(rows))]
    while spans:
        low, high = spans.pop()
        kept = [cells for cells in rows[low:high] if cells]
        if not kept or (len({len(c) for c in kept}) == 1 and _load_rows(kept, dtype) is not None):
            continue
        if high - low == 1:
            yield low
            continue
        middle = (low + high) // 2
        spans += [(middle, high), (low, middle)]
