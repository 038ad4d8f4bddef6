"""The columns of a Parquet or Arrow file: names, types, and the elements of lists, which are columns too."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, listed, shown
from lsmooth.files.extras import load_polars


class Columns:
    """The columns of a file; the elements of a column of lists are numbered after those of the file.

    Args:
        name: of the file, for errors.
        schema: the types of its columns, by name.
        first: returns the first row of some of them.

    Attributes:
        header: their names.
        lists: which of them hold lists.
    """

    def __init__(self, name: str, schema: Any, first: Callable[[Sequence[str]], Any]) -> None:
        self._polars = load_polars()
        self._name = name
        self.header: tuple[str, ...] = tuple(schema.names())
        self._types = schema.dtypes()
        self.lists = [k for k, kind in enumerate(self._types) if hasattr(kind, "inner")]
        self._elements: dict[int, range] = {}
        self._nulls: set[int] = set()  # lists that the first row has not
        self._runs: tuple[Sequence[int], list[tuple[int | None, list[int]]]] = ((), [])
        if self.lists:
            self._number_elements(first([self.header[k] for k in self.lists]))

    def _type(self, column: int) -> Any:
        """Return the type of the column of the file that a column is, or is an element of."""
        return self._types[self.home(column)]

    def _number_elements(self, first: Any) -> None:
        after = len(self.header)
        for k in self.lists:
            lists = first.get_column(self.header[k])
            count = int(lengths_of(lists)[0])
            if lists.null_count():
                self._nulls.add(k)
            self._elements[k] = range(after, after + count)
            after += count

    def elements(self, column: int) -> range:
        """Return the numbers of the elements of a column of lists."""
        return self._elements[column]

    def place(self, column: int) -> int | None:
        """Return the column of lists that an element stands in; None for a column of the file."""
        return next((k for k, numbers in self._elements.items() if column in numbers), None)

    def home(self, column: int) -> int:
        """Return the column of the file that a column is, or is an element of."""
        place = self.place(column)
        return column if place is None else place

    def spread(self, columns: Sequence[int]) -> list[int]:
        """Return columns of the file, the elements of each column of lists in its place."""
        empty = next((k for k in columns if k in self._elements and not self._elements[k]), None)
        if empty is not None:
            what = "is null" if empty in self._nulls else "has no values"
            message = f"column {shown(self.header[empty])} {what}"
            raise LsmoothError(message, "give each row one value a class", where=f"{self._name}: row 0")
        return [number for k in columns for number in self._elements.get(k, (k,))]

    def width_of(self, columns: Sequence[int]) -> int:
        """Return how many values a row of some columns of the file has, at least 1."""
        return sum(len(self._elements.get(k, (k,))) for k in columns) or 1

    def runs(self, columns: Sequence[int]) -> list[tuple[int | None, list[int]]]:
        """Return columns as runs of those of the file, with None, and of elements, with where they stand."""
        if not self.lists:
            return [(None, list(columns))]
        known, runs = self._runs
        if known is not columns:  # they are the same for each chunk, and may be very many
            runs = [(place, list(run)) for place, run in itertools.groupby(columns, self.place)]
            self._runs = (columns, runs)
        return runs

    def headings(self, columns: Sequence[int]) -> tuple[str, ...]:
        """Return the names of columns; elements are classes without names."""
        places = {number: k for numbers in self._elements.values() for k, number in enumerate(numbers)}
        return tuple(f"class_{places[k]}" if k in places else self.header[k] for k in columns)

    def is_numeric(self, column: int) -> bool:
        """Whether a column, or element, is of a type of numbers that numpy has too."""
        kind, polars = self._type(column), self._polars
        kind = kind.inner if self.place(column) is not None else kind
        if kind.is_float() or kind == polars.Boolean:
            return True
        return bool(kind.is_integer() and kind not in (polars.Int128, polars.UInt128))

    def check_numeric(self, column: int) -> None:
        """Raise LsmoothError for a column that holds no numbers."""
        if not self.is_numeric(column):
            name, kind = self.header[self.home(column)], self._type(column)
            wanted, hint = "numbers", f"name the right columns; they are {listed(self.header, 20)}"
            if getattr(kind, "inner", kind).is_numeric():
                wanted, hint = "integers or floats of at most 64 bits", "cast the column to one of these"
            if isinstance(kind, self._polars.BaseExtension):
                hint = "store it as what it is made of: numbers, lists or arrays"
            message = f"column {shown(name)} holds {shown(kind)}, wanted {wanted}"
            raise LsmoothError(message, hint, where=self._name)

    def is_strings(self, column: int) -> bool:
        """Whether a column is one of text."""
        polars = self._polars
        return self._type(column) in (polars.String, polars.Categorical, polars.Enum)

    def as_text(self, column: int, frame: Any) -> Any:
        """Return a column so that its values, printed, are its cells."""
        kind, polars = self._type(column), self._polars
        if kind.is_nested() or kind in (polars.Binary, polars.Object):
            message = f"column {shown(self.header[column])} holds {shown(kind)}, wanted text"
            raise LsmoothError(
                message, f"name the right columns; they are {listed(self.header, 20)}", where=self._name
            )
        series = frame.get_column(self.header[column])
        if kind.is_temporal():
            return series.dt.to_string()  # Python has no nanoseconds, and no year 10000
        # as a Python float a narrow one has digits that it has not
        narrow = kind.is_float() and kind != polars.Float64
        return series.cast(polars.String) if narrow or self.is_strings(column) else series

    def values_of(self, frame: Any) -> NDArray[Any]:
        """Return columns without nulls as rows, (n, C), in the narrowest type that holds them all."""
        if frame.width == 1:
            column: NDArray[Any] = frame.to_series().to_numpy()
            return column[:, None]
        # numpy has no type for truth values among numbers
        rows: NDArray[Any] = frame.cast({self._polars.Boolean: self._polars.UInt8}).to_numpy(order="c")
        return rows


def lengths_of(series: Any) -> NDArray[np.int64]:
    """Return how many values each row of a column of lists has, 0 for a null, (n,)."""
    if hasattr(series.dtype, "shape"):
        return np.full(len(series), series.dtype.shape[0])
    lengths: NDArray[np.int64] = series.list.len().fill_null(0).to_numpy().astype(np.int64)
    return lengths
