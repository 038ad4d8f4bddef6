"""From what a pass over targets has kept to what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lsmooth.compare.detected import Detection, Reading, RowSums
from lsmooth.compare.faults import Misread, fault_sentences
from lsmooth.compare.fits import Fit, Scale, best_fits, fit_of, outgrown
from lsmooth.compare.laws import FAULTS
from lsmooth.compare.observed import Observed
from lsmooth.compare.shares import Shares, tell_shares
from lsmooth.compare.tallies import Pair, Sums
from lsmooth.conventions import list_conventions
from lsmooth.conventions.model import Kind, Spread
from lsmooth.errors import LsmoothError

#: Different ε that are listed with their rows.
MOST_COUNTS = 12


def conclude(seen: Observed) -> Detection:
    """Return what the targets are.

    Raises:
        LsmoothError: for values that are no targets but labels.
    """
    _refuse_labels(seen)
    pairs = list(seen.pairs.values())
    for beyond in seen.beyond.values():
        pairs += [replace(pair, rows=0 if k else beyond.rows) for k, pair in enumerate(beyond.ends)]
    reserved = _reserved(seen, pairs)
    scale = Scale(seen.classes, seen.classes - len(reserved), seen.precision)
    usable = [pair for pair in pairs if pair.zeros == len(reserved) and pair.off > 0]
    fits, single = best_fits(usable, scale)
    explained = frozenset[int]().union(*(fit.members for fit in fits))
    misread, wrong = _misread([pair for pair in usable if id(pair) not in explained], scale)
    soft = [pair for pair in pairs if id(pair) not in explained | wrong]
    loose, sums = _sums(seen, pairs, soft)
    shares = None
    if soft or seen.soft.rows or (fits and len(fits[0].counts) > 1):
        shares = tell_shares(seen, soft, scale.shares)
    faults = fault_sentences(seen.odd, misread, loose, scale.shares, seen.rows - seen.zero - seen.nan)
    first = fits[0] if fits else None
    return Detection(
        rows=seen.rows,
        classes=seen.classes,
        zero=seen.zero,
        nan=seen.nan,
        hard=seen.hard,
        multi_hot=seen.several,
        soft=seen.soft.rows + sum(pair.rows for pair in soft),
        readings=_readings(seen, fits, shares, scale),
        reserved=reserved,
        prior=None if shares is None else shares.prior,
        by_class=_by_class(seen, fits),
        single=single,
        outgrown=first is not None and outgrown(first, scale),
        bound=_bound(seen, soft, scale.shares),
        sums=sums,
        known=tuple(each.known() for each in misread),
        faults=faults,
    )


def _refuse_labels(seen: Observed) -> None:
    beyond = seen.odd["negative"].rows + seen.odd["above 1"].rows
    if seen.whole and (beyond or (seen.classes == 1 and seen.rows > seen.nan)):
        message = "the values are whole numbers: class indices or counts, not targets"
        raise LsmoothError(message, "lsmooth.smooth makes targets of labels")


def _reserved(seen: Observed, pairs: Sequence[Pair]) -> tuple[int, ...]:
    never = tuple((~seen.touched).nonzero()[0].tolist())
    return never if never and any(pair.zeros == len(never) for pair in pairs) else ()


def _misread(pairs: Sequence[Pair], scale: Scale) -> tuple[list[Misread], frozenset[int]]:
    """Return the rows with known faults, and which pairs they are."""
    fits = [(fit_of(fault.law, pairs, scale), fault) for fault in FAULTS] if scale.shares > 1 else []
    found: list[Misread] = []
    taken: frozenset[int] = frozenset()
    for fit, fault in sorted(fits, key=lambda both: both[0].rank()):
        left = [both for both in zip(fit.pairs, fit.guesses, strict=True) if id(both[0]) not in taken]
        if left:
            values = [guess.value for _, guess in left]
            rows = sum(pair.rows for pair, _ in left)
            above = sum(pair.rows for pair, _ in left if pair.on > 1)
            found.append(Misread(fault, min(values), max(values), rows, above, left[0][0].where))
            taken |= fit.members
    return found, taken


def _sums(seen: Observed, pairs: Sequence[Pair], soft: Sequence[Pair]) -> tuple[Sums, RowSums]:
    """Return the sums of rows that nothing explains, and of all rows."""
    loose, others = replace(seen.sums), replace(seen.hard_sums)
    strange = frozenset(map(id, soft))
    for pair in pairs:
        total = pair.total(seen.classes)
        off = abs(total - 1) > seen.tolerance + pair.rounding(seen.classes)
        into = loose if id(pair) in strange else others
        into.add(total, pair.rows, pair.where, off=off and seen.classes > 1)
    every = replace(loose)
    every.merge(others)
    empty = every.low > every.high
    low, high = (float("nan"), float("nan")) if empty else (every.low, every.high)
    return loose, RowSums(low, high, every.off, every.worst, every.where)


def _bound(seen: Observed, soft: Sequence[Pair], classes: int) -> float | None:
    lows = [seen.soft.low] if seen.soft.rows else []
    lows += [0.0 if pair.zeros else pair.off for pair in soft]
    return min(1.0, max(0.0, classes * min(lows))) if lows else None


def _by_class(seen: Observed, fits: Sequence[Fit]) -> bool:
    """Whether a class has the same largest value in all its rows, where rows differ in that."""
    if seen.columns.rows != seen.smoothed or (fits and len(fits[0].counts) < 2):
        return False
    low, high = seen.columns.on
    labelled = low <= high
    same = ((high - low)[labelled] <= 4 * seen.precision).all()
    return bool(same and 1 < labelled.sum() < seen.smoothed)


def _readings(
    seen: Observed, fits: Sequence[Fit], shares: Shares | None, scale: Scale
) -> tuple[Reading, ...]:
    readings = [_reading(seen, fit, scale) for fit in fits]
    if shares is None:
        return tuple(readings)
    kind: Kind = "softmax"
    told = Reading(shares.spread, kind, shares.weights, shares.epsilon, shares.epsilon, 1, shares.rows)
    return (*readings, told) if shares.weights == "soft" else (told,)


def _reading(seen: Observed, fit: Fit, scale: Scale) -> Reading:
    values = list(fit.counts)
    distinct = None if any(beyond.rows for beyond in seen.beyond.values()) else len(values)
    on, off = fit.law.at(values[0], scale.shares)
    return Reading(
        fit.law.spread,
        fit.law.kind,
        "uniform",
        values[0],
        values[-1],
        distinct,
        fit.rows,
        on,
        off,
        tuple(fit.counts.items()) if distinct is not None and distinct <= MOST_COUNTS else (),
        _conventions(fit.law.spread, fit.law.kind, values, scale),
    )


def _conventions(spread: Spread, kind: Kind, epsilons: Sequence[float], scale: Scale) -> tuple[str, ...]:
    """Return the names of those that write such targets with such ε."""
    reserved = scale.classes - scale.shares
    return tuple(
        entry.name
        for entry in list_conventions()
        if (entry.spread, entry.kind, int(entry.reserved)) == (spread, kind, reserved)
        and all(_takes(entry.epsilons, epsilon) for epsilon in epsilons)
    )


def _takes(epsilons: str, epsilon: float) -> bool:
    return epsilon == 0 if epsilons == "0" else epsilon < 1 or epsilons == "[0, 1]"
