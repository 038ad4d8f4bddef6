"""Hierarchical label smoothing, worked out on a tree of five classes."""

from __future__ import annotations

import math

import numpy as np

from lsmooth.errors import UsageError
from lsmooth.lessons.given import epsilon_of, floats, inputs, label_of, target_of
from lsmooth.lessons.model import Node, Numbers, Step, Table, Worked, number, vector
from lsmooth.smoothing import PER_LABEL
from lsmooth.smoothing.hierarchy import Hierarchy, Tree
from lsmooth.smoothing.spread import build_spread
from lsmooth.smoothing.targets import Recipe

#: The tree: inner nodes and the classes under them.
FAMILIES = {"animal": ("cat", "dog", "horse"), "vehicle": ("car", "truck")}
BETA = 4.0


def hierarchical(numbers: Numbers) -> Worked:
    """More mass to near relatives than to far ones."""
    epsilon, rule = epsilon_of(numbers, 0.1), numbers.spread or "others"
    if rule in PER_LABEL:
        raise UsageError(
            f"--spread {rule} spreads nothing from class to class", "pass --spread others, or all"
        )
    names = [name for family in FAMILIES.values() for name in family]
    edges = [*(("thing", family) for family in FAMILIES)]
    edges += [(family, name) for family, members in FAMILIES.items() for name in members]
    label = label_of(numbers, len(names), 1)
    tree = Tree.from_edges(edges, names)
    hierarchy = Hierarchy(tree, BETA, "height", others=rule == "others")
    distances = tree.distances(np.array([label]), "height")[0] / hierarchy.largest
    weights = hierarchy.rows(np.array([label]))[0]
    recipe = Recipe(epsilon, build_spread(rule, len(names), by_class=hierarchy))
    target = recipe.smooth_labels(np.array([label]))[0]
    flat = target_of(epsilon, label, len(names), rule)
    masses = dict(zip(names, floats(target), strict=True))
    lines = "".join(f"{parent},{child}\\n" for parent, child in edges)
    return Worked(
        inputs=(*inputs(epsilon=epsilon, classes=len(names), label=label, spread=rule), ("β", f"{BETA:g}")),
        parts=(
            Step(
                f"Weights for {names[label]}, by distance in the tree",
                "w = exp(-β·(d - nearest d))",
                f"d = {vector(floats(distances))}, β = {BETA:g}",
                f"w = {vector(floats(weights))}",
                floats(weights),
            ),
            Step(
                "Spread ε by them",
                "(1-ε)·label + ε·w/W",
                f"ε = {epsilon:.6g}, W = {number(float(weights.sum()))}",
                vector(floats(target)),
                floats(target),
            ),
            _family_tree(masses, names[label]),
            Table(
                "With the tree and without",
                ("class", "distance", "with the tree", "without"),
                tuple((n, float(distances[k]), masses[n], float(flat[k])) for k, n in enumerate(names)),
                bar=2,
                marked=label,
            ),
            _multilabel(edges, names, label, epsilon),
        ),
        notice=(
            "The true class keeps what it would have without a tree; only who gets ε changes."
            if rule == "others"
            else "Under spread all the true class is its own nearest relative and takes most of ε back.",
            "β = 0 is uniform; a large β leaves all of ε to the nearest.",
            (
                "002 has this type for multi-label data: there each label has its own probability, the parent"
                " of a label is a label too, and rows do not sum to 1."
            ),
        ),
        commands=(
            f"printf '{lines}' > tree.csv",
            (
                f"printf '{names[label]}\\n' | lsmooth smooth --names {','.join(names)} --no-header"
                f" --hierarchy tree.csv -e {epsilon:.12g} --spread {rule} --precision 4"
            ),
        ),
    )


def _family_tree(masses: dict[str, float], marked: str) -> Node:
    families = tuple(
        Node(
            family,
            math.fsum(masses[name] for name in members),
            tuple(Node(name, masses[name], marked=name == marked) for name in members),
        )
        for family, members in FAMILIES.items()
    )
    return Node("thing", math.fsum(masses.values()), families)


def _multilabel(edges: list[tuple[str, str]], names: list[str], label: int, epsilon: float) -> Table:
    """Return the same label among several: each node is a label of its own, the parents come along."""
    nodes = [*FAMILIES, *names]
    hierarchy = Hierarchy(Tree.from_edges(edges, nodes), BETA, "height", others=False)
    row = np.array([[float(node == names[label]) for node in nodes]])
    recipe = Recipe(epsilon, build_spread("half", len(nodes), tree=hierarchy))
    closed, target = hierarchy.close(row)[0], recipe.smooth_rows(row)[0]
    return Table(
        "As multi-label data: each label on its own",
        ("class", "label", "with parents", "target"),
        tuple((node, float(row[0, k]), float(closed[k]), float(target[k])) for k, node in enumerate(nodes)),
        bar=3,
        marked=nodes.index(names[label]),
    )
