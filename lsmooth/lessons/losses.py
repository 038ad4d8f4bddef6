"""Lessons on losses: what a smoothed target costs a prediction, and what it asks of the logits."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

from lsmooth.lessons.case import FORMS, Case, only, plain, show, step
from lsmooth.lessons.model import Flow, Note, Numbers, Part, Printed, Step, Table, Worked, number
from lsmooth.lessons.scored import Scored, checked, folded, logs_of, number_of, softmax_case, sum_of


def loss(numbers: Numbers) -> Worked:
    """The loss term by term: 0.516 or 0.5166?"""
    document = not numbers.given()
    p = checked(
        (0.7, 0.2, 0.1) if numbers.probs is None else numbers.probs, "probs", "--probs", "0.7,0.2,0.1"
    )
    case = softmax_case(numbers, number_of(p, numbers), 0, "others", fixed=True)
    scored = Scored(case, p, "probs")
    whole = f"L = {sum_of(case.target, scored.log_p)}"
    rounded = [f"{cost:.3f}" for cost in scored.costs]
    rows = tuple(zip(case.names(), p, scored.log_p, case.target, scored.costs, rounded, strict=True))
    parts: list[Part] = [
        case.steps(Printed("[0.9, 0.05, 0.05]", (0.9, 0.05, 0.05), 2) if document else None)[-1],
        step(
            "The logarithms",
            "log pₖ",
            f"log of {show(*p)}",
            *scored.log_p,
            unit="nats",
            printed=Printed("-0.357, -1.609, -2.303", (-0.357, -1.609, -2.303), 3) if document else None,
        ),
        Table(
            "Term by term",
            ("class", "p", "log p", "target q", "-q·log p", "to 3 places"),
            rows,
            bar=1,
            marked=case.label,
        ),
        Step(
            "The loss, exact",
            "L = -Σ qₖ·log pₖ",
            whole,
            repr(scored.loss).replace("inf", "∞"),
            (scored.loss,),
            "nats",
        ),
    ]
    notice: tuple[str, ...] = ()
    if math.isfinite(scored.loss):
        total = sum(map(Decimal, rounded), Decimal(0))
        text = Printed("0.321 + 0.080 + 0.115 = 0.516", (0.516,), 3) if document else None
        parts.append(
            Step(
                "The terms rounded first",
                "Σ round(-qₖ·log pₖ, 3)",
                folded(rounded),
                str(total),
                (float(total),),
                "nats",
                text,
            )
        )
        notice = only(
            document,
            f"The document rounds each term to three places and adds those: {total}. Added first and rounded"
            f" last, the terms give {scored.loss:.3f}; the exact loss is {scored.loss!r}. Round last.",
        )
    else:
        notice = ("A class that has target mass was given probability 0: no loss is large enough for that.",)
    parts += scored.split()
    notice += (
        f"The floor is {show(scored.floor)}: a smoothed loss never reaches 0, not even for a perfect model."
        if scored.floor > 0
        else "A hard target has the floor 0: only a certain prediction reaches it.",
        *case.cautions(),
    )
    inputs = ("p", show(*p)), *case.inputs()
    return Worked(inputs, tuple(parts), notice, (scored.command(), scored.command("--report")))


def kl_div(numbers: Numbers) -> Worked:
    """Log-softmax, then KL: the same training as cross-entropy, another number on the screen."""
    document = not numbers.given()
    z = checked(
        (2.0, 0.5, 0.3) if numbers.logits is None else numbers.logits, "logits", "--logits", "2,0.5,0.3"
    )
    case = softmax_case(numbers, number_of(z, numbers), 1, "others", fixed=True)
    scored = Scored(case, z, "logits")
    parts_of = [
        q * (a - b) if q else 0.0
        for q, a, b in zip(case.target, logs_of(case.target), scored.log_p, strict=True)
    ]
    rows = tuple(zip(case.names(), z, scored.log_p, scored.p, case.target, parts_of, strict=True))
    typed = Printed("[0.05, 0.90, 0.05]", (0.05, 0.90, 0.05), 2) if document else None
    other = Scored(case.other, z, "logits")
    sums = tuple((each.case.spread, each.excess, each.loss, each.floor) for each in (scored, other))
    parts: tuple[Part, ...] = (
        step("Log-softmax", "log pₖ = zₖ - log Σ exp(zₗ)", f"z = {show(*z)}", *scored.log_p, unit="nats"),
        case.steps(typed)[-1],
        Table(
            "Class by class",
            ("class", "z", "log p", "p", "target q", "q·log(q/p)"),
            rows,
            bar=3,
            marked=case.label,
        ),
        step(
            "Cross-entropy", "CE = -Σ qₖ·log pₖ", sum_of(case.target, scored.log_p), scored.loss, unit="nats"
        ),
        *scored.split()[1:],
        Step(
            "The batch mean",
            "Σ KL / N",
            f"{show(scored.excess)} / 1",
            repr(scored.excess).replace("inf", "∞"),
            (scored.excess,),
            "nats",
        ),
        Table("KL + floor = cross-entropy, by spread", ("spread", "KL", "cross-entropy", "floor"), sums),
    )
    notice = [
        (
            "KL is the cross-entropy without the floor. The floor does not depend on the logits, so both have"
            " the same gradient and train the same model; only the number on the screen differs."
        ),
    ]
    best = max(range(case.classes), key=z.__getitem__)
    if best != case.label:
        agreed = Scored(replace(case, label=best), z, "logits")
        notice.append(
            f"The logits favour class {best} and the target class {case.label}: that is why the loss is"
            f" large."
            f" Were class {best} true, KL would be {show(agreed.excess)}."
        )
    notice += only(
        document,
        "The target is typed in by hand, and is that of ε/(K-1). PyTorch's own label_smoothing spreads by ε/K"
        f" and reports the cross-entropy: {show(other.loss)} here, where this code reports"
        f" {show(scored.excess)}.",
    )
    inputs = ("logits z", show(*z)), *case.inputs()
    commands = (scored.command("--minus-entropy"), scored.command())
    return Worked(inputs, parts, (*notice, *case.cautions()), commands)


def softmax(numbers: Numbers) -> Worked:
    """Hard targets ask the logits for infinity, smoothed ones for a finite gap."""
    case = softmax_case(replace(numbers, label=None), 3, 0, "all")
    hard = replace(case, epsilon=0.0)
    gap, endless = _gap(case), _gap(hard)
    gaps = sorted({0.0, 1.0, 2.0, 4.0, 8.0, 16.0} | ({gap} if math.isfinite(gap) else set()))
    rows = []
    for each in gaps:
        z = (each, *(0.0 for _ in range(case.classes - 1)))
        soft = Scored(case, z, "logits")
        rows.append((number(each), soft.p[0], Scored(hard, z, "logits").loss, soft.loss, soft.excess))
    parts: list[Part] = [
        Step(
            "Only gaps count",
            "pₖ = exp(zₖ)/Σ exp(zₗ)  ⇒  log(pₜ/pₖ) = zₜ - zₖ",
            "p = q",
            "zₜ - zₖ = log(qₜ/qₖ)",
        ),
        step(
            "The gap that a hard target asks for",
            "log(q_true/q_off)",
            f"log({show(hard.true)}/{show(hard.off)})",
            endless,
        ),
        *case.steps(),
        step(
            "The gap that the smoothed target asks for",
            "log(q_true/q_off)",
            f"log({show(case.true)}/{show(case.off)})",
            gap,
        ),
    ]
    if math.isfinite(gap):
        z = (gap, *(0.0 for _ in range(case.classes - 1)))
        back = Scored(case, z, "logits")
        parts.append(step("Put back into the softmax", "pₖ = exp(zₖ)/Σ exp(zₗ)", f"z = {show(*z)}", *back.p))
    columns = ("gap", "p of the true class", "hard loss", "smoothed loss", "above its floor")
    parts.append(Table("What a larger gap costs (nats)", columns, tuple(rows), bar=1))
    notice = [
        "The hard loss falls for ever: every larger gap is a little better, so training never has enough.",
        (
            "Document 003 numbers the classes 1 … K and lets the sum of its softmax run to L. Both must be"
            " the number"
            " of classes, or the p do not sum to 1. lsmooth counts the classes from 0."
        ),
        (
            "It also calls wᵢ the weights of a layer; in its formula they are the weights of class i in the"
            " last layer."
        ),
    ]
    if case.epsilon and gap > 0 and math.isfinite(gap):
        lowest = (
            f"The smoothed loss is lowest at a gap of {show(gap)} and rises after it: overconfidence costs."
        )
        notice.insert(1, lowest)
    zeros = (0.0,) * case.classes
    best = (gap if math.isfinite(gap) else gaps[-1], *zeros[1:])
    commands = (case.command(), Scored(case, best, "logits").command("--report"))
    return Worked(
        (*case.inputs()[1:], ("K", str(case.classes))), tuple(parts), (*notice, *case.cautions()), commands
    )


def _gap(case: Case) -> float:
    """The difference of logits whose softmax is the target: log(q_true/q_off)."""
    on, off = logs_of((case.true, case.off))
    return on - off


def diagram(numbers: Numbers) -> Worked:
    """One training step, from the label to the update."""
    document, given = not numbers.given(), numbers.logits
    if given is not None:
        given = checked(given, "logits", "--logits", "0,2,0,0")
        numbers = replace(numbers, classes=number_of(given, numbers))
    case = softmax_case(numbers, 4, 1, "all", fixed=given is not None)
    z = given or (0.0,) * case.classes
    before = Scored(case, z, "logits")
    gradient = tuple(p - q for p, q in zip(before.p, case.target, strict=True))
    moved = tuple(a - b for a, b in zip(z, gradient, strict=True))
    after = Scored(case, moved, "logits")
    boxes = (
        ("True label vector", show(*case.hard)),
        (
            "Apply label smoothing",
            f"ε = {plain(case.epsilon)}, {case.spread}: {case.fill(FORMS[case.spread][0])}",
        ),
        ("Smoothed label vector", show(*case.target)),
        ("Loss function", f"cross-entropy with p = {show(*before.p)}: {show(before.loss)} nats"),
        ("Model optimisation", f"z - (p - q) = {show(*moved)}: the loss falls to {show(after.loss)}"),
    )
    if not after.loss < before.loss:
        boxes = (
            *boxes[:-1],
            ("Model optimisation", f"z - (p - q) = {show(*moved)}: the loss is {show(after.loss)}"),
        )
    rows = tuple(zip(case.names(), case.hard, case.target, before.p, gradient, moved, strict=True))
    columns = ("class", "label", "target q", "p", "gradient p - q", "new z")
    parts: list[Part] = [
        Flow(boxes),
        *case.steps(),
        Table("The numbers of the step", columns, rows, bar=2, marked=case.label),
    ]
    parts += [
        step("The loss", "L = -Σ qₖ·log pₖ", sum_of(case.target, before.log_p), before.loss, unit="nats"),
        step("The gradient", "∂L/∂zₖ = pₖ - qₖ", f"{show(*before.p)} - {show(*case.target)}", *gradient),
        step(
            "The loss after a step of size 1",
            "z′ = z - (p - q)",
            f"z′ = {show(*moved)}",
            after.loss,
            unit="nats",
        ),
    ]
    notice = [
        "The update stops where p = q. With a hard target that is never: p would have to be exactly 1 and 0."
    ]
    if document:
        parts += _three_entries(case)
        notice += [
            (
                "The label of the diagram goes on after four entries, and its smoothed vector stops after"
                " three. With a"
                f" fourth class the mass is complete: {show(*case.target)}."
            ),
            'Beside the diagram the document says "a value like 0.9"; that is ε/(K-1), the diagram is ε/K.',
        ]
    if given is None:
        parts.append(Note("The model is untrained here: every logit is 0. Give --logits for another."))
    inputs = ("logits z", show(*z)), *case.inputs()
    return Worked(inputs, tuple(parts), (*notice, *case.cautions()), (case.command(), before.command()))


def _three_entries(case: Case) -> list[Part]:
    """What the diagram prints, beside what three classes would really give."""
    printed = Printed("[0.025, 0.925, 0.025]", (0.025, 0.925, 0.025), 3)
    entries = case.target[:3]
    three = replace(case, classes=3)
    return [
        step(
            "The diagram's three entries", "q₀, q₁, q₂", f"of {show(*case.target)}", *entries, printed=printed
        ),
        step("Do they sum to 1?", "Σ qₖ", " + ".join(map(show, entries)), math.fsum(entries)),
        three.readings(("all", case), title="Which K gives the diagram's numbers"),
    ]
