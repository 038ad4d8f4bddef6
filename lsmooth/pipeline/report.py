"""What a report adds up beside the loss: perplexity, accuracy, calibration, the classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lsmooth.calibration import Reliability, brier_scores
from lsmooth.losses import Floats, Sample, Terms, mix
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


def look(logs: LogProbs, terms: Terms, sample: Sample) -> Seen:
    """Return what a report needs of the rows of a block."""
    shown = ~sample.labels.hides()
    known = sample.known
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
