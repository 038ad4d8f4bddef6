"""The numbers of `loss`: of the frameworks, of the documents, of exact arithmetic, of calibration papers."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from conftest import DATA, Work
from numpy.typing import NDArray

import lsmooth
from lsmooth.calibration import brier_scores, calibration_errors

Array = NDArray[Any]

#: Values that the frameworks themselves computed, 17 digits: torch 2.13.0 CPU, keras 3.15.1 (torch backend),
#: optax 0.2.8 on jax 0.10.2, and timm, fairseq, OpenNMT-py, Annotated Transformer, JoeyNMT, SpeechBrain,
#: WeNet, segmentation_models.pytorch, NeMo, T5X, scenic; formulas transcribed for Megatron, MindSpore,
#: Burn, Paddle, MLX, flash-attn, mmpretrain, ClassyVision.
#: {cell: {ε: {"mean" | "sum" | "per" | "batchmean": text}}}
GOLDEN: dict[str, dict[str, dict[str, str]]] = json.loads((DATA / "golden.json").read_text())

#: The data of all cells.
LOGITS = np.array([[2, 0.5, 0.3], [0.1, -1.2, 3.3], [1, 1, 1], [-4, 7, 0.5]])
LABELS = [0, 2, 1, 1]
CLASS_WEIGHTS = "1,2,0.5"


def softmax(logits: Array) -> Array:
    """Probabilities, by the definition."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def column(values: Sequence[object]) -> str:
    return "".join(f"{value}\n" for value in values)


def ulps(value: float, wanted: float) -> float:
    """How far a value is off, in the ulp of max(1, |wanted|)."""
    return abs(value - wanted) / math.ulp(max(1.0, abs(wanted)))


def ulps32(value: float, wanted: float) -> float:
    """How far a value is off, in the float32 ulp of max(1, |wanted|)."""
    return abs(value - wanted) / float(np.spacing(np.float32(max(1.0, abs(wanted)))))


def loss(work: Work, *arguments: object) -> float:
    """The one number that `loss` prints."""
    out = work.ok("loss", *arguments)
    value = float(out)
    assert out == f"{value!r}\n"
    return value


def rows(work: Work, *arguments: object) -> list[float]:
    """The loss of each row."""
    return [float(line) for line in work.ok("loss", *arguments, "--reduction", "none").splitlines()]


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


# The documents


def test_the_worked_example_of_probabilities(work: Work) -> None:
    work.write("p.csv", "0.7,0.2,0.1\n")
    work.write("t.csv", "0.9,0.05,0.05\n")
    # they print 0.516, having rounded each term
    assert ulps(loss(work, "p.csv", "t.csv"), 0.5166085998162665) <= 1


def test_the_worked_example_of_logits(work: Work) -> None:
    work.write("z.csv", "2.0,0.5,0.3\n")
    work.write("t.csv", "0.05,0.90,0.05\n")
    found = json.loads(work.ok("loss", "z.csv", "t.csv", "--json"))
    assert ulps(found["loss"], 1.7756162698146993) <= 2
    assert ulps(found["floor"], 0.39439769144744274) <= 2
    assert ulps(found["excess"], 1.3812185783672564) <= 2
    assert ulps(loss(work, "z.csv", "t.csv", "--minus-entropy"), 1.3812185783672564) <= 2


FLOORS = [
    # pytorch issue 130342 asks for these; the formula quoted there is that of `others`
    ("all", 3, 0.1, 0.29113983883196504),
    ("all", 3, 0.3, 0.63903185965017706),
    ("all", 10, 0.1, 0.5002880350577578),
    ("all", 1000, 0.1, 1.0148479977486802),
    ("others", 3, 0.1, 0.39439769144744274),
    ("others", 3, 0.3, 0.81880845622287701),
    ("others", 1000, 0.1, 1.0157584512563036),
    ("all", 4, 0.0, 0.0),
    ("others", 4, 0.0, 0.0),
    ("all", 8, 1.0, math.log(8)),
    ("others", 8, 1.0, math.log(7)),
    ("half", 3, 0.1, -(0.95 * math.log(0.95) + 0.05 * math.log(0.05))),
    ("flip", 3, 0.1, -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))),
]


@pytest.mark.parametrize(("spread", "classes", "epsilon", "floor"), FLOORS)
@pytest.mark.parametrize("labels", ["hard", "soft"])
def test_the_floor_is_the_entropy_of_the_target(
    spread: str, classes: int, epsilon: float, floor: float, labels: str, work: Work
) -> None:
    generator = np.random.default_rng(classes)
    truth = generator.integers(0, classes, 7)
    np.save("z.npy", generator.normal(size=(7, classes)))
    np.save("y.npy", truth if labels == "hard" else np.eye(classes)[truth])
    kind = ["--labels", "rows"] if labels == "soft" else []
    found = json.loads(work.ok("loss", "z.npy", "y.npy", "-e", epsilon, "--spread", spread, "--json", *kind))
    assert ulps(found["floor"], floor) <= 4
    assert ulps(found["excess"], found["loss"] - floor) <= 8


def test_weights_give_the_floor_of_the_weighted_target(work: Work) -> None:
    weights, target = [1.0, 2.0, 0.5], [0.05, 0.9, 0.05]
    work.write("z.csv", "2.0,0.5,0.3\n")
    work.write("t.csv", "0.05,0.90,0.05\n")
    found = json.loads(work.ok("loss", "z.csv", "t.csv", "--weights", CLASS_WEIGHTS, "--json"))
    parts = [w * t for w, t in zip(weights, target, strict=True)]
    assert ulps(found["floor"], sum(a * math.log(sum(parts) / a) for a in parts)) <= 4


# Exact arithmetic

DIGITS = 40


def exact_loss(
    logits: Sequence[float],
    label: int,
    epsilon: float,
    spread: str = "all",
    weights: Sequence[float] | None = None,
) -> Decimal:
    """The loss of a row of logits, to 40 digits, of the very doubles that were given."""
    scale = [Decimal(w) for w in weights or [1.0] * len(logits)]
    z = [Decimal(value) for value in logits]
    top = max(z)
    lse = top + sum(((value - top).exp() for value in z), Decimal(0)).ln()
    share = Decimal(epsilon) / (len(z) - (spread == "others"))
    total = (1 - Decimal(epsilon)) * scale[label] * (lse - z[label])
    for k, value in enumerate(z):
        if spread == "all" or k != label:
            total += share * scale[k] * (lse - value)
    return total


def exact_mean(logits: Array, labels: Array, epsilon: float, spread: str = "all") -> float:
    with localcontext() as context:
        context.prec = DIGITS
        pairs = zip(logits.tolist(), labels.tolist(), strict=True)
        return float(sum(exact_loss(row, label, epsilon, spread) for row, label in pairs) / len(labels))


def noise(rows: int, classes: int, scale: float = 4.0, seed: int = 0) -> tuple[Array, Array]:
    generator = np.random.default_rng(seed)
    return generator.normal(0, scale, (rows, classes)), generator.integers(0, classes, rows)


HARD_DATA: dict[str, tuple[Array, Array]] = {
    "K = 2": noise(40, 2),
    "K = 10": noise(40, 10),
    "K = 1000": noise(4, 1000),
    "confident": noise(40, 10, 30.0),
    "all but certain": (
        np.array([[40.0, 0.0, 1.0], [0.0, 36.0, -5.0], [0.0, 0.0, 700.0]]),
        np.array([0, 1, 2]),
    ),
    "far from certain": (
        np.array([[40.0, 0.0, 1.0], [0.0, 36.0, -5.0], [0.0, 0.0, 700.0]]),
        np.array([1, 2, 0]),
    ),
    "1e4 up and down": noise(40, 10, 1e4),
    "1e4 in common": (noise(40, 10)[0] + 1e4, noise(40, 10)[1]),
    "-1e4 in common": (noise(40, 10)[0] - 1e4, noise(40, 10)[1]),
    "1e15 in common": (noise(40, 10)[0] + 1e15, noise(40, 10)[1]),
    "all equal": (np.full((5, 7), 1e4), np.arange(5)),
    "the maximum twice": (np.array([[9.0, 9.0, -9.0], [-9.0, 9.0, 9.0]]), np.array([1, 0])),
}


@pytest.mark.parametrize("name", HARD_DATA)
@pytest.mark.parametrize(("epsilon", "spread"), [(0.0, "all"), (0.1, "all"), (0.3, "others"), (1.0, "all")])
def test_float64_logits_are_within_8_ulp_of_exact_arithmetic(
    name: str, epsilon: float, spread: str, work: Work
) -> None:
    logits, labels = HARD_DATA[name]
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    flags = ["z.npy", "y.npy", "--as", "logits", "-e", epsilon, "--spread", spread]
    assert ulps(loss(work, *flags), exact_mean(logits, labels, epsilon, spread)) <= 8
    for row, value in enumerate(rows(work, *flags)):
        wanted = exact_mean(logits[row : row + 1], labels[row : row + 1], epsilon, spread)
        assert ulps(value, wanted) <= 8, row


@pytest.mark.parametrize("epsilon", [0.0, 0.1])
def test_a_confident_row_keeps_its_digits(epsilon: float, work: Work) -> None:
    # -log p = log1p(e⁻³⁰) is about 1e-13: log(1 + 1e-13) would have three digits
    work.write("z.csv", "0,30\n")
    work.write("y.csv", "1\n")
    with localcontext() as context:
        context.prec = DIGITS
        wanted = float(exact_loss([0.0, 30.0], 1, epsilon))
    assert loss(work, "z.csv", "y.csv", "-e", epsilon) == pytest.approx(wanted, rel=1e-14, abs=0)


@pytest.mark.parametrize("epsilon", [0.0, 0.1])
def test_float16_logits_do_not_overflow(epsilon: float, work: Work) -> None:
    logits = np.array([[65504, -65504, 0, 12], [-65504, -65500, -65472, -65504]], np.float16)
    more, truth = noise(60, 4, 100.0)
    logits = np.vstack([logits, more.astype(np.float16)])
    labels = np.concatenate([[1, 2], truth])
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    wanted = exact_mean(logits.astype(np.float64), labels, epsilon)
    assert loss(work, "z.npy", "y.npy", "-e", epsilon) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("classes", [2, 10, 1000])
@pytest.mark.parametrize("epsilon", [0.0, 0.1])
def test_float32_logits_are_within_1e_6_of_exact_arithmetic(classes: int, epsilon: float, work: Work) -> None:
    logits, labels = noise(5, classes)
    narrow = logits.astype(np.float32)
    np.save("z.npy", narrow)
    np.save("y.npy", labels)
    wanted = exact_mean(narrow.astype(np.float64), labels, epsilon)
    assert loss(work, "z.npy", "y.npy", "-e", epsilon) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("epsilon", [0.1, 0.5])
def test_logits_of_any_size_that_can_be_subtracted_have_their_loss(epsilon: float, work: Work) -> None:
    logits, labels = np.array([[4e307, -4e307]]), np.array([0])
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    wanted = exact_mean(logits, labels, epsilon)
    assert loss(work, "z.npy", "y.npy", "-e", epsilon) == pytest.approx(wanted, rel=1e-15)


def test_logits_too_large_to_be_subtracted_are_refused(work: Work) -> None:
    np.save("z.npy", np.array([[1e308, -1e308]]))
    np.save("y.npy", np.array([0]))
    error = work.refused("loss", "z.npy", "y.npy")
    assert error.startswith("error: z.npy: row 0: the logit `1e+308` is too large to be taken from another\n")


def test_float32_logits_of_1e4_with_a_common_offset_do_not_overflow(work: Work) -> None:
    logits = (noise(30, 6, 1e4)[0] + 1e4).astype(np.float32)
    labels = noise(30, 6)[1]
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    wanted = exact_mean(logits.astype(np.float64), labels, 0.1)
    assert loss(work, "z.npy", "y.npy", "-e", 0.1) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("epsilon", [0.0, 0.1])
def test_sigmoid_logits_are_within_8_ulp_of_exact_arithmetic(epsilon: float, work: Work) -> None:
    generator = np.random.default_rng(1)
    logits = np.vstack([generator.normal(0, 10, (30, 5)), [[1e4, -1e4, 40.0, -40.0, 0.0]]])
    truth = generator.integers(0, 2, logits.shape)
    np.save("z.npy", logits)
    np.save("y.npy", truth)
    with localcontext() as context:
        context.prec = DIGITS
        total = Decimal(0)
        for z, y in zip(logits.ravel().tolist(), truth.ravel().tolist(), strict=True):
            yes = y * (1 - Decimal(epsilon)) + Decimal(epsilon) / 2
            rest = (1 + (-abs(Decimal(z))).exp()).ln()
            total += yes * (max(Decimal(-z), Decimal(0)) + rest) + (1 - yes) * (
                max(Decimal(z), Decimal(0)) + rest
            )
        wanted = float(total / logits.size)
    found = loss(work, "z.npy", "y.npy", "--labels", "multilabel", "--as", "logits", "-e", epsilon)
    assert ulps(found, wanted) <= 8


def test_probabilities_and_log_probabilities_are_within_8_ulp_of_exact_arithmetic(work: Work) -> None:
    # halves of halves are exact doubles that sum to exactly 1
    p = np.array([[0.5, 0.25, 0.125, 0.125], [2.0**-40, 0.5, 0.25, 0.25 - 2.0**-40]])
    np.save("p.npy", p)
    np.save("l.npy", np.log(p))
    work.write("y.csv", "2\n0\n")
    with localcontext() as context:
        context.prec = DIGITS
        total, epsilon = Decimal(0), Decimal.from_float(0.1)
        for row, label in zip(p.tolist(), [2, 0], strict=True):
            costs = [-Decimal(value).ln() for value in row]
            total += (1 - epsilon) * costs[label] + epsilon * sum(costs) / 4
        wanted = float(total / 2)
    assert ulps(loss(work, "p.npy", "y.csv"), wanted) <= 8
    assert ulps(loss(work, "l.npy", "y.csv"), wanted) <= 8


def test_a_sum_over_many_rows_loses_no_digits(work: Work) -> None:
    # one huge term first, after which a plain running sum would drop the digits of all others
    logits = np.tile([[0.3, 0.0]], (100_000, 1))
    logits[0] = [0.0, 1e16]
    np.save("z.npy", logits)
    np.save("y.npy", np.zeros(len(logits), int))
    flags = ["z.npy", "y.npy", "-e", 0]
    wanted = 1e16 + 99_999 * math.log1p(math.exp(-0.3))
    assert ulps(loss(work, *flags, "--reduction", "sum"), wanted) <= 8
    assert ulps(loss(work, *flags), wanted / 100_000) <= 8


def test_a_mean_is_the_correctly_rounded_mean_of_its_rows(work: Work) -> None:
    logits, labels = noise(30_000, 3, seed=5)
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    flags = ["z.npy", "y.npy", "-e", 0.1]
    wanted = math.fsum(rows(work, *flags)) / len(labels)
    assert ulps(loss(work, *flags), wanted) <= 4


def test_floors_and_weights_over_many_rows_lose_no_digits(work: Work) -> None:
    np.save("z.npy", np.zeros((100_000, 3)))
    np.save("t.npy", np.tile([[0.05, 0.9, 0.05]], (100_000, 1)))
    flags = ["--as", "logits", "--weights", "0.1,0.1,0.1", "--denominator", "weights", "--json"]
    found = json.loads(work.ok("loss", "z.npy", "t.npy", *flags))
    # Σ w_c t_c·log 3 over Σ w_c t_c, and the entropy of the target
    assert ulps(found["loss"], math.log(3)) <= 8
    assert ulps(found["floor"], 0.39439769144744274) <= 8


# Calibration

#: probabilities whose confidence and hits are those of the table
DIFFERENTIAL = [
    # (confidence, hits, bins, ECE, MCE): bins (lo, hi], 0 in the first; torchmetrics says .525 for the first
    ([0.95, 1.0], [1, 0], 15, 0.475, 0.475),
    ([0.5, 0.5, 1.0, 0.8], [1, 0, 1, 0], 2, 0.2, 0.4),
    ([0.2, 0.3, 0.6, 0.7, 0.7, 1.0, 0.0], [1, 0, 1, 0, 1, 1, 1], 10, 0.4142857142857143, 1.0),
    # torchmetrics, the examples of its documentation
    ([0.25, 0.25, 0.55, 0.75, 0.75], [0, 0, 1, 1, 1], 2, 0.29, 0.31666666666666667),
    ([0.55, 0.55, 0.60, 0.90], [0, 0, 1, 1], 3, 0.2, 0.23333333333333334),
    # google's uncertainty-metrics, binary, top label
    (
        [0.91, 0.68, 0.66, 0.67, 0.57, 0.98, 0.59, 0.81],
        [1, 1, 1, 1, 0, 1, 1, 1],
        30,
        0.18124999999999997,
        None,
    ),
    # and three classes, of which the first row sums to .90
    ([0.32, 0.37, 0.39, 0.61, 0.65, 0.91], [1, 1, 0, 0, 0, 1], 10, 0.3783333333, None),
    # nothing but one bin
    ([0.5, 0.7], [1, 1], 1, 0.4, 0.4),
]


@pytest.mark.parametrize(("confidence", "hits", "bins", "ece", "mce"), DIFFERENTIAL)
def test_ece_and_mce_are_those_of_the_table(
    confidence: list[float], hits: list[int], bins: int, ece: float, mce: float | None
) -> None:
    found = calibration_errors(confidence, hits, bins)
    assert found[0] == pytest.approx(ece, abs=2e-10)
    if mce is not None:
        assert found[1] == pytest.approx(mce, abs=2e-10)


def test_a_report_gives_the_ece_of_the_table(work: Work) -> None:
    work.write("p.csv", "0.95,0.05\n1.0,0.0\n")
    work.write("y.csv", "0\n1\n")
    found = json.loads(work.ok("loss", "p.csv", "y.csv", "--json"))
    assert found["ece"] == pytest.approx(0.475, abs=1e-15)
    assert found["mce"] == pytest.approx(0.475, abs=1e-15)
    assert (found["loss"], found["infinite"]) == (None, 1)


#: of the tests of uncertainty-metrics
U5 = np.array(
    [
        [0.42610548, 0.41748077, 0.15641374],
        [0.44766216, 0.47721294, 0.0751249],
        [0.1862702, 0.15139402, 0.66233578],
        [0.05753544, 0.8561222, 0.08634236],
        [0.18697925, 0.29836466, 0.51465609],
    ]
)
U5_LABELS = [0, 1, 2, 1, 2]


def test_brier_nll_and_ece_are_those_of_uncertainty_metrics(work: Work) -> None:
    work.write("p.csv", "".join(",".join(map(repr, row)) + "\n" for row in U5.tolist()))
    work.write("y.csv", column(U5_LABELS))
    found = json.loads(work.ok("loss", "p.csv", "y.csv", "-e", 0, "--json"))
    assert found["brier"] == pytest.approx(0.31402065527894163, abs=1e-15)
    assert found["loss"] == pytest.approx(0.5648884010500151, abs=1e-15)
    assert found["perplexity"] == pytest.approx(math.exp(0.5648884010500151), abs=1e-15)
    assert found["accuracy"] == 1
    top = U5.max(axis=1)
    # five rows in five different bins
    assert found["ece"] == pytest.approx(float((1 - top).mean()), abs=1e-15)
    assert found["mce"] == pytest.approx(float((1 - top).max()), abs=1e-15)
    assert calibration_errors(top, [1] * 5, 30)[0] == pytest.approx(0.412713502, abs=1e-9)


def test_the_brier_score_of_a_row_runs_from_0_to_2() -> None:
    scores = brier_scores(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.7, 0.2, 0.1]]), np.array([0, 2, 0]))
    assert scores.tolist() == pytest.approx([0, 2, 0.09 + 0.04 + 0.01], abs=1e-15)


def plain_report(p: Array, labels: Array) -> dict[str, float]:
    """The report of probabilities, as the definitions have it, row by row."""
    edges = np.linspace(0, 1, 16).tolist()
    bins: dict[int, list[tuple[float, bool]]] = {}
    for row, label in zip(p.tolist(), labels.tolist(), strict=True):
        confidence = max(row)
        place = next(b for b in range(15) if confidence <= edges[b + 1])
        bins.setdefault(place, []).append((confidence, row.index(confidence) == label))
    gaps = {b: abs(sum(c for c, _ in rows) - sum(h for _, h in rows)) for b, rows in bins.items()}
    every = [pair for rows in bins.values() for pair in rows]
    return {
        "ece": sum(gaps.values()) / len(p),
        "mce": max(gap / len(bins[b]) for b, gap in gaps.items()),
        "accuracy": sum(hit for _, hit in every) / len(p),
        "confidence": sum(confidence for confidence, _ in every) / len(p),
        "brier": float(((p - np.eye(p.shape[1])[labels]) ** 2).sum() / len(p)),
        "perplexity": math.exp(
            -sum(math.log(row[y]) for row, y in zip(p.tolist(), labels, strict=True)) / len(p)
        ),
    }


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("epsilon", [0, 0.1])
def test_a_report_is_what_the_definitions_give(classes: int, epsilon: float, work: Work) -> None:
    logits, labels = noise(2000, classes, 2.0, seed=classes)
    p = softmax(logits)
    # some confidences stand on an edge, some rows are ties, of which the lowest class is the answer
    p[:5] = 0
    p[:5, 0] = [0.6, 0.8, 0.4, 0.5, 2 / 3]
    p[:5, 1] = 1 - p[:5, 0]
    labels[:5] = 1, 0, 0, 1, 0
    np.save("p.npy", p)
    np.save("y.npy", labels)
    found = json.loads(work.ok("loss", "p.npy", "y.npy", "--json", "-e", epsilon))
    for key, value in plain_report(p, labels).items():
        assert found[key] == pytest.approx(value, rel=1e-12), key


def test_accuracy_and_brier_of_soft_rows_are_against_the_largest_share(work: Work) -> None:
    p = np.array([[0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
    targets = np.array([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.4, 0.4, 0.2]])
    np.save("p.npy", p)
    np.save("t.npy", targets)
    found = json.loads(work.ok("loss", "p.npy", "t.npy", "--json"))
    for key, value in plain_report(p, np.array([0, 2, 0])).items():
        assert found[key] == pytest.approx(value, rel=1e-12), key


def test_the_loss_by_class_is_the_mean_over_its_rows(work: Work) -> None:
    logits, labels = noise(300, 4, seed=9)
    labels[labels == 3] = 2
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    found = json.loads(work.ok("loss", "z.npy", "y.npy", "-e", 0.1, "--json"))
    one = np.array(rows(work, "z.npy", "y.npy", "-e", 0.1))
    hits = logits.argmax(axis=1) == labels
    for label in range(3):
        of = labels == label
        entry = found["per_class"][label]
        assert entry["class"] == str(label)
        assert entry["rows"] == of.sum()
        assert entry["loss"] == pytest.approx(one[of].mean(), rel=1e-12)
        assert entry["accuracy"] == pytest.approx(hits[of].mean(), rel=1e-12)
    assert found["per_class"][3] == {"class": "3", "rows": 0, "loss": None, "accuracy": None}


# Clipping


@pytest.mark.parametrize("clip", [1e-7, 0.01, 0.3])
@pytest.mark.parametrize("kind", ["logits", "probs", "logprobs"])
def test_clipping_bounds_each_probability_without_renormalising(clip: float, kind: str, work: Work) -> None:
    logits, labels = noise(20, 5)
    p = softmax(logits)
    np.save("z.npy", {"logits": logits, "probs": p, "logprobs": np.log(p)}[kind])
    np.save("y.npy", labels)
    costs = -np.log(np.clip(p, clip, 1 - clip))
    wanted = 0.9 * costs[np.arange(20), labels] + 0.1 * costs.mean(axis=1)
    found = loss(work, "z.npy", "y.npy", "--as", kind, "--clip", clip)
    assert found == pytest.approx(float(wanted.mean()), rel=1e-12)


def test_clipping_bounds_both_sides_of_a_label_on_its_own(work: Work) -> None:
    p = np.array([[0.0, 1.0, 0.4]])
    np.save("p.npy", p)
    work.write("y.csv", "1,1,0\n")
    q = np.clip(p[0], 1e-7, 1 - 1e-7)
    targets = np.array([1, 1, 0]) * 0.9 + 0.05
    wanted = -(targets * np.log(q) + (1 - targets) * np.log1p(-q)).mean()
    flags = ["--as", "probs", "--labels", "multilabel", "--clip", "1e-7"]
    found = loss(work, "p.npy", "y.csv", "-e", 0.1, *flags)
    assert found == pytest.approx(float(wanted), rel=1e-12)


# The library

LIBRARY: list[tuple[str, dict[str, Any], list[int] | Array, str]] = [
    ("torch CE index", {}, LABELS, "mean"),
    ("torch CE prob", {}, np.eye(3)[LABELS], "mean"),
    ("torch CE index + weight", {"weights": [1, 2, 0.5], "denominator": "weights"}, LABELS, "mean"),
    ("torch CE index + weight", {"weights": [1, 2, 0.5], "reduction": "sum"}, LABELS, "sum"),
    ("torch CE prob + weight", {"weights": [1, 2, 0.5]}, np.eye(3)[LABELS], "mean"),
    ("torch CE index ignore(row1)", {"ignore": [-100]}, [0, -100, 1, 1], "mean"),
    ("torch KLDivLoss over-K targets", {"minus_entropy": True}, LABELS, "batchmean"),
    ("torch BCEWithLogits binary-half targets", {"spread": "half"}, LABELS, "mean"),
    ("smp SoftBCE (flip eps) one-hot", {"spread": "flip"}, LABELS, "mean"),
    ("SpeechBrain nll_loss + weight", {"weights": [1, 2, 0.5], "weighting": "target"}, LABELS, "mean"),
    ("fairseq >=2021-02 eps/(K-1)", {"spread": "others", "reduction": "sum"}, LABELS, "sum"),
    (
        "segmentation_models.pytorch SoftCE ignore row1 (divides by all N)",
        {"ignore": [-100], "denominator": "all"},
        [0, -100, 1, 1],
        "mean",
    ),
]


@pytest.mark.parametrize(("cell", "flags", "labels", "key"), LIBRARY)
@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.3])
def test_the_library_gives_the_value_of_the_framework(
    cell: str, flags: dict[str, Any], labels: list[int] | Array, key: str, epsilon: float
) -> None:
    found = lsmooth.cross_entropy(LOGITS, labels, epsilon, **flags)
    assert isinstance(found, float)
    assert ulps(found, float(GOLDEN[cell][str(epsilon)][key])) <= 4


@pytest.mark.parametrize("spread", ["all", "others", "half", "flip"])
@pytest.mark.parametrize("epsilon", [0.0, 0.1, 1.0])
def test_the_library_and_the_command_line_give_the_same_float(
    spread: Any, epsilon: float, work: Work
) -> None:
    logits, labels = noise(3000, 5, seed=3)
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    flags = ["z.npy", "y.npy", "-e", epsilon, "--spread", spread]
    assert lsmooth.cross_entropy(logits, labels, epsilon, spread) == loss(work, *flags)
    by_row = lsmooth.cross_entropy(logits, labels, epsilon, spread, reduction="none")
    assert by_row.dtype == np.float64
    assert by_row.tolist() == rows(work, *flags)
    assert lsmooth.loss_file("z.npy", "y.npy", epsilon=epsilon, spread=spread).loss == loss(work, *flags)


def test_the_library_takes_a_file_to_what_the_command_line_prints(work: Work) -> None:
    logits, labels = noise(500, 4, seed=11)
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    result = lsmooth.loss_file("z.npy", "y.npy", epsilon=[0.0, 0.1, 0.25])
    lines = work.ok("loss", "z.npy", "y.npy", "-e", "0,0.1,0.25").splitlines()[1:]
    assert [",".join(map(repr, (at.epsilon, at.loss, at.floor, at.excess))) for at in result.at] == lines


def test_epsilon_is_a_tenth_for_hard_labels_and_0_for_soft_rows() -> None:
    assert lsmooth.cross_entropy(LOGITS, LABELS) == lsmooth.cross_entropy(LOGITS, LABELS, 0.1)
    hot = np.eye(3)[LABELS]
    assert lsmooth.cross_entropy(LOGITS, hot) == lsmooth.cross_entropy(LOGITS, hot, 0.0)


def test_the_library_takes_names_in_the_order_of_the_columns() -> None:
    by_name = lsmooth.cross_entropy(LOGITS, ["c", "a", "b", "b"], 0.1, names=["c", "b", "a"])
    assert by_name == lsmooth.cross_entropy(LOGITS, [0, 2, 1, 1], 0.1)


@pytest.mark.parametrize(
    ("predictions", "labels", "flags"),
    [
        (LOGITS, [0, 1], {}),
        (LOGITS, [0, 1, 2, 3], {}),
        (LOGITS, [-100] * 4, {"ignore": [-100]}),
        (np.full((2, 2), np.nan), [0, 1], {}),
        ([[0.5, 0.4]], [0], {"predicted": "probs"}),
        ([[-0.5, 1.5]], [0], {"predicted": "probs"}),
        ([[0.5, -1.5]], [0], {"predicted": "logprobs"}),
        (LOGITS, LABELS, {"weights": [1, 2]}),
        (LOGITS, LABELS, {"weights": [1, 2, -1]}),
        (LOGITS, LABELS, {"epsilon": 1.5}),
        (LOGITS, LABELS, {"clip": 0.5}),
        (LOGITS, LABELS, {"weighting": "hard", "weights": [1, 1, 1]}),
        (LOGITS, [[0.5, 0.4, 0.0]] * 4, {}),
        (LOGITS, [[0.5, 0.5]] * 4, {}),
    ],
)
def test_the_library_refuses_bad_input_by_its_own_error(
    predictions: Any, labels: Any, flags: dict[str, Any]
) -> None:
    with pytest.raises(lsmooth.LsmoothError):
        lsmooth.cross_entropy(predictions, labels, **flags)


def test_the_oracle_of_these_tests_gives_the_logarithm_of_k_for_equal_logits() -> None:
    # equal logits: lse - z = log K, so the loss is log K for any ε
    with localcontext() as context:
        context.prec = DIGITS
        assert float(exact_loss([1.0] * 8, 3, 0.1)) == pytest.approx(math.log(8), rel=1e-15)
