"""Kinds of labels and of predictions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits.losses import LABELS, P, Y, facts, lines, loss, near_the_loss, plain, refused, table


def test_a_single_column_of_probabilities_is_binary_and_said(work: Work) -> None:
    work.write("p.csv", lines(0.9, 0.2, 0.6))
    work.write("y.csv", lines(1, 0, 0))
    wanted = 0.0
    for p, y in ((0.9, 1), (0.2, 0), (0.6, 0)):
        t = y * 0.9 + 0.05
        wanted -= t * math.log(p) + (1 - t) * math.log(1 - p)
    result = work.run("loss", "p.csv", "y.csv", "--as", "probs")
    assert float(result.out) == pytest.approx(wanted / 3, rel=1e-14)
    assert "class 1" in result.err
    assert "half" in result.err


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_a_single_column_of_logits_is_binary(shape: tuple[int, ...], work: Work) -> None:
    z = [2.0, -3.0, 0.5]
    np.save("z.npy", np.reshape(z, shape))
    np.save("y.npy", np.array([True, False, False]))
    wanted = sum(
        t * math.log1p(math.exp(-v)) + (1 - t) * math.log1p(math.exp(v))
        for v, t in zip(z, (0.95, 0.05, 0.05), strict=True)
    )
    assert loss(work, "z.npy", "y.npy") == pytest.approx(wanted / 3, rel=1e-14)


def test_a_single_column_with_other_labels_is_refused(work: Work) -> None:
    work.write("z.csv", lines(2.5, -3.5, 0.5))
    work.write("y.csv", lines(0, 1, 2))
    assert "y.csv:3" in refused(work, "z.csv", "y.csv")


def test_multilabel_rows_take_the_sigmoid_loss(work: Work) -> None:
    z = np.array([[2.0, -1.0, 3.0], [0.5, 0.5, -4.0]])
    y = np.array([[1, 0, 1], [0, 0, 0]])
    np.save("z.npy", z)
    np.save("y.npy", y)
    t = y * 0.9 + 0.05
    wanted = (t * np.logaddexp(0, -z) + (1 - t) * np.logaddexp(0, z)).mean()
    found = facts(work, "z.npy", "y.npy", "--labels", "multilabel", "-e", 0.1)
    assert found["loss"] == pytest.approx(float(wanted), rel=1e-14)
    assert (found["kind"], found["spread"]) == ("sigmoid", "half")
    for key in ("ece", "mce", "confidence"):
        assert found[key] is None


def test_soft_rows_are_not_smoothed_again_unless_asked_and_the_summary_tells(work: Work) -> None:
    work.write("p.csv", table(P))
    work.write("t.csv", table([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]))
    result = work.run("loss", "p.csv", "t.csv")
    assert float(result.out) == pytest.approx(plain(P, Y, 0.0), rel=1e-14)
    assert "epsilon 0," in result.err
    result = work.run("loss", "p.csv", "t.csv", "-e", 0.1)
    assert float(result.out) == near_the_loss
    assert "epsilon 0.1" in result.err
    work.write("y.csv", LABELS)
    assert "epsilon 0.1" in work.run("loss", "p.csv", "y.csv").err


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array(P), "probs"),
        (np.log(P), "logprobs"),
        (np.log(P) + 1.0, "logits"),
        (np.array([[0.0, -1.0], [-2.0, -0.1]]), "logits"),
        (np.array([[3.0, 0.2, 0.1], [0.1, 0.2, 0.3]]), "logits"),
        (np.array([[1.0, 0.0], [0.0, 1.0]]), "probs"),
        (np.array([[0.0, -np.inf], [-np.inf, 0.0]]), "logprobs"),
    ],
)
def test_what_predictions_are_is_told_from_their_values(values: Any, kind: str, work: Work) -> None:
    np.save("p.npy", values)
    np.save("y.npy", np.arange(len(values)) % values.shape[1])
    assert facts(work, "p.npy", "y.npy", "-e", 0)["predictions"] == kind


def test_rounded_probabilities_in_text_are_probabilities(work: Work) -> None:
    work.write("p.csv", "0.333,0.333,0.333\n0.67,0.17,0.17\n")
    work.write("y.csv", "0\n1\n")
    found = facts(work, "p.csv", "y.csv", "-e", 0)
    assert found["predictions"] == "probs"
    # used as read, never renormalised
    assert found["loss"] == pytest.approx(-(math.log(0.333) + math.log(0.17)) / 2, rel=1e-14)


def test_sigmoid_predictions_in_0_to_1_are_asked_about(work: Work) -> None:
    work.write("p.csv", "0.5,0.25,1.0\n")
    work.write("y.csv", "1,0,1\n")
    said = refused(work, "p.csv", "y.csv", "--labels", "multilabel")
    assert "--as" in said


def test_labels_of_an_image_are_read_with_the_classes_on_the_last_axis(work: Work) -> None:
    generator = np.random.default_rng(0)
    z, y = generator.normal(size=(2, 4, 5, 3)), generator.integers(0, 3, (2, 4, 5))
    np.save("z.npy", z)
    np.save("y.npy", y)
    np.save("flat_z.npy", z.reshape(-1, 3))
    np.save("flat_y.npy", y.ravel())
    wanted = loss(work, "flat_z.npy", "flat_y.npy")
    assert loss(work, "z.npy", "y.npy", "--labels", "index") == wanted


def test_the_classes_on_axis_1_are_refused_naming_moveaxis(work: Work) -> None:
    np.save("z.npy", np.zeros((2, 3, 4, 5)))
    np.save("y.npy", np.zeros((2, 4, 5), int))
    said = refused(work, "z.npy", "y.npy", "--as", "logits", "--labels", "index")
    assert "numpy.moveaxis" in said
