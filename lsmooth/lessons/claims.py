"""What the documents say smoothing does, each with a number that can be computed for it."""

from __future__ import annotations

import math

import numpy as np

from lsmooth.arrays.loss import cross_entropy
from lsmooth.lessons.effects import setting
from lsmooth.lessons.experiment import run
from lsmooth.lessons.given import epsilon_of, target_of
from lsmooth.lessons.model import Cell, Numbers, Table, Worked, number
from lsmooth.losses import Loss
from lsmooth.predictions import log_probs
from lsmooth.smoothing.performance import uncertainty
from lsmooth.smoothing.ramps import ramp_epsilon
from lsmooth.smoothing.rows import Ordinal
from lsmooth.smoothing.spread import build_spread
from lsmooth.smoothing.targets import Recipe

#: A prediction and the label of it, as in the documents' loss example; a teacher that gives the same.
SAID = (0.7, 0.2, 0.1)
VOCABULARY, IMAGENET = 32_000, 1000
COLUMNS = ("said", "where", "computed here", "number")

Row = tuple[Cell, ...]


def tradeoffs(numbers: Numbers) -> Worked:
    """The documents' limitations, comparisons, use cases and questions."""
    epsilon = epsilon_of(numbers, 0.1)
    noise, classes, seed = setting(numbers)
    return Worked(
        inputs=(
            ("ε", f"{epsilon:.6g}"),
            ("wrong labels", f"{noise:.6g}"),
            ("K", str(classes)),
            ("seed", str(seed)),
        ),
        parts=(
            Table("Limitations", COLUMNS, _limitations(epsilon, noise, classes, seed)),
            Table("Compared with other methods", COLUMNS, _comparisons(epsilon, noise, classes, seed)),
            Table("Use cases", COLUMNS, _use_cases(epsilon, noise, classes, seed)),
            Table("Frequent questions", COLUMNS, _questions(epsilon, noise, classes, seed)),
        ),
        notice=(
            (
                "The documents contradict each other: calibration improves (000, 001), and it is a drawback"
                " (002). Both happen: see the topics calibration and effect."
            ),
            "002 says smoothing uses a fixed ε 'throughout training', and lists types that change it.",
            (
                "Off-target entropy is what is left of a teacher's ranking of the wrong classes: 1 means all"
                " are alike, so a student has nothing to learn from them."
            ),
            (
                "Dropout, augmentation and ensembles work on the model and its inputs: no number here is"
                " about them."
            ),
        ),
        commands=(
            "printf '0.7,0.2,0.1\\n' > probs.csv",
            f"printf '0\\n' | lsmooth loss probs.csv - -e 0,{epsilon:.12g}",
        ),
    )


def _arrow(before: float, after: float) -> str:
    return f"{number(before, 3)} → {number(after, 3)}"


def _off_target_entropy(row: tuple[float, ...]) -> float:
    """Return H/log(K-1) of the classes that are not the label 0, in [0, 1]."""
    off = np.array([row[1:]]) / math.fsum(row[1:])
    return float(uncertainty(log_probs(off, "probs"), "entropy")[0])


def _limitations(epsilon: float, noise: float, classes: int, seed: int) -> tuple[Row, ...]:
    (hard, smoothed), (clean, dimmed) = (
        [run(share, classes, seed, each) for each in (0.0, epsilon)] for share in (noise, 0.0)
    )
    grid = (0.0, 0.05, 0.1, 0.2)
    best = [min(grid, key=lambda e: run(share, classes, seed, e).ece) for share in (0.0, noise)]
    target = tuple(map(float, target_of(epsilon, 0, len(SAID), "all")))
    erased = _off_target_entropy(target) if epsilon > 0 else math.nan
    left = "no mass" if math.isnan(erased) else number(erased)
    gain = f"under-confidence on clean data, accuracy - confidence, ε = 0 → {epsilon:.6g}"
    return (
        (
            "calibration suffers",
            "002",
            f"ECE on clean data, ε = 0 → {epsilon:.6g}",
            _arrow(clean.ece, dimmed.ece),
        ),
        ("calibration improves", "000, 001", f"ECE with noise {noise:.6g}", _arrow(hard.ece, smoothed.ece)),
        (
            "the model turns under-confident",
            "002",
            gain,
            _arrow(clean.test_accuracy - clean.confidence, dimmed.test_accuracy - dimmed.confidence),
        ),
        ("one ε does not suit all data", "002", f"ε of the best ECE, noise 0 → {noise:.6g}", _arrow(*best)),
        (
            "outputs are harder to interpret",
            "002",
            f"the loss of a perfect answer (the floor), K = {classes}",
            number(_floor(epsilon, classes)),
        ),
        (
            "clean data gain little",
            "002",
            f"test accuracy on clean data, ε = 0 → {epsilon:.6g}",
            _arrow(clean.test_accuracy, dimmed.test_accuracy),
        ),
        (
            "it conflicts with distillation",
            "002",
            f"off-target entropy: teacher {SAID} → smoothed target",
            f"{number(_off_target_entropy(SAID))} → {left}",
        ),
        (
            "inference is no faster",
            "002",
            "numbers in the model, ε = 0 → ε",
            f"{clean.weights} → {dimmed.weights}",
        ),
    )


def _comparisons(epsilon: float, noise: float, classes: int, seed: int) -> tuple[Row, ...]:
    hard, smoothed = (run(noise, classes, seed, each) for each in (0.0, epsilon))
    label, spread = (cross_entropy([SAID], [0], each) for each in (0.0, 1.0))
    combined = (1 - epsilon) * label + epsilon * spread
    built = cross_entropy([SAID], [target_of(epsilon, 0, len(SAID), "all").tolist()])
    to_uniform = cross_entropy([SAID], [[1 / 3] * 3], minus_entropy=True)
    from_uniform = math.log(3) * (1 - float(uncertainty(log_probs(np.array([SAID]), "probs"), "entropy")[0]))
    ramp = [ramp_epsilon(0.0, epsilon, epoch, 10) for epoch in (1, 10)]
    return (
        (
            "small data: less overfitting",
            "002",
            f"wrong labels learnt, noise {noise:.6g}",
            "none is wrong" if math.isnan(hard.memorised) else _arrow(hard.memorised, smoothed.memorised),
        ),
        (
            "large data: hardly any overhead",
            "002",
            "loss with the targets built, and from two sums without them",
            f"{number(built, 6)}, {number(combined, 6)}",
        ),
        ("changing data: ε is fixed", "002", "a ramp's ε at epoch 1 → 10 of 10", _arrow(*ramp)),
        (
            "real time: no cost",
            "002",
            "numbers in the model, ε = 0 → ε",
            f"{hard.weights} → {smoothed.weights}",
        ),
        (
            "confidence penalty",
            "002",
            "smoothing adds KL(u ‖ p), the penalty KL(p ‖ u): not the same",
            f"{number(to_uniform)}, {number(from_uniform)}",
        ),
    )


def _use_cases(epsilon: float, noise: float, classes: int, seed: int) -> tuple[Row, ...]:
    hard, smoothed = (run(noise, classes, seed, each) for each in (0.0, epsilon))
    image = target_of(epsilon, 0, IMAGENET, "all")
    per_label = target_of(epsilon, 0, 2, "half")
    ordered = Recipe(epsilon, build_spread("others", 3, by_class=Ordinal(3, 0.1))).smooth_labels(
        np.array([0])
    )[0]
    words = _floor(epsilon, VOCABULARY)
    return (
        ("ImageNet", "001", f"label, other class at K = {IMAGENET:,}", f"{image[0]:.6g}, {image[1]:.6g}"),
        ("translation, language models", "001, 002", f"floor at K = {VOCABULARY:,}", number(words)),
        (
            "tumours, diagnosis",
            "001, 002",
            "yes, no with --spread half",
            f"{per_label[0]:.6g}, {per_label[1]:.6g}",
        ),
        (
            "detection, self-driving",
            "001",
            "each label on its own, the same",
            f"{per_label[0]:.6g}, {per_label[1]:.6g}",
        ),
        (
            "customer segments",
            "002",
            f"test accuracy, noise {noise:.6g}",
            _arrow(hard.test_accuracy, smoothed.test_accuracy),
        ),
        (
            "finance: risk classes",
            "002",
            "low, middle, high with --ordinal --spread others",
            ", ".join(number(float(value)) for value in ordered),
        ),
        (
            "agriculture: yields",
            "002",
            "a yield is a number, not a class: cut it into bins first, then as risk",
            "none",
        ),
    )


def _questions(epsilon: float, noise: float, classes: int, seed: int) -> tuple[Row, ...]:
    hard, smoothed, doubled = (
        run(noise, classes, seed, each) for each in (0.0, epsilon, min(1.0, 2 * epsilon))
    )
    clean, dimmed = (run(0.0, classes, seed, each) for each in (0.0, epsilon))
    loss = cross_entropy([SAID], [0], epsilon)
    excess = cross_entropy([SAID], [0], epsilon, minus_entropy=True)
    return (
        (
            "why smooth at all?",
            "002",
            f"test loss, noise {noise:.6g}",
            _arrow(hard.test_loss, smoothed.test_loss),
        ),
        (
            "what does ε do?",
            "002",
            f"mean confidence at ε = 0, {smoothed.epsilon:.6g}, {doubled.epsilon:.6g}",
            " → ".join(number(each.confidence, 3) for each in (hard, smoothed, doubled)),
        ),
        (
            "cross-entropy or KL?",
            "002",
            "the same gradient; they differ by the floor",
            f"{number(loss)} - {number(excess)} = {number(loss - excess)}",
        ),
        (
            "does it slow inference?",
            "002",
            "numbers in the model, ε = 0 → ε",
            f"{hard.weights} → {smoothed.weights}",
        ),
        (
            "can it hurt accuracy?",
            "002",
            "test accuracy on clean data",
            _arrow(clean.test_accuracy, dimmed.test_accuracy),
        ),
    )


def _floor(epsilon: float, classes: int) -> float:
    """Return the lowest loss reachable with smoothed labels, in nats."""
    return float(Loss("softmax", build_spread("all", classes), "logits").class_floors(epsilon)[0])
