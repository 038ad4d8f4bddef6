"""A prediction scored against a smoothed label: what the lessons on losses work on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lsmooth.arrays.loss import cross_entropy
from lsmooth.errors import LsmoothError, UsageError
from lsmooth.lessons.case import Case, case_of, plain, show, step
from lsmooth.lessons.model import Numbers, Step
from lsmooth.losses import Loss, Sample, product
from lsmooth.predictions import PredictionKind, check, log_probs
from lsmooth.smoothing import PER_LABEL, Rule
from lsmooth.smoothing.spread import build_spread

Values = tuple[float, ...]
#: Terms of a sum that are written out.
TERMS = 6


class Scored:
    """A case with a prediction: the loss, its terms, its floor and its excess."""

    def __init__(self, case: Case, prediction: Values, kind: PredictionKind) -> None:
        self.case, self.prediction, self.kind = case, prediction, kind
        row = np.array([prediction])
        logs = log_probs(row, kind)
        self.p: Values = tuple(logs.probabilities()[0].tolist())
        self.log_p: Values = tuple((logs.shifted - logs.lse[:, None])[0].tolist())
        costs = product(np.array(case.target), -np.array(self.log_p))
        self.costs: Values = tuple((costs + 0.0).tolist())
        loss = Loss("softmax", build_spread(case.spread, case.classes), kind)
        terms = loss.terms(Sample(row, kind, case.labels))
        self.hard, self.smooth = float(terms.hard[0]), float(terms.smooth[0])
        self.floor = float(loss.floors(case.labels, case.epsilon)[0])
        self.loss = self._loss(minus_entropy=False)
        self.excess = self._loss(minus_entropy=True)

    def _loss(self, *, minus_entropy: bool) -> float:
        case = self.case
        value = cross_entropy(
            [self.prediction],
            [case.label],
            case.epsilon,
            case.spread,
            predicted=self.kind,
            minus_entropy=minus_entropy,
        )
        return float(value)

    def split(self) -> tuple[Step, ...]:
        """The loss as its two terms, its floor and its excess."""
        e = plain(self.case.epsilon)
        mixed = f"(1-{e})·{show(self.hard)} + {e}·{show(self.smooth)}"
        return (
            step(
                "The same loss in two terms",
                "L = (1-ε)·CE(label) + ε·CE(spread)",
                mixed,
                self.loss,
                unit="nats",
            ),
            step(
                "The floor: the lowest loss reachable",
                "H(q) = -Σ qₖ·log qₖ",
                sum_of(self.case.target, logs_of(self.case.target)),
                self.floor,
                unit="nats",
            ),
            step(
                "What training can still win",
                "KL(q ‖ p) = L - H(q)",
                f"{show(self.loss)} - {show(self.floor)}",
                self.excess,
                unit="nats",
            ),
        )

    def command(self, *options: str) -> str:
        """What does the same on a file: the prediction and the label in one row."""
        case = self.case
        row = ",".join([*map(repr, self.prediction), str(case.label)])
        columns = f"--columns 1:{case.classes} --label-column {case.classes + 1}"
        rule = f"--as {self.kind} --spread {case.spread} -e {case.epsilon!r}"
        return " ".join([f"echo '{row}' | lsmooth loss - --no-header {columns} {rule}", *options])


def logs_of(values: Values) -> Values:
    """Return the logarithms of probabilities."""
    logs: list[float] = log_probs(np.array([values]), "probs").shifted[0].tolist()
    return tuple(logs)


def sum_of(weights: Values, logs: Values) -> str:
    """-[0.9·(-0.3567) + …], folded where it is long; a weight of 0 counts nothing."""
    parts = [f"{show(w)}·({show(log)})" for w, log in zip(weights, logs, strict=True) if w]
    return f"-[{folded(parts)}]"


def folded(parts: Sequence[str]) -> str:
    """Return a sum of terms, folded in the middle where it is long."""
    if len(parts) <= TERMS:
        return " + ".join(parts)
    return " + ".join([*parts[:3], f"… {len(parts) - 4} more", parts[-1]])


def checked(values: Values, kind: PredictionKind, flag: str, example: str) -> Values:
    """Return predictions from the command line; raise UsageError where they are none."""
    hint = f"pass {flag} {example}"
    if len(values) < 2:
        raise UsageError(f"{flag} has {len(values)} values, wanted one for each of 2 classes or more", hint)
    try:
        check(np.array([values], dtype=np.float64), kind, "softmax", lambda _row: None)
    except LsmoothError as error:
        raise UsageError(f"{flag}: {error.message}", hint) from None
    return tuple(map(float, values))


def softmax_case(numbers: Numbers, count: int, label: int, spread: Rule, *, fixed: bool = False) -> Case:
    """Return a case of the softmax kind."""
    case = case_of(numbers, 0.1, count, label, spread, fixed=fixed)
    if case.spread in PER_LABEL:
        message = f"spread `{case.spread}` smooths each label on its own, and a softmax does not"
        raise UsageError(message, "pass --spread all or --spread others")
    return case


def number_of(values: Values, numbers: Numbers) -> int:
    """Return K, which the values given set; a --classes beside them has to agree."""
    if numbers.classes not in (None, len(values)):
        message = f"classes is {numbers.classes}, and the prediction has {len(values)} values"
        raise UsageError(message, f"pass --classes {len(values)}, or leave it out")
    return len(values)
