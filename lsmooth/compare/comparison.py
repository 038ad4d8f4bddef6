"""The loss of the same data under every convention, from one pass."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from lsmooth.compare.candidates import Candidate, Evidence, torch_epsilon
from lsmooth.errors import LsmoothError


@dataclass(frozen=True)
class Compared:
    """What one convention, or several that agree, make of the data.

    Attributes:
        conventions: their names.
        loss: in nats, or None.
        reduction: what they return, `mean` or `sum`.
        true_class: their target of the true class, as a formula.
        other_classes: that of each other class.
        torch_epsilon: the ε that gives the same target in PyTorch, or None.
        reason: why there is no loss, or None.
    """

    conventions: tuple[str, ...]
    loss: float | None
    reduction: str
    true_class: str
    other_classes: str
    torch_epsilon: float | None
    reason: str | None = None

    def same_as(self, other: Compared) -> bool:
        """Whether the two are shown in one row."""
        mine = (self.reduction, self.true_class, self.other_classes, self.reason)
        if mine != (other.reduction, other.true_class, other.other_classes, other.reason):
            return False
        if self.loss is None or other.loss is None:
            return self.loss is other.loss
        return self.loss == other.loss or abs(self.loss - other.loss) <= 4 * math.ulp(max(1.0, self.loss))


def compare(evidence: Evidence, epsilon: float) -> tuple[Compared, ...]:
    """Return the loss of every convention at an ε, sorted by value, equal ones as one; those without last."""
    found = [_compared(evidence, candidate, epsilon) for candidate in evidence.candidates]
    order = sorted(found, key=lambda one: (one.loss is None, one.loss or 0.0, one.reason or ""))
    rows: list[Compared] = []
    for one in order:
        same = next((k for k, row in enumerate(rows) if row.same_as(one)), None)
        if same is None:
            rows.append(one)
        else:
            rows[same] = replace(rows[same], conventions=rows[same].conventions + one.conventions)
    return tuple(rows)


def _compared(evidence: Evidence, candidate: Candidate, epsilon: float) -> Compared:
    convention, reason = candidate.convention, candidate.reason
    loss = None
    if reason is None:
        try:
            convention.check_epsilon(epsilon)
            loss = evidence.at(candidate, epsilon, candidate.reduction(evidence.data)).loss
        except LsmoothError as error:
            reason = error.message
    return Compared(
        (convention.name,),
        loss,
        convention.reduction,
        convention.true_class,
        convention.other_classes,
        torch_epsilon(convention, epsilon, evidence.data.classes),
        reason,
    )
