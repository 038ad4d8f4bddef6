"""Priors, excluded classes, ignored rows."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work
from kits.rows import Row, bits, text

import lsmooth

#: Pereyra et al. 2017, smoothing with the unigram distribution: 50, 30, 15 and 5 rows, ε = 0.1, label 1.
UNIGRAM = [0.05, 0.93, 0.015, 0.005]
COUNTS = [50, 30, 15, 5]
COUNTED = [label for label, count in enumerate(COUNTS) for _ in range(count)]


def test_the_labels_as_prior_are_counted_in_the_library() -> None:
    result = lsmooth.smooth(COUNTED, 0.1, prior="labels")
    assert result.shape == (100, 4)
    assert bits(result[50:80]) == bits([UNIGRAM] * 30)
    assert bits(result[0]) == bits([0.9 + 0.1 * 50 / 100, 0.1 * 30 / 100, 0.015, 0.005])


@pytest.mark.parametrize("suffix", ["csv", "npy"])
def test_the_labels_as_prior_are_counted_in_a_file(suffix: str, work: Work) -> None:
    work.write("in.csv", "".join(f"{label}\n" for label in COUNTED))
    np.save("in.npy", np.array(COUNTED, dtype=np.uint8))
    lines = work.ok("smooth", f"in.{suffix}", "--prior", "labels").splitlines(keepends=True)
    assert "".join(lines[50:80]) == text([UNIGRAM] * 30)


def test_ignored_rows_are_not_counted_into_the_prior(work: Work) -> None:
    labels = "".join(f"{label}\n" for label in [*COUNTED, *[-100] * 40])
    flags = ["--prior", "labels", "--ignore", -100, "--ignored", "drop"]
    lines = work.ok("smooth", *flags, stdin=labels).splitlines(keepends=True)
    assert len(lines) == 100
    assert lines[50] == text([UNIGRAM])
    result = lsmooth.smooth([*COUNTED, *[-100] * 40], 0.1, prior="labels", ignore=[-100])
    assert bits(result[50]) == bits(UNIGRAM)


def test_soft_rows_as_prior_are_averaged(work: Work) -> None:
    # the means are 1/2, 1/4, 1/4, all exact
    rows = [[0.75, 0.25, 0.0], [0.25, 0.25, 0.5]]
    mean = [0.5, 0.25, 0.25]
    target = [[x * 0.9 + 0.1 * m for x, m in zip(row, mean, strict=True)] for row in rows]
    out = work.ok("smooth", "--no-header", "--prior", "labels", stdin=text(rows))
    values = np.array([list(map(float, line.split(","))) for line in out.splitlines()])
    np.testing.assert_allclose(values, target, rtol=0, atol=1e-16)
    np.testing.assert_allclose(lsmooth.smooth(rows, 0.1, prior="labels"), target, rtol=0, atol=1e-16)


def test_the_counts_as_prior_are_normalised(work: Work) -> None:
    assert bits(lsmooth.smooth([1], 0.1, prior=COUNTS, classes=4)) == bits([UNIGRAM])
    assert work.ok("smooth", "-k", 4, "--prior", "50,30,15,5", stdin="1\n") == text([UNIGRAM])


def test_a_prior_as_a_list_of_pairs_gives_the_rest_to_the_star(work: Work) -> None:
    # weights 0.2, 0.1, 0.1 sum to 0.4, so the shares are 1/2, 1/4, 1/4
    out = work.ok("smooth", "--names", "a,b,c", "--prior", "a=.2,*=.1", "-e", 0.5, stdin="a\nc\n")
    assert out == "a,b,c\n0.75,0.125,0.125\n0.25,0.125,0.625\n"


def test_a_prior_as_a_list_of_pairs_goes_by_name_and_not_by_order(work: Work) -> None:
    flags = ["--names", "a,b,c", "-e", 0.5, "--prior"]
    assert (
        work.ok("smooth", *flags, "c=1,a=2,b=1", stdin="a\nc\n")
        == "a,b,c\n0.75,0.125,0.125\n0.25,0.125,0.625\n"
    )
    assert (
        work.ok("smooth", "-k", 3, "-e", 0.5, "--prior", "2=1,0=2,1=1", stdin="0\n") == "0.75,0.125,0.125\n"
    )


def test_a_prior_as_a_list_of_numbers_is_in_class_order(work: Work) -> None:
    assert work.ok("smooth", "-k", 3, "-e", 0.5, "--prior", "2,1,1", stdin="2\n") == "0.25,0.125,0.625\n"
    # the true class has no share: 1-ε stays, ε goes by 2 : 1
    flags = ["-k", 3, "-e", 0.375, "--spread", "others", "--prior", "2,1,1"]
    assert work.ok("smooth", *flags, stdin="2\n0\n") == "0.25,0.125,0.625\n0.625,0.1875,0.1875\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("one column", "2\n1\n1\n"),
        ("one column with a header", "weight\n2\n1\n1\n"),
        ("two columns in any order", "c,1\na,2\nb,1\n"),
        ("two columns with a header", "class,value\nb,1\nc,1\na,2\n"),
        ("two columns and a star", "a,2\n*,1\n"),
        ("two columns with quotes", '"a",2\n"*",1\n'),
    ],
)
def test_a_prior_from_a_file_gives_the_shares_of_its_classes(name: str, content: str, work: Work) -> None:
    del name
    work.write("prior.csv", content)
    out = work.ok("smooth", "--names", "a,b,c", "-e", 0.5, "--prior", "prior.csv", stdin="a\nc\n")
    assert out == "a,b,c\n0.75,0.125,0.125\n0.25,0.125,0.625\n"


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.uint8])
def test_a_prior_from_npy_is_in_class_order(dtype: type, work: Work) -> None:
    np.save("prior.npy", np.array([2, 1, 1], dtype=dtype))
    assert work.ok("smooth", "-k", 3, "-e", 0.5, "--prior", "prior.npy", stdin="2\n") == "0.25,0.125,0.625\n"


def test_a_class_of_weight_0_gets_nothing_but_may_be_a_label(work: Work) -> None:
    assert work.ok("smooth", "-k", 3, "-e", 0.5, "--prior", "0,3,1", stdin="0\n1\n") == (
        "0.5,0.375,0.125\n0.0,0.875,0.125\n"
    )


def test_a_uniform_prior_is_the_standard_smoothing_to_the_last_place() -> None:
    for classes in (2, 3, 7, 10):
        for spread in ("all", "others"):
            prior = lsmooth.smooth([0, 1], 0.1, classes, spread, prior=[1.0] * classes)
            plain = lsmooth.smooth([0, 1], 0.1, classes, spread)
            assert bits(prior) == bits(plain)


def test_rows_sum_to_1_however_much_one_class_outweighs_the_others() -> None:
    # W - w loses the small weights when it is a difference of doubles: 1e16 + 1.5 is 1e16 + 2
    target = lsmooth.smooth([0], 0.1, spread="others", prior=[1e16, 1.0, 0.5], classes=3)[0]
    assert target.tolist() == pytest.approx([0.9, 0.1 * 1 / 1.5, 0.1 * 0.5 / 1.5], abs=1e-15)


def test_weights_so_large_that_their_sum_overflows_are_refused_or_normalised(work: Work) -> None:
    result = work.run("smooth", "-k", 2, "--prior", "1e308,1e308", stdin="0\n")
    assert result.code in (1, 2) or result.out == "0.95,0.05\n"


# Excluded classes


SHARED = 0.1 / 2


@pytest.mark.parametrize(
    ("spread", "target"),
    [
        ("others", [0.0, 0.9, 0.1]),
        ("all", [0.0, 1 * (1 - 0.1) + SHARED, SHARED]),
        ("half", [0.0, 1 * (1 - 0.1) + 0.1 / 2, 0.1 / 2]),
        ("flip", [0.0, 1 * (1 - 2 * 0.1) + 0.1, 0.1]),
    ],
)
def test_an_excluded_class_gets_no_mass(spread: str, target: Row, work: Work) -> None:
    result = lsmooth.smooth([1], 0.1, 3, spread, exclude=[0])  # type: ignore[arg-type]
    assert bits(result) == bits([target])
    flags = ["--exclude", 0, "--spread", spread]
    assert work.ok("smooth", "-k", 3, *flags, stdin="1\n") == text([target])
    assert work.ok("smooth", "--no-header", *flags, stdin="0,1,0\n") == text([target])
    np.save("in.npy", np.array([1]))
    work.ok("smooth", "in.npy", "-k", 3, *flags, "--dtype", "float64", "-o", "out.npy")
    assert bits(np.load("out.npy")) == bits([target])


def test_an_excluded_class_leaves_its_weight_to_the_others(work: Work) -> None:
    # 5, 3, 2 without the first is 3/5 and 2/5
    prior = ["-k", 3, "--prior", "5,3,2", "--exclude", 0, "-e", 0.5]
    assert work.ok("smooth", *prior, stdin="1\n") == text([[0.0, 0.5 + 0.5 * 3 / 5, 0.5 * 2 / 5]])
    assert work.ok("smooth", *prior, "--spread", "others", stdin="1\n") == text([[0.0, 0.5, 0.5]])


def test_classes_are_excluded_by_name_and_several_at_once(work: Work) -> None:
    flags = ["--names", "pad,a,b,bos", "--exclude", "pad,bos", "--spread", "others"]
    assert work.ok("smooth", *flags, stdin="a\nb\n") == "pad,a,b,bos\n0.0,0.9,0.1,0.0\n0.0,0.1,0.9,0.0\n"


def test_an_excluded_padding_that_is_ignored_gives_the_targets_of_the_annotated_transformer(
    work: Work,
) -> None:
    # its LabelSmoothing over 3 words, padding_idx 0, smoothing 0.3, for the words 0, 2, 1, 2
    target = [[0.0, 0.0, 0.0], [0.0, 0.3, 0.7], [0.0, 0.7, 0.3], [0.0, 0.3, 0.7]]
    flags = ["-k", 3, "--exclude", 0, "--ignore", 0, "--spread", "others", "-e", 0.3]
    assert work.ok("smooth", *flags, stdin="0\n2\n1\n2\n") == text(target)
    result = lsmooth.smooth([0, 2, 1, 2], 0.3, 3, "others", exclude=[0], ignore=[0])
    assert bits(result) == bits(target)


def test_an_excluded_class_gives_the_targets_of_optax_where() -> None:
    # optax smooth_labels with where= that leaves out class 2
    result = lsmooth.smooth([0], 0.1, 3, exclude=[2])
    assert bits(result) == bits([[0.9500000000000001, 0.05, 0.0]])


def test_a_soft_row_spreads_over_the_classes_that_are_not_excluded() -> None:
    x = [0.0, 0.25, 0.75]
    all_of = [0.0, 0.25 * 0.9 + 0.1 / 2, 0.75 * 0.9 + 0.1 / 2]
    assert bits(lsmooth.smooth([x], 0.1, exclude=[0])) == bits([all_of])
    others = [0.0, 0.25 * 0.9 + 0.75 * 0.1 / 1, 0.75 * 0.9 + 0.25 * 0.1 / 1]
    assert bits(lsmooth.smooth([x], 0.1, spread="others", exclude=[0])) == bits([others])


# Ignored rows


@pytest.mark.parametrize(
    ("ignored", "lines"),
    [("zero", ["0.0,0.0"]), ("nan", ["nan,nan"]), ("drop", [])],
)
def test_an_ignored_row_becomes_what_is_asked_for(ignored: str, lines: list[str], work: Work) -> None:
    expected = "\n".join(["0.9500000000000001,0.05", *lines, "0.05,0.9500000000000001"])
    flags = ["--ignore", 255, "--ignored", ignored]
    assert work.ok("smooth", *flags, stdin="0\n255\n1\n") == expected + "\n"
    result = lsmooth.smooth([0, 255, 1], 0.1, ignore=[255], ignored=ignored)  # type: ignore[arg-type]
    values = [list(map(float, line.split(","))) for line in expected.splitlines()]
    np.testing.assert_array_equal(result, values)


@pytest.mark.parametrize(
    ("flag", "content"),
    [
        ("", "a\n\nb\n"),
        ("unknown", "a\nunknown\nb\n"),
        ("", 'a\n""\nb\n'),
    ],
)
def test_an_ignored_name_gives_a_row_of_zeros_and_no_class(flag: str, content: str, work: Work) -> None:
    out = work.ok("smooth", "--no-header", "--ignore", flag, "--spread", "others", stdin=content)
    assert out == "a,b\n0.9,0.1\n0.0,0.0\n0.1,0.9\n"


def test_all_zero_and_all_nan_rows_are_ignored_where_asked_for(work: Work) -> None:
    flags = ["smooth", "--no-header", "--spread", "others"]
    assert work.ok(*flags, "--ignore", "zero", stdin="1,0\n0,0\n") == "0.9,0.1\n0.0,0.0\n"
    assert work.ok(*flags, "--ignore", "nan", stdin="1,0\nnan,nan\n") == "0.9,0.1\n0.0,0.0\n"
    both = ["--ignore", "nan", "--ignore", "zero", "--ignored", "drop"]
    assert work.ok(*flags, *both, stdin="1,0\nnan,nan\n0,0\n0,1\n") == "0.9,0.1\n0.1,0.9\n"


def test_several_labels_are_ignored(work: Work) -> None:
    flags = ["--ignore", -1, "--ignore", -100, "--spread", "others"]
    assert work.ok("smooth", *flags, stdin="0\n-1\n1\n-100\n") == "0.9,0.1\n0.0,0.0\n0.1,0.9\n0.0,0.0\n"
