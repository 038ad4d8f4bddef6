"""Text of numbers, and warnings."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from conftest import DATA, Work
from kits.rows import one_hot, text

import lsmooth
from lsmooth.errors import LsmoothWarning

THIRDS = [0.9333333333333333, 0.03333333333333333, 0.03333333333333333]


@pytest.mark.parametrize(
    ("precision", "line"),
    [
        (1, "0.9,0.03,0.03"),
        (2, "0.93,0.033,0.033"),
        (4, "0.9333,0.03333,0.03333"),
        (8, "0.93333333,0.033333333,0.033333333"),
        (17, "0.93333333333333335,0.033333333333333333,0.033333333333333333"),
    ],
)
def test_precision_is_a_number_of_significant_digits(precision: int, line: str, work: Work) -> None:
    assert work.ok("smooth", "-k", 3, "--precision", precision, stdin="0\n") == line + "\n"
    assert work.ok("smooth", "--no-header", "--precision", precision, stdin="1,0,0\n") == line + "\n"


def shortest(value: float, code: str) -> str:
    """The shortest text that reads back as the same number of that size, as Python's repr lays it out."""
    (rounded,) = struct.unpack(code, struct.pack(code, value))
    for digits in range(1, 18):
        found = float(f"{rounded:.{digits}g}")
        if struct.pack(code, found) == struct.pack(code, rounded):
            return repr(found)
    raise AssertionError(value)


@pytest.mark.parametrize(("dtype", "code"), [("float16", "e"), ("float32", "f"), ("float64", "d")])
@pytest.mark.parametrize("classes", [2, 3, 7, 10])
def test_text_of_a_dtype_is_the_shortest_that_reads_back(
    dtype: str, code: str, classes: int, work: Work
) -> None:
    target = [x * (1 - 0.1) + 0.1 / classes for x in one_hot(1, classes)]
    line = ",".join(shortest(value, code) for value in target) + "\n"
    assert work.ok("smooth", "-k", classes, "--dtype", dtype, stdin="1\n") == line


def test_thirds_in_single_and_half_precision_have_the_digits_they_need(work: Work) -> None:
    # 0.03333333507180214 is the float32 next to 1/30, 0.0333251953125 the float16
    assert work.ok("smooth", "-k", 3, "--dtype", "float32", stdin="0\n") == (
        "0.93333334,0.033333335,0.033333335\n"
    )
    assert work.ok("smooth", "-k", 3, "--dtype", "float16", stdin="0\n") == "0.933,0.03333,0.03333\n"


@pytest.mark.parametrize(("dtype", "code"), [("float16", "e"), ("float32", "f"), ("float64", "d")])
@pytest.mark.parametrize("epsilon", [0.001, 0.0001, 0.00005])
def test_small_numbers_are_laid_out_as_python_does_in_every_dtype(
    dtype: str, code: str, epsilon: float, work: Work
) -> None:
    line = ",".join(shortest(value, code) for value in [1 * (1 - epsilon) + epsilon / 5, *[epsilon / 5] * 4])
    assert work.ok("smooth", "-k", 5, "-e", epsilon, "--dtype", dtype, stdin="0\n") == line + "\n"


def test_a_ten_thousandth_in_single_precision_is_laid_out_as_python_does(work: Work) -> None:
    # a thousand classes at ε = 0.1
    out = work.ok("smooth", "-k", 1000, "--dtype", "float32", stdin="0\n")
    assert out == "0.9001" + ",0.0001" * 999 + "\n"


def test_npy_is_the_double_cast_once_to_float32(work: Work) -> None:
    np.save("in.npy", np.array([0, 1, 2]))
    work.ok("smooth", "in.npy", "-o", "out.npy")
    result = np.load("out.npy")
    assert result.dtype == np.float32
    expected = [[(1 - 0.1) * (k == y) + 0.1 / 3 for k in range(3)] for y in range(3)]
    assert result.tobytes() == np.array(expected, dtype=np.float64).astype(np.float32).tobytes()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_npy_has_the_dtype_that_is_asked_for(dtype: str, work: Work) -> None:
    work.ok("smooth", "-k", 3, "--dtype", dtype, "-o", "out.npy", stdin="0\n")
    result = np.load("out.npy")
    assert result.dtype == np.dtype(dtype)
    assert result.tolist() == [np.array(THIRDS).astype(dtype).tolist()]


def test_epsilon_0_writes_the_labels_back(work: Work) -> None:
    assert work.ok("smooth", "-e", 0, stdin="0\n1\n") == "1.0,0.0\n0.0,1.0\n"
    rows = "0.1,0.2,0.7\n0.3333333333333333,0.3333333333333333,0.3333333333333334\n"
    for spread in ("all", "others", "half", "flip"):
        assert work.ok("smooth", "--no-header", "-e", 0, "--spread", spread, stdin=rows) == rows


def test_epsilon_1_writes_the_spread(work: Work) -> None:
    assert work.ok("smooth", "-e", 1, "-k", 4, stdin="0\n3\n") == "0.25,0.25,0.25,0.25\n" * 2
    assert work.ok("smooth", "-e", 1, "-k", 3, "--spread", "others", stdin="1\n") == "0.5,0.0,0.5\n"
    assert work.ok("smooth", "-e", 1, "-k", 2, "--prior", "3,1", stdin="1\n") == "0.75,0.25\n"
    assert work.ok("smooth", "-e", 1, "-k", 2, "--spread", "half", stdin="1\n") == "0.5,0.5\n"
    assert work.ok("smooth", "-e", 1, "-k", 2, "--spread", "flip", stdin="1\n") == "1.0,0.0\n"


def test_one_class_keeps_all_its_mass(work: Work) -> None:
    assert work.ok("smooth", "-k", 1, stdin="0\n0\n") == "1.0\n1.0\n"
    assert work.ok("smooth", "-k", 1, "--spread", "half", stdin="0\n") == "0.9500000000000001\n"


# Warnings


OVER = "the true class is not always the largest"


@pytest.mark.parametrize(
    ("spread", "classes", "epsilon", "warned"),
    [
        # others: the true class has 1-ε, the others ε/(K-1); equal at ε = (K-1)/K
        ("others", 2, 0.5, True),
        ("others", 2, 0.49, False),
        ("others", 5, 0.8, True),
        ("others", 5, 0.79, False),
        ("others", 10, 0.9, True),
        ("others", 10, 0.89, False),
        ("others", 3, 0.67, True),
        # flip: 1-ε against ε
        ("flip", 3, 0.5, True),
        ("flip", 3, 0.49, False),
        ("flip", 3, 0.9, True),
        # all, half: 1-ε more than every other, so only ε = 1 levels them
        ("all", 3, 0.99, False),
        ("half", 3, 0.99, False),
    ],
)
def test_an_epsilon_that_levels_the_true_class_is_warned_of(
    spread: str, classes: int, epsilon: float, warned: bool, work: Work
) -> None:
    result = work.run("smooth", "-q", "-k", classes, "-e", epsilon, "--spread", spread, stdin="0\n")
    assert result.code == 0
    assert (OVER in result.err) == warned
    assert result.err.startswith("warning: ") == warned
    if warned:
        with pytest.warns(LsmoothWarning, match=OVER):
            lsmooth.smooth([0], epsilon, classes, spread)  # type: ignore[arg-type]
    else:
        lsmooth.smooth([0], epsilon, classes, spread)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "classes",
    [
        *(2, 5, 10),
        *(pytest.param(classes) for classes in (3, 7, 9, 11)),
    ],
)
def test_others_is_warned_of_from_k_minus_1_over_k_on(classes: int) -> None:
    with pytest.warns(LsmoothWarning, match=OVER):
        lsmooth.smooth([0], (classes - 1) / classes, classes, "others")


def test_a_prior_that_outweighs_a_true_class_is_warned_of(work: Work) -> None:
    # label 1: 0.3 + 0.7/10 = 0.37 against 0.7*9/10 = 0.63
    result = work.run("smooth", "-k", 2, "-e", 0.7, "--prior", "9,1", stdin="1\n")
    assert OVER in result.err
    assert result.out == text([[0.7 * 9 / 10, (1 - 0.7) + 0.7 * 1 / 10]])


def test_labels_from_1_are_warned_of(work: Work) -> None:
    result = work.run("smooth", "-q", stdin="1\n2\n3\n")
    assert result.code == 0
    assert "labels from 1? pass --names" in result.err
    assert "labels from 1" not in work.run("smooth", "-q", "-k", 4, stdin="1\n2\n3\n").err
    assert "labels from 1" not in work.run("smooth", "-q", stdin="0\n2\n3\n").err


def test_many_classes_without_a_row_are_warned_of(work: Work) -> None:
    np.save("in.npy", np.array([0, 1, 255], dtype=np.uint8))
    result = work.run("smooth", "-q", "in.npy")
    assert result.code == 0
    assert "found 256 classes, 253 of them without a row" in result.err
    assert "without a row" not in work.run("smooth", "-q", "in.npy", "--ignore", 255).err


def test_iris_is_smoothed_by_species(work: Work) -> None:
    # 150 flowers, 50 of each species, sorted (Fisher 1936): the prior is uniform
    out = work.ok("smooth", DATA / "iris.csv", "--column", "species", "--prior", "labels").splitlines()
    on, off = (1 - 0.1) + 0.1 * 50 / 150, 0.1 * 50 / 150
    assert out[0] == "setosa,versicolor,virginica"
    for start, label in ((1, 0), (51, 1), (101, 2)):
        line = ",".join(repr(on if k == label else off) for k in range(3))
        assert out[start : start + 50] == [line] * 50
    assert len(out) == 151


def test_the_text_reads_back_as_the_same_doubles(work: Work) -> None:
    out = work.ok("smooth", "-k", 7, stdin="3\n")
    assert json.loads(f"[{out}]") == [x * (1 - 0.1) + 0.1 / 7 for x in one_hot(3, 7)]


@pytest.mark.parametrize("spread", ["all", "others", "half", "flip"])
def test_an_epsilon_of_minus_0_is_0(work: Work, spread: str) -> None:
    assert work.ok("smooth", "-k", "2", "-e", "-0.0", "--spread", spread, stdin="0\n") == "1.0,0.0\n"
    assert (
        work.ok("smooth", "--epsilon=-0.0", "--spread", spread, "--labels", "rows", stdin="1,0\n")
        == "1.0,0.0\n"
    )
