"""CSV and TSV in and out, streaming."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.files import BINARY, DELIMITERS
from lsmooth.files.cells import TextChunk
from lsmooth.files.records import Cutter
from lsmooth.files.source import Source
from lsmooth.files.streams import Bytes, Outlet
from lsmooth.files.wide import FEWEST_COLUMNS, format_floats
from lsmooth.labels import SAMPLE_ROWS, sample_rows

READ_BYTES = 1 << 18
#: So many of wide rows are waited for until they make a block.
WIDE_BYTES = 1 << 22

Array = NDArray[Any]


class DelimitedTable:
    """A CSV or TSV file: its first rows to decide by, then chunks of rows.

    Attributes:
        header: the column names, set by whoever decides that the first row holds them.
        columns: cells a row, by the first row.
    """

    is_text = True
    rows: int | None = None

    def __init__(self, source: Source) -> None:
        self.source = source
        self.name = source.name
        self.header: tuple[str, ...] | None = None
        self.columns = 0
        if source.format not in DELIMITERS:
            message = f"{self.name} is {BINARY[source.format]}, wanted text"
            raise LsmoothError(message, "save it as CSV")
        source.open()
        self.delimiter = DELIMITERS[source.format]
        self._sampled: list[bytes] = []
        self._sample_lines: list[int] = []

    def sample(self, limit: int = SAMPLE_ROWS) -> list[list[str]]:
        """Return the cells of the first rows, those of a header among them; fewer than `limit` of wide ones.

        Raises:
            LsmoothError: for an empty file, or one that is not delimited text in UTF-8.
        """
        self.source.rewind()
        cutter = Cutter(self.name, self.delimiter, 1, limit, header=False)
        rows: list[list[str]] = []
        self._sample_lines = []
        for chunk in cutter.cut(self._recorded()):
            rows.extend(chunk.records)
            self._sample_lines += chunk.line_numbers[: chunk.rows]
            if len(rows) >= sample_rows(chunk.width, limit):
                break
        if not rows:
            raise LsmoothError(f"{self.name} is empty, wanted at least one row", "check what wrote it")
        self.columns = cutter.width
        return rows[: sample_rows(self.columns, limit)]

    def sampled_at(self, row: int) -> str:
        """Return file:line of a row of the sample, the header counted, for an error."""
        return f"{self.name}:{self._sample_lines[row]}"

    def spread(self, columns: Sequence[int]) -> list[int]:
        """Return columns of the file: each is a column of values."""
        return list(columns)

    def home(self, column: int) -> int:
        """Return the column of the file that a column is."""
        return column

    def rest(self, taken: Collection[int]) -> list[int]:
        """Return the columns that are not taken."""
        return [k for k in range(self.columns) if k not in taken]

    def headings(self, columns: Sequence[int]) -> tuple[str, ...]:
        """Return the names of columns."""
        assert self.header is not None
        return tuple(self.header[column] for column in columns)

    def pick(self, columns: Sequence[int]) -> None:
        """Say which columns are to be read: of text all are."""

    def _recorded(self) -> Iterator[bytes]:
        while data := self.source.read(READ_BYTES):
            if not self.source.rereadable:
                self._sampled.append(data)
            yield data

    def chunks(self, tile: int, rows: int) -> Iterator[TextChunk]:
        """Yield chunks of at most `rows` rows, all but the last a multiple of `tile`; no header."""
        if self.source.rereadable:
            self.source.rewind()
        sampled, self._sampled = self._sampled, []
        patience = WIDE_BYTES if self.columns >= FEWEST_COLUMNS else 0
        header = self.header is not None
        cutter = Cutter(self.name, self.delimiter, tile, rows, header=header, patience=patience)
        fresh = iter(lambda: self.source.read(READ_BYTES), b"")
        for chunk in cutter.cut(itertools.chain(sampled, fresh)):
            if chunk.width != self.columns:
                raise LsmoothError(
                    f"found {chunk.width} columns, wanted {self.columns} as in the file before",
                    where=chunk.where(0),
                )
            yield chunk
        self.source.end_pass()


def number_format(precision: int | None, dtype: np.dtype[Any]) -> Callable[[Any], str]:
    """Return how a number is written: Python's repr, or a number of significant digits."""
    if precision is not None:
        return f"{{:.{precision}g}}".format
    return repr if dtype == np.float64 else lambda value: repr(float(str(value)))


class TextEncoder:
    """Turns targets into lines of delimited text.

    Args:
        delimiter: between cells.
        dtype: the precision that values are rounded to before they are written.
        precision: significant digits; None writes the shortest text that reads back as the same value.
    """

    def __init__(self, delimiter: str, dtype: np.dtype[Any], precision: int | None = None) -> None:
        self.delimiter = delimiter
        self.dtype = dtype
        self._rounds = precision is not None
        self._format = number_format(precision, dtype)

    def row(self, cells: Sequence[str]) -> str:
        """Return one line of cells, quoted where needed, without its end."""
        return self.rows([cells])[0]

    def rows(self, rows: Iterable[Sequence[str]]) -> list[str]:
        """Return lines of cells, quoted where needed, without their ends."""
        from lsmooth.files.quoting import joined  # noqa: PLC0415 - imports csv

        return joined(rows, self.delimiter)

    def lines(self, targets: Array) -> list[str]:
        """Return (n, K) targets as n lines without their ends."""
        rows = targets.astype(self.dtype, copy=False)
        values = rows.tolist() if self.dtype == np.float64 else [list(row) for row in rows]
        return [self.delimiter.join(map(self._format, row)) for row in values]

    def block(self, targets: Array) -> bytes:
        """Return (n, K) targets as lines with their ends."""
        text = None if self._rounds else format_floats(targets.astype(self.dtype, copy=False), self.delimiter)
        return "".join(f"{line}\n" for line in self.lines(targets)).encode() if text is None else text

    def one_hot_line(self, on: float, off: float, label: int, classes: int) -> str:
        """Return the line with `on` at one class and `off` at all others."""
        on_text, off_text = self.lines(np.array([[on], [off]]))
        before = (off_text + self.delimiter) * label
        return before + on_text + (self.delimiter + off_text) * (classes - 1 - label)


class TextWriter:
    """Writes lines of delimited text, with an optional header."""

    def __init__(self, sink: Outlet, encoder: TextEncoder, header: Sequence[str] | None) -> None:
        self._sink = sink
        if header is not None:
            sink.write((encoder.row(header) + "\n").encode())

    def write(self, data: Bytes, rows: int) -> None:
        """Write the lines of some rows."""
        del rows
        self._sink.write(data)

    def finish(self) -> None:
        """Nothing is left to do for text."""
