"""How well confidence tells accuracy: ECE, MCE, Brier, in sums that merge.

Guo et al. 2017 (arXiv 1706.04599) for ECE and MCE, with a confidence of 0 counted in the first bin;
Brier 1950 for the multiclass score Σ_k (p_k - y_k)², in [0, 2].
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lsmooth.errors import LsmoothError, UsageError

BINS = 15

Floats = NDArray[np.float64]


@dataclass
class Reliability:
    """Rows, hits and summed confidence in equal-width bins (lo, hi], 0 in the first.

    Attributes:
        rows: (bins,) rows in each bin.
        hits: (bins,) how many of them were right.
        confidence: (bins,) the sum of their confidence.
    """

    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))
    hits: NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))
    confidence: Floats = field(default_factory=lambda: np.zeros(BINS))

    @property
    def bins(self) -> int:
        """How many bins."""
        return len(self.rows)

    def add(self, confidence: Floats, hits: NDArray[np.bool_]) -> None:
        """Add (n,) confidences in [0, 1] and whether each prediction was right."""
        edges = np.linspace(0, 1, self.bins + 1)
        place = np.searchsorted(edges[1:-1], confidence, side="left")
        self.rows += np.bincount(place, minlength=self.bins)
        self.hits += np.bincount(place[hits], minlength=self.bins)
        np.add.at(self.confidence, place, confidence)  # in the order of the rows, however they are cut

    def merge(self, other: Reliability) -> None:
        """Add what another has counted."""
        self.rows += other.rows
        self.hits += other.hits
        self.confidence += other.confidence

    def gaps(self) -> Floats:
        """Return mean confidence minus accuracy in each bin, NaN in an empty one, (bins,)."""
        with np.errstate(invalid="ignore"):
            gaps: Floats = (self.confidence - self.hits) / self.rows
        return gaps

    @property
    def ece(self) -> float:
        """The expected calibration error: the mean |gap|, weighted by rows."""
        return float(np.abs(self.confidence - self.hits).sum() / self.rows.sum())

    @property
    def mce(self) -> float:
        """The maximum calibration error: the largest |gap| of a bin that is not empty."""
        return float(np.nanmax(np.abs(self.gaps())))

    @property
    def mean_confidence(self) -> float:
        """The mean confidence over all rows."""
        return float(self.confidence.sum() / self.rows.sum())


def calibration_errors(confidence: ArrayLike, hits: ArrayLike, bins: int = BINS) -> tuple[float, float]:
    """Return the expected and the maximum calibration error (ECE, MCE).

    ECE = Σ_b n_b/N · |accuracy_b - confidence_b| over equal-width bins (lo, hi], a confidence of 0 in the
    first one; MCE is the largest gap of a bin that is not empty.

    >>> calibration_errors([0.95, 1.0], [1, 0])
    (0.475, 0.475)

    Args:
        confidence: (N,) the probability given to the predicted class, in [0, 1].
        hits: (N,) whether the prediction was right.
        bins: how many bins; 15 is customary.

    Raises:
        LsmoothError: for no rows, arrays of different lengths, or confidence outside [0, 1].
        UsageError: for fewer than one bin.

    Reference:
        Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv 1706.04599.
    """
    given = np.asarray(confidence, dtype=np.float64)
    right = np.asarray(hits).astype(bool)
    if given.ndim != 1 or given.shape != right.shape or not given.size:
        raise LsmoothError(f"confidence has shape {given.shape}, hits {right.shape}, wanted (N,) twice")
    if not ((given >= 0) & (given <= 1)).all():
        raise LsmoothError("a confidence is outside [0, 1]")
    if bins < 1:
        raise UsageError(f"bins is {bins}, wanted at least 1", "pass 15")
    counted = Reliability(np.zeros(bins, np.int64), np.zeros(bins, np.int64), np.zeros(bins))
    counted.add(given, right)
    return counted.ece, counted.mce


def brier_scores(probabilities: Floats, labels: NDArray[np.integer]) -> Floats:
    """Return Σ_k (p_k - [k = y])² of each row, in [0, 2].

    >>> brier_scores(np.array([[0.7, 0.2, 0.1]]), np.array([0])).round(12)
    array([0.14])

    Args:
        probabilities: (N, K).
        labels: (N,) true classes.

    Returns:
        (N,) float64; the mean is the multiclass Brier score.

    Raises:
        LsmoothError: for a label that is none of the K classes.
    """
    classes = probabilities.shape[1]
    if len(labels) and not (labels.min() >= 0 and labels.max() < classes):
        raise LsmoothError(f"a label is outside the {classes} classes (0-{classes - 1})")
    misses = probabilities.copy()
    misses[np.arange(len(labels)), labels] -= 1
    scores: Floats = np.square(misses).sum(axis=1)
    return scores
