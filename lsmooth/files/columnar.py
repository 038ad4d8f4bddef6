"""Parquet and Arrow in, streaming: polars reads spans of rows, which are cut into chunks."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, shown
from lsmooth.files import COLUMNAR
from lsmooth.files.columns import Columns, lengths_of
from lsmooth.files.extras import load_polars
from lsmooth.files.npy import NpyChunk
from lsmooth.files.source import Source
from lsmooth.labels import SAMPLE_ROWS, sample_rows

#: About so many bytes are read at once: each slice decodes what stands before it in its row group again.
SPAN_BYTES = 1 << 25
#: What pandas calls an index without a name.
_INDEX = re.compile(r"__index_level_\d+__")
_FILL = "fill the nulls, or drop the rows"
#: What is often named .arrow or .feather, by how it begins.
_NO_FILES = {b"\xff\xff\xff\xff": "a stream of Arrow", b"FEA1": "Feather version 1"}

Array = NDArray[Any]


@dataclass(frozen=True)
class ColumnChunk:
    """Rows of named columns, from row `start` on.

    Attributes:
        name: of the file.
        types: its columns.
        start: the row number of the first one.
        frame: the rows, of the columns that the table has picked.
    """

    name: str
    types: Columns
    start: int
    frame: Any

    @property
    def rows(self) -> int:
        """How many rows."""
        count: int = self.frame.height
        return count

    def where(self, row: int) -> str:
        """Return the place of a row of this chunk, for an error."""
        return f"{self.name}: row {self.start + row}"

    def numbers(self, columns: Sequence[int], *, whole: bool, missing: frozenset[str]) -> Array:
        """Return the numbers in columns, (n,) for one and (n, C) for more, in the type that they have.

        Raises:
            LsmoothError: for a column of text, and with its row for a null or a list of another length.
        """
        del whole, missing
        runs = self.types.runs(columns)
        parts = [self._plain(run) if place is None else self._list(place, run) for place, run in runs]
        values: Array = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        return values.reshape(-1) if len(columns) == 1 else values

    def _plain(self, columns: Sequence[int]) -> Array:
        for column in columns:
            self.types.check_numeric(column)
        names = [self.types.header[column] for column in columns]
        frame = self._select(names)
        if any(frame.null_count().row(0)):
            raise self._null(frame)
        return self.types.values_of(frame)

    def _select(self, names: Sequence[str]) -> Any:
        return self.frame.select(load_polars().selectors.by_name(*names))

    def _list(self, place: int, columns: Sequence[int]) -> Array:
        """Return elements of a column of lists."""
        self.types.check_numeric(columns[0])
        elements, name = self.types.elements(place), self.types.header[place]
        series = self.frame.get_column(name)
        if series.null_count():
            raise self._null(self._select([name]))
        lengths = lengths_of(series)
        if (lengths != len(elements)).any():
            row = int(np.argmax(lengths != len(elements)))
            message = f"column {shown(name)} has {lengths[row]} values, wanted {len(elements)} as in row 0"
            raise LsmoothError(message, "give each row one value for each class", where=self.where(row))
        flat = series.explode()
        if flat.null_count():
            row = int(flat.is_null().arg_max()) // len(elements)
            raise LsmoothError(f"a value of column {shown(name)} is null", _FILL, where=self.where(row))
        values: Array = flat.to_numpy().reshape(-1, len(elements))
        picked = [column - elements.start for column in columns]
        return values if picked == list(range(len(elements))) else values.take(picked, axis=1)

    def _null(self, frame: Any) -> LsmoothError:
        """Return the error for the first row with a null."""
        rows = {name: frame.get_column(name).is_null().arg_max() for name in frame.columns}
        nulls = {name: int(row) for name, row in rows.items() if frame.get_column(name).null_count()}
        name = min(nulls, key=nulls.__getitem__)
        return LsmoothError(f"column {shown(name)} is null", _FILL, where=self.where(nulls[name]))

    def text(self, column: int) -> list[str]:
        """Return the cells of one column; raise LsmoothError with its row for a null."""
        cells = self._cells(column)
        if None in cells:
            raise self._null(self._select([self.types.header[column]]))
        return [cell for cell in cells if cell is not None]

    def kept(self, columns: Sequence[int]) -> list[list[str]]:
        """Return the cells of some columns, row by row; a null is empty."""
        return [[cell or "" for cell in row] for row in zip(*map(self._cells, columns), strict=True)]

    def _cells(self, column: int) -> list[str | None]:
        series = self.types.as_text(column, self.frame)
        return [cell if cell is None else str(cell) for cell in series.to_list()]

    def decimals(self, row: int, columns: Sequence[int]) -> int | None:
        """Return None: binary numbers have no decimals."""
        del row, columns
        return None

    def as_array(self, columns: Sequence[int]) -> NpyChunk:
        """Return the numbers in columns as rows of an array."""
        values = self.numbers(columns, whole=False, missing=frozenset())
        return NpyChunk(self.name, self.start, self.rows, values)


class ColumnTable:
    """A Parquet or Arrow file: named columns of one type each, read in spans of rows.

    The elements of a column of lists are columns too: they are numbered after those of the file.

    Attributes:
        header: the names of the columns of the file.
        schema: the types of these, by name.
        columns: how many these are.
        rows: how many rows there are.
        picked: the columns that chunks have.
    """

    is_text = False

    def __init__(self, source: Source) -> None:
        self._polars = load_polars()
        self.source = source
        self.name = source.name
        self._what = COLUMNAR[source.format]
        source.open()
        if source.direct is None or source.origin:
            message = f"{self.name}: {self._what} cannot be read from a stream, its end says where all is"
            raise LsmoothError(message, "name a file")
        with self._refusing():
            begin = os.pread(source.direct, 4, 0)
        if begin in _NO_FILES and source.format == "arrow":
            message = f"{self.name} is {_NO_FILES[begin]}, wanted an Arrow file"
            raise LsmoothError(message, "write it with pyarrow.feather.write_feather, or as Parquet")
        with self._refusing():
            scan = self._scan()
            schema = scan.collect_schema()
            self.rows = int(scan.select(self._polars.len()).collect().item())
        self.schema: dict[str, Any] = dict(schema)
        self.columns = len(self.schema)
        if not (self.rows and self.columns):
            raise LsmoothError(f"{self.name} is empty, wanted at least one row", "check what wrote it")
        self.picked: tuple[int, ...] = tuple(range(self.columns))
        self.types = Columns(self.name, schema, lambda names: self._read(0, 1, names))
        self.header: tuple[str, ...] = self.types.header

    def _scan(self) -> Any:
        """Return the file as a query, by its descriptor: it stays the same file under any name."""
        scan = self._polars.scan_parquet if self.source.format == "parquet" else self._polars.scan_ipc
        return scan(f"/dev/fd/{self.source.direct}", glob=False)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Turn whatever polars raises for a damaged file into an error."""
        faults = self._polars.exceptions
        try:
            yield
        except (faults.PolarsError, faults.PanicException, OSError, ValueError) as error:
            reason = str(error).split("\n", maxsplit=1)[0]
            message = f"{self.name} cannot be read as {self._what}: {shown(reason, 120)}"
            hint = "copy it again; where pyarrow can read it, write it anew with plain types"
            raise LsmoothError(message, hint) from None

    def spread(self, columns: Sequence[int]) -> list[int]:
        """Return columns of the file, the elements of each column of lists in its place."""
        return self.types.spread(columns)

    def home(self, column: int) -> int:
        """Return the column of the file that a column is, or is an element of."""
        return self.types.home(column)

    def rest(self, taken: Collection[int]) -> list[int]:
        """Return the columns of the file that are not taken, without the index of a frame of pandas."""
        return [k for k, name in enumerate(self.header) if k not in taken and not _INDEX.fullmatch(name)]

    def headings(self, columns: Sequence[int]) -> tuple[str, ...]:
        """Return the names of columns; elements are classes without names."""
        return self.types.headings(columns)

    def pick(self, columns: Sequence[int]) -> None:
        """Say which columns chunks are to have."""
        self.picked = tuple(sorted({self.home(column) for column in columns}))

    def _names(self) -> list[str]:
        return [self.header[column] for column in self.picked]

    def sampled_at(self, row: int) -> str:
        """Return the place of a row of the sample, the header counted, for an error."""
        return f"{self.name}: row {row - 1}"

    def sample(self, limit: int = SAMPLE_ROWS) -> ColumnChunk:
        """Return the first rows, fewer than `limit` where they are wide."""
        self.source.open()
        count = min(sample_rows(self.types.width_of(self.picked), limit), self.rows)
        return ColumnChunk(self.name, self.types, 0, self._read(0, count, self._names()))

    def chunks(self, tile: int, rows: int) -> Iterator[ColumnChunk]:
        """Yield chunks of at most `rows` rows, all but the last a multiple of `tile`."""
        self.source.rewind()
        start, each = 0, _row_bytes(self.sample().frame)
        while start < self.rows:
            most = SPAN_BYTES // each
            unit = rows if most >= rows else tile
            count = min(max(unit, most // unit * unit), self.rows - start)
            frame = self._read(start, count, self._names())
            for first in range(0, count, rows):
                yield ColumnChunk(self.name, self.types, start + first, frame.slice(first, rows))
            self.source.advance((self.source.size or 0) * count // self.rows)
            start, each = start + count, max(each, _row_bytes(frame))
        self.source.end_pass()

    def _read(self, start: int, count: int, names: Sequence[str]) -> Any:
        """Return rows of some columns of the file."""
        with self._refusing():
            # by name alone: in a plain list `*` and `^…$` are patterns
            picked = self._polars.selectors.by_name(*names)
            frame = self._scan().select(picked).slice(start, count).collect()
        if frame.height != count:
            raise LsmoothError(f"{self.name} has become shorter while it was being read")
        return frame


def _row_bytes(frame: Any) -> int:
    """Return how many bytes a row of a frame takes in memory."""
    size: int = frame.estimated_size()
    rows: int = frame.height
    return max(1, size // rows)
