"""The loss of float32 and float16 predictions, taken without the row maximum, beside exact arithmetic."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Work
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lsmooth.conventions import CONVENTIONS
from lsmooth.errors import LsmoothError
from lsmooth.labels.block import Labels
from lsmooth.labels.classes import IGNORED
from lsmooth.labels.soft import tolerance_of
from lsmooth.losses import Loss
from lsmooth.losses.lean import Costs, LeanSample, LogitSums, ProbabilitySums, RowSums, mend
from lsmooth.losses.sample import Sample
from lsmooth.pipeline import engine
from lsmooth.predictions import PredictionKind, faulty_rows
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
FILES = settings(QUICK, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])


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


def row_sums(block: Array) -> Array:
    """The sum of each row of a block that comes alone."""
    sums = RowSums(*block.shape)
    sums.take(block, 0)
    return sums.total


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


# Rows of all sorts


@pytest.mark.parametrize("classes", WIDTHS)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 5.0, 30.0, 1e4])
def test_random_logits(classes: int, scale: float) -> None:
    check(noise(classes, scale))


@pytest.mark.parametrize("classes", [2, 10, 1000, 1025])
@pytest.mark.parametrize("offset", [5.0, 80.0, -80.0, 300.0, -300.0, 1e4, -1e4])
def test_an_offset(classes: int, offset: float) -> None:
    check(noise(classes, 3, offset))


@pytest.mark.parametrize("classes", [2, 3, 10, 1000, 5000])
@pytest.mark.parametrize("size", [20.0, 60.0, 100.0, 290.0, 310.0, 1e4])
def test_sure_rows_right_and_wrong(classes: int, size: float) -> None:
    case = noise(classes, 1)
    values, rows = case.values.copy(), np.arange(len(case.labels))
    values[rows, np.where(rows % 2, case.labels, (case.labels + 1) % classes)] += np.float32(size)
    check(Case(values, case.labels))
    values[rows, case.labels] -= np.float32(size) * (rows % 3 == 0)
    check(Case(values, case.labels))


@pytest.mark.parametrize("classes", [1, 2, 3, 10, 1000, 1024, 1025, 50257])
def test_constant_rows(classes: int) -> None:
    values = [0, 1, -1, 0.3, 6.6, 59.9, -59.9, 87.5, 88.7, 90, -88, -104, 300, -1e4, 3e38, -3e38]
    case = Case(single(np.repeat(np.array(values)[:, None], classes, 1)), np.arange(len(values)) % classes)
    check(case, rules=["all"] if classes == 1 else RULES)


@pytest.mark.parametrize("classes", [400, 777, 1000, 1024, 3000])
def test_many_equal_logits_add_up_their_rounding(classes: int) -> None:
    levels = random(classes).uniform(0, np.log(classes), rows_of(classes))
    check(Case(single(np.repeat(levels[:, None], classes, 1)), np.arange(len(levels))))


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_ties(classes: int) -> None:
    case = noise(classes, 2)
    check(Case(np.round(case.values), case.labels))


@pytest.mark.parametrize("classes", [2, 3, 10, 1024, 1025])
def test_minus_infinity_among_logits(classes: int) -> None:
    case = noise(classes)
    values, rows = case.values.copy(), np.arange(len(case.labels))
    values[rows, (case.labels + 1) % classes] = np.where(rows % 3 == 1, -np.inf, 0)
    values[rows, case.labels] = np.where(rows % 3 == 2, -np.inf, values[rows, case.labels])
    check(Case(values, case.labels))
    assert np.isinf(Case(values, case.labels).losses("all", 0.1)[1:3]).all()


@pytest.mark.parametrize("classes", [3, 10, 1024, 1025])
@pytest.mark.parametrize("low", [-1e4, -65504.0, -1e9, -1e30, -3e38])
def test_masked_logits(classes: int, low: float) -> None:
    case = noise(classes)
    values, rows = case.values.copy(), np.arange(len(case.labels))
    values[rows, (case.labels + 1) % classes] = low
    values[rows, (case.labels + 2) % classes] = low  # two of -3e38 are more than float32 holds
    check(Case(values, case.labels))


def test_logits_whose_sum_is_not_a_float32() -> None:
    big = 3e38
    values = single(
        [[1, 2, -big, -big], [1, 2, -big, 3], [big, -big, 0, 1], [-big, -big, 1, 2], [0, 0, 0, 0]]
    )
    for known in range(4):
        check(Case(values, np.full(5, known)))


@pytest.mark.parametrize("classes", [2, 10, 1000, 1025])
def test_every_class_is_the_label_once(classes: int) -> None:
    values = np.repeat(noise(classes, rows=1).values, classes, 0)
    check(Case(values, np.arange(classes)), [0.0, 0.1])


# At the borders of what is trusted


@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
@pytest.mark.parametrize("border", [-104.0, -88.0, -87.3, -60.0, 0.0, 60.0, 88.0, 88.7228])
def test_logsumexp_near_a_border(classes: int, border: float) -> None:
    generator = random([classes, int(border * 100) % 2**31])
    for spread in (0.1, 3.0, 40.0):
        values = generator.normal(0, spread, (60, classes))
        lse = np.log(np.exp(values - values.max(axis=1, keepdims=True)).sum(axis=1)) + values.max(axis=1)
        values += (border + generator.uniform(-1, 1, 60) - lse)[:, None]
        check(Case(single(values), generator.integers(0, classes, 60)), [0.0, 0.1, 1.0])


@pytest.mark.parametrize("classes", [2, 10, 1024])
@pytest.mark.parametrize("border", [-745.0, -709.0, -300.0, -104.0, 104.0, 300.0, 709.0, 745.0])
def test_the_label_near_a_border(classes: int, border: float) -> None:
    for others in (-100.0, -40.0, 0.0, 40.0, 80.0):
        case = noise(classes, 2, others, 60)
        values = case.values.copy()
        values[np.arange(60), case.labels] = border + np.linspace(-2, 2, 60)
        check(Case(values, case.labels), [0.0, 0.1])


@pytest.mark.parametrize("classes", [2, 10, 1000, 1024, 1025])
def test_the_mean_beside_the_smooth_term(classes: int) -> None:
    # rows of offset m whose smooth term is near |m|: below it, digits are lost
    generator = random(classes)
    for scale in (0.01, 1.0, 4.0, 9.0):
        values = generator.normal(0, scale, (60, classes))
        values -= values.mean(axis=1, keepdims=True)
        lse = np.log(np.exp(values).sum(axis=1))
        values += (lse * generator.uniform(0.8, 1.2, 60))[:, None]
        check(Case(single(values), generator.integers(0, classes, 60)))


def test_an_offset_that_hides_the_loss_is_not_trusted() -> None:
    # the others cost 87 together, the sum of the logits is 85,000
    values = single(np.full((50, 1000), 80.0))
    values += single(random(2).normal(0, 0.1, (50, 1000)))
    assert not Case(values, np.arange(50)).safe().any()
    check(Case(values, np.arange(50)))


@pytest.mark.parametrize("classes", [2, 3, 10, 1024])
def test_a_label_that_costs_many_times_the_others(classes: int) -> None:
    generator = random(classes)
    values = generator.normal(0, 0.3, (200, classes))
    values[:, 0] -= generator.uniform(0.5, 3, 200) * 16 * (classes - 1) * max(np.log(classes - 1), 0.1)
    check(Case(single(values), np.zeros(200, dtype=np.int64)))


def test_others_that_cost_next_to_nothing() -> None:
    values = single([[0, 20], [0, 60], [-30, 57], [-200, 50], [0, 5], [-1, 0.5]])
    check(Case(values, np.zeros(6, dtype=np.int64)))


@pytest.mark.parametrize("classes", [4, 5, 8, 10, 20])
def test_a_wrong_row_far_from_0_under_others(classes: int) -> None:
    generator = random(classes)
    values = generator.uniform(5, 80, 100_000)[:, None] - generator.exponential(2, (100_000, classes))
    values[:, 0] = generator.uniform(-300, 0, 100_000)
    check(Case(single(values), np.zeros(100_000, dtype=np.int64)), [1.0], ["others"])


@pytest.mark.parametrize("classes", [1000, 1024])
def test_equal_logits_and_a_masked_one(classes: int) -> None:
    levels = random(0).uniform(70, 81, 1000)
    values = single(np.repeat(levels[:, None], classes, 1))
    values[:, classes // 2] = -38_000
    check(Case(values, np.zeros(1000, dtype=np.int64)))


# What is drawn


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


@QUICK
@given(cases(), st.floats(0, 1))
def test_rows_of_any_sort_beside_each_other(case: Case, epsilon: float) -> None:
    check(case, [0.0, epsilon, 1.0])


@QUICK
@given(cases(), st.integers(0, 7))
def test_a_row_gives_the_same_float_wherever_it_stands(case: Case, start: int) -> None:
    whole, some = case.lean(), Case(case.values[start:], case.labels[start:])
    if not len(some.labels):
        return
    part = some.lean()
    for rule in RULES:
        for epsilon in EPSILONS:
            expected = case.losses(rule, epsilon, whole)[start:]
            assert some.losses(rule, epsilon, part).tobytes() == expected.tobytes()


@QUICK
@given(
    st.sampled_from([1, 2, 3, 10, 129, 250, 257, 1000, 1023, 1024, 1025, 2049]),
    st.integers(1, 9),
    st.integers(0, 15),
    st.integers(0, 99),
)
def test_the_sum_of_a_row_does_not_depend_on_its_place(
    classes: int, rows: int, shift: int, seed: int
) -> None:
    values = single(random(seed).normal(0, 10, (rows, classes)))
    room = np.empty(rows * classes + 16, np.float32)
    block = room[shift : shift + rows * classes].reshape(rows, classes)
    block[...] = values
    sums = row_sums(block)
    assert sums.dtype == np.float64
    assert sums.tolist() == [float(row_sums(row[None].copy())[0]) for row in values]
    slack = np.abs(values).sum(axis=1, dtype=np.float64) * 2**-24 * 16
    assert (np.abs(sums - values.sum(axis=1, dtype=np.float64)) <= slack).all()


@pytest.mark.parametrize("classes", [4097, 50257, 100_000])
def test_long_rows_are_added_up_in_pieces(classes: int) -> None:
    values = single(random(classes).uniform(0.5, 1, (3, classes)))
    wanted = values.astype(np.float64).sum(axis=1)
    assert (np.abs(row_sums(values) - wanted) <= 2e-7 * wanted).all()
    ones = np.full((2, classes), 1.0, np.float32)
    assert row_sums(ones).tolist() == [classes, classes]


def test_whole_numbers_past_what_float32_holds() -> None:
    values = np.full((1, 40 * 1024), 1023, np.float32)  # a piece is a whole number below 2**24
    assert row_sums(values).tolist() == [40 * 1024 * 1023]


# Which rows are taken in which way


@pytest.mark.parametrize("classes", [10, 100, 1000, 1025, 50257])
@pytest.mark.parametrize("scale", [0.1, 1.0, 3.0])
def test_what_a_model_gives_is_taken_from_sums(classes: int, scale: float) -> None:
    assert noise(classes, scale).safe().mean() > 0.95
    assert chances(classes, scale).safe().mean() > 0.95


@pytest.mark.parametrize("offset", [-5.0, -1e-3])
def test_logits_below_0_are_taken_from_sums_too(offset: float) -> None:
    case = noise(1000, 3)
    z = case.values.astype(np.float64)
    z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
    assert Case(single(z + offset), case.labels).safe().mean() > 0.9


def test_safe_and_unsafe_rows_in_one_block() -> None:
    case = noise(10, 3, rows=300)
    values = case.values.copy()
    values[::3] += np.float32(1e4)
    values[1::7, 4] = -np.inf
    mixed = Case(values, case.labels)
    assert 0 < mixed.safe().mean() < 1
    check(mixed)


def test_what_is_not_safe_is_read_again_and_only_once() -> None:
    case = noise(10, 3, rows=20)
    values = case.values.copy()
    calls = []

    def original() -> Array:
        calls.append(1)
        return values

    Case(values, case.labels).lean_from(original)
    assert not calls
    values[[3, 5]] += np.float32(1e4)
    Case(values, case.labels).lean_from(original)
    assert len(calls) == 1


@pytest.mark.parametrize("kind", ["logits", "probs"])
def test_the_logsumexp_of_the_logits(kind: PredictionKind) -> None:
    case = noise(10, 3, rows=50) if kind == "logits" else chances(10)
    values = case.values.copy()
    if kind == "logits":
        values[::4] += np.float32(1e4)
    case = Case(values, case.labels, kind)
    wanted = np.log(np.exp(values.astype(np.longdouble)).sum(axis=1)) if kind == "logits" else 0.0
    assert (np.abs(case.lean().logsumexp() - wanted) <= NEAR).all()


def test_ignored_rows_count_for_nothing() -> None:
    case = noise(10, 3, rows=40)
    values, labels = case.values.copy(), case.labels.copy()
    labels[::3] = IGNORED
    values[:6] += np.float32(1e4)
    check(Case(values, labels))
    assert not Case(values, labels).losses("all", 0.1)[::3].any()


# Probabilities


@pytest.mark.parametrize("classes", WIDTHS)
@pytest.mark.parametrize("scale", [0.01, 1.0, 5.0, 30.0])
def test_random_probabilities(classes: int, scale: float) -> None:
    check(chances(classes, scale))


@pytest.mark.parametrize("classes", [2, 3, 10, 49, 1000, 1003, 1024, 1025, 5000, 50257])
def test_equal_probabilities(classes: int) -> None:
    check(Case(single(np.full((2, classes), 1 / classes)), np.array([0, classes - 1]), "probs"))


def test_probabilities_at_the_ends() -> None:
    least, normal = float(np.nextafter(np.float32(0), np.float32(1))), float(np.finfo(np.float32).tiny)
    below = float(np.nextafter(np.float32(1), np.float32(0)))
    rows = [
        [1, 0, 0, 0],
        [1, least, 0, 0],
        [1, least, least, least],
        [1, normal / 3, normal, normal * 3],
        [below, 1e-7, 1e-30, 1e-38],
        [0.5, 0.5, 0, 0],
        [0.5, 0.5, 1e-44, 1e-45],
        [1, -0.0, 0, 1e-20],
        [1 + 2**-23, 1e-7, 1e-8, 1e-9],
        [0.25, 0.25, 0.25, 0.25],
    ]
    for known in range(4):
        check(Case(single(rows), np.full(len(rows), known), "probs"))
    for known in range(2):
        pairs = [[below, 1 - below], [1, least], [1, 0], [0.999, 0.001], [1 + 2**-22, 0]]
        check(Case(single(pairs), np.full(len(pairs), known), "probs"))


@pytest.mark.parametrize("classes", [2, 10, 1000, 1025])
@QUICK
@given(st.floats(-3e-5, 3e-5), st.sampled_from([0.0, 1e-5, -1e-5, 5e-6]), st.integers(0, 99))
def test_how_far_from_1_a_row_may_sum(classes: int, off: float, base: float, seed: int) -> None:
    p = softmax(random(seed).normal(0, 2, (3, classes)))
    p[1] *= 1 + base + (off if base == 0 else off / 100)
    case = Case(single(p), np.zeros(3, dtype=np.int64), "probs")
    if faulty_rows(case.values, "probs", lambda _row: None).size:
        with pytest.raises(LsmoothError, match="sum to") as caught:
            case.lean()
        assert caught.value.row == 1
    else:
        check(case, [0.1])


# Half precision


@pytest.mark.parametrize("classes", [2, 10, 1000, 1025])
@pytest.mark.parametrize("scale", [0.1, 3.0, 50.0])
def test_half_precision(classes: int, scale: float) -> None:
    case = noise(classes, scale)
    check(Case(case.values.astype(np.float16), case.labels))
    p = chances(classes, min(scale, 3.0), np.float16)
    fine = ~np.isin(np.arange(len(p.labels)), faulty_rows(p.values, "probs", lambda _row: None))
    assert fine.any()
    check(Case(p.values[fine], p.labels[fine], "probs"))


def test_the_largest_half_precision_logits() -> None:
    values = np.array([[65504, 0, -65504], [65504, 65504, 65504], [6e-8, -6e-8, 0]], dtype=np.float16)
    for known in range(3):
        check(Case(values, np.full(3, known)))


# What is refused, as it is for float64


NAN, INF = np.nan, np.inf
#: What begins a row whose other values are 1/8.
FAULTS: dict[tuple[PredictionKind, str], list[float]] = {
    ("logits", "nan"): [0, 0, 0, NAN],
    ("logits", "+inf"): [0, INF],
    ("logits", "-inf"): [-INF] * 8,
    ("logits", "both"): [INF, -INF],
    ("probs", "nan"): [0, 0, 0, NAN],
    ("probs", "+inf"): [0, INF],
    ("probs", "-inf"): [0, -INF],
    ("probs", "negative"): [0.5, -0.25],
    ("probs", "negative-label"): [-0.25, 0.5],
    ("probs", "negative-sum"): [-0.125],
    ("probs", "large"): [1.5, -1.25],
    ("probs", "low"): [0],
    ("probs", "high"): [1],
    ("probs", "zeros"): [0] * 8,
}


@pytest.mark.parametrize(("kind", "fault"), FAULTS)
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f2"])
def test_what_is_refused_is_what_float64_is_refused_for(
    work: Work, kind: PredictionKind, fault: str, dtype: str
) -> None:
    values = random(1).normal(0, 1, (1500, 8)) if kind == "logits" else np.full((1500, 8), 1 / 8)
    values = values.astype(dtype)
    values[400] = values[401] = 1 / 8
    for row in (1100, 1499, 0):
        bad, begins = values.copy(), FAULTS[kind, fault]
        for place in (row, 1300) if row == 1100 else (row,):
            bad[place] = [*begins, *[1 / 8] * (8 - len(begins))]
        np.save("y.npy", np.zeros(1500, dtype=np.int64))
        said = []
        for wide in (bad, bad.astype(np.float64)):
            np.save("z.npy", wide)
            said.append(work.refused("loss", "z.npy", "y.npy", "--as", kind))
        assert said[0] == said[1]
        assert f"z.npy: row {row}:" in said[0]


@pytest.mark.parametrize("kind", ["logits", "probs"])
def test_the_row_that_is_named_is_that_of_the_block(kind: PredictionKind) -> None:
    case = noise(8, 1, rows=40) if kind == "logits" else chances(8)
    values = case.values.copy()
    if kind == "logits":
        values[:20] += np.float32(1e4)  # not safe, and not at fault
    values[30, 2] = np.nan
    with pytest.raises(LsmoothError, match="NaN") as caught:
        Case(values, case.labels, kind).lean()
    assert caught.value.row == 30


def test_an_ignored_row_that_is_no_number_is_refused_too(work: Work) -> None:
    values = single(np.zeros((4, 8)))
    values[2, 3] = np.nan
    np.save("y.npy", np.array([0, 1, -100, 2]))
    for dtype in (np.float32, np.float64):
        np.save("z.npy", values.astype(dtype))
        assert "z.npy: row 2: the prediction is NaN" in work.refused(
            "loss", "z.npy", "y.npy", "--as", "logits", "--ignore", -100
        )


# Files


def losses_of(work: Work, *flags: object) -> Array:
    """What `--reduction none` writes for the saved files."""
    work.ok("loss", "z.npy", "y.npy", *flags, "--reduction", "none", "-o", "rows.npy", "-f", "-q")
    return np.asarray(np.load("rows.npy"))


def check_files(work: Work, case: Case, saved: Array, *, name: str = "z.npy") -> None:
    """Row by row and in total, from a file."""
    np.save("z.npy", saved)
    np.save("y.npy", case.labels)
    if name.endswith(".gz"):
        Path(name).write_bytes(gzip.compress(Path("z.npy").read_bytes(), 1))
    costs = case.costs()
    for rule in RULES:
        flags = ["--as", case.kind, "--spread", rule]
        work.ok("loss", name, "y.npy", *flags, "-e", 0.1, "--reduction", "none", "-o", "rows.npy", "-f", "-q")
        assert (far(np.load("rows.npy"), exact(case, rule, 0.1, costs)) <= NEAR).all()
        for reduction in ("sum", "mean"):
            lines = work.ok("loss", name, "y.npy", *flags, "-e", "0,0.1,1", "--reduction", reduction)
            for line in lines.splitlines()[1:]:
                epsilon, found = map(float, line.split(",")[:2])
                wanted = exact(case, rule, epsilon, costs)
                assert far(found, wanted.sum() if reduction == "sum" else wanted.mean()) <= NEAR


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f2", ">f2"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["logits", "probs"])
def test_files_of_any_byte_order_and_layout(work: Work, dtype: str, order: str, kind: PredictionKind) -> None:
    classes = 16
    values = random(3).normal(0, 2, (700, classes))
    if kind == "probs":
        values = np.full((700, classes), 1 / 16)
        values[::2, :2] = [2**-20, 1 / 8]  # each row sums to 1 in half precision too
        values[5] = np.eye(classes)[3]
    else:
        values[::5] += 1000
        values[7, 3] = -np.inf
    saved = np.asarray(values.astype(dtype), order="C" if order == "C" else "F")
    labels = random(4).integers(0, classes, 700)
    labels[5] = 3
    labels[7] = 5
    case = Case(saved.astype(saved.dtype.newbyteorder("=")), labels, kind)
    if kind == "logits":  # the infinite row is for the rows alone
        np.save("z.npy", saved)
        np.save("y.npy", labels)
        assert (far(losses_of(work, "--as", kind, "-e", 0.1), exact(case, "all", 0.1)) <= NEAR).all()
        saved[7, 3] = 0
        case.values[7, 3] = 0
        check_files(work, case, saved)
    else:
        found = losses_of_saved(work, saved, labels, kind)
        assert (far(found, exact(case, "all", 0.1)) <= NEAR).all()


def losses_of_saved(work: Work, saved: Array, labels: Array, kind: PredictionKind) -> Array:
    np.save("z.npy", saved)
    np.save("y.npy", labels)
    return losses_of(work, "--as", kind, "-e", 0.1)


@pytest.mark.parametrize("classes", [2, 10, 1000, 1025])
def test_what_is_read_as_a_stream(work: Work, classes: int) -> None:
    case = noise(classes, 3, rows=300)
    values = case.values.copy()
    values[::9] += np.float32(500)
    check_files(work, Case(values, case.labels), values, name="z.npy.gz")


@pytest.mark.parametrize("rows", [900, 1000, 1001])
def test_what_comes_through_a_pipe(work: Work, rows: int) -> None:
    case = noise(6, 3, rows=rows)
    values = case.values.copy()
    values[::50] += np.float32(70)
    np.save("z.npy", values)
    np.save("y.npy", case.labels)
    command = [sys.executable, "-m", "lsmooth", "loss", "-", "y.npy", "--reduction", "none", "-k", "6"]
    with subprocess.Popen(["cat", "z.npy"], stdout=subprocess.PIPE) as cat:
        done = subprocess.run(command, stdin=cat.stdout, capture_output=True, check=False, cwd=work.folder)
    assert done.returncode == 0, done.stderr
    found = np.array(list(map(float, done.stdout.split())))
    assert (far(found, exact(Case(values, case.labels), "all", 0.1)) <= NEAR).all()


def test_a_sum_over_many_rows(work: Work) -> None:
    case = noise(10, 3, rows=150_000)
    check_files(work, case, case.values)
    p = softmax(case.values.astype(np.float64)).astype(np.float32)
    check_files(work, Case(p, case.labels, "probs"), p)


@pytest.mark.parametrize("classes", [50_257, 100_000])
def test_files_of_many_classes(work: Work, classes: int) -> None:
    case = noise(classes, 2, rows=20)
    check_files(work, case, case.values)


def test_labels_that_are_ignored(work: Work) -> None:
    case = noise(10, 3, rows=2000)
    labels = np.where(random(5).random(2000) < 0.3, -100, case.labels)
    np.save("z.npy", case.values)
    np.save("y.npy", labels)
    wanted = exact(Case(case.values, labels), "others", 0.1)
    flags = ["--as", "logits", "-e", 0.1, "--spread", "others", "--ignore", -100]
    assert (far(losses_of(work, *flags), wanted) <= NEAR).all()
    mean = wanted.sum() / (labels >= 0).sum()
    assert far(float(work.ok("loss", "z.npy", "y.npy", *flags)), mean) <= NEAR


@pytest.mark.parametrize("size", [1, 1 << 14, 1 << 18, 1 << 26])
def test_the_same_float_for_any_block(work: Work, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    case = noise(33, 5, rows=5000)
    values = case.values.copy()
    values[::17] += np.float32(700)
    np.save("z.npy", values)
    np.save("y.npy", case.labels)
    flags = ["loss", "z.npy", "y.npy", "--as", "logits", "-e", "0,0.1,1"]
    wanted = work.ok(*flags), losses_of(work, "-e", 0.1).tobytes()
    monkeypatch.setattr(engine, "SHARED_BYTES", size)
    assert (work.ok(*flags), losses_of(work, "-e", 0.1).tobytes()) == wanted


def test_memory_is_used_again_for_a_shorter_block(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SHARED_BYTES", 256 * 10 * 4)
    case = noise(10, 3, rows=256 * 5 + 17)
    for dtype in (np.float32, np.float16):
        saved = case.values.astype(dtype)
        check_files(work, Case(saved, case.labels), saved)


def test_a_report_and_the_plain_loss_agree(work: Work) -> None:
    case = noise(40, 4, rows=3000)
    np.save("y.npy", case.labels)
    p = softmax(case.values.astype(np.float64)).astype(np.float32)
    for values, kind in ((case.values, "logits"), (p, "probs")):
        np.save("z.npy", values)
        for rule in RULES:
            flags = ["loss", "z.npy", "y.npy", "--as", kind, "-e", 0.1, "--spread", rule]
            plain = float(work.ok(*flags))
            assert far(json.loads(work.ok(*flags, "--json"))["loss"], plain) <= NEAR


@pytest.mark.parametrize("name", [one.name for one in CONVENTIONS if one.kind == "softmax" and not one.focal])
@pytest.mark.parametrize("kind", ["logits", "probs"])
def test_every_convention_beside_float64(work: Work, name: str, kind: PredictionKind) -> None:
    case = noise(12, 3, rows=900)
    values = case.values if kind == "logits" else softmax(case.values.astype(np.float64)).astype(np.float32)
    np.save("y.npy", np.where(random(6).random(900) < 0.1, 0, np.maximum(case.labels, 1)))
    convention = next(one for one in CONVENTIONS if one.name == name)
    found = []
    for dtype in (np.float32, np.float64):
        np.save("z.npy", values.astype(dtype))
        epsilon = 0 if convention.epsilons == "0" else 0.1
        flags = ["--as", kind, "--like", name, "-e", epsilon, "--pad", 0]
        result = work.run("loss", "z.npy", "y.npy", *flags, "--reduction", "mean")
        if result.code:
            pytest.skip(result.err)
        found.append([float(result.out), *losses_of(work, *flags)])
    assert (far(found[0], np.array(found[1])) <= NEAR).all()


@pytest.mark.parametrize("weighting", ["target", "row"])
def test_class_weights_that_leave_the_sum_alone(work: Work, weighting: str) -> None:
    case = noise(6, 3, rows=500)
    np.save("y.npy", case.labels)
    found = []
    for dtype in (np.float32, np.float64):
        np.save("z.npy", case.values.astype(dtype))
        flags = ["-e", 0.1, "--weights", ".1,2,3,0,5,60", "--weighting", weighting]
        found.append([float(work.ok("loss", "z.npy", "y.npy", *flags)), *losses_of(work, *flags)])
    assert (far(found[0], np.array(found[1])) <= NEAR).all()


@pytest.mark.parametrize("kind", ["logits", "probs"])
def test_less_the_entropy(work: Work, kind: PredictionKind) -> None:
    case = noise(10, 1, rows=500) if kind == "logits" else chances(10, 1)
    np.save("y.npy", case.labels)
    found = []
    for dtype in (np.float32, np.float64):
        np.save("z.npy", case.values.astype(dtype))
        flags = ["--as", kind, "-e", 0.1, "--minus-entropy"]
        found.append([float(work.ok("loss", "z.npy", "y.npy", *flags)), *losses_of(work, *flags)])
    assert (far(found[0], np.array(found[1])) <= NEAR).all()


@pytest.mark.parametrize("kind", ["logits", "probs"])
def test_less_the_entropy_nothing_is_left(work: Work, kind: PredictionKind) -> None:
    level = 6.3 if kind == "logits" else 1 / 1003
    np.save("z.npy", single(np.full((300, 1003), level)))
    np.save("y.npy", np.arange(300))
    flags = ["--as", kind, "-e", 1, "--minus-entropy"]
    assert abs(float(work.ok("loss", "z.npy", "y.npy", *flags))) <= NEAR


@FILES
@given(cases(), st.sampled_from([0.0, 0.1, 1.0]), st.sampled_from(RULES))
def test_files_of_rows_of_any_sort(work: Work, case: Case, epsilon: float, rule: Rule) -> None:
    np.save("z.npy", case.values)
    np.save("y.npy", case.labels)
    wanted = exact(case, rule, epsilon)
    flags = ["--as", "logits", "-e", epsilon, "--spread", rule, "--classes", case.classes]
    assert (far(losses_of(work, *flags), wanted) <= NEAR).all()
    total = float(work.ok("loss", "z.npy", "y.npy", *flags, "--reduction", "sum"))
    assert far(total, wanted.sum()) <= NEAR
