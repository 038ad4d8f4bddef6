"""Predictions and labels, row by row together, whether they stand in one file or in two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lsmooth.errors import LsmoothError
from lsmooth.files.npy import NpyTable
from lsmooth.labels.block import Labels
from lsmooth.labels.classes import Classes
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.reading import Chunk, Table, kept_cells, read_labels

Cells = list[list[str]] | None


@dataclass(frozen=True)
class Pair:
    """A chunk of predictions, not read yet, and the labels of its rows."""

    scores: Chunk
    labels: Labels
    keep: Cells


class Pairs:
    """A file of predictions and its labels; `labels` is over the same table where they stand in it.

    Args:
        table: the predictions.
        labels: the labels.
        excluded: classes that no row may be labelled with.
    """

    def __init__(
        self, table: Table, labels: Inputs, classes: Classes, excluded: tuple[int, ...] = ()
    ) -> None:
        self._table = table
        self._labels = labels
        self._classes = classes
        self._excluded = excluded
        self._apart = labels.tables[0] is not table
        sizes = [table.source.size, labels.total if self._apart else 0]
        self._total = None if None in sizes else sum(size or 0 for size in sizes)

    def blocks(self, tile: int, rows: int, progress: Progress | None = None) -> Iterator[Pair]:
        """Yield pairs in order; raise LsmoothError, naming both files, when their row counts differ."""
        feed = self._feed(tile, rows)
        held: list[tuple[Labels, Cells]] = []
        done = 0
        for chunk in self._table.chunks(tile, rows):
            if not self._apart:
                yield Pair(chunk, *self._read(chunk))
            else:
                labels, keep = self._take(feed, held, chunk.rows)
                if len(labels) < chunk.rows:
                    self._differ(_count(self._table, chunk.start + chunk.rows), chunk.start + len(labels))
                yield Pair(chunk, labels, keep)
            done += chunk.rows
            if progress is not None:
                taken = self._table.source.taken() + sum(
                    s.taken() for s in self._labels.sources if self._apart
                )
                progress("computing", done, taken, self._total)
        more = sum(len(labels) for labels, _ in held)
        if self._apart and (more or next(feed, None) is not None):
            self._differ(done, max(done + more, sum(_count(table, 0) for table in self._labels.tables)))

    def _read(self, chunk: Chunk) -> tuple[Labels, Cells]:
        layout = self._labels.layout
        labels = read_labels(chunk, layout, self._classes, self._labels.ignore, self._excluded)
        return labels, kept_cells(chunk, layout)

    def _feed(self, tile: int, rows: int) -> Iterator[tuple[Labels, Cells]]:
        if self._apart:
            for chunk in self._labels.chunks(tile, rows, "computing"):
                yield self._read(chunk)

    @staticmethod
    def _take(
        feed: Iterator[tuple[Labels, Cells]], held: list[tuple[Labels, Cells]], count: int
    ) -> tuple[Labels, Cells]:
        """Take labels for `count` rows (fewer only at the end), holding back what is over."""
        have = sum(len(labels) for labels, _ in held)
        while have < count and (block := next(feed, None)) is not None:
            held.append(block)
            have += len(block[0])
        if not held:
            return Labels.hard(np.zeros(0, dtype=np.int64)), None
        labels = Labels.joined([labels for labels, _ in held])
        keep = None if held[0][1] is None else [cells for _, some in held for cells in some or ()]
        held[:] = [(labels.part(count, have), keep and keep[count:])] if have > count else []
        return labels.part(0, count), keep and keep[:count]

    def _differ(self, scores: int, labels: int) -> None:
        """Raise for row counts that differ."""
        tables = self._labels.tables
        hint = "each row of predictions needs one label"
        if abs(scores - labels) == 1:
            hint = "pass --header if one file's first row is a header, --no-header if it is data"
        name = tables[0].name if len(tables) == 1 else f"{len(tables)} files of labels"
        message = f"{self._table.name} has {scores:,} rows, {name} has {labels:,}"
        raise LsmoothError(message, hint)


def _count(table: Table, at_least: int) -> int:
    """Return the rows of a table, read again if need be; `at_least` where that cannot be."""
    if isinstance(table, NpyTable):
        return table.rows
    if table.source.rereadable:
        return sum(chunk.rows for chunk in table.chunks(1, 1 << 16))
    return at_least
