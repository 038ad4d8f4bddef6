"""Reductions, denominators, weights, and floors of classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import Work
from hypothesis import given, settings
from hypothesis import strategies as st
from kits.plain_losses import (
    FILES,
    SPREADS,
    Case,
    cases,
    class_values,
    commas,
    epsilons,
    facts,
    log_softmax,
    loss,
    near,
    plain_losses,
    save,
)

from lsmooth.labels.block import Labels
from lsmooth.losses import Loss, Weights
from lsmooth.smoothing.spread import build_spread

QUICK = settings(max_examples=60, deadline=None)

# Reductions, denominators, weights


@FILES
@given(cases(), epsilons, st.sampled_from(SPREADS), st.data())
def test_sum_mean_and_rows_agree_under_every_denominator(
    work: Work, case: Case, epsilon: float, spread: str, data: st.DataObject
) -> None:
    ignored = np.array(data.draw(st.lists(st.booleans(), min_size=case.rows, max_size=case.rows)))
    ignored[0] = False
    weights = data.draw(class_values(case.classes))
    save(case, np.where(ignored, -100, case.labels))
    flags: list[object] = [
        "-e",
        repr(epsilon),
        "--spread",
        spread,
        "--ignore",
        -100,
        "--weights",
        commas(weights),
    ]
    each = np.where(ignored, 0, plain_losses(case, epsilon, spread, weights))
    lines = work.ok("loss", "z.npy", "y.npy", "--as", "logits", *flags, "--reduction", "none").splitlines()
    assert [float(line) for line in lines] == [near(value) for value in each]
    assert [line for line, hidden in zip(lines, ignored, strict=True) if hidden] == ["0.0"] * ignored.sum()
    terms = case.classes if spread in ("half", "flip") else 1
    assert loss(work, *flags, "--reduction", "sum") == near(each.sum() * terms)
    assert loss(work, *flags) == near(each.sum() / (~ignored).sum())
    assert loss(work, *flags, "--denominator", "valid") == near(each.sum() / (~ignored).sum())
    assert loss(work, *flags, "--denominator", "all") == near(each.sum() / case.rows)
    if terms == 1:
        total = weights[case.labels][~ignored].sum()
        assert loss(work, *flags, "--denominator", "weights") == near(each.sum() / total)


@FILES
@given(cases(), epsilons, st.sampled_from(SPREADS), st.data())
def test_weights_in_three_meanings_are_what_plain_numpy_gives(
    work: Work, case: Case, epsilon: float, spread: str, data: st.DataObject
) -> None:
    weights = data.draw(class_values(case.classes))
    save(case)
    for weighting in ("class", "target", "row"):
        wanted = plain_losses(case, epsilon, spread, weights, weighting).mean()
        flags = ["--weights", commas(weights), "--weighting", weighting]
        assert loss(work, "-e", repr(epsilon), "--spread", spread, *flags) == near(wanted), weighting


@FILES
@given(cases(), epsilons, st.data())
def test_weights_of_soft_rows_are_those_of_their_classes_or_of_the_largest(
    work: Work, case: Case, epsilon: float, data: st.DataObject
) -> None:
    weights = data.draw(class_values(case.classes))
    generator = np.random.default_rng(7)
    x = generator.dirichlet(np.ones(case.classes), case.rows)
    save(case, x)
    logs = -log_softmax(case.logits)
    hard, smooth = x * (1 - epsilon), epsilon / case.classes
    by_weighting = {
        "class": (weights * (hard + smooth) * logs).sum(axis=1),
        "target": ((weights * hard + smooth) * logs).sum(axis=1),
        "row": weights[x.argmax(axis=1)] * ((hard + smooth) * logs).sum(axis=1),
    }
    for weighting, wanted in by_weighting.items():
        flags = ["-e", repr(epsilon), "--weights", commas(weights), "--weighting", weighting]
        assert loss(work, *flags) == near(wanted.mean()), weighting
        divided = loss(work, *flags, "--denominator", "weights")
        assert divided == near(wanted.sum() / (weights * x).sum()), weighting


@FILES
@given(cases(), epsilons, st.sampled_from(["all", "others"]), st.sampled_from(["class", "target", "row"]))
def test_weights_of_1_change_nothing(
    work: Work, case: Case, epsilon: float, spread: str, weighting: str
) -> None:
    save(case)
    flags = ["-e", repr(epsilon), "--spread", spread]
    ones = ["--weights", "*=1", "--weighting", weighting, "--denominator", "weights"]
    assert loss(work, *flags, *ones) == near(loss(work, *flags))


# The floors of classes


@QUICK
@given(
    st.integers(2, 9),
    epsilons,
    st.sampled_from(["all", "others"]),
    st.sampled_from(["class", "target", "row"]),
    st.data(),
)
def test_the_floor_of_a_class_is_the_floor_of_a_row_with_its_label(
    classes: int, epsilon: float, spread: Any, weighting: Any, data: st.DataObject
) -> None:
    prior = data.draw(st.none() | class_values(classes, 1e-6))
    weights = data.draw(st.none() | class_values(classes, 1e-6))
    excluded = data.draw(st.lists(st.integers(0, classes - 1), max_size=classes - 2, unique=True))
    if weights is not None and data.draw(st.booleans()):
        weights[data.draw(st.integers(0, classes - 1))] = 0.0
    where = build_spread(spread, classes, prior, excluded)
    loss = Loss("softmax", where, "logits", Weights(weights, weighting))
    legal = [label for label in range(classes) if label not in excluded]
    rows = loss.floors(Labels.hard(np.array(legal)), epsilon)
    np.testing.assert_allclose(loss.class_floors(epsilon)[legal], rows, rtol=1e-9, atol=1e-12)
    # and of what the definition gives: Σ a·log(S/a)
    ones = np.ones(classes)
    hard = ones if weights is None or weighting == "row" else weights
    smooth = weights if weights is not None and weighting == "class" else ones
    share = ones.copy() if prior is None else prior.copy()
    share[excluded] = 0
    for label, floor in zip(legal, rows, strict=True):
        mass = share.copy()
        if spread == "others":
            mass[label] = 0
        a = smooth * epsilon * mass / mass.sum()
        a[label] += (1 - epsilon) * hard[label]
        a = a[a > 0]
        wanted = float((a * np.log(a.sum() / a)).sum())
        if weights is not None and weighting == "row":
            wanted *= weights[label]
        assert floor == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("spread", ["all", "others"])
@pytest.mark.parametrize("smallest", [1e-17, 1e-9])
def test_the_floors_of_classes_keep_their_digits_beside_a_tiny_share(spread: Any, smallest: float) -> None:
    prior = np.array([1.0, smallest, 1.0, 1e9])
    loss = Loss("softmax", build_spread(spread, 4, prior), "logits")
    rows = loss.floors(Labels.hard(np.arange(4)), 0.1)
    np.testing.assert_allclose(loss.class_floors(0.1), rows, rtol=1e-12, atol=1e-18)


def test_a_target_that_is_all_but_0_has_a_finite_floor(work: Work) -> None:
    # the softmax of a sure teacher in float64 holds such numbers
    np.save("z.npy", np.zeros((1, 2)))
    np.save("y.npy", np.array([[1.0, 5e-324]]))
    found = facts(work)
    assert found["floor"] == pytest.approx(0, abs=1e-300)
    assert found["excess"] == near(np.log(2))
