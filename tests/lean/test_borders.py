"""At the borders of what is trusted, and what is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kits.lean import EPSILONS, QUICK, RULES, Array, Case, cases, check, noise, random, single

from lsmooth.losses.lean import RowSums


def row_sums(block: Array) -> Array:
    """The sum of each row of a block that comes alone."""
    sums = RowSums(*block.shape)
    sums.take(block, 0)
    return sums.total


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
