"""The numbers of frameworks, reached by flags."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest
from conftest import Work
from kits.numbers import CLASS_WEIGHTS, GOLDEN, LABELS, LOGITS, column, loss, rows, softmax, ulps


def ulps32(value: float, wanted: float) -> float:
    """How far a value is off, in the float32 ulp of max(1, |wanted|)."""
    return abs(value - wanted) / float(np.spacing(np.float32(max(1.0, abs(wanted)))))


@pytest.fixture
def data(work: Work) -> Work:
    """The scratch folder with the data of the golden cells, in the forms that the cells need."""
    np.save("x.npy", LOGITS)
    np.save("x32.npy", LOGITS.astype(np.float32))
    np.save("p.npy", softmax(LOGITS))
    np.save("p32.npy", softmax(LOGITS).astype(np.float32))
    np.save("sure.npy", np.vstack([softmax(LOGITS)[:3], [0, 1, 0]]))
    np.save("s.npy", 1 / (1 + np.exp(-LOGITS)))
    masked = LOGITS.copy()
    masked[0, 2] = -np.inf
    np.save("masked.npy", masked)
    work.write("y.csv", column(LABELS))
    work.write("ignored.csv", column([0, -100, 1, 1]))
    work.write("hot.csv", "".join(f"{int(y == 0)},{int(y == 1)},{int(y == 2)}\n" for y in LABELS))
    return work


# The frameworks


@dataclass(frozen=True)
class Cell:
    """A golden cell, the command line that must give it, and how near.

    Attributes:
        name: of the cell.
        keys: which of its numbers.
        line: files and flags; ε and the reduction are added.
        exact: within 4 ulp of max(1, |loss|); else of float32, because the framework has float32 in it.
        epsilons: which of the three ε.
        relative: ε is ε/(1+ε).
    """

    name: str
    keys: str
    line: str
    exact: bool = True
    epsilons: str = "0.0 0.1 0.3"
    relative: bool = False


CELLS = [
    Cell("torch CE index", "mean per", "x.npy y.csv"),
    Cell("torch CE index + weight", "mean", "x.npy y.csv --weights 1,2,0.5 --denominator weights"),
    Cell("torch CE index + weight", "sum per", "x.npy y.csv --weights 1,2,0.5"),
    Cell("torch CE prob", "mean per", "x.npy hot.csv"),
    Cell("torch CE prob + weight", "mean per", "x.npy hot.csv --weights 1,2,0.5"),
    Cell("torch CE index ignore(row1)", "mean per", "x.npy ignored.csv --ignore -100"),
    Cell(
        "torch CE index ignore(row1) + weight",
        "mean",
        "x.npy ignored.csv --ignore -100 --weights 1,2,0.5 --denominator weights",
    ),
    Cell("torch CE index float32", "mean per", "x32.npy y.csv", exact=False),
    Cell("torch KLDivLoss over-K targets", "batchmean per", "x.npy y.csv --minus-entropy"),
    Cell("torch KLDivLoss over-K targets", "batchmean per", "x.npy hot.csv --minus-entropy"),
    Cell("torch BCEWithLogits binary-half targets", "mean per", "x.npy y.csv --spread half"),
    Cell("torch BCEWithLogits binary-half targets", "mean per", "x.npy hot.csv --labels multilabel"),
    Cell("timm LabelSmoothingCrossEntropy", "mean per", "x.npy y.csv"),
    Cell(
        "timm BinaryCrossEntropy (over-K targets, mean over N*K)",
        "mean per",
        "x.npy hot.csv --labels multilabel --spread all",
    ),
    Cell("fairseq >=2021-02 eps/(K-1)", "sum mean per", "x.npy y.csv --spread others"),
    Cell("fairseq >=2021-02 eps/(K-1)", "sum mean per", "x.npy hot.csv --spread others"),
    Cell("fairseq <2021-02 eps/K", "sum mean per", "x.npy y.csv"),
    Cell(
        "fairseq >=2021-02 ignore_index=2 (row1 padded)",
        "sum per",
        "x.npy y.csv --spread others --ignore 2",
    ),
    Cell(
        "OpenNMT-py<=2 LabelSmoothingLoss pad=0 V=3 (KL,float32)",
        "sum per",
        "x.npy y.csv --spread others --exclude 0 --ignore 0 --minus-entropy",
        exact=False,
        epsilons="0.1 0.3",
    ),
    Cell(
        "Annotated Transformer pad=0 V=3 (KL,f64)",
        "sum per",
        "x.npy y.csv --spread others --exclude 0 --ignore 0 --minus-entropy",
    ),
    Cell(
        "JoeyNMT XentLoss pad=0 V=3 (KL)",
        "sum per",
        "x.npy y.csv --spread others --exclude 0 --ignore 0 --minus-entropy",
        exact=False,
    ),
    Cell("SpeechBrain nll_loss", "mean", "x.npy y.csv"),
    Cell("SpeechBrain nll_loss + weight", "mean", "x.npy y.csv --weights 1,2,0.5 --weighting target"),
    Cell(
        "SpeechBrain kldiv_loss pad=2 'mean' (==sum)",
        "sum",
        "x.npy y.csv --spread others --ignore 2 --minus-entropy",
        epsilons="0.1 0.3",
    ),
    Cell(
        "SpeechBrain kldiv_loss pad=-1 (no pad) 'batchmean'",
        "batchmean",
        "x.npy y.csv --spread others --minus-entropy",
    ),
    Cell(
        "WeNet/ESPnet LabelSmoothingLoss pad=-1 normalize_length (KL)",
        "mean per",
        "x.npy y.csv --spread others --minus-entropy",
    ),
    Cell("segmentation_models.pytorch SoftCE ignore=-100", "mean", "x.npy y.csv"),
    Cell(
        "segmentation_models.pytorch SoftCE ignore row1 (divides by all N)",
        "mean",
        "x.npy ignored.csv --ignore -100 --denominator all",
    ),
    Cell("smp SoftBCE (flip eps) one-hot", "mean", "x.npy y.csv --spread flip"),
    Cell("smp SoftBCE (flip eps) one-hot", "mean", "x.npy hot.csv --labels multilabel --spread flip"),
    Cell("NeMo SmoothedCrossEntropyLoss pad=-1", "per", "x.npy y.csv --spread others"),
    Cell("Megatron-LM vocab_parallel (formula, TP=1)", "mean per", "x.npy y.csv --spread others"),
    Cell("HF LabelSmoother (f64 logits; smooth sum in float32)", "mean", "x.npy y.csv", exact=False),
    Cell("HF LabelSmoother ignore row1", "mean", "x.npy ignored.csv --ignore -100", exact=False),
    Cell(
        "mmpretrain LabelSmoothLoss original (formula; label.float() => f32 in practice)",
        "mean per",
        "x.npy hot.csv",
    ),
    Cell(
        "mmpretrain LabelSmoothLoss classy_vision (formula; label.float() => f32 in practice)",
        "mean per",
        "x.npy y.csv",
        relative=True,
    ),
    Cell(
        "mmpretrain LabelSmoothLoss multi_label (formula; label.float() => f32 in practice)",
        "mean per",
        "x.npy y.csv --spread flip",
        exact=False,
    ),
    Cell(
        "ClassyVision label_smoothing_cross_entropy (float32 targets)",
        "mean per",
        "x.npy y.csv",
        exact=False,
        relative=True,
    ),
    Cell("keras CategoricalCrossentropy logits f64", "per", "x.npy hot.csv"),
    Cell("keras CategoricalCrossentropy logits f64", "mean", "x.npy hot.csv", exact=False),
    Cell("keras CategoricalCrossentropy probs f64", "per", "p.npy hot.csv --clip 1e-7"),
    Cell("keras CategoricalCrossentropy probs f64", "per", "p.npy hot.csv"),
    Cell(
        "keras CategoricalCrossentropy unnormalised probs (2.5*P; row3=[0,1,0]) f64",
        "per",
        "sure.npy hot.csv --clip 1e-7",
    ),
    Cell(
        "keras CategoricalCrossentropy unnormalised probs (2.5*P; row3=[0,1,0]) f64",
        "mean",
        "sure.npy y.csv --clip 1e-7",
        exact=False,
    ),
    Cell("keras BinaryCrossentropy logits f64", "mean per", "x.npy y.csv --spread half", exact=False),
    Cell(
        "keras BinaryCrossentropy sigmoid-probs f64",
        "mean per",
        "s.npy y.csv --as probs --spread half",
        exact=False,
    ),
    Cell(
        "keras BinaryCrossentropy sigmoid-probs f64",
        "mean per",
        "s.npy hot.csv --as probs --labels multilabel --clip 1e-7",
        exact=False,
    ),
    Cell(
        "keras KLDivergence on over-K targets f64",
        "per",
        "p.npy y.csv --minus-entropy",
        epsilons="0.1 0.3",
    ),
    Cell(
        "keras CCE logits sample_weight=w[y], sum_over_batch_size",
        "mean",
        "x.npy y.csv --weights 1,2,0.5 --weighting row",
        exact=False,
    ),
    Cell(
        "keras CCE logits sample_weight=w[y], sum_over_batch_size",
        "mean",
        "x.npy hot.csv --weights 1,2,0.5 --weighting row",
        exact=False,
    ),
    Cell(
        "keras CCE logits sample_weight=w[y], sum_over_batch_size",
        "mean_with_sw",
        "x.npy y.csv --weights 1,2,0.5 --weighting row --denominator weights",
        exact=False,
    ),
    Cell("keras CategoricalCrossentropy logits float32 (default)", "mean per", "x32.npy y.csv", exact=False),
    Cell("keras CategoricalCrossentropy probs float32 (default)", "mean per", "p32.npy y.csv", exact=False),
    Cell("optax smooth_labels + softmax_cross_entropy f64", "mean per", "x.npy hot.csv"),
    Cell("optax float32", "mean per", "x32.npy y.csv", exact=False),
    Cell("optax safe_softmax_cross_entropy f64", "per", "x.npy hot.csv"),
    Cell("optax sigmoid_binary_cross_entropy binary-half f64", "mean", "x.npy y.csv --spread half"),
    Cell("optax safe_softmax_ce -inf logit row0", "per", "masked.npy y.csv"),
    Cell("optax safe_softmax_ce -inf logit row0", "per", "masked.npy hot.csv"),
    Cell(
        "T5X compute_weighted_cross_entropy z_loss=0 (sum; f64 logits, float32 soft targets)",
        "sum per",
        "x.npy y.csv --spread others --minus-entropy",
        exact=False,
    ),
    Cell(
        "tensor2tensor/flax-wmt smoothing_cross_entropy (f64 formula)",
        "sum mean per",
        "x.npy y.csv --spread others --minus-entropy",
    ),
    Cell("MindSpore ops.cross_entropy index (formula)", "mean per", "x.npy y.csv"),
    Cell(
        "MindSpore index + weight (smooth term unweighted, /N)",
        "per",
        "x.npy y.csv --weights 1,2,0.5 --weighting target",
    ),
    Cell(
        "MindSpore index ignore row1 (smooth term / N incl ignored)",
        "per",
        "x.npy ignored.csv --ignore -100",
    ),
    Cell("Burn CrossEntropy (formula)", "mean", "x.npy y.csv"),
    Cell("Burn + weight", "mean", "x.npy y.csv --weights 1,2,0.5 --denominator weights"),
    Cell("Burn pad=2 (row1 masked but still counted)", "mean", "x.npy y.csv --ignore 2 --denominator all"),
    Cell(
        "Paddle F.label_smooth f64 label (eps is float32 in kernel)", "mean per", "x.npy hot.csv", exact=False
    ),
    Cell("MLX nn.losses.cross_entropy (f64 formula)", "mean per", "x.npy y.csv"),
    Cell("flash-attn / Liger / apex form lse-e*mean(x)-(1-e)x_y (f64)", "mean", "x.npy y.csv"),
]

GOLDEN_CASES = [
    pytest.param(cell, key, epsilon, id=f"{cell.name}, {key}, {epsilon}: {cell.line}")
    for cell in CELLS
    for key in cell.keys.split()
    for epsilon in cell.epsilons.split()
]


@pytest.mark.parametrize(("cell", "key", "epsilon"), GOLDEN_CASES)
def test_the_value_of_the_framework_is_reached_by_flags(
    cell: Cell, key: str, epsilon: str, data: Work
) -> None:
    amount = float(epsilon) / (1 + float(epsilon)) if cell.relative else float(epsilon)
    flags = [*cell.line.split(), "-e", repr(amount)]
    text = GOLDEN[cell.name][epsilon][key]
    if key == "per":
        wanted = [float(value) for value in text.strip("[]").split(",")]
        found = rows(data, *flags)
    else:
        wanted = [float(text)]
        found = [loss(data, *flags, *(["--reduction", "sum"] if key == "sum" else []))]
    assert len(found) == len(wanted)
    away = ulps if cell.exact else ulps32
    for value, expected in zip(found, wanted, strict=True):
        assert value == expected or away(value, expected) <= 4, (value, expected)


def test_the_cells_of_the_issue_are_all_there() -> None:
    names = {cell.name for cell in CELLS}
    assert names <= GOLDEN.keys()
    for family in (
        "torch CE",
        "torch KLDivLoss",
        "torch BCE",
        "smp",
        "SpeechBrain nll",
        "keras CCE",
        "MindSpore",
    ):
        assert {name for name in GOLDEN if name.startswith(family)} <= names


def test_the_two_targets_of_torch_differ_in_the_mean_with_weights(data: Work) -> None:
    # the index path divides by Σ w[y], the probability path by N
    flags = ["-e", 0.1, "--weights", CLASS_WEIGHTS]
    by_weights = loss(data, "x.npy", "y.csv", *flags, "--denominator", "weights")
    by_rows = loss(data, "x.npy", "hot.csv", *flags)
    assert ulps(by_weights, 0.63518815767006109) <= 4
    assert ulps(by_rows, 0.87338371679633409) <= 4
    assert rows(data, "x.npy", "y.csv", *flags) == pytest.approx(
        rows(data, "x.npy", "hot.csv", *flags), rel=1e-15
    )


@pytest.mark.parametrize("epsilon", ["0.0", "0.1", "0.3"])
def test_the_targets_of_timm_mixup_give_its_loss(epsilon: str, work: Work) -> None:
    cell = GOLDEN["timm mixup_target lam=0.7 -> SoftTargetCrossEntropy (float32 targets)"][epsilon]
    targets = np.array(json.loads(cell["targets"]), np.float32).reshape(4, 3)
    np.save("x.npy", LOGITS)
    np.save("t.npy", targets)
    assert ulps(loss(work, "x.npy", "t.npy"), float(cell["mean"])) <= 4


@pytest.mark.parametrize("epsilon", ["0.0", "0.1", "0.3"])
def test_an_excluded_class_without_a_logit_gives_the_loss_of_optax_where(epsilon: str, work: Work) -> None:
    # optax masks class 2 in row 0 only
    wanted = json.loads(GOLDEN["optax where= excludes class2 of row0"][epsilon]["per"])[0]
    work.write("x.csv", "2.0,0.5,-inf\n")
    work.write("y.csv", "0\n")
    assert ulps(loss(work, "x.csv", "y.csv", "-e", epsilon, "--exclude", 2), wanted) <= 4


def test_a_multilabel_row_is_the_mean_over_its_labels_and_sum_adds_every_term(data: Work) -> None:
    flags = ["x.npy", "hot.csv", "--labels", "multilabel", "-e", 0.1]
    mean = float(GOLDEN["torch BCEWithLogits binary-half targets"]["0.1"]["mean"])
    assert ulps(loss(data, *flags, "--reduction", "sum"), mean * 12) <= 8
    per = [float(v) for v in json.loads(GOLDEN["torch BCEWithLogits binary-half targets"]["0.1"]["per"])]
    assert rows(data, *flags) == pytest.approx(per, rel=1e-15, abs=1e-15)
