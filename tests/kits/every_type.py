"""Every amount and every weight, with the targets that they give by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from conftest import Work
from numpy.typing import NDArray

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
SOFT_WEIGHTS = [name for name in WEIGHTS if name not in ONE_CLASS_WEIGHTS]
