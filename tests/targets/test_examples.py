"""The documented examples."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work
from kits.rows import Row, bits, one_hot, text

import lsmooth

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
