"""Class weights, and what they multiply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lsmooth.labels.block import Labels
from lsmooth.losses.terms import Floats

Weighting = Literal["class", "target", "row"]


@dataclass(frozen=True)
class Weights:
    """Class weights and what they multiply.

    Attributes:
        values: (K,) ≥ 0, or None for none.
        weighting: `class` (every term), `target` (the hard term), `row` (the whole row, by its label).
    """

    values: Floats | None = None
    weighting: Weighting = "class"

    def on_hard(self, classes: int) -> Floats:
        """What multiplies each class's part of the hard term, (K,)."""
        return (
            np.broadcast_to(1.0, classes) if self.values is None or self.weighting == "row" else self.values
        )

    def on_smooth(self, classes: int) -> Floats:
        """What multiplies each class's part of the smooth term, (K,)."""
        return (
            np.broadcast_to(1.0, classes) if self.values is None or self.weighting != "class" else self.values
        )

    def on_rows(self, labels: NDArray[np.integer]) -> Floats | None:
        """What multiplies the whole loss of rows with these labels, (n,), or None for nothing."""
        return self.values[labels] if self.values is not None and self.weighting == "row" else None

    def of(self, labels: Labels) -> Floats:
        """What each row adds to the denominator `weights`: w[y], or Σ w_c x_c, (n,)."""
        if self.values is None:
            return np.ones(len(labels))
        if labels.indices is not None:
            chosen: Floats = self.values[labels.indices]
            return chosen
        assert labels.rows is not None
        sums: Floats = (labels.rows * self.values).sum(axis=1, dtype=np.float64)
        return sums
