"""Which conventions give a number: the question "why is my loss not theirs?" asked backwards."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

import numpy as np

from lsmooth.compare.candidates import Candidate, Evidence, Key
from lsmooth.compare.roots import find_roots, simplest
from lsmooth.conventions.model import Convention, Divisor
from lsmooth.errors import LsmoothError, UsageError, shown
from lsmooth.losses import Reduction


@dataclass(frozen=True)
class Wanted:
    """A printed loss: its value, and how far from it a loss may be that was printed so."""

    value: float
    slack: float


@dataclass(frozen=True)
class Match:
    """Conventions that give the number.

    Attributes:
        conventions: their names.
        reduction: `mean` or `sum`.
        denominator: what the mean divides by, None for a sum.
        epsilon: the ε, the simplest decimal that gives the number as it was printed.
        loss: at that ε, in nats.
        log_softmax: False where the logits were taken for log-probabilities, a log_softmax forgotten.
        own: whether the first of the conventions reduces so by itself.
    """

    conventions: tuple[str, ...]
    reduction: str
    denominator: str | None
    epsilon: float
    loss: float
    log_softmax: bool = True
    own: bool = True


@dataclass(frozen=True)
class Variant:
    """One way to reduce what conventions add up; one candidate stands for all.

    Attributes:
        own: the names of the conventions that do it so.
    """

    candidate: Candidate
    reduction: Reduction
    log_softmax: bool
    conventions: tuple[Convention, ...]
    own: tuple[str, ...] = ()

    def at(self, evidence: Evidence, epsilon: float) -> float:
        """Return the loss at an ε, in nats."""
        loss = evidence.at(self.candidate, epsilon, self.reduction).loss
        if self.log_softmax:
            return loss
        assert self.candidate.key is not None
        sums = evidence.sums[self.candidate.key]
        by, _ = self.reduction.divisors(sums, evidence.losses[self.candidate.key])
        return loss - sums.logsumexp.value / by

    def match(self, evidence: Evidence, epsilon: float) -> Match:
        """Return the variant as a match at an ε, with those conventions that take it."""
        taking = [one.name for one in self.conventions if one.takes(epsilon)]
        names = tuple(sorted(taking, key=lambda name: name not in self.own))
        return Match(
            names,
            "mean" if self.reduction.mean else "sum",
            self.reduction.divisor if self.reduction.mean else None,
            epsilon,
            self.at(evidence, epsilon),
            self.log_softmax,
            own=bool(names) and names[0] in self.own,
        )


def parse_loss(text: str, *, exact: bool = False) -> Wanted:
    """Return a printed loss, and half a unit of its last place; of float32 digits, float32's rounding.

    Args:
        text: as it was printed.
        exact: whether all its digits are there, however few.

    Raises:
        UsageError: for what is no finite number.

    >>> parse_loss("0.7278")
    Wanted(value=0.7278, slack=5e-05)
    """
    try:
        number = Decimal(text.strip())
        if not math.isfinite(float(number)) or "_" in text:
            raise InvalidOperation
    except InvalidOperation:
        raise UsageError(
            f"--match is {shown(text)}, wanted a loss", "pass it as printed, as 0.7278"
        ) from None
    value = float(number)
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    half = 0.0 if exact else 0.5 * float(Decimal(1).scaleb(exponent))
    with np.errstate(over="ignore"):
        near = np.float32(value)
    single = np.isfinite(near) and (len(digits) <= 9 or float(near) == value)
    rounding = 4 * float(np.spacing(abs(near))) if single else 8 * math.ulp(max(1.0, abs(value)))
    return Wanted(value, max(half, rounding) if exact or len(digits) >= 7 else half)


def find_matches(evidence: Evidence, wanted: Wanted, epsilon: float | None) -> tuple[Match, ...]:
    """Return what gives the number, the simplest ε first: at one ε, or (None) at every one in [0, 1].

    Raises:
        LsmoothError: naming the nearest, where nothing does.
    """
    variants = _variants(evidence, epsilon)
    found = [match for variant in variants for match in _fits(variant, evidence, wanted, epsilon)]
    if not found:
        raise _nothing(evidence, variants, wanted, epsilon)
    return _grouped(found)


def _variants(evidence: Evidence, epsilon: float | None) -> list[Variant]:
    """Return every way to reduce what conventions add up, each once."""
    found: dict[tuple[Key, Reduction, bool], Variant] = {}
    for candidate in evidence.candidates:
        if candidate.key is None or not evidence.knows(candidate, epsilon):
            continue
        raw = candidate.convention.log_probs and evidence.logits
        for place, reduction in enumerate(_reductions(evidence, candidate)):
            for log_softmax in (True, False) if raw else (True,):
                key = candidate.key, reduction, log_softmax
                same = found.get(key, Variant(candidate, reduction, log_softmax, ()))
                own = (*same.own, candidate.convention.name) if place == 0 else same.own
                found[key] = replace(same, conventions=(*same.conventions, candidate.convention), own=own)
    return list(found.values())


def _reductions(evidence: Evidence, candidate: Candidate) -> list[Reduction]:
    """Return how a convention reduces, and how else it might have been: distinct ones, its own first."""
    assert candidate.key is not None
    data, sums, loss = evidence.data, evidence.sums[candidate.key], evidence.losses[candidate.key]
    own = candidate.reduction(data)
    divisors: tuple[Divisor, ...] = ("valid", "all")
    if data.weights is not None and data.kind == "softmax":
        divisors = ("valid", "all", "weights")
    means = [replace(own, mean=True, plus=0.0, divisor=divisor) for divisor in divisors]
    found: dict[Reduction, None] = {}
    for one in (own, replace(own, mean=True), replace(own, mean=False, divisor="valid", plus=0.0), *means):
        try:
            by = one.divisors(sums, loss)
        except LsmoothError:
            continue
        same = [mean for mean in means if one.mean and mean.divisors(sums, loss) == by]
        found[same[0] if same else one] = None
    return list(found)


def _fits(variant: Variant, evidence: Evidence, wanted: Wanted, epsilon: float | None) -> Iterator[Match]:
    def off(amount: float) -> float:
        return variant.at(evidence, amount) - wanted.value

    subtract = variant.reduction.subtract
    top = math.nextafter(1, 0) if subtract == "t2t" else 1.0
    if epsilon is not None or math.isinf(off(0.5)):
        alone = (0.0, top) if epsilon is None else (epsilon,)
        amounts = [one for one in alone if any(convention.takes(one) for convention in variant.conventions)]
        found = [amount for amount in amounts if abs(off(amount)) <= wanted.slack]
    else:
        intervals = find_roots(off, top, wanted.slack, convex=subtract is not None)
        found = [simplest(low, high, top) for low, high in intervals]
    for amount in found:
        match = variant.match(evidence, amount)
        if match.conventions:
            yield match


def _nothing(
    evidence: Evidence, variants: list[Variant], wanted: Wanted, epsilon: float | None
) -> LsmoothError:
    """Return the error that names what comes nearest."""
    amounts = (0.0, 0.1, 0.5, math.nextafter(1, 0)) if epsilon is None else (epsilon,)
    near = [variant.match(evidence, amount) for variant in variants for amount in amounts]
    near = sorted(
        (match for match in near if match.conventions), key=lambda match: abs(match.loss - wanted.value)
    )
    where = "at any epsilon in [0, 1]" if epsilon is None else f"at epsilon {epsilon:g}"
    message = f"no convention gives {wanted.value!r} {where}"
    if near:
        best = near[0]
        by = f" over {best.denominator} rows" if best.denominator else ""
        gives = f"gives {best.loss!r} at epsilon {best.epsilon:g}"
        message += f"; the nearest is {best.conventions[0]}, {best.reduction}{by}, which {gives}"
    return LsmoothError(message, "pass --ignore, --pad or --weights as they were")


def _grouped(found: list[Match]) -> tuple[Match, ...]:
    """Return matches with conventions that agree in one, the simplest ε first."""
    groups: dict[tuple[str, str | None, float, str, bool], Match] = {}
    for match in found:
        key = (match.reduction, match.denominator, match.epsilon, f"{match.loss:.13g}", match.log_softmax)
        names = groups[key].conventions if key in groups else ()
        more = tuple(name for name in match.conventions if name not in names)
        groups[key] = replace(groups.get(key, match), conventions=(*names, *more))
    return tuple(sorted(groups.values(), key=_plainness))


def _plainness(match: Match) -> tuple[int, bool, bool, str, str, float]:
    digits = len(repr(match.epsilon))
    return (
        digits,
        not match.log_softmax,
        not match.own,
        match.reduction,
        match.denominator or "",
        match.epsilon,
    )
