"""Trees of classes, the order of classes, similarity: distances, weights, the files they come from.

Worked numbers without a source beside them were computed from the formula by hand for the tree T below.
"""

from __future__ import annotations

import bz2
import gzip
import itertools
import lzma
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from lsmooth.errors import LsmoothError
from lsmooth.files.trees import read_matrix, read_tree
from lsmooth.smoothing.hierarchy import DISTANCES, Distance, Hierarchy, Tree
from lsmooth.smoothing.rows import Matrix, Ordinal, RowWeights, similarity

Array = NDArray[Any]

T = [
    *[("root", "animal"), ("root", "vehicle"), ("root", "plant"), ("animal", "cat"), ("animal", "dog")],
    *[("vehicle", "land"), ("vehicle", "boat"), ("land", "car"), ("land", "truck")],
]
LEAVES = ["cat", "dog", "car", "truck", "boat", "plant"]
NODES = [*LEAVES, "animal", "vehicle", "land"]

#: The coarse class of each fine class of CIFAR-100, as its labels have it.
CIFAR_100 = [
    *[4, 1, 14, 8, 0, 6, 7, 7, 18, 3, 3, 14, 9, 18, 7, 11, 3, 9, 7, 11, 6, 11, 5, 10, 7],
    *[6, 13, 15, 3, 15, 0, 11, 1, 10, 12, 14, 16, 9, 11, 5, 5, 19, 8, 8, 15, 13, 14, 17, 18, 10],
    *[16, 4, 17, 4, 2, 0, 17, 4, 18, 17, 10, 3, 2, 12, 12, 16, 12, 1, 9, 19, 2, 10, 0, 1, 16],
    *[12, 9, 13, 15, 13, 16, 19, 2, 4, 6, 19, 5, 5, 8, 19, 18, 1, 2, 15, 6, 0, 17, 8, 14, 13],
]

distances = pytest.mark.parametrize("distance", DISTANCES)


def tree_t(classes: Sequence[str] = LEAVES) -> Tree:
    return Tree.from_edges(T, classes)


def flat(classes: int) -> Tree:
    names = [f"c{k}" for k in range(classes)]
    return Tree.from_edges([("all", name) for name in names], names)


def every(weights: RowWeights) -> Array:
    return weights.rows(np.arange(weights.classes))


def soft(weights: RowWeights) -> Array:
    """The soft labels of Bertinetto et al.: ε = 1 over `all`."""
    rows = every(weights)
    return np.asarray(rows / rows.sum(axis=1, keepdims=True))


def targets(weights: RowWeights, epsilon: float, *, others: bool) -> Array:
    """(1-ε)·e_y + ε·w_y / W_y, by the formula."""
    rows = every(weights)
    if others:
        np.fill_diagonal(rows, 0)
    return np.asarray((1 - epsilon) * np.eye(len(rows)) + epsilon * rows / rows.sum(axis=1, keepdims=True))


def close_to(
    actual: Array | list[float], expected: Array | list[float] | float, within: float = 1e-10
) -> None:
    np.testing.assert_allclose(actual, expected, rtol=0, atol=within)


# Distances


def table(pairs: dict[str, int], otherwise: int | None = None) -> Array:
    """A symmetric table over LEAVES from `cat-dog` and the like."""
    values = np.full((6, 6), -1 if otherwise is None else otherwise)
    np.fill_diagonal(values, 0)
    for pair, value in pairs.items():
        a, b = (LEAVES.index(name) for name in pair.split("-"))
        values[a, b] = values[b, a] = value
    return values


def test_height_of_the_lowest_common_ancestor() -> None:
    expected = table({"cat-dog": 1, "car-truck": 1, "car-boat": 2, "truck-boat": 2}, otherwise=3)
    assert (tree_t().distances(np.arange(6), "height") == expected).all()


def test_depth_of_the_lowest_common_ancestor_taken_from_that_of_the_deepest_leaf() -> None:
    expected = table({"cat-dog": 2, "car-truck": 1, "car-boat": 2, "truck-boat": 2}, otherwise=3)
    assert (tree_t().distances(np.arange(6), "depth") == expected).all()


def test_edges_between() -> None:
    land = {"car-truck": 2, "car-boat": 3, "truck-boat": 3, "cat-car": 5, "cat-truck": 5, "cat-boat": 4}
    rest = {"cat-dog": 2, "dog-car": 5, "dog-truck": 5, "dog-boat": 4, "cat-plant": 3, "dog-plant": 3}
    plant = {"car-plant": 4, "truck-plant": 4, "boat-plant": 3}
    assert (tree_t().distances(np.arange(6), "path") == table(land | rest | plant)).all()


def test_an_ancestor_is_itself_the_lowest_common_one() -> None:
    tree = tree_t(["vehicle", "car", "boat", "root"])
    assert tree.distances(np.array([0, 3]), "height").tolist() == [[0, 2, 2, 3], [3, 3, 3, 0]]
    assert tree.distances(np.array([0, 3]), "path").tolist() == [[0, 2, 1, 1], [1, 3, 2, 0]]


def test_by_depth_the_parent_of_an_ancestor_counts_and_the_root_is_its_own() -> None:
    """The published distances: D - depth(parent(LCA)) where one is an ancestor of the other."""
    tree = tree_t(["vehicle", "land", "car", "root"])
    assert tree.distances(np.array([0, 1, 3]), "depth").tolist() == [[0, 3, 3, 3], [3, 0, 2, 3], [3, 3, 3, 0]]


def test_siblings_at_depth_six_of_twelve_are_far_by_depth_and_near_by_height() -> None:
    """Issue 9 of making-better-mistakes: two siblings under a node at depth 5 are 7 = 12 - 5 in its file."""
    spine = [(f"n{level}", f"n{level + 1}") for level in range(12)]
    tree = Tree.from_edges([*spine, ("n5", "a"), ("n5", "b")], ["a", "b", "n12"])
    assert tree.distances(np.array([0]), "depth").tolist() == [[0, 7, 7]]
    assert tree.distances(np.array([0]), "height").tolist() == [[0, 7, 7]]
    tree = Tree.from_edges([*spine, ("n5", "c"), ("c", "a"), ("c", "b")], ["a", "b", "n12"])
    assert tree.distances(np.array([0]), "depth").tolist() == [[0, 6, 7]]
    assert tree.distances(np.array([0]), "height").tolist() == [[0, 1, 7]]


def test_height_is_depth_where_all_leaves_are_at_one_depth() -> None:
    edges = [("r", "a"), ("r", "b"), ("a", "c"), ("a", "d"), ("b", "e")]
    edges += [(parent, f"{parent}{k}") for parent in "cde" for k in range(3)]
    tree = Tree.from_edges(edges, [f"{parent}{k}" for parent in "cde" for k in range(3)])
    assert (tree.distances(np.arange(9), "height") == tree.distances(np.arange(9), "depth")).all()


def test_nodes_without_a_class_count_for_heights() -> None:
    tree = Tree.from_edges([("r", "a"), ("r", "b"), ("b", "x"), ("x", "y")], ["a", "b"])
    assert tree.distances(np.array([0]), "height").tolist() == [[0, 3]]
    assert Hierarchy(tree, 1.0, "height", others=False).largest == 3


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


# Any tree, against the definition pair by pair


@dataclass(frozen=True)
class Forest:
    """A random forest: the parent of each node (None for a root), and the nodes that are classes."""

    parents: list[int | None]
    classes: list[int]

    def lineage(self, node: int | None) -> list[int | None]:
        """The node and its ancestors up to the root of all, None."""
        line = [node]
        while line[-1] is not None:
            line.append(self.parents[line[-1]])
        single = sum(parent is None for parent in self.parents) == 1
        return line[:-1] if single else line

    def height(self, node: int | None) -> int:
        lines = [self.lineage(other) for other in range(len(self.parents))]
        return max(line.index(node) for line in lines if node in line)

    def distance(self, a: int, b: int, kind: Distance) -> int:
        first, second = self.lineage(a), self.lineage(b)
        common = next(node for node in first if node in second)
        if a == b:
            return 0
        if kind == "path":
            return first.index(common) + second.index(common)
        if kind == "height":
            return self.height(common)
        deepest = max(len(self.lineage(node)) for node in range(len(self.parents))) - 1
        up = self.lineage(common)
        return deepest - (len(up) - 1 - int(common in (a, b) and len(up) > 1))

    def table(self, kind: Distance) -> Array:
        return np.array([[self.distance(a, b, kind) for b in self.classes] for a in self.classes])

    def tree(self) -> Tree:
        edges = [(f"n{parent}", f"n{node}") for node, parent in enumerate(self.parents) if parent is not None]
        return Tree.from_edges(edges, [f"n{node}" for node in self.classes])

    def closed(self, x: Array) -> Array:
        rows = x.copy()
        for row in rows:
            for position, node in enumerate(self.classes):
                below = [k for k, other in enumerate(self.classes) if node in self.lineage(other)]
                row[position] = max(row[k] for k in below)
        return rows


@st.composite
def forests(draw: st.DrawFn) -> Forest:
    """Forests whose every node is on an edge, in any order, with some nodes as classes."""
    count = draw(st.integers(2, 14))
    above = [None] + [draw(st.none() | st.integers(0, node - 1)) for node in range(1, count)]
    alone = {node for node in range(count) if above[node] is None} - set(above)
    above = [0 if node in alone and node else parent for node, parent in enumerate(above)]
    if 0 in alone and 0 not in above:
        above[1] = 0
    order = draw(st.permutations(range(count)))
    parents: list[int | None] = [None] * count
    for node, parent in enumerate(above):
        parents[order[node]] = None if parent is None else order[parent]
    classes = draw(st.lists(st.sampled_from(range(count)), min_size=1, unique=True))
    return Forest(parents, classes)


ANY = settings(max_examples=150, deadline=None)


@ANY
@given(forests(), st.sampled_from(DISTANCES))
def test_distances_are_those_of_the_definition(forest: Forest, distance: Distance) -> None:
    tree, expected = forest.tree(), forest.table(distance)
    assert (tree.distances(np.arange(tree.classes), distance) == expected).all()
    assert Hierarchy(tree, 1.0, distance, others=False).largest == max(1, expected.max())
    assert (expected == expected.T).all()


@ANY
@given(forests(), st.sampled_from(DISTANCES), st.floats(0, 50), st.booleans())
def test_weights_are_those_of_the_definition(
    forest: Forest, distance: Distance, beta: float, others: bool
) -> None:
    d = forest.table(distance).astype(np.float64)
    d /= d.max() or 1
    if others:
        np.fill_diagonal(d, np.inf)
    nearest = d.min(axis=1, keepdims=True)
    expected = np.exp(-beta * (d - np.where(np.isinf(nearest), 0, nearest))) if beta else (d < np.inf) * 1.0
    rows = every(Hierarchy(forest.tree(), beta, distance, others))
    np.testing.assert_allclose(rows, expected, rtol=1e-12, atol=1e-300)


@ANY
@given(forests(), st.sampled_from(DISTANCES), st.floats(0, 50), st.data())
def test_multilabel_rows_are_those_of_the_definition(
    forest: Forest, distance: Distance, beta: float, data: st.DataObject
) -> None:
    count = len(forest.classes)
    bits = st.lists(
        st.lists(st.sampled_from([0.0, 1.0]), min_size=count, max_size=count), min_size=1, max_size=3
    )
    x = np.array(data.draw(bits))
    hierarchy = Hierarchy(forest.tree(), beta, distance, others=False)
    closed = hierarchy.close(x)
    assert (closed == forest.closed(x)).all()
    d = forest.table(distance) / hierarchy.largest
    shares = hierarchy.multilabel(closed)
    for row, share in zip(closed, shares, strict=True):
        expected = np.full(count, 0.5)
        positives, negatives = np.flatnonzero(row == 1), np.flatnonzero(row != 1)
        if positives.size and negatives.size:
            delta = d[positives][:, negatives].min(axis=0)
            expected[negatives] = 0.5 * np.exp(-beta * (delta - delta.min()))
        np.testing.assert_allclose(share, expected, rtol=1e-12, atol=1e-300)


@ANY
@given(forests(), st.sampled_from(DISTANCES), st.floats(0, 0.99), st.data())
def test_multilabel_targets_keep_their_labels_and_put_parents_over_children(
    forest: Forest, distance: Distance, epsilon: float, data: st.DataObject
) -> None:
    count = len(forest.classes)
    x = np.array([data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=count, max_size=count))])
    hierarchy = Hierarchy(forest.tree(), 4.0, distance, others=False)
    x = hierarchy.close(x)
    target = (1 - epsilon) * x + epsilon * hierarchy.multilabel(x)
    assert ((target > 0.5) == (x == 1)).all()
    assert (target[x == 0] <= epsilon / 2).all()
    if epsilon == 0:
        assert (target == x).all()
    if distance != "path":
        for child, node in enumerate(forest.classes):
            for parent in set(forest.lineage(node)) & set(forest.classes):
                assert target[0, forest.classes.index(parent or 0)] >= target[0, child]


@ANY
@given(forests(), st.sampled_from(DISTANCES), st.randoms())
def test_a_permutation_of_the_classes_permutes_the_rows(
    forest: Forest, distance: Distance, random: Any
) -> None:
    order = list(range(len(forest.classes)))
    random.shuffle(order)
    other = Forest(forest.parents, [forest.classes[k] for k in order])
    rows = every(Hierarchy(forest.tree(), 4.0, distance, others=True))
    assert (every(Hierarchy(other.tree(), 4.0, distance, others=True)) == rows[order][:, order]).all()


def test_ten_thousand_classes_need_no_matrix() -> None:
    count = 10_000
    names = [f"species{k}" for k in range(count)]
    rows = [("life", f"o{k // 1000}", f"f{k // 100}", f"g{k // 10}", name) for k, name in enumerate(names)]
    tracemalloc.start()
    hierarchy = Hierarchy(Tree.from_levels(rows, names), 4.0, "height", others=True)
    total = np.zeros(count)
    for start in range(0, count, 256):
        total += hierarchy.rows(np.arange(start, min(start + 256, count))).sum(axis=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(total, total[0])  # all are alike, and the weights symmetric
    assert peak < 200e6  # 10,000 x 10,000 doubles would be 800 MB


def test_a_chain_of_thousands_is_no_recursion() -> None:
    names = [f"n{k}" for k in range(3000)]
    tree = Tree.from_edges(list(itertools.pairwise(names)), [names[0], names[-1], names[1500]])
    assert tree.distances(np.array([0]), "path").tolist() == [[0, 2999, 1500]]
    assert tree.close(np.array([[0.0, 1.0, 0.0]])).tolist() == [[1, 1, 1]]


# What is no tree


def test_edges_may_repeat() -> None:
    assert Tree.from_edges([*T, *T], LEAVES).joined == 0


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([("a", "b"), ("r", "c"), ("c", "b")], "node `b` has two parents, `a` and `c`"),
        ([("r", "b"), ("b", "c"), ("x", "y"), ("y", "x")], "node `x` is an ancestor of itself"),
        ([("r", "b"), ("b", "c"), ("c", "c1"), ("q", "q")], "node `q` is an ancestor of itself"),
        ([("b", "c"), ("c", "b")], "node `b` is an ancestor of itself"),
        ([("r", "b")], "class `c` is not in the tree"),
        ([("r", "x")], "2 classes are not in the tree: `b`, `c`"),
        ([], "2 classes are not in the tree: `b`, `c`"),
        ([("r", "b"), ("r", "C")], "class `c` is not in the tree; did you mean `C`?"),
    ],
)
def test_what_is_no_tree_is_told_by_its_node(edges: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(LsmoothError) as refusal:
        Tree.from_edges(edges, ["b", "c"])
    assert str(refusal.value) == message


def test_a_node_below_a_cycle_is_not_blamed() -> None:
    with pytest.raises(LsmoothError, match="node `x` is an ancestor of itself") as refusal:
        Tree.from_edges([("x", "below"), ("y", "x"), ("x", "y"), ("r", "a")], ["a"])
    assert refusal.value.hint == "drop an edge of the cycle: the nodes `y`, `x`"


def test_several_roots_are_joined_and_counted() -> None:
    tree = Tree.from_edges([("a", "x"), ("b", "y"), ("c", "z")], ["x", "y", "z"])
    assert tree.joined == 3
    assert tree.distances(np.array([0]), "path").tolist() == [[0, 4, 4]]
    assert Tree.from_edges(T, LEAVES).joined == 0


def test_inner_names_of_levels_may_repeat_under_different_parents() -> None:
    rows = [("a", "misc", "x"), ("b", "misc", "y"), ("b", "misc", "z"), ("b", "misc", "z")]
    tree = Tree.from_levels(rows, ["x", "y", "z"])
    assert tree.joined == 2
    assert tree.distances(np.array([1]), "height").tolist() == [[3, 0, 1]]


def test_a_class_of_levels_stands_under_one_path() -> None:
    with pytest.raises(
        LsmoothError, match="class `x` stands under two paths, one of them `b`, `misc`"
    ) as refusal:
        Tree.from_levels([("a", "misc", "x"), ("b", "misc", "x")], ["x"])
    assert refusal.value.row == 1


def test_a_class_of_levels_may_be_the_one_inner_node_of_its_name() -> None:
    rows = [("life", "pet", "cat"), ("life", "pet", "dog"), ("life", "misc", "x"), ("dead", "misc", "y")]
    tree = Tree.from_levels(rows, ["pet", "cat", "dog"])
    assert tree.close(np.array([[0.0, 0.0, 1.0]])).tolist() == [[1, 0, 1]]
    with pytest.raises(LsmoothError, match="class `misc` is the name of 2 inner nodes of the tree"):
        Tree.from_levels(rows, ["misc"])
    with pytest.raises(LsmoothError, match="class `cow` is not in the tree"):
        Tree.from_levels(rows, ["cow"])


# The order of the classes


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


# Tree files


def read(path: Path, content: str | bytes, classes: Sequence[str] = LEAVES) -> Tree:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Tree.from_rows(read_tree(str(path), classes).rows, classes)


def is_t(tree: Tree) -> bool:
    expected = tree_t().distances(np.arange(6), "path")
    return tree.joined == 0 and bool((tree.distances(np.arange(6), "path") == expected).all())


def edges(mark: str, *, child_first: bool = False, header: str = "", end: str = "\n") -> str:
    return header + "".join(mark.join(edge[::-1] if child_first else edge) + end for edge in T)


@pytest.mark.parametrize("mark", [",", "\t", " ", "   ", ", "])
@pytest.mark.parametrize("child_first", [False, True])
@pytest.mark.parametrize("header", [False, True])
def test_edges_in_all_their_forms(tmp_path: Path, mark: str, child_first: bool, header: bool) -> None:
    heading = ("Child", "PARENT") if child_first else ("parent", "child")
    content = edges(mark, child_first=child_first, header=mark.join(heading) + "\n" if header else "")
    assert is_t(read(tmp_path / "tree.txt", content))


def test_a_header_is_believed_where_the_columns_could_be_either(tmp_path: Path) -> None:
    tree = read(tmp_path / "t.csv", "child,parent\na,b\nb,c\n", ["a", "c"])
    assert tree.close(np.array([[1.0, 0.0]])).tolist() == [[1, 1]]
    tree = read(tmp_path / "t.csv", "a,b\nb,c\n", ["a", "c"])  # headless: the parent first
    assert tree.close(np.array([[0.0, 1.0]])).tolist() == [[1, 1]]


@pytest.mark.parametrize(
    "content", [edges(",", end="\r\n"), "\ufeff" + edges(","), edges(",") + "\n\n", edges(",") * 2]
)
def test_edges_with_other_line_ends_a_mark_blank_lines_and_twice(tmp_path: Path, content: str) -> None:
    assert is_t(read(tmp_path / "t.csv", content))


@pytest.mark.parametrize(("suffix", "packer"), [("gz", gzip), ("bz2", bz2), ("xz", lzma)])
def test_compressed_trees(tmp_path: Path, suffix: str, packer: Any) -> None:
    assert is_t(read(tmp_path / f"t.csv.{suffix}", packer.compress(edges(",").encode())))
    assert is_t(read(tmp_path / f"t.txt.{suffix}", packer.compress(edges(" ").encode())))


def test_names_with_spaces_and_commas(tmp_path: Path) -> None:
    classes = ["ice cream", "salt, sea"]
    tree = read(tmp_path / "t.csv", 'all food,ice cream\nall food,"salt, sea"\n', classes)
    assert tree.distances(np.array([0]), "path").tolist() == [[0, 2]]
    tree = read(tmp_path / "t.tsv", "all food\tice cream\nall food\tsalt, sea\n", classes)
    assert tree.distances(np.array([0]), "path").tolist() == [[0, 2]]


def test_classes_without_names_are_their_numbers(tmp_path: Path) -> None:
    tree = read(tmp_path / "t.txt", "9 7\n9 8\n7 0\n7 1\n8 2\n", ["0", "1", "2"])
    assert tree.distances(np.array([0]), "path").tolist() == [[0, 2, 4]]


LEVELS = [("animal", "pet", "cat"), ("animal", "pet", "dog"), ("plant", "tree", "oak")]


@pytest.mark.parametrize("mark", [",", "\t", " "])
@pytest.mark.parametrize("header", [(), ("kingdom", "use", "species")])
def test_levels_in_all_their_forms(tmp_path: Path, mark: str, header: tuple[str, ...]) -> None:
    rows = [header, *LEVELS] if header else LEVELS
    content = "".join(mark.join(row) + "\n" for row in rows)
    tree = read(tmp_path / "levels.txt", content, ["cat", "dog", "oak"])
    assert tree.joined == 2
    assert tree.distances(np.array([0]), "path").tolist() == [[0, 2, 6]]


def test_a_first_row_of_levels_that_shares_a_level_is_no_header(tmp_path: Path) -> None:
    rows = [("animal", "wild", "wolf"), *LEVELS, ("plant", "tree", "elm")]
    tree = read(tmp_path / "t.csv", "".join(",".join(row) + "\n" for row in rows), ["cat", "dog", "oak"])
    assert tree.joined == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "{}: is empty"),
        ("cat\ndog\n", "{}:1: found 1 column, wanted parent and child, or levels from coarse to fine"),
        ("r,cat\nr\n", "{}:2: found 1 cell, wanted 2 cells as in the first row"),
        ("r cat\nr dog x\n", "{}:2: found 3 cells, wanted 2 as in the first row"),
        ("r cat\n\nr dog\n", "{}:2: found 0 cells, wanted 2 as in the first row"),
        ("r,cat\nr, \n", "{}:2: found an empty cell, wanted a name"),
        ("r,cat\nr,\xff\n", None),
        (
            "super,sub\nr,cat\nr,dog\n",
            "{}:1: the first row is `super`, `sub`: names of columns, or a tree of its own?",
        ),
        (
            "kingdom,genus,species\na,b,cat\na,b,wolf\n",
            "{}:1: the first row is `kingdom`, `genus`, `species`: names of columns, or a tree of its own?",
        ),
    ],
)
def test_tree_files_that_are_refused(tmp_path: Path, content: str, message: str | None) -> None:
    path = tmp_path / "t.csv"
    with pytest.raises(LsmoothError) as refusal:
        read(path, content.encode("latin-1"), ["cat", "dog"])
    if message is None:
        message = "{}:2: byte 0xFF is not UTF-8"
    if message == "{}: is empty":
        message = "{} is empty, wanted a tree"
    assert str(refusal.value) == message.format(path)


def test_the_line_of_a_wrong_edge_is_known(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('parent,child\nr,"a\nb"\nr,cat\nq,cat\n')
    table = read_tree(str(path), ["cat"])
    with pytest.raises(LsmoothError, match="node `cat` has two parents, `r` and `q`") as refusal:
        Tree.from_rows(table.rows, ["cat"])
    assert table.where(refusal.value.row) == f"{path}:5"
    assert table.where(None) == str(path)


# Matrix files

S = np.array([[1.0, 0.5, 0.25], [0.5, 2.0, 0.0], [0.0, 1e-3, 3.0]])
ABC = ["a", "b", "c"]


def cells(matrix: Array, mark: str = ",") -> str:
    return "".join(mark.join(map(repr, row)) + "\n" for row in matrix.tolist())


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32, np.bool_])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_matrix_from_npy(tmp_path: Path, dtype: type, order: Any) -> None:
    np.save(tmp_path / "s.npy", S.astype(dtype, order=order))
    values = read_matrix(str(tmp_path / "s.npy"), None, 3)
    assert values.dtype == np.float64
    assert (values == S.astype(dtype)).all()


@pytest.mark.parametrize(("name", "mark"), [("s.csv", ","), ("s.tsv", "\t"), ("s", ","), ("s.csv.gz", ",")])
def test_a_matrix_from_text(tmp_path: Path, name: str, mark: str) -> None:
    data = cells(S, mark).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    assert (read_matrix(str(tmp_path / name), ABC, 3) == S).all()


@pytest.mark.parametrize(
    ("header", "names"),
    [("a,b,c", ABC), ("class_0,class_1,class_2", None), ("0,1,2", None), ("10,20,30", ["10", "20", "30"])],
)
def test_a_header_in_class_order_is_a_header(tmp_path: Path, header: str, names: list[str] | None) -> None:
    path = tmp_path / "s.csv"
    path.write_text(f"{header}\n{cells(S)}")
    assert (read_matrix(str(path), names, 3) == S).all()


@pytest.mark.parametrize(
    ("header", "names"),
    [("c,a,b", ABC), ("class_2,class_0,class_1", None), ("2,0,1", None), ("30,10,20", ["10", "20", "30"])],
)
def test_a_header_in_another_order_is_a_question(
    tmp_path: Path, header: str, names: list[str] | None
) -> None:
    """Nothing says whether the rows are in the order of the header or of the classes."""
    path = tmp_path / "s.csv"
    path.write_text(f"{header}\n{cells(S)}")
    with pytest.raises(LsmoothError, match=r"s\.csv:1: the columns are .*, the classes in another order"):
        read_matrix(str(path), names, 3)


def test_a_matrix_of_one_class(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("2\n")
    assert read_matrix(str(tmp_path / "s.csv"), None, 1).tolist() == [[2]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (cells(S[:2]), "{} has 2 rows, wanted 3 rows and 3 columns, one for each class"),
        (cells(S[:, :2]), "{} has 2 columns, wanted 3 rows and 3 columns, one for each class"),
        ("a,b,d\n" + cells(S), "{}:1: there is no class `d`"),
        ("a,b,b\n" + cells(S), "{}:1: column `b` stands twice"),
        ("1,2,3\n1,x,3\n1,2,3\n", "{}:2: found `x`, wanted a number"),
        ("1,2,3\n1,2\n1,2,3\n", "{}:2: found 2 cells, wanted 3 cells as in the first row"),
    ],
)
def test_matrix_files_that_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "s.csv"
    path.write_text(content)
    with pytest.raises(LsmoothError) as refusal:
        read_matrix(str(path), ABC, 3)
    assert str(refusal.value) == message.format(path)


def test_arrays_of_another_shape_or_of_strings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.npy"
    np.save(path, np.ones((3, 4)))
    with pytest.raises(LsmoothError, match=r"has shape \(3, 4\), wanted 3 rows and 3 columns"):
        read_matrix(str(path), ABC, 3)
    np.save(path, np.full((3, 3), "x"))
    with pytest.raises(LsmoothError, match="holds `<U1`, wanted numbers"):
        read_matrix(str(path), ABC, 3)
