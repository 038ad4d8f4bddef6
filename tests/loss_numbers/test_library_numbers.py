"""The library gives the same numbers."""

from __future__ import annotations

import math
from decimal import localcontext
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits.numbers import DIGITS, GOLDEN, LABELS, LOGITS, Array, exact_loss, loss, noise, rows, ulps

import lsmooth

LIBRARY: list[tuple[str, dict[str, Any], list[int] | Array, str]] = [
    ("torch CE index", {}, LABELS, "mean"),
    ("torch CE prob", {}, np.eye(3)[LABELS], "mean"),
    ("torch CE index + weight", {"weights": [1, 2, 0.5], "denominator": "weights"}, LABELS, "mean"),
    ("torch CE index + weight", {"weights": [1, 2, 0.5], "reduction": "sum"}, LABELS, "sum"),
    ("torch CE prob + weight", {"weights": [1, 2, 0.5]}, np.eye(3)[LABELS], "mean"),
    ("torch CE index ignore(row1)", {"ignore": [-100]}, [0, -100, 1, 1], "mean"),
    ("torch KLDivLoss over-K targets", {"minus_entropy": True}, LABELS, "batchmean"),
    ("torch BCEWithLogits binary-half targets", {"spread": "half"}, LABELS, "mean"),
    ("smp SoftBCE (flip eps) one-hot", {"spread": "flip"}, LABELS, "mean"),
    ("SpeechBrain nll_loss + weight", {"weights": [1, 2, 0.5], "weighting": "target"}, LABELS, "mean"),
    ("fairseq >=2021-02 eps/(K-1)", {"spread": "others", "reduction": "sum"}, LABELS, "sum"),
    (
        "segmentation_models.pytorch SoftCE ignore row1 (divides by all N)",
        {"ignore": [-100], "denominator": "all"},
        [0, -100, 1, 1],
        "mean",
    ),
]


@pytest.mark.parametrize(("cell", "flags", "labels", "key"), LIBRARY)
@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.3])
def test_the_library_gives_the_value_of_the_framework(
    cell: str, flags: dict[str, Any], labels: list[int] | Array, key: str, epsilon: float
) -> None:
    found = lsmooth.cross_entropy(LOGITS, labels, epsilon, **flags)
    assert isinstance(found, float)
    assert ulps(found, float(GOLDEN[cell][str(epsilon)][key])) <= 4


@pytest.mark.parametrize("spread", ["all", "others", "half", "flip"])
@pytest.mark.parametrize("epsilon", [0.0, 0.1, 1.0])
def test_the_library_and_the_command_line_give_the_same_float(
    spread: Any, epsilon: float, work: Work
) -> None:
    logits, labels = noise(3000, 5, seed=3)
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    flags = ["z.npy", "y.npy", "-e", epsilon, "--spread", spread]
    assert lsmooth.cross_entropy(logits, labels, epsilon, spread) == loss(work, *flags)
    by_row = lsmooth.cross_entropy(logits, labels, epsilon, spread, reduction="none")
    assert by_row.dtype == np.float64
    assert by_row.tolist() == rows(work, *flags)
    assert lsmooth.loss_file("z.npy", "y.npy", epsilon=epsilon, spread=spread).loss == loss(work, *flags)


def test_the_library_takes_a_file_to_what_the_command_line_prints(work: Work) -> None:
    logits, labels = noise(500, 4, seed=11)
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    result = lsmooth.loss_file("z.npy", "y.npy", epsilon=[0.0, 0.1, 0.25])
    lines = work.ok("loss", "z.npy", "y.npy", "-e", "0,0.1,0.25").splitlines()[1:]
    assert [",".join(map(repr, (at.epsilon, at.loss, at.floor, at.excess))) for at in result.at] == lines


def test_epsilon_is_a_tenth_for_hard_labels_and_0_for_soft_rows() -> None:
    assert lsmooth.cross_entropy(LOGITS, LABELS) == lsmooth.cross_entropy(LOGITS, LABELS, 0.1)
    hot = np.eye(3)[LABELS]
    assert lsmooth.cross_entropy(LOGITS, hot) == lsmooth.cross_entropy(LOGITS, hot, 0.0)


def test_the_library_takes_names_in_the_order_of_the_columns() -> None:
    by_name = lsmooth.cross_entropy(LOGITS, ["c", "a", "b", "b"], 0.1, names=["c", "b", "a"])
    assert by_name == lsmooth.cross_entropy(LOGITS, [0, 2, 1, 1], 0.1)


@pytest.mark.parametrize(
    ("predictions", "labels", "flags"),
    [
        (LOGITS, [0, 1], {}),
        (LOGITS, [0, 1, 2, 3], {}),
        (LOGITS, [-100] * 4, {"ignore": [-100]}),
        (np.full((2, 2), np.nan), [0, 1], {}),
        ([[0.5, 0.4]], [0], {"predicted": "probs"}),
        ([[-0.5, 1.5]], [0], {"predicted": "probs"}),
        ([[0.5, -1.5]], [0], {"predicted": "logprobs"}),
        (LOGITS, LABELS, {"weights": [1, 2]}),
        (LOGITS, LABELS, {"weights": [1, 2, -1]}),
        (LOGITS, LABELS, {"epsilon": 1.5}),
        (LOGITS, LABELS, {"clip": 0.5}),
        (LOGITS, LABELS, {"weighting": "hard", "weights": [1, 1, 1]}),
        (LOGITS, [[0.5, 0.4, 0.0]] * 4, {}),
        (LOGITS, [[0.5, 0.5]] * 4, {}),
    ],
)
def test_the_library_refuses_bad_input_by_its_own_error(
    predictions: Any, labels: Any, flags: dict[str, Any]
) -> None:
    with pytest.raises(lsmooth.LsmoothError):
        lsmooth.cross_entropy(predictions, labels, **flags)


def test_the_oracle_of_these_tests_gives_the_logarithm_of_k_for_equal_logits() -> None:
    # equal logits: lse - z = log K, so the loss is log K for any ε
    with localcontext() as context:
        context.prec = DIGITS
        assert float(exact_loss([1.0] * 8, 3, 0.1)) == pytest.approx(math.log(8), rel=1e-15)
