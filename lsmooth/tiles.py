"""The unit of arithmetic: sums are taken by tile and merged in order, whatever the blocks are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def tile_rows(classes: int) -> int:
    """Return the rows of a tile, aligned to the row number."""
    return min(256, max(1, 2**18 // classes))


def tile_sums(values: NDArray[np.float64], tile: int) -> list[float]:
    """Return the sum of each tile of (n,) values, the last one shorter."""
    whole = len(values) // tile * tile
    sums: list[float] = values[:whole].reshape(-1, tile).sum(axis=1).tolist()
    return [*sums, float(values[whole:].sum())] if whole < len(values) else sums


class Total:
    """A sum in double-double that loses no digits over 10⁹ terms; infinite terms are counted apart.

    >>> total = Total()
    >>> for term in (1.0, 1e100, 1.0, -1e100): total.add(term)
    >>> total.value
    2.0
    """

    def __init__(self) -> None:
        self._high = 0.0
        self._low = 0.0
        self._infinite = 0

    @classmethod
    def of(cls, values: NDArray[np.float64], tile: int) -> Total:
        """Return the sum of (n,) values, tile by tile."""
        total = cls()
        for term in tile_sums(values, tile):
            total.add(term)
        return total

    def add(self, term: float) -> None:
        """Add a term that is not NaN."""
        if term == np.inf:
            self._infinite += 1
            return
        high = self._high + term
        part = high - self._high
        self._low += (self._high - (high - part)) + (term - part)
        self._high = high

    @property
    def value(self) -> float:
        """The sum, rounded once."""
        return float("inf") if self._infinite else self._high + self._low
