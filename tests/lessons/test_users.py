"""The numbers of the user."""

from __future__ import annotations

import math

import pytest
from kits.worked import Values, cost, every, softmax, steps, table, target, topics, worked

from lsmooth.errors import LsmoothError, UsageError
from lsmooth.lessons import find
from lsmooth.lessons.model import Numbers

TARGETS = ["cat-dog", "three-classes", "five-classes", "numpy"]
LOSSES = ["loss", "kl-div", "softmax", "diagram"]


def others(epsilon: float, classes: int, label: int) -> Values:
    return target(label, classes, 1 - epsilon, epsilon / (classes - 1))


# The user's numbers


@pytest.mark.parametrize("topic", TARGETS)
@pytest.mark.parametrize("spread", ["all", "others", "half", "flip"])
def test_the_users_numbers_rework_a_target(topic: str, spread: str) -> None:
    e, k, label = 0.3, 7, 4
    pairs = {
        "all": (1 - e + e / k, e / k),
        "others": (1 - e, e / (k - 1)),
        "half": (1 - e + e / 2, e / 2),
        "flip": (1 - 2 * e + e, e),
    }
    lesson = worked(topic, Numbers(e, k, label, spread))  # type: ignore[arg-type]
    assert steps(lesson)["The target"].values == pytest.approx(target(label, k, *pairs[spread]))
    assert table(lesson).marked == label
    assert len(table(lesson).rows) == k


@topics
def test_given_numbers_hide_what_the_documents_print(topic: str) -> None:
    lesson = find(topic)
    assert lesson is not None
    numbers = Numbers(epsilon=0.3) if "epsilon" in lesson.takes else Numbers(classes=5)
    reworked = lesson.work(numbers)
    assert not any(step.printed for step in steps(reworked).values())
    if topic not in {"softmax", "alpha"}:
        assert not any("ocument" in sentence for sentence in reworked.notice)
    assert reworked.parts != worked(topic).parts


def test_predictions_set_the_number_of_classes() -> None:
    p = (0.4, 0.3, 0.2, 0.1)
    lesson = worked("loss", Numbers(probs=p, label=2, epsilon=0.2, spread="all"))
    assert steps(lesson)["The loss, exact"].values == pytest.approx((cost(every(0.2, 4, 2), p),))
    z = (1.0, 2.0)
    lesson = worked("kl-div", Numbers(logits=z))
    q = others(0.1, 2, 1)
    assert steps(lesson)["The batch mean"].values == pytest.approx((cost(q, softmax(z)) - cost(q, q),))
    assert "favour" not in " ".join(lesson.notice)
    lesson = worked("diagram", Numbers(logits=z))
    assert steps(lesson)["The loss"].values == pytest.approx((cost(every(0.1, 2, 1), softmax(z)),))


def test_a_probability_of_0_costs_infinity() -> None:
    lesson = worked("loss", Numbers(probs=(1.0, 0.0)))
    assert steps(lesson)["The loss, exact"].values == (math.inf,)
    assert steps(lesson)["The loss, exact"].result == "∞"
    assert "The terms rounded first" not in steps(lesson)
    lesson = worked("loss", Numbers(probs=(1.0, 0.0), epsilon=0.0))
    assert steps(lesson)["The loss, exact"].values == (0.0,)


@pytest.mark.parametrize("topic", ["three-classes", "softmax", "diagram"])
@pytest.mark.parametrize("epsilon", [0.0, 1e-9, 1.0])
def test_the_ends_of_epsilon(topic: str, epsilon: float) -> None:
    lesson = worked(topic, Numbers(epsilon=epsilon))
    shown = steps(lesson)["Every other class"]
    assert float(shown.result) == pytest.approx(shown.values[0], rel=0.1)
    assert ("true class is no longer the largest" in " ".join(lesson.notice)) == (epsilon == 1)


def test_alpha_says_where_the_label_is_lost() -> None:
    lesson = worked("alpha", Numbers(spread="flip"))
    assert "From α = 0.5 in this table" in " ".join(lesson.notice)


# Numbers that are refused


@pytest.mark.parametrize("topic", [*TARGETS, "diagram"])
@pytest.mark.parametrize(
    "numbers",
    [
        Numbers(epsilon=1.5),
        Numbers(epsilon=math.nan),
        Numbers(label=99),
        Numbers(label=-1),
        Numbers(classes=1),
        Numbers(classes=10**9),
    ],
)
def test_bad_numbers_are_refused(topic: str, numbers: Numbers) -> None:
    with pytest.raises(UsageError) as caught:
        worked(topic, numbers)
    assert caught.value.hint


@pytest.mark.parametrize("probs", [(0.7, 0.2), (0.7, 0.2, 0.2), (1.2, -0.2), (math.nan, 1.0), (1.0,), ()])
def test_probabilities_that_are_none_are_refused(probs: Values) -> None:
    with pytest.raises(LsmoothError) as caught:
        worked("loss", Numbers(probs=probs))
    assert caught.value.hint == "pass --probs 0.7,0.2,0.1"


@pytest.mark.parametrize("logits", [(math.nan, 1.0), (math.inf, 1.0), (1e308, -1e308), (1.0,)])
@pytest.mark.parametrize("topic", ["kl-div", "diagram"])
def test_logits_that_are_none_are_refused(topic: str, logits: Values) -> None:
    with pytest.raises(UsageError, match="--logits"):
        worked(topic, Numbers(logits=logits))


def test_classes_and_logits_have_to_agree() -> None:
    with pytest.raises(UsageError, match="classes is 4, and the prediction has 3 values"):
        worked("diagram", Numbers(classes=4, logits=(1.0, 2.0, 3.0)))


def test_the_hint_for_a_label_outside_a_prediction_does_not_ask_for_classes() -> None:
    with pytest.raises(UsageError) as caught:
        worked("loss", Numbers(probs=(0.5, 0.5), label=2))
    assert caught.value.hint == "pass a --label from 0 to 1"


@pytest.mark.parametrize("topic", LOSSES)
def test_rules_for_labels_on_their_own_are_no_softmax(topic: str) -> None:
    with pytest.raises(UsageError, match="spread `half`"):
        worked(topic, Numbers(spread="half"))
