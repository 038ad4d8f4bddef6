"""The matrix S, and what is matched by name."""

from __future__ import annotations

import re

import numpy as np
import pytest
from conftest import Work
from kits.every_type import AMOUNTS, SOFT_WEIGHTS, WEIGHTS, Array, K, Y, by_hand, targets

MATRIX_AMOUNTS = ("default", "per-class", "linear", "accuracy", "accuracy-class", "confidence-class")


@pytest.mark.parametrize("rule", ["all", "others"])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_rows_of_s_are_the_targets_of_the_classes(files: Work, weights: str, rule: str) -> None:
    where, matrix = WEIGHTS[weights]
    for amount in MATRIX_AMOUNTS:
        much, epsilon = AMOUNTS[amount]
        flags = ["y.npy", "-k", K, *much, *where, "--spread", rule, "--matrix-out", "s.npy"]
        found = targets(files, *flags)
        s = np.load("s.npy")
        np.testing.assert_array_equal(s[Y], found)
        np.testing.assert_allclose(s[Y], by_hand(epsilon, matrix(rule), rule), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("weights", [name for name in SOFT_WEIGHTS if name != "prior-labels"])
@pytest.mark.parametrize("amount", ["default", "per-class", "linear"])
def test_s_alone_reads_no_labels(files: Work, weights: str, amount: str) -> None:
    much, _ = AMOUNTS[amount]
    flags = [*much, *WEIGHTS[weights][0], "-k", K]
    out = files.ok("smooth", *flags, "--matrix-out", "s.csv", stdin="not,labels\n")
    assert out == ""
    np.save("all.npy", np.arange(K))
    assert files.read("s.csv") == files.ok("smooth", "all.npy", *flags)
    files.ok("smooth", *flags, "--matrix-out", "s.npy", stdin=b"\0\0")
    assert np.load("s.npy").dtype == np.float32
    np.testing.assert_array_equal(np.load("s.npy"), targets(files, "all.npy", *flags).astype(np.float32))


def test_s_of_names_has_a_header(work: Work) -> None:
    work.ok("smooth", "--names", "cat,dog", "-e", "0.2", "--matrix-out", "s.csv")
    assert work.read("s.csv") == "cat,dog\n0.9,0.1\n0.1,0.9\n"


def test_s_of_half_and_flip(work: Work) -> None:
    work.ok("smooth", "-k", 2, "-e", "0.2", "--spread", "half", "--matrix-out", "s.csv")
    assert work.read("s.csv") == "0.9,0.1\n0.1,0.9\n"
    work.ok("smooth", "-k", 2, "-e", "0.2", "--spread", "flip", "--matrix-out", "f.csv")
    assert work.read("f.csv") == "0.8,0.2\n0.2,0.8\n"


def test_the_rows_of_excluded_classes_in_s_are_zero(work: Work) -> None:
    work.ok("smooth", "-k", 3, "-e", "0.2", "--exclude", 0, "--ordinal", "--matrix-out", "s.csv")
    rows = [[float(cell) for cell in line.split(",")] for line in work.read("s.csv").splitlines()]
    off, on = 0.2 * 0.1 / 1.1, 0.8 + 0.2 / 1.1
    np.testing.assert_allclose(rows, np.array([[0, 0, 0], [0, on, off], [0, off, on]]), rtol=1e-13)


def test_a_matrix_replaces_a_file_only_by_force_and_a_dry_run_writes_none(work: Work) -> None:
    work.write("s.csv", "mine\n")
    assert "s.csv" in work.refused("smooth", "-k", 2, "--matrix-out", "s.csv")
    work.write("y.csv", "0\n1\n")
    work.refused("smooth", "y.csv", "-k", 2, "--matrix-out", "s.csv", "-o", "t.csv")
    work.ok("smooth", "-k", 2, "--matrix-out", "n.csv", "-n")
    work.ok("smooth", "y.csv", "-k", 2, "-o", "t.csv", "--matrix-out", "n.csv", "-n")
    assert work.files() == ["s.csv", "y.csv"]
    work.ok("smooth", "-k", 2, "-e", 0, "--matrix-out", "s.csv", "-f")
    assert work.read("s.csv") == "1.0,0.0\n0.0,1.0\n"


def test_names_out_beside_a_matrix_alone_is_written(work: Work) -> None:
    work.ok("smooth", "--names", "cat,dog", "--matrix-out", "s.npy", "--names-out", "n.txt")
    assert work.read("n.txt") == "cat\ndog\n"


# trees, names, NPY


ANIMALS = ["cat", "dog", "car", "plant"]
EDGES = "root,animal\nanimal,cat\nanimal,dog\nroot,car\nroot,plant\n"
LEVELS = "root,animal,cat\nroot,animal,dog\nroot,thing,car\nroot,life,plant\n"


def animal_targets(epsilon: float) -> Array:
    flat = np.exp(-4.0)
    near = np.exp(-2.0)
    weights = np.array(
        [[1, near, flat, flat], [near, 1, flat, flat], [flat, flat, 1, flat], [flat, flat, flat, 1]]
    )
    weights /= weights.sum(axis=1, keepdims=True)
    found: Array = (1 - epsilon) * np.eye(4) + epsilon * weights
    return found


@pytest.mark.parametrize("tree", [EDGES, LEVELS, EDGES.replace(",", "\t"), EDGES.replace(",", " ")])
def test_named_labels_find_their_leaves(work: Work, tree: str) -> None:
    work.write("tree.csv", tree)
    work.write("y.csv", "label\n" + "".join(f"{name}\n" for name in ANIMALS))
    # the classes are sorted: car, cat, dog, plant
    order = [2, 0, 1, 3]
    out = work.ok("smooth", "y.csv", "-e", 0.3, "--hierarchy", "tree.csv").splitlines()
    assert out[0] == "car,cat,dog,plant"
    found = np.array([[float(cell) for cell in line.split(",")] for line in out[1:]])
    np.testing.assert_allclose(found, animal_targets(0.3)[:, order], rtol=1e-12)
    np.save("y.npy", np.array(ANIMALS))
    names = ["--names", ",".join(ANIMALS)]
    found = targets(work, "y.npy", *names, "-e", 0.3, "--hierarchy", "tree.csv")
    np.testing.assert_allclose(found, animal_targets(0.3), rtol=1e-12)


def test_several_roots_are_joined_and_said(work: Work) -> None:
    work.write("tree.csv", "a,0\na,1\nb,2\nb,3\n")
    result = work.run("smooth", "-k", 4, "--hierarchy", "tree.csv", "--matrix-out", "s.npy")
    assert result.code == 0
    assert re.search(r"2 roots", result.err)


def test_similarity_and_maps_with_names_go_by_name(work: Work) -> None:
    work.write("y.csv", "a\nb\n")
    work.write("sim.csv", "b,a\n1,3\n4,1\n")
    # columns b,a; rows in the order of the header too or of the classes: only their columns are told by name
    work.write("eps.csv", "class,value\nb,0.5\na,0.1\n")
    found = targets(
        work, "y.csv", "--names", "a,b", "--no-header", "--per-class", "eps.csv", "--spread", "others"
    )
    np.testing.assert_allclose(found, [[0.9, 0.1], [0.5, 0.5]], rtol=1e-15)
    found = targets(work, "y.csv", "--names", "a,b", "--no-header", "--prior", "b=3,a=1", "-e", 0.4)
    np.testing.assert_allclose(found, [[0.7, 0.3], [0.1, 0.9]], rtol=1e-15)


def test_predictions_with_a_header_are_matched_by_name(work: Work) -> None:
    work.write("y.csv", "a\nb\nb\n")
    work.write("p.csv", "b,a\n0.8,0.2\n0.9,0.1\n0.3,0.7\n")
    work.ok(
        *("smooth", "y.csv", "--names", "a,b", "--no-header", "-e", 1, "--confusion", "p.csv"),
        *("--matrix-out", "s.csv", "-o", "t.csv"),
    )
    assert work.read("s.csv") == "a,b\n0.0,1.0\n0.5,0.5\n"


def test_predictions_under_numbers_are_in_the_order_of_these(work: Work) -> None:
    work.write("y.csv", "0\n1\n1\n2\n")
    work.write("p.csv", "class_2,class_1,class_0\n.1,.1,.8\n.1,.8,.1\n.1,.8,.1\n.8,.1,.1\n")
    out = work.ok("smooth", "y.csv", "--no-header", "-e", "0:.2", "--adaptive", "p.csv")
    assert out.splitlines()[-4:] == ["1.0,0.0,0.0", "0.0,1.0,0.0", "0.0,1.0,0.0", "0.0,0.0,1.0"]
    work.write("q.csv", "class_2,class_1,class_0\n.1,.1,.8\n.1,.1,.8\n.1,.1,.8\n.1,.1,.8\n")
    work.ok("smooth", "y.csv", "--no-header", "-e", ".1", "--confusion", "q.csv", "--matrix-out", "S.npy")
    assert np.load("S.npy") == pytest.approx(np.array([[1, 0, 0], [0.1, 0.9, 0], [0.1, 0, 0.9]]))


def test_rounded_predictions_under_numbers_are_still_probabilities(work: Work) -> None:
    """Their decimals say how far from 1 a row may sum, also where its columns are put in order."""
    work.write("y.csv", "0\n1\n2\n")
    work.write("p.csv", "class_2,class_1,class_0\n.33,.33,.33\n.1,.8,.1\n.8,.1,.1\n")
    out = work.ok("smooth", "y.csv", "--no-header", "-e", "0:.3", "--adaptive", "p.csv", "--to", "csv")
    assert out.splitlines()[-2:] == ["0.0,1.0,0.0", "0.0,0.0,1.0"]
