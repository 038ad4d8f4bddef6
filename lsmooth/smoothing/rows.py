"""Weights that depend on the true class: the protocol, the order of the classes, a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lsmooth.errors import LsmoothError, shown


class RowWeights(Protocol):
    """Where the mass of a row goes, by its true class."""

    @property
    def classes(self) -> int:
        """K."""
        ...

    def rows(self, labels: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the weights ≥ 0 of (n,) true classes, a new (n, K) array, not normalised."""
        ...


@dataclass(frozen=True)
class Ordinal:
    """Weights that fall with the distance in the order of the classes: w_k = decay^|k - y|.

    With `others` and decay = ε, the geometric distribution of Haas & Hüllermeier, "Rectifying bias in ordinal
    observational data using unimodal label smoothing", ECML PKDD 2023.

    Args:
        classes: K ≥ 1.
        decay: in (0, 1]; 1 is uniform.

    Raises:
        LsmoothError: for a decay outside (0, 1].

    >>> Ordinal(4, 0.5).rows(np.array([1]))
    array([[0.5 , 1.  , 0.5 , 0.25]])
    """

    classes: int
    decay: float

    def __post_init__(self) -> None:
        if not 0 < self.decay <= 1:
            raise LsmoothError(
                f"--decay is {shown(self.decay)}, wanted a number above 0 and at most 1",
                "pass --decay 0.1, or 1 for uniform weights",
            )

    @cached_property
    def _windows(self) -> NDArray[np.float64]:
        """The weights of each true class, the last first; a view of 2K - 1 numbers."""
        with np.errstate(under="ignore"):
            falling = np.power(float(self.decay), np.arange(self.classes))
        both = np.concatenate([falling[:0:-1], falling])
        return np.lib.stride_tricks.sliding_window_view(both, self.classes)

    def rows(self, labels: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the weights of (n,) true classes, (n, K) float64 in [0, 1]."""
        weights: NDArray[np.float64] = self._windows[self.classes - 1 - np.asarray(labels, dtype=np.intp)]
        return weights


@dataclass(frozen=True)
class Matrix:
    """Weights from a table: row y for the true class y.

    Attributes:
        values: (K, K) float64 ≥ 0.
    """

    values: NDArray[np.float64]

    @property
    def classes(self) -> int:
        """K."""
        return len(self.values)

    def rows(self, labels: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the weights of (n,) true classes, (n, K) float64."""
        weights: NDArray[np.float64] = self.values[labels]
        return weights


def similarity(values: ArrayLike, classes: int) -> Matrix:
    """Return the weights of a similarity matrix: how much of the mass of class y goes to class k.

    Args:
        values: (K, K), finite, ≥ 0, in class order; it need not be symmetric.
        classes: K.

    Raises:
        LsmoothError: for another shape, for a value that is negative or not finite, and for a row of zeros.

    >>> similarity([[1, 3], [1, 1]], 2).rows(np.array([0]))
    array([[1., 3.]])
    """
    matrix = np.array(values, dtype=np.float64)
    if matrix.shape != (classes, classes):
        message = f"the similarity has shape {matrix.shape}, wanted ({classes}, {classes})"
        raise LsmoothError(message, "give a row and a column for each class")
    bad = ~(np.isfinite(matrix) & (matrix >= 0))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        found = shown(matrix[row, column])
        message = (
            f"the similarity holds {found} in row {row}, column {column}, wanted finite numbers of at least 0"
        )
        raise LsmoothError(message, "shift or clip it, say with numpy.clip(S, 0, None)")
    if (empty := np.flatnonzero(~matrix.any(axis=1))).size:
        message = f"row {empty[0]} of the similarity holds only zeros, so its mass has nowhere to go"
        raise LsmoothError(message, "give each class a similarity to itself or to another")
    with np.errstate(over="ignore"):
        totals = matrix.sum(axis=1)
    if (infinite := np.flatnonzero(np.isinf(totals))).size:
        message = f"row {infinite[0]} of the similarity adds up to infinity"
        raise LsmoothError(message, "divide it by its largest value")
    return Matrix(matrix)
