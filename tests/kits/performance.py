"""Predictions of six rows, and what is learnt from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lsmooth.predictions import LogProbs, log_probs

Array = NDArray[Any]
QUICK = settings(max_examples=100, deadline=None)

#: Six rows of four classes, worked by hand: a tie in row 2 (class 0 is predicted), a probability 0 in row 4.
SIX = np.array(
    [
        [0.90, 0.05, 0.03, 0.02],
        [0.55, 0.30, 0.10, 0.05],
        [0.25, 0.25, 0.25, 0.25],
        [0.10, 0.70, 0.15, 0.05],
        [0.02, 0.03, 0.95, 0.00],
        [0.40, 0.35, 0.20, 0.05],
    ]
)
SIX_LABELS = np.array([0, 0, 3, 0, 2, 1])


def probs(rows: object) -> LogProbs:
    """Log-probabilities of rows of probabilities."""
    return log_probs(np.asarray(rows, dtype=np.float64), "probs")


@dataclass(frozen=True)
class Case:
    """Predictions with ties, sure rows and zeros; labels; which rows count."""

    logs: LogProbs
    labels: Array
    counted: Array

    @property
    def classes(self) -> int:
        return int(self.logs.shifted.shape[1])

    def rows(self, chosen: Array | slice) -> tuple[LogProbs, Array, Array]:
        part = LogProbs(self.logs.shifted[chosen], self.logs.lse[chosen])
        return part, self.labels[chosen], self.counted[chosen]


@st.composite
def cases(draw: st.DrawFn, least: int = 1) -> Case:
    """Logits or probabilities of up to 40 rows; the first row counts."""
    classes = draw(st.integers(least, 6))
    rows = draw(st.integers(1, 40))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    logits = generator.normal(0, draw(st.sampled_from([0.0, 1.0, 30.0])), (rows, classes))
    if draw(st.booleans()):
        logits = logits.round()
    logs = log_probs(logits, "logits")
    if draw(st.booleans()):
        logs = probs(logs.probabilities() / logs.probabilities().sum(axis=1, keepdims=True))
    counted = generator.random(rows) < 0.8
    counted[0] = True
    return Case(logs, generator.integers(0, classes, rows), counted)
