"""Targets as entries: the row, the class and the weight of each that is above zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
#: Rows, classes and weights, (entries,) each.
Entries = tuple[Places, Places, NDArray[np.floating]]


def without_tail(targets: Floats, minimum: float) -> Floats:
    """Return rows without their weights below a minimum, whose mass the others get in proportion.

    A row keeps its sum, and the ratios of what is left. Its largest weight is never dropped; a row in which
    nothing is dropped keeps its bits.

    Args:
        targets: (n, K) float64 ≥ 0.
        minimum: in [0, 1).

    Returns:
        A new (n, K) float64 array, 0 where a weight was dropped.

    >>> without_tail(np.array([[0.75, 0.125, 0.125], [0.5, 0.375, 0.125]]), 0.25)
    array([[1.        , 0.        , 0.        ],
           [0.57142857, 0.42857143, 0.        ]])
    """
    kept = targets >= np.minimum(minimum, targets.max(axis=1, keepdims=True))
    left: Floats = np.where(kept, targets, 0.0)
    sums, rest = targets.sum(axis=1, keepdims=True), left.sum(axis=1, keepdims=True)
    left *= np.divide(sums, rest, out=np.ones_like(sums), where=rest > 0)
    return left


def entries(targets: Floats, minimum: float, dtype: np.dtype[Any]) -> Entries:
    """Return the entries of targets whose weight is above zero, row by row, in the order of the classes.

    Args:
        targets: (n, K) float64; rows of zeros have no entries.
        minimum: weights below it are dropped, see `without_tail`; 0 drops none.
        dtype: what weights are rounded to; one that is rounded to zero has no entry.

    Returns:
        Rows, classes and weights, (entries,) each.

    >>> entries(np.array([[0.0, 1.0], [0.5, 0.5]]), 0.0, np.dtype(np.float64))
    (array([0, 1, 1]), array([1, 0, 1]), array([1. , 0.5, 0.5]))
    """
    weights = (without_tail(targets, minimum) if minimum else targets).astype(dtype, copy=False)
    rows, classes = np.nonzero(weights > 0)
    return rows, classes, weights[rows, classes]
