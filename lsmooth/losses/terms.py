"""The terms of each row's loss, and how they are mixed at an ε."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Terms:
    """The two terms of each row's loss, (n,) each.

    Attributes:
        logsumexp: of the logits, (n,), where it is asked for.
        mixed: whether the terms are multiplied by 1-ε and ε already.
    """

    hard: Floats
    smooth: Floats
    logsumexp: Floats | None = None
    mixed: bool = False

    def at(self, epsilon: float) -> Floats:
        """Return the cross-entropy of each row at an ε, (n,)."""
        return self.hard + self.smooth if self.mixed else mix(self.hard, self.smooth, epsilon)


def mix(hard: Floats, smooth: Floats, epsilon: float) -> Floats:
    """Return (1-ε)·hard + ε·smooth, where 0 times infinity is 0."""
    if epsilon == 0:
        return hard
    return smooth if epsilon == 1 else (1 - epsilon) * hard + epsilon * smooth


def product(weights: Floats, costs: Floats) -> Floats:
    """Return weights·costs, where 0 times infinity is 0."""
    with np.errstate(invalid="ignore"):
        result: Floats = weights * costs
    return np.where(np.isnan(result), 0, result) if np.isnan(result).any() else result
