"""What a pass over predictions adds up: the terms of the loss by tile, and what a report needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lsmooth.calibration import Reliability, brier_scores
from lsmooth.labels.block import Labels
from lsmooth.losses import Floats, Loss, Terms, main_class, mix
from lsmooth.pipeline.results import Report
from lsmooth.predictions import LogProbs
from lsmooth.tiles import Total, tile_sums


@dataclass(frozen=True)
class Seen:
    """What a report needs of each row, (n,) each; `shown` are those that are not ignored."""

    shown: NDArray[np.bool_]
    labels: NDArray[np.integer]
    hard: Floats
    smooth: Floats
    surprise: Floats
    hits: NDArray[np.bool_]
    confidence: Floats
    brier: Floats


def look(logs: LogProbs, terms: Terms, labels: Labels) -> Seen:
    """Return what a report needs of the rows of a block."""
    shown = ~labels.hides()
    known = main_class(labels)
    p = logs.probabilities()
    return Seen(
        shown,
        known,
        terms.hard,
        terms.smooth,
        np.where(shown, logs.of(known), 0),
        p.argmax(axis=1) == known,
        np.minimum(p.max(axis=1), 1),
        np.where(shown, brier_scores(p, known), 0),
    )


@dataclass(frozen=True)
class Part:
    """The sums of one block, tile by tile, in the order of the rows."""

    rows: int
    hard: Sequence[float]
    smooth: Sequence[float]
    weight: Sequence[float]
    floors: Sequence[Sequence[float]]
    epsilon: Sequence[float]
    infinite: NDArray[np.intp]
    labels: Labels
    seen: Seen | None


def part_of(
    loss: Loss,
    terms: Terms,
    labels: Labels,
    tile: int,
    epsilon: Floats | None,
    *,
    floors_at: Sequence[float | Floats],
    seen: bool,
) -> Part:
    """Return the sums of a block; `floors_at` are the ε whose floors are wanted row by row."""
    amounts = np.zeros(0)
    if epsilon is not None:
        amounts = np.where(labels.hides(), 0, np.broadcast_to(epsilon.mean(axis=1), len(labels)))
    weight = loss.weights.of(labels) if labels.indices is None else np.zeros(0)
    if labels.hidden is not None and len(weight):
        weight = np.where(labels.hidden, 0, weight)
    return Part(
        len(labels),
        tile_sums(terms.hard, tile),
        tile_sums(terms.smooth, tile),
        tile_sums(weight, tile),
        [tile_sums(loss.floors(labels, amount), tile) for amount in floors_at],
        tile_sums(amounts, tile),
        np.flatnonzero(np.isinf(terms.hard) | np.isinf(terms.smooth)),
        labels,
        look(terms.logs, terms, labels) if seen and terms.logs is not None else None,
    )


class Sums:
    """The sums of all rows so far; parts are merged in the order of the rows."""

    def __init__(self, classes: int, floors: int) -> None:
        self.rows = 0
        self.valid = 0
        self.hard = Total()
        self.smooth = Total()
        self.weight = Total()
        self.epsilon = Total()
        self.floors = [Total() for _ in range(floors)]
        self.counts = np.zeros(classes, dtype=np.int64)
        self.infinite = 0
        self.first_infinite: str | None = None

    def infinity(self) -> str:
        """Say where the loss is infinite, and what helps."""
        rows = "row gives" if self.infinite == 1 else "rows give"
        return (
            f"the loss is infinite: {self.infinite:,} {rows} probability 0 to a class that has target mass,"
            f" the first is {self.first_infinite}; --exclude the class, or --clip 1e-7"
        )

    def merge(self, part: Part, where: Callable[[int], str]) -> None:
        """Add the part that follows; `where` names the place of its rows."""
        for total, terms in (
            (self.hard, part.hard),
            (self.smooth, part.smooth),
            (self.weight, part.weight),
            (self.epsilon, part.epsilon),
        ):
            for term in terms:
                total.add(term)
        for total, terms in zip(self.floors, part.floors, strict=True):
            for term in terms:
                total.add(term)
        if part.infinite.size and self.first_infinite is None:
            self.first_infinite = where(int(part.infinite[0]))
        self.infinite += part.infinite.size
        if part.labels.indices is not None:
            shown = main_class(part.labels)[~part.labels.hides()]
            self.counts += np.bincount(shown, minlength=len(self.counts))
        self.rows += part.rows
        self.valid += part.rows - part.labels.ignored


class ReportSums:
    """What a report adds up: perplexity, accuracy, Brier, reliability, and the classes."""

    def __init__(self, classes: int) -> None:
        self.surprise = Total()
        self.brier = Total()
        self.reliability = Reliability()
        self.rows = np.zeros(classes, dtype=np.int64)
        self.hits = np.zeros(classes, dtype=np.int64)
        self.hard = np.zeros(classes)
        self.smooth = np.zeros(classes)

    def merge(self, seen: Seen, tile: int) -> None:
        """Add the rows that follow."""
        for term in tile_sums(seen.surprise, tile):
            self.surprise.add(term)
        for term in tile_sums(seen.brier, tile):
            self.brier.add(term)
        shown, labels = seen.shown, seen.labels[seen.shown]
        self.reliability.add(seen.confidence[shown], seen.hits[shown])
        np.add.at(self.rows, labels, 1)
        np.add.at(self.hits, labels, seen.hits[shown])
        np.add.at(self.hard, labels, seen.hard[shown])
        np.add.at(self.smooth, labels, seen.smooth[shown])

    def report(self, valid: int, epsilon: float | None) -> Report:
        """Return what they show over `valid` rows, at an ε; None where it is in the terms already."""
        rows = np.maximum(self.rows, 1)
        reliability = self.reliability
        losses = self.hard + self.smooth if epsilon is None else mix(self.hard, self.smooth, epsilon)
        return Report(
            perplexity=float(np.exp(self.surprise.value / valid)),
            accuracy=int(self.hits.sum()) / valid,
            confidence=reliability.mean_confidence,
            ece=reliability.ece,
            mce=reliability.mce,
            brier=self.brier.value / valid,
            reliability=reliability,
            class_rows=self.rows,
            class_losses=losses / rows,
            class_accuracy=self.hits / rows,
        )
