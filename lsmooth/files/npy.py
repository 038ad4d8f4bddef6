"""NPY in and out, streaming: the header by numpy, the rows by ranges."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.files.npy_header import read_header
from lsmooth.files.source import Source
from lsmooth.labels import SAMPLE_ROWS, sample_rows

Array = NDArray[Any]


@dataclass(frozen=True)
class NpyChunk:
    """Rows of an array, from row `start` on: held, or read from their file where they are wanted."""

    name: str
    start: int
    rows: int
    held: Array | None = None
    table: NpyTable | None = None

    @property
    def array(self) -> Array:
        """The values of the rows, in memory of their own."""
        if self.held is not None:
            return self.held
        assert self.table is not None
        return self.table.read_range(self.start, self.rows)

    def into(self, room: Array) -> Array:
        """Return the values of the rows, in memory that is given: at least as many bytes as they are."""
        if self.held is not None:
            return self.held
        assert self.table is not None
        return self.table.read_range(self.start, self.rows, room)

    def parts(self, rows: int, room: Array) -> Iterator[Array]:
        """Yield the values of so many rows at a time, in memory that is given and used again."""
        if self.held is None:
            assert self.table is not None
            yield from self.table.read_parts(self.start, self.rows, rows, room)
            return
        for first in range(0, self.rows, rows):
            yield self.held[first : first + rows]

    def where(self, row: int) -> str:
        """Return the place of a row of this chunk, for an error."""
        return f"{self.name}: row {self.start + row}"

    def numbers(self, columns: Sequence[int], *, whole: bool, missing: frozenset[str]) -> Array:
        """Return the numbers in columns of the rows, (n,) for 1-D and (n, C) for 2-D."""
        del whole, missing
        values = self.array
        if values.ndim == 1 or columns == range(values.shape[1]):
            return values
        return values[:, list(columns)]

    def text(self, column: int) -> list[str]:
        """Return a column of strings."""
        values = self.array
        values = values if values.ndim == 1 else values[:, column]
        if values.dtype.kind == "U":
            self._check_letters(values)
        if values.dtype.kind == "S":
            try:
                values = np.char.decode(values, "utf-8")
            except UnicodeDecodeError:
                message = "the byte strings are not UTF-8"
                raise LsmoothError(message, "save them with .astype(str)", where=self.name) from None
        return [str(value) for value in values.tolist()]

    def _check_letters(self, values: Array) -> None:
        """Raise LsmoothError, with the row, for a string that is no text."""
        codes = np.ascontiguousarray(values).view(np.dtype(np.uint32).newbyteorder(values.dtype.byteorder))
        odd = (codes > sys.maxunicode) | ((codes >= 0xD800) & (codes < 0xE000))
        if odd.any():
            place = int(np.argmax(odd))
            message = f"found U+{int(codes[place]):04X} in a string, wanted text"
            hint = "save the strings again, without surrogates"
            raise LsmoothError(message, hint, where=self.where(place * len(values) // len(codes)))

    def decimals(self, row: int, columns: Sequence[int]) -> int | None:
        """Return None: binary numbers have no decimals."""
        del row, columns
        return None


class NpyTable:
    """An array in a file, read in chunks of rows.

    Attributes:
        shape: of the array in the file.
        dtype: of its values.
        header: always None; NPY has no column names.
    """

    header: tuple[str, ...] | None = None
    is_text = False

    def __init__(self, source: Source) -> None:
        self.source = source
        self.name = source.name
        source.rewind()
        header = read_header(source)
        self.shape, self.fortran, self.dtype = header.shape, header.fortran, header.dtype
        self._offset = header.offset
        self._flat = False

    @property
    def columns(self) -> int:
        """How many columns the rows have; 1 for a 1-D array."""
        return 1 if self._flat or len(self.shape) == 1 else self.shape[-1]

    @property
    def is_strings(self) -> bool:
        """Whether the values are strings."""
        return self.dtype.kind in "US"

    @property
    def inner(self) -> tuple[int, ...]:
        """The axes between the first and the class axis that targets have."""
        return (
            () if len(self.shape) == 2 and self.shape[1] == 1 else self.shape[1 : None if self._flat else -1]
        )

    @property
    def rows(self) -> int:
        """How many rows, counted as `flatten` says."""
        return math.prod(self.shape) // self.columns

    @property
    def row_bytes(self) -> int:
        """How many bytes a row has."""
        return self.columns * self.dtype.itemsize

    def flatten(self) -> None:
        """Count each value as a row of its own (a map of class indices)."""
        if self.fortran and len(self.shape) > 1 and 1 not in self.shape:
            raise LsmoothError(
                f"{self.name} is stored column by column (Fortran order)",
                "save it with np.save(path, np.ascontiguousarray(array))",
            )
        self._flat = True

    def sample(self, limit: int = SAMPLE_ROWS) -> Array:
        """Return the first rows, fewer than `limit` where they are wide."""
        count = min(sample_rows(self.columns, limit), self.rows)
        if self.source.rereadable:
            return next(self.chunks(1, count)).array
        self._sampled = self._stream_rows(count)
        return self._sampled

    def chunks(self, tile: int, rows: int) -> Iterator[NpyChunk]:
        """Yield chunks of `rows` rows (a multiple of `tile`), the last one shorter."""
        del tile
        source = self.source
        if source.rereadable:
            source.rewind()
            if source.direct is None:
                source.read_exactly(self._offset - source.origin)
        source.advance(self._offset - source.origin if source.direct is not None else 0)
        pending: Array | None = getattr(self, "_sampled", None)
        for start in range(0, self.rows, rows):
            count = min(rows, self.rows - start)
            if source.direct is None:
                block, pending = self._next(pending, count)
                yield NpyChunk(self.name, start, count, block)
            else:
                later = source.stays_open  # else it is closed once the last chunk has been handed out
                held = None if later else self.read_range(start, count)
                source.advance(count * self.row_bytes)
                yield NpyChunk(self.name, start, count, held, self)
        if source.direct is None and source.read(1):
            raise LsmoothError(f"{self.name} has bytes after its array", "save one array a file")
        source.end_pass()

    def span(self, start: int, stop: int, rows: int) -> Iterator[NpyChunk]:
        """Yield the rows from `start` up to `stop` in chunks of `rows`; from any thread, of an open file."""
        for first in range(start, stop, rows):
            yield NpyChunk(self.name, first, min(rows, stop - first), None, self)

    def _next(self, pending: Array | None, count: int) -> tuple[Array, Array | None]:
        if pending is None:
            return self._stream_rows(count), None
        if self._flat:
            pending = pending.reshape(-1)
        if len(pending) >= count:
            return pending[:count], pending[count:] if len(pending) > count else None
        return np.concatenate([pending, self._stream_rows(count - len(pending))]), None

    def _shaped(self, values: Array) -> Array:
        return (
            values
            if self.columns == 1 and (self._flat or len(self.shape) == 1)
            else values.reshape(-1, self.columns)
        )

    def _stream_rows(self, count: int) -> Array:
        want = count * self.row_bytes
        data = self.source.read_exactly(want)
        if len(data) < want:
            message = f"{self.name} is truncated: it ends before row {self.rows - 1}"
            raise LsmoothError(message, "copy or save it again")
        return self._shaped(np.frombuffer(data, dtype=self.dtype))

    def read_range(self, start: int, count: int, room: Array | None = None) -> Array:
        """Return a range of rows of a file, in memory that is given or their own; from any thread."""
        descriptor = self.source.direct
        assert descriptor is not None
        if self._by_columns:
            block = np.empty((self.columns, count), dtype=self.dtype)
            for column in range(self.columns):
                self._fill(descriptor, as_bytes(block[column]), column * self.rows + start)
            return np.ascontiguousarray(block.T)
        size = count * self.columns
        block = (
            np.empty(size, self.dtype)
            if room is None
            else room[: size * self.dtype.itemsize].view(self.dtype)
        )
        self._fill(descriptor, as_bytes(block), start * self.columns)
        return self._shaped(block)

    def read_parts(self, start: int, count: int, rows: int, room: Array) -> Iterator[Array]:
        """Yield a range of rows of a file, `rows` at a time, in memory that is given; from any thread."""
        descriptor, stop = self.source.direct, start + count
        assert descriptor is not None
        if self._by_columns:
            for first in range(start, stop, rows):
                yield self.read_range(first, min(rows, stop - first))
            return
        length = self.row_bytes
        view, values = as_bytes(room), self._shaped(room[: rows * length].view(self.dtype))
        for first in range(start, stop, rows):
            here = min(rows, stop - first)
            self._fill(descriptor, view[: here * length], first * self.columns)
            yield values[:here]

    @property
    def _by_columns(self) -> bool:
        return self.fortran and not self._flat and len(self.shape) == 2 and self.columns > 1

    def _fill(self, descriptor: int, view: memoryview, first: int) -> None:
        offset = self._offset + first * self.dtype.itemsize
        while view:
            try:
                done = os.preadv(descriptor, [view], offset)
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise LsmoothError(f"cannot read {self.name}: {reason}") from None
            if done == 0:
                raise LsmoothError(f"{self.name} has become shorter while it was being read")
            view, offset = view[done:], offset + done


def as_bytes(values: Array) -> memoryview:
    """Return the memory of a C-contiguous array, writable where the array is."""
    return memoryview(values.reshape(-1).view(np.uint8).data)
