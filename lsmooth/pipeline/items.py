"""Long tables of votes, item,label or item,annotator,label: one row of counts an item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, shown
from lsmooth.files.cells import TextChunk
from lsmooth.files.columnar import ColumnChunk
from lsmooth.labels.classes import IGNORED, Classes
from lsmooth.pipeline.chunks import Chunk, VoteChunk
from lsmooth.pipeline.inputs import Inputs, Progress


class Items(Inputs):
    """Label files whose rows are votes for items; the rows of an item stand together.

    The items seen are remembered, 8 bytes and a set's overhead each, so that one that comes back is an error.
    """

    def __init__(self, votes: Inputs, classes: Classes) -> None:
        layout = replace(votes.layout, kind="votes", columns=range(classes.count), classes=classes)
        super().__init__(votes.tables, votes.flags, layout)
        self._votes = votes
        self._classes = classes

    @property
    def rows(self) -> int | None:
        """How many items there are is not known before they are read."""
        return None

    def taken(self) -> int:
        """Bytes taken from disk in this pass so far."""
        return self._votes.taken()

    def chunks(self, tile: int, rows: int, step: str, progress: Progress | None = None) -> Iterator[Chunk]:
        """Yield the counts of whole items."""
        seen: set[int] = set()
        last: str | None = None
        held: VoteChunk | None = None
        start = 0
        for chunk in self._votes.chunks(tile, rows, step, progress):
            assert isinstance(chunk, TextChunk | ColumnChunk)
            items = chunk.text(self._votes.layout.extra[0])
            counted = self._count(chunk, items, start)
            firsts = [row for row, item in enumerate(items) if row == 0 or item != items[row - 1]]
            goes_on = items[0] == last
            for row in firsts[goes_on:]:
                if hash(items[row]) in seen:
                    message = f"the item {shown(items[row])} comes back after other items"
                    raise LsmoothError(message, "sort the table by item", where=chunk.where(row))
                seen.add(hash(items[row]))
            if held is not None:
                counted = _joined(held, counted, goes_on=goes_on)
            last = items[-1]
            held = _part(counted, counted.rows - 1, counted.rows)
            if counted.rows > 1:
                yield _part(counted, 0, counted.rows - 1)
            start = held.start
        if held is not None:
            yield held

    def _count(self, chunk: TextChunk | ColumnChunk, items: list[str], start: int) -> VoteChunk:
        labels = self._votes.read(chunk, self._classes).indices
        assert labels is not None
        groups = np.cumsum([row > 0 and item != items[row - 1] for row, item in enumerate(items)])
        firsts = np.flatnonzero(np.diff(groups, prepend=-1))
        counts = np.zeros((len(firsts), self._classes.count), dtype=np.int64)
        shown_rows = labels != IGNORED
        np.add.at(counts, (groups[shown_rows], labels[shown_rows]), 1)
        keep = None
        if self.layout.keep:
            cells = chunk.kept(self.layout.keep)
            keep = [cells[row] for row in firsts.tolist()]
        return VoteChunk(start, counts, keep, [chunk.where(row) for row in firsts.tolist()])


def _part(chunk: VoteChunk, first: int, last: int) -> VoteChunk:
    keep = None if chunk.keep is None else chunk.keep[first:last]
    return VoteChunk(chunk.start + first, chunk.counts[first:last], keep, chunk.places[first:last])


def _joined(held: VoteChunk, found: VoteChunk, *, goes_on: bool) -> VoteChunk:
    """Return two runs of items as one; where an item goes on, its counts are added."""
    counts: NDArray[np.int64] = found.counts
    if goes_on:
        counts = counts.copy()
        counts[0] += held.counts[0]
        keep = None if found.keep is None or held.keep is None else held.keep + found.keep[1:]
        return VoteChunk(held.start, counts, keep, held.places + found.places[1:])
    keep = None if found.keep is None or held.keep is None else held.keep + found.keep
    return VoteChunk(held.start, np.concatenate([held.counts, counts]), keep, held.places + found.places)
