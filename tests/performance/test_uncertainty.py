"""How uncertain a prediction is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from kits.performance import QUICK, SIX, SIX_LABELS, Array, Case, cases, probs

from lsmooth.errors import LsmoothError, UsageError
from lsmooth.predictions import LogProbs, log_probs
from lsmooth.smoothing.performance import (
    MEASURES,
    Measure,
    chosen_epsilon,
    uncertainty,
)

#: Measures that do without the labels.
BLIND: list[Measure] = ["entropy", "max", "margin"]

# uncertainty


def test_entropy_of_the_six_rows() -> None:
    wanted = [0.3087715617, 0.7718759772, 1, 0.6595176372, 0.1674722434, 0.8696769361]
    assert uncertainty(probs(SIX), "entropy") == pytest.approx(wanted, abs=5e-11)


@pytest.mark.parametrize(
    ("measure", "wanted"),
    [
        ("entropy", [0.0617543123, 0.1543751954, 0.2, 0.1319035274, 0.0334944487, 0.1739353872]),
        ("max", [0.0266666667, 0.12, 0.2, 0.08, 0.0133333333, 0.16]),
        ("margin", [0.03, 0.15, 0.2, 0.09, 0.016, 0.19]),
        ("true", [0.02, 0.09, 0.15, 0.18, 0.01, 0.13]),
    ],
)
def test_conditional_epsilon_of_the_six_rows(measure: Measure, wanted: list[float]) -> None:
    amount = uncertainty(probs(SIX), measure, SIX_LABELS)
    assert chosen_epsilon(0.0, 0.2, amount) == pytest.approx(wanted, abs=6e-11)


def test_true_with_others_is_the_instance_based_rule() -> None:
    """Maher & Kull 2021, arXiv 2110.05355: ε_i = ε·(1 - p[y]), the others ε_i/(K-1)."""
    epsilon = chosen_epsilon(0.0, 0.1, uncertainty(probs(SIX), "true", SIX_LABELS))
    assert [1 - epsilon[0], epsilon[0] / 3] == pytest.approx([0.99, 0.0033333], abs=5e-8)
    assert [1 - epsilon[3], epsilon[3] / 3] == pytest.approx([0.91, 0.03])


def test_inverted_entropy_smooths_the_confident_rows() -> None:
    """Lee et al. 2022, arXiv 2210.13459: 1 - H(p)/log K."""
    wanted = [0.6912284383, 0.2281240228, 0, 0.3404823628, 0.8325277566, 0.1303230639]
    assert 1 - uncertainty(probs(SIX), "entropy") == pytest.approx(wanted, abs=5e-11)


@pytest.mark.parametrize("classes", [2, 3, 5, 7, 10, 49, 100, 1000])
@pytest.mark.parametrize("measure", BLIND)
def test_a_uniform_prediction_gives_the_high_end_exactly(measure: Measure, classes: int) -> None:
    for logs in (
        probs(np.full((2, classes), 1 / classes)),
        probs(np.full((2, classes), np.float32(1 / classes))),
        log_probs(np.full((2, classes), -3.7), "logits"),
        log_probs(np.full((2, classes), -np.log(classes)), "logprobs"),
    ):
        amount = uncertainty(logs, measure)
        assert amount.tolist() == [1, 1]
        assert chosen_epsilon(0.05, 0.3, amount, 2).tolist() == [0.3, 0.3]


@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
def test_a_uniform_prediction_by_the_true_class(classes: int) -> None:
    amount = uncertainty(log_probs(np.zeros((1, classes)), "logits"), "true", np.array([1]))
    assert amount == pytest.approx([1 - 1 / classes], rel=1e-14)


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("measure", MEASURES)
def test_a_one_hot_prediction_gives_the_low_end_exactly(measure: Measure, classes: int) -> None:
    labels = np.arange(classes)
    hot = np.eye(classes)
    with np.errstate(divide="ignore"):
        logs = [probs(hot), log_probs(np.log(hot), "logprobs"), log_probs(hot * 1000, "logits")]
    for given_as in logs:
        amount = uncertainty(given_as, measure, labels)
        assert amount.tolist() == [0] * classes
        assert not np.signbit(amount).any()
        assert chosen_epsilon(0.05, 0.3, amount, 0.5).tolist() == [0.05] * classes


def test_a_one_hot_prediction_that_is_wrong_gives_the_high_end_by_the_true_class() -> None:
    assert uncertainty(probs(np.eye(3)), "true", np.array([1, 2, 0])).tolist() == [1, 1, 1]


@pytest.mark.parametrize("measure", MEASURES)
def test_more_doubt_is_more_uncertainty(measure: Measure) -> None:
    top = np.linspace(1, 0.25, 50)
    rows = np.column_stack([top, *[(1 - top) / 3] * 3])
    amount = uncertainty(probs(rows), measure, np.zeros(50, int))
    assert (np.diff(amount) > 0).all()


@QUICK
@given(cases())
def test_uncertainty_is_a_share_and_knows_no_order_of_classes(case: Case) -> None:
    order = np.arange(case.classes)[::-1]
    turned = LogProbs(np.ascontiguousarray(case.logs.shifted[:, order]), case.logs.lse)
    for measure in MEASURES:
        amount = uncertainty(case.logs, measure, case.labels)
        assert amount.shape == case.labels.shape
        assert ((amount >= 0) & (amount <= 1)).all()
        mirrored = uncertainty(turned, measure, case.classes - 1 - case.labels)
        assert mirrored == pytest.approx(amount, abs=1e-14)


@QUICK
@given(cases(least=2))
def test_uncertainty_by_its_formulas(case: Case) -> None:
    p, count = case.logs.probabilities(), case.classes
    logs = np.log(np.where(p > 0, p, 1))
    ordered = np.sort(p, axis=1)
    wanted: dict[Measure, Array] = {
        "entropy": -(p * logs).sum(axis=1) / np.log(count),
        "max": (1 - ordered[:, -1]) * count / (count - 1),
        "margin": 1 - ordered[:, -1] + ordered[:, -2],
        "true": 1 - p[np.arange(len(p)), case.labels],
    }
    for measure in MEASURES:
        assert uncertainty(case.logs, measure, case.labels) == pytest.approx(wanted[measure], abs=1e-13)


@pytest.mark.parametrize("measure", MEASURES)
def test_one_class_is_never_uncertain(measure: Measure) -> None:
    assert uncertainty(probs([[1.0], [0.9999999]]), measure, np.array([0, 0])).tolist() == [0, 0]


@pytest.mark.parametrize("measure", MEASURES)
def test_no_rows_have_no_uncertainty(measure: Measure) -> None:
    assert uncertainty(probs(np.zeros((0, 3))), measure, np.zeros(0, int)).shape == (0,)


@pytest.mark.parametrize("measure", MEASURES)
def test_rows_that_sum_to_a_little_more_than_one_stay_in_range(measure: Measure) -> None:
    logs = probs([[1 + 5e-7, 0.0, 0.0], [0.3333335, 0.3333335, 0.333334]])
    amount = uncertainty(logs, measure, np.array([0, 0]))
    assert amount[0] == 0
    assert amount[1] <= 1


def test_the_true_class_needs_labels() -> None:
    with pytest.raises(LsmoothError, match=r"^uncertainty `true` needs the labels$") as error:
        uncertainty(probs(SIX), "true")
    assert error.value.hint == "pass --uncertainty entropy"


def test_an_unknown_measure_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^--uncertainty is `variance`$") as error:
        uncertainty(probs(SIX), "variance")  # type: ignore[arg-type]
    assert error.value.hint == "pass one of entropy, max, margin, true"
