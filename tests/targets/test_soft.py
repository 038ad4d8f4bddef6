"""Soft rows."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from conftest import Work
from kits.rows import Row, bits, text

import lsmooth
from lsmooth.errors import LsmoothWarning

MIXED = [[0.7, 0.3, 0.0], [0.25, 0.25, 0.5], [1 / 3, 1 / 3, 1 / 3]]


@pytest.mark.parametrize("epsilon", [0.1, 0.3, 1.0])
def test_a_soft_row_x_becomes_x_1_minus_e_plus_e_over_k(epsilon: float, work: Work) -> None:
    target = [[x * (1 - epsilon) + epsilon / 3 for x in row] for row in MIXED]
    assert bits(_quiet(MIXED, epsilon, "all")) == bits(target)
    assert work.ok("smooth", "--no-header", "-e", epsilon, stdin=text(MIXED)) == text(target)


@pytest.mark.parametrize("epsilon", [0.1, 0.3, 1.0])
def test_a_soft_row_x_becomes_x_1_minus_e_plus_1_minus_x_e_over_k_minus_1(epsilon: float, work: Work) -> None:
    # dice-group/dice-embeddings, AdaptiveLabelSmoothingLoss
    target = [[x * (1 - epsilon) + (1 - x) * epsilon / 2 for x in row] for row in MIXED]
    assert bits(_quiet(MIXED, epsilon, "others")) == bits(target)
    assert work.ok("smooth", "--no-header", "-e", epsilon, "--spread", "others", stdin=text(MIXED)) == text(
        target
    )


def _quiet(rows: list[Row], epsilon: float, spread: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LsmoothWarning)
        return lsmooth.smooth(rows, epsilon, spread=spread)  # type: ignore[arg-type]


def test_mixup_rows_give_the_targets_of_timm() -> None:
    # timm mixup_target(lam=0.7, smoothing=0.1), in float32
    mixed = [[0.7, 0.3, 0.0], [0.3, 0.7, 0.0], [0.0, 0.3, 0.7]]
    target = [
        [0.66333329677581787, 0.3033333420753479, 0.033333335071802139],
        [0.3033333420753479, 0.66333329677581787, 0.033333335071802139],
        [0.033333335071802139, 0.3033333420753479, 0.66333329677581787],
    ]
    result = lsmooth.smooth(mixed, 0.1, dtype=np.float32)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, target, rtol=0, atol=6e-8)


def test_soft_rows_with_a_prior_are_multiplied_by_the_matrix_of_the_recipe() -> None:
    x, prior, epsilon = np.array(MIXED), np.array([5.0, 3.0, 2.0]), 0.1
    for spread in ("all", "others"):
        matrix = np.zeros((3, 3))
        for true in range(3):
            weights = prior.copy()
            if spread == "others":
                weights[true] = 0
            matrix[true] = epsilon * weights / weights.sum()
            matrix[true, true] += 1 - epsilon
        result = lsmooth.smooth(x, epsilon, spread=spread, prior=prior)
        np.testing.assert_allclose(result, x @ matrix, rtol=0, atol=1e-15)


def test_multilabel_rows_are_halved_unless_something_else_is_asked_for(work: Work) -> None:
    rows = "1,0,1\n0,0,0\n1,1,1\n"
    on, off = 1 * (1 - 0.2) + 0.2 / 2, 0.2 / 2
    assert work.ok("smooth", "--no-header", "--labels", "multilabel", "-e", 0.2, stdin=rows) == text(
        [[on, off, on], [off, off, off], [on, on, on]]
    )
    on, off = 1 * (1 - 0.2) + 0.2 / 3, 0.2 / 3
    everywhere = ["--labels", "multilabel", "-e", 0.2, "--spread", "all"]
    assert work.ok("smooth", "--no-header", *everywhere, stdin=rows) == text(
        [[on, off, on], [off, off, off], [on, on, on]]
    )


def test_probabilities_of_labels_are_halved_and_flipped_each_on_its_own(work: Work) -> None:
    rows, epsilon = [[0.25, 1.0], [0.5, 0.75]], 0.1
    flags = ["smooth", "--no-header", "--labels", "multilabel", "--spread"]
    half = [[y * (1 - epsilon) + epsilon / 2 for y in row] for row in rows]
    assert work.ok(*flags, "half", stdin=text(rows)) == text(half)
    flip = [[y * (1 - 2 * epsilon) + epsilon for y in row] for row in rows]
    assert work.ok(*flags, "flip", stdin=text(rows)) == text(flip)


def test_rows_are_used_as_read_and_never_renormalised(work: Work) -> None:
    # 3 numbers with 2 decimals may be 0.015 off
    target = [[0.33 * (1 - 0.1) + 0.1 / 3] * 3]
    assert work.ok("smooth", "--no-header", stdin="0.33,0.33,0.33\n") == text(target)
