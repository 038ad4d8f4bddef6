"""Every type of label smoothing through `smooth` and `loss`: any amount with any weights, by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Work
from numpy.typing import NDArray

import lsmooth

Array = NDArray[np.float64]

K, N = 4, 37
_random = np.random.default_rng(20)
#: Labels, their ε and where they come from; logits whose loss is taken; predictions that rules look at.
Y = _random.permutation(np.arange(N) % K)
EPS = _random.choice([0.0, 0.05, 0.25, 1.0], N)
FROM = _random.choice(["gold", "web"], N)
Z: Array = _random.normal(size=(N, K)) * 2
Q: Array = _random.dirichlet(np.full(K, 0.6), N)
X: Array = _random.dirichlet(np.ones(K), N)
SIMILAR: Array = np.array([[5.0, 2, 1, 0], [1, 1, 1, 1], [0, 3, 1, 6], [2, 0.5, 0, 0]])
PRIOR: Array = np.array([0.5, 0.2, 0.2, 0.1])
#: 0 and 1 are sisters, 2 their aunt, 3 stands under the root.
TREE = "r,a\nr,3\na,b\na,2\nb,0\nb,1\n"
HEIGHT: Array = np.array([[0.0, 1, 2, 3], [1, 0, 2, 3], [2, 2, 0, 3], [3, 3, 3, 0]]) / 3
DEPTH: Array = np.array([[0.0, 1, 2, 3], [1, 0, 2, 3], [2, 2, 0, 3], [3, 3, 3, 0]]) / 3
PATH: Array = np.array([[0.0, 2, 3, 4], [2, 0, 3, 4], [3, 3, 0, 3], [4, 4, 3, 0]]) / 4

RIGHT = Q.argmax(axis=1) == Y
MEAN_TRUE = Q[np.arange(N), Y]


@pytest.fixture
def files(work: Work) -> Work:
    """A scratch folder with all of the files."""
    rows = zip(Y, EPS.tolist(), FROM, strict=True)
    work.write("y.csv", "y,eps,source\n" + "".join(f"{y},{e!r},{s}\n" for y, e, s in rows))
    for name, values in {"y": Y, "z": Z, "q": Q, "x": X, "sim": SIMILAR, "prior": PRIOR}.items():
        np.save(f"{name}.npy", values)
    work.write("tree.csv", TREE)
    return work


def targets(work: Work, *arguments: object) -> Array:
    """What `smooth` writes, in float64."""
    work.ok("smooth", *arguments, "--dtype", "float64", "-o", "targets.npy", "--force")
    found: Array = np.load("targets.npy")
    return found


def took(work: Work, *arguments: object) -> dict[str, Any]:
    """What `loss` tells to machines."""
    found: dict[str, Any] = json.loads(work.ok("loss", *arguments, "--json"))
    return found


def log_softmax(z: Array) -> Array:
    shifted = z - z.max(axis=1, keepdims=True)
    logs: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs


def entropies(t: Array) -> Array:
    found: Array = -np.where(t > 0, t * np.log(np.where(t > 0, t, 1)), 0).sum(axis=1)
    return found


def by_hand(epsilon: Array, weights: Array, rule: str, x: Array | None = None) -> Array:
    """(1-ε)·label + ε·share, label by label; soft rows x as Σ_c x_c of the targets of class c."""
    shares = np.array(weights, dtype=np.float64)
    if rule == "others":
        shares[np.diag_indices(len(shares))] = 0
    shares /= shares.sum(axis=1, keepdims=True)
    rows = np.eye(len(shares))[Y] if x is None else x
    found: Array = (1 - epsilon)[:, None] * rows + epsilon[:, None] * (rows @ shares)
    return found


def confusion(rule: str) -> Array:
    counts = np.zeros((K, K))
    for truth, row in zip(Y, Q, strict=True):
        if not (rule == "others" and truth == row.argmax()):
            counts[truth, row.argmax()] += 1
    counts[counts.sum(axis=1) == 0] = 1
    return counts


def online(rule: str) -> Array:
    del rule
    rows = np.ones((K, K))
    for c in range(K):
        if (right := RIGHT & (c == Y)).any():
            rows[c] = Q[right].mean(axis=0)
    return rows


def falling(decay: float) -> Array:
    found: Array = np.power(decay, abs(np.subtract.outer(np.arange(K), np.arange(K))))
    return found


def entropy_share() -> Array:
    found: Array = entropies(Q) / np.log(K)
    return found


TOP: Array = np.sort(Q, axis=1)[:, ::-1]
ACCURACY = RIGHT.mean()
CLASS_ACCURACY: Array = np.array([RIGHT[c == Y].mean() for c in range(K)])
CLASS_CONFIDENCE: Array = np.array([MEAN_TRUE[c == Y].mean() for c in range(K)])

#: Where to, as flags and as weights.
WEIGHTS: dict[str, tuple[list[str], Callable[[str], Array]]] = {
    "uniform": ([], lambda _: np.ones((K, K))),
    "prior": (["--prior", "prior.npy"], lambda _: np.tile(PRIOR, (K, 1))),
    "prior-list": (["--prior", "3=0.1,*=0.3"], lambda _: np.tile([0.3, 0.3, 0.3, 0.1], (K, 1))),
    "prior-labels": (["--prior", "labels"], lambda _: np.tile(np.bincount(Y, minlength=K), (K, 1))),
    "height": (["--hierarchy", "tree.csv"], lambda _: np.exp(-4 * HEIGHT)),
    "depth": (["--hierarchy", "tree.csv", "--distance", "depth", "--beta", "1"], lambda _: np.exp(-DEPTH)),
    "path": (
        ["--hierarchy", "tree.csv", "--distance", "path", "--beta", "2.5"],
        lambda _: np.exp(-2.5 * PATH),
    ),
    "ordinal": (["--ordinal"], lambda _: falling(0.1)),
    "decay": (
        ["--ordinal", "--decay", "0.5"],
        lambda _: falling(0.5),
    ),
    "similarity": (["--similarity", "sim.npy"], lambda _: SIMILAR),
    "confusion": (["--confusion", "q.npy"], confusion),
    "online": (["--online", "q.npy"], online),
}
#: How much, as flags and as ε for each row.
AMOUNTS: dict[str, tuple[list[str], Array]] = {
    "default": ([], np.full(N, 0.1)),
    "constant": (["-e", "0.3"], np.full(N, 0.3)),
    "one": (["-e", "1"], np.ones(N)),
    "per-class": (["--per-class", ".1,.2,0,1"], np.array([0.1, 0.2, 0, 1])[Y]),
    "per-class-rest": (["--per-class", "1=.5,*=.05"], np.array([0.05, 0.5, 0.05, 0.05])[Y]),
    "by": (["--per-class", "web=.4,*=0", "--epsilon-by", "source"], np.where(FROM == "web", 0.4, 0.0)),
    "column": (["--epsilon-column", "eps"], EPS),
    "linear": (["-e", "0.1:0.5", "--epoch", "2/5"], np.full(N, 0.2)),
    "descending": (["-e", "0.5:0.1", "--epoch", "2/5"], np.full(N, 0.4)),
    "cosine": (
        ["-e", "0:0.2", "--epoch", "2/4", "--ramp", "cosine"],
        np.full(N, 0.1 * (1 - np.cos(np.pi / 3))),
    ),
    "exponential": (["-e", "0.01:0.16", "--epoch", "2/5", "--ramp", "exponential"], np.full(N, 0.02)),
    "accuracy": (["-e", "0.02:0.3", "--adaptive", "q.npy"], np.full(N, 0.02 + 0.28 * (1 - ACCURACY))),
    "confidence": (
        ["-e", "0:0.3", "--adaptive", "q.npy", "--metric", "confidence", "--gamma", "2"],
        np.full(N, 0.3 * (1 - MEAN_TRUE.mean()) ** 2),
    ),
    "accuracy-class": (
        ["-e", "0:0.3", "--adaptive", "q.npy", "--by", "class", "--gamma", "0.5"],
        0.3 * np.sqrt(1 - CLASS_ACCURACY[Y]),
    ),
    "confidence-class": (
        ["-e", "0.1:0.3", "--adaptive", "q.npy", "--by", "class", "--metric", "confidence"],
        0.1 + 0.2 * (1 - CLASS_CONFIDENCE[Y]),
    ),
    "entropy": (["-e", "0.05:0.4", "--conditional", "q.npy"], 0.05 + 0.35 * entropy_share()),
    "max": (
        ["-e", "0:0.4", "--conditional", "q.npy", "--uncertainty", "max", "--gamma", "3"],
        0.4 * ((1 - TOP[:, 0]) * K / (K - 1)) ** 3,
    ),
    "margin": (
        ["-e", "0:0.4", "--conditional", "q.npy", "--uncertainty", "margin", "--invert"],
        0.4 * (TOP[:, 0] - TOP[:, 1]),
    ),
    "true": (["-e", "0:0.4", "--conditional", "q.npy", "--uncertainty", "true"], 0.4 * (1 - MEAN_TRUE)),
    "invert": (
        ["-e", "0.4:0.1", "--conditional", "q.npy", "--invert", "--gamma", "2"],
        0.4 - 0.3 * (1 - entropy_share()) ** 2,
    ),
}
ONE_CLASS_WEIGHTS = ("confusion", "online")
ONE_CLASS_AMOUNTS = (
    "per-class",
    "per-class-rest",
    "accuracy-class",
    "confidence",
    "confidence-class",
    "true",
)
TEXT_AMOUNTS = ("by", "column")
SOFT_AMOUNTS = [name for name in AMOUNTS if name not in (*ONE_CLASS_AMOUNTS, *TEXT_AMOUNTS)]
SOFT_WEIGHTS = [name for name in WEIGHTS if name not in ONE_CLASS_WEIGHTS]


# -- any amount, any weights --------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("amount", AMOUNTS)
def test_any_amount_goes_with_any_weights(files: Work, amount: str, weights: str) -> None:
    much, epsilon = AMOUNTS[amount]
    where, matrix = WEIGHTS[weights]
    rule = ("all", "others")[(len(amount) + len(weights)) % 2]
    flags = ["--column", "y", *much, *where, "--spread", rule]
    found = targets(files, "y.csv", "-k", K, *flags)
    np.testing.assert_allclose(found, by_hand(epsilon, matrix(rule), rule), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)
    told = took(files, "z.npy", "y.csv", *flags)
    rows = -(found * log_softmax(Z)).sum(axis=1)
    assert told["loss"] == pytest.approx(rows.mean(), rel=1e-12)
    assert told["floor"] == pytest.approx(entropies(found).mean(), rel=1e-12, abs=1e-15)
    assert told["excess"] == pytest.approx((rows - entropies(found)).mean(), rel=1e-11)
    assert told["epsilon"] == pytest.approx(epsilon.mean(), rel=1e-12)
    assert told["hard"] + told["smooth"] == pytest.approx(told["loss"], rel=1e-12)


@pytest.mark.parametrize("rule", ["all", "others"])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_both_rules_with_all_weights_and_the_losses_of_rows(files: Work, weights: str, rule: str) -> None:
    where, matrix = WEIGHTS[weights]
    much, epsilon = AMOUNTS["true"]
    flags = ["--column", "y", *much, *where, "--spread", rule]
    found = targets(files, "y.csv", "-k", K, *flags)
    np.testing.assert_allclose(found, by_hand(epsilon, matrix(rule), rule), rtol=1e-12, atol=1e-15)
    rows = -(found * log_softmax(Z)).sum(axis=1)
    for extra, wanted in (([], rows), (["--minus-entropy"], rows - entropies(found))):
        lines = files.ok("loss", "z.npy", "y.csv", *flags, "--reduction", "none", *extra).split()
        np.testing.assert_allclose([float(line) for line in lines], wanted, rtol=1e-11, atol=1e-13)
    total = float(files.ok("loss", "z.npy", "y.csv", *flags, "--reduction", "sum"))
    assert total == pytest.approx(rows.sum(), rel=1e-12)


@pytest.mark.parametrize("amount", SOFT_AMOUNTS)
@pytest.mark.parametrize("weights", SOFT_WEIGHTS)
def test_a_soft_row_takes_x_s(files: Work, weights: str, amount: str) -> None:
    rule = ("all", "others")[(len(amount) + len(weights)) % 2]
    much, epsilon = AMOUNTS[amount]
    if amount == "accuracy":
        right = (Q.argmax(axis=1) == X.argmax(axis=1)).mean()
        epsilon = np.full(N, 0.02 + 0.28 * (1 - right))
    where, matrix = WEIGHTS[weights]
    table = np.tile(X.mean(axis=0), (K, 1)) if weights == "prior-labels" else matrix(rule)
    flags = [*(much or ["-e", "0.1"]), *where, "--spread", rule]
    found = targets(files, "x.npy", *flags)
    np.testing.assert_allclose(found, by_hand(epsilon, table, rule, X), rtol=1e-12, atol=1e-15)
    told = took(files, "z.npy", "x.npy", *flags)
    assert told["loss"] == pytest.approx(-(found * log_softmax(Z)).sum(axis=1).mean(), rel=1e-12)
    assert told["floor"] == pytest.approx(entropies(found).mean(), rel=1e-12)


def test_soft_rows_keep_epsilon_0_in_loss_unless_it_is_asked_for(files: Work) -> None:
    plain = took(files, "z.npy", "x.npy", "--hierarchy", "tree.csv")
    assert plain["epsilon"] == 0
    assert plain["loss"] == pytest.approx(-(X * log_softmax(Z)).sum(axis=1).mean(), rel=1e-12)


# -- the loss is affine in ε --------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["all", "others"])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_sweep_is_affine_and_gives_what_each_epsilon_gives(files: Work, weights: str, rule: str) -> None:
    where, _ = WEIGHTS[weights]
    flags = ["--column", "y", *where, "--spread", rule]
    lines = files.ok("loss", "z.npy", "y.csv", *flags, "-e", "0:1:0.25").splitlines()
    assert lines[0] == "epsilon,loss,floor,excess"
    table = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    assert table[:, 0].tolist() == [0, 0.25, 0.5, 0.75, 1]
    low, high = table[0, 1], table[-1, 1]
    np.testing.assert_allclose(table[:, 1], (1 - table[:, 0]) * low + table[:, 0] * high, rtol=1e-12)
    for epsilon, loss, floor, excess in table.tolist():
        found = targets(files, "y.csv", "-k", K, *flags, "-e", epsilon)
        assert loss == pytest.approx(-(found * log_softmax(Z)).sum(axis=1).mean(), rel=1e-12)
        assert floor == pytest.approx(entropies(found).mean(), rel=1e-12, abs=1e-14)
        assert excess == pytest.approx(loss - floor, rel=1e-12)
        assert float(files.ok("loss", "z.npy", "y.csv", *flags, "-e", epsilon)) == loss


@pytest.mark.parametrize("weights", SOFT_WEIGHTS)
def test_a_sweep_over_soft_rows(files: Work, weights: str) -> None:
    where, _ = WEIGHTS[weights]
    lines = files.ok("loss", "z.npy", "x.npy", *where, "-e", "0,0.3,1").splitlines()
    for line in lines[1:]:
        epsilon, loss, floor, _ = map(float, line.split(","))
        found = targets(files, "x.npy", *where, "-e", epsilon)
        assert loss == pytest.approx(-(found * log_softmax(Z)).sum(axis=1).mean(), rel=1e-12)
        assert floor == pytest.approx(entropies(found).mean(), rel=1e-12)


@pytest.mark.parametrize("weighting", ["class", "target", "row"])
@pytest.mark.parametrize("weights", ["height", "similarity", "online"])
@pytest.mark.parametrize("amount", ["constant", "per-class", "true"])
def test_class_weights_beside_rules(files: Work, amount: str, weights: str, weighting: str) -> None:
    much, epsilon = AMOUNTS[amount]
    where, matrix = WEIGHTS[weights]
    given = np.array([1.0, 2, 0.5, 3])
    found = by_hand(epsilon, matrix("all"), "all")
    hard = (1 - epsilon)[:, None] * np.eye(K)[Y]
    smooth = found - hard
    scale = {
        "class": found * given,
        "target": hard * given + smooth,
        "row": found * given[Y][:, None],
    }[weighting]
    told = float(
        files.ok(
            *("loss", "z.npy", "y.csv", "--column", "y", *much, *where, "--weights", "1,2,.5,3"),
            *("--weighting", weighting, "--denominator", "weights"),
        )
    )
    assert told == pytest.approx(-(scale * log_softmax(Z)).sum() / given[Y].sum(), rel=1e-12)


# -- reductions ---------------------------------------------------------------------------------------------

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


# -- gradual ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("total", [1, 3, 11])
def test_every_epoch_has_a_file(files: Work, total: int) -> None:
    before = set(files.files())
    files.ok("smooth", "y.npy", "-k", K, "-e", "0:0.3", "--epoch", f"all/{total}", "-o", "t-{epoch}.csv")
    width = len(str(total))
    assert set(files.files()) - before == {f"t-{t:0{width}}.csv" for t in range(1, total + 1)}
    for t, epsilon in enumerate(np.linspace(0, 0.3, total).tolist(), 1):
        wanted = files.ok("smooth", "y.npy", "-k", K, "-e", epsilon)
        assert files.read(f"t-{t:0{width}}.csv") == wanted
        assert files.ok("smooth", "y.npy", "-k", K, "-e", "0:0.3", "--epoch", f"{t}/{total}") == wanted


def test_all_epochs_from_a_regular_standard_input(work: Work) -> None:
    flags = ["-k", 2, "-e", "0:0.2", "--epoch", "all/2", "-o", "t-{epoch}.csv"]
    work.ok("smooth", *flags, stdin="0\n1\n")
    assert work.read("t-1.csv") == "1.0,0.0\n0.0,1.0\n"
    assert work.read("t-2.csv") == "0.9,0.1\n0.1,0.9\n"


@pytest.mark.parametrize("ramp", ["linear", "cosine", "exponential"])
def test_a_ramp_of_one_epoch_is_low(files: Work, ramp: str) -> None:
    flags = ["y.npy", "-k", K]
    found = files.ok("smooth", *flags, "-e", "0.1:0.5", "--epoch", "1/1", "--ramp", ramp)
    assert found == files.ok("smooth", *flags, "-e", "0.1")


# -- exclude, ignore ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["all", "others"])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_an_excluded_class_gets_no_mass(files: Work, weights: str, rule: str) -> None:
    where, matrix = WEIGHTS[weights]
    kept = np.flatnonzero(Y != 2)
    table = np.array(matrix(rule), dtype=np.float64)
    if weights == "prior-labels":
        table = np.tile(np.bincount(Y[kept], minlength=K).astype(np.float64), (K, 1))
    table[:, 2] = 0
    table[table.sum(axis=1) == 0] = [1, 1, 0, 1]
    wanted = by_hand(np.full(N, 0.3), table, rule)
    wanted[Y == 2] = 0
    flags = [*where, "-e", 0.3, "--spread", rule, "--exclude", 2, "--ignore", 2]
    found = targets(files, "y.npy", "-k", K, *flags)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-15)
    loss = float(files.ok("loss", "z.npy", "y.npy", *flags))
    assert loss == pytest.approx(-(wanted * log_softmax(Z)).sum() / len(kept), rel=1e-12)
    lines = files.ok("smooth", "y.npy", "-k", K, *flags, "--ignored", "drop").splitlines()
    np.testing.assert_array_equal([[float(cell) for cell in line.split(",")] for line in lines], found[kept])


@pytest.mark.parametrize("amount", ["by", "column", "true", "accuracy-class", "confidence", "per-class"])
def test_ignored_rows_stay_in_step_and_do_not_count(files: Work, amount: str) -> None:
    much, _ = AMOUNTS[amount]
    flags = ["--column", "y", *much, "--ignore", 3]
    # the same with the rows taken out of all files
    kept = np.flatnonzero(Y != 3)
    lines = files.read("y.csv").splitlines(keepends=True)
    zeros = targets(files, "y.csv", "-k", K, *flags)
    dropped = files.ok("smooth", "y.csv", "-k", K, *flags, "--ignored", "drop")
    loss = float(files.ok("loss", "z.npy", "y.csv", *flags))
    files.write("y.csv", lines[0] + "".join(lines[1 + row] for row in kept))
    np.save("q.npy", Q[kept])
    np.save("z.npy", Z[kept])
    assert not zeros[Y == 3].any()
    fewer = targets(files, "y.csv", "-k", K, "--column", "y", *much)
    # a class that does not appear changes nothing but by class: its rows are ignored
    np.testing.assert_array_equal(zeros[kept], fewer)
    assert [[float(cell) for cell in line.split(",")] for line in dropped.splitlines()[1:]] == fewer.tolist()
    assert loss == pytest.approx(float(files.ok("loss", "z.npy", "y.csv", "--column", "y", *much)), rel=1e-12)


# -- the matrix S -------------------------------------------------------------------------------------------

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


# -- trees, names, NPY --------------------------------------------------------------------------------------

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


# -- multilabel ---------------------------------------------------------------------------------------------

MULTI: Array = np.array([[1.0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 1]])


def multilabel_by_hand(epsilon: float, beta: float) -> Array:
    """A positive gets 1-ε/2; of the others the nearest to a positive gets ε/2, farther ones less."""
    rows = []
    for row in MULTI:
        positive = row == 1
        if not positive.any() or positive.all():
            rows.append(np.where(positive, 1 - epsilon / 2, epsilon / 2))
            continue
        near = HEIGHT[positive].min(axis=0)
        near = near - near[~positive].min()
        rows.append(np.where(positive, 1 - epsilon / 2, epsilon / 2 * np.exp(-beta * near)))
    return np.array(rows)


@pytest.mark.parametrize("spread", [[], ["--spread", "half"]])
def test_half_on_multilabel_rows_with_a_tree(files: Work, spread: list[str]) -> None:
    np.save("m.npy", MULTI)
    np.save("z.npy", Z[:4])
    flags = ["--labels", "multilabel", "-e", 0.2, "--hierarchy", "tree.csv", "--beta", 2, *spread]
    found = targets(files, "m.npy", *flags)
    np.testing.assert_allclose(found, multilabel_by_hand(0.2, 2), rtol=1e-12)
    p = 1 / (1 + np.exp(-Z[:4]))
    wanted = -(found * np.log(p) + (1 - found) * np.log1p(-p)).mean()
    told = took(files, "z.npy", "m.npy", *flags)
    assert told["loss"] == pytest.approx(wanted, rel=1e-12)
    assert told["kind"] == "sigmoid"
    floor = -(found * np.log(found) + (1 - found) * np.log1p(-found)).mean()
    assert told["floor"] == pytest.approx(floor, rel=1e-12)


def test_ancestors_are_closed_by_the_worked_numbers(work: Work) -> None:
    work.write(
        "tree.csv",
        "root,animal\nroot,vehicle\nroot,plant\nanimal,cat\nanimal,dog\nvehicle,land\nvehicle,boat\n"
        "land,car\nland,truck\n",
    )
    names = "vehicle,land,car,truck,boat,animal,cat,dog,plant"
    work.write("m.csv", f"{names}\n0,0,1,0,0,0,0,0,0\n0,0,1,0,0,0,1,0,0\n")
    found = targets(work, "m.csv", "--labels", "multilabel", "-e", 0.1, "--hierarchy", "tree.csv")
    far = 0.00347417
    np.testing.assert_allclose(
        found,
        [
            [0.95, 0.95, 0.95, 0.05, 0.01317986, far, far, far, far],
            [0.95, 0.95, 0.95, 0.05, 0.01317986, 0.95, 0.95, 0.05, far],
        ],
        atol=5e-9,
    )


@pytest.mark.parametrize(
    ("flags", "epsilon"),
    [
        (["--per-class", "0,.1,.2,.4"], np.array([[0, 0.1, 0.2, 0.4]])),
        (["-e", "0:0.4", "--epoch", "2/3"], np.array([[0.2]])),
        (["--epsilon-column", "eps"], np.array([[0.1], [0.2], [0.3], [0.5]])),
        (["--per-class", "a=.2,*=.6", "--epsilon-by", "who"], np.array([[0.2], [0.6], [0.2], [0.6]])),
    ],
)
def test_the_amounts_that_multilabel_rows_have(files: Work, flags: list[str], epsilon: Array) -> None:
    cells = zip(MULTI.astype(int).tolist(), (0.1, 0.2, 0.3, 0.5), "abab", strict=True)
    rows = "".join(f"{','.join(map(str, row))},{e},{who}\n" for row, e, who in cells)
    files.write("m.csv", "w,x,y,z,eps,who\n" + rows)
    flags = [*flags, "--labels", "multilabel", "--label-columns", "w:z"]
    found = targets(files, "m.csv", *flags)
    np.testing.assert_allclose(found, MULTI * (1 - epsilon) + epsilon / 2, rtol=1e-14)
    np.save("z.npy", Z[:4])
    p = 1 / (1 + np.exp(-Z[:4]))
    told = took(files, "z.npy", "m.csv", *flags)
    assert told["loss"] == pytest.approx(-(found * np.log(p) + (1 - found) * np.log1p(-p)).mean(), rel=1e-12)


# -- votes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "wanted"), [(0, [0.75, 0.25, 0]), (1, [4 / 7, 2 / 7, 1 / 7])])
def test_votes_become_shares(work: Work, count: float, wanted: list[float]) -> None:
    work.write("v.csv", "3,1,0\n")
    found = targets(work, "v.csv", "--labels", "votes", "--pseudocount", count, "-e", 0)
    np.testing.assert_allclose(found, [wanted], rtol=1e-15)
    found = targets(
        work, "v.csv", "--labels", "votes", "--pseudocount", count, "-e", 0.3, "--spread", "others"
    )
    np.testing.assert_allclose(found, [[x * 0.7 + (1 - x) * 0.15 for x in wanted]], rtol=1e-14)


def test_a_row_without_votes(work: Work) -> None:
    work.write("v.csv", "1,1\n0,0\n")
    assert "v.csv:2" in work.refused("smooth", "v.csv", "--labels", "votes", "-e", 0)
    out = work.ok("smooth", "v.csv", "--labels", "votes", "-e", 0, "--pseudocount", 0.5)
    assert out == "0.5,0.5\n0.5,0.5\n"


VOTES = np.array([[2, 1, 0], [0, 0, 1], [1, 1, 1], [0, 5, 0], [1, 0, 1]])


def long_table(annotators: bool) -> str:
    lines = ["item,annotator,label" if annotators else "item,label"]
    for item, row in enumerate(VOTES.tolist()):
        votes = [k for k, count in enumerate(row) for _ in range(count)]
        lines += [f"img{item},w{j},{v}" if annotators else f"img{item},{v}" for j, v in enumerate(votes)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("size", [None, 1, 7, 16, 40])
@pytest.mark.parametrize("annotators", [True, False])
def test_long_tables_count_as_wide_ones(
    work: Work, monkeypatch: pytest.MonkeyPatch, annotators: bool, size: int | None
) -> None:
    work.write("tree.csv", "r,a\na,0\na,1\nr,2\n")
    work.write("wide.csv", "".join(f"{a},{b},{c}\n" for a, b, c in VOTES.tolist()))
    work.write("long.csv", long_table(annotators))
    np.save("z.npy", Z[:5, :3])
    np.save("q.npy", Q[:5, :3] / Q[:5, :3].sum(axis=1, keepdims=True))
    for flags in (
        ["-e", "0"],
        ["-e", "0.2", "--pseudocount", "1"],
        ["-e", "0.2", "--hierarchy", "tree.csv", "--spread", "others"],
        ["-e", "0:0.2", "--conditional", "q.npy"],
        ["-e", "0:0.2", "--adaptive", "q.npy"],
        ["-e", "0.1:0.2", "--epoch", "2/2", "--ordinal"],
    ):
        wide = ["wide.csv", "--labels", "votes", *flags]
        long = ["long.csv", "--item", "item", "--column", "label", *flags]
        wanted, loss = targets(work, *wide), took(work, "z.npy", *wide)
        with monkeypatch.context() as patch:
            if size is not None:
                patch.setattr("lsmooth.files.delimited.READ_BYTES", size)
                patch.setattr("lsmooth.pipeline.engine.BLOCK_BYTES", 1)
                patch.setattr("lsmooth.pipeline.engine.SHARED_BYTES", 1)
            np.testing.assert_array_equal(targets(work, *long, "-k", 3), wanted)
            found = took(work, "z.npy", *long)
        assert (found["loss"], found["floor"]) == (loss["loss"], loss["floor"])


def test_prior_labels_of_votes_is_the_mean_of_their_rows(work: Work) -> None:
    work.write("wide.csv", "".join(f"{a},{b},{c}\n" for a, b, c in VOTES.tolist()))
    shares = VOTES / VOTES.sum(axis=1, keepdims=True)
    found = targets(work, "wide.csv", "--labels", "votes", "-e", 0.5, "--prior", "labels")
    np.testing.assert_allclose(found, shares / 2 + shares.mean(axis=0) / 2, rtol=1e-13)


def test_prior_labels_of_a_long_table_is_that_of_the_wide_one(work: Work) -> None:
    work.write("long.csv", long_table(annotators=False))
    shares = VOTES / VOTES.sum(axis=1, keepdims=True)
    flags = ["--item", "item", "--column", "label", "-k", 3, "-e", 0.5, "--prior", "labels"]
    found = targets(work, "long.csv", *flags)
    np.testing.assert_allclose(found, shares / 2 + shares.mean(axis=0) / 2, rtol=1e-13)


def test_long_tables_by_name_keep_and_ignore(work: Work) -> None:
    work.write("t.csv", "item,where,label\n1,x,cat\n1,x,dog\n2,y,?\n2,y,dog\n")
    out = work.ok(
        *("smooth", "t.csv", "--item", "item", "--column", "label", "-e", 0),
        *("--keep", "item,where", "--ignore", "?"),
    )
    assert out == "item,where,cat,dog\n1,x,0.5,0.5\n2,y,0.0,1.0\n"


def test_the_label_column_of_a_long_table_is_told_by_its_name_or_alone(work: Work) -> None:
    work.write("two.csv", "img,vote\na,0\na,1\nb,1\n")
    assert work.ok("smooth", "two.csv", "--item", "img", "-e", 0) == "class_0,class_1\n0.5,0.5\n0.0,1.0\n"
    work.write("three.csv", "img,annotator,label\na,7,0\na,8,1\nb,7,1\n")
    assert work.ok("smooth", "three.csv", "--item", "img", "-e", 0) == "class_0,class_1\n0.5,0.5\n0.0,1.0\n"


def test_an_item_that_comes_back_is_told_with_its_line(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.write("t.csv", "item,label\na,0\na,1\nb,1\na,0\n")
    for size in (1 << 18, 1):
        monkeypatch.setattr("lsmooth.files.delimited.READ_BYTES", size)
        error = work.refused("smooth", "t.csv", "--item", "item", "-k", 2, "-o", "out.csv")
        assert "t.csv:5" in error
        assert "`a`" in error


def test_items_go_on_over_files(work: Work) -> None:
    work.write("a.csv", "item,label\nx,0\ny,1\n")
    work.write("b.csv", "item,label\ny,0\nz,1\n")
    out = work.ok("smooth", "a.csv", "b.csv", "--item", "item", "-e", 0, "-k", 2)
    assert out == "class_0,class_1\n1.0,0.0\n0.5,0.5\n0.0,1.0\n"


# -- what is said -------------------------------------------------------------------------------------------


def chose(work: Work, *arguments: object) -> str:
    result = work.run("smooth", "y.csv", "--column", "y", "-k", K, *arguments)
    assert result.code == 0, result.err
    (line,) = [line for line in result.err.splitlines() if "chose" in line]
    return line


def test_the_adaptive_choice_is_said(files: Work) -> None:
    line = chose(files, "-e", "0:0.2", "--adaptive", "q.npy")
    assert "accuracy" in line
    assert f"{ACCURACY:.4g}" in line
    assert f"{0.2 * (1 - ACCURACY):.4g}" in line
    line = chose(files, "-e", "0:0.2", "--adaptive", "q.npy", "--metric", "confidence", "--by", "class")
    assert "confidence" in line
    assert f"{(0.2 * (1 - CLASS_CONFIDENCE)).max():.4g}" in line


def test_the_epoch_is_said(files: Work) -> None:
    line = chose(files, "-e", "0:0.2", "--epoch", "3/5")
    assert "3/5" in line
    assert "0.1" in line


def test_the_conditional_choice_is_said(files: Work) -> None:
    line = chose(files, "-e", "0:0.2", "--conditional", "q.npy")
    assert "conditional" in line
    assert "entropy" in line


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (["-e", "0:0.2", "--adaptive", "q.npy"], "accuracy"),
        (["-e", "0:0.2", "--epoch", "3/5"], "3/5"),
        (["--hierarchy", "roots.csv"], "2 roots"),
    ],
)
def test_loss_says_it_too_and_quiet_says_nothing(files: Work, flags: list[str], word: str) -> None:
    files.write("roots.csv", "a,0\na,1\nb,2\nb,3\n")
    common = ["loss", "z.npy", "y.csv", "--column", "y", *flags]
    assert word in files.run(*common).err
    assert any(word in note for note in took(files, *common[1:])["notes"])
    assert files.run(*common, "-q").err == ""


def test_the_summary_in_json_has_what_a_loop_needs(files: Work) -> None:
    def summary(*arguments: object) -> dict[str, Any]:
        result = files.run(
            "smooth", "y.csv", "--column", "y", "-k", K, "-o", "t.npy", "-f", "--json", *arguments
        )
        assert result.code == 0, result.err
        found: dict[str, Any] = json.loads(result.err)
        return found

    found = summary("-e", "0:0.2", "--adaptive", "q.npy")
    assert found["epsilon"] == pytest.approx(0.2 * (1 - ACCURACY), rel=1e-14)
    assert (found["rows"], found["classes"], found["output"], found["spread"]) == (N, K, "t.npy", "all")
    assert "accuracy" in found["notes"][0]
    found = summary("-e", "0:0.2", "--adaptive", "q.npy", "--by", "class")
    assert found["epsilon"] is None
    assert found["epsilons"] == pytest.approx((0.2 * (1 - CLASS_ACCURACY)).tolist(), abs=1e-15)
    found = summary("--per-class", "0,.1,.2,.3")
    assert found["epsilons"] == [0, 0.1, 0.2, 0.3]
    found = summary("-e", "0:0.2", "--conditional", "q.npy")
    assert (found["epsilon"], found["epsilons"]) == (None, None)
    result = files.run("smooth", "-k", K, "--matrix-out", "s.npy", "--json", "-e", 0.3)
    assert json.loads(result.err)["epsilon"] == 0.3
    files.run("smooth", "y.npy", "-k", K, "-e", "0:0.5", "--epoch", "all/3", "-o", "e{epoch}.npy", "--json")
    result = files.run(
        "smooth", "y.npy", "-k", K, "-e", "0:0.5", "--epoch", "all/3", "-o", "e{epoch}.npy", "-f", "--json"
    )
    assert [json.loads(line)["epsilon"] for line in result.err.splitlines()] == [0, 0.25, 0.5]


def test_the_library_does_what_the_command_does(files: Work, tmp_path: Path) -> None:
    rule = lsmooth.EpsilonRule(span=(0.0, 0.3), adaptive="q.npy", by="class")
    weights = lsmooth.SpreadWeights(hierarchy="tree.csv", beta=2.0)
    out = tmp_path / "t.npy"
    summary = lsmooth.smooth_file("y.npy", out, epsilon=rule, spread_by=weights, classes=K, dtype="float64")
    flags = ["-e", "0:0.3", "--adaptive", "q.npy", "--by", "class", "--hierarchy", "tree.csv", "--beta", 2]
    np.testing.assert_array_equal(np.load(out), targets(files, "y.npy", "-k", K, *flags))
    assert summary.epsilons is not None
    result = lsmooth.loss_file("z.npy", "y.npy", epsilon=rule, spread_by=weights)
    assert repr(result.loss) == files.ok("loss", "z.npy", "y.npy", *flags).strip()


# -- blocks -------------------------------------------------------------------------------------------------

MANY = 900


@pytest.fixture
def many(work: Work) -> Work:
    """Rows enough for several tiles, in text and in NPY."""
    random = np.random.default_rng(7)
    y, q = random.integers(0, K, MANY), random.dirichlet(np.ones(K), MANY)
    eps = random.random(MANY)
    rows = zip(y, eps.tolist(), random.choice(["gold", "web"], MANY), strict=True)
    work.write("y.csv", "y,eps,source\n" + "".join(f"{y},{e!r},{s}\n" for y, e, s in rows))
    for name, values in {
        "y": y,
        "z": random.normal(size=(MANY, K)),
        "q": q,
        "sim": SIMILAR,
        "prior": PRIOR,
    }.items():
        np.save(f"{name}.npy", values)
    np.save("x.npy", random.dirichlet(np.ones(K), MANY))
    work.write("q.csv", "".join(",".join(map(repr, row)) + "\n" for row in q.tolist()))
    work.write("tree.csv", TREE)
    return work


def blocks(patch: pytest.MonkeyPatch, size: int) -> None:
    patch.setattr("lsmooth.pipeline.engine.BLOCK_BYTES", size)
    patch.setattr("lsmooth.pipeline.engine.SHARED_BYTES", size)
    patch.setattr("lsmooth.pipeline.engine.LEARN_ROWS", max(1, size // 32))
    patch.setattr("lsmooth.pipeline.learn.LEARN_ROWS", max(1, size // 32))
    patch.setattr("lsmooth.pipeline.row_epsilon.LEARN_ROWS", max(1, size // 32))
    patch.setattr("lsmooth.files.delimited.READ_BYTES", size)


@pytest.mark.parametrize("amount", ["column", "by", "accuracy-class", "confidence", "entropy", "true"])
def test_block_size_changes_no_byte_of_amounts(
    many: Work, monkeypatch: pytest.MonkeyPatch, amount: str
) -> None:
    flags = ["--column", "y", *AMOUNTS[amount][0], "--online", "q.csv"]
    same_in_all_blocks(many, monkeypatch, ["y.csv", "-k", str(K), *flags], ["z.npy", "y.csv", *flags])


@pytest.mark.parametrize("weights", ["height", "decay", "similarity", "confusion", "online", "prior-labels"])
def test_block_size_changes_no_byte_of_weights(
    many: Work, monkeypatch: pytest.MonkeyPatch, weights: str
) -> None:
    flags = ["-e", "0:0.3", "--conditional", "q.csv", *WEIGHTS[weights][0]]
    same_in_all_blocks(many, monkeypatch, ["y.npy", "-k", str(K), *flags], ["z.npy", "y.npy", *flags])
    if weights not in ONE_CLASS_WEIGHTS:
        same_in_all_blocks(many, monkeypatch, ["x.npy", *flags], ["z.npy", "x.npy", *flags])


def same_in_all_blocks(
    work: Work, patch: pytest.MonkeyPatch, smooth: Sequence[str], loss: Sequence[str]
) -> None:
    found = set()
    for size in (1 << 20, 2000, 1):
        if size == 1 and "y.csv" not in smooth:
            continue
        with patch.context() as here:
            blocks(here, size)
            written = work.ok("smooth", *smooth)
            told = work.ok("loss", *loss, "--json")
            rows = work.ok("loss", *loss, "--reduction", "none")
        found.add((written, told, rows))
    assert len(found) == 1


def test_items_in_other_chunks_are_the_same_bytes(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    classes = 11
    lines = [f"{item},{v}\n" for item in range(700) for v in random.integers(0, classes, 1 + item % 5)]
    work.write("t.csv", "item,label\n" + "".join(lines))
    np.save("sim.npy", random.random((classes, classes)))
    np.save("z.npy", random.normal(size=(700, classes)))
    flags = ["t.csv", "--item", "item", "-e", "0.3", "--similarity", "sim.npy"]
    found = set()
    for size in (1 << 20, 4096, 777):
        with monkeypatch.context() as patch:
            blocks(patch, size)
            found.add((work.ok("smooth", *flags, "-k", classes), work.ok("loss", "z.npy", *flags, "--json")))
    assert len(found) == 1
