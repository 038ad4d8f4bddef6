"""Rows of float32, beside the same in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lsmooth.labels.block import Labels
from lsmooth.labels.soft import tolerance_of
from lsmooth.losses import Loss
from lsmooth.losses.lean import Costs, LeanSample, LogitSums, ProbabilitySums, mend
from lsmooth.losses.sample import Sample
from lsmooth.predictions import PredictionKind
from lsmooth.smoothing import Rule
from lsmooth.smoothing.spread import build_spread

Array = NDArray[Any]

#: Of max(1, |loss|).
NEAR = 1e-6
EPSILONS = [0.0, 1e-3, 0.1, 0.5, 1.0]
RULES: list[Rule] = ["all", "others"]

#: Around the lengths that are summed in float32, and as many classes as people have.
WIDTHS = [2, 3, 7, 10, 33, 1000, 1023, 1024, 1025, 2048, 5000, 50257, 100_000]

#: Derandomised, so that a row that is over the bound by a hair does not come and go.
QUICK = settings(max_examples=150, deadline=None, derandomize=True)


@dataclass(frozen=True)
class Case:
    """Predictions of N rows and K classes, and the index of each row's class."""

    values: Array
    labels: Array
    kind: PredictionKind = "logits"

    @property
    def classes(self) -> int:
        return int(self.values.shape[1])

    def lean(self) -> LeanSample:
        """The rows as a pass takes them; the block is overwritten, so it is a copy."""
        return self.lean_from(lambda: self.values)

    def lean_from(self, original: Callable[[], Array]) -> LeanSample:
        """The same, with what gives the values as they were read."""
        known = np.maximum(self.labels, 0)
        return LeanSample(Labels.hard(self.labels), mend(self.sums(), original, self.kind, known))

    def sums(self) -> Costs:
        """What the sums of the rows say that they cost."""
        rows, tolerance = len(self.values), tolerance_of(self.values.dtype)
        sums: LogitSums | ProbabilitySums = LogitSums(rows, self.classes)
        if self.kind != "logits":
            sums = ProbabilitySums(rows, self.classes, tolerance)
        sums.take(self.values.astype(np.float32), np.maximum(self.labels, 0))
        return sums.costs()

    def safe(self) -> Array:
        """Which rows are taken from their sums."""
        return self.sums().safe

    def losses(self, rule: Rule, epsilon: float, sample: Sample | None = None) -> Array:
        loss = Loss("softmax", build_spread(rule, self.classes), self.kind)
        assert loss.lean
        return loss.terms(sample or self.lean()).at(epsilon)

    def costs(self) -> tuple[Array, Array]:
        """What the true class costs and all others together, in extended precision, (N,) each."""
        z, rows, known = self.values.astype(np.longdouble), np.arange(len(self.labels)), self.labels
        with np.errstate(divide="ignore"):
            if self.kind == "logits":
                shifted = z - z.max(axis=1, keepdims=True)
                costs = np.log(np.exp(shifted).sum(axis=1, keepdims=True)) - shifted
            else:
                costs = -np.log(z)
        known = np.maximum(known, 0)
        own = costs[rows, known]
        costs[rows, known] = 0
        return own, costs.sum(axis=1)


def exact(case: Case, rule: Rule, epsilon: float, costs: tuple[Array, Array] | None = None) -> Array:
    own, rest = costs or case.costs()
    smooth = (own + rest) / case.classes if rule == "all" else rest / (case.classes - 1)
    losses = own if epsilon == 0 else smooth
    if 0 < epsilon < 1:
        losses = (1 - np.longdouble(epsilon)) * own + np.longdouble(epsilon) * smooth
    return np.asarray(np.where(case.labels < 0, 0, losses))


def far(found: Any, wanted: Any) -> Array:
    """How far losses are from what they should be, infinite ones where these are not."""
    found, wanted = np.asarray(found, dtype=np.longdouble), np.asarray(wanted)
    with np.errstate(invalid="ignore"):
        distance = np.abs(found - wanted) / np.maximum(1, np.abs(wanted))
    result: Array = np.where(np.isinf(wanted) & (found == wanted), 0, distance)
    return np.where(np.isnan(result), np.inf, result)


def check(case: Case, epsilons: Sequence[float] = EPSILONS, rules: Sequence[Rule] = RULES) -> None:
    """Every row, at each ε, under both rules."""
    sample, costs = case.lean(), case.costs()
    for rule in rules:
        for epsilon in epsilons:
            distance = far(case.losses(rule, epsilon, sample), exact(case, rule, epsilon, costs))
            row = int(np.argmax(distance))
            assert distance[row] <= NEAR, (rule, epsilon, row, float(distance[row]), bool(case.safe()[row]))


def random(seed: Any) -> np.random.Generator:
    return np.random.default_rng(seed)


def single(values: Any) -> Array:
    return np.asarray(values, dtype=np.float32)


def rows_of(classes: int) -> int:
    """So many rows that a width takes no longer than another."""
    return max(3, min(400, 200_000 // classes))


def noise(classes: int, scale: float = 3, offset: float = 0, rows: int | None = None) -> Case:
    count = rows or rows_of(classes)
    generator = random([classes, int(scale * 1e6), int(abs(offset) % 2**31)])
    values = generator.normal(0, scale, (count, classes)) + offset
    return Case(single(values), generator.integers(0, classes, count))


def softmax(z: Array) -> Array:
    p = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def chances(classes: int, scale: float = 3, dtype: Any = np.float32) -> Case:
    case = noise(classes, scale)
    return Case(softmax(case.values.astype(np.float64)).astype(dtype), case.labels, "probs")


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Rows of several sorts beside each other, safe ones and others."""
    classes = draw(st.sampled_from([2, 3, 4, 10, 33, 129, 1025]))
    sorts = st.sampled_from(["noise", "sure", "wrong", "ties", "constant", "infinite", "masked", "huge"])
    sizes = st.sampled_from([1e-3, 0.1, 1.0, 3.0, 10.0, 50.0, 1e4])
    offsets = st.sampled_from([0.0, 0.0, 80.0, -80.0, 300.0, -300.0, 1e4, -1e4])
    values = []
    generator = random(draw(st.integers(0, 2**32 - 1)))
    labels = generator.integers(0, classes, draw(st.integers(1, 8)))
    for label in labels:
        row = generator.normal(0, draw(sizes), classes) + draw(offsets)
        match draw(sorts):
            case "sure":
                row[label] += draw(st.floats(0, 400))
            case "wrong":
                row[label] -= draw(st.floats(0, 400))
            case "ties":
                row = np.round(row)
            case "constant":
                row[:] = row[0]
            case "infinite":
                row[generator.integers(0, classes)] = -np.inf
            case "masked":
                row[generator.integers(0, classes, classes // 2)] = -1e4
            case "huge":
                row[generator.integers(0, classes)] = generator.choice([-3e38, 3e38])
        values.append(row)
    return Case(single(values), labels)
