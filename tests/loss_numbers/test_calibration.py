"""Calibration and clipping."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from conftest import Work
from kits.numbers import Array, column, loss, noise, rows, softmax

from lsmooth.calibration import brier_scores, calibration_errors

#: probabilities whose confidence and hits are those of the table
DIFFERENTIAL = [
    # (confidence, hits, bins, ECE, MCE): bins (lo, hi], 0 in the first; torchmetrics says .525 for the first
    ([0.95, 1.0], [1, 0], 15, 0.475, 0.475),
    ([0.5, 0.5, 1.0, 0.8], [1, 0, 1, 0], 2, 0.2, 0.4),
    ([0.2, 0.3, 0.6, 0.7, 0.7, 1.0, 0.0], [1, 0, 1, 0, 1, 1, 1], 10, 0.4142857142857143, 1.0),
    # torchmetrics, the examples of its documentation
    ([0.25, 0.25, 0.55, 0.75, 0.75], [0, 0, 1, 1, 1], 2, 0.29, 0.31666666666666667),
    ([0.55, 0.55, 0.60, 0.90], [0, 0, 1, 1], 3, 0.2, 0.23333333333333334),
    # google's uncertainty-metrics, binary, top label
    (
        [0.91, 0.68, 0.66, 0.67, 0.57, 0.98, 0.59, 0.81],
        [1, 1, 1, 1, 0, 1, 1, 1],
        30,
        0.18124999999999997,
        None,
    ),
    # and three classes, of which the first row sums to .90
    ([0.32, 0.37, 0.39, 0.61, 0.65, 0.91], [1, 1, 0, 0, 0, 1], 10, 0.3783333333, None),
    # nothing but one bin
    ([0.5, 0.7], [1, 1], 1, 0.4, 0.4),
]


@pytest.mark.parametrize(("confidence", "hits", "bins", "ece", "mce"), DIFFERENTIAL)
def test_ece_and_mce_are_those_of_the_table(
    confidence: list[float], hits: list[int], bins: int, ece: float, mce: float | None
) -> None:
    found = calibration_errors(confidence, hits, bins)
    assert found[0] == pytest.approx(ece, abs=2e-10)
    if mce is not None:
        assert found[1] == pytest.approx(mce, abs=2e-10)


def test_a_report_gives_the_ece_of_the_table(work: Work) -> None:
    work.write("p.csv", "0.95,0.05\n1.0,0.0\n")
    work.write("y.csv", "0\n1\n")
    found = json.loads(work.ok("loss", "p.csv", "y.csv", "--json"))
    assert found["ece"] == pytest.approx(0.475, abs=1e-15)
    assert found["mce"] == pytest.approx(0.475, abs=1e-15)
    assert (found["loss"], found["infinite"]) == (None, 1)


#: of the tests of uncertainty-metrics
U5 = np.array(
    [
        [0.42610548, 0.41748077, 0.15641374],
        [0.44766216, 0.47721294, 0.0751249],
        [0.1862702, 0.15139402, 0.66233578],
        [0.05753544, 0.8561222, 0.08634236],
        [0.18697925, 0.29836466, 0.51465609],
    ]
)
U5_LABELS = [0, 1, 2, 1, 2]


def test_brier_nll_and_ece_are_those_of_uncertainty_metrics(work: Work) -> None:
    work.write("p.csv", "".join(",".join(map(repr, row)) + "\n" for row in U5.tolist()))
    work.write("y.csv", column(U5_LABELS))
    found = json.loads(work.ok("loss", "p.csv", "y.csv", "-e", 0, "--json"))
    assert found["brier"] == pytest.approx(0.31402065527894163, abs=1e-15)
    assert found["loss"] == pytest.approx(0.5648884010500151, abs=1e-15)
    assert found["perplexity"] == pytest.approx(math.exp(0.5648884010500151), abs=1e-15)
    assert found["accuracy"] == 1
    top = U5.max(axis=1)
    # five rows in five different bins
    assert found["ece"] == pytest.approx(float((1 - top).mean()), abs=1e-15)
    assert found["mce"] == pytest.approx(float((1 - top).max()), abs=1e-15)
    assert calibration_errors(top, [1] * 5, 30)[0] == pytest.approx(0.412713502, abs=1e-9)


def test_the_brier_score_of_a_row_runs_from_0_to_2() -> None:
    scores = brier_scores(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.7, 0.2, 0.1]]), np.array([0, 2, 0]))
    assert scores.tolist() == pytest.approx([0, 2, 0.09 + 0.04 + 0.01], abs=1e-15)


def plain_report(p: Array, labels: Array) -> dict[str, float]:
    """The report of probabilities, as the definitions have it, row by row."""
    edges = np.linspace(0, 1, 16).tolist()
    bins: dict[int, list[tuple[float, bool]]] = {}
    for row, label in zip(p.tolist(), labels.tolist(), strict=True):
        confidence = max(row)
        place = next(b for b in range(15) if confidence <= edges[b + 1])
        bins.setdefault(place, []).append((confidence, row.index(confidence) == label))
    gaps = {b: abs(sum(c for c, _ in rows) - sum(h for _, h in rows)) for b, rows in bins.items()}
    every = [pair for rows in bins.values() for pair in rows]
    return {
        "ece": sum(gaps.values()) / len(p),
        "mce": max(gap / len(bins[b]) for b, gap in gaps.items()),
        "accuracy": sum(hit for _, hit in every) / len(p),
        "confidence": sum(confidence for confidence, _ in every) / len(p),
        "brier": float(((p - np.eye(p.shape[1])[labels]) ** 2).sum() / len(p)),
        "perplexity": math.exp(
            -sum(math.log(row[y]) for row, y in zip(p.tolist(), labels, strict=True)) / len(p)
        ),
    }


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("epsilon", [0, 0.1])
def test_a_report_is_what_the_definitions_give(classes: int, epsilon: float, work: Work) -> None:
    logits, labels = noise(2000, classes, 2.0, seed=classes)
    p = softmax(logits)
    # some confidences stand on an edge, some rows are ties, of which the lowest class is the answer
    p[:5] = 0
    p[:5, 0] = [0.6, 0.8, 0.4, 0.5, 2 / 3]
    p[:5, 1] = 1 - p[:5, 0]
    labels[:5] = 1, 0, 0, 1, 0
    np.save("p.npy", p)
    np.save("y.npy", labels)
    found = json.loads(work.ok("loss", "p.npy", "y.npy", "--json", "-e", epsilon))
    for key, value in plain_report(p, labels).items():
        assert found[key] == pytest.approx(value, rel=1e-12), key


def test_accuracy_and_brier_of_soft_rows_are_against_the_largest_share(work: Work) -> None:
    p = np.array([[0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
    targets = np.array([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.4, 0.4, 0.2]])
    np.save("p.npy", p)
    np.save("t.npy", targets)
    found = json.loads(work.ok("loss", "p.npy", "t.npy", "--json"))
    for key, value in plain_report(p, np.array([0, 2, 0])).items():
        assert found[key] == pytest.approx(value, rel=1e-12), key


def test_the_loss_by_class_is_the_mean_over_its_rows(work: Work) -> None:
    logits, labels = noise(300, 4, seed=9)
    labels[labels == 3] = 2
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    found = json.loads(work.ok("loss", "z.npy", "y.npy", "-e", 0.1, "--json"))
    one = np.array(rows(work, "z.npy", "y.npy", "-e", 0.1))
    hits = logits.argmax(axis=1) == labels
    for label in range(3):
        of = labels == label
        entry = found["per_class"][label]
        assert entry["class"] == str(label)
        assert entry["rows"] == of.sum()
        assert entry["loss"] == pytest.approx(one[of].mean(), rel=1e-12)
        assert entry["accuracy"] == pytest.approx(hits[of].mean(), rel=1e-12)
    assert found["per_class"][3] == {"class": "3", "rows": 0, "loss": None, "accuracy": None}


# Clipping


@pytest.mark.parametrize("clip", [1e-7, 0.01, 0.3])
@pytest.mark.parametrize("kind", ["logits", "probs", "logprobs"])
def test_clipping_bounds_each_probability_without_renormalising(clip: float, kind: str, work: Work) -> None:
    logits, labels = noise(20, 5)
    p = softmax(logits)
    np.save("z.npy", {"logits": logits, "probs": p, "logprobs": np.log(p)}[kind])
    np.save("y.npy", labels)
    costs = -np.log(np.clip(p, clip, 1 - clip))
    wanted = 0.9 * costs[np.arange(20), labels] + 0.1 * costs.mean(axis=1)
    found = loss(work, "z.npy", "y.npy", "--as", kind, "--clip", clip)
    assert found == pytest.approx(float(wanted.mean()), rel=1e-12)


def test_clipping_bounds_both_sides_of_a_label_on_its_own(work: Work) -> None:
    p = np.array([[0.0, 1.0, 0.4]])
    np.save("p.npy", p)
    work.write("y.csv", "1,1,0\n")
    q = np.clip(p[0], 1e-7, 1 - 1e-7)
    targets = np.array([1, 1, 0]) * 0.9 + 0.05
    wanted = -(targets * np.log(q) + (1 - targets) * np.log1p(-q)).mean()
    flags = ["--as", "probs", "--labels", "multilabel", "--clip", "1e-7"]
    found = loss(work, "p.npy", "y.csv", "-e", 0.1, *flags)
    assert found == pytest.approx(float(wanted), rel=1e-12)
