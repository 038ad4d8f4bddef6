"""Sums, sizes and order of targets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kits.drawn import RULES, Array, bits, epsilons, hard_labels, soft_labels

import lsmooth
from lsmooth.errors import LsmoothWarning
from lsmooth.smoothing import Rule

pytestmark = pytest.mark.filterwarnings("ignore::lsmooth.errors.LsmoothWarning")
QUICK = settings(max_examples=40, deadline=None)
SHARED: list[Rule] = ["all", "others"]


@st.composite
def priors(draw: st.DrawFn, classes: int) -> Array:
    """Weights of K classes, all above 0."""
    weight = st.floats(0.001, 1000)
    return np.array(draw(st.lists(weight, min_size=classes, max_size=classes)))


def one_hot(labels: Array, classes: int) -> Array:
    """The rows of class indices."""
    return np.asarray(np.eye(classes)[labels])


# Sums, sizes, order


@QUICK
@given(hard_labels(), epsilons, st.sampled_from(SHARED), st.data())
def test_rows_of_hard_labels_sum_to_1(
    hard: tuple[Array, int], epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    labels, classes = hard
    prior = data.draw(st.none() | priors(classes))
    targets = lsmooth.smooth(labels, epsilon, classes, rule, prior=prior)
    assert targets.shape == (len(labels), classes)
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert ((targets >= 0) & (targets <= 1)).all()


@QUICK
@given(soft_labels(), epsilons, st.sampled_from(SHARED), st.data())
def test_rows_of_soft_labels_sum_to_1(rows: Array, epsilon: float, rule: Rule, data: st.DataObject) -> None:
    prior = data.draw(st.none() | priors(rows.shape[1]))
    targets = lsmooth.smooth(rows, epsilon, spread=rule, prior=prior)
    assert targets.shape == rows.shape
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert ((targets >= 0) & (targets <= 1 + 1e-15)).all()


@QUICK
@given(hard_labels(least=4), epsilons, st.sampled_from(SHARED), st.data())
def test_rows_sum_to_1_without_the_excluded_classes(
    hard: tuple[Array, int], epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    labels, classes = hard
    free = sorted(set(range(classes)) - set(labels.tolist()))
    assume(free)
    excluded = data.draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
    assume(classes - len(excluded) >= 2)
    prior = data.draw(st.none() | priors(classes))
    targets = lsmooth.smooth(labels, epsilon, classes, rule, prior=prior, exclude=excluded)
    assert (targets[:, excluded] == 0).all()
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=0, atol=1e-12)


@QUICK
@given(hard_labels(), epsilons)
def test_labels_on_their_own_sum_to_what_their_formula_says(hard: tuple[Array, int], epsilon: float) -> None:
    labels, classes = hard
    half = lsmooth.smooth(labels, epsilon, classes, "half").sum(axis=1)
    np.testing.assert_allclose(half, 1 - epsilon + classes * epsilon / 2, rtol=0, atol=1e-12)
    flip = lsmooth.smooth(labels, epsilon, classes, "flip").sum(axis=1)
    np.testing.assert_allclose(flip, 1 - 2 * epsilon + classes * epsilon, rtol=0, atol=1e-12)


@QUICK
@given(hard_labels(), st.floats(0, 0.999), st.sampled_from(RULES))
def test_the_argmax_of_hard_labels_is_kept(hard: tuple[Array, int], share: float, rule: Rule) -> None:
    labels, classes = hard
    most = {"all": 1.0, "half": 1.0, "others": (classes - 1) / classes, "flip": 0.5}[rule]
    targets = lsmooth.smooth(labels, share * most, classes, rule)
    rows = np.arange(len(labels))
    on = targets[rows, labels].copy()
    targets[rows, labels] = -1
    assert (on > targets.max(axis=1)).all()


@QUICK
@given(hard_labels(), st.floats(1.01, 2), st.sampled_from(["others", "flip"]))
def test_the_argmax_is_lost_beyond_the_limit(hard: tuple[Array, int], excess: float, rule: Rule) -> None:
    labels, classes = hard
    epsilon = {"others": (classes - 1) / classes, "flip": 0.5}[rule] * excess
    assume(epsilon <= 1)
    with pytest.warns(LsmoothWarning):
        targets = lsmooth.smooth(labels, epsilon, classes, rule)
    assert (targets.argmax(axis=1) != labels).all()


@QUICK
@given(hard_labels(), st.sampled_from(RULES), st.data())
def test_epsilon_0_gives_hard_labels_back_bit_for_bit(
    hard: tuple[Array, int], rule: Rule, data: st.DataObject
) -> None:
    labels, classes = hard
    prior = data.draw(st.none() | priors(classes)) if rule in SHARED else None
    targets = lsmooth.smooth(labels, 0, classes, rule, prior=prior)
    assert bits(targets) == bits(one_hot(labels, classes))


@QUICK
@given(soft_labels(), st.sampled_from(RULES), st.data())
def test_epsilon_0_gives_soft_labels_back_bit_for_bit(rows: Array, rule: Rule, data: st.DataObject) -> None:
    prior = data.draw(st.none() | priors(rows.shape[1])) if rule in SHARED else None
    assert bits(lsmooth.smooth(rows, 0, spread=rule, prior=prior)) == bits(rows)


@QUICK
@given(hard_labels(), st.data())
def test_epsilon_1_gives_the_spread(hard: tuple[Array, int], data: st.DataObject) -> None:
    labels, classes = hard
    assert (lsmooth.smooth(labels, 1, classes) == 1 / classes).all()
    prior = data.draw(priors(classes))
    targets = lsmooth.smooth(labels, 1, classes, prior=prior)
    np.testing.assert_allclose(targets, np.tile(prior / prior.sum(), (len(labels), 1)), rtol=1e-12)


@QUICK
@given(soft_labels(), epsilons, epsilons, st.floats(0, 1), st.sampled_from(RULES), st.data())
def test_targets_are_affine_in_epsilon(
    rows: Array, low: float, high: float, share: float, rule: Rule, data: st.DataObject
) -> None:
    prior = data.draw(st.none() | priors(rows.shape[1])) if rule in SHARED else None
    at = [
        lsmooth.smooth(rows, epsilon, spread=rule, prior=prior)
        for epsilon in (low, min(1.0, low * (1 - share) + high * share), high)
    ]
    np.testing.assert_allclose(at[1], (1 - share) * at[0] + share * at[2], rtol=0, atol=1e-12)


@QUICK
@given(hard_labels(), epsilons, st.sampled_from(RULES), st.data())
def test_a_permutation_of_the_classes_permutes_the_targets(
    hard: tuple[Array, int], epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    labels, classes = hard
    new_place = np.array(data.draw(st.permutations(range(classes))))
    prior = data.draw(st.none() | priors(classes)) if rule in SHARED else None
    moved_prior = None
    if prior is not None:
        moved_prior = np.empty(classes)
        moved_prior[new_place] = prior
    targets = lsmooth.smooth(labels, epsilon, classes, rule, prior=prior)
    moved = lsmooth.smooth(new_place[labels], epsilon, classes, rule, prior=moved_prior)
    assert bits(moved[:, new_place]) == bits(targets)


@QUICK
@given(soft_labels(), epsilons, st.sampled_from(RULES), st.data())
def test_a_permutation_of_the_columns_of_soft_rows_permutes_the_targets(
    rows: Array, epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    order = np.array(data.draw(st.permutations(range(rows.shape[1]))))
    targets = lsmooth.smooth(rows, epsilon, spread=rule)
    moved = lsmooth.smooth(np.ascontiguousarray(rows[:, order]), epsilon, spread=rule)
    assert bits(moved) == bits(np.ascontiguousarray(targets[:, order]))


@QUICK
@given(soft_labels(), epsilons, st.sampled_from(RULES), st.data())
def test_a_permutation_of_the_rows_permutes_the_targets(
    rows: Array, epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    order = np.array(data.draw(st.permutations(range(len(rows)))))
    prior = data.draw(st.none() | priors(rows.shape[1])) if rule in SHARED else None
    targets = lsmooth.smooth(rows, epsilon, spread=rule, prior=prior)
    moved = lsmooth.smooth(rows[order], epsilon, spread=rule, prior=prior)
    assert bits(moved) == bits(targets[order])


@QUICK
@given(hard_labels(), epsilons, st.sampled_from(RULES))
def test_one_hot_rows_give_the_bits_of_indices(hard: tuple[Array, int], epsilon: float, rule: Rule) -> None:
    labels, classes = hard
    by_index = lsmooth.smooth(labels, epsilon, classes, rule)
    assert bits(lsmooth.smooth(one_hot(labels, classes), epsilon, spread=rule)) == bits(by_index)
    as_ints = one_hot(labels, classes).astype(np.uint8)
    assert bits(lsmooth.smooth(as_ints, epsilon, spread=rule)) == bits(by_index)


@QUICK
@given(hard_labels(), epsilons, st.sampled_from(SHARED), st.data())
def test_one_hot_rows_with_a_prior_give_the_numbers_of_indices(
    hard: tuple[Array, int], epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    labels, classes = hard
    prior = data.draw(priors(classes))
    by_index = lsmooth.smooth(labels, epsilon, classes, rule, prior=prior)
    by_row = lsmooth.smooth(one_hot(labels, classes), epsilon, spread=rule, prior=prior)
    np.testing.assert_allclose(by_row, by_index, rtol=1e-12, atol=1e-15)


@QUICK
@given(soft_labels(), epsilons, st.sampled_from(SHARED), st.data())
def test_a_soft_row_is_the_mixture_of_the_targets_of_its_classes(
    rows: Array, epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    classes = rows.shape[1]
    prior = data.draw(st.none() | priors(classes))
    matrix = lsmooth.smooth(range(classes), epsilon, classes, rule, prior=prior)
    targets = lsmooth.smooth(rows, epsilon, spread=rule, prior=prior)
    # `others` divides by what a prior leaves to them, the digits of which are lost beside a share near 1
    left = 1.0 if prior is None else 1 - prior.max() / prior.sum()
    np.testing.assert_allclose(targets, rows @ matrix, rtol=0, atol=max(1e-12, 1e-15 / left))


@QUICK
@given(soft_labels(), epsilons, epsilons, st.data())
def test_smoothing_twice_is_smoothing_once_by_1_minus_the_product(
    rows: Array, first: float, second: float, data: st.DataObject
) -> None:
    prior = data.draw(st.none() | priors(rows.shape[1]))
    twice = lsmooth.smooth(lsmooth.smooth(rows, first, prior=prior), second, prior=prior)
    once = lsmooth.smooth(rows, 1 - (1 - first) * (1 - second), prior=prior)
    np.testing.assert_allclose(twice, once, rtol=0, atol=1e-12)


def test_smoothing_by_a_tenth_and_then_a_fifth_is_smoothing_by_28_hundredths() -> None:
    rows = np.eye(7)
    twice = lsmooth.smooth(lsmooth.smooth(rows, 0.1), 0.2)
    np.testing.assert_allclose(twice, lsmooth.smooth(rows, 0.28), rtol=0, atol=2e-16)


@QUICK
@given(soft_labels(), st.floats(0, 0.9))
def test_the_inverse_formula_gives_the_labels_back(rows: Array, epsilon: float) -> None:
    # smoothing by -ε/(1-ε) undoes smoothing by ε
    inverse = -epsilon / (1 - epsilon)
    targets = lsmooth.smooth(rows, epsilon)
    back = targets * (1 - inverse) + inverse / rows.shape[1]
    np.testing.assert_allclose(back, rows, rtol=0, atol=1e-12)


@QUICK
@given(hard_labels(least=3), st.floats(0, 1))
def test_all_is_others_with_epsilon_less_by_the_share_of_the_true_class(
    hard: tuple[Array, int], epsilon: float
) -> None:
    # ε of `all` is ε of `others` times K/(K-1)
    labels, classes = hard
    by_all = lsmooth.smooth(labels, epsilon, classes, "all")
    by_others = lsmooth.smooth(labels, epsilon * (classes - 1) / classes, classes, "others")
    np.testing.assert_allclose(by_all, by_others, rtol=0, atol=1e-12)


@QUICK
@given(st.lists(st.integers(0, 1), min_size=1, max_size=9), epsilons)
def test_two_classes_make_half_of_all_and_flip_of_others(labels: list[int], epsilon: float) -> None:
    def smooth(rule: Rule) -> Array:
        return lsmooth.smooth(labels, epsilon, 2, rule)

    assert bits(smooth("half")) == bits(smooth("all"))
    np.testing.assert_allclose(smooth("flip"), smooth("others"), rtol=0, atol=1e-15)
    np.testing.assert_allclose(smooth("flip"), lsmooth.smooth(labels, epsilon, 2, "flip"))


@QUICK
@given(hard_labels(), epsilons, st.sampled_from(RULES), st.data())
def test_ignored_rows_change_no_other_row(
    hard: tuple[Array, int], epsilon: float, rule: Rule, data: st.DataObject
) -> None:
    labels, classes = hard
    hidden = np.array(data.draw(st.lists(st.booleans(), min_size=len(labels), max_size=len(labels))))
    masked = np.where(hidden, -100, labels)
    targets = lsmooth.smooth(labels, epsilon, classes, rule)
    with_zeros = lsmooth.smooth(masked, epsilon, classes, rule, ignore=[-100])
    assert bits(with_zeros[~hidden]) == bits(targets[~hidden])
    assert (with_zeros[hidden] == 0).all()
    dropped = lsmooth.smooth(masked, epsilon, classes, rule, ignore=[-100], ignored="drop")
    assert bits(dropped) == bits(targets[~hidden])


@QUICK
@given(soft_labels(), epsilons, st.sampled_from(RULES))
def test_a_smaller_dtype_is_the_double_cast_once(rows: Array, epsilon: float, rule: Rule) -> None:
    targets = lsmooth.smooth(rows, epsilon, spread=rule)
    for dtype in (np.float32, np.float16):
        cast = lsmooth.smooth(rows, epsilon, spread=rule, dtype=dtype)
        assert bits(cast) == bits(targets.astype(dtype))
