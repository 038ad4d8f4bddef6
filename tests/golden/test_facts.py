"""Facts beside the golden cells."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from kits.golden import (
    GOLDEN,
    HOT,
    LABELS,
    LOGITS,
    MASKED,
    PROBS,
    T2T,
    WEIGHTS,
    Array,
    data_of,
    find,
    numbers,
    ulps,
    ulps32,
)
from numpy.typing import ArrayLike

import lsmooth

T5X = "T5X compute_weighted_cross_entropy z_loss={} (sum; f64 logits, float32 soft targets)"


def each(epsilon: str, like: str, **flags: Any) -> Array:
    rows = lsmooth.cross_entropy(LOGITS, LABELS, float(epsilon), like=like, reduction="none", **flags)
    return np.asarray(rows)


@pytest.mark.parametrize("epsilon", ["0.0", "0.1", "0.3"])
def test_tensor2tensor_takes_its_normalizing_constant_off_each_row(epsilon: str) -> None:
    # fairseq spreads as tensor2tensor does, and takes nothing off
    wanted = float(GOLDEN[T2T][epsilon]["normalizing"])
    for taken in (each(epsilon, "fairseq") - each(epsilon, "tensor2tensor")).tolist():
        assert ulps(taken, wanted) <= 4


@pytest.mark.parametrize("epsilon", ["0.0", "0.1", "0.3"])
def test_the_original_t5_is_torch_with_the_z_loss_of_t5x(epsilon: str) -> None:
    with_z, without = (numbers(GOLDEN[T5X.format(z)][epsilon]["per"]) for z in ("0.0001", "0"))
    smoothed = numbers(GOLDEN["torch CE index"][epsilon]["per"])
    for found, value, more, less in zip(each(epsilon, "t5").tolist(), smoothed, with_z, without, strict=True):
        assert ulps(found, value + (more - less)) <= 4


# Facts beside the golden cells


def torch(labels: ArrayLike = LABELS, epsilon: float = 0.1, **flags: Any) -> Any:
    return lsmooth.cross_entropy(LOGITS, labels, epsilon, like="torch", **flags)


@pytest.mark.parametrize("epsilon", [-0.1, math.nan, 1.0000001])
@pytest.mark.parametrize("name", ["torch", "keras", "fairseq", "torch-bce"])
def test_epsilon_outside_0_and_1_is_refused_whatever_the_framework_does(epsilon: float, name: str) -> None:
    # torch takes -0.1 and NaN for 0, Keras and fairseq compute with them
    with pytest.raises(lsmooth.UsageError):
        lsmooth.cross_entropy(LOGITS, LABELS, epsilon, like=name)
    with pytest.raises(lsmooth.UsageError):
        lsmooth.smooth(LABELS, epsilon, 3, like=name)


def test_torch_at_epsilon_1() -> None:
    assert ulps(torch(epsilon=1.0), 2.7394962214124137) <= 4


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_no_row_that_counts_is_an_error(reduction: str) -> None:
    # torch has NaN for the mean, 0 for the sum
    with pytest.raises(lsmooth.LsmoothError, match="ignored"):
        torch([-100] * 4, reduction=reduction)


def test_torch_with_a_logit_of_minus_infinity_is_finite_without_smoothing_alone() -> None:
    def loss(epsilon: float, like: str = "torch") -> Any:
        labels = LABELS if like == "torch" else HOT
        return lsmooth.cross_entropy(MASKED, labels, epsilon, like=like, reduction="none")[0]

    assert ulps(loss(0.0), 0.20141327798275246) <= 4
    assert loss(0.1) == math.inf
    # its other path has NaN for 0·(-inf), where this is the limit
    assert loss(0.0, "torch-soft") == loss(0.0)
    assert loss(0.1, "torch-soft") == math.inf


def test_torch_takes_small_integers_and_no_label_outside_the_classes() -> None:
    assert torch(np.array(LABELS, np.uint8)) == torch()
    with pytest.raises(lsmooth.LsmoothError, match="out of range"):
        torch([0, 2, 1, 3])


def test_target_rows_that_do_not_sum_to_1_are_refused() -> None:
    # torch gives 0.7538375793145957
    with pytest.raises(lsmooth.LsmoothError):
        lsmooth.cross_entropy(LOGITS, 2 * HOT, 0.1, like="torch-soft")


def test_no_rows_are_refused() -> None:
    with pytest.raises(lsmooth.LsmoothError):
        lsmooth.cross_entropy(LOGITS[:0], [], 0.1, like="torch")


@pytest.mark.parametrize("name", ["opennmt", "annotated", "joeynmt"])
def test_a_convention_with_a_padding_class_needs_it_named(name: str) -> None:
    with pytest.raises(lsmooth.UsageError, match="pad"):
        lsmooth.cross_entropy(LOGITS, LABELS, 0.1, like=name)
    with pytest.raises(lsmooth.UsageError, match="pad"):
        lsmooth.smooth(LABELS, 0.1, 3, like=name)


REFUSE_1 = "mlx timm timm-bce mmpretrain mmpretrain-multilabel megatron tensor2tensor t5x flax"


@pytest.mark.parametrize("name", REFUSE_1.split())
def test_epsilon_1_is_refused_where_the_framework_refuses_it_or_gives_nan(name: str) -> None:
    with pytest.raises(lsmooth.UsageError, match=r"\[0, 1\)"):
        lsmooth.cross_entropy(LOGITS, LABELS, 1.0, like=name)


#: The label of a row that does not count, of the conventions that have one.
IGNORED = {
    **dict.fromkeys(
        ["torch", "huggingface", "smp", "flash-attn", "liger", "mindspore", "mindspore-old"], -100
    ),
    **dict.fromkeys(["espnet", "wenet"], -1),
}


def test_a_convention_ignores_the_label_that_its_framework_does_and_no_other() -> None:
    for entry in lsmooth.list_conventions():
        predictions, _, epsilon, flags = data_of(entry)
        for label in (-100, -1):
            labels = [0, label, 1, 1]
            flags |= {"like": entry, "reduction": "none"}
            if IGNORED.get(entry.name) == label:
                assert lsmooth.cross_entropy(predictions, labels, epsilon, **flags)[1] == 0
            else:
                with pytest.raises(lsmooth.LsmoothError, match=r"out of range|negative"):
                    lsmooth.cross_entropy(predictions, labels, epsilon, **flags)


UNWEIGHTED = """
    torch-kl optax timm timm-bce huggingface fairseq fairseq-old opennmt annotated joeynmt tensor2tensor t5x
    t5 espnet speechbrain-kl marian allennlp gluon apex flash-attn tinygrad nemo megatron smp
"""


@pytest.mark.parametrize("name", UNWEIGHTED.split())
def test_class_weights_are_refused_where_the_framework_takes_none(name: str) -> None:
    flags: dict[str, Any] = {"pad": 0} if find(name).reserved else {}
    with pytest.raises(lsmooth.UsageError, match="takes no class weights"):
        lsmooth.cross_entropy(LOGITS, LABELS, 0.1, like=name, weights=WEIGHTS, **flags)


@pytest.mark.parametrize("name", ["torch", "timm", "huggingface", "fairseq", "espnet", "speechbrain", "t5x"])
def test_rows_for_labels_are_refused_where_the_framework_takes_indices(name: str) -> None:
    with pytest.raises(lsmooth.LsmoothError, match="takes class indices"):
        lsmooth.cross_entropy(LOGITS, HOT, 0.1, like=name)


@pytest.mark.parametrize("epsilon", ["0.0", "0.1", "0.3"])
def test_the_mean_of_tf1_divides_by_the_rows_whose_weight_is_not_0(epsilon: str) -> None:
    # SUM_BY_NONZERO_WEIGHTS; Keras divides by all 4 rows
    weighted_rows = [1.0, 0.5, 0.0, 0.0]
    smoothed = numbers(GOLDEN["keras CategoricalCrossentropy logits f64"][epsilon]["per"])
    total = math.fsum(w * value for w, value in zip(weighted_rows, smoothed, strict=True))
    for like, rows in (("tf1", 2), ("keras", 4)):
        found = lsmooth.cross_entropy(LOGITS, LABELS, float(epsilon), like=like, weights=[1, 0, 0.5])
        assert ulps(found, total / rows) <= 4


def test_sklearn_does_not_smooth() -> None:
    with pytest.raises(lsmooth.UsageError, match="does not smooth"):
        lsmooth.cross_entropy(PROBS, LABELS, 0.1, like="sklearn")


@pytest.mark.parametrize(
    ("like", "dtype", "cost"),
    [
        ("keras", np.float64, 16.11809565095832),
        ("keras-focal", np.float64, 0.25 * (1 - 1e-7) ** 2 * 16.11809565095832),
        ("sklearn", np.float64, -math.log(2.0**-52)),
        ("sklearn", np.float32, -math.log(2.0**-23)),
    ],
)
def test_a_true_class_of_probability_0_costs_what_the_clipping_leaves(
    like: str, dtype: type[np.floating[Any]], cost: float
) -> None:
    found = lsmooth.cross_entropy(np.array([[0, 1, 0]], dtype), [0], 0.0, like=like, predicted="probs")
    assert ulps(found, cost) <= 4


def test_a_binary_cross_entropy_of_torch_is_no_more_than_100() -> None:
    def loss(like: str, epsilon: float) -> Any:
        flags: dict[str, Any] = {"kind": "multilabel", "predicted": "probs"}
        return lsmooth.cross_entropy([[0.0, 1.0]], [[1, 0]], epsilon, like=like, **flags)

    assert loss("torch-bce", 0.0) == 100
    assert ulps(loss("torch-bce", 0.1), 95) <= 4
    # 1-(1-1e-7) is not 1e-7 to the last digit
    assert ulps32(loss("keras-bce", 0.0), 16.11809565095832) <= 1


def test_epsilon_of_one_convention_is_an_epsilon_of_another() -> None:
    # others(ε) = all(εK/(K-1))
    for theirs, ours in zip(each("0.1", "fairseq"), each("0.15", "torch"), strict=True):
        assert ulps(theirs, ours) <= 4


def test_the_two_targets_of_torch_differ_in_the_weighted_mean_alone() -> None:
    soft: dict[str, Any] = {"like": "torch-soft", "weights": WEIGHTS}
    found = torch(weights=WEIGHTS), lsmooth.cross_entropy(LOGITS, HOT, 0.1, **soft)
    assert ulps(found[0], 0.63518815767006109) <= 4
    assert ulps(found[1], 0.87338371679633409) <= 4
    rows = torch(weights=WEIGHTS, reduction="none")
    by_rows = lsmooth.cross_entropy(LOGITS, HOT, 0.1, reduction="none", **soft)
    for one, other in zip(rows.tolist(), by_rows.tolist(), strict=True):
        assert ulps(one, other) <= 4
