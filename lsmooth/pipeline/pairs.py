"""Predictions and labels, row by row together, whether they stand in one file or in two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.labels.block import Labels
from lsmooth.labels.classes import Classes
from lsmooth.pipeline.chunks import Chunk, Table
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.reading import kept_cells

Cells = list[list[str]] | None
Floats = NDArray[np.float64]


class RowEpsilon(Protocol):
    """Gives the ε of the rows of a chunk; chunks come in order."""

    name: str

    def of(self, chunk: Chunk, labels: Labels) -> Floats:
        """Return ε for each row of the chunk, (n,)."""
        ...

    def finish(self, rows: int) -> None:
        """Say that there were so many rows in all."""
        ...


@dataclass(frozen=True)
class Rows:
    """A block of labels, the cells beside them, and their ε where each row has its own."""

    labels: Labels
    keep: Cells = None
    epsilons: Floats | None = None

    def part(self, start: int, stop: int) -> Rows:
        """Return the rows from `start` up to `stop`."""
        epsilons = None if self.epsilons is None else self.epsilons[start:stop]
        return Rows(self.labels.part(start, stop), self.keep and self.keep[start:stop], epsilons)

    def without_ignored(self) -> Rows:
        """Return the rows that are not ignored."""
        if self.labels.hidden is None:
            return self
        shown = ~self.labels.hidden
        keep = self.keep and list(compress(self.keep, shown))
        epsilons = None if self.epsilons is None else self.epsilons[shown]
        return Rows(self.labels.without_ignored(), keep, epsilons)

    @staticmethod
    def joined(parts: Sequence[Rows]) -> Rows:
        """Return blocks as one."""
        if len(parts) == 1:
            return parts[0]
        keep = None if parts[0].keep is None else [cells for part in parts for cells in part.keep or ()]
        known = [part.epsilons for part in parts if part.epsilons is not None]
        return Rows(
            Labels.joined([part.labels for part in parts]), keep, np.concatenate(known) if known else None
        )


@dataclass(frozen=True)
class Pair:
    """A chunk of predictions, not read yet, and the rows of labels that belong to it."""

    scores: Chunk
    rows: Rows

    @property
    def labels(self) -> Labels:
        """The labels of the rows."""
        return self.rows.labels


class Pairs:
    """A file of predictions and its labels; `labels` is over the same table where they stand in it.

    Args:
        table: the predictions.
        labels: the labels.
        excluded: classes that no row may be labelled with.
        epsilon: what gives each row its ε, where rows have their own.
    """

    def __init__(
        self,
        table: Table,
        labels: Inputs,
        classes: Classes,
        excluded: tuple[int, ...] = (),
        epsilon: RowEpsilon | None = None,
    ) -> None:
        self._table = table
        self._labels = labels
        self._classes = classes
        self._excluded = excluded
        self._epsilon = epsilon
        self._apart = labels.tables[0] is not table
        sizes = [table.source.size, labels.total if self._apart else 0]
        self._total = None if None in sizes else sum(size or 0 for size in sizes)

    def blocks(self, tile: int, rows: int, progress: Progress | None = None) -> Iterator[Pair]:
        """Yield pairs in order; raise LsmoothError, naming both files, when their row counts differ."""
        feed = self._feed(tile, rows)
        held: list[Rows] = []
        done = 0
        self._table.source.begin_pass()
        for chunk in self._table.chunks(tile, rows):
            if not self._apart:
                yield Pair(chunk, self._read(chunk))
            else:
                found = self._take(feed, held, chunk.rows)
                if len(found.labels) < chunk.rows:
                    self.differ(
                        _count(self._table, chunk.start + chunk.rows), chunk.start + len(found.labels)
                    )
                yield Pair(chunk, found)
            done += chunk.rows
            if progress is not None:
                taken = self._table.source.taken() + (self._labels.taken() if self._apart else 0)
                progress("computing", done, taken, self._total)
        more = sum(len(some.labels) for some in held)
        if self._apart and (more or next(feed, None) is not None):
            self.differ(done, max(done + more, sum(_count(table, 0) for table in self._labels.tables)))
        if self._epsilon is not None:
            self._epsilon.finish(done)

    def _read(self, chunk: Chunk) -> Rows:
        layout = self._labels.layout
        labels = self._labels.read(chunk, self._classes, self._excluded)
        epsilons = None if self._epsilon is None else self._epsilon.of(chunk, labels)
        return Rows(labels, kept_cells(chunk, layout), epsilons)

    def _feed(self, tile: int, rows: int) -> Iterator[Rows]:
        if self._apart:
            for chunk in self._labels.chunks(tile, rows, "computing"):
                yield self._read(chunk)

    @staticmethod
    def _take(feed: Iterator[Rows], held: list[Rows], count: int) -> Rows:
        """Take labels for `count` rows (fewer only at the end), holding back what is over."""
        have = sum(len(some.labels) for some in held)
        while have < count and (block := next(feed, None)) is not None:
            held.append(block)
            have += len(block.labels)
        if not held:
            return Rows(Labels.hard(np.zeros(0, dtype=np.int64)))
        rows = Rows.joined(held)
        held[:] = [rows.part(count, have)] if have > count else []
        return rows.part(0, count)

    def differ(self, scores: int, labels: int) -> NoReturn:
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
    if table.rows is not None:
        return table.rows
    if table.source.rereadable:
        return sum(chunk.rows for chunk in table.chunks(1, 1 << 16))
    return at_least
