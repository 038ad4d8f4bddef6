"""The experiment, the claims, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from kits.types_told import Topic, every, row, table

import lsmooth
from lsmooth.errors import LsmoothError
from lsmooth.lessons import claims, effects, experiment, hierarchy, types
from lsmooth.lessons.model import Numbers, Part, Series, Step, Table, Worked


def claim(worked: Worked, title: str, first: str) -> str:
    (found,) = [cells[-1] for cells in table(worked, title).rows if cells[0] == first]
    return str(found)


# The experiment


def test_the_experiment_is_deterministic() -> None:
    first = effects.effect(Numbers())
    experiment.run.cache_clear()
    assert effects.effect(Numbers()) == first
    assert effects.effect(Numbers(seed=1)) != first


def test_the_gradient_is_that_of_the_loss() -> None:
    data = experiment.make_data(0.2, 5, 0)
    weights = np.random.default_rng(1).normal(size=(data.rows.shape[1], 5)) / 10

    def loss(at: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
        return float(lsmooth.cross_entropy(data.rows @ at, data.labels, 0.1, predicted="logits"))

    nudge = np.zeros_like(weights)
    nudge[3, 2] = 1e-5
    z = data.rows @ weights
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    gradient = data.rows.T @ (p - lsmooth.smooth(data.labels, 0.1, 5)) / len(data.rows)
    slope = (loss(weights + nudge) - loss(weights - nudge)) / 2e-5
    assert slope == pytest.approx(gradient[3, 2], rel=1e-6)


def test_with_wrong_labels_smoothing_helps_and_lowers_confidence() -> None:
    worked = effects.effect(Numbers())
    for falling in ("wrong labels learnt", "test loss, hard labels", "mean confidence", "largest logit gap"):
        values = row(worked, "Side", falling)
        assert values == sorted(values, reverse=True), falling
    accuracy, ece = row(worked, "Side", "test accuracy"), row(worked, "Side", "ECE")
    assert accuracy == sorted(accuracy)
    assert min(ece) == ece[2]
    assert "best at ε = 0.1" in " ".join(worked.notice)
    floors = np.subtract(row(worked, "Side", "training loss"), row(worked, "Side", "above its floor"))
    q = [(1 - e + e / 5, e / 5) for e in effects.EPSILONS[1:]]
    assert floors[1:] == pytest.approx([-on * math.log(on) - 4 * off * math.log(off) for on, off in q])


def test_on_clean_data_smoothing_hurts_and_the_screen_says_so() -> None:
    worked = effects.effect(Numbers(noise=0.0))
    accuracy, ece = row(worked, "Side", "test accuracy"), row(worked, "Side", "ECE")
    assert accuracy[0] == max(accuracy)
    assert ece[3] > ece[0]
    said = " ".join(worked.notice)
    assert "Test accuracy falls" in said
    assert "The highest is at ε = 0." in said
    assert "under-confident" in said
    assert not [cells for cells in table(worked, "Side").rows if cells[0] == "wrong labels learnt"]


def test_one_more_epsilon_is_one_more_column() -> None:
    assert len(table(effects.effect(Numbers(epsilon=0.4, classes=3)), "Side").columns) == 6
    assert len(table(effects.effect(Numbers(epsilon=0.1)), "Side").columns) == 5


def test_the_reliability_diagram_adds_up_to_its_ece() -> None:
    worked = effects.calibration(Numbers())
    for title, index in (("Before", 0), ("After", 1)):
        bins = np.array([[float(cell) for cell in cells[1:]] for cells in table(worked, title).rows])
        rows, confidence, accuracy, gap = bins.T
        assert rows.sum() == experiment.TEST_ROWS
        assert confidence - accuracy == pytest.approx(gap)
        ece = float((rows * abs(gap)).sum() / rows.sum())
        assert table(worked, "In one").rows[index][3] == pytest.approx(ece)
    assert [part.title for part in worked.parts if isinstance(part, Series)] == [
        "Before: confidence in each bin",
        "After, ε = 0.1: confidence in each bin",
    ]


# The claims


def test_the_numbers_beside_the_claims() -> None:
    worked = claims.tradeoffs(Numbers())
    on, off = 0.92, 0.02
    floor = -on * math.log(on) - 4 * off * math.log(off)
    assert claim(worked, "Limitations", "outputs are harder to interpret") == f"{floor:.4f}"
    teacher = -sum(q * math.log(q) for q in (2 / 3, 1 / 3)) / math.log(2)
    assert claim(worked, "Limitations", "it conflicts with distillation") == f"{teacher:.4f} → 1"
    before, after = claim(worked, "Limitations", "inference is no faster").split(" → ")
    assert before == after
    p = (0.7, 0.2, 0.1)
    forward = sum(math.log(1 / 3 / q) for q in p) / 3
    backward = sum(q * math.log(3 * q) for q in p)
    assert claim(worked, "Compared", "confidence penalty") == f"{forward:.4f}, {backward:.4f}"
    built, combined = claim(worked, "Compared", "large data: hardly any overhead").split(", ")
    assert built == combined
    on, off = 1 - 0.1 + 0.1 / 32000, 0.1 / 32000
    words = -on * math.log(on) - 31999 * off * math.log(off)
    assert claim(worked, "Use cases", "translation, language models") == f"{words:.4f}"
    assert claim(worked, "Use cases", "ImageNet") == "0.9001, 0.0001"


def test_the_contradiction_about_calibration_is_measured() -> None:
    worked = claims.tradeoffs(Numbers())
    worse = claim(worked, "Limitations", "calibration suffers").split(" → ")
    better = claim(worked, "Limitations", "calibration improves").split(" → ")
    assert float(worse[1]) > float(worse[0])
    assert float(better[1]) < float(better[0])


# What is refused, and the ends of what is not


@pytest.mark.parametrize(
    ("topic", "numbers"),
    [
        (types.standard, Numbers(label=3)),
        (types.standard, Numbers(classes=0)),
        (types.standard, Numbers(classes=1, spread="others")),
        (types.gradual, Numbers(epsilon=1.5)),
        (hierarchy.hierarchical, Numbers(label=5)),
        (hierarchy.hierarchical, Numbers(spread="half")),
        (effects.effect, Numbers(noise=1.5)),
        (effects.effect, Numbers(classes=1)),
        (effects.effect, Numbers(classes=101)),
        (effects.calibration, Numbers(seed=-1)),
    ],
)
def test_numbers_that_are_wrong_are_refused(topic: Topic, numbers: Numbers) -> None:
    with pytest.raises(LsmoothError):
        topic(numbers)


@every
@pytest.mark.parametrize(
    "numbers", [Numbers(epsilon=0.0), Numbers(epsilon=1.0), Numbers(noise=1.0, classes=2)]
)
def test_the_ends_of_the_ranges_work(topic: Topic, numbers: Numbers) -> None:
    worked = topic(numbers)
    assert all(math.isfinite(cell) for part in worked.parts for cell in numeric(part))


def numeric(part: Part) -> list[float]:
    if isinstance(part, Table):
        return [cell for cells in part.rows for cell in cells if isinstance(cell, float)]
    return list(part.values) if isinstance(part, Step) else []
