"""Beside PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from kits.beside import (
    REDUCTIONS,
    Array,
    Reduction,
    agree,
    agree_in_float32,
    indices_of,
    logits_of,
    loss,
    reductions,
    sigmoid,
    smoothing,
    soft_of,
    truths_of,
    weights_of,
)

shapes = pytest.mark.parametrize(("rows", "classes"), [(1, 2), (37, 2), (53, 3), (300, 10), (8, 500)])

# torch


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


def index_loss(
    torch: Any, logits: Array, labels: Array, epsilon: float, reduction: str, **options: Any
) -> Any:
    """F.cross_entropy with class indices or probabilities."""
    given = {name: torch.from_numpy(value) for name, value in options.items()}
    function = torch.nn.functional.cross_entropy
    x, y = torch.from_numpy(logits), torch.from_numpy(labels)
    return function(x, y, label_smoothing=epsilon, reduction=reduction, **given).numpy()


@shapes
@smoothing
@reductions
def test_torch_with_class_indices(
    torch: Any, rows: int, classes: int, epsilon: float, reduction: Reduction
) -> None:
    logits, labels = logits_of(rows, classes), indices_of(rows, classes)
    wanted = index_loss(torch, logits, labels, epsilon, reduction)
    agree(loss(logits, labels, epsilon, "torch", reduction=reduction), wanted)


@shapes
@smoothing
@pytest.mark.parametrize("ignoring", [False, True])
def test_torch_with_class_weights_and_ignored_rows(
    torch: Any, rows: int, classes: int, epsilon: float, ignoring: bool
) -> None:
    logits, labels, weights = logits_of(rows, classes), indices_of(rows, classes), weights_of(classes)
    # the mean needs a row of a class whose weight is not 0
    labels[0] = 0
    if ignoring:
        labels[1::4] = -100
    each = index_loss(torch, logits, labels, epsilon, "none", weight=weights)
    agree(loss(logits, labels, epsilon, "torch", weights=weights, reduction="none"), each)
    total = index_loss(torch, logits, labels, epsilon, "sum", weight=weights)
    agree(loss(logits, labels, epsilon, "torch", weights=weights, reduction="sum"), total)
    mean = loss(logits, labels, epsilon, "torch", weights=weights)
    assert mean == pytest.approx(
        float(index_loss(torch, logits, labels, epsilon, "mean", weight=weights)), 1e-12
    )
    # torch adds the weights up in a plain running sum: its rows, divided exactly
    agree(mean, math.fsum(each.tolist()) / math.fsum(weights[labels[labels >= 0]].tolist()))


@shapes
@smoothing
@reductions
def test_torch_with_ignored_rows(
    torch: Any, rows: int, classes: int, epsilon: float, reduction: Reduction
) -> None:
    logits, labels = logits_of(rows, classes), indices_of(rows, classes)
    labels[1::3] = -100
    wanted = index_loss(torch, logits, labels, epsilon, reduction)
    agree(loss(logits, labels, epsilon, "torch", reduction=reduction), wanted)


@smoothing
@reductions
def test_torch_with_another_ignore_index(torch: Any, epsilon: float, reduction: Reduction) -> None:
    logits, labels = logits_of(200, 5), indices_of(200, 5)
    x, y = torch.from_numpy(logits), torch.from_numpy(labels)
    function = torch.nn.functional.cross_entropy
    wanted = function(x, y, label_smoothing=epsilon, ignore_index=3, reduction=reduction).numpy()
    agree(loss(logits, labels, epsilon, "torch", ignore=[3], reduction=reduction), wanted)


@shapes
@smoothing
@reductions
@pytest.mark.parametrize("weighted", [False, True])
def test_torch_with_probabilities_for_labels(
    torch: Any, rows: int, classes: int, epsilon: float, reduction: Reduction, weighted: bool
) -> None:
    logits, labels, weights = logits_of(rows, classes), soft_of(rows, classes), weights_of(classes)
    given: dict[str, Any] = {"weight": weights} if weighted else {}
    wanted = index_loss(torch, logits, labels, epsilon, reduction, **given)
    flags: dict[str, Any] = {"weights": weights} if weighted else {}
    agree(loss(logits, labels, epsilon, "torch-soft", reduction=reduction, **flags), wanted)


@shapes
@smoothing
def test_torch_in_float32(torch: Any, rows: int, classes: int, epsilon: float) -> None:
    logits, labels = logits_of(rows, classes).astype(np.float32), indices_of(rows, classes)
    weights = weights_of(classes).astype(np.float32)
    labels[0] = 0
    for reduction in REDUCTIONS:
        wanted = index_loss(torch, logits, labels, epsilon, reduction, weight=weights)
        found = loss(logits, labels, epsilon, "torch", weights=weights, reduction=reduction)
        agree_in_float32(found, wanted, 1e-6)
        soft = soft_of(rows, classes).astype(np.float32)
        wanted = index_loss(torch, logits, soft, epsilon, reduction)
        agree_in_float32(loss(logits, soft, epsilon, "torch-soft", reduction=reduction), wanted, 1e-6)


@shapes
@smoothing
@pytest.mark.parametrize("weighted", [False, True])
def test_torch_binary_cross_entropy_with_logits(
    torch: Any, rows: int, classes: int, epsilon: float, weighted: bool
) -> None:
    logits, labels, weights = logits_of(rows, classes), truths_of(rows, classes), weights_of(classes)
    targets = torch.from_numpy(labels * (1 - epsilon) + epsilon / 2)
    weight = torch.from_numpy(weights) if weighted else None
    flags: dict[str, Any] = {"kind": "multilabel"} | ({"weights": weights} if weighted else {})
    for reduction in REDUCTIONS:
        function = torch.nn.functional.binary_cross_entropy_with_logits
        wanted = function(torch.from_numpy(logits), targets, weight=weight, reduction=reduction)
        wanted = wanted.mean(dim=1) if reduction == "none" else wanted
        agree(loss(logits, labels, epsilon, "torch-bce", reduction=reduction, **flags), wanted.numpy())


@shapes
@smoothing
@reductions
def test_torch_binary_cross_entropy_of_probabilities_with_exact_0_and_1(
    torch: Any, rows: int, classes: int, epsilon: float, reduction: Reduction
) -> None:
    p, labels = sigmoid(logits_of(rows, classes)), truths_of(rows, classes)
    p[0, 0], p[0, 1] = 0, 1
    p[-1, -1] = 1e-60  # its logarithm is below -100 too
    targets = torch.from_numpy(labels * (1 - epsilon) + epsilon / 2)
    wanted = torch.nn.BCELoss(reduction=reduction)(torch.from_numpy(p), targets)
    wanted = wanted.mean(dim=1) if reduction == "none" else wanted
    flags: dict[str, Any] = {"kind": "multilabel", "predicted": "probs"}
    agree(loss(p, labels, epsilon, "torch-bce", reduction=reduction, **flags), wanted.numpy())


@smoothing
@reductions
def test_torch_binary_cross_entropy_of_one_column(torch: Any, epsilon: float, reduction: Reduction) -> None:
    logits, labels = logits_of(90, 1)[:, 0], truths_of(90, 1)[:, 0]
    targets = torch.from_numpy(labels * (1 - epsilon) + epsilon / 2)
    wanted = torch.nn.BCEWithLogitsLoss(reduction=reduction)(torch.from_numpy(logits), targets).numpy()
    agree(loss(logits, labels, epsilon, "torch-bce", reduction=reduction), wanted)


@shapes
@smoothing
@pytest.mark.parametrize("soft", [False, True])
def test_torch_divergence_from_smoothed_targets(
    torch: Any, rows: int, classes: int, epsilon: float, soft: bool
) -> None:
    logits = logits_of(rows, classes)
    labels = soft_of(rows, classes) if soft else indices_of(rows, classes)
    hot = labels if soft else np.eye(classes)[labels]
    targets = torch.from_numpy(hot * (1 - epsilon) + epsilon / classes)
    logs = torch.log_softmax(torch.from_numpy(logits), dim=1)
    for reduction, theirs in (("mean", "batchmean"), ("sum", "sum"), ("none", "none")):
        wanted = torch.nn.KLDivLoss(reduction=theirs)(logs, targets)
        wanted = wanted.sum(dim=1) if reduction == "none" else wanted
        # it is a difference: what it is taken from gives the ulp
        scale = float(wanted.max()) + math.log(classes)
        ulps = 8 * math.ulp(max(1.0, scale)) / math.ulp(1.0)
        agree(loss(logits, labels, epsilon, "torch-kl", reduction=reduction), wanted.numpy(), ulps)
        if reduction == "mean":
            found = loss(logs.numpy(), labels, epsilon, "torch-kl", predicted="logprobs")
            agree(found, wanted.numpy(), ulps)
