"""A small tree, and what weights by distance are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.smoothing.hierarchy import Tree
from lsmooth.smoothing.rows import RowWeights

Array = NDArray[Any]

T = [
    *[("root", "animal"), ("root", "vehicle"), ("root", "plant"), ("animal", "cat"), ("animal", "dog")],
    *[("vehicle", "land"), ("vehicle", "boat"), ("land", "car"), ("land", "truck")],
]
LEAVES = ["cat", "dog", "car", "truck", "boat", "plant"]


def tree_t(classes: Sequence[str] = LEAVES) -> Tree:
    return Tree.from_edges(T, classes)


def every(weights: RowWeights) -> Array:
    return weights.rows(np.arange(weights.classes))


def soft(weights: RowWeights) -> Array:
    """The soft labels of Bertinetto et al.: ε = 1 over `all`."""
    rows = every(weights)
    return np.asarray(rows / rows.sum(axis=1, keepdims=True))


def targets(weights: RowWeights, epsilon: float, *, others: bool) -> Array:
    """(1-ε)·e_y + ε·w_y / W_y, by the formula."""
    rows = every(weights)
    if others:
        np.fill_diagonal(rows, 0)
    return np.asarray((1 - epsilon) * np.eye(len(rows)) + epsilon * rows / rows.sum(axis=1, keepdims=True))


def close_to(
    actual: Array | list[float], expected: Array | list[float] | float, within: float = 1e-10
) -> None:
    np.testing.assert_allclose(actual, expected, rtol=0, atol=within)


def table(pairs: dict[str, int], otherwise: int | None = None) -> Array:
    """A symmetric table over LEAVES from `cat-dog` and the like."""
    values = np.full((6, 6), -1 if otherwise is None else otherwise)
    np.fill_diagonal(values, 0)
    for pair, value in pairs.items():
        a, b = (LEAVES.index(name) for name in pair.split("-"))
        values[a, b] = values[b, a] = value
    return values


def edges(mark: str, *, child_first: bool = False, header: str = "", end: str = "\n") -> str:
    return header + "".join(mark.join(edge[::-1] if child_first else edge) + end for edge in T)
