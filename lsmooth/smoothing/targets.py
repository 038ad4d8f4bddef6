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
from lsmooth.smoothing.epsilon import relative_share
from lsmooth.smoothing.spread import Spread

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Recipe:
    """How labels become targets: how much, and where to.

    Attributes:
        epsilon: ε: one for all, or one for each class, (K,) (for each column of multilabel rows). Where each
            row has its own, it is handed over with the rows, as `epsilons`, (n,).
        spread: where ε goes.
        relative: whether ε/(1+ε) stands for ε.
    """

    epsilon: float | Floats
    spread: Spread
    relative: bool = False

    @property
    def classes(self) -> int:
        """K."""
        return self.spread.classes

    @property
    def constant(self) -> float | None:
        """ε where it is one for all."""
        return self.epsilon if isinstance(self.epsilon, float) else None

    def amount(self, epsilon: float | Floats) -> float | Floats:
        """What is really spread of ε."""
        return relative_share(epsilon) if self.relative else epsilon + 0.0  # of -0.0 this makes 0.0

    def keep(self, epsilon: float | Floats) -> float | Floats:
        """What the label itself is multiplied by."""
        return 1 - 2 * epsilon if self.spread.rule == "flip" else 1 - epsilon

    @cached_property
    def background(self) -> Floats | None:
        """The (K,) row that every target has but for its true class; None where rows differ by more."""
        spread = self.spread
        if (
            self.constant is None
            or spread.by_class
            or spread.tree
            or (spread.rule == "others" and not spread.uniform)
        ):
            return None
        row: Floats = self.amount(self.constant) * spread.compact / spread.divisor()[spread.first]
        return np.broadcast_to(row, self.classes)

    @cached_property
    def on(self) -> Floats:
        """The target of the true class, for each true class, (K,), where there is a background."""
        assert self.background is not None
        keep = self.keep(self.amount(self.epsilon))
        own = 0.0 if self.spread.rule == "others" else self.background[: len(self.spread.compact)]
        return np.broadcast_to(keep + own, self.classes)

    def _row_epsilons(self, labels: NDArray[np.integer], epsilons: Floats | None) -> float | Floats:
        if epsilons is not None:
            return self.amount(epsilons[:, None])
        return self.amount(self.epsilon if isinstance(self.epsilon, float) else self.epsilon[labels, None])

    def smooth_labels(self, labels: NDArray[np.integer], epsilons: Floats | None = None) -> Floats:
        """Return the targets of hard labels: (n,) class indices in, (n, K) float64 out; none ignored."""
        epsilon = self._row_epsilons(labels, epsilons)
        weights, divisor = self.spread.weights_of(labels)
        targets: Floats = epsilon * weights / divisor
        true = np.arange(len(labels)), labels
        own = 0.0 if self.spread.rule == "others" else targets[true]
        targets[true] = np.broadcast_to(self.keep(epsilon), (len(labels), 1))[:, 0] + own
        return targets

    def smooth_rows(self, rows: NDArray[np.floating], epsilons: Floats | None = None) -> Floats:
        """Return the targets of soft rows: (n, K) in, (n, K) float64 out; a row x gives x·S."""
        x: Floats = np.asarray(rows, dtype=np.float64)
        epsilon = self.amount(self.epsilon if epsilons is None else epsilons[:, None])
        spread = self.spread
        if spread.by_class is not None or spread.tree is not None:
            x = spread.close(x)
            targets: Floats = x * self.keep(epsilon) + epsilon * spread.shares_of_rows(x)
            return targets
        shares = epsilon * spread.compact
        if spread.rule != "others":
            smoothed: Floats = x * self.keep(epsilon) + shares / spread.divisor()[spread.first]
            return smoothed
        if spread.uniform:
            given: Floats = (1 - x) * shares / (spread.total - 1)
            return x * self.keep(epsilon) + given
        per_class: Floats = x / spread.divisor()
        others: Floats = np.maximum(per_class.sum(axis=1, keepdims=True) - per_class, 0)
        return x * self.keep(epsilon) + shares * others

    def smooth(self, labels: Labels, ignored_value: float = 0.0, epsilons: Floats | None = None) -> Floats:
        """Return the (n, K) float64 targets of a block; rows that are ignored are filled with a value."""
        if labels.indices is not None:
            known = labels.indices if labels.hidden is None else np.where(labels.hidden, 0, labels.indices)
            targets = self.smooth_labels(known, epsilons)
        else:
            assert labels.rows is not None
            targets = self.smooth_rows(labels.rows, epsilons)
        if labels.hidden is not None:
            targets[labels.hidden] = ignored_value
        return targets

    def keeps_argmax(self) -> bool:
        """Whether the true class of a hard label stays the strictly largest, whichever class it is.

        Looked at where ε and the weights are the same for all classes; True elsewhere.
        """
        if self.constant is None or self.spread.by_class is not None:
            return True
        spread = self.spread
        labels = np.arange(min(2, self.classes)) if spread.even else spread.included
        if len(labels) < 2:
            return True
        weights, divisor = spread.weights[labels], spread.divisor()[labels]
        largest, second = np.argsort(-weights, kind="stable")[:2]
        rival = np.full(len(labels), weights[largest])
        rival[largest] = weights[second]
        amount = self.amount(self.constant)
        off = amount * rival / divisor
        own = 0.0 if spread.rule == "others" else amount * weights / divisor
        return bool((self.keep(amount) + own > off * (1 + 1e-15)).all())

    def warnings(self) -> list[str]:
        """Return what is legal about it but seldom meant."""
        if self.keeps_argmax():
            return []
        recipe = f"epsilon {self.epsilon:g} with spread {self.spread.rule} over {self.classes} classes"
        return [f"at {recipe} the true class is not always the largest"]
