"""The kernel: target = label·(1-ε) + ε·w/W, in float64, in this order, cast once.

The target distributions of Szegedy et al. 2016 (arXiv 1512.00567, §7) and of Pereyra et al. 2017
(arXiv 1701.06548, priors), in the forms that the frameworks compute.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lsmooth.labels.block import Labels
from lsmooth.labels.classes import IGNORED
from lsmooth.smoothing.spread import Spread

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Recipe:
    """How labels become targets: how much, and where to."""

    epsilon: float
    spread: Spread

    @property
    def classes(self) -> int:
        """K."""
        return self.spread.classes

    @cached_property
    def keep(self) -> float:
        """What the label itself is multiplied by."""
        return 1 - 2 * self.epsilon if self.spread.rule == "flip" else 1 - self.epsilon

    @cached_property
    def on(self) -> Floats:
        """The target of the true class, for each true class, (K,)."""
        if self.spread.rule == "others":
            return np.full(self.classes, self.keep)
        return self.keep + self._shares / self.spread.divisor()

    @cached_property
    def _shares(self) -> Floats:
        return self.epsilon * self.spread.weights

    @cached_property
    def background(self) -> Floats | None:
        """The (K,) row that every target has but for its true class; None where rows differ by more."""
        if self.spread.rule == "others" and not self.spread.uniform:
            return None
        row: Floats = self._shares / self.spread.divisor()[self.spread.included[0]]
        return row

    def smooth_labels(self, labels: NDArray[np.integer]) -> Floats:
        """Return the targets of hard labels: (n,) class indices in, (n, K) float64 out; none ignored."""
        if self.background is not None:
            targets = np.tile(self.background, (len(labels), 1))
        else:
            targets = np.divide(self._shares, self.spread.divisor()[labels, None])
        targets[np.arange(len(labels)), labels] = self.on[labels]
        return targets

    def smooth_rows(self, rows: NDArray[np.floating]) -> Floats:
        """Return the targets of soft rows: (n, K) in, (n, K) float64 out; a row x gives x·S."""
        x: Floats = np.asarray(rows, dtype=np.float64)
        if self.spread.rule != "others":
            assert self.background is not None
            return x * self.keep + self.background
        if self.spread.uniform:
            given: Floats = (1 - x) * self._shares / (self.spread.total - 1)
            return x * self.keep + given
        per_class: Floats = x / self.spread.divisor()
        others: Floats = np.maximum(per_class.sum(axis=1, keepdims=True) - per_class, 0)
        return x * self.keep + self._shares * others

    def smooth(self, labels: Labels, ignored_value: float = 0.0) -> Floats:
        """Return the (n, K) float64 targets of a block; rows that are ignored are filled with a value."""
        if labels.indices is not None:
            known = labels.indices if labels.hidden is None else np.where(labels.hidden, 0, labels.indices)
            targets = self.smooth_labels(known)
        else:
            assert labels.rows is not None
            targets = self.smooth_rows(labels.rows)
        if labels.hidden is not None:
            targets[labels.hidden] = ignored_value
        return targets

    def keeps_argmax(self) -> bool:
        """Whether the true class of a hard label stays the strictly largest, whichever class it is."""
        included = self.spread.included
        largest_first = included[np.argsort(-self.spread.weights[included], kind="stable")]
        if len(largest_first) < 2:
            return True
        rival = np.full(self.classes, largest_first[0])
        rival[largest_first[0]] = largest_first[1]
        off = self._shares[rival] / self.spread.divisor()
        return bool((self.on > off * (1 + 1e-15))[included].all())

    def warnings(self) -> list[str]:
        """Return what is legal about it but seldom meant."""
        if self.keeps_argmax():
            return []
        recipe = f"epsilon {self.epsilon:g} with spread {self.spread.rule} over {self.classes} classes"
        return [f"at {recipe} the true class is not always the largest"]


class HardBlock:
    """A block of targets that stays filled with the background; only the true cells are touched.

    Writing N·K values costs N stores and N restores, whatever K. Needs `recipe.background`.
    """

    def __init__(
        self, recipe: Recipe, rows: int, dtype: np.dtype[np.floating], ignored_value: float = 0.0
    ) -> None:
        assert recipe.background is not None
        self._background = recipe.background.astype(dtype)
        self._on = recipe.on.astype(dtype)
        self._ignored = ignored_value
        self._block = np.tile(self._background, (rows, 1))
        self._starts = np.arange(rows, dtype=np.intp) * recipe.classes

    def fill(self, labels: NDArray[np.integer]) -> NDArray[np.floating]:
        """Return the (n, K) targets of n ≤ rows labels, IGNORED among them; valid until `clear`."""
        cells = self._block.reshape(-1)
        hidden = labels == IGNORED
        if hidden.any():
            self._dirty: NDArray[np.bool_] | None = hidden
            labels = np.where(hidden, 0, labels)
        else:
            self._dirty = None
        self._labels = labels
        self._cells = self._starts[: len(labels)] + labels
        cells[self._cells] = self._on[labels]
        if self._dirty is not None:
            self._block[: len(labels)][hidden] = self._ignored
        return self._block[: len(labels)]

    def clear(self) -> None:
        """Put the background back where `fill` wrote."""
        self._block.reshape(-1)[self._cells] = self._background[self._labels]
        if self._dirty is not None:
            self._block[: len(self._labels)][self._dirty] = self._background
