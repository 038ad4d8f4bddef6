"""Any amount goes with any weights, in smooth and in loss."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work
from kits.every_type import (
    AMOUNTS,
    SOFT_WEIGHTS,
    WEIGHTS,
    K,
    N,
    Q,
    X,
    Y,
    Z,
    by_hand,
    entropies,
    log_softmax,
    targets,
    took,
)

ONE_CLASS_AMOUNTS = (
    "per-class",
    "per-class-rest",
    "accuracy-class",
    "confidence",
    "confidence-class",
    "true",
)
TEXT_AMOUNTS = ("by", "column")
SOFT_AMOUNTS = [name for name in AMOUNTS if name not in (*ONE_CLASS_AMOUNTS, *TEXT_AMOUNTS)]

# any amount, any weights


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("amount", AMOUNTS)
def test_any_amount_goes_with_any_weights(files: Work, amount: str, weights: str) -> None:
    much, epsilon = AMOUNTS[amount]
    where, matrix = WEIGHTS[weights]
    rule = ("all", "others")[(len(amount) + len(weights)) % 2]
    flags = ["--column", "y", *much, *where, "--spread", rule]
    found = targets(files, "y.csv", "-k", K, *flags)
    np.testing.assert_allclose(found, by_hand(epsilon, matrix(rule), rule), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)
    told = took(files, "z.npy", "y.csv", *flags)
    rows = -(found * log_softmax(Z)).sum(axis=1)
    assert told["loss"] == pytest.approx(rows.mean(), rel=1e-12)
    assert told["floor"] == pytest.approx(entropies(found).mean(), rel=1e-12, abs=1e-15)
    assert told["excess"] == pytest.approx((rows - entropies(found)).mean(), rel=1e-11)
    assert told["epsilon"] == pytest.approx(epsilon.mean(), rel=1e-12)
    assert told["hard"] + told["smooth"] == pytest.approx(told["loss"], rel=1e-12)


@pytest.mark.parametrize("rule", ["all", "others"])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_both_rules_with_all_weights_and_the_losses_of_rows(files: Work, weights: str, rule: str) -> None:
    where, matrix = WEIGHTS[weights]
    much, epsilon = AMOUNTS["true"]
    flags = ["--column", "y", *much, *where, "--spread", rule]
    found = targets(files, "y.csv", "-k", K, *flags)
    np.testing.assert_allclose(found, by_hand(epsilon, matrix(rule), rule), rtol=1e-12, atol=1e-15)
    rows = -(found * log_softmax(Z)).sum(axis=1)
    for extra, wanted in (([], rows), (["--minus-entropy"], rows - entropies(found))):
        lines = files.ok("loss", "z.npy", "y.csv", *flags, "--reduction", "none", *extra).split()
        np.testing.assert_allclose([float(line) for line in lines], wanted, rtol=1e-11, atol=1e-13)
    total = float(files.ok("loss", "z.npy", "y.csv", *flags, "--reduction", "sum"))
    assert total == pytest.approx(rows.sum(), rel=1e-12)


@pytest.mark.parametrize("amount", SOFT_AMOUNTS)
@pytest.mark.parametrize("weights", SOFT_WEIGHTS)
def test_a_soft_row_takes_x_s(files: Work, weights: str, amount: str) -> None:
    rule = ("all", "others")[(len(amount) + len(weights)) % 2]
    much, epsilon = AMOUNTS[amount]
    if amount == "accuracy":
        right = (Q.argmax(axis=1) == X.argmax(axis=1)).mean()
        epsilon = np.full(N, 0.02 + 0.28 * (1 - right))
    where, matrix = WEIGHTS[weights]
    table = np.tile(X.mean(axis=0), (K, 1)) if weights == "prior-labels" else matrix(rule)
    flags = [*(much or ["-e", "0.1"]), *where, "--spread", rule]
    found = targets(files, "x.npy", *flags)
    np.testing.assert_allclose(found, by_hand(epsilon, table, rule, X), rtol=1e-12, atol=1e-15)
    told = took(files, "z.npy", "x.npy", *flags)
    assert told["loss"] == pytest.approx(-(found * log_softmax(Z)).sum(axis=1).mean(), rel=1e-12)
    assert told["floor"] == pytest.approx(entropies(found).mean(), rel=1e-12)


def test_soft_rows_keep_epsilon_0_in_loss_unless_it_is_asked_for(files: Work) -> None:
    plain = took(files, "z.npy", "x.npy", "--hierarchy", "tree.csv")
    assert plain["epsilon"] == 0
    assert plain["loss"] == pytest.approx(-(X * log_softmax(Z)).sum(axis=1).mean(), rel=1e-12)


# the loss is affine in ε


@pytest.mark.parametrize("rule", ["all", "others"])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_sweep_is_affine_and_gives_what_each_epsilon_gives(files: Work, weights: str, rule: str) -> None:
    where, _ = WEIGHTS[weights]
    flags = ["--column", "y", *where, "--spread", rule]
    lines = files.ok("loss", "z.npy", "y.csv", *flags, "-e", "0:1:0.25").splitlines()
    assert lines[0] == "epsilon,loss,floor,excess"
    table = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    assert table[:, 0].tolist() == [0, 0.25, 0.5, 0.75, 1]
    low, high = table[0, 1], table[-1, 1]
    np.testing.assert_allclose(table[:, 1], (1 - table[:, 0]) * low + table[:, 0] * high, rtol=1e-12)
    for epsilon, loss, floor, excess in table.tolist():
        found = targets(files, "y.csv", "-k", K, *flags, "-e", epsilon)
        assert loss == pytest.approx(-(found * log_softmax(Z)).sum(axis=1).mean(), rel=1e-12)
        assert floor == pytest.approx(entropies(found).mean(), rel=1e-12, abs=1e-14)
        assert excess == pytest.approx(loss - floor, rel=1e-12)
        assert float(files.ok("loss", "z.npy", "y.csv", *flags, "-e", epsilon)) == loss


@pytest.mark.parametrize("weights", SOFT_WEIGHTS)
def test_a_sweep_over_soft_rows(files: Work, weights: str) -> None:
    where, _ = WEIGHTS[weights]
    lines = files.ok("loss", "z.npy", "x.npy", *where, "-e", "0,0.3,1").splitlines()
    for line in lines[1:]:
        epsilon, loss, floor, _ = map(float, line.split(","))
        found = targets(files, "x.npy", *where, "-e", epsilon)
        assert loss == pytest.approx(-(found * log_softmax(Z)).sum(axis=1).mean(), rel=1e-12)
        assert floor == pytest.approx(entropies(found).mean(), rel=1e-12)


@pytest.mark.parametrize("weighting", ["class", "target", "row"])
@pytest.mark.parametrize("weights", ["height", "similarity", "online"])
@pytest.mark.parametrize("amount", ["constant", "per-class", "true"])
def test_class_weights_beside_rules(files: Work, amount: str, weights: str, weighting: str) -> None:
    much, epsilon = AMOUNTS[amount]
    where, matrix = WEIGHTS[weights]
    given = np.array([1.0, 2, 0.5, 3])
    found = by_hand(epsilon, matrix("all"), "all")
    hard = (1 - epsilon)[:, None] * np.eye(K)[Y]
    smooth = found - hard
    scale = {
        "class": found * given,
        "target": hard * given + smooth,
        "row": found * given[Y][:, None],
    }[weighting]
    told = float(
        files.ok(
            *("loss", "z.npy", "y.csv", "--column", "y", *much, *where, "--weights", "1,2,.5,3"),
            *("--weighting", weighting, "--denominator", "weights"),
        )
    )
    assert told == pytest.approx(-(scale * log_softmax(Z)).sum() / given[Y].sum(), rel=1e-12)
