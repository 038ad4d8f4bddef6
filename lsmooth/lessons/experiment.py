"""A live experiment: a softmax classifier, trained on partly wrong labels with and without smoothing."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lsmooth.arrays.loss import cross_entropy
from lsmooth.arrays.targets import smooth
from lsmooth.calibration import Reliability
from lsmooth.errors import LsmoothWarning, UsageError
from lsmooth.predictions import log_probs

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

#: The setting: rows to learn from, rows to test on, features, how far the centres lie from the origin.
ROWS, TEST_ROWS, FEATURES, DISTANCE = 300, 2000, 40, 3.0
#: Full-batch gradient descent with momentum.
STEPS, RATE, MOMENTUM = 600, 0.3, 0.9
MOST_CLASSES = 100


@dataclass(frozen=True)
class Data:
    """Gaussian clouds, one a class, each with the same spread in every direction.

    Attributes:
        rows: (ROWS, FEATURES + 1) to learn from, a column of ones last.
        labels: (ROWS,) as they are given, some of them wrong.
        wrong: (ROWS,) which.
        test_rows: (TEST_ROWS, FEATURES + 1).
        test_labels: (TEST_ROWS,) all right.
        classes: K.
    """

    rows: Floats
    labels: Labels
    wrong: NDArray[np.bool_]
    test_rows: Floats
    test_labels: Labels
    classes: int


@dataclass(frozen=True)
class Outcome:
    """What came out of training with one ε; the test labels are right, so this is what a user would see.

    Attributes:
        epsilon: ε of the training targets.
        weights: how many numbers the model has.
        train_accuracy: on the labels as given, the wrong ones among them.
        memorised: the share of the wrong labels that the model repeats; NaN where none is wrong.
        test_accuracy: on right labels.
        train_loss: with the smoothed targets, in nats.
        excess: the training loss above its floor.
        test_loss: with hard labels, in nats.
        confidence: the mean largest probability on the test rows.
        ece: the expected calibration error on the test rows.
        gap: the largest difference of two logits of one test row.
        reliability: confidence and accuracy in bins.
    """

    epsilon: float
    weights: int
    train_accuracy: float
    memorised: float
    test_accuracy: float
    train_loss: float
    excess: float
    test_loss: float
    confidence: float
    ece: float
    gap: float
    reliability: Reliability


def make_data(noise: float, classes: int, seed: int) -> Data:
    """Return the data: the same for the same numbers; a share `noise` of the training labels is wrong.

    Raises:
        UsageError: for noise outside [0, 1], fewer than 2 classes or more than 100, a negative seed.
    """
    if not 0 <= noise <= 1:
        raise UsageError(
            f"noise is {noise:g}, which is not in [0, 1]", "pass the share of wrong labels, as 0.2"
        )
    if not 2 <= classes <= MOST_CLASSES:
        message = f"the experiment has {classes} classes, wanted 2 to {MOST_CLASSES}"
        raise UsageError(message, "pass --classes 5")
    if seed < 0:
        raise UsageError(f"seed is {seed}, wanted at least 0", "pass --seed 0")
    random = np.random.default_rng(seed)
    centres = random.normal(size=(classes, FEATURES))
    centres *= DISTANCE / np.linalg.norm(centres, axis=1, keepdims=True)

    def draw(count: int) -> tuple[Floats, Labels]:
        labels = np.arange(count) % classes
        points = centres[labels] + random.normal(size=(count, FEATURES))
        return np.concatenate([points, np.ones((count, 1))], axis=1), labels

    rows, labels = draw(ROWS)
    test_rows, test_labels = draw(TEST_ROWS)
    wrong = random.random(ROWS) < noise
    given = np.where(wrong, (labels + random.integers(1, classes, ROWS)) % classes, labels)
    return Data(rows, given, wrong, test_rows, test_labels, classes)


def train(data: Data, epsilon: float) -> Floats:
    """Return the weights (FEATURES + 1, K) after STEPS steps on the smoothed cross-entropy.

    The gradient by the logits is p - target, for hard and for smoothed targets alike.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LsmoothWarning)  # ε = 1 teaches nothing, which the table shows
        targets = smooth(data.labels, epsilon, data.classes)
    weights = np.zeros((data.rows.shape[1], data.classes))
    speed = np.zeros_like(weights)
    for _ in range(STEPS):
        p = log_probs(data.rows @ weights, "logits").probabilities()
        speed = MOMENTUM * speed - RATE / ROWS * (data.rows.T @ (p - targets))
        weights += speed
    return weights


def measure(data: Data, epsilon: float, weights: Floats) -> Outcome:
    """Return what a trained model does, measured by the functions that `loss` calls."""
    logits, test = data.rows @ weights, data.test_rows @ weights
    said, predicted = logits.argmax(axis=1), test.argmax(axis=1)
    confidence = log_probs(test, "logits").probabilities().max(axis=1)
    hits = predicted == data.test_labels
    reliability = Reliability()
    reliability.add(np.minimum(confidence, 1), hits)
    loss, excess = (
        float(cross_entropy(logits, data.labels, epsilon, "all", predicted="logits", minus_entropy=minus))
        for minus in (False, True)
    )
    wrong = data.wrong
    return Outcome(
        epsilon=epsilon,
        weights=weights.size,
        train_accuracy=float((said == data.labels).mean()),
        memorised=float((said == data.labels)[wrong].mean()) if wrong.any() else float("nan"),
        test_accuracy=float(hits.mean()),
        train_loss=loss,
        excess=excess,
        test_loss=float(cross_entropy(test, data.test_labels, 0.0, predicted="logits")),
        confidence=reliability.mean_confidence,
        ece=reliability.ece,
        gap=float((test.max(axis=1) - test.min(axis=1)).max()),
        reliability=reliability,
    )


@lru_cache(maxsize=32)
def run(noise: float, classes: int, seed: int, epsilon: float) -> Outcome:
    """Return what comes out of training with ε; the data and the start are the same for every ε."""
    data = make_data(noise, classes, seed)
    return measure(data, epsilon, train(data, epsilon))
