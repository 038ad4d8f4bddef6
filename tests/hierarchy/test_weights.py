"""Weights by distance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from kits.trees import LEAVES, Array, close_to, every, soft, targets, tree_t

from lsmooth.errors import LsmoothError
from lsmooth.smoothing.hierarchy import DISTANCES, Distance, Hierarchy, Tree
from lsmooth.smoothing.rows import Ordinal, similarity

NODES = [*LEAVES, "animal", "vehicle", "land"]

#: The coarse class of each fine class of CIFAR-100, as its labels have it.
CIFAR_100 = [
    *[4, 1, 14, 8, 0, 6, 7, 7, 18, 3, 3, 14, 9, 18, 7, 11, 3, 9, 7, 11, 6, 11, 5, 10, 7],
    *[6, 13, 15, 3, 15, 0, 11, 1, 10, 12, 14, 16, 9, 11, 5, 5, 19, 8, 8, 15, 13, 14, 17, 18, 10],
    *[16, 4, 17, 4, 2, 0, 17, 4, 18, 17, 10, 3, 2, 12, 12, 16, 12, 1, 9, 19, 2, 10, 0, 1, 16],
    *[12, 9, 13, 15, 13, 16, 19, 2, 4, 6, 19, 5, 5, 8, 19, 18, 1, 2, 15, 6, 0, 17, 8, 14, 13],
]
distances = pytest.mark.parametrize("distance", DISTANCES)


def flat(classes: int) -> Tree:
    names = [f"c{k}" for k in range(classes)]
    return Tree.from_edges([("all", name) for name in names], names)


# Weights


def test_soft_labels_by_height() -> None:
    rows = soft(Hierarchy(tree_t(), 4.0, "height", others=False))
    close_to(rows[0], [0.7480216546, 0.1971763674, *[0.0137004945] * 4])
    close_to(rows[2], [*[0.0131954438] * 2, 0.7204468180, 0.1899077194, 0.0500591313, 0.0131954438])
    close_to(rows[4], [*[0.0153408383] * 2, *[0.0581980459] * 2, 0.8375813932, 0.0153408383])
    close_to(rows[5], [*[0.0167790443] * 5, 0.9161047785])
    rows = soft(Hierarchy(tree_t(), 10.0, "height", others=False))
    close_to(rows[0], [0.9653855293, 0.0344391570, *[0.0000438284] * 4])


def test_soft_labels_by_depth() -> None:
    rows = soft(Hierarchy(tree_t(), 4.0, "depth", others=False))
    close_to(rows[0], [0.8750850968, 0.0608039326, *[0.0160277426] * 4])
    by_height = soft(Hierarchy(tree_t(), 4.0, "height", others=False))
    assert (rows[2:] == by_height[2:]).all()
    rows = soft(Hierarchy(tree_t(), 10.0, "depth", others=False))
    close_to(rows[0], [0.9985478782, 0.0012707858, *[0.0000453340] * 4])


def test_the_share_of_others() -> None:
    rows = targets(Hierarchy(tree_t(), 4.0, "height", others=True), 0.1, others=True)
    close_to(rows[0], [0.9, 0.0782513144, *[0.0054371714] * 4])
    close_to(rows[2], [*[0.0047201909] * 2, 0.9, 0.0679325909, 0.0179068365, 0.0047201909])
    close_to(rows[4], [*[0.0094452468] * 2, *[0.0358321297] * 2, 0.9, 0.0094452468])
    close_to(rows[5], [*[0.02] * 5, 0.9])


def test_the_share_of_all() -> None:
    rows = targets(Hierarchy(tree_t(), 4.0, "height", others=False), 0.1, others=False)
    close_to(rows[0], [0.9748021655, 0.0197176367, *[0.0013700495] * 4])


CIFAR_NUMBERS = {
    4.0: (0.30475476921621253, 0.04124407300958466, 0.005581778302583672),
    5.0: (0.5080152204511637, 0.04170042867165341, 0.0034229796301286602),
    10.0: (0.9696830708369145, 0.006533673137209569, 4.402354330786654e-05),
}


def cifar() -> Tree:
    fine = [f"fine{k}" for k in range(100)]
    return Tree.from_edges([(f"coarse{c}", name) for c, name in zip(CIFAR_100, fine, strict=True)], fine)


def same_coarse(fine: int) -> Array:
    siblings: Array = np.array(CIFAR_100) == CIFAR_100[fine]
    siblings[fine] = False
    return siblings


@pytest.mark.parametrize("beta", CIFAR_NUMBERS)
@pytest.mark.parametrize("distance", ["height", "depth"])
def test_cifar_100_has_a_closed_form(beta: float, distance: Distance) -> None:
    assert cifar().joined == 20
    true, sibling, other = CIFAR_NUMBERS[beta]
    rows = soft(Hierarchy(cifar(), beta, distance, others=False))
    for fine in range(100):
        expected = np.where(same_coarse(fine), sibling, other)
        expected[fine] = true
        np.testing.assert_allclose(rows[fine], expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("beta", "true"), [(15.0, 0.9977636144295554), (20.0, 0.999818237514963), (30.0, 0.9999987763833256)]
)
def test_cifar_100_with_a_steep_fall(beta: float, true: float) -> None:
    rows = soft(Hierarchy(cifar(), beta, "height", others=False))
    np.testing.assert_allclose(rows.diagonal(), true, rtol=1e-13)


def test_cifar_100_with_others() -> None:
    rows = targets(Hierarchy(cifar(), 4.0, "height", others=True), 0.1, others=True)
    np.testing.assert_allclose(rows[7][same_coarse(7)], 0.005932305779802041, rtol=1e-13)
    np.testing.assert_allclose(rows[7][np.flatnonzero(np.array(CIFAR_100) != 7)], 0.0008028502829557036)


def test_levels_give_the_tree_that_edges_give() -> None:
    fine = [f"fine{k}" for k in range(100)]
    levels = Tree.from_levels([(f"c{c}", f) for c, f in zip(CIFAR_100, fine, strict=True)], fine)
    assert levels.joined == 20
    assert (levels.distances(np.arange(100), "path") == cifar().distances(np.arange(100), "path")).all()


def test_a_flat_tree_has_the_smoothing_that_one_epsilon_gives() -> None:
    """q_true = 1/(1+(K-1)e^-β), so β = ln((K-1)(1-ε)/ε) is ε with `others`."""
    beta = 3.8066624897703196
    assert np.log(5 * 0.9 / 0.1) == pytest.approx(beta, rel=1e-15)
    close_to(soft(Hierarchy(flat(6), beta, "height", others=False)).diagonal(), 0.9, 1e-15)


@distances
@pytest.mark.parametrize("beta", [0.0, 0.3, 4.0, 1e6, 1e308])
def test_a_flat_tree_with_others_is_uniform_for_any_beta(distance: Distance, beta: float) -> None:
    assert (every(Hierarchy(flat(5), beta, distance, others=True)) == 1 - np.eye(5)).all()


@distances
def test_beta_0_is_uniform(distance: Distance) -> None:
    assert (every(Hierarchy(tree_t(), 0.0, distance, others=False)) == 1).all()


@distances
@pytest.mark.parametrize("beta", [1e6, 1e308])
def test_a_huge_beta_puts_all_on_the_nearest(distance: Distance, beta: float) -> None:
    with np.errstate(all="raise", under="ignore"):
        hot = every(Hierarchy(tree_t(), beta, distance, others=False))
        rows = every(Hierarchy(tree_t(), beta, distance, others=True))
    assert (hot == np.eye(6)).all()
    assert rows[0].tolist() == [0, 1, 0, 0, 0, 0]
    assert rows[4].tolist() == [0, 0, 1, 1, 0, int(distance == "path")]


def test_an_excluded_class_is_not_the_nearest() -> None:
    hierarchy = Hierarchy(tree_t(), 1e6, "height", others=True, excluded=(1,))
    assert hierarchy.rows(np.array([0])).tolist() == [[0, 0, 1, 1, 1, 1]]


def test_families_of_one_and_two_and_a_single_family_have_somewhere_to_send_their_mass() -> None:
    edges = [("r", "one"), ("r", "two"), ("r", "three"), ("one", "a"), ("two", "b"), ("two", "c")]
    edges += [("three", "d"), ("three", "e"), ("three", "f")]
    for classes in (list("abcdef"), list("de"), list("bc"), list("ab")):
        tree = Tree.from_edges(edges, classes)
        for others in (True, False):
            rows = targets(Hierarchy(tree, 4.0, "height", others=others), 0.1, others=others)
            close_to(rows.sum(axis=1), 1, 1e-15)


def test_one_class_is_at_no_distance() -> None:
    tree = Tree.from_edges([("r", "a")], ["a"])
    assert every(Hierarchy(tree, 4.0, "path", others=False)).tolist() == [[1]]
    assert every(Hierarchy(tree, 4.0, "path", others=True)).tolist() == [[0]]


def test_labels_may_repeat_and_be_of_any_integer_type() -> None:
    for weights in (
        Hierarchy(tree_t(), 4.0, "height", others=True),
        Ordinal(6, 0.3),
        similarity(np.eye(6), 6),
    ):
        expected = every(weights)[[5, 0, 5, 2]]
        for dtype in (np.uint8, np.int16, np.uint64, np.int64):
            rows = weights.rows(np.array([5, 0, 5, 2], dtype=dtype))
            assert rows.dtype == np.float64
            assert (rows == expected).all()
        rows[:] = 7  # the caller's own
        assert (weights.rows(np.array([5, 0, 5, 2])) == expected).all()
        assert weights.rows(np.array([], dtype=np.int64)).shape == (0, 6)


@pytest.mark.parametrize("beta", [-1.0, float("nan"), float("inf")])
def test_beta_is_at_least_0_and_finite(beta: float) -> None:
    with pytest.raises(LsmoothError, match=r"--beta is `.*`, wanted a number of at least 0"):
        Hierarchy(tree_t(), beta, "height", others=False)


def test_an_unknown_distance_is_refused() -> None:
    with pytest.raises(LsmoothError, match="--distance is `width`"):
        Hierarchy(tree_t(), 4.0, "width", others=False)  # type: ignore[arg-type]


# Multilabel rows


def binary(hierarchy: Hierarchy, names: Sequence[str], positives: Sequence[str], epsilon: float) -> Array:
    x = np.isin(names, positives).astype(np.float64)[None]
    x = hierarchy.close(x)
    target: Array = (1 - epsilon) * x[0] + epsilon * hierarchy.multilabel(x)[0]
    return target


def test_multilabel_numbers() -> None:
    hierarchy = Hierarchy(tree_t(NODES), 4.0, "height", others=False)
    given = dict(zip(NODES, binary(hierarchy, NODES, ["car"], 0.1), strict=True))
    far = 0.00347417
    expected = {"vehicle": 0.95, "land": 0.95, "car": 0.95, "truck": 0.05, "boat": 0.01317986}
    expected |= dict.fromkeys(["animal", "cat", "dog", "plant"], far)
    close_to([given[name] for name in expected], list(expected.values()), 1e-8)
    given = dict(zip(NODES, binary(hierarchy, NODES, ["car", "cat"], 0.1), strict=True))
    expected = {"animal": 0.95, "cat": 0.95, "vehicle": 0.95, "land": 0.95, "car": 0.95}
    expected |= {"dog": 0.05, "truck": 0.05, "plant": far, "boat": 0.01317986}
    close_to([given[name] for name in expected], list(expected.values()), 1e-8)


def test_rows_without_positives_and_without_negatives_are_half() -> None:
    for distance in DISTANCES:
        hierarchy = Hierarchy(tree_t(NODES), 4.0, distance, others=False)
        assert (hierarchy.multilabel(np.array([[0.0] * 9, [1.0] * 9])) == 0.5).all()


@distances
def test_flat_trees_and_beta_0_are_half(distance: Distance) -> None:
    x = np.array([[0.0, 1, 0, 0, 1, 0]])
    assert (Hierarchy(flat(6), 4.0, distance, others=False).multilabel(x) == 0.5).all()
    assert (Hierarchy(tree_t(), 0.0, distance, others=False).multilabel(x) == 0.5).all()


def test_an_excluded_label_gets_no_mass() -> None:
    hierarchy = Hierarchy(tree_t(), 1e6, "height", others=False, excluded=(1,))
    assert hierarchy.multilabel(np.array([[1.0, 0, 0, 0, 0, 0]])).tolist() == [[0.5, 0, *[0.5] * 4]]


def test_closing_raises_ancestors_to_the_largest_below() -> None:
    hierarchy = Hierarchy(tree_t(NODES), 4.0, "height", others=False)
    x = np.zeros((2, 9))
    x[0, [0, 2]] = 0.3, 0.6
    closed = dict(zip(NODES, hierarchy.close(x)[0], strict=True))
    assert closed == {"cat": 0.3, "animal": 0.3, "car": 0.6, "land": 0.6, "vehicle": 0.6} | dict.fromkeys(
        ["dog", "truck", "boat", "plant"], 0.0
    )
    assert not hierarchy.close(x)[1].any()
    assert x[0, 6:].tolist() == [0, 0, 0]
