"""What a spread makes of ε, and back: the ε that the values of a target were made with. Loads no numpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from lsmooth.conventions.model import Kind, Spread

#: The target of the true class and of each other class, by ε and by the number of classes with a share.
Values = Callable[[float, int], tuple[float, float]]
Interval = tuple[float, float]

#: Decimals beyond which a number counts as no round one.
ROUND = 6
#: The same where single precision is only suspected, so that a few are round by accident.
ROUND_SINGLE = 4
_DOUBLE = 2.0**-52
_SINGLE = 2.0**-23


@dataclass(frozen=True)
class Law:
    """A way to make targets from labels; both values are straight lines in ε.

    Attributes:
        spread: where ε goes; for a fault, the spread that was probably meant.
        kind: `softmax` where each row has one true class.
        values: the target of the true class and of each other class.
        relative: ε stands for ε/(1+ε).
    """

    spread: Spread
    kind: Kind
    values: Values
    relative: bool = False

    def at(self, epsilon: float, classes: int) -> tuple[float, float]:
        """Return the target of the true class and of each other class."""
        return self.values(epsilon / (1 + epsilon) if self.relative else epsilon, classes)

    def solve(
        self, on: Interval | None, off: Interval | None, classes: int, most: float = 1.0
    ) -> Interval | None:
        """Return the ε in [0, most] that give both values, None where there is none; None is any value."""
        none, whole = self.values(0.0, classes), self.values(1.0, classes)
        low, high = -inf, inf
        for value, zero, one in zip((on, off), none, whole, strict=True):
            if value is not None:
                found = _invert(value, zero, one)
                low, high = max(low, found[0]), min(high, found[1])
        if low > high or high < 0 or low > most:
            return None
        low, high = max(low, 0.0), min(high, most)
        if not self.relative:
            return low, high
        low, high = low / (1 - low) if low < 1 else inf, high / (1 - high) if high < 1 else inf
        return None if low > most else (low, min(high, most))


def _invert(value: Interval, zero: float, one: float) -> Interval:
    slope = one - zero
    if slope == 0:
        return (-inf, inf) if value[0] <= zero <= value[1] else (inf, -inf)
    ends = (value[0] - zero) / slope, (value[1] - zero) / slope
    return min(ends), max(ends)


def _all(epsilon: float, classes: int) -> tuple[float, float]:
    return 1 - epsilon + epsilon / classes, epsilon / classes


def _others(epsilon: float, classes: int) -> tuple[float, float]:
    return 1 - epsilon, epsilon / max(1, classes - 1)


def _half(epsilon: float, classes: int) -> tuple[float, float]:
    del classes
    return 1 - epsilon / 2, epsilon / 2


def _flip(epsilon: float, classes: int) -> tuple[float, float]:
    del classes
    return 1 - epsilon, epsilon


#: Those that a row of one class can follow, likelier ones first, then those of rows of independent labels.
LAWS = (
    Law("all", "softmax", _all),
    Law("others", "softmax", _others),
    Law("relative", "softmax", _all, relative=True),
    Law("half", "sigmoid", _half),
    Law("flip", "sigmoid", _flip),
    Law("all", "sigmoid", _all),
)


@dataclass(frozen=True)
class Fault:
    """A known way to get targets wrong.

    Attributes:
        name: short.
        law: what it makes of ε.
        mass: of a row with one true class, as a formula and by ε and K.
        what: what was done, where it is known from, and what to do.
    """

    name: str
    law: Law
    mass: str
    what: str

    def total(self, epsilon: float, classes: int) -> float:
        """Return the sum of a row with one true class."""
        on, off = self.law.at(epsilon, classes)
        return on + (classes - 1) * off


FAULTS = (
    Fault(
        "1/K added",
        Law("all", "softmax", lambda e, k: (1 - e + 1 / k, 1 / k)),
        "2-ε",
        "(1-ε)·y + 1/K in place of (1-ε)·y + ε/K, as ConvE writes it (TimDettmers/ConvE issue 55):"
        " multiply 1/K by ε",
    ),
    Fault(
        "ε/(K-1) added to the true class",
        Law("others", "softmax", lambda e, k: (1 - e + e / (k - 1), e / (k - 1))),
        "1+ε/(K-1)",
        "ε/(K-1) added to every class, the true one among them, as fairseq did in 2017: divide by K, or"
        " leave 1-ε to the true class",
    ),
    Fault(
        "ε/K lost",
        Law("others", "softmax", lambda e, k: (1 - e, e / k)),
        "1-ε/K",
        "1-ε for the true class and ε/K for the others, so that ε/K of each row is lost: divide by K-1,"
        " or add ε/K to the true class",
    ),
    Fault(
        "ε/(K-2) with the padding class",
        Law("others", "softmax", lambda e, k: (1 - e, e / (k - 2) if k > 2 else e)),
        "1+ε/(K-2)",
        "ε/(K-2) in all K-1 other classes: with K-2, the padding class has to be set to 0",
    ),
    Fault(
        "ε not divided",
        Law("all", "softmax", lambda e, _: (1.0, e)),
        "1+(K-1)·ε",
        "ε added to every class, y·(1-ε) + ε: divide ε by K",
    ),
)


@dataclass(frozen=True)
class Guess:
    """An ε told from rounded values: the simplest decimal that fits.

    Attributes:
        value: the decimal.
        decimals: how many it has.
        plain: whether it is 0, or 1, 2 or 5 at its last decimal.
    """

    value: float
    decimals: int
    plain: bool

    @classmethod
    def within(cls, interval: Interval) -> Guess:
        """Return the simplest decimal in an interval.

        >>> Guess.within((0.0999999, 0.1000001)).value, Guess.within((0.065, 0.07)).value
        (0.1, 0.07)
        """
        low, high = interval
        middle = (low + high) / 2
        for decimals in range(17):
            value = round(middle, decimals)
            if low <= value <= high:
                return cls(value, decimals, round(value * 10**decimals) in (0, 1, 2, 5))
        return cls(middle, 17, False)


def rounded(value: float, precision: float, places: int | None) -> Interval:
    """Return what a value can have been before it was written.

    Args:
        value: as it was read.
        precision: of its type, 2⁻⁵² for float64.
        places: the decimals of its text, None where it is binary.
    """
    reach = precision * abs(value) + _DOUBLE
    if places is not None:
        reach += 0.5 * 10.0**-places
    return value - reach, value + reach


def coarser(precision: float) -> float | None:
    """Return the precision that double values may have been computed in before, None for others."""
    return _SINGLE if precision == _DOUBLE else None
