"""Where to: the classes that share the mass ε, and by which rule."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lsmooth.errors import LsmoothError
from lsmooth.smoothing import PER_LABEL, RULES, Rule


@dataclass(frozen=True)
class Spread:
    """A rule and the K class weights that it spreads ε by.

    Attributes:
        rule: `all` (w/W over all classes), `others` (the true class has no share), `half`, `flip`.
        weights: (K,) float64, ≥ 0; 0 for an excluded class; all others 1 when uniform.
        excluded: indices of the classes that get no mass and are never a true class.
        uniform: whether all that are not excluded have the same share.
    """

    rule: Rule
    weights: NDArray[np.float64]
    excluded: tuple[int, ...] = ()
    uniform: bool = True

    @property
    def classes(self) -> int:
        """K."""
        return len(self.weights)

    @cached_property
    def total(self) -> float:
        """W, the sum of the weights."""
        return math.fsum(self.weights)

    @cached_property
    def included(self) -> NDArray[np.intp]:
        """The classes that are not excluded, in order."""
        return np.setdiff1d(np.arange(self.classes), self.excluded)

    def divisor(self) -> NDArray[np.float64]:
        """What ε·w is divided by for each true class, (K,)."""
        match self.rule:
            case "all":
                return np.full(self.classes, self.total)
            case "others":
                return sum_of_others(self.weights)
            case "half":
                return np.full(self.classes, 2.0)
            case "flip":
                return np.ones(self.classes)


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
    rule: Rule, classes: int, prior: ArrayLike | None = None, exclude: Iterable[int] = ()
) -> Spread:
    """Return the spread over `classes` classes.

    Args:
        rule: one of RULES.
        classes: K ≥ 1.
        prior: (K,) weights ≥ 0 with a positive sum, in class order; None is uniform. Only for `all` and
            `others`.
        exclude: indices of classes that get no mass.

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
    weights = np.ones(classes) if prior is None else np.array(prior, dtype=np.float64)
    if weights.shape != (classes,):
        raise LsmoothError(f"the prior has {weights.size} values for {classes} classes")
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise LsmoothError("the prior has a negative or infinite value, or NaN", "pass counts or shares, ≥ 0")
    excluded = tuple(sorted(set(exclude)))
    weights[list(excluded)] = 0
    spread = Spread(rule, weights, excluded, uniform=prior is None)
    with np.errstate(over="ignore"):
        if not np.isfinite(weights.sum()):
            raise LsmoothError("the prior adds up to infinity", "pass shares that add up to 1")
    if spread.total == 0:
        raise LsmoothError("no class is left to spread to", "exclude fewer classes, or give another prior")
    if rule == "others" and (stuck := np.flatnonzero(weights >= spread.total)).size:
        raise LsmoothError(
            f"spread `others` leaves class {stuck[0]} nowhere to send its mass", "pass --spread all"
        )
    return spread
