"""float32 rows of all sorts."""

from __future__ import annotations

import numpy as np
import pytest
from kits.lean import RULES, WIDTHS, Case, check, noise, random, rows_of, single


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
