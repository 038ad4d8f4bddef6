"""Cases that a framework and its convention are given."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

import lsmooth

Array = NDArray[Any]
Reduction = Literal["mean", "sum", "none"]
REDUCTIONS: list[Reduction] = ["mean", "sum", "none"]
EPSILONS = [0.0, 0.1, 1.0]
smoothing = pytest.mark.parametrize("epsilon", EPSILONS)
reductions = pytest.mark.parametrize("reduction", REDUCTIONS)


def logits_of(rows: int, classes: int) -> Array:
    return np.random.default_rng([rows, classes]).normal(0, 4, (rows, classes))


def indices_of(rows: int, classes: int) -> Array:
    return np.random.default_rng([rows, classes, 1]).integers(0, classes, rows)


def weights_of(classes: int) -> Array:
    """Class weights; of more than two, one is 0."""
    weights = np.random.default_rng(classes).uniform(0.1, 5, classes)
    if classes > 2:
        weights[1] = 0
    return weights


def soft_of(rows: int, classes: int) -> Array:
    """Rows of probabilities, some of them one-hot."""
    soft = np.random.default_rng([rows, classes, 2]).dirichlet(np.full(classes, 0.3), rows)
    soft[::3] = np.eye(classes)[soft[::3].argmax(axis=1)]
    return np.asarray(soft)


def truths_of(rows: int, classes: int) -> Array:
    """Independent labels."""
    return np.random.default_rng([rows, classes, 3]).integers(0, 2, (rows, classes))


def sigmoid(logits: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-logits)))


def loss(predictions: ArrayLike, labels: ArrayLike, epsilon: float, like: str, **flags: Any) -> Any:
    return lsmooth.cross_entropy(predictions, labels, epsilon, like=like, **flags)


def agree(found: Any, theirs: Any, ulps: float = 8) -> None:
    """Within some ulp of max(1, |loss|), number by number."""
    values, wanted = np.atleast_1d(found).tolist(), np.atleast_1d(np.asarray(theirs)).tolist()
    assert len(values) == len(wanted)
    for value, expected in zip(values, wanted, strict=True):
        assert value == expected or abs(value - expected) <= ulps * math.ulp(max(1.0, abs(expected))), (
            value,
            expected,
        )


def agree_in_float32(found: Any, theirs: Any, relative: float = 2e-6) -> None:
    """Within a few float32 ulp of max(1, |loss|), number by number."""
    values, wanted = np.atleast_1d(found), np.atleast_1d(np.asarray(theirs)).astype(np.float64)
    assert values.shape == wanted.shape
    assert (np.abs(values - wanted) <= relative * np.maximum(1, np.abs(wanted))).all(), (values, wanted)
