"""What is learnt from predictions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kits.performance import QUICK, SIX, SIX_LABELS, Array, Case, cases, probs

from lsmooth.errors import LsmoothError, UsageError
from lsmooth.predictions import LogProbs, log_probs
from lsmooth.smoothing.performance import (
    MEASURES,
    METRICS,
    Confusion,
    Metric,
    Online,
    Performance,
    chosen_epsilon,
    uncertainty,
)

#: The test of ankandrew/online-label-smoothing-pt (test_update.py), and the rows that it expects of it.
OLS = np.array([[0.3, 0.6, 0.1], [0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.2, 0.7, 0.1]])
OLS_LABELS = np.array([1, 0, 0, 1])
OLS_ROWS = {0: [0.7, 0.2, 0.1], 1: [0.25, 0.65, 0.10]}
Counter = Performance | Confusion | Online


def add(counter: Counter, logs: LogProbs, labels: Array, counted: Array | None = None) -> None:
    """Add all rows, or those that count."""
    counter.add(logs, labels, np.ones(len(labels), bool) if counted is None else counted)


def performance_of(rows: object, labels: Sequence[int] | Array) -> Performance:
    """The performance of rows of probabilities."""
    logs = probs(rows)
    performance = Performance(logs.shifted.shape[1])
    add(performance, logs, np.asarray(labels))
    return performance


def confusion_of(rows: object, labels: Sequence[int] | Array) -> Confusion:
    """The confusion of rows of probabilities."""
    logs = probs(rows)
    confusion = Confusion(logs.shifted.shape[1])
    add(confusion, logs, np.asarray(labels))
    return confusion


def online_of(rows: object, labels: Sequence[int] | Array) -> Online:
    """The mean predictions of rows of probabilities."""
    logs = probs(rows)
    online = Online(logs.shifted.shape[1])
    add(online, logs, np.asarray(labels))
    return online


# performance


def test_performance_on_the_six_rows() -> None:
    performance = performance_of(SIX, SIX_LABELS)
    assert performance.overall("accuracy") == 0.5
    assert performance.overall("confidence") == pytest.approx(0.5166667, abs=5e-8)
    assert performance.by_class("accuracy").tolist() == [2 / 3, 0, 1, 0]
    wanted = [0.5166667, 0.35, 0.95, 0.25]
    assert performance.by_class("confidence") == pytest.approx(wanted, abs=5e-8)


def test_adaptive_epsilon_of_the_six_rows() -> None:
    performance = performance_of(SIX, SIX_LABELS)
    assert chosen_epsilon(0.0, 0.2, 1 - performance.overall("accuracy")) == 0.1
    confidence = chosen_epsilon(0.0, 0.2, 1 - performance.overall("confidence"))
    assert confidence == pytest.approx(0.0966667, abs=5e-8)
    by_class = chosen_epsilon(0.0, 0.2, 1 - performance.by_class("accuracy"))
    assert by_class == pytest.approx([0.0666667, 0.2, 0, 0.2], abs=5e-8)
    by_class = chosen_epsilon(0.0, 0.2, 1 - performance.by_class("confidence"))
    assert by_class == pytest.approx([0.0966667, 0.13, 0.01, 0.15], abs=5e-8)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("gamma", [0.5, 1, 2])
def test_all_right_is_low_and_all_wrong_is_high_exactly(metric: Metric, gamma: float) -> None:
    labels = np.arange(30) % 3
    right, wrong = np.eye(3)[labels], np.eye(3)[(labels + 1) % 3]
    for rows, wanted in ((right, 0.05), (wrong, 0.3)):
        performance = performance_of(rows, labels)
        assert chosen_epsilon(0.05, 0.3, 1 - performance.overall(metric), gamma) == wanted
        assert chosen_epsilon(0.05, 0.3, 1 - performance.by_class(metric), gamma).tolist() == [wanted] * 3


def test_better_predictions_never_get_a_larger_epsilon() -> None:
    labels = np.zeros(20, int)
    rows = [np.eye(2)[(np.arange(20) >= right).astype(int)] for right in range(21)]
    values = [chosen_epsilon(0.02, 0.3, 1 - performance_of(row, labels).overall("accuracy")) for row in rows]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 21


def test_one_shot_from_zero_is_high_times_the_error_rate() -> None:
    rows, labels = np.eye(4)[[0, 1, 2, 3, 0]], [0, 1, 2, 0, 1]
    assert chosen_epsilon(0.0, 0.2, 1 - performance_of(rows, labels).overall("accuracy")) == pytest.approx(
        0.08
    )


def test_classes_that_do_equally_well_get_the_overall_value() -> None:
    rows, labels = np.eye(3)[[0, 1, 1, 1, 2, 2, 0, 1, 1, 1, 2, 2]], [0, 0, 1, 2, 2, 1] * 2
    performance = performance_of(rows, labels)
    assert performance.by_class("accuracy").tolist() == [performance.overall("accuracy")] * 3


@pytest.mark.parametrize("metric", METRICS)
def test_a_class_without_rows_takes_the_overall_value(metric: Metric) -> None:
    performance = performance_of([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1]], [0, 0])
    values = performance.by_class(metric)
    assert values[1] == values[2] == performance.overall(metric)
    assert not np.isnan(values).any()


def test_a_tie_goes_to_the_lowest_index() -> None:
    performance = performance_of([[0.25] * 4] * 4, [0, 1, 2, 3])
    assert performance.by_class("accuracy").tolist() == [1, 0, 0, 0]
    assert confusion_of([[0.1, 0.45, 0.45]], [2]).counts.tolist() == [[0, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert online_of([[0.4, 0.4, 0.2], [0.4, 0.4, 0.2]], [0, 1]).rows.tolist() == [1, 0, 0]


def test_a_probability_a_rounding_above_one_is_no_more_than_sure() -> None:
    performance = performance_of([[1 + 5e-7, 0.0], [0.0, 1 + 5e-7]], [0, 1])
    assert performance.overall("confidence") == 1
    assert performance.by_class("confidence").tolist() == [1, 1]


@pytest.mark.parametrize("metric", METRICS)
def test_performance_without_rows_is_refused(metric: Metric) -> None:
    performance = Performance(3)
    add(performance, probs([[0.2, 0.3, 0.5]]), np.array([1]), np.array([False]))
    for measure in (performance.overall, performance.by_class):
        with pytest.raises(LsmoothError, match=r"^there is no row to measure performance on$") as error:
            measure(metric)
        assert error.value.hint == "give predictions for rows that are not ignored"


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^--metric is `f1`$") as error:
        performance_of(SIX, SIX_LABELS).overall("f1")  # type: ignore[arg-type]
    assert error.value.hint == "pass one of accuracy, confidence"


# confusion


def test_confusion_of_the_six_rows() -> None:
    confusion = confusion_of(SIX, SIX_LABELS)
    assert confusion.counts.tolist() == [[2, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]]
    assert confusion.weights().tolist() == confusion.counts.tolist()
    wanted = [[0, 1, 0, 0], [1, 0, 0, 0], [1, 1, 0, 1], [1, 0, 0, 0]]
    assert confusion.weights(others=True).tolist() == wanted


def test_a_class_never_seen_is_uniform() -> None:
    confusion = confusion_of([[0.1, 0.2, 0.7]], [1])
    assert confusion.weights().tolist() == [[1, 1, 1], [0, 0, 1], [1, 1, 1]]
    assert confusion.weights(others=True).tolist() == [[0, 1, 1], [0, 0, 1], [1, 1, 0]]


@QUICK
@given(cases())
def test_confusion_counts_rows(case: Case) -> None:
    confusion = Confusion(case.classes)
    add(confusion, case.logs, case.labels, case.counted)
    seen = np.bincount(case.labels[case.counted], minlength=case.classes)
    assert confusion.counts.sum(axis=1).tolist() == seen.tolist()
    performance = Performance(case.classes)
    add(performance, case.logs, case.labels, case.counted)
    assert np.diagonal(confusion.counts).tolist() == performance.hits.tolist()


# online


def test_online_by_its_published_test() -> None:
    weights = online_of(OLS, OLS_LABELS).weights()
    for label, row in OLS_ROWS.items():
        assert weights[label] == pytest.approx(row, rel=1e-15)
    assert weights[2].tolist() == [1, 1, 1]


def test_online_of_the_six_rows() -> None:
    online = online_of(SIX, SIX_LABELS)
    assert online.rows.tolist() == [2, 0, 1, 0]
    weights = online.weights()
    assert weights[0] == pytest.approx([0.725, 0.175, 0.065, 0.035])
    assert weights[2] == pytest.approx([0.02, 0.03, 0.95, 0])
    assert (weights / weights.sum(axis=1, keepdims=True))[[1, 3]].tolist() == [[0.25] * 4] * 2


def test_online_without_the_true_class() -> None:
    weights = online_of([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0], [0.9, 0.1, 0.0]], [0, 1, 2]).weights(others=True)
    assert weights[0] == pytest.approx([0, 0.2, 0.1])
    assert weights[1].tolist() == [1, 0, 1], "nothing is left beside a sure prediction"
    assert weights[2].tolist() == [1, 1, 0], "no row of the class was right"


@QUICK
@given(cases())
def test_online_rows_sum_to_one_and_the_true_class_is_the_largest(case: Case) -> None:
    online = Online(case.classes)
    add(online, case.logs, case.labels, case.counted)
    weights = online.weights()
    learnt = weights[online.rows > 0]
    assert learnt.sum(axis=1) == pytest.approx(np.ones(len(learnt)), rel=1e-12)
    assert (np.diagonal(weights) >= weights.max(axis=1) * (1 - 1e-12)).all()


# all of them


@QUICK
@given(cases())
def test_weights_leave_no_row_empty(case: Case) -> None:
    for counter in (Confusion(case.classes), Online(case.classes)):
        add(counter, case.logs, case.labels, case.counted)
        weights = counter.weights()
        assert (weights >= 0).all()
        assert (weights.sum(axis=1) > 0).all()
        others = counter.weights(others=True)
        assert not np.diagonal(others).any()
        assert (others.sum(axis=1) > 0).all() == (case.classes > 1)
        assert counter.weights().tobytes() == weights.tobytes(), "asking changes nothing"


def everything(case: Case, cuts: Sequence[int]) -> bytes:
    """The bytes of all that the rows show, added in blocks that end at the cuts."""
    performance, confusion, online = Performance(case.classes), Confusion(case.classes), Online(case.classes)
    amounts: list[list[Array]] = [[] for _ in MEASURES]
    ends = [0, *cuts, len(case.labels)]
    for start, stop in pairwise(ends):
        logs, labels, counted = case.rows(slice(start, stop))
        for counter in (performance, confusion, online):
            counter.add(logs, labels, counted)
        for amount, measure in zip(amounts, MEASURES, strict=True):
            amount.append(chosen_epsilon(0.02, 0.3, uncertainty(logs, measure, labels), 0.7))
    results = [np.concatenate(amount) for amount in amounts]
    results += [performance.by_class(metric) for metric in METRICS]
    results += [np.array(performance.overall(metric)) for metric in METRICS]
    results += [counter.weights(others) for counter in (confusion, online) for others in (False, True)]
    return b"".join(result.tobytes() for result in results)


@QUICK
@given(cases(), st.data())
def test_cuts_into_blocks_change_no_bit(case: Case, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(case.labels)), max_size=6)))
    assert everything(case, cuts) == everything(case, [])


def test_blocks_of_one_row_change_no_bit() -> None:
    generator = np.random.default_rng(4)
    logs = log_probs(generator.normal(0, 2, (700, 37)), "logits")
    case = Case(logs, generator.integers(0, 37, 700), generator.random(700) < 0.9)
    assert everything(case, range(1, 700)) == everything(case, []) == everything(case, [256, 512])


@QUICK
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_more_than_rounding(case: Case, random: Any) -> None:
    order = list(range(len(case.labels)))
    random.shuffle(order)
    one, two = Performance(case.classes), Performance(case.classes)
    add(one, case.logs, case.labels, case.counted)
    two.add(*case.rows(np.array(order)))
    assert one.by_class("accuracy").tolist() == two.by_class("accuracy").tolist()
    assert one.by_class("confidence") == pytest.approx(two.by_class("confidence"), rel=1e-13)


def test_rows_that_do_not_count_may_have_any_label() -> None:
    labels = np.array([0, -100, 3, 99], dtype=np.int16)
    counted = np.array([True, False, True, False])
    logs = probs(SIX[:4])
    for counter in (Performance(4), Confusion(4), Online(4)):
        counter.add(logs, labels, counted)
    performance = Performance(4)
    performance.add(logs, labels, counted)
    assert performance.rows.tolist() == [1, 0, 0, 1]
    assert performance.overall("accuracy") == 0.5


def test_small_label_types_reach_every_cell() -> None:
    labels = np.arange(200, dtype=np.uint8)
    confusion = confusion_of(np.eye(200), labels)
    assert confusion.counts.tolist() == np.eye(200, dtype=int).tolist()
    assert online_of(np.eye(200), labels).weights().tolist() == np.eye(200).tolist()
