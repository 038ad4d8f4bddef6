"""Ordinal weights and similarity."""

from __future__ import annotations

import numpy as np
import pytest
from kits.trees import close_to, every, soft, targets
from numpy.typing import ArrayLike

from lsmooth.errors import LsmoothError
from lsmooth.smoothing.rows import Matrix, Ordinal, similarity


def test_ordinal_weights() -> None:
    assert Ordinal(4, 0.5).rows(np.array([0, 2])).tolist() == [[1, 0.5, 0.25, 0.125], [0.25, 0.5, 1, 0.5]]
    assert Ordinal(1, 0.5).rows(np.array([0])).tolist() == [[1]]
    assert (every(Ordinal(5, 1.0)) == 1).all()


def test_decay_epsilon_with_others_is_the_geometric_distribution() -> None:
    """The expected values of ayrna/dlordinal's tests (commit 7671c80350): geometric(5, .1) and (5, .3)."""
    rows = targets(Ordinal(5, 0.1), 0.1, others=True)
    close_to(rows[0], [0.9, 0.090009, 0.0090009, 0.00090009, 0.00009001], 1e-8)
    close_to(rows[1], [0.04739336, 0.9, 0.04739336, 0.00473934, 0.00047393], 1e-8)
    close_to(rows[2], [0.00454545, 0.04545455, 0.9, 0.04545455, 0.00454545], 1e-8)
    rows = targets(Ordinal(5, 0.3), 0.3, others=True)
    close_to(rows[0], [0.7, 0.21171489, 0.06351447, 0.01905434, 0.0057163], 1e-8)


def test_the_exponential_distribution_is_a_decay_too() -> None:
    """The expected values of ayrna/dlordinal's tests: exponential(5, p=1, τ=1) is decay 1/e over `all`."""
    rows = soft(Ordinal(5, float(np.exp(-1))))
    close_to(rows[0], [0.63640865, 0.23412166, 0.08612854, 0.03168492, 0.01165623], 1e-8)
    close_to(rows[2], [0.06745081, 0.1833503, 0.49839779, 0.1833503, 0.06745081], 1e-8)


def test_a_tiny_decay_over_many_classes_is_silent() -> None:
    with np.errstate(all="raise"):
        rows = Ordinal(10_000, 1e-300).rows(np.array([5000, 9999]))
    assert rows[0, 4998:5003].tolist() == [0, 1e-300, 1, 1e-300, 0]
    assert rows[1, -2:].tolist() == [1e-300, 1]


@pytest.mark.parametrize("decay", [0.0, -0.1, 1.1, float("nan"), float("inf")])
def test_decay_is_above_0_and_at_most_1(decay: float) -> None:
    with pytest.raises(LsmoothError, match=r"--decay is `.*`, wanted a number above 0 and at most 1"):
        Ordinal(5, decay)


# Similarity


def test_similarity_ones_is_uniform() -> None:
    weights: Matrix = similarity(np.ones((4, 4), dtype=np.int8), 4)
    assert weights.classes == 4
    close_to(targets(weights, 0.1, others=True), 0.9 * np.eye(4) + 0.1 / 3 * (1 - np.eye(4)), 1e-16)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones((2, 3)), "the similarity has shape (2, 3), wanted (3, 3)"),
        (np.ones(3), "the similarity has shape (3,), wanted (3, 3)"),
        (
            [[1, 1, 1], [1, 1, -2], [1, 1, 1]],
            "the similarity holds `-2.0` in row 1, column 2, wanted finite numbers of at least 0",
        ),
        (
            [[1, 1, 1], [1, 1, 1], [np.nan, 1, 1]],
            "the similarity holds `nan` in row 2, column 0, wanted finite numbers of at least 0",
        ),
        (
            [[1, 1, 1], [0, 0, 0], [1, 1, 1]],
            "row 1 of the similarity holds only zeros, so its mass has nowhere to go",
        ),
        ([[1, 1, 1], [1, 1, 1], [1e308, 1e308, 0]], "row 2 of the similarity adds up to infinity"),
    ],
)
def test_what_is_no_similarity_is_refused(values: ArrayLike, message: str) -> None:
    with pytest.raises(LsmoothError) as refusal:
        similarity(values, 3)
    assert str(refusal.value) == message
