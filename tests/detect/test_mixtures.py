"""Ignored, hard, soft and mixed rows, and faults."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits.detection import reading, rows

import lsmooth
from lsmooth.compare.detection import detect, detect_file
from lsmooth.errors import LsmoothError


def test_rows_of_zero_or_nan_are_ignored() -> None:
    targets = lsmooth.smooth([0, 1, 2, 0], 0.1, 3)
    targets[1], targets[2] = 0, np.nan
    found = detect(targets)
    assert (found.zero, found.nan, found.ignored, found.readings[0].rows) == (1, 1, 2, 2)
    assert found.readings[0].epsilon == 0.1
    assert not found.faults
    nothing = detect(np.zeros((3, 2)))
    assert (nothing.ignored, nothing.readings, nothing.epsilon) == (3, (), None)
    assert math.isnan(nothing.sums.low)


def test_hard_labels_have_epsilon_zero() -> None:
    found = detect(np.eye(3, dtype=int)[[0, 2, 1]])
    assert (found.hard, found.epsilon, found.readings, found.faults) == (3, 0, (), ())
    several = detect([[1, 0, 1], [0, 1, 0]])
    assert (several.hard, several.multi_hot, several.epsilon, several.sums.off) == (1, 1, 0, 1)


def test_soft_rows_bound_epsilon() -> None:
    found = detect([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2]])
    assert (found.soft, found.readings) == (2, ())
    assert found.bound == pytest.approx(0.3)
    votes = detect([[0.5, 0.5, 0, 0], [0, 0.25, 0.25, 0.5], [0.6, 0.4, 0, 0]])
    assert (votes.soft, votes.bound, votes.readings) == (3, 0, ())


def test_smoothed_soft_rows_show_their_epsilon() -> None:
    found = detect(lsmooth.smooth([[0.7, 0.3, 0, 0], [0.2, 0, 0.8, 0]], 0.1))
    (one,) = found.readings
    assert (one.spread, one.weights, one.epsilon, one.rows) == ("all", "soft", 0.1, 2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_prior_is_found(dtype: str) -> None:
    prior = [0.5, 0.3, 0.15, 0.05]
    found = detect(lsmooth.smooth([0, 1, 2, 0], 0.2, 4, prior=prior, dtype=dtype))
    (one,) = found.readings
    assert (one.spread, one.weights, one.epsilon) == ("all", "prior", 0.2)
    assert found.prior == pytest.approx(prior, abs=1e-6)


def test_unequal_shares_by_class_are_told() -> None:
    found = detect(lsmooth.smooth([0, 1, 2, 0], 0.2, 3, prior=[0.5, 0.3, 0.2], spread="others"))
    (one,) = found.readings
    assert (one.spread, one.weights, one.epsilon) == ("others", "class", 0.2)


def test_an_order_is_told_to_go_by_class(work: Work) -> None:
    work.write("labels.csv", "0\n1\n2\n3\n" * 3)
    work.ok("smooth", "labels.csv", "--ordinal", "-e", 0.1, "-o", "soft.csv")
    found = detect_file("soft.csv")
    assert (found.soft, found.readings, found.by_class) == (12, (), True)
    assert "A class has the same largest value in all its rows" in work.ok("explain", "soft.csv")


# Mixed ε


def test_mixed_epsilons_are_counted() -> None:
    targets = np.concatenate([lsmooth.smooth([0, 1, 2, 3], e, 4) for e in (0.1, 0.2, 0.05, 0.1)])
    one = detect(targets).readings[0]
    assert (one.spread, one.low, one.high, one.distinct, one.epsilon) == ("all", 0.05, 0.2, 3, None)
    assert one.counts == ((0.05, 4), (0.1, 8), (0.2, 4))


def test_an_epsilon_a_class_is_told_from_one_a_row() -> None:
    by_class = np.concatenate([lsmooth.smooth([c], 0.1 * (c + 1), 4) for c in (0, 1, 2, 3, 0)])
    assert detect(by_class).by_class
    assert not detect(np.concatenate([by_class, lsmooth.smooth([0], 0.3, 4)])).by_class


def test_beyond_a_thousand_epsilons_the_range_is_still_exact() -> None:
    epsilons = np.linspace(0.0001, 0.3, 3000)
    order = np.random.default_rng(0).permutation(3000)
    labels = np.arange(3000) % 5
    targets = np.eye(5)[labels] * (1 - epsilons[order, None]) + epsilons[order, None] / 5
    one = reading(detect(targets), "all")
    assert (one.distinct, one.rows) == (None, 3000)
    assert one.low == pytest.approx(0.0001, abs=1e-12)
    assert one.high == pytest.approx(0.3, abs=1e-12)


def test_two_files_in_one_are_two_readings() -> None:
    one_class = lsmooth.smooth([0, 1, 2], 0.1, 4)
    per_label = lsmooth.smooth([[1, 1, 0, 0]], 0.2, kind="multilabel")
    found = detect(np.concatenate([one_class, per_label]))
    assert [(one.spread, one.epsilon, one.rows) for one in found.readings[:1]] == [("all", 0.1, 3)]
    assert ("half", 0.2, 1) in [(one.spread, one.epsilon, one.rows) for one in found.readings]


# Faults


@pytest.mark.parametrize(
    ("name", "on", "off", "mass"),
    [
        ("1/K added", 0.9 + 1 / 5, 1 / 5, "2-ε = 1.9"),
        ("ε/(K-1) added to the true class", 0.9 + 0.1 / 4, 0.1 / 4, "1+ε/(K-1) = 1.025"),
        ("ε/K lost", 0.9, 0.1 / 5, "1-ε/K = 0.98"),
        ("ε/(K-2) with the padding class", 0.9, 0.1 / 3, "1+ε/(K-2) = 1.03333"),
        ("ε not divided", 1.0, 0.1, "1+(K-1)·ε = 1.4"),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_known_faults_are_named_with_their_mass(
    name: str, on: float, off: float, mass: str, dtype: str
) -> None:
    found = detect(rows([0, 1, 2, 3], 5, on, off).astype(dtype))
    (known,) = found.known
    assert (known.name, known.low, known.high, known.rows) == (name, 0.1, 0.1, 4)
    (sentence,) = found.faults
    assert f"With ε = 0.1 a row of one class sums to {mass}, not to 1." in sentence
    assert sentence.startswith("All rows: ")
    assert found.sums.off == 4
    assert found.sums.worst == pytest.approx(on + 4 * off, rel=1e-6)
    assert found.readings == ()


def test_a_fault_in_some_rows_leaves_the_others_readable() -> None:
    good = lsmooth.smooth([0, 1, 2], 0.1, 5)
    found = detect(np.concatenate([good, rows([1], 5, 0.9 + 1 / 5, 1 / 5)]))
    assert (found.readings[0].spread, found.readings[0].epsilon, found.readings[0].rows) == ("all", 0.1, 3)
    assert found.faults[0].startswith("1 row (first: row 3): (1-ε)·y + 1/K in place of")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([0.5, math.nan, 0.5], "1 row holds NaN beside numbers (first: row 2)"),
        ([math.inf, 0, 0], "1 row holds infinite values (first: row 2)"),
        ([1.2, -0.1, -0.1], "1 row holds negative values, down to -0.1 (first: row 2)"),
        ([1.2, 0.1, 0.3], "1 row holds values above 1, up to 1.2 (first: row 2)"),
        ([0.5, 0.1, 0.2], "1 row does not sum to 1; the farthest sums to 0.8 (row 2)"),
    ],
)
def test_impossible_values_are_named_with_their_first_row(row: list[float], words: str) -> None:
    found = detect([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], row, [0.05, 0.05, 0.9]])
    assert any(words in sentence for sentence in found.faults), found.faults
    assert found.readings[0].rows == 3


def test_values_just_above_one_by_rounding_are_no_fault() -> None:
    assert not detect(np.array([[1.0000001, 0.0]], dtype=np.float32)).faults


@pytest.mark.parametrize("values", [[0, 1, 2], [[3, 0, 1], [0, 2, 1]], [0, 1, 1]])
def test_labels_are_no_targets(values: Any) -> None:
    with pytest.raises(LsmoothError, match="class indices or counts, not targets"):
        detect(values)


@pytest.mark.parametrize("values", [["cat"], [], 0.5, [[0.5, 0.5], [1.0]]])
def test_what_is_no_array_of_numbers_is_refused(values: Any) -> None:
    with pytest.raises(LsmoothError, match="targets"):
        detect(values)
