"""Beside Keras and optax, on JAX."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
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

#: Eager JAX compiles each operation once a shape.
few_shapes = pytest.mark.parametrize(("rows", "classes"), [(1, 2), (20, 7)])


def softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


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
