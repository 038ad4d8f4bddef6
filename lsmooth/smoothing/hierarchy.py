"""Class hierarchies: weights that fall with the distance in a tree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, shown
from lsmooth.smoothing.tree import DISTANCES, FAR, Distance, Tree

__all__ = ["DISTANCES", "Distance", "Hierarchy", "Tree"]


@dataclass(frozen=True)
class Hierarchy:
    """Weights that fall with the distance in a tree: w_k ∝ exp(-β·d(y, k)), d divided by its maximum.

    The distance of two classes a ≠ b is one of three, c their lowest common ancestor (a itself where b is
    below it) in the whole tree, its nodes that are no classes included:

    - `height`: edges from c down to its deepest leaf.
    - `depth`: D - depth(c), D the depth of the deepest leaf. Where c is a or b, the parent of c is taken in
      its place, the root for the root: these are the distances that Bertinetto et al. published. The same as
      `height` for leaves that are all at one depth.
    - `path`: edges between a and b.

    d(a, a) = 0. The maximum is over all pairs of classes. The mass ε = 1 spread over `all` is the soft label
    of the paper. Flat trees and β = 0 give the same weight to all others.

    Reference: Bertinetto, Mueller, Tertikas, Samangooei, Lord, "Making Better Mistakes", CVPR 2020,
    arXiv 1912.09393.

    Args:
        tree: with K classes.
        beta: β ≥ 0.
        distance: `height`, `depth` or `path`.
        others: whether the true class has no share, so that weights are told from the nearest other class.
        excluded: classes without a weight.

    Raises:
        LsmoothError: for a β that is negative or not finite.

    >>> edges = [("life", "pet"), ("pet", "cat"), ("pet", "dog"), ("life", "oak")]
    >>> tree = Tree.from_edges(edges, ["cat", "dog", "oak"])
    >>> Hierarchy(tree, 2.0, "height", others=True).rows(np.array([0])).round(6)
    array([[0.      , 1.      , 0.367879]])
    """

    tree: Tree
    beta: float
    distance: Distance
    others: bool
    excluded: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.beta) and self.beta >= 0):
            raise LsmoothError(f"--beta is {shown(self.beta)}, wanted a number of at least 0")
        if self.distance not in DISTANCES:
            raise LsmoothError(f"--distance is {shown(self.distance)}", f"pass one of {', '.join(DISTANCES)}")

    @property
    def classes(self) -> int:
        """K."""
        return self.tree.classes

    @cached_property
    def largest(self) -> int:
        """The largest distance between two classes, before division; 1 where there is one class."""
        end = self.tree.distances(np.array([0]), self.distance).argmax()
        return max(1, int(self.tree.distances(np.array([end]), self.distance).max()))

    @cached_property
    def _falling(self) -> NDArray[np.float64]:
        """exp(-β·i / largest) for each whole distance i."""
        with np.errstate(under="ignore"):
            weights: NDArray[np.float64] = np.exp(-self.beta * (np.arange(self.largest + 1) / self.largest))
        return weights

    def rows(self, labels: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the weights of (n,) true classes, (n, K) float64, in [0, 1], not normalised.

        w_k = exp(-β·(d(y, k) - d_min)), d_min the smallest distance of the row, so that the nearest class has
        1 however large β is. With `others` the true class has 0.
        """
        labels, inverse = np.unique(np.asarray(labels, dtype=np.intp), return_inverse=True)
        distances = self.tree.distances(labels, self.distance)
        distances[:, list(self.excluded)] = FAR
        true = np.arange(len(labels)), labels
        if self.others:
            distances[true] = FAR
        distances -= distances.min(axis=1, keepdims=True)
        weights: NDArray[np.float64] = self._falling.take(distances, mode="clip")
        weights[:, list(self.excluded)] = 0
        if self.others:
            weights[true] = 0
        return weights[inverse]

    def close(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, K) multilabel rows in which the ancestors of a label are labels too.

        A soft value is raised to the largest of the classes below. Where no class is above another, it is `x`
        itself.

        >>> tree = Tree.from_edges([("pet", "cat"), ("pet", "dog")], ["pet", "cat", "dog"])
        >>> Hierarchy(tree, 4.0, "height", others=False).close(np.array([[0.0, 1.0, 0.0]]))
        array([[1., 1., 0.]])
        """
        return self.tree.close(x)

    def multilabel(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return u of closed multilabel rows, (n, K) in [0, ½]: the target is (1-ε)·x + ε·u.

        u is ½ for a positive (x = 1) and ½·exp(-β·(δ_k - δ_min)) for a negative, δ_k the distance from the
        nearest positive and δ_min the smallest of the row's; ½ everywhere in a row without positives.
        A flat tree and β = 0 give the ½ of `half`.

        >>> tree = Tree.from_edges([("a", "x"), ("a", "y"), ("b", "z")], ["x", "y", "z"])
        >>> Hierarchy(tree, 2.0, "height", others=False).multilabel(np.array([[1.0, 0.0, 0.0]])).round(6)
        array([[0.5    , 0.5    , 0.18394]])
        """
        positive = x == 1
        distances = self.tree.nearest(positive, self.distance)
        distances[positive] = FAR
        distances[:, list(self.excluded)] = FAR
        distances -= distances.min(axis=1, keepdims=True)
        shares: NDArray[np.float64] = self._falling.take(distances, mode="clip") / 2
        shares[positive | ~positive.any(axis=1, keepdims=True)] = 0.5
        shares[:, list(self.excluded)] = 0
        return shares
