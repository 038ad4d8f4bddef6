"""`loss` beside torch on random data, within 8 ulp of max(1, |loss|) for float64."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conftest import Work
from numpy.typing import NDArray

import lsmooth

torch: Any = pytest.importorskip("torch")

Array = NDArray[Any]

SHAPES = [(1, 2), (37, 3), (300, 10), (1000, 7), (20, 1000)]
EPSILONS = [0.0, 0.1, 0.37, 1.0]

shapes = pytest.mark.parametrize(("rows", "classes"), SHAPES)
smoothing = pytest.mark.parametrize("epsilon", EPSILONS)


def noise(rows: int, classes: int) -> tuple[Array, Array, Array]:
    """Logits, class indices, and class weights."""
    generator = np.random.default_rng([rows, classes])
    logits = generator.normal(0, 4, (rows, classes))
    return logits, generator.integers(0, classes, rows), generator.uniform(0.1, 5, classes)


def soft(rows: int, classes: int) -> Array:
    """Rows of probabilities, some of them one-hot."""
    x = np.random.default_rng([classes, rows]).dirichlet(np.full(classes, 0.3), rows)
    x[::3] = np.eye(classes)[x[::3].argmax(axis=1)]
    return np.asarray(x)


def cross_entropy(logits: Array, target: Array, **options: Any) -> Any:
    if "weight" in options:
        options["weight"] = torch.from_numpy(options["weight"])
    result = torch.nn.functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(target), **options)
    return result.numpy()


def check(work: Work, wanted: Any, *flags: object) -> None:
    """The command line must give torch's value, or its values row by row."""
    out = work.ok("loss", "z.npy", "y.npy", "--as", "logits", *flags)
    found = [float(line) for line in out.splitlines()]
    expected = np.atleast_1d(wanted).tolist()
    assert len(found) == len(expected)
    for value, theirs in zip(found, expected, strict=True):
        assert abs(value - theirs) <= 8 * math.ulp(max(1.0, abs(theirs))), (value, theirs)


def save(logits: Array, labels: Array) -> None:
    np.save("z.npy", logits)
    np.save("y.npy", labels)


@shapes
@smoothing
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_class_indices(rows: int, classes: int, epsilon: float, reduction: str, work: Work) -> None:
    logits, labels, _ = noise(rows, classes)
    save(logits, labels)
    wanted = cross_entropy(logits, labels, label_smoothing=epsilon, reduction=reduction)
    check(work, wanted, "-e", epsilon, "--reduction", reduction)


@shapes
@smoothing
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_probabilities(rows: int, classes: int, epsilon: float, reduction: str, work: Work) -> None:
    logits, _, _ = noise(rows, classes)
    targets = soft(rows, classes)
    save(logits, targets)
    wanted = cross_entropy(logits, targets, label_smoothing=epsilon, reduction=reduction)
    check(work, wanted, "-e", epsilon, "--reduction", reduction)


@shapes
@smoothing
def test_class_indices_with_weights(rows: int, classes: int, epsilon: float, work: Work) -> None:
    logits, labels, weights = noise(rows, classes)
    save(logits, labels)
    np.save("w.npy", weights)
    flags = ["-e", epsilon, "--weights", "w.npy"]
    for reduction in ("mean", "sum", "none"):
        wanted = cross_entropy(logits, labels, weight=weights, label_smoothing=epsilon, reduction=reduction)
        divided = ["--denominator", "weights"] if reduction == "mean" else []
        check(work, wanted, *flags, "--reduction", reduction, *divided)


@shapes
@smoothing
def test_probabilities_with_weights(rows: int, classes: int, epsilon: float, work: Work) -> None:
    logits, _, weights = noise(rows, classes)
    targets = soft(rows, classes)
    save(logits, targets)
    np.save("w.npy", weights)
    for reduction in ("mean", "sum", "none"):
        wanted = cross_entropy(logits, targets, weight=weights, label_smoothing=epsilon, reduction=reduction)
        check(work, wanted, "-e", epsilon, "--weights", "w.npy", "--reduction", reduction)


@smoothing
@pytest.mark.parametrize("weighted", [False, True])
def test_ignored_rows(epsilon: float, weighted: bool, work: Work) -> None:
    logits, labels, weights = noise(500, 6)
    labels[::4] = -100
    save(logits, labels)
    np.save("w.npy", weights)
    options = {"label_smoothing": epsilon} | ({"weight": weights} if weighted else {})
    flags = ["-e", epsilon, "--ignore", -100, *(["--weights", "w.npy"] if weighted else [])]
    each = cross_entropy(logits, labels, reduction="none", **options)
    check(work, each, *flags, "--reduction", "none")
    check(work, cross_entropy(logits, labels, reduction="sum", **options), *flags, "--reduction", "sum")
    wanted = cross_entropy(logits, labels, **options)
    if weighted:
        # torch adds the weights up in a plain running sum, some 30 ulp off here: its rows, divided exactly
        flags += ["--denominator", "weights"]
        exact = math.fsum(each) / math.fsum(weights[labels[labels >= 0]])
        assert float(wanted) == pytest.approx(exact, rel=1e-13)
        wanted = exact
    check(work, wanted, *flags)


@smoothing
def test_another_ignored_class(epsilon: float, work: Work) -> None:
    logits, labels, _ = noise(200, 5)
    save(logits, labels)
    wanted = cross_entropy(logits, labels, label_smoothing=epsilon, ignore_index=3)
    check(work, wanted, "-e", epsilon, "--ignore", 3)


@shapes
@smoothing
def test_the_divergence_of_kldivloss(rows: int, classes: int, epsilon: float, work: Work) -> None:
    logits, labels, _ = noise(rows, classes)
    save(logits, labels)
    targets = torch.from_numpy(np.eye(classes)[labels] * (1 - epsilon) + epsilon / classes)
    logs = torch.log_softmax(torch.from_numpy(logits), dim=1)
    for reduction, theirs in (("mean", "batchmean"), ("sum", "sum")):
        wanted = torch.nn.KLDivLoss(reduction=theirs)(logs, targets).numpy()
        check(work, wanted, "-e", epsilon, "--minus-entropy", "--reduction", reduction)
    each = torch.nn.KLDivLoss(reduction="none")(logs, targets).sum(dim=1).numpy()
    check(work, each, "-e", epsilon, "--minus-entropy", "--reduction", "none")


@shapes
@smoothing
@pytest.mark.parametrize("spread", ["half", "flip"])
def test_multilabel_rows_beside_bcewithlogits(
    rows: int, classes: int, epsilon: float, spread: str, work: Work
) -> None:
    logits, _, weights = noise(rows, classes)
    truth = np.random.default_rng(rows).integers(0, 2, logits.shape)
    save(logits, truth)
    np.save("w.npy", weights)
    targets = truth * (1 - epsilon) + epsilon / 2 if spread == "half" else truth * (1 - 2 * epsilon) + epsilon
    flags = ["--labels", "multilabel", "--spread", spread, "-e", epsilon]
    for weight in (None, torch.from_numpy(weights)):
        for reduction in ("mean", "sum"):
            loss = torch.nn.BCEWithLogitsLoss(weight=weight, reduction=reduction)
            wanted = loss(torch.from_numpy(logits), torch.from_numpy(targets)).numpy()
            weighted = [] if weight is None else ["--weights", "w.npy"]
            check(work, wanted, *flags, *weighted, "--reduction", reduction)


@pytest.mark.parametrize("epsilon", [0.0, 0.1])
def test_a_binary_column_beside_bcewithlogits(epsilon: float, work: Work) -> None:
    generator = np.random.default_rng(4)
    logits, labels = generator.normal(0, 3, 400), generator.integers(0, 2, 400)
    save(logits, labels)
    targets = torch.from_numpy(labels * (1 - epsilon) + epsilon / 2)
    wanted = torch.nn.BCEWithLogitsLoss()(torch.from_numpy(logits), targets).numpy()
    check(work, wanted, "-e", epsilon)


@pytest.mark.parametrize("scale", [1e4, 1e-8])
@smoothing
def test_logits_of_any_size(scale: float, epsilon: float, work: Work) -> None:
    logits, labels, _ = noise(100, 10)
    logits = logits * scale + 1e4
    save(logits, labels)
    wanted = cross_entropy(logits, labels, label_smoothing=epsilon)
    check(work, wanted, "-e", epsilon)


@shapes
@pytest.mark.parametrize("epsilon", [0.0, 0.1])
def test_float32_logits_are_within_a_millionth(rows: int, classes: int, epsilon: float, work: Work) -> None:
    logits, labels, _ = noise(rows, classes)
    narrow = logits.astype(np.float32)
    save(narrow, labels)
    wanted = float(cross_entropy(narrow.astype(np.float64), labels, label_smoothing=epsilon))
    found = float(work.ok("loss", "z.npy", "y.npy", "-e", epsilon))
    assert found == pytest.approx(wanted, rel=1e-6)


@smoothing
def test_the_library(epsilon: float) -> None:
    import lsmooth

    logits, labels, weights = noise(300, 8)
    wanted = float(cross_entropy(logits, labels, label_smoothing=epsilon, weight=weights))
    found = lsmooth.cross_entropy(logits, labels, epsilon, weights=weights, denominator="weights")
    assert abs(found - wanted) <= 8 * math.ulp(max(1.0, wanted))


def test_padding_by_index_where_labels_have_names() -> None:
    names, labels = np.array(list("abcd")), np.array([0, 1, 2, 3, 2, 1])
    logits = np.random.default_rng(0).normal(size=(6, 4))
    wanted = torch.nn.functional.cross_entropy(
        torch.tensor(logits), torch.tensor(labels), ignore_index=2, label_smoothing=0.1
    )
    for pad in (2, "c"):
        found = lsmooth.cross_entropy(logits, names[labels], 0.1, names=list(names), like="torch", pad=pad)
        assert found == pytest.approx(wanted.item(), rel=1e-15)
