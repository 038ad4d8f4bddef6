"""Which laws the pairs of values of targets follow, and with which ε."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from lsmooth.compare.laws import LAWS, ROUND, ROUND_SINGLE, Guess, Interval, Law, coarser, rounded
from lsmooth.compare.tallies import Pair


@dataclass(frozen=True)
class Scale:
    """What values are measured by.

    Attributes:
        classes: K.
        shares: how many classes have a share.
        precision: of the values.
        written: whether text may be rounded to the decimals it is written with; else it is exact.
    """

    classes: int
    shares: int
    precision: float
    written: bool = True


@dataclass(frozen=True)
class Fit:
    """A law and the pairs that follow it, each with the ε it was made with."""

    law: Law
    pairs: tuple[Pair, ...]
    guesses: tuple[Guess, ...]

    @cached_property
    def rows(self) -> int:
        """How many rows follow it."""
        return sum(pair.rows for pair in self.pairs)

    @cached_property
    def decimals(self) -> int:
        """The most decimals that an ε has."""
        return max((guess.decimals for guess in self.guesses), default=0)

    @cached_property
    def members(self) -> frozenset[int]:
        """Which pairs follow it."""
        return frozenset(map(id, self.pairs))

    @cached_property
    def counts(self) -> dict[float, int]:
        """The rows of each ε, in their order."""
        counts = dict.fromkeys(sorted({guess.value for guess in self.guesses}), 0)
        for pair, guess in zip(self.pairs, self.guesses, strict=True):
            counts[guess.value] += pair.rows
        return counts

    def rank(self) -> tuple[int, int, bool, int]:
        """Return what likelier fits are less in: more rows, rounder ε, the commoner law."""
        decimals = self.decimals + 2 * self.law.relative
        plain = all(guess.plain for guess in self.guesses)
        order = LAWS.index(self.law) if self.law in LAWS else 0
        return -self.rows, decimals if decimals <= ROUND else 99, not plain, order


def best_fits(pairs: Sequence[Pair], scale: Scale) -> tuple[list[Fit], bool]:
    """Return what the pairs can be, likelier first; and whether only if computed in float32."""
    fits = _fits(pairs, replace(scale, written=False))
    if any(pair.places for pair in pairs):
        fits = _rounder(fits, _fits(pairs, scale))
    single = coarser(scale.precision)
    if single is None or not pairs or (fits and fits[0].decimals <= ROUND):
        return fits, False
    second = _fits(pairs, replace(scale, precision=single))
    better = second and second[0].decimals <= ROUND_SINGLE
    if better and second[0].rows >= sum(fit.rows for fit in fits[:1]):
        return second, True
    return fits, False


def _rounder(exact: list[Fit], written: list[Fit]) -> list[Fit]:
    """Return the fits of text as it stands, or as rounded where those say more, or the same more simply."""
    if not exact or not written:
        return exact or written
    first, second = exact[0], written[0]
    return written if (second.rows, -second.decimals) > (first.rows, -first.decimals) else exact


def _fits(pairs: Sequence[Pair], scale: Scale) -> list[Fit]:
    several = any(pair.count not in (1, scale.classes) for pair in pairs)
    laws = [law for law in LAWS if several or (law.spread, law.kind) != ("all", "sigmoid")]
    found = [fit for law in laws if (fit := _fit(law, pairs, scale)).pairs]
    kept = [fit for fit in found if not any(fit.members < other.members for other in found)]
    kept.sort(key=Fit.rank)
    return kept[:1] + sorted(kept[1:], key=lambda fit: fit.law.relative)


def _turned(pair: Pair, scale: Scale) -> bool:
    """Whether it is all classes but the true one that have the larger value."""
    return 1 < pair.count == scale.shares - 1


def outgrown(fit: Fit, scale: Scale) -> bool:
    """Whether the other classes have more than the true one in some rows."""
    return fit.law.kind == "softmax" and any(_turned(pair, scale) for pair in fit.pairs)


def _fit(law: Law, pairs: Sequence[Pair], scale: Scale) -> Fit:
    found: list[tuple[Pair, Guess]] = []
    for pair in pairs:
        if pair.count == scale.classes:
            continue
        on, off = _ranges(pair, scale)
        if law.kind == "softmax" and pair.count != 1:
            if not _turned(pair, scale):
                continue
            on, off = off, on
        interval = law.solve(on, off, scale.shares)
        if interval is not None:
            found.append((pair, Guess.within(interval)))
    known = {guess.value: guess for _, guess in found}
    for pair in pairs:
        told = _of_level(law, pair, known, scale) if pair.count == scale.classes else None
        found += [(pair, told)] if told is not None else []
    return Fit(law, tuple(pair for pair, _ in found), tuple(guess for _, guess in found))


def _ranges(pair: Pair, scale: Scale) -> tuple[Interval, Interval]:
    """Return what both values can have been."""
    places = (pair.places if scale.written else None) or (None, None)
    on, off = (
        rounded(value, scale.precision, place)
        for value, place in zip((pair.on, pair.off), places, strict=True)
    )
    return on, off


def _of_level(law: Law, pair: Pair, known: dict[float, Guess], scale: Scale) -> Guess | None:
    """Return the ε of a row that has the same value everywhere: uniform, or all labels on, or all off."""
    value, _ = _ranges(pair, scale)
    if law.kind == "softmax":
        interval = law.solve(value, value, scale.shares) if scale.classes > 1 else None
        return None if interval is None else Guess.within(interval)
    sides = [(value, None), (None, value)] if known else [(value, None) if pair.on > 0.5 else (None, value)]
    for on, off in sides:
        interval = law.solve(on, off, scale.shares)
        if interval is not None:
            for epsilon, guess in known.items():
                if interval[0] <= epsilon <= interval[1]:
                    return guess
            if not known:
                return Guess.within(interval)
    return None


def fit_of(law: Law, pairs: Sequence[Pair], scale: Scale) -> Fit:
    """Return the pairs that follow a law: as they stand, or rounded where that says more."""
    both = [_fit(law, pairs, replace(scale, written=written)) for written in (False, True)]
    return _rounder([both[0]], [both[1]])[0]
