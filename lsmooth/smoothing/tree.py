"""Trees with classes among their nodes, and how far classes are from each other in them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, did_you_mean, listed, shown

Distance = Literal["height", "depth", "path"]
DISTANCES: tuple[Distance, ...] = get_args(Distance)

Floats = NDArray[np.float64]
Integers = NDArray[np.integer]

#: Farther than any class of any tree, and far from overflow when depths are added to it.
FAR = 1 << 30


class Tree:
    """A tree with the classes among its nodes; a class may be an inner node.

    Nodes are numbered level by level, so that a level is a slice and siblings are neighbours. Classes are
    placed depth first, so that those under a node are a slice. Nodes without a class at or under them count
    for heights and depths only.

    Args:
        parents: the number of each node's parent, -1 for a root.
        nodes: the node of each class.
        names: of the nodes, for errors.

    Attributes:
        classes: K.
        joined: how many roots were joined under one; 0 where there was one.

    Raises:
        LsmoothError: for a cycle.
    """

    def __init__(self, parents: Sequence[int], nodes: Sequence[int], names: Sequence[str]) -> None:
        parents = list(parents)
        roots = [node for node, parent in enumerate(parents) if parent < 0]
        self.classes = len(nodes)
        self.joined = len(roots) if len(roots) > 1 else 0
        if self.joined:
            parents = [parent if parent >= 0 else len(parents) for parent in parents] + [-1]
            roots = [len(parents) - 1]
        order = _breadth_first(parents, roots)
        if len(order) < len(parents):
            raise _cycle(parents, set(range(len(parents))) - set(order), names)
        height = [0] * len(parents)
        count = [0] * len(parents)
        for node in nodes:
            count[node] = 1
        for node in reversed(order[1:]):
            parent = parents[node]
            height[parent] = max(height[parent], height[node] + 1)
            count[parent] += count[node]
        self._deepest = height[order[0]]
        order = [node for node in order if count[node]]
        number = {node: new for new, node in enumerate(order)}
        self._parent = np.array([0, *(number[parents[node]] for node in order[1:])])
        self._height = np.array([height[node] for node in order])
        self._node = np.array([number[node] for node in nodes])
        self._count = [count[node] for node in order]
        self._is_class = [False] * len(order)
        for node in self._node.tolist():
            self._is_class[node] = True
        self._place()

    def _place(self) -> None:
        """Find depths, levels, the slice of classes under each node, and the next node up with more."""
        parents = self._parent.tolist()
        depth, start, upper = [0] * len(parents), [0] * len(parents), [-1] * len(parents)
        free = [int(self._is_class[0])] * len(parents)
        for node, parent in enumerate(parents[1:], 1):
            depth[node] = depth[parent] + 1
            start[node] = free[parent]
            free[parent] += self._count[node]
            free[node] = start[node] + self._is_class[node]
            upper[node] = parent if self._count[parent] > self._count[node] else upper[parent]
        self._depth = np.array(depth)
        self._start = start
        self._upper = upper
        self._position = np.array(start)[self._node]
        bounds = [0, *(np.flatnonzero(np.diff(self._depth)) + 1).tolist(), len(parents)]
        self._levels = [slice(low, high) for low, high in itertools.pairwise(bounds[1:])]

    @classmethod
    def from_edges(cls, edges: Sequence[tuple[str, str]], classes: Sequence[str]) -> Self:
        """Return the tree of (parent, child) pairs; the same pair may stand twice.

        Raises:
            LsmoothError: for a node with two parents, a cycle, a class that is no node.

        >>> Tree.from_edges([("pet", "cat"), ("pet", "dog"), ("tree", "oak")], ["cat", "dog", "oak"]).joined
        2
        """
        number: dict[str, int] = {}
        parents: list[int] = []
        for row, edge in enumerate(edges):
            for name in edge:
                if name not in number:
                    number[name] = len(parents)
                    parents.append(-1)
            parent, child = (number[name] for name in edge)
            if parents[child] not in {-1, parent}:
                first = shown(list(number)[parents[child]])
                message = f"node {shown(edge[1])} has two parents, {first} and {shown(edge[0])}"
                raise LsmoothError(message, "keep one edge to it; the parent stands first", row=row)
            parents[child] = parent
        _check_known(classes, number)
        return cls(parents, [number[name] for name in classes], list(number))

    @classmethod
    def from_levels(cls, rows: Sequence[Sequence[str]], classes: Sequence[str]) -> Self:
        """Return the tree of rows that go from coarse to fine and end in a class.

        A name under two parents is two nodes, but for the last of a row. A class that ends no row is the one
        inner node of its name.

        Raises:
            LsmoothError: for a class under two paths, one that is no node, or that is several inner nodes.

        >>> tree = Tree.from_levels([["pet", "cat"], ["pet", "dog"]], ["cat", "dog"])
        >>> tree.distances(np.array([0]), "path")
        array([[0, 2]])
        """
        number: dict[str | tuple[str, ...], int] = {}
        parents: list[int] = []
        inner: dict[str, list[int]] = {}
        for index, row in enumerate(rows):
            parent = -1
            for level, name in enumerate(row, 1):
                last = level == len(row)
                key = name if last else tuple(row[:level])
                node = number.setdefault(key, len(parents))
                if node == len(parents):
                    parents.append(parent)
                    if not last:
                        inner.setdefault(name, []).append(node)
                elif parents[node] != parent:
                    message = f"class {shown(name)} stands under two paths, one of them {listed(row[:-1])}"
                    raise LsmoothError(message, "keep one row for each class", row=index)
                parent = node
        for name in classes:
            if name not in number and len(inner.get(name, ())) > 1:
                message = f"class {shown(name)} is the name of {len(inner[name])} inner nodes of the tree"
                raise LsmoothError(message, "give each a name of its own")
        known = {name: nodes[0] for name, nodes in inner.items()}
        known |= {name: node for name, node in number.items() if isinstance(name, str)}
        _check_known(classes, known)
        names = [key if isinstance(key, str) else key[-1] for key in number]
        return cls(parents, [known[name] for name in classes], names)

    @classmethod
    def from_rows(cls, rows: Sequence[tuple[str, ...]], classes: Sequence[str]) -> Self:
        """Return the tree of rows of two cells (edges, parent first) or of more (levels, coarse to fine)."""
        edges = [(row[0], row[1]) for row in rows if len(row) == 2]
        return cls.from_edges(edges, classes) if len(edges) == len(rows) else cls.from_levels(rows, classes)

    def _costs(self, distance: Distance) -> tuple[Integers, Integers]:
        """Return what a node costs as the lowest common ancestor of two others, and as one of the two."""
        if distance == "depth":
            cost = self._deepest - self._depth
            return cost, cost[self._parent]
        cost = self._height if distance == "height" else -2 * self._depth
        return cost, cost

    def distances(self, labels: Integers, distance: Distance) -> NDArray[np.intp]:
        """Return how far each class is from (n,) labels, whole numbers, (n, K); see Hierarchy."""
        cost, own = (costs.tolist() for costs in self._costs(distance))
        nodes = self._node[labels].tolist()
        placed = np.empty((len(nodes), self.classes), dtype=np.intp)
        for cells, node in zip(placed, nodes, strict=True):
            upwards = [node]
            while (upper := self._upper[upwards[-1]]) >= 0:
                upwards.append(upper)
            for above in reversed(upwards):
                start = self._start[above]
                cells[start : start + self._count[above]] = own[node] if above == node else cost[above]
                if self._is_class[above]:
                    cells[start] = own[above]
            if distance != "path":
                cells[self._start[node]] = 0
        rows: NDArray[np.intp] = placed.take(self._position, axis=1)
        if distance == "path":
            depth = self._depth[self._node]
            rows += depth + depth[labels][:, None]
        return rows

    def nearest(self, positive: NDArray[np.bool_], distance: Distance) -> NDArray[np.intp]:
        """Return how far each negative class is from the nearest positive one of its row, (n, K).

        Args:
            positive: (n, K); with a class, its ancestors are positive too.
            distance: see Hierarchy.

        Returns:
            Whole numbers; those of positive classes, and of rows without any, mean nothing.
        """
        depth = self._depth[self._node, None]
        seed = np.full((len(self._parent), len(positive)), FAR, dtype=np.intp)
        seed[self._node] = np.where(positive.T, depth if distance == "path" else 0, FAR)
        below = self._gather(seed, np.minimum, FAR)
        if distance == "depth":  # a positive ancestor itself counts from its parent on, the root at once
            below[0] = np.minimum(seed[0], below[0])
            near = below
        else:
            near = np.minimum(seed, below)
        near += self._costs(distance)[0][:, None]
        for level in self._levels:
            near[level] = np.minimum(near[level], near[self._parent[level]])
        found: NDArray[np.intp] = near[self._node]
        if distance == "path":
            found += depth
        return np.ascontiguousarray(found.T)

    def close(self, x: Floats) -> Floats:
        """Return (n, K) values with each class raised to the largest of the classes under it."""
        if all(self._count[node] == 1 for node in self._node):
            return x
        seed = np.zeros((len(self._parent), len(x)))
        seed[self._node] = x.T
        below = self._gather(seed, np.maximum, 0.0)
        return np.ascontiguousarray(np.maximum(seed, below)[self._node].T)

    def _gather(self, seed: NDArray[Any], join: np.ufunc, start: float) -> NDArray[Any]:
        """Join (nodes, n) values from the leaves up: what is strictly below each node."""
        below = np.full_like(seed, start)
        for level in reversed(self._levels):
            parents, first = np.unique(self._parent[level], return_index=True)
            below[parents] = join.reduceat(join(seed[level], below[level]), first, axis=0)
        return below


def _breadth_first(parents: Sequence[int], roots: Sequence[int]) -> list[int]:
    children: list[list[int]] = [[] for _ in parents]
    for node, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(node)
    order = list(roots)
    for node in order:
        order += children[node]
    return order


def _cycle(parents: Sequence[int], unreached: set[int], names: Sequence[str]) -> LsmoothError:
    node = min(unreached)
    seen: list[int] = []
    while node not in seen:
        seen.append(node)
        node = parents[node]
    around = seen[seen.index(node) :]
    what = f": the nodes {listed(names[other] for other in reversed(around))}" if len(around) > 1 else ""
    return LsmoothError(
        f"node {shown(names[node])} is an ancestor of itself", f"drop an edge of the cycle{what}"
    )


def _check_known(classes: Sequence[str], known: dict[str, int]) -> None:
    missing = [name for name in classes if name not in known]
    if len(missing) == 1:
        message = f"class {shown(missing[0])} is not in the tree{did_you_mean(missing[0], known)}"
        raise LsmoothError(message, "add it to the tree; names are compared exactly")
    if missing:
        message = f"{len(missing):,} classes are not in the tree: {listed(missing)}"
        raise LsmoothError(message, f"add them to the tree, whose nodes are {listed(known)}")
