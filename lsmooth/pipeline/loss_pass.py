"""One pass over predictions and labels: blocks → terms of a loss, or of several → sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.files.columnar import ColumnChunk
from lsmooth.files.npy import NpyChunk
from lsmooth.labels import HARD
from lsmooth.labels.block import Labels
from lsmooth.labels.soft import tolerance_of
from lsmooth.losses import Floats, Loss, Sample, Sums, Terms, main_class, part_of
from lsmooth.losses.lean import LeanSample, LogitSums, ProbabilitySums, mend
from lsmooth.losses.sums import Part
from lsmooth.pipeline.blocks import Pool
from lsmooth.pipeline.chunks import Chunk
from lsmooth.pipeline.engine import block_rows, in_order, text_workers
from lsmooth.pipeline.inputs import Progress
from lsmooth.pipeline.pairs import Pair, Pairs
from lsmooth.pipeline.reading import placed
from lsmooth.pipeline.scheduler import Scheduler, Workers
from lsmooth.pipeline.scores import read_scores
from lsmooth.pipeline.setting import Setting
from lsmooth.smoothing.blocks import Scratch
from lsmooth.tiles import tile_rows

Extra = TypeVar("Extra")

#: A block of which costs alone are taken is read in so many parts, and handed over once.
PARTS = 8
#: The same where threads have text parsed: each call costs them.
TEXT_PARTS = 2


@dataclass(frozen=True)
class Tally:
    """A loss to be added up, and the ε at which the floors of its rows are."""

    loss: Loss
    floors_at: tuple[float, ...] = ()
    row_floors: bool = False

    def floors(self) -> int:
        """How many sums of floors there are."""
        return len(self.floors_at) or int(self.row_floors)


@dataclass(frozen=True)
class Done(Generic[Extra]):
    """What became of one block: the sums of each loss, and what else was taken from it."""

    pair: Pair
    parts: Sequence[Part]
    extra: Extra


class LossPass(Generic[Extra]):
    """A pass that adds up losses.

    Args:
        setting: the files, and how they are read.
        tallies: the losses, of one kind and of the same predictions.
        also: takes something else from a block and the terms of its first loss.
        workers: threads, or a cluster; None for the processors.
        whole: whether `also` looks at every prediction, not at costs alone.
    """

    def __init__(
        self,
        setting: Setting,
        tallies: Sequence[Tally],
        also: Callable[[Sample, Terms, Floats | None], Extra],
        workers: Workers = None,
        *,
        whole: bool = False,
    ) -> None:
        self._setting = setting
        self._tallies = tallies
        self._also = also
        self._whole = whole
        self._loss = tallies[0].loss
        self.tile = tile_rows(self._loss.classes)
        if setting.table.is_text and not isinstance(workers, Scheduler):
            workers = text_workers(len(setting.scores.columns), workers)
        self._workers = workers
        dtype, hard = setting.scores.sample.dtype, setting.inputs.layout.kind in HARD and not setting.binary
        single = dtype.kind == "f" and dtype.itemsize <= 4 and self._loss.predictions != "logprobs"
        self._lean = hard and single and not whole and all(tally.loss.lean for tally in tallies)
        self._row_bytes = self._loss.classes * dtype.itemsize
        self._scratch = Pool(Scratch)
        self.sums = [Sums(tally.loss.classes, tally.floors()) for tally in tallies]

    def run(self, progress: Progress | None, take: Callable[[Done[Extra]], None]) -> None:
        """Do the pass; `take` is given each block in order."""
        setting = self._setting
        for done in self._blocks(progress):
            for sums, part in zip(self.sums, done.parts, strict=True):
                sums.merge(part, done.pair.scores.where)
            take(done)
        setting.table.source.check_same()  # the last blocks are read after the last one is handed out
        if not self.sums[0].valid:
            raise LsmoothError("every row is ignored, so there is no loss", "ignore fewer labels")

    def _blocks(self, progress: Progress | None) -> Iterator[Done[Extra]]:
        """Yield what becomes of each block, in order, wherever it is worked on."""
        setting, loss = self._setting, self._loss
        excluded, epsilon = loss.spread.excluded, setting.chosen.rows
        pairs = Pairs(setting.table, setting.inputs, setting.classes, excluded, epsilon)
        rows = block_rows(loss.classes, 8)
        if setting.table.is_text and self._workers != 1:
            rows = block_rows(loss.classes, 8, parts=TEXT_PARTS)
        if self._lean:
            rows = block_rows(loss.classes, 4, shared=True, parts=PARTS)
        if not isinstance(self._workers, Scheduler):
            return in_order(self.work, pairs.blocks(self.tile, rows, progress), self._workers)
        from lsmooth.pipeline.loss_ranges import LossJob, blocks_of_ranges  # noqa: PLC0415 - for clusters

        job = LossJob(setting, self._tallies, self._also, self._whole, rows)
        return blocks_of_ranges(self._workers.address, job, pairs, progress)

    def work(self, pair: Pair) -> Done[Extra]:
        """Return what becomes of a block, from any thread."""
        setting = self._setting
        labels = as_column(pair.labels) if setting.binary else pair.labels
        epsilon = setting.epsilon_of(pair.labels, pair.rows.epsilons)
        sample = self._sample(pair.scores, labels)
        amount = None if epsilon is None else setting.reduction.amounts(epsilon)
        terms = [tally.loss.terms(sample, amount) for tally in self._tallies]
        parts = [
            part_of(tally.loss, some, sample, self.tile, epsilon, self._floors_at(tally, amount))
            for tally, some in zip(self._tallies, terms, strict=True)
        ]
        return Done(pair, parts, self._also(sample, terms[0], amount))

    def _sample(self, chunk: Chunk, labels: Labels) -> Sample:
        """Return the predictions of a chunk beside their labels; only costs where no more is asked."""
        loss, layout = self._loss, self._setting.scores
        if self._lean and isinstance(chunk, ColumnChunk):
            chunk = chunk.as_array(layout.columns)
        if self._lean and isinstance(chunk, NpyChunk):
            return self._lean_sample(chunk, labels)
        values = read_scores(
            chunk, layout, loss.predictions, loss.kind, renormalised=self._setting.loss.renormalises
        )
        return Sample(values, loss.predictions, labels)

    def _lean_sample(self, chunk: NpyChunk, labels: Labels) -> Sample:
        """Return the costs of a chunk, read and added up in parts that stay in cache."""
        loss, known, rows = self._loss, main_class(labels), block_rows(self._loss.classes, 4, shared=True)
        sums: LogitSums | ProbabilitySums = LogitSums(chunk.rows, loss.classes)
        if loss.predictions != "logits":
            tolerance = tolerance_of(self._setting.scores.sample.dtype)
            sums = ProbabilitySums(chunk.rows, loss.classes, tolerance)
        scratch = self._scratch.take()
        room = scratch.bytes("read", min(rows, chunk.rows) * self._row_bytes)
        first = 0
        for values in chunk.parts(rows, room):
            block = values.reshape(len(values), -1)
            if block.dtype != np.float32 or chunk.held is not None:
                block = scratch.array("single", block.shape, np.float32)
                np.copyto(block, values.reshape(block.shape))
            sums.take(block, known[first : first + rows], first)
            first += len(block)
        self._scratch.give(scratch)

        def original() -> NDArray[np.floating]:
            values = chunk.array
            return values.reshape(len(values), -1).astype(values.dtype.newbyteorder("="), copy=False)

        with placed(chunk):
            return LeanSample(labels, mend(sums.costs(), original, loss.predictions, known))

    @staticmethod
    def _floors_at(tally: Tally, epsilon: Floats | None) -> Sequence[float | Floats]:
        if epsilon is None:
            return tally.floors_at
        return (epsilon,) if tally.row_floors else ()


def as_column(labels: Labels) -> Labels:
    """Return 0/1 labels as (n, 1) rows, the labels of one binary column."""
    if labels.indices is None:
        return labels
    ones: NDArray[np.float64] = (labels.indices == 1)[:, None].astype(np.float64)
    return Labels(None, ones, labels.hidden, labels.rounded)
