"""The files that relate classes to each other: trees as edges or levels, and matrices."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, listed, shown
from lsmooth.files.delimited import READ_BYTES, DelimitedTable
from lsmooth.files.npy import NpyTable
from lsmooth.files.records import Cutter
from lsmooth.files.source import Source
from lsmooth.labels.classes import Classes, is_number

#: Stands in no text, so that a record that spaces separate is one cell.
_NOTHING = "\x1f"


@dataclass(frozen=True)
class TreeRows:
    """The rows of a tree file without its header.

    Attributes:
        name: of the file.
        rows: of two cells, parent and child; or of more, from coarse to fine.
        lines: the line of each row.
    """

    name: str
    rows: list[tuple[str, ...]]
    lines: list[int]

    def where(self, row: int | None) -> str:
        """Return file:line of a row, or the file, for an error."""
        return self.name if row is None else f"{self.name}:{self.lines[row]}"


def read_tree(path: str, classes: Sequence[str]) -> TreeRows:
    """Return the rows of a tree file, comma, tab or space between its cells, by its first line.

    Two columns are edges: parent first, unless a header says otherwise, or only the first column is free of
    duplicates, which a column of parents never is then. Three or more are levels, coarse to fine, the last
    one the classes. A header is optional: `parent` and `child` in any order and case; for levels, a first
    row that ends in no class above rows that do.

    Args:
        path: also .gz, .bz2, .xz; `-` is standard input.
        classes: their names, or their indices as text; cells are stripped of spaces around them unless they
            are a name as they stand.

    Raises:
        LsmoothError: for a ragged row, an empty cell, and a first row that may be a header and may not.
    """
    known = frozenset(classes)
    with Source(path, "csv") as source:
        table = _read(source, known)
    width = len(table.rows[0])
    if width == 1:
        message = "found 1 column, wanted parent and child, or levels from coarse to fine"
        raise LsmoothError(message, "separate the columns by commas, tabs or spaces", where=table.where(0))
    return _edges(table, known) if width == 2 else _levels(table, known)


def _read(source: Source, known: frozenset[str]) -> TreeRows:
    source.rewind()
    head = b""
    while b"\n" not in head and (more := source.read(READ_BYTES)):
        head += more
    first = head.partition(b"\n")[0]
    delimiter = "\t" if b"\t" in first else "," if b"," in first else _NOTHING
    pieces = itertools.chain([head], iter(lambda: source.read(READ_BYTES), b""))
    table = TreeRows(source.name, [], [])
    for chunk in Cutter(source.name, delimiter, 1, 1 << 16, header=False).cut(pieces):
        records = chunk.records
        if delimiter == _NOTHING:
            records = [cells[0].split() for cells in records]
        table.rows.extend(tuple(cell if cell in known else cell.strip() for cell in row) for row in records)
        table.lines.extend(chunk.line_numbers[: chunk.rows])
    if not table.rows:
        raise LsmoothError(f"{source.name} is empty, wanted a tree", "check what wrote it")
    width = max(1, len(table.rows[0]))
    for number, row in enumerate(table.rows):
        if len(row) != width:
            message = f"found {len(row)} cells, wanted {width} as in the first row"
            raise LsmoothError(
                message, "separate columns by commas where names hold spaces", where=table.where(number)
            )
        if not all(row):
            raise LsmoothError("found an empty cell, wanted a name", "fill it", where=table.where(number))
    return table


def _without_header(table: TreeRows) -> TreeRows:
    return TreeRows(table.name, table.rows[1:], table.lines[1:])


def _edges(table: TreeRows, known: frozenset[str]) -> TreeRows:
    heading = tuple(cell.casefold() for cell in table.rows[0])
    if sorted(heading) == ["child", "parent"]:
        table = _without_header(table)
        child_first = heading[0] == "child"
    else:
        cells = {cell for row in table.rows[1:] for cell in row}
        if cells and not (cells | known) & set(table.rows[0]):
            raise _perhaps_header(table, "head the columns parent and child, or drop the row")
        unique = [len(set(column)) == len(column) for column in zip(*set(table.rows), strict=True)]
        child_first = unique == [True, False]
    if child_first:
        return TreeRows(table.name, [row[::-1] for row in table.rows], table.lines)
    return table


def _levels(table: TreeRows, known: frozenset[str]) -> TreeRows:
    first, rest = table.rows[0], table.rows[1:]
    if first[-1] in known:
        return table
    if all(row[-1] in known for row in rest):
        return _without_header(table)
    if not any(cell in column for cell, column in zip(first, map(set, zip(*rest, strict=True)), strict=True)):
        raise _perhaps_header(table, "drop the row if it is a header, move it down if it is not")
    return table


def _perhaps_header(table: TreeRows, hint: str) -> LsmoothError:
    message = f"the first row is {listed(table.rows[0], 4)}: names of columns, or a tree of its own?"
    return LsmoothError(message, hint, where=table.where(0))


def read_matrix(path: str, classes: Sequence[str] | None, count: int) -> NDArray[np.float64]:
    """Return a K×K matrix from an NPY, CSV or TSV file, its rows in class order, (K, K) float64.

    A header of class names must be in class order, as nothing says in which order the rows are.

    Args:
        path: also .gz, .bz2, .xz; `-` is standard input.
        classes: the names of the classes, None where they have none.
        count: K.

    Raises:
        LsmoothError: for another shape, for what is no number, for a header that does not name each class.
    """
    with Source(path, None if Path(path).suffix else "csv") as source:
        source.open()
        if source.format == "npy":
            return _array(NpyTable(source), count)
        table = DelimitedTable(source)
        first = table.sample(1)[0]
        if table.columns != count:
            raise _shape(table.name, f"{table.columns} columns", count)
        if not all(map(is_number, first)):
            table.header = tuple(first)
        columns = list(range(count))
        parts = [
            chunk.numbers(columns, whole=False, missing=frozenset()).reshape(-1, count)
            for chunk in table.chunks(1, 1 << 16)
        ]
    values: NDArray[np.float64] = np.concatenate([np.empty((0, count)), *parts])
    if table.header is None and len(values) == count + 1:  # class names that are numbers
        table.header, values = tuple(first), values[1:]
    if len(values) != count:
        raise _shape(table.name, f"{len(values)} rows", count)
    if table.header is None:
        return values
    if _columns(table, Classes(count, None if classes is None else tuple(classes))) != list(range(count)):
        message = f"the columns are {listed(table.header)}, the classes in another order; and the rows?"
        hint = "put rows and columns in the order of the classes, or pass --names in that of the header"
        raise LsmoothError(message, hint, where=f"{table.name}:1")
    return values


def _array(table: NpyTable, count: int) -> NDArray[np.float64]:
    if table.shape != (count, count):
        raise _shape(table.name, f"shape {table.shape}", count)
    if table.is_strings:
        raise LsmoothError(
            f"{table.name} holds `{table.dtype}`, wanted numbers", "save it with .astype(float)"
        )
    parts = [chunk.array for chunk in table.chunks(1, 1 << 16)]
    return np.concatenate(parts).astype(np.float64).reshape(count, count)


def _shape(name: str, found: str, count: int) -> LsmoothError:
    message = f"{name} has {found}, wanted {count} rows and {count} columns, one for each class"
    return LsmoothError(message, "check --classes, and drop a column of row names")


def _columns(table: DelimitedTable, classes: Classes) -> list[int]:
    where = f"{table.name}:1"
    columns: list[int] = []
    for cell in table.header or ():
        name = cell if cell in classes.index else cell.removeprefix("class_")
        try:
            columns.append(classes.find(name))
        except LsmoothError as error:
            raise error.at(where) from None
        if columns[-1] in columns[:-1]:
            raise LsmoothError(
                f"column {shown(cell)} stands twice", "give each class one column", where=where
            )
    return columns
