"""Any tree, against the definition pair by pair."""

from __future__ import annotations

import itertools
import tracemalloc
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kits.trees import LEAVES, Array, T, every

from lsmooth.errors import LsmoothError
from lsmooth.smoothing.hierarchy import DISTANCES, Distance, Hierarchy, Tree


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
