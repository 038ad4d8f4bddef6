"""What is counted of targets in a pass: pairs of values, sums, extremes, columns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: As for other rows of text, the most that a sum may be off by its rounding.
MOST_ROUNDING = 0.05


@dataclass
class Pair:
    """Rows of two values, and 0 for some classes: `on` for the largest ones, `off` for the rest.

    Attributes:
        on, off: the values; the same where the row has only one.
        count: how many classes have `on`.
        zeros: how many classes have 0, while `off` is not 0.
        rows: how many rows are so.
        where: the first of them.
        places: the decimals of both values in the first row, where it is text.
    """

    on: float
    off: float
    count: int
    zeros: int
    rows: int
    where: str
    places: tuple[int, int] | None = None

    def total(self, classes: int) -> float:
        """Return the sum of the row."""
        return self.count * self.on + (classes - self.count - self.zeros) * self.off

    def rounding(self, classes: int) -> float:
        """Return how far from 1 the sum may be by the decimals alone."""
        if self.places is None:
            return 0.0
        halves = [0.5 * 10.0**-place for place in self.places]
        return min(MOST_ROUNDING, self.count * halves[0] + (classes - self.count - self.zeros) * halves[1])


@dataclass
class Odd:
    """Rows with a value that no target has."""

    rows: int = 0
    where: str = ""
    value: float = 0.0

    def add(self, rows: int, where: str, value: float) -> None:
        """Count rows, of which the first is at `where`, and keep the value that is farthest off."""
        self.where = self.where or where
        self.rows += rows
        self.value = max(self.value, value, key=abs)


@dataclass
class Sums:
    """Sums of rows, and those too far from 1."""

    low: float = np.inf
    high: float = -np.inf
    off: int = 0
    worst: float = 1.0
    where: str = ""

    def add(self, total: float, rows: int, where: str, *, off: bool) -> None:
        """Add rows of one sum, of which the first is at `where`."""
        self.low, self.high = min(self.low, total), max(self.high, total)
        if off:
            self.off += rows
            if abs(total - 1) > abs(self.worst - 1):
                self.worst, self.where = total, where

    def merge(self, other: Sums) -> None:
        """Add other rows, which stand after these."""
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self.off += other.off
        if abs(other.worst - 1) > abs(self.worst - 1):
            self.worst, self.where = other.worst, other.where


@dataclass
class Soft:
    """Rows of more than two values."""

    rows: int = 0
    where: str = ""
    low: float = np.inf  # the least and the most of the smallest values of the rows
    high: float = -np.inf
    places: int | None = None

    def add(self, lows: Floats, where: str, places: int | None) -> None:
        """Add rows by their smallest values."""
        if not self.rows:
            self.where, self.places = where, places
        self.rows += len(lows)
        self.low, self.high = min(self.low, float(lows.min())), max(self.high, float(lows.max()))


class Columns:
    """By class, the range of its values in rows where it is the largest, and where it is not."""

    def __init__(self, classes: int) -> None:
        self.on = np.array([[np.inf], [-np.inf]]).repeat(classes, axis=1)
        self.off = self.on.copy()
        self.rows = 0

    def add(self, values: Floats) -> None:
        """Add rows whose largest value stands once."""
        if not len(values):
            return
        self.rows += len(values)
        rest, steps = values.copy(), np.arange(len(values))
        largest = values.argmax(axis=1)
        top = values[steps, largest]
        for low, ufunc in enumerate((np.minimum, np.maximum)):
            ufunc.at(self.on[low], largest, top)
            rest[steps, largest] = -np.inf if low else np.inf
            ufunc(self.off[low], ufunc.reduce(rest, axis=0), out=self.off[low])


@dataclass
class Beyond:
    """The rows beyond the pairs that are held: how many, and those with the least and the most `off`."""

    rows: int = 0
    ends: list[Pair] = field(default_factory=list)

    def add(self, pairs: list[Pair], rows: int) -> None:
        """Add rows, of which the extreme ones are given."""
        self.rows += rows
        self.ends = [
            min([*self.ends[:1], *pairs], key=lambda pair: pair.off),
            max([*self.ends[1:], *pairs], key=lambda pair: pair.off),
        ]
