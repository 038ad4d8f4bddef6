"""Targets in which the other classes differ: spread by a prior, by the true class, or over soft rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lsmooth.compare.detected import Weights
from lsmooth.compare.laws import Guess
from lsmooth.compare.observed import Observed
from lsmooth.compare.tallies import Floats, Pair
from lsmooth.conventions.model import Spread


@dataclass(frozen=True)
class Shares:
    """How ε is shared, and how much it is.

    Attributes:
        weights, spread, epsilon: as in a reading.
        rows: how many rows are so.
        prior: (K,) shares, NaN where one cannot be told.
    """

    weights: Weights
    spread: Spread
    epsilon: float
    rows: int
    prior: tuple[float, ...] | None = None


def tell_shares(seen: Observed, soft: Sequence[Pair], classes: int) -> Shares | None:
    """Return how ε is shared where it is not by one pair of values, None where that cannot be told.

    Args:
        seen: the pass.
        soft: rows of two values that follow no law.
        classes: how many have a share.
    """
    on_reach, off_reach = _reaches(seen, soft)
    if seen.classes > 2 and seen.columns.rows == seen.smoothed:
        found = _by_prior(seen, on_reach, off_reach)
        if found is None and seen.soft.rows:
            found = _by_class(seen, on_reach)
        if found is not None:
            return found
    return _of_soft_rows(seen, soft, classes, off_reach)


def _reaches(seen: Observed, soft: Sequence[Pair]) -> tuple[float, float]:
    """Return how far the largest values and the others can be from what was meant."""
    places = [place for pair in soft for place in pair.places or ()]
    if seen.soft.places is not None:
        places.append(seen.soft.places)
    if not places:
        reach = 2 * seen.precision
        return reach, reach
    half = 0.5 * 10.0 ** -max(places) + 2 * seen.precision
    return 10 * half, half  # text of so many digits has a decimal less for the larger value


def _by_prior(seen: Observed, on_reach: float, off_reach: float) -> Shares | None:
    """Return a prior: each class has one value where it is not the true one, and 1-ε more where it is."""
    on, off = seen.columns.on, seen.columns.off
    labelled, other = np.isfinite(on[0]), np.isfinite(off[0])
    both = labelled & other
    if both.sum() < 2 or not other.any():
        return None
    if (on[1] - on[0])[labelled].max() > 2 * on_reach or (off[1] - off[0])[other].max() > 2 * off_reach:
        return None
    kept = on[0][both] - off[0][both]
    reach = on_reach + off_reach
    low, high = kept.max() - reach, kept.min() + reach
    if low > high or not 0 < 1 - kept.mean() <= 1:
        return None
    epsilon = Guess.within((float(1 - high), float(1 - low))).value
    if epsilon <= 0:
        return None
    given = np.where(other, off[0], np.where(labelled, on[0] - (1 - epsilon), np.nan))
    prior: Floats = given / epsilon
    if abs(float(np.nansum(prior)) - 1) > 1e-3 + seen.classes * off_reach / epsilon:
        return None
    return Shares("prior", "all", epsilon, seen.columns.rows, tuple(prior.tolist()))


def _by_class(seen: Observed, reach: float) -> Shares | None:
    """Return 1-ε for the true class in all rows, the others sharing ε by weights of the true class."""
    labelled = np.isfinite(seen.columns.on[0])
    low = float(seen.columns.on[0][labelled].min())
    high = float(seen.columns.on[1][labelled].max())
    if seen.columns.rows < 2 or high - low > 2 * reach or seen.sums.off:
        return None
    middle = 1 - (low + high) / 2
    epsilon = Guess.within((middle - reach, middle + reach)).value
    return Shares("class", "others", epsilon, seen.columns.rows) if 0 < epsilon < 1 else None


def _of_soft_rows(seen: Observed, soft: Sequence[Pair], classes: int, reach: float) -> Shares | None:
    """Return a uniform ε of soft rows, in which a class that the label does not have is left with ε/K."""
    lows = [seen.soft.low, seen.soft.high] if seen.soft.rows else []
    lows += [pair.off if not pair.zeros else 0.0 for pair in soft]
    rows = seen.soft.rows + sum(pair.rows for pair in soft)
    if rows < 2 or min(lows) <= 0 or max(lows) - min(lows) > 2 * reach or seen.sums.off:
        return None
    middle = classes * (min(lows) + max(lows)) / 2
    guess = Guess.within((middle - classes * reach, middle + classes * reach))
    return Shares("soft", "all", guess.value, rows) if 0 < guess.value < 1 else None
