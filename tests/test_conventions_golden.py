"""`like=`: every number that a framework computed itself, reached by the name of its convention.

A cell of golden.json is a row (what was run), an ε and a key (`mean`, `sum`, `per` row, ...). Each cell is
either reached by a run of RUNS, or stands in UNREACHED with the reason; no cell may be in neither or both.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from conftest import DATA
from numpy.typing import ArrayLike, NDArray

import lsmooth

Array = NDArray[Any]
Values = dict[str, str]
Cell = tuple[str, str, str]

#: {row: {ε: {key: number or list of numbers, as text of 17 digits}}}; what ran is told in test_loss_numbers.
GOLDEN: dict[str, dict[str, Values]] = json.loads((DATA / "golden.json").read_text())
CELLS: set[Cell] = {
    (row, epsilon, key)
    for row, by_epsilon in GOLDEN.items()
    for epsilon, values in by_epsilon.items()
    for key in values
}

# The data of all cells.
LOGITS = np.array([[2, 0.5, 0.3], [0.1, -1.2, 3.3], [1, 1, 1], [-4, 7, 0.5]])
PROBS = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
SIGMOIDS = 1 / (1 + np.exp(-LOGITS))
LOGITS_32, PROBS_32 = LOGITS.astype(np.float32), PROBS.astype(np.float32)
UNNORMALISED = np.vstack([2.5 * PROBS[:3], [0, 1, 0]])
MASKED = np.vstack([[2, 0.5, -np.inf], LOGITS[1:]])
LABELS = [0, 2, 1, 1]
ROW_1_IGNORED = [0, -100, 1, 1]
HOT = np.eye(3)[LABELS]
WEIGHTS = [1.0, 2.0, 0.5]
WEIGHTS_OF_LABELS = 1 + 0.5 + 2 + 2

#: A key, and the reduction that gives it: {key: (reduction, divided by)}.
REDUCTIONS = {
    "mean": ("mean", 1.0),
    "batchmean": ("mean", 1.0),
    "sum": ("sum", 1.0),
    "per": ("none", 1.0),
    "sum_classes": ("sum", float(len(LABELS))),
    "mean_with_sw": ("sum", WEIGHTS_OF_LABELS),
}


@dataclasses.dataclass(frozen=True)
class Run:
    """A golden row, and the conventions and the data that must give its numbers.

    Attributes:
        row: its name.
        likes: names of conventions, the one of the framework that ran first; then those that have no run of
            their own, and by their source compute the same.
        keys: which of its numbers.
        predictions: that cross_entropy is given.
        labels: that cross_entropy and smooth are given.
        flags: the other arguments.
        single: the keys that agree to float32 only, because the run has float32 in it.
        epsilons: which ε.
        z_loss: what the convention's z-loss is set to.
        within: how many ulp of max(1, |value|).
        sums: whether what the framework calls `mean` is the sum.
    """

    row: str
    likes: str
    keys: str = "mean per"
    predictions: Array = dataclasses.field(default_factory=lambda: LOGITS)
    labels: ArrayLike = dataclasses.field(default_factory=lambda: LABELS)
    flags: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    single: str = ""
    epsilons: str = "0.0 0.1 0.3"
    z_loss: float | None = None
    within: int = 4
    sums: bool = False

    def cells(self) -> Iterator[Cell]:
        """The cells that it reaches."""
        return ((self.row, e, key) for e in self.epsilons.split() for key in self.keys.split())

    def convention(self, name: str) -> Any:
        """A name, or the convention of that name with another z-loss."""
        return name if self.z_loss is None else dataclasses.replace(find(name), z_loss=self.z_loss)

    def values(self, name: str, epsilon: float, key: str) -> list[float]:
        """What lsmooth gives for a key."""
        like = self.convention(name)
        if key == "targets":
            rows = {flag: value for flag, value in self.flags.items() if flag in ("pad", "kind", "ignore")}
            targets: list[float] = lsmooth.smooth(self.labels, epsilon, 3, like=like, **rows).ravel().tolist()
            return targets
        reduction, divisor = REDUCTIONS["sum" if self.sums else key]
        options = {"like": like, "reduction": reduction, **self.flags}
        found = lsmooth.cross_entropy(self.predictions, self.labels, epsilon, **options)
        return [value / divisor for value in np.atleast_1d(found).tolist()]


def find(name: str) -> Any:
    """The convention of a name."""
    return next(entry for entry in lsmooth.list_conventions() if name in (entry.name, *entry.aliases))


def weighted(**flags: Any) -> dict[str, Any]:
    return {"weights": WEIGHTS, **flags}


MULTILABEL = {"kind": "multilabel"}
AS_PROBS = {"predicted": "probs"}
SMOOTHED = "0.1 0.3"

RUNS = [
    Run(
        "torch CE index",
        "torch tf1 timm huggingface allennlp gluon sockeye apex flash-attn liger tinygrad composer optax"
        " keras tensorflow fairseq-old opennmt3 marian speechbrain mmpretrain mindspore burn smp paddle mlx",
    ),
    Run("torch CE index", "sklearn", predictions=PROBS, epsilons="0.0"),
    Run("torch CE index + weight", "torch liger mindspore", "mean sum per", flags=weighted()),
    Run(
        "torch CE index + weight",
        "sklearn",
        "mean sum per",
        predictions=PROBS,
        flags=weighted(),
        epsilons="0.0",
    ),
    Run("torch CE prob", "torch-soft torch-prob tf1 mlx tinygrad composer mmpretrain", labels=HOT),
    Run("torch CE prob + weight", "torch-soft", labels=HOT, flags=weighted()),
    Run("torch CE prob + weight", "mmpretrain", flags=weighted()),
    Run(
        "torch CE index ignore(row1)",
        "torch huggingface flash-attn liger mindspore",
        labels=ROW_1_IGNORED,
    ),
    Run(
        "torch CE index ignore(row1) + weight", "torch liger", "mean", labels=ROW_1_IGNORED, flags=weighted()
    ),
    Run("torch CE index float32", "torch", predictions=LOGITS_32, single="mean per"),
    Run("torch KLDivLoss over-K targets", "torch-kl", "batchmean per"),
    Run("torch KLDivLoss over-K targets", "torch-kl", "batchmean per", labels=HOT),
    Run("torch BCEWithLogits binary-half targets", "torch-bce yolo keras-bce"),
    Run("torch BCEWithLogits binary-half targets", "torch-bce yolo", labels=HOT, flags=MULTILABEL),
    Run("timm LabelSmoothingCrossEntropy", "timm"),
    Run(
        "timm BinaryCrossEntropy (over-K targets, mean over N*K)",
        "timm-bce burn-bce",
        "mean per sum_classes",
    ),
    Run(
        "timm BinaryCrossEntropy (over-K targets, mean over N*K)",
        "burn-bce",
        labels=HOT,
        flags=MULTILABEL,
    ),
    Run("fairseq >=2021-02 eps/(K-1)", "fairseq", "sum mean per"),
    Run("fairseq <2021-02 eps/K", "fairseq-old opennmt3 marian", "sum mean per"),
    Run("fairseq >=2021-02 ignore_index=2 (row1 padded)", "fairseq", "sum per", flags={"pad": 2}),
    Run(
        "OpenNMT-py<=2 LabelSmoothingLoss pad=0 V=3 (KL,float32)",
        "opennmt",
        "sum per",
        flags={"pad": 0},
        single="sum per",
        epsilons=SMOOTHED,
    ),
    Run(
        "Annotated Transformer pad=0 V=3 (KL,f64)",
        "annotated joeynmt opennmt",
        "sum targets per",
        flags={"pad": 0},
    ),
    Run("JoeyNMT XentLoss pad=0 V=3 (KL)", "joeynmt", "sum per", flags={"pad": 0}, single="sum per"),
    Run("SpeechBrain nll_loss", "speechbrain", "mean"),
    Run("SpeechBrain nll_loss + weight", "speechbrain", "mean", flags=weighted()),
    Run(
        "SpeechBrain kldiv_loss pad=2 'mean' (==sum)",
        "speechbrain-kl",
        "mean sum",
        flags={"pad": 2},
        epsilons=SMOOTHED,
        sums=True,
    ),
    Run("SpeechBrain kldiv_loss pad=-1 (no pad) 'batchmean'", "speechbrain-kl", "batchmean"),
    Run("WeNet/ESPnet LabelSmoothingLoss pad=-1 normalize_length (KL)", "wenet espnet"),
    Run("segmentation_models.pytorch SoftCE ignore=-100", "smp", "mean"),
    Run(
        "segmentation_models.pytorch SoftCE ignore row1 (divides by all N)",
        "smp",
        "mean",
        labels=ROW_1_IGNORED,
    ),
    Run("smp SoftBCE (flip eps) one-hot", "smp-bce", "mean"),
    Run(
        "smp SoftBCE (flip eps) one-hot",
        "smp-bce mmpretrain-multilabel",
        "mean",
        labels=HOT,
        flags=MULTILABEL,
    ),
    Run("NeMo SmoothedCrossEntropyLoss pad=-1", "nemo"),
    Run("Megatron-LM vocab_parallel (formula, TP=1)", "megatron fairseq"),
    Run("HF LabelSmoother (f64 logits; smooth sum in float32)", "huggingface hf", "mean", single="mean"),
    Run("HF LabelSmoother ignore row1", "huggingface", "mean", labels=ROW_1_IGNORED, single="mean"),
    Run(
        "mmpretrain LabelSmoothLoss original (formula; label.float() => f32 in practice)",
        "mmpretrain",
        "mean per targets",
    ),
    Run(
        "mmpretrain LabelSmoothLoss classy_vision (formula; label.float() => f32 in practice)",
        "classy",
        "mean per targets",
    ),
    Run(
        "mmpretrain LabelSmoothLoss multi_label (formula; label.float() => f32 in practice)",
        "mmpretrain-multilabel mm-multilabel",
        "mean per targets",
        labels=HOT,
        flags=MULTILABEL,
        single="mean per targets",
    ),
    Run(
        "ClassyVision label_smoothing_cross_entropy (float32 targets)",
        "classy",
        "mean per targets",
        single="mean per targets",
    ),
    Run("keras CategoricalCrossentropy logits f64", "keras tensorflow", labels=HOT, single="mean"),
    Run("keras CategoricalCrossentropy probs f64", "keras", predictions=PROBS, labels=HOT, single="mean"),
    Run(
        "keras CategoricalCrossentropy unnormalised probs (2.5*P; row3=[0,1,0]) f64",
        "keras",
        predictions=UNNORMALISED,
        labels=HOT,
        flags=AS_PROBS,
        single="mean",
    ),
    Run("keras CategoricalFocalCrossentropy logits f64", "keras-focal", labels=HOT, single="mean"),
    Run("keras BinaryCrossentropy logits f64", "keras-bce", single="mean per"),
    Run("keras BinaryCrossentropy logits f64", "keras-bce", labels=HOT, flags=MULTILABEL, single="mean per"),
    Run(
        "keras BinaryCrossentropy sigmoid-probs f64",
        "keras-bce",
        predictions=SIGMOIDS,
        labels=HOT,
        flags=MULTILABEL | AS_PROBS,
        single="mean per",
    ),
    Run(
        "keras CCE logits sample_weight=w[y], sum_over_batch_size",
        "keras tf1 mlx",
        "mean mean_with_sw",
        flags=weighted(),
        single="mean mean_with_sw",
    ),
    Run(
        "keras CategoricalCrossentropy logits float32 (default)",
        "keras",
        predictions=LOGITS_32,
        single="mean per",
    ),
    Run(
        "keras CategoricalCrossentropy probs float32 (default)",
        "keras",
        predictions=PROBS_32,
        single="mean per",
    ),
    Run("optax smooth_labels + softmax_cross_entropy f64", "optax", "mean per targets", labels=HOT),
    Run("optax float32", "optax", predictions=LOGITS_32, labels=HOT, single="mean per"),
    Run("optax safe_softmax_cross_entropy f64", "optax", "per", labels=HOT),
    Run("optax sigmoid_binary_cross_entropy binary-half f64", "torch-bce yolo", "mean"),
    Run(
        "optax softmax_ce -inf logit row0", "optax", "per", predictions=MASKED, labels=HOT, epsilons=SMOOTHED
    ),
    Run("optax safe_softmax_ce -inf logit row0", "optax torch", "per", predictions=MASKED),
    Run(
        "T5X compute_weighted_cross_entropy z_loss=0 (sum; f64 logits, float32 soft targets)",
        "t5x flax",
        "sum per",
        single="sum per",
    ),
    Run(
        "T5X compute_weighted_cross_entropy z_loss=0.0001 (sum; f64 logits, float32 soft targets)",
        "t5x",
        "sum per",
        single="sum per",
        z_loss=1e-4,
    ),
    Run(
        "tensor2tensor/flax-wmt smoothing_cross_entropy (f64 formula)",
        "tensor2tensor t2t flax t5x",
        "sum mean per",
    ),
    Run("scenic weighted_softmax_cross_entropy f64 (denominator N+1e-8)", "scenic", "mean"),
    Run("scenic label_weights=w f64", "scenic", "mean", flags=weighted()),
    Run("MindSpore ops.cross_entropy index (formula)", "mindspore-old mindspore"),
    Run("MindSpore index + weight (smooth term unweighted, /N)", "mindspore-old", flags=weighted()),
    Run(
        "MindSpore index ignore row1 (smooth term / N incl ignored)",
        "mindspore-old",
        labels=ROW_1_IGNORED,
    ),
    Run("Burn CrossEntropy (formula)", "burn", "mean"),
    Run("Burn + weight", "burn", "mean", flags=weighted()),
    Run("Burn pad=2 (row1 masked but still counted)", "burn", "mean", flags={"pad": 2}),
    Run("Burn pad=2 + weight", "burn", "mean", flags=weighted(pad=2)),
    Run(
        "Paddle F.label_smooth f64 label (eps is float32 in kernel)",
        "paddle",
        "mean per targets",
        labels=HOT,
        single="mean per targets",
    ),
    Run("MLX nn.losses.cross_entropy (f64 formula)", "mlx"),
    # not shifted, it cancels: 4 ulp off the exact value itself, 1.75151898664919416
    Run("flash-attn / Liger / apex form lse-e*mean(x)-(1-e)x_y (f64)", "flash-attn liger apex", within=8),
]

ANY = "*"
#: Cells that no convention gives, and why: {(row, ε, key): reason}, where * is any.
UNREACHED: dict[Cell, str] = {
    ("torch KLDivLoss over-K targets", ANY, "mean"): "'mean' divides by N·K, which torch itself deprecates",
    ("timm mixup_target lam=0.7 -> SoftTargetCrossEntropy (float32 targets)", ANY, ANY): (
        "the labels of two rows mixed: soft labels, and no convention of smoothing"
    ),
    ("OpenNMT-py<=2 LabelSmoothingLoss pad=0 V=3 (KL,float32)", "0.0", "error"): "asserts that ε is above 0",
    ("OpenNMT-py<=2 default ignore_index=-100 V=3", ANY, "error"): "fails by its own default: pad is needed",
    ("SpeechBrain kldiv_loss pad=2 'mean' (==sum)", "0.0", ANY): (
        "ε = 0 falls through to nll_loss, which pads nothing and does not sum"
    ),
    ("WeNet/ESPnet pad=-1 batch=2 seq=2 (divide by batch)", ANY, ANY): (
        "divides by sequences, and rows do not say of which sequence they are"
    ),
    ("keras BinaryFocalCrossentropy logits f64", ANY, ANY): "no convention of the list",
    ("keras KLDivergence on over-K targets f64", ANY, ANY): (
        "no convention of the list: clips the targets too, so that KL(t‖t) of a hard label is not 0"
    ),
    ("optax softmax_ce -inf logit row0", "0.0", "per"): "0·(-inf) is NaN there, and 0 here",
    ("optax where= excludes class2 of row0", ANY, ANY): "classes masked row by row, not of a convention",
    ("fairseq 2017-09 LabelSmoothedNLLLoss pad=0 (formula, historic bug)", ANY, ANY): (
        "a fault, mended in 2018: the mass is 1+ε/(K-1)"
    ),
    ("ConvE bug (1-e)y+1/K", ANY, ANY): "a fault: the mass is 2-ε",
}


def stands_for(entry: Cell, cell: Cell) -> bool:
    return all(part in (ANY, wanted) for part, wanted in zip(entry, cell, strict=True))


def numbers(text: str) -> list[float]:
    return [float(part) for part in text.strip("[]").split(",")]


def ulps(value: float, wanted: float) -> float:
    """How far a value is off, in the ulp of max(1, |wanted|)."""
    return abs(value - wanted) / math.ulp(max(1.0, abs(wanted)))


def ulps32(value: float, wanted: float) -> float:
    """How far a value is off, in the float32 ulp of max(1, |wanted|)."""
    return abs(value - wanted) / float(np.spacing(np.float32(max(1.0, abs(wanted)))))


CASES = [
    pytest.param(run, like, epsilon, key, id=f"{row}, {key}, {epsilon}: {like}")
    for run in RUNS
    for like in run.likes.split()
    for row, epsilon, key in run.cells()
]


@pytest.mark.parametrize(("run", "like", "epsilon", "key"), CASES)
def test_a_convention_gives_the_number_of_its_framework(run: Run, like: str, epsilon: str, key: str) -> None:
    found = run.values(like, float(epsilon), key)
    wanted = numbers(GOLDEN[run.row][epsilon][key])
    if key == "targets":
        # some rows hold the target of label 0 alone, the first
        found = found[: len(wanted)]
    assert len(found) == len(wanted)
    away = ulps32 if key in run.single.split() else ulps
    for value, expected in zip(found, wanted, strict=True):
        assert value == expected or away(value, expected) <= run.within, (value, expected)


# What is and what is not reached


def test_every_cell_is_reached_or_stands_among_the_unreached() -> None:
    normalizing = {(T2T, epsilon, "normalizing") for epsilon in GOLDEN[T2T]}
    reached = {cell for run in RUNS for cell in run.cells()} | normalizing
    unreached = {cell for cell in CELLS for entry in UNREACHED if stands_for(entry, cell)}
    assert reached <= CELLS
    assert CELLS - reached - unreached == set()
    assert reached & unreached == set()


def test_every_reason_is_for_a_cell() -> None:
    assert [entry for entry in UNREACHED if not any(stands_for(entry, cell) for cell in CELLS)] == []


#: The conventions of the issue, by name or by alias: those whose framework returns the mean, and the sum.
MEANS = """
    torch torch-soft torch-bce torch-kl keras keras-bce keras-focal tf1 optax timm timm-bce huggingface
    tensor2tensor t5 scenic espnet wenet speechbrain allennlp gluon sockeye apex flash-attn liger mlx tinygrad
    composer nemo megatron mmpretrain mmpretrain-multilabel classy mindspore mindspore-old burn burn-bce smp
    smp-bce yolo paddle tensorflow sklearn hf t2t torch-prob mm-multilabel
"""
SUMS = "fairseq fairseq-old opennmt opennmt3 annotated joeynmt t5x flax marian speechbrain-kl"


@pytest.mark.parametrize("name", [*MEANS.split(), *SUMS.split()])
def test_the_list_holds_what_the_issue_names(name: str) -> None:
    holders = [entry for entry in lsmooth.list_conventions() if name in (entry.name, *entry.aliases)]
    assert len(holders) == 1


def test_every_convention_of_the_list_gives_a_golden_number() -> None:
    reaching = {find(like).name for run in RUNS for like in run.likes.split()}
    # t5 is reached as the sum of two cells, below
    assert {entry.name for entry in lsmooth.list_conventions()} - reaching == {"t5"}


def test_a_framework_that_ran_in_float64_and_agrees_to_float32_is_said_to_be_single() -> None:
    wide = [run for run in RUNS if run.single and run.predictions.dtype == np.float64]
    names = {run.likes.split()[0] for run in wide}
    assert len(names) > 8
    assert [name for name in sorted(names) if not find(name).single] == []


def data_of(entry: Any) -> tuple[Array, ArrayLike, float, dict[str, Any]]:
    """Predictions, labels, ε and flags that a convention takes."""
    epsilon = 0.0 if entry.epsilons == "0" else 0.1
    return PROBS if entry.name == "sklearn" else LOGITS, LABELS, epsilon, {"pad": 0} if entry.reserved else {}


def test_without_a_reduction_a_convention_reduces_as_its_framework_does() -> None:
    for entry in lsmooth.list_conventions():
        predictions, labels, epsilon, flags = data_of(entry)
        flags["like"] = entry.name
        own = lsmooth.cross_entropy(predictions, labels, epsilon, **flags)
        mean = lsmooth.cross_entropy(predictions, labels, epsilon, reduction="mean", **flags)
        total = lsmooth.cross_entropy(predictions, labels, epsilon, reduction="sum", **flags)
        assert mean != total
        assert own == (total if entry.name in SUMS.split() else mean), entry.name


def test_a_convention_is_reached_by_each_of_its_names_and_as_an_object() -> None:
    for entry in lsmooth.list_conventions():
        predictions, labels, epsilon, flags = data_of(entry)
        wanted = lsmooth.cross_entropy(predictions, labels, epsilon, like=entry.name, **flags)
        likes: list[Any] = [entry, *entry.aliases]
        for like in likes:
            assert lsmooth.cross_entropy(predictions, labels, epsilon, like=like, **flags) == wanted


# Cells that are reached through two calls

T2T = "tensor2tensor/flax-wmt smoothing_cross_entropy (f64 formula)"
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
