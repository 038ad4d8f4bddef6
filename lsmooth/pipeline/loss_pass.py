"""One pass over predictions and labels: blocks → terms of a loss, or of several → sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.labels.block import Labels
from lsmooth.losses import Floats, Loss, Sample, Sums, Terms, part_of
from lsmooth.losses.sums import Part
from lsmooth.pipeline.engine import InlineExecutor, block_rows, in_order
from lsmooth.pipeline.inputs import Progress
from lsmooth.pipeline.pairs import Pair, Pairs
from lsmooth.pipeline.scores import read_scores
from lsmooth.pipeline.setting import Setting
from lsmooth.tiles import tile_rows

Extra = TypeVar("Extra")


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
    """

    def __init__(
        self,
        setting: Setting,
        tallies: Sequence[Tally],
        also: Callable[[Sample, Terms, Floats | None], Extra],
    ) -> None:
        self._setting = setting
        self._tallies = tallies
        self._also = also
        self._loss = tallies[0].loss
        self.tile = tile_rows(self._loss.classes)
        self.sums = [Sums(tally.loss.classes, tally.floors()) for tally in tallies]

    def run(self, progress: Progress | None, take: Callable[[Done[Extra]], None]) -> None:
        """Do the pass; `take` is given each block in order."""
        setting, loss = self._setting, self._loss
        excluded, epsilon = loss.spread.excluded, setting.chosen.rows
        pairs = Pairs(setting.table, setting.inputs, setting.classes, excluded, epsilon)
        blocks = pairs.blocks(self.tile, block_rows(loss.classes, 8), progress)
        for done in in_order(self._work, blocks, InlineExecutor()):
            for sums, part in zip(self.sums, done.parts, strict=True):
                sums.merge(part, done.pair.scores.where)
            take(done)
        if not self.sums[0].valid:
            raise LsmoothError("every row is ignored, so there is no loss", "ignore fewer labels")

    def _work(self, pair: Pair) -> Done[Extra]:
        setting, loss = self._setting, self._loss
        values = read_scores(
            pair.scores, setting.scores, loss.predictions, loss.kind, renormalised=loss.renormalises
        )
        labels = as_column(pair.labels) if setting.binary else pair.labels
        epsilon = setting.epsilon_of(pair.labels, pair.rows.epsilons)
        sample = Sample(values, loss.predictions, labels)
        terms = [tally.loss.terms(sample, epsilon) for tally in self._tallies]
        parts = [
            part_of(tally.loss, some, sample, self.tile, epsilon, self._floors_at(tally, epsilon))
            for tally, some in zip(self._tallies, terms, strict=True)
        ]
        return Done(pair, parts, self._also(sample, terms[0], epsilon))

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
