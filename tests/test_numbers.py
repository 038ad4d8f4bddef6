"""Numbers: by hand, from papers, documents and frameworks, through the library and the command line alike."""

from __future__ import annotations

import json
import struct
import warnings
from collections.abc import Sequence

import numpy as np
import pytest
from conftest import DATA, Work

import lsmooth
from lsmooth.errors import LsmoothWarning

Row = list[float]


def text(rows: Sequence[Sequence[float]]) -> str:
    """Rows as the command line must write them: Python's repr, commas, LF."""
    return "".join(",".join(map(repr, row)) + "\n" for row in rows)


def one_hot(label: int, classes: int) -> Row:
    """The row that has all mass on one class."""
    return [1.0 if k == label else 0.0 for k in range(classes)]


def bits(values: object) -> list[object]:
    """Values for an exact comparison, in which -0.0 is not 0.0 and NaN equals itself."""
    array = np.asarray(values, dtype=np.float64)
    return [list(array.shape), array.tobytes()]


#: name: (label, K, ε, spread, target). Every number stands in the place that is named.
EXAMPLES: dict[str, tuple[int, int, float, str, Row]] = {
    # one_hot*(1-e) + e/K, as numpy, Keras and optax compute it in float64
    "three classes, all": (0, 3, 0.1, "all", [0.9333333333333333, 0.03333333333333333, 0.03333333333333333]),
    # AI glossaries of Ultralytics and others: "[1, 0, 0] ... [0.9, 0.05, 0.05]"
    "three classes, others": (0, 3, 0.1, "others", [0.9, 0.05, 0.05]),
    # Keras binary_crossentropy, "squeeze the labels to 0.5": y*(1-ls) + 0.5*ls; YOLO's smooth_bce: 1-0.5*eps
    "three classes, half": (0, 3, 0.1, "half", [0.9500000000000001, 0.05, 0.05]),
    # mmpretrain LabelSmoothLoss mode multi_label: ε for a negative, 1-ε for a positive
    "three classes, flip": (0, 3, 0.1, "flip", [0.9, 0.1, 0.1]),
    # glossary, "Example 2: 5-Class Problem with Uniform Distribution"
    "five classes, others": (2, 5, 0.2, "others", [0.05, 0.05, 0.8, 0.05, 0.05]),
    "five classes, all": (2, 5, 0.2, "all", [0.04, 0.04, 0.8400000000000001, 0.04, 0.04]),
    # glossary, the flow chart "Smoothed Label Vector [0.025, 0.925, 0.025]", K = 4 with one cut
    "four classes, all": (1, 4, 0.1, "all", [0.025, 0.925, 0.025, 0.025]),
    # Ultralytics glossary: "a dog image would have a target vector of [0, 1] ... 0.9 ... 0.1"
    "cat and dog, others": (1, 2, 0.1, "others", [0.1, 0.9]),
    # Flux.jl label_smoothing, doctest: onehot over 0:1 with α = 0.2 becomes 0.1 / 0.9
    "two classes, all, of Flux": (1, 2, 0.2, "all", [0.1, 0.9]),
    # click4ai: [0,0,1] at 0.3 becomes [.1,.1,.8]; the doubles are those of optax.smooth_labels
    "three classes, all at 0.3, of optax": (
        2,
        3,
        0.3,
        "all",
        [0.09999999999999999, 0.09999999999999999, 0.7999999999999999],
    ),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_class_index_gives_the_documented_target_in_the_library(example: str) -> None:
    label, classes, epsilon, spread, target = EXAMPLES[example]
    result = lsmooth.smooth([label], epsilon, classes, spread)  # type: ignore[arg-type]
    assert bits(result) == bits([target])


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_class_index_gives_the_documented_text(example: str, work: Work) -> None:
    label, classes, epsilon, spread, target = EXAMPLES[example]
    out = work.ok("smooth", "-k", classes, "-e", epsilon, "--spread", spread, stdin=f"{label}\n")
    assert out == text([target])


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_one_hot_row_gives_the_documented_target_in_the_library(example: str) -> None:
    label, classes, epsilon, spread, target = EXAMPLES[example]
    result = lsmooth.smooth([one_hot(label, classes)], epsilon, spread=spread)  # type: ignore[arg-type]
    assert bits(result) == bits([target])


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("kind", ["rows", "multilabel"])
def test_a_one_hot_row_gives_the_documented_text(example: str, kind: str, work: Work) -> None:
    label, classes, epsilon, spread, target = EXAMPLES[example]
    if (kind, spread) == ("multilabel", "others"):
        pytest.skip("a usage error, which is tested where errors are")
    row = ",".join("1" if k == label else "0" for k in range(classes)) + "\n"
    out = work.ok("smooth", "--no-header", "--labels", kind, "-e", epsilon, "--spread", spread, stdin=row)
    assert out == text([target])


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_class_index_in_npy_gives_the_documented_doubles_in_npy(example: str, work: Work) -> None:
    label, classes, epsilon, spread, target = EXAMPLES[example]
    np.save("in.npy", np.array([label]))
    flags = ["-k", classes, "-e", epsilon, "--spread", spread, "--dtype", "float64"]
    work.ok("smooth", "in.npy", *flags, "-o", "out.npy")
    assert bits(np.load("out.npy")) == bits([target])


@pytest.mark.parametrize(
    ("classes", "on_all", "off_all", "off_others"),
    [
        # the table of the two conventions at ε = 0.1
        (3, 0.9333333, 0.0333333, 0.05),
        (5, 0.92, 0.02, 0.025),
        (6, 0.9166667, 0.0166667, 0.02),
        (10, 0.91, 0.01, 0.0111111),
        (1000, 0.9001, 0.0001, 0.00010010010),
    ],
)
def test_the_two_conventions_give_the_published_table(
    classes: int, on_all: float, off_all: float, off_others: float
) -> None:
    row = lsmooth.smooth([classes - 1], 0.1, classes, "all")[0]
    assert row[-1] == pytest.approx(on_all, abs=5e-8)
    assert row[:-1].tolist() == pytest.approx([off_all] * (classes - 1), abs=5e-8)
    row = lsmooth.smooth([classes - 1], 0.1, classes, "others")[0]
    assert row[-1] == 0.9
    assert row[:-1].tolist() == pytest.approx([off_others] * (classes - 1), abs=5e-8)


@pytest.mark.parametrize("classes", [2, 3, 7, 10, 1000, 1001])
@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_the_doubles_are_those_of_one_hot_times_1_minus_e_plus_e_over_k(
    classes: int, epsilon: float, work: Work
) -> None:
    # the ε of tests/algorithms/test_label_smoothing.py of MosaicML composer, both ends included
    label = classes // 2
    target = [x * (1 - epsilon) + epsilon / classes for x in one_hot(label, classes)]
    out = work.ok("smooth", "-k", classes, "-e", epsilon, stdin=f"{label}\n")
    assert out == text([target])


@pytest.mark.parametrize("epsilon", [0.1, 0.3, 0.7])
def test_the_mass_is_shared_by_the_number_of_classes_and_never_by_one(epsilon: float) -> None:
    # TimDettmers/ConvE issue 55: (1-ε)y + 1/K in place of ε/K, whose rows sum to 2-ε
    target = lsmooth.smooth([0], epsilon, 3)[0]
    assert target.sum() == pytest.approx(1, abs=1e-15)
    assert target[1] == epsilon / 3


def test_names_give_the_cat_and_dog_example_with_a_header(work: Work) -> None:
    out = work.ok("smooth", "--names", "cat,dog", "--spread", "others", stdin="dog\ncat\n")
    assert out == "cat,dog\n0.1,0.9\n0.9,0.1\n"
    assert bits(lsmooth.smooth(["dog", "cat"], 0.1, spread="others")) == bits([[0.1, 0.9], [0.9, 0.1]])


# Soft rows

MIXED = [[0.7, 0.3, 0.0], [0.25, 0.25, 0.5], [1 / 3, 1 / 3, 1 / 3]]


@pytest.mark.parametrize("epsilon", [0.1, 0.3, 1.0])
def test_a_soft_row_x_becomes_x_1_minus_e_plus_e_over_k(epsilon: float, work: Work) -> None:
    target = [[x * (1 - epsilon) + epsilon / 3 for x in row] for row in MIXED]
    assert bits(_quiet(MIXED, epsilon, "all")) == bits(target)
    assert work.ok("smooth", "--no-header", "-e", epsilon, stdin=text(MIXED)) == text(target)


@pytest.mark.parametrize("epsilon", [0.1, 0.3, 1.0])
def test_a_soft_row_x_becomes_x_1_minus_e_plus_1_minus_x_e_over_k_minus_1(epsilon: float, work: Work) -> None:
    # dice-group/dice-embeddings, AdaptiveLabelSmoothingLoss
    target = [[x * (1 - epsilon) + (1 - x) * epsilon / 2 for x in row] for row in MIXED]
    assert bits(_quiet(MIXED, epsilon, "others")) == bits(target)
    assert work.ok("smooth", "--no-header", "-e", epsilon, "--spread", "others", stdin=text(MIXED)) == text(
        target
    )


def _quiet(rows: list[Row], epsilon: float, spread: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LsmoothWarning)
        return lsmooth.smooth(rows, epsilon, spread=spread)  # type: ignore[arg-type]


def test_mixup_rows_give_the_targets_of_timm() -> None:
    # timm mixup_target(lam=0.7, smoothing=0.1), in float32
    mixed = [[0.7, 0.3, 0.0], [0.3, 0.7, 0.0], [0.0, 0.3, 0.7]]
    target = [
        [0.66333329677581787, 0.3033333420753479, 0.033333335071802139],
        [0.3033333420753479, 0.66333329677581787, 0.033333335071802139],
        [0.033333335071802139, 0.3033333420753479, 0.66333329677581787],
    ]
    result = lsmooth.smooth(mixed, 0.1, dtype=np.float32)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, target, rtol=0, atol=6e-8)


def test_soft_rows_with_a_prior_are_multiplied_by_the_matrix_of_the_recipe() -> None:
    x, prior, epsilon = np.array(MIXED), np.array([5.0, 3.0, 2.0]), 0.1
    for spread in ("all", "others"):
        matrix = np.zeros((3, 3))
        for true in range(3):
            weights = prior.copy()
            if spread == "others":
                weights[true] = 0
            matrix[true] = epsilon * weights / weights.sum()
            matrix[true, true] += 1 - epsilon
        result = lsmooth.smooth(x, epsilon, spread=spread, prior=prior)
        np.testing.assert_allclose(result, x @ matrix, rtol=0, atol=1e-15)


def test_multilabel_rows_are_halved_unless_something_else_is_asked_for(work: Work) -> None:
    rows = "1,0,1\n0,0,0\n1,1,1\n"
    on, off = 1 * (1 - 0.2) + 0.2 / 2, 0.2 / 2
    assert work.ok("smooth", "--no-header", "--labels", "multilabel", "-e", 0.2, stdin=rows) == text(
        [[on, off, on], [off, off, off], [on, on, on]]
    )
    on, off = 1 * (1 - 0.2) + 0.2 / 3, 0.2 / 3
    everywhere = ["--labels", "multilabel", "-e", 0.2, "--spread", "all"]
    assert work.ok("smooth", "--no-header", *everywhere, stdin=rows) == text(
        [[on, off, on], [off, off, off], [on, on, on]]
    )


def test_probabilities_of_labels_are_halved_and_flipped_each_on_its_own(work: Work) -> None:
    rows, epsilon = [[0.25, 1.0], [0.5, 0.75]], 0.1
    flags = ["smooth", "--no-header", "--labels", "multilabel", "--spread"]
    half = [[y * (1 - epsilon) + epsilon / 2 for y in row] for row in rows]
    assert work.ok(*flags, "half", stdin=text(rows)) == text(half)
    flip = [[y * (1 - 2 * epsilon) + epsilon for y in row] for row in rows]
    assert work.ok(*flags, "flip", stdin=text(rows)) == text(flip)


def test_rows_are_used_as_read_and_never_renormalised(work: Work) -> None:
    # 3 numbers with 2 decimals may be 0.015 off
    target = [[0.33 * (1 - 0.1) + 0.1 / 3] * 3]
    assert work.ok("smooth", "--no-header", stdin="0.33,0.33,0.33\n") == text(target)


# Priors

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


# Text of numbers

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
