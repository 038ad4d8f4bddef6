"""The pass that writes targets: blocks are smoothed, on threads where that pays, and written in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lsmooth.files.npy import NpyChunk
from lsmooth.files.streams import Bytes
from lsmooth.labels.classes import Classes
from lsmooth.pipeline.blocks import Encoder, Pool
from lsmooth.pipeline.chunks import Chunk
from lsmooth.pipeline.engine import in_order
from lsmooth.pipeline.inputs import Inputs
from lsmooth.pipeline.pairs import RowEpsilon, Rows
from lsmooth.pipeline.reading import kept_cells
from lsmooth.pipeline.recipes import Chosen
from lsmooth.pipeline.room import read_into
from lsmooth.pipeline.seen import SeenEpsilons
from lsmooth.smoothing.blocks import Scratch

if TYPE_CHECKING:
    from lsmooth.pipeline.row_epsilon import Later


@dataclass(frozen=True)
class Begun:
    """A block that was read in the order of the rows, as a rule for ε asks, and what works its ε out."""

    rows: Rows
    later: Later


@dataclass(frozen=True)
class Counts:
    """How many rows were written, and read, and what they were.

    Attributes:
        epsilons: of the rows that count, where each has its own.
    """

    rows: int
    read: int
    ignored: int
    rounded: int
    epsilons: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Done:
    """A block of targets, in memory of an encoder that is used again once they are written."""

    encoder: Encoder
    data: Bytes
    counts: Counts


#: What is worked on, after the number of its first row in all of the input.
Placed = tuple[int, Chunk | Begun]


def _placed(chunks: Iterator[Chunk], first: int) -> Iterator[Placed]:
    for chunk in chunks:
        yield first, chunk
        first += chunk.rows


class TargetPass:
    """One pass over the labels.

    Args:
        inputs: the labels.
        classes: in order.
        chosen: the rule for rows and what no label may be.
        encoder: makes what turns labels into bytes.
        drop: leave ignored rows out.

    Attributes:
        rows: how many were written.
        read: how many were read.
        ignored: how many of those are ignored.
        rounded: how many sum to 1 only within the decimals that they are written with.
        seen: the ε of the rows, where each has its own.
    """

    def __init__(
        self, inputs: Inputs, classes: Classes, chosen: Chosen, encoder: Callable[[], Encoder], *, drop: bool
    ) -> None:
        self._inputs = inputs
        self._classes = classes
        self._excluded = chosen.recipe.spread.excluded
        self._rule = chosen.rows
        self._encoders = Pool(encoder)
        self._scratch = Pool(Scratch)
        self._drop = drop
        self.rows = self.read = self.ignored = self.rounded = 0
        self.seen = SeenEpsilons()

    def run(
        self,
        chunks: Iterator[Chunk],
        write: Callable[[Bytes, int], None],
        workers: int | None,
        first: int = 0,
    ) -> None:
        """Do the pass from the row `first` on; `write` is given the bytes and rows of each block in order."""
        placed = _placed(chunks, first)
        # rules for rows look at files in step, so their blocks are begun in order
        items = placed if self._rule is None else self._begun(placed, self._rule)
        with closing(in_order(self._work, items, workers)) as blocks:
            for done in blocks:
                write(done.data, done.counts.rows)
                self._encoders.give(done.encoder)
                self.add(done.counts)
        for source in self._inputs.sources:
            source.check_same()  # the last blocks are read after the last one is handed out
        if self._rule is not None:
            self._rule.finish(self.read)

    def _begun(self, placed: Iterator[Placed], rule: RowEpsilon) -> Iterator[Placed]:
        from lsmooth.pipeline.row_epsilon import begin  # noqa: PLC0415 - for rules

        for first, chunk in placed:
            assert not isinstance(chunk, Begun)
            rows = self._rows(chunk)
            yield first, Begun(rows, begin(rule, chunk, rows.labels))

    def _rows(self, chunk: Chunk) -> Rows:
        labels = self._inputs.read(chunk, self._classes, self._excluded)
        return Rows(labels, kept_cells(chunk, self._inputs.layout))

    def _work(self, placed: Placed) -> Done:
        first, item = placed
        scratch = self._scratch.take()
        if isinstance(item, Begun):
            rows = replace(item.rows, epsilons=item.later(scratch))
        else:
            rows = self._rows(read_into(item, scratch) if isinstance(item, NpyChunk) else item)
        labels, shown = rows.labels, rows.epsilons
        if shown is not None and labels.hidden is not None:
            shown = shown[~labels.hidden]
        if self._drop:
            rows = rows.without_ignored()
        encoder = self._encoders.take()
        written, data = encoder.encode(rows.labels, rows.keep, rows.epsilons, first)
        self._scratch.give(scratch)
        counts = Counts(written, len(labels), labels.ignored, labels.rounded, shown)
        return Done(encoder, data, counts)

    def add(self, counts: Counts) -> None:
        """Count the rows that follow."""
        self.rows += counts.rows
        self.read += counts.read
        self.ignored += counts.ignored
        self.rounded += counts.rounded
        if counts.epsilons is not None:
            self.seen.add(counts.epsilons)
