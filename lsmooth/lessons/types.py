"""The five types of label smoothing but the hierarchical one, each worked out on a handful of rows."""

from __future__ import annotations

from typing import get_args

import numpy as np

from lsmooth.lessons.given import FORMULAS, epsilon_of, filled, floats, inputs, target_numbers, target_of
from lsmooth.lessons.model import Numbers, Part, Printed, Series, Step, Table, Worked, number, vector
from lsmooth.predictions import LogProbs, log_probs
from lsmooth.smoothing import Rule
from lsmooth.smoothing.performance import MEASURES, Metric, Performance, chosen_epsilon, uncertainty
from lsmooth.smoothing.ramps import RAMPS, Ramp, ramp_epsilon
from lsmooth.smoothing.spread import build_spread
from lsmooth.smoothing.targets import Recipe

#: Six predictions over four classes and their labels: sure and right, a tie, sure and wrong.
PREDICTIONS = (
    (0.90, 0.05, 0.03, 0.02),
    (0.55, 0.30, 0.10, 0.05),
    (0.25, 0.25, 0.25, 0.25),
    (0.10, 0.70, 0.15, 0.05),
    (0.02, 0.03, 0.95, 0.00),
    (0.40, 0.35, 0.20, 0.05),
)
LABELS = (0, 0, 3, 0, 2, 1)

EPOCHS = 5


def standard(numbers: Numbers) -> Worked:
    """One ε for every row and every class."""
    epsilon, classes, label, rule = target_numbers(numbers, "others")
    target = target_of(epsilon, label, classes, rule)
    hard = target_of(0.0, label, classes, rule)
    documented = Printed("(0.9, 0.05, 0.05)", (0.9, 0.05, 0.05), 2) if not numbers.given() else None
    on, off = FORMULAS[rule]
    rules = ("others", "all") if classes > 1 else ("all",)
    both = {each: target_of(epsilon, label, classes, each) for each in dict.fromkeys((rule, *rules))}
    return Worked(
        inputs=inputs(epsilon=epsilon, classes=classes, label=label, spread=rule),
        parts=(
            Step(
                "Smooth the label",
                f"true class: {on}; others: {off}",
                f"true class: {filled(on, epsilon, classes)}; others: {filled(off, epsilon, classes)}",
                f"{vector(floats(hard))} → {vector(floats(target))}",
                floats(target),
                printed=documented,
            ),
            Table(
                "The same ε under two rules" if len(both) == 2 else "The same ε by rule",
                ("class", "label", *(f"spread {each}" for each in both)),
                tuple((k, float(hard[k]), *(float(row[k]) for row in both.values())) for k in range(classes)),
                bar=2,
                marked=label,
            ),
        ),
        notice=(
            "Every row gets the same ε, however sure the model is and however clean the label.",
            (
                "The documents call this the most common form and take the mass 'to other classes' (002); the"
                " frameworks' default, spread all, leaves ε/K of it with the true class."
            ),
            (
                "002 faults smoothing for 'a fixed smoothing factor' and lists adaptive and gradual types"
                " on the same page: fixed is this type, not the others."
            ),
        ),
        commands=(f"printf '{label}\\n' | lsmooth smooth -k {classes} -e {epsilon:.12g} --spread {rule}",),
    )


def adaptive(numbers: Numbers) -> Worked:
    """ε from how well the model does."""
    high, rule = epsilon_of(numbers, 0.2), numbers.spread or "all"
    labels = np.array(LABELS)
    seen = Performance(len(PREDICTIONS[0]))
    seen.add(_predictions(), labels, np.ones(len(labels), bool))
    share = {metric: seen.overall(metric) for metric in get_args(Metric)}
    chosen = {metric: chosen_epsilon(0.0, high, 1 - value) for metric, value in share.items()}
    by_class = seen.by_class("accuracy")
    epsilons = chosen_epsilon(0.0, high, 1 - by_class)
    target = target_of(chosen["accuracy"], LABELS[0], seen.rows.size, rule)
    what = {"accuracy": "the share of rows that are right", "confidence": "the mean probability of the label"}
    steps: list[Part] = [
        Step(
            f"ε from {metric}: {what[metric]}",
            "ε = LOW + (HIGH-LOW)·(1-m)",
            f"ε = 0 + ({high:.6g} - 0)·(1 - {number(value)})",
            f"m = {number(value)}, ε = {number(chosen[metric])}",
            (value, chosen[metric]),
        )
        for metric, value in share.items()
    ]
    curve = tuple(
        (f"{m:.0%}", chosen_epsilon(0.0, high, 1 - m)) for m in (0.0, 0.25, share["accuracy"], 0.75, 1.0)
    )
    return Worked(
        inputs=(("rows", str(len(LABELS))), ("ε", f"0 to {high:.6g}"), ("spread", rule)),
        parts=(
            *steps,
            Step(
                f"The target of a row with label {LABELS[0]}",
                "(1-ε)·label + ε·spread",
                f"ε = {number(chosen['accuracy'])}",
                vector(floats(target)),
                floats(target),
            ),
            Table(
                "By class: what is learnt is smoothed less",
                ("class", "rows", "right", "accuracy", "ε"),
                tuple(
                    (k, int(seen.rows[k]), int(seen.hits[k]), float(by_class[k]), float(epsilons[k]))
                    for k in range(seen.rows.size)
                ),
            ),
            Series("ε against accuracy", "accuracy", "ε", curve),
        ),
        notice=(
            (
                "This lives in a training loop: one snapshot of predictions gives one ε (or one a class), so"
                " run it again after each epoch."
            ),
            (
                "Take predictions on rows that the model has not trained on: an overfit model is right on its"
                " training rows, so ε would be lowest where smoothing is needed most."
            ),
            f"Row {LABELS.index(3)} is a tie of all four classes; the lowest index counts as predicted.",
        ),
        commands=(_probs_file(), _labels_file(), f"{_smooth(rule)} -e 0:{high:.12g} --adaptive probs.csv"),
    )


def conditional(numbers: Numbers) -> Worked:
    """ε for each row, from how uncertain its prediction is."""
    high, rule = epsilon_of(numbers, 0.2), numbers.spread or "all"
    logs, labels = _predictions(), np.array(LABELS)
    amount = uncertainty(logs, "entropy")
    epsilon, inverted = (chosen_epsilon(0.0, high, each) for each in (amount, 1 - amount))
    recipe = Recipe(high, build_spread(rule, logs.shifted.shape[1]))
    targets = recipe.smooth_labels(labels, epsilon)
    measures = {measure: uncertainty(logs, measure, labels) for measure in MEASURES}
    order = np.argsort(amount, kind="stable").tolist()
    return Worked(
        inputs=(("rows", str(len(LABELS))), ("ε", f"0 to {high:.6g}"), ("spread", rule)),
        parts=(
            Step(
                "How uncertain row 1 is",
                "U = H(p)/log K, H(p) = -Σ p·log p",
                f"U = H({vector(PREDICTIONS[1])})/log {len(PREDICTIONS[1])}",
                f"U = {number(float(amount[1]))}",
                (float(amount[1]),),
            ),
            Step(
                "Its ε",
                "ε = LOW + (HIGH-LOW)·U",
                f"ε = 0 + ({high:.6g} - 0)·{number(float(amount[1]))}",
                f"ε = {number(float(epsilon[1]))}",
                (float(epsilon[1]),),
            ),
            Step(
                f"Its target, label {LABELS[1]}",
                "(1-ε)·label + ε·spread",
                f"ε = {number(float(epsilon[1]))}",
                vector(floats(targets[1])),
                floats(targets[1]),
            ),
            Table(
                "Each row its own ε",
                ("row", "label", "U", "ε", "target of the label"),
                tuple(
                    (i, y, float(amount[i]), float(epsilon[i]), float(targets[i, y]))
                    for i, y in enumerate(LABELS)
                ),
                bar=2,
            ),
            Table(
                "Four ways to say uncertain",
                ("row", *measures),
                tuple((i, *(float(each[i]) for each in measures.values())) for i in range(len(LABELS))),
            ),
            Series(
                "Uncertain, so more", "U", "ε", tuple((f"{amount[i]:.2f}", float(epsilon[i])) for i in order)
            ),
            Series(
                "The other way: sure, so more",
                "U",
                "ε",
                tuple((f"{amount[i]:.2f}", float(inverted[i])) for i in order),
            ),
        ),
        notice=(
            (
                "The literature has both directions. 002 and Maher & Kull 2021 (arXiv 2110.05355) smooth"
                " uncertain rows more; Lee et al. 2022 (arXiv 2210.13459) smooth sure rows more, to curb"
                " over-confidence: that is --invert."
            ),
            (
                "Row 3 is wrong, with 0.7 on another class: entropy looks at the prediction alone,"
                " --uncertainty true at the label too."
            ),
            "A condition need not be a prediction: --epsilon-column and --epsilon-by take it from the data.",
        ),
        commands=(_probs_file(), _labels_file(), f"{_smooth(rule)} -e 0:{high:.12g} --conditional probs.csv"),
    )


def gradual(numbers: Numbers) -> Worked:
    """ε that grows over the epochs."""
    high, classes, label, rule = target_numbers(numbers, "all")
    starts: dict[Ramp, float] = {"linear": 0.0, "cosine": 0.0, "exponential": high / 10}
    ramps = [ramp for ramp in RAMPS if ramp != "exponential" or starts[ramp] > 0]
    epochs = range(1, EPOCHS + 1)
    values = {r: [ramp_epsilon(starts[r], high, t, EPOCHS, r) for t in epochs] for r in ramps}
    middle = (EPOCHS + 1) // 2
    halfway = values["linear"][middle - 1]
    targets = [target_of(epsilon, label, classes, rule) for epsilon in values["linear"]]
    last = tuple((t, values["linear"][t - 1], float(targets[t - 1][label])) for t in epochs)
    ranges = {r: f"{starts[r]:.6g} to {high:.6g}" for r in ramps}
    return Worked(
        inputs=(*inputs(epsilon=high, classes=classes, label=label, spread=rule), ("epochs", str(EPOCHS))),
        parts=(
            Step(
                f"ε at epoch {middle} of {EPOCHS}",
                "ε = LOW + (HIGH-LOW)·(t-1)/(T-1)",
                f"ε = 0 + ({high:.6g} - 0)·({middle}-1)/({EPOCHS}-1)",
                f"ε = {number(halfway)}",
                (halfway,),
            ),
            Step(
                "The target at that epoch",
                "(1-ε)·label + ε·spread",
                f"ε = {number(halfway)}",
                vector(floats(targets[middle - 1])),
                floats(targets[middle - 1]),
            ),
            Table(
                "ε by ramp", ("epoch", *ramps), tuple((t, *(values[r][t - 1] for r in ramps)) for t in epochs)
            ),
            Table("The label's target, linear", ("epoch", "ε", "target of the label"), last, bar=2),
            *(
                Series(
                    f"{ramp}, {ranges[ramp]}",
                    "epoch",
                    "ε",
                    tuple((str(t), values[ramp][t - 1]) for t in epochs),
                )
                for ramp in ramps
            ),
        ),
        notice=(
            (
                "This lives in a training loop: each epoch trains on targets of its own, and a file holds"
                " those of one epoch; --epoch all/T writes one file an epoch."
            ),
            (
                "An exponential ramp multiplies by the same factor each epoch, so it cannot start at 0: here"
                " it starts at a tenth of HIGH."
            ),
            "002 lets ε grow; published schedules also let it fall: -e HIGH:LOW.",
        ),
        commands=(
            (
                f"printf '{label}\\n' | lsmooth smooth -k {classes} -e 0:{high:.12g} --epoch"
                f" {middle}/{EPOCHS} --spread {rule}"
            ),
        ),
    )


def _predictions() -> LogProbs:
    return log_probs(np.array(PREDICTIONS), "probs")


def _probs_file() -> str:
    rows = "".join(",".join(f"{value:g}" for value in row) + "\\n" for row in PREDICTIONS)
    return f"printf '{rows}' > probs.csv"


def _labels_file() -> str:
    lines = "".join(f"{label}\\n" for label in LABELS)
    return f"printf '{lines}' > labels.csv"


def _smooth(rule: Rule) -> str:
    return f"lsmooth smooth labels.csv -k {len(PREDICTIONS[0])} --spread {rule} --precision 4"
