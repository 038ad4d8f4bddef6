"""Where types are one another."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import Work
from kits.every_type import HEIGHT, K, N, Q, Y, targets

EQUAL_ENDS = {
    "adaptive": ["-e", "0.1:0.1", "--adaptive", "q.npy", "--gamma", "2"],
    "by class": ["-e", "0.1:0.1", "--adaptive", "q.npy", "--by", "class"],
    "conditional": ["-e", "0.1:0.1", "--conditional", "q.npy"],
    "inverted": ["-e", "0.1:0.1", "--conditional", "q.npy", "--invert", "--gamma", "0.3"],
    "linear": ["-e", "0.1:0.1", "--epoch", "3/7"],
    "cosine": ["-e", "0.1:0.1", "--epoch", "3/7", "--ramp", "cosine"],
    "exponential": ["-e", "0.1:0.1", "--epoch", "3/7", "--ramp", "exponential"],
    "per class": ["--per-class", "*=0.1"],
    "by": ["--per-class", "*=0.1", "--epsilon-by", "source"],
}


@pytest.mark.parametrize("rule", ["all", "others"])
@pytest.mark.parametrize("name", EQUAL_ENDS)
def test_equal_ends_are_standard_smoothing_bit_for_bit(files: Work, name: str, rule: str) -> None:
    flags = ["y.csv", "--column", "y", "-k", K, "--spread", rule]
    standard = files.ok("smooth", *flags, "-e", "0.1")
    assert files.ok("smooth", *flags, *EQUAL_ENDS[name]) == standard


@pytest.mark.parametrize(
    ("flags", "rule"),
    [
        (["--hierarchy", "flat.csv", "--beta", "7"], "others"),
        (["--hierarchy", "tree.csv", "--beta", "0"], "all"),
        (["--hierarchy", "tree.csv", "--beta", "0"], "others"),
        (["--ordinal", "--decay", "1"], "all"),
        (["--similarity", "ones.csv"], "all"),
        (["--similarity", "ones.csv"], "others"),
        (["--prior", "*=3"], "all"),
        (["--prior", "*=3"], "others"),
    ],
)
def test_weights_that_are_all_the_same_are_standard_smoothing(
    files: Work, flags: list[str], rule: str
) -> None:
    files.write("flat.csv", "".join(f"root,{k}\n" for k in range(K)))
    files.write("ones.csv", "1,1,1,1\n" * K)
    common = ["y.npy", "-k", K, "--spread", rule]
    np.testing.assert_allclose(targets(files, *common, *flags), targets(files, *common), rtol=1e-12)


def test_epsilon_1_with_all_is_the_soft_label_of_bertinetto(files: Work) -> None:
    found = targets(files, "y.npy", "-k", K, "-e", 1, "--hierarchy", "tree.csv", "--beta", 10)
    wanted = np.exp(-10 * HEIGHT) / np.exp(-10 * HEIGHT).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, wanted[Y], rtol=1e-12)


@pytest.mark.parametrize("beta", ["1e5", "1e300"])
def test_a_huge_beta_with_others_puts_all_on_the_nearest(files: Work, beta: str) -> None:
    found = targets(
        files, "y.npy", "-k", K, "-e", 0.5, "--hierarchy", "tree.csv", "--beta", beta, "--spread", "others"
    )
    third = 0.5 / 3
    rows = [[0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0], [0.25, 0.25, 0.5, 0], [third, third, third, 0.5]]
    np.testing.assert_allclose(found, np.array(rows)[Y], rtol=1e-12)


@pytest.mark.parametrize("rule", ["all", "others"])
@pytest.mark.parametrize(
    "tree",
    ["r,a\nr,b\na,0\nb,1\nb,2\nr,3\n", "r,a\na,0\na,1\na,2\na,3\n", "r,a\nr,b\na,0\na,1\nb,2\nb,3\n"],
    ids=["one and two", "a single family", "twos"],
)
def test_small_families_lose_no_mass(files: Work, tree: str, rule: str) -> None:
    files.write("t.csv", tree)
    found = targets(files, "y.npy", "-k", K, "--hierarchy", "t.csv", "--spread", rule)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-13)
    assert (found[np.arange(N), Y] >= 0.9 - 1e-12).all()


def test_decay_epsilon_with_others_is_the_geometric_distribution(work: Work) -> None:
    # dlordinal, geometric(5, .1): rows 0 and 1
    work.write("y.csv", "0\n1\n2\n3\n4\n")
    found = targets(work, "y.csv", "-k", 5, "-e", 0.1, "--ordinal", "--spread", "others")
    np.testing.assert_allclose(found[0], [0.9, 0.090009, 0.0090009, 0.00090009, 0.00009001], atol=5e-9)
    np.testing.assert_allclose(found[1], [0.04739336, 0.9, 0.04739336, 0.00473934, 0.00047393], atol=5e-9)


@pytest.mark.parametrize(("right", "wanted"), [(True, 0.03), (False, 0.41)])
@pytest.mark.parametrize("by", ["all", "class"])
def test_all_right_is_low_and_all_wrong_is_high_exactly(
    files: Work, right: bool, wanted: float, by: str
) -> None:
    np.save("p.npy", np.eye(K)[Y if right else (Y + 1) % K])
    common = ["smooth", "y.npy", "-k", K]
    adaptive = files.ok(*common, "-e", "0.03:0.41", "--adaptive", "p.npy", "--by", by)
    assert adaptive == files.ok(*common, "-e", wanted)


def test_ties_go_to_the_lowest_index_and_a_class_without_rows_takes_the_overall(work: Work) -> None:
    work.write("y.csv", "0\n0\n1\n")
    work.write("p.csv", "0.4,0.4,0.2\n0.4,0.4,0.2\n0.4,0.4,0.2\n")
    work.ok(
        *("smooth", "y.csv", "-k", 3, "-e", "0:0.3", "--adaptive", "p.csv", "--by", "class", "-o", "t.csv"),
        *("--matrix-out", "s.npy", "--dtype", "float64", "--spread", "others"),
    )
    # class 0 is always right, class 1 never, class 2 takes 1 - 2/3
    np.testing.assert_allclose(1 - np.load("s.npy").diagonal(), [0, 0.3, 0.1], atol=1e-15)


def test_uniform_predictions_are_high_and_one_hot_ones_low(work: Work) -> None:
    work.write("y.csv", "0\n1\n1\n")
    work.write("p.csv", "0.25,0.25,0.25,0.25\n0,1,0,0\n0,0,1,0\n")
    for measure, wanted in {
        "entropy": [0.4, 0.1, 0.1],
        "max": [0.4, 0.1, 0.1],
        "margin": [0.4, 0.1, 0.1],
        "true": [0.1 + 0.3 * 0.75, 0.1, 0.4],
    }.items():
        flags = ["-e", "0.1:0.4", "--conditional", "p.csv", "--uncertainty", measure, "--spread", "others"]
        found = targets(work, "y.csv", "-k", 4, *flags)
        np.testing.assert_allclose(1 - found[[0, 1, 2], [0, 1, 1]], wanted, rtol=1e-14)


def test_the_published_vectors_of_online_smoothing(work: Work) -> None:
    # ankandrew/online-label-smoothing-pt, test_update.py; class 2 has none
    work.write("y.csv", "1\n0\n0\n1\n")
    work.write("p.csv", ".3,.6,.1\n.7,.2,.1\n.3,.3,.4\n.2,.7,.1\n")
    work.ok(
        *("smooth", "y.csv", "-k", 3, "-e", 1, "--online", "p.csv", "-o", "t.csv"),
        *("--matrix-out", "s.npy", "--dtype", "float64"),
    )
    np.testing.assert_allclose(
        np.load("s.npy"), [[0.7, 0.2, 0.1], [0.25, 0.65, 0.10], [1 / 3] * 3], rtol=1e-14
    )


def test_predictions_may_be_logits_or_log_probabilities(files: Work) -> None:
    flags = ["y.csv", "--column", "y", "-k", K, "-e", "0:0.3", "--uncertainty", "margin"]
    wanted = targets(files, *flags, "--conditional", "q.npy")
    np.save("logits.npy", np.log(Q) + np.arange(N)[:, None])
    np.save("logs.npy", np.log(Q))
    for name, kind in (("logits", "auto"), ("logits", "logits"), ("logs", "auto"), ("logs", "logprobs")):
        found = targets(files, *flags, "--conditional", f"{name}.npy", "--as", kind)
        np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-15)
