"""The ε that rows were given, to say what a rule chose."""

from __future__ import annotations

from copy import copy

import numpy as np
from numpy.typing import NDArray

from lsmooth.tiles import Total

#: So many ε are added up at a time, counted from the first that counts, whatever the blocks are.
_GROUP = 256


class SeenEpsilons:
    """The ε of the rows that count."""

    def __init__(self) -> None:
        self._total = Total()
        self._left = np.zeros(0)
        self._rows = 0
        self._low = 1.0
        self._high = 0.0

    def add(self, epsilons: NDArray[np.float64]) -> None:
        """Add those of the rows that follow."""
        if epsilons.size:
            self._rows += epsilons.size
            self._low, self._high = min(self._low, epsilons.min()), max(self._high, epsilons.max())
            waiting = np.concatenate([self._left, epsilons])
            whole = len(waiting) // _GROUP * _GROUP
            self._left = waiting[whole:]
            _add(self._total, waiting[:whole])

    @property
    def mean(self) -> float | None:
        """Their mean, None for none."""
        if not self._rows:
            return None
        total = copy(self._total)
        _add(total, np.pad(self._left, (0, _GROUP - len(self._left))))
        return total.value / self._rows

    def notes(self, rule: str | None) -> tuple[str, ...]:
        """Say what a rule of that name chose."""
        if rule is None or self.mean is None:
            return ()
        return (f"{rule}: epsilon {self._low:.4g}-{self._high:.4g}, mean {self.mean:.4g}",)


def _add(total: Total, values: NDArray[np.float64]) -> None:
    """Add whole groups to a sum, with what each addition of two rounds away (Knuth's TwoSum)."""
    groups = values.reshape(-1, _GROUP)
    lost = np.zeros(len(groups))
    while groups.shape[1] > 1:
        first, second = groups[:, ::2], groups[:, 1::2]
        groups = first + second
        part = groups - first
        lost += ((first - (groups - part)) + (second - part)).sum(axis=1)
    for terms in zip(groups[:, 0].tolist(), lost.tolist(), strict=True):
        for term in terms:
            total.add(term)
