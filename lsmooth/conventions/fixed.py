"""What a convention fixes, and what contradicts it. Loads no numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lsmooth.conventions import CONVENTIONS
from lsmooth.conventions.model import Convention
from lsmooth.errors import LsmoothError, UsageError
from lsmooth.labels import HARD, LabelKind

#: What the mean of a convention divides by, in words.
DIVISORS = {
    "valid": "a mean over the rows not ignored",
    "all": "a mean over all rows, ignored ones too",
    "weights": "a mean divided by the weights of the labels",
    "all-weights": "a mean divided by the weights of the labels, those of ignored rows too",
    "nonzero": "a mean over the rows whose weight is not 0",
    "split": "a mean divided by weights in its hard term, by all rows in its smooth term",
}


@dataclass(frozen=True)
class Asked:
    """What is asked for beside a convention; None or False where nothing is.

    Attributes:
        dashes: `--` where these are flags of the command line.
    """

    spread: str | None = None
    source: str | None = None
    exclude: bool = False
    pad: bool = False
    weights: bool = False
    weighting: str | None = None
    denominator: str | None = None
    clip: bool = False
    minus_entropy: bool = False
    dashes: str = "--"


def rule_of(convention: Convention) -> Literal["all", "others", "half", "flip"]:
    """Return the rule by which a convention spreads ε."""
    return "all" if convention.spread == "relative" else convention.spread


def check_asked(convention: Convention, asked: Asked) -> None:
    """Raise UsageError for what contradicts a convention, saying what it fixes."""
    name = convention.name
    if convention.reserved and not asked.pad:
        raise UsageError(f"the convention {name} needs the padding class", f"pass {asked.dashes}pad")
    if (asked.weights or asked.weighting is not None) and convention.weights is None:
        flag = "weights" if asked.weights else "weighting"
        raise UsageError(f"{name} takes no class weights", f"drop {asked.dashes}{flag}")
    targets = f"{convention.true_class} for the true class, {convention.other_classes} for each other"
    clash = asked.minus_entropy and convention.subtract != "entropy"
    weighted = asked.weighting not in (None, convention.weights)
    divided = asked.denominator not in (None, convention.divisor)
    spread = asked.spread not in (None, convention.spread)
    for is_given, flag, what in (
        (spread, f"spread {asked.spread}", targets),
        (asked.source is not None, asked.source or "", "the same share for all classes"),
        (asked.exclude, "exclude", "which classes get mass"),
        (weighted, f"weighting {asked.weighting}", f"weights that multiply the {convention.weights}"),
        (divided, f"denominator {asked.denominator}", DIVISORS[convention.divisor]),
        (asked.clip, "clip", "how probabilities are clipped"),
        (clash, "minus-entropy", "what is subtracted, which is not the entropy"),
    ):
        if is_given:
            given = f"{asked.dashes}{flag}"
            raise UsageError(f"{name} fixes {what}, and {given} says otherwise", f"drop {given}")


def check_labels(convention: Convention, kind: LabelKind, *, told: bool = True) -> None:
    """Raise LsmoothError for labels of a kind that it does not take; UsageError unless `told` by the data."""
    if reason := refusal(convention, kind):
        fitting = [
            other.name
            for other in CONVENTIONS
            if refusal(other, kind) is None and other.spread == convention.spread
        ]
        hint = f"pass --like {fitting[0]}" if fitting else "drop --like"
        kind_of_error = LsmoothError if told else UsageError
        raise kind_of_error(f"{convention.name} {reason}", hint)


def refusal(convention: Convention, kind: LabelKind) -> str | None:
    """Return why a convention does not take labels of a kind, None where it does."""
    if kind == "multilabel" and convention.kind == "softmax":
        return "takes one class a row, and each label here is on its own"
    if kind not in HARD and not convention.soft:
        return "takes class indices, and the labels are rows"
    return None
