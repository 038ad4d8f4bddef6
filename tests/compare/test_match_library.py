"""Matches in the library, and the roots that they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from conftest import Work
from hypothesis import given
from hypothesis import strategies as st
from kits.formulas import (
    FORMULAS,
    LABELS,
    LOGITS,
    LOGS,
    ROWS,
    WEIGHTS,
    matches,
    mean,
    over_all,
    over_others,
    total,
)

import lsmooth
from lsmooth.compare.roots import find_roots, simplest


def test_match_in_the_library(data: Work) -> None:
    text = f"{FORMULAS['fairseq'](0.1):.8g}"
    found = lsmooth.match(LOGITS, LABELS, text)
    rows = matches(data, text)
    assert [repr(one.epsilon) for one in found] == [row["epsilon"] for row in rows]
    assert [" ".join(one.conventions) for one in found] == [row["conventions"] for row in rows]
    first = found[0]
    assert "fairseq" in first.conventions
    assert (first.epsilon, first.reduction, first.denominator, first.own) == (0.1, "sum", None, True)
    again = lsmooth.match(LOGITS, LABELS, FORMULAS["fairseq"](0.1), 0.1)
    assert any("fairseq" in one.conventions for one in again)


def test_match_in_the_library_takes_what_a_loss_takes() -> None:
    labels = [*LABELS[:2], -100, *LABELS[3:]]
    kept = np.delete(over_all(0.2), 2)
    found = lsmooth.match(LOGITS, labels, repr(mean(kept)), 0.2, ignore=[-100])
    assert any("torch" in one.conventions and one.denominator == "valid" for one in found)
    padded = total(over_others(0.2)[LABELS != 2])
    assert any("fairseq" in one.conventions for one in lsmooth.match(LOGITS, LABELS, padded, 0.2, pad=2))
    nll = -LOGS * WEIGHTS
    weighted = total(0.8 * nll[np.arange(ROWS), LABELS] + 0.2 * nll.mean(axis=1)) / total(WEIGHTS[LABELS])
    found = lsmooth.match(LOGITS, LABELS, weighted, 0.2, weights=WEIGHTS)
    assert any("torch" in one.conventions and one.denominator == "weights" for one in found)
    found = lsmooth.match(np.exp(LOGS), LABELS, mean(over_all(0.2)), 0.2, predicted="probs")
    assert any("keras" in one.conventions for one in found)


@pytest.mark.parametrize("value", ["abc", math.nan, math.inf])
def test_match_in_the_library_refuses_what_is_no_number(value: Any) -> None:
    with pytest.raises(lsmooth.UsageError):
        lsmooth.match(LOGITS, LABELS, value)


def test_match_in_the_library_refuses_what_nothing_gives() -> None:
    with pytest.raises(lsmooth.LsmoothError, match="the nearest is"):
        lsmooth.match(LOGITS, LABELS, "1000000")
    with pytest.raises(lsmooth.UsageError):
        lsmooth.match(LOGITS, LABELS, "1.5", 1.5)
    with pytest.raises(lsmooth.LsmoothError):
        lsmooth.match(LOGITS, [-100] * ROWS, "1.5", ignore=[-100])


# Roots and the simplest decimal


units = st.floats(0, 1)


def intervals(off: Callable[[float], float], slack: float, *, convex: bool) -> list[tuple[float, float]]:
    found: Iterator[tuple[float, float]] = find_roots(off, 1.0, slack, convex=convex)
    return list(found)


@given(units, st.floats(0.01, 100), st.booleans())
def test_the_root_of_a_line_is_found(root: float, slope: float, falls: bool) -> None:
    sign = -1 if falls else 1
    found = intervals(lambda e: sign * slope * (e - root), 1e-9, convex=False)
    assert len(found) == 1
    low, high = found[0]
    assert low - 1e-15 <= root <= high + 1e-15
    assert high - low <= 2.1e-9 / slope + 1e-15


@given(st.floats(1.01, 3), st.floats(0.01, 100))
def test_a_line_with_its_root_outside_has_none(root: float, slope: float) -> None:
    assert intervals(lambda e: slope * (e - root), 1e-9, convex=False) == []
    assert intervals(lambda e: slope * (e + root - 1), 1e-9, convex=True) == []


@given(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5), st.floats(0.1, 10))
def test_the_roots_of_a_parabola_are_found(one: float, other: float, scale: float) -> None:
    def off(e: float) -> float:
        return scale * (e - one) * (e - other)

    slack = 1e-9
    found = intervals(off, slack, convex=True)
    assert len(found) <= 2
    for low, high in found:
        assert 0 <= low <= high <= 1
        for place in (low, (low + high) / 2, high):
            assert abs(off(place)) <= slack * (1 + 1e-6) + 1e-15
    for root in (one, other):
        if 0 <= root <= 1:
            assert any(low - 1e-9 <= root <= high + 1e-9 for low, high in found)


def test_a_function_that_is_near_0_everywhere_has_one_interval() -> None:
    assert intervals(lambda _: 1e-12, 1e-9, convex=True) == [(0.0, 1.0)]
    assert intervals(lambda _: 1e-12, 1e-9, convex=False) == [(0.0, 1.0)]


@given(units, st.floats(0, 0.1))
def test_the_simplest_decimal_is_in_the_interval_and_none_is_shorter(low: float, width: float) -> None:
    high = min(1.0, low + width)
    found = simplest(low, high)
    slack = 8 * math.ulp(1.0)
    assert low - slack <= found <= high + slack
    places = -int(Decimal(repr(found)).normalize().as_tuple().exponent)
    for digits in range(min(places, 5)):
        scale = 10**digits
        assert math.ceil(low * scale) > math.floor(high * scale)


@given(st.integers(1, 6), st.data())
def test_a_decimal_is_the_simplest_of_what_is_near_it(digits: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 10**digits))
    value = count / 10**digits
    near = 0.4 * 10.0**-digits
    assert simplest(max(0.0, value - near), min(1.0, value + near)) == value
    assert simplest(value, value) == value
