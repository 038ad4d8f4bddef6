"""Distances in a tree."""

from __future__ import annotations

import numpy as np
from kits.trees import table, tree_t

from lsmooth.smoothing.hierarchy import Hierarchy, Tree


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
