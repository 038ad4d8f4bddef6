"""`like=` beside the frameworks themselves on random data: torch in float64 and float32, Keras and optax.

Rows, and means and sums that the framework adds up well, agree within 8 ulp of max(1, |loss|) in float64;
what is float32 in the framework agrees to 2e-6.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

import lsmooth

Array = NDArray[Any]
Reduction = Literal["mean", "sum", "none"]

REDUCTIONS: list[Reduction] = ["mean", "sum", "none"]
EPSILONS = [0.0, 0.1, 1.0]

shapes = pytest.mark.parametrize(("rows", "classes"), [(1, 2), (37, 2), (53, 3), (300, 10), (8, 500)])
#: Eager JAX compiles each operation once a shape.
few_shapes = pytest.mark.parametrize(("rows", "classes"), [(1, 2), (20, 7)])
smoothing = pytest.mark.parametrize("epsilon", EPSILONS)
reductions = pytest.mark.parametrize("reduction", REDUCTIONS)


def logits_of(rows: int, classes: int) -> Array:
    return np.random.default_rng([rows, classes]).normal(0, 4, (rows, classes))


def indices_of(rows: int, classes: int) -> Array:
    return np.random.default_rng([rows, classes, 1]).integers(0, classes, rows)


def weights_of(classes: int) -> Array:
    """Class weights; of more than two, one is 0."""
    weights = np.random.default_rng(classes).uniform(0.1, 5, classes)
    if classes > 2:
        weights[1] = 0
    return weights


def soft_of(rows: int, classes: int) -> Array:
    """Rows of probabilities, some of them one-hot."""
    soft = np.random.default_rng([rows, classes, 2]).dirichlet(np.full(classes, 0.3), rows)
    soft[::3] = np.eye(classes)[soft[::3].argmax(axis=1)]
    return np.asarray(soft)


def truths_of(rows: int, classes: int) -> Array:
    """Independent labels."""
    return np.random.default_rng([rows, classes, 3]).integers(0, 2, (rows, classes))


def softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def sigmoid(logits: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-logits)))


def loss(predictions: ArrayLike, labels: ArrayLike, epsilon: float, like: str, **flags: Any) -> Any:
    return lsmooth.cross_entropy(predictions, labels, epsilon, like=like, **flags)


def agree(found: Any, theirs: Any, ulps: float = 8) -> None:
    """Within some ulp of max(1, |loss|), number by number."""
    values, wanted = np.atleast_1d(found).tolist(), np.atleast_1d(np.asarray(theirs)).tolist()
    assert len(values) == len(wanted)
    for value, expected in zip(values, wanted, strict=True):
        assert value == expected or abs(value - expected) <= ulps * math.ulp(max(1.0, abs(expected))), (
            value,
            expected,
        )


def agree_in_float32(found: Any, theirs: Any, relative: float = 2e-6) -> None:
    """Within a few float32 ulp of max(1, |loss|), number by number."""
    values, wanted = np.atleast_1d(found), np.atleast_1d(np.asarray(theirs)).astype(np.float64)
    assert values.shape == wanted.shape
    assert (np.abs(values - wanted) <= relative * np.maximum(1, np.abs(wanted))).all(), (values, wanted)


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


# Keras and optax, on JAX


@pytest.fixture(scope="module")
def jax() -> Iterator[Any]:
    """JAX in float64, for these tests alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_PLATFORMS", "cpu")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module: Any = pytest.importorskip("jax")
        wide = module.config.jax_enable_x64
        module.config.update("jax_enable_x64", True)
        yield module
        module.config.update("jax_enable_x64", wide)


@pytest.fixture(scope="module")
def losses(jax: Any) -> Any:
    """The losses of Keras, on JAX."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv("KERAS_BACKEND", "jax")
        warnings.simplefilter("ignore")
        keras = pytest.importorskip("keras")
    if keras.backend.backend() != jax.__name__:
        pytest.skip("Keras was loaded on another backend")
    return keras.losses


@pytest.fixture(scope="module")
def optax(jax: Any) -> Any:
    assert jax.config.jax_enable_x64
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("optax")


def keras_loss(
    kind: Any, targets: Array, predictions: Array, weights: Array | None = None, **options: Any
) -> Any:
    """A loss of Keras, with a weight a row."""
    return np.asarray(kind(**options)(targets, predictions, sample_weight=weights))


#: The reductions of Keras by ours.
KERAS = {"mean": "sum_over_batch_size", "sum": "sum", "none": "none"}


@few_shapes
@smoothing
@reductions
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_keras_categorical_cross_entropy(
    losses: Any, rows: int, classes: int, epsilon: float, reduction: Reduction, dtype: str
) -> None:
    logits, labels = logits_of(rows, classes), soft_of(rows, classes)
    p = 3 * softmax(logits)
    p[0, :2] = [0, 3]
    options: dict[str, Any] = {"label_smoothing": epsilon, "reduction": KERAS[reduction], "dtype": dtype}
    near = agree if (dtype, reduction) == ("float64", "none") else agree_in_float32
    wanted = keras_loss(losses.CategoricalCrossentropy, labels, logits, from_logits=True, **options)
    near(loss(logits, labels, epsilon, "keras", reduction=reduction), wanted)
    # rows that do not sum to 1, and a probability of 0
    wanted = keras_loss(losses.CategoricalCrossentropy, labels, p, **options)
    near(loss(p, labels, epsilon, "keras", reduction=reduction, predicted="probs"), wanted)


@smoothing
def test_keras_with_the_weight_of_its_class_for_each_row(losses: Any, epsilon: float) -> None:
    rows, classes = 20, 7
    logits, labels, weights = logits_of(rows, classes), indices_of(rows, classes), weights_of(classes)
    hot, a_row = np.eye(classes)[labels], weights[labels]
    kinds = {
        "keras": losses.CategoricalCrossentropy,
        "keras-focal": losses.CategoricalFocalCrossentropy,
        "keras-bce": losses.BinaryCrossentropy,
    }
    for like, kind in kinds.items():
        for reduction in REDUCTIONS:
            options: dict[str, Any] = {"label_smoothing": epsilon, "reduction": KERAS[reduction]}
            wanted = keras_loss(kind, hot, logits, a_row, from_logits=True, **options)
            # the binary loss of a row is the mean over its labels, and our sum adds every term
            share = classes if like == "keras-bce" and reduction == "sum" else 1
            found = loss(logits, labels, epsilon, like, reduction=reduction, weights=weights)
            agree_in_float32(found / share, wanted)


@few_shapes
@smoothing
@reductions
def test_keras_focal_cross_entropy(
    losses: Any, rows: int, classes: int, epsilon: float, reduction: Reduction
) -> None:
    logits, labels = logits_of(rows, classes), soft_of(rows, classes)
    p = softmax(logits)
    p[0] = np.eye(classes)[1]
    options: dict[str, Any] = {"label_smoothing": epsilon, "reduction": KERAS[reduction], "dtype": "float64"}
    near = agree if reduction == "none" else agree_in_float32
    wanted = keras_loss(losses.CategoricalFocalCrossentropy, labels, logits, from_logits=True, **options)
    near(loss(logits, labels, epsilon, "keras-focal", reduction=reduction), wanted)
    wanted = keras_loss(losses.CategoricalFocalCrossentropy, labels, p, **options)
    near(loss(p, labels, epsilon, "keras-focal", reduction=reduction, predicted="probs"), wanted)


@few_shapes
@smoothing
@reductions
def test_keras_binary_cross_entropy(
    losses: Any, rows: int, classes: int, epsilon: float, reduction: Reduction
) -> None:
    logits, labels = logits_of(rows, classes), truths_of(rows, classes)
    p = sigmoid(logits)
    p[0, :2] = [0, 1]
    # in float32 1-1e-7 is not there, and a probability of 1 costs 1% less
    options: dict[str, Any] = {"label_smoothing": epsilon, "reduction": KERAS[reduction], "dtype": "float64"}
    flags: dict[str, Any] = {"kind": "multilabel", "reduction": reduction}
    # its row is the mean over the labels, and its sum adds rows
    share = classes if reduction == "sum" else 1
    wanted = keras_loss(losses.BinaryCrossentropy, labels, logits, from_logits=True, **options)
    agree_in_float32(loss(logits, labels, epsilon, "keras-bce", **flags) / share, wanted)
    wanted = keras_loss(losses.BinaryCrossentropy, labels, p, **options)
    agree_in_float32(loss(p, labels, epsilon, "keras-bce", predicted="probs", **flags) / share, wanted)


@few_shapes
@smoothing
@pytest.mark.parametrize("soft", [False, True])
def test_optax(optax: Any, rows: int, classes: int, epsilon: float, soft: bool) -> None:
    logits = logits_of(rows, classes)
    labels = soft_of(rows, classes) if soft else indices_of(rows, classes)
    hot = labels if soft else np.eye(classes)[labels]
    for dtype, near in ((np.float64, agree), (np.float32, agree_in_float32)):
        narrow = logits.astype(dtype)
        targets = optax.smooth_labels(hot.astype(dtype), epsilon)
        each = np.asarray(optax.softmax_cross_entropy(narrow, targets))
        assert each.dtype == dtype
        near(loss(narrow, labels, epsilon, "optax", reduction="none"), each)
        near(loss(narrow, labels, epsilon, "optax"), each.mean())
        near(loss(narrow, labels, epsilon, "optax", reduction="sum"), each.sum())
