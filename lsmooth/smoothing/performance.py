"""What predictions say about how much and where to: uncertainty, performance, confusion, mean predictions.

The classes here add up what blocks of predictions show, in the order of the rows, so that the result does
not depend on how the rows are cut into blocks.
"""

from __future__ import annotations

import math
from typing import Literal, get_args, overload

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, UsageError, check_choice
from lsmooth.predictions import LogProbs

Measure = Literal["entropy", "max", "margin", "true"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
Metric = Literal["accuracy", "confidence"]
METRICS: tuple[Metric, ...] = get_args(Metric)

Floats = NDArray[np.float64]


@overload
def chosen_epsilon(low: float, high: float, amount: float, gamma: float = 1.0) -> float: ...


@overload
def chosen_epsilon(low: float, high: float, amount: Floats, gamma: float = 1.0) -> Floats: ...


def chosen_epsilon(low: float, high: float, amount: float | Floats, gamma: float = 1.0) -> float | Floats:
    """Return ε = low + (high-low)·amount^γ, exactly `low` at amount 0 and exactly `high` at amount 1.

    The amount is 1 - m for adaptive smoothing, m the performance of the model, and the uncertainty U of each
    row for conditional smoothing.

    >>> chosen_epsilon(0.0, 0.2, 0.5)
    0.1
    >>> chosen_epsilon(0.05, 0.2, np.array([0.0, 1.0]), gamma=3)
    array([0.05, 0.2 ])

    Args:
        low: ε at amount 0.
        high: ε at amount 1; may be below `low`, and where it equals `low` every ε does.
        amount: a number or an array of any shape, clipped to [0, 1].
        gamma: > 0; above 1 it keeps ε near `low` for longer, below 1 it takes it to `high` sooner.

    Returns:
        float64 between `low` and `high`, of the shape of `amount`.

    Raises:
        UsageError: for a γ that is not a finite number above 0.
    """
    if not 0 < gamma < math.inf:
        raise UsageError(f"gamma is {gamma:g}, wanted a finite number above 0", "pass --gamma 1, or 2")
    share = np.power(np.clip(amount, 0, 1), float(gamma))
    epsilon = np.where(share == 1, high, low + (high - low) * share)
    epsilon = np.clip(epsilon, min(low, high), max(low, high))
    return epsilon if epsilon.ndim else float(epsilon)


def uncertainty(logs: LogProbs, measure: Measure, labels: NDArray[np.integer] | None = None) -> Floats:
    """Return how uncertain each prediction is, U in [0, 1].

    - `entropy`: H(p)/log K, where 0·log 0 = 0;
    - `max`: (1 - p₁)·K/(K-1), p₁ the largest probability;
    - `margin`: 1 - (p₁ - p₂), p₂ the second largest;
    - `true`: 1 - p[y], of the true class.

    A one-hot prediction gives exactly 0 and a uniform one exactly 1; with `true`, 0 where it is right, and
    1 - 1/K. With one class, U = 0.

    >>> from lsmooth.predictions import log_probs
    >>> logs = log_probs(np.array([[0.5, 0.5, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]), "probs")
    >>> uncertainty(logs, "entropy")
    array([0.5, 0. ])
    >>> uncertainty(logs, "true", np.array([0, 0]))
    array([0.5, 1. ])

    Args:
        logs: log-probabilities of n rows of K classes.
        measure: one of MEASURES.
        labels: (n,) true classes in 0..K-1, for `true`; the others do without.

    Returns:
        (n,) float64, clipped to [0, 1].

    Raises:
        LsmoothError: for `true` without labels, and for an unknown measure.

    Reference:
        `true` with spread `others` is the instance-based rule of Maher & Kull 2021, arXiv 2110.05355.
        Published rules go both ways: 1 - U smooths confident rows more (Lee et al. 2022, arXiv 2210.13459).
    """
    check_choice("--uncertainty", measure, MEASURES)
    rows, classes = logs.shifted.shape
    if measure == "true" and labels is None:
        raise LsmoothError("uncertainty `true` needs the labels", "pass --uncertainty entropy")
    if classes == 1:
        return np.zeros(rows)
    if measure == "true":
        assert labels is not None
        wrong: Floats = np.clip(1 - np.exp(-logs.of(labels)), 0, 1)
        return wrong
    amount: Floats
    p = logs.probabilities()
    if measure == "entropy":
        with np.errstate(invalid="ignore"):
            parts = p * (logs.lse[:, None] - logs.shifted)
        parts[p == 0] = 0
        amount = parts.sum(axis=1) / math.log(classes)
    elif measure == "max":
        amount = (1 - p.max(axis=1)) * classes / (classes - 1)
    else:
        top = np.partition(p, classes - 2, axis=1)
        amount = 1 - (top[:, -1] - top[:, -2])
    uniform = logs.shifted.max(axis=1) == logs.shifted.min(axis=1)
    amount = np.clip(np.where(uniform, 1.0, amount), 0, 1)
    return amount


class Performance:
    """How well predictions do, m in [0, 1], over all rows and by class.

    Adaptive smoothing takes ε = LOW + (HIGH-LOW)·(1-m)^γ from it.

    >>> from lsmooth.predictions import log_probs
    >>> performance = Performance(3)
    >>> probs = np.array([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]])
    >>> performance.add(log_probs(probs, "probs"), np.array([0, 1]), np.array([True, True]))
    >>> performance.overall("accuracy"), performance.overall("confidence")
    (0.5, 0.375)
    >>> performance.by_class("accuracy")
    array([1. , 0. , 0.5])

    Attributes:
        rows: (K,) rows counted, by true class.
        hits: (K,) how many of them were predicted as that class; of equally likely classes the lowest index
            is predicted.
        confidence: (K,) the sum of the probabilities that they gave to their true class.
    """

    def __init__(self, classes: int) -> None:
        self.rows = np.zeros(classes, np.int64)
        self.hits = np.zeros(classes, np.int64)
        self.confidence = np.zeros(classes)

    def add(self, logs: LogProbs, labels: NDArray[np.integer], counted: NDArray[np.bool_]) -> None:
        """Add the rows that follow.

        Args:
            logs: log-probabilities of n rows of K classes.
            labels: (n,) true classes; any value where a row is not counted.
            counted: (n,) which rows count.
        """
        logs, known = _counted(logs, labels, counted)
        np.add.at(self.rows, known, 1)
        np.add.at(self.hits, known, _predicted(logs) == known)
        np.add.at(self.confidence, known, np.minimum(np.exp(-logs.of(known)), 1))

    def overall(self, metric: Metric) -> float:
        """Return m over all rows: the share that was right, or the mean probability of the true class.

        Raises:
            LsmoothError: where no row was counted, or for an unknown metric.
        """
        sums = self._sums(metric)
        rows = int(self.rows.sum())
        if rows == 0:
            raise LsmoothError(
                "there is no row to measure performance on", "give predictions for rows that are not ignored"
            )
        return math.fsum(sums) / rows

    def by_class(self, metric: Metric) -> Floats:
        """Return m over the rows of each class, (K,); a class with no rows takes the overall m.

        Raises:
            LsmoothError: as for `overall`.
        """
        overall = self.overall(metric)
        means: Floats = np.where(self.rows > 0, self._sums(metric) / np.maximum(self.rows, 1), overall)
        return means

    def _sums(self, metric: Metric) -> NDArray[np.int64] | Floats:
        check_choice("--metric", metric, METRICS)
        return self.hits if metric == "accuracy" else self.confidence


class Confusion:
    """How often each class was predicted as each.

    >>> from lsmooth.predictions import log_probs
    >>> confusion = Confusion(3)
    >>> probs = np.array([[0.2, 0.7, 0.1], [0.6, 0.3, 0.1]])
    >>> confusion.add(log_probs(probs, "probs"), np.array([0, 0]), np.array([True, True]))
    >>> confusion.weights()
    array([[1., 1., 0.],
           [1., 1., 1.],
           [1., 1., 1.]])
    >>> confusion.weights(others=True)
    array([[0., 1., 0.],
           [1., 0., 1.],
           [1., 1., 0.]])

    Attributes:
        counts: (K, K) rows of true class c (down) that were predicted as k (across); of equally likely
            classes the lowest index is predicted.
    """

    def __init__(self, classes: int) -> None:
        self.counts = np.zeros((classes, classes), np.int64)

    def add(self, logs: LogProbs, labels: NDArray[np.integer], counted: NDArray[np.bool_]) -> None:
        """Add the rows that follow; arguments as for `Performance.add`."""
        logs, known = _counted(logs, labels, counted)
        np.add.at(self.counts.reshape(-1), known * len(self.counts) + _predicted(logs), 1)

    def weights(self, others: bool = False) -> Floats:
        """Return the class weights of each true class, (K, K) ≥ 0; rows are not normalised.

        Row c has the counts of class c predicted as k; a class that was never seen has ones. With `others`
        the diagonal is 0, and a class that was never confused has ones off it.
        """
        return _or_uniform(self.counts.astype(np.float64), others)


class Online:
    """The mean prediction of each class over the rows that were right, as online label smoothing takes it.

    >>> from lsmooth.predictions import log_probs
    >>> online = Online(2)
    >>> probs = np.array([[0.75, 0.25], [0.875, 0.125], [0.5, 0.5]])
    >>> online.add(log_probs(probs, "probs"), np.array([0, 0, 1]), np.array([True, True, True]))
    >>> online.weights().round(12)
    array([[0.8125, 0.1875],
           [1.    , 1.    ]])

    Attributes:
        rows: (K,) rows of each class that were right; of equally likely classes the lowest index is
            predicted.
        sums: (K, K) the sum of their probabilities.

    Reference:
        Zhang et al. 2021, "Delving Deep into Label Smoothing", arXiv 2011.12562; they give
        it and the hard label half of the loss each, which is ε = 0.5.
    """

    def __init__(self, classes: int) -> None:
        self.rows = np.zeros(classes, np.int64)
        self.sums = np.zeros((classes, classes))

    def add(self, logs: LogProbs, labels: NDArray[np.integer], counted: NDArray[np.bool_]) -> None:
        """Add the rows that follow; arguments as for `Performance.add`."""
        logs, known = _counted(logs, labels, counted)
        right = _predicted(logs) == known
        logs, known = _counted(logs, known, right)
        np.add.at(self.rows, known, 1)
        classes = len(self.sums)
        cells = known[:, None] * classes + np.arange(classes)
        np.add.at(self.sums.reshape(-1), cells.reshape(-1), logs.probabilities().reshape(-1))

    def weights(self, others: bool = False) -> Floats:
        """Return the class weights of each true class, (K, K) ≥ 0.

        Row c is the mean prediction over the rows of class c that were right, which sums to 1 as those do; a
        class with none has ones. With `others` the diagonal is 0, and a class with nothing left has ones off
        it.
        """
        return _or_uniform(self.sums / np.maximum(self.rows, 1)[:, None], others)


def _counted(
    logs: LogProbs, labels: NDArray[np.integer], counted: NDArray[np.bool_]
) -> tuple[LogProbs, NDArray[np.intp]]:
    if counted.all():
        return logs, labels.astype(np.intp)
    return LogProbs(logs.shifted[counted], logs.lse[counted]), labels[counted].astype(np.intp)


def _predicted(logs: LogProbs) -> NDArray[np.intp]:
    largest: NDArray[np.intp] = logs.shifted.argmax(axis=1)
    return largest


def _or_uniform(weights: Floats, others: bool) -> Floats:
    """Return (K, K) weights in which a row of zeros has become ones; with `others` the diagonal is 0."""
    if others:
        np.fill_diagonal(weights, 0)
    weights[~weights.any(axis=1)] = 1
    if others:
        np.fill_diagonal(weights, 0)
    return weights
