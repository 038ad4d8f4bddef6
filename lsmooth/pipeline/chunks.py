"""What tables yield: chunks of text, of arrays, and of votes counted by item, with one interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.files.cells import TextChunk
from lsmooth.files.columnar import ColumnChunk, ColumnTable
from lsmooth.files.delimited import DelimitedTable
from lsmooth.files.npy import NpyChunk, NpyTable
from lsmooth.labels.classes import Classes, Ignore
from lsmooth.labels.hard import read_indices


@dataclass(frozen=True)
class VoteChunk:
    """The votes of whole items, counted from a long table; the interface of the other chunks.

    Attributes:
        start: the number of the first item.
        counts: (n, K) votes.
        keep: the cells beside the first row of each item.
        places: file:line of the first row of each item.
    """

    start: int
    counts: NDArray[np.int64]
    keep: list[list[str]] | None
    places: list[str]

    @property
    def rows(self) -> int:
        """How many items."""
        return len(self.counts)

    def where(self, row: int) -> str:
        """Return file:line of an item of this chunk, for an error."""
        return self.places[row]

    def numbers(self, columns: Sequence[int], *, whole: bool, missing: frozenset[str]) -> NDArray[Any]:
        """Return the counts."""
        del columns, whole, missing
        return self.counts

    def text(self, column: int) -> list[str]:
        """Items have no text of their own."""
        raise NotImplementedError(column)

    def decimals(self, row: int, columns: Sequence[int]) -> int | None:
        """Return None: counts have no decimals."""
        del row, columns
        return None


def read_chunk(
    chunk: TextChunk | NpyChunk | ColumnChunk | VoteChunk,
    columns: Sequence[int],
    classes: Classes | None,
    ignore: Ignore,
) -> NDArray[np.integer]:
    """Return the class indices in some columns of a chunk, as `read_indices` does."""
    values = chunk.numbers(columns, whole=True, missing=ignore.cells)
    written = partial(chunk.written, columns=columns) if isinstance(chunk, TextChunk) else None
    return read_indices(values.reshape(-1), classes, ignore, written)


#: Tables whose columns have names, or can have them.
ColumnsTable = DelimitedTable | ColumnTable
Table = ColumnsTable | NpyTable
Chunk = TextChunk | NpyChunk | ColumnChunk | VoteChunk


def same_kind(table: Table, first: Table) -> None:
    """Raise LsmoothError for a further input that is not text, an array or columns as the first is."""
    if type(table) is not type(first):
        message = f"{table.name} and {first.name} are files of two kinds, which are not read as one"
        raise LsmoothError(message, "pass files of one kind")
