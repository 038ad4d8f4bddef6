"""Where to: the classes that share the mass ε, and by which rule."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lsmooth.errors import LsmoothError
from lsmooth.smoothing import PER_LABEL, RULES, Rule
from lsmooth.tiles import tile_rows

if TYPE_CHECKING:
    from lsmooth.smoothing.hierarchy import Hierarchy
    from lsmooth.smoothing.rows import RowWeights

#: Rows of a matrix of shares that are made at a time.
_CLASSES = 256


@dataclass(frozen=True)
class Spread:
    """A rule and the class weights that it spreads ε by.

    Attributes:
        rule: `all` (w/W over all classes), `others` (the true class has no share), `half`, `flip`.
        weights: (K,) float64, ≥ 0; 0 for an excluded class; all others 1 when uniform.
        excluded: indices of the classes that get no mass and are never a true class.
        uniform: whether all that are not excluded have the same share.
        by_class: weights that depend on the true class (a tree, an order, a matrix) in place of `weights`.
        tree: a hierarchy of multilabel rows (`half`): a label brings its ancestors along.
    """

    rule: Rule
    weights: NDArray[np.float64]
    excluded: tuple[int, ...] = ()
    uniform: bool = True
    by_class: RowWeights | None = None
    tree: Hierarchy | None = None

    @property
    def classes(self) -> int:
        """K."""
        return len(self.weights)

    @cached_property
    def total(self) -> float:
        """W, the sum of the weights."""
        return float(np.count_nonzero(self.weights)) if self.uniform else math.fsum(self.weights)

    @property
    def even(self) -> bool:
        """Whether all classes have the same share."""
        return self.uniform and not self.excluded

    @property
    def compact(self) -> NDArray[np.float64]:
        """The weights, (K,), or (1,) where all are the same."""
        return self.weights[:1] if self.even else self.weights

    @cached_property
    def first(self) -> int:
        """The first class that is not excluded."""
        excluded = set(self.excluded)
        return next(label for label in range(self.classes) if label not in excluded)

    @cached_property
    def included(self) -> NDArray[np.intp]:
        """The classes that are not excluded, in order."""
        return np.delete(np.arange(self.classes), list(self.excluded))

    @cached_property
    def _others(self) -> NDArray[np.float64]:
        if self.even:
            return np.broadcast_to(self.total - 1, self.classes)
        return sum_of_others(self.weights)

    def divisor(self) -> NDArray[np.float64]:
        """What ε·w is divided by for each true class, (K,), where w is the same for all."""
        match self.rule:
            case "all":
                return np.broadcast_to(self.total, self.classes)
            case "others":
                return self._others
            case "half":
                return np.broadcast_to(2.0, self.classes)
            case "flip":
                return np.broadcast_to(1.0, self.classes)

    def weights_of(self, labels: NDArray[np.integer]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return for (n,) true classes the weights w, (K,) or (n, K), and what ε·w is divided by, (n, 1)."""
        if self.by_class is None:
            return self.weights, self.divisor()[labels, None]
        rows = self.by_class.rows(labels)
        rows[:, list(self.excluded)] = 0
        if self.rule == "others":
            rows[np.arange(len(labels)), labels] = 0
        totals: NDArray[np.float64] = rows.sum(axis=1, keepdims=True)
        if (totals == 0).any():
            stuck = labels[int(np.argmax(totals == 0))]
            hint = "pass --spread all" if self.rule == "others" else "exclude fewer classes"
            raise LsmoothError(f"class {stuck} is similar to no other, so its mass has nowhere to go", hint)
        return rows, totals

    def shares_of(self, labels: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return where the mass of (n,) true classes goes, rows that sum to 1 (softmax rules), (n, K)."""
        weights, divisor = self.weights_of(labels)
        shares: NDArray[np.float64] = weights / divisor
        if self.rule == "others":
            shares[np.arange(len(labels)), labels] = 0
        return shares

    def close(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, K) multilabel rows with the ancestors of each label, where a tree has any."""
        return rows if self.tree is None else self.tree.close(rows)

    def shares_of_rows(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where the mass of (n, K) soft rows x goes: x·U, U the shares of each class, (n, K)."""
        if self.tree is not None:
            return self.tree.multilabel(rows)
        if self.by_class is None:
            return self._shares_of_rows(rows)
        total = np.zeros_like(rows)
        for start in range(0, self.classes, _CLASSES):
            labels = np.arange(start, min(start + _CLASSES, self.classes))
            labels = labels[~np.isin(labels, self.excluded)]
            if labels.size:
                total += tiled_product(rows[:, labels], self.shares_of(labels))
        return total

    def _shares_of_rows(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.rule != "others":
            weights = self.compact - x if self.rule == "flip" else self.compact
            shares: NDArray[np.float64] = weights / self.divisor()[self.first]
            return np.broadcast_to(np.maximum(shares, 0), x.shape)
        if self.uniform:
            return (1 - x) * self.compact / (self.total - 1)
        per_class = x / self.divisor()
        others: NDArray[np.float64] = np.maximum(per_class.sum(axis=1, keepdims=True) - per_class, 0)
        return self.weights * others


def tiled_product(rows: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows @ matrix, a tile of rows at a time, the last one padded: BLAS sums by place otherwise."""
    tile = tile_rows(matrix.shape[1])
    result = np.empty((len(rows), matrix.shape[1]))
    for start in range(0, len(rows), tile):
        part = rows[start : start + tile]
        whole = np.zeros((tile, rows.shape[1]))
        whole[: len(part)] = part
        result[start : start + tile] = (whole @ matrix)[: len(part)]
    return result


def sum_of_others(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each of (K,) values ≥ 0 the sum of all the others, (K,).

    >>> sum_of_others(np.array([1.0, 1e-20]))
    array([1.e-20, 1.e+00])
    """
    total = math.fsum(values)
    others = total - values
    largest = int(values.argmax())
    if values[largest] > total / 2:  # only there the difference would lose digits
        others[largest] = math.fsum(np.delete(values, largest))
    return others


def build_spread(
    rule: Rule,
    classes: int,
    prior: ArrayLike | None = None,
    exclude: Iterable[int] = (),
    by_class: RowWeights | None = None,
    tree: Hierarchy | None = None,
) -> Spread:
    """Return the spread over `classes` classes.

    Args:
        rule: one of RULES.
        classes: K ≥ 1.
        prior: (K,) weights ≥ 0 with a positive sum, in class order; None is uniform. Only for `all` and
            `others`.
        exclude: indices of classes that get no mass.
        by_class: weights that depend on the true class, in place of a prior, for `all` and `others`.
        tree: a hierarchy of multilabel rows, for `half`.

    Raises:
        LsmoothError: for a rule that leaves some true class nowhere to send its mass, for bad weights, and
            for weights with a rule that has none.

    >>> build_spread("all", 3, exclude=[0]).weights
    array([0., 1., 1.])
    """
    if rule not in RULES:
        raise LsmoothError(f"unknown spread `{rule}`", f"pass one of {', '.join(RULES)}")
    if rule == "others" and classes == 1:
        raise LsmoothError(
            "spread `others` needs at least 2 classes, there is 1", "pass --spread all, or more --classes"
        )
    if prior is not None and rule in PER_LABEL:
        raise LsmoothError(
            f"--prior does not go with --spread {rule}", "pass --spread all or --spread others"
        )
    excluded = tuple(sorted(set(exclude)))
    weights = _weights(prior, classes, excluded)
    if by_class is not None or tree is not None:
        return Spread(rule, weights, excluded, uniform=False, by_class=by_class, tree=tree)
    spread = Spread(rule, weights, excluded, uniform=prior is None)
    with np.errstate(over="ignore"):
        if not np.isfinite(weights.sum()):
            raise LsmoothError("the prior adds up to infinity", "pass shares that add up to 1")
    if spread.total == 0:
        why = "" if prior is None or np.any(prior) else "the prior is 0 for every class, so "
        raise LsmoothError(
            f"{why}no class is left to spread to", "exclude fewer classes, or give another prior"
        )
    if rule == "others" and (stuck := np.flatnonzero(weights >= spread.total)).size:
        raise LsmoothError(
            f"spread `others` leaves class {stuck[0]} nowhere to send its mass", "pass --spread all"
        )
    return spread


def _weights(prior: ArrayLike | None, classes: int, excluded: Sequence[int]) -> NDArray[np.float64]:
    """Return class weights, (K,); where all are 1, one number in memory: there may be millions."""
    if prior is None and not excluded:
        return np.broadcast_to(1.0, classes)
    weights = np.ones(classes) if prior is None else np.array(prior, dtype=np.float64)
    if weights.shape != (classes,):
        raise LsmoothError(f"the prior has {weights.size} values for {classes} classes")
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise LsmoothError("the prior has a negative or infinite value, or NaN", "pass counts or shares, ≥ 0")
    weights[list(excluded)] = 0
    return weights
