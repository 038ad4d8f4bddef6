"""A loss and targets as a framework has them."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from conftest import Work
from kits.likeness import (
    ENTRIES,
    LABELS,
    LOGITS,
    LOGS,
    MULTILABEL,
    PROBS,
    ROWS,
    SPREADS,
    K,
    column,
    every,
    files_of,
    number,
    padded,
    ulps,
)
from numpy.typing import NDArray

import lsmooth

Array = NDArray[Any]
WEIGHTS = [1.0, 2.0, 0.5, 0.25, 1.5]

#: The true class and each other at ε = 0.2 of 5 classes, worked out by hand; `padding` stands for 0.
TARGETS = {
    "all": (0.84, 0.04),
    "others": (0.8, 0.05),
    "reserved": (0.8, 0.2 / 3),
    "half": (0.9, 0.1),
    "flip": (0.8, 0.2),
    "relative": (1.04 / 1.2, 0.04 / 1.2),
}
KL = ["torch-kl", "opennmt", "annotated", "joeynmt", "espnet", "speechbrain-kl"]


def spread_of(entry: Any) -> str:
    return next((spread for spread, names in SPREADS.items() if entry.name in names.split()), "all")


# loss, beside the library


@every
def test_loss_gives_the_number_of_the_library(data: Work, entry: Any) -> None:
    predictions, epsilon = files_of(entry)
    labels = LABELS.copy()
    flags: dict[str, Any] = {}
    command: list[str] = []
    if entry.ignore is not None:
        labels[[3, 8]] = int(entry.ignore)
    if entry.reserved or entry.name in ("burn", "fairseq"):
        flags["pad"], command = 4, ["--pad", "4"]
    if entry.weights is not None:
        flags["weights"] = WEIGHTS
        command += ["--weights", ",".join(map(str, WEIGHTS))]
    data.write("labels.csv", column(labels))
    values = PROBS if predictions == "p.npy" else LOGITS
    wanted = lsmooth.cross_entropy(values, labels, float(epsilon), like=entry, **flags)
    found = number(data, predictions, "labels.csv", "--like", entry.name, "-e", epsilon, *command)
    assert math.isfinite(wanted)
    assert ulps(found, wanted) <= 4
    if entry.weights is not None:
        assert found != number(data, predictions, "labels.csv", "--like", entry.name, "-e", epsilon)


@pytest.mark.parametrize("name", [entry.name for entry in ENTRIES if entry.kind == "sigmoid"])
def test_loss_of_multilabel_rows_gives_the_number_of_the_library(data: Work, name: str) -> None:
    command = ["z.npy", "m.npy", "--labels", "multilabel", "--like", name, "-e", "0.1"]
    if name == "timm-bce":  # takes the class of a row
        assert "takes class indices" in data.refused("loss", *command, code=2)
        return
    wanted = lsmooth.cross_entropy(LOGITS, MULTILABEL, 0.1, like=name, kind="multilabel")
    assert ulps(number(data, *command), wanted) <= 4


def entropy(targets: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        total: Array = -np.where(targets > 0, targets * np.log(targets), 0).sum(axis=1)
    return total


@pytest.mark.parametrize(
    "name",
    [
        entry.name
        for entry in ENTRIES
        if entry.kind == "softmax" and entry.name not in ("keras-focal", "sklearn")
    ],
)
def test_loss_is_the_cross_entropy_with_the_targets_of_smooth(data: Work, name: str) -> None:
    pad = ["--pad", "4"] if name in SPREADS["reserved"].split() else []
    flags = ["--like", name, "-e", "0.3", *pad]
    data.ok("smooth", "y.csv", "-k", K, *flags, "-o", "t.npy", "--dtype", "float64")
    targets = np.load("t.npy")
    wanted = -(targets * LOGS).sum(axis=1)
    if name in KL:
        wanted -= entropy(targets)
    elif name in ("tensor2tensor", "t5x"):
        wanted += 0.7 * math.log(0.7) + 0.3 * math.log(0.3 / 4 + 1e-20)
    elif name == "t5":
        wanted += 1e-4 * np.log(np.exp(LOGITS).sum(axis=1)) ** 2
    found = [float(line) for line in data.ok("loss", "z.npy", "y.csv", *flags, "--reduction", "none").split()]
    assert found == pytest.approx(wanted.tolist(), rel=1e-13, abs=1e-14)


@pytest.mark.parametrize("name", ["torch-bce", "smp-bce", "timm-bce", "mmpretrain-multilabel"])
def test_a_sigmoid_loss_is_the_cross_entropy_with_the_targets_of_smooth(data: Work, name: str) -> None:
    flags = ["--like", name, "-e", "0.3"]
    data.ok("smooth", "y.csv", "-k", K, *flags, "-o", "t.npy", "--dtype", "float64")
    targets = np.load("t.npy")
    wanted = (targets * np.log1p(np.exp(-LOGITS)) + (1 - targets) * np.log1p(np.exp(LOGITS))).mean(axis=1)
    found = [float(line) for line in data.ok("loss", "z.npy", "y.csv", *flags, "--reduction", "none").split()]
    assert found == pytest.approx(wanted.tolist(), rel=1e-13)


# smooth


def formula(text: str, epsilon: float, classes: int) -> float:
    """What a formula of the table comes to."""
    return float(eval(text.partition(",")[0], {}, {"ε": epsilon, "K": classes}))


@every
def test_smooth_gives_the_targets_that_the_table_tells(data: Work, entry: Any) -> None:
    epsilon = 0.0 if entry.name == "sklearn" else 0.2
    on, off = (1.0, 0.0) if entry.name == "sklearn" else TARGETS[spread_of(entry)]
    assert formula(entry.true_class, epsilon, K) == pytest.approx(on, rel=1e-15)
    assert formula(entry.other_classes, epsilon, K) == pytest.approx(off, rel=1e-15)
    out = data.ok("smooth", "y.csv", "-k", K, "--like", entry.name, "-e", epsilon, *padded(entry))
    found = np.array([line.split(",") for line in out.splitlines()], dtype=float)
    wanted = np.full((ROWS, K), off)
    wanted[np.arange(ROWS), LABELS] = on
    if entry.reserved:
        wanted[:, 4] = 0
        wanted[LABELS == 4] = 0
    assert found.ravel().tolist() == pytest.approx(wanted.ravel().tolist(), rel=1e-15)


@pytest.mark.parametrize(("name", "on", "off"), [("torch-bce", 0.9, 0.1), ("smp-bce", 0.8, 0.2)])
def test_smooth_of_multilabel_rows(data: Work, name: str, on: float, off: float) -> None:
    data.write("m.csv", "1,0,1\n0,0,1\n")
    out = data.ok("smooth", "m.csv", "--labels", "multilabel", "--like", name, "-e", "0.2", "-q")
    rows = [[float(cell) for cell in line.split(",")] for line in out.splitlines()]
    assert rows == [pytest.approx([on, off, on]), pytest.approx([off, off, on])]


def test_smooth_of_probabilities_mixes_them_with_the_uniform(data: Work) -> None:
    data.write("r.csv", "0.5,0.3,0.2\n0,1,0\n")
    out = data.ok("smooth", "r.csv", "--labels", "rows", "--like", "keras", "-e", "0.3", "--no-header")
    first = [float(cell) for cell in out.splitlines()[0].split(",")]
    assert first == pytest.approx([0.45, 0.31, 0.24])


def test_the_matrix_of_a_convention(data: Work) -> None:
    data.ok("smooth", "--like", "classy", "-e", "0.2", "-k", K, "--matrix-out", "S.npy", "--dtype", "float64")
    wanted = np.full((K, K), 0.04 / 1.2)
    np.fill_diagonal(wanted, 1.04 / 1.2)
    np.testing.assert_allclose(np.load("S.npy"), wanted, rtol=1e-15)


# ε stays what it is


@pytest.mark.parametrize("name", ["torch", "timm", "fairseq", "classy", "huggingface", "yolo"])
def test_epsilon_is_the_one_given_and_01_without(data: Work, name: str) -> None:
    for flags, epsilon in ((["-e", "0.25"], 0.25), ([], 0.1)):
        result = data.run("smooth", "y.csv", "-k", K, "--like", name, "--json", *flags)
        assert json.loads(result.err)["epsilon"] == epsilon
        line = data.ok("loss", "z.npy", "y.csv", "--like", name, "--json", *flags)
        assert json.loads(line)["epsilon"] == epsilon
        result = data.run("loss", "z.npy", "y.csv", "--like", name, *flags)
        assert f"epsilon {epsilon}, " in result.err


def test_epsilon_of_soft_rows_is_0_without_one(data: Work) -> None:
    found = json.loads(data.ok("loss", "z.npy", "soft.npy", "--like", "torch-soft", "--json"))
    soft = np.eye(K)[LABELS] * 0.7 + 0.3 / K
    assert found["epsilon"] == 0
    assert found["loss"] == pytest.approx(-(soft * LOGS).sum(axis=1).mean(), rel=1e-13)
