"""Lessons on targets: what smoothing makes of one label, and where the documents disagree about it."""

from __future__ import annotations

import math
from dataclasses import replace

from lsmooth.lessons.case import FORMS, case_of, only, plain, show, step
from lsmooth.lessons.model import Note, Numbers, Part, Printed, Series, Table, Worked


def cat_dog(numbers: Numbers) -> Worked:
    """[0, 1] becomes [0.1, 0.9]."""
    case, document = case_of(numbers, 0.1, 2, 1, "others"), not numbers.given()
    names = case.names("cat", "dog")
    label = Printed("[0, 1]", (0.0, 1.0), 0) if document else None
    true = Printed("0.9", (0.9,), 1) if document else None
    both = replace(case, spread="all")
    parts: tuple[Part, ...] = (
        step(
            "The label",
            "y = 1 if k = c else 0",
            f"c = {case.label} ({names[case.label]})",
            *case.hard,
            printed=label,
        ),
        *case.steps(true=true),
        case.picture(names),
        case.readings(),
    )
    notice = (
        f"The true class gives up {show(1 - case.true)}: that is how much doubt is put into the label.",
        *only(
            document,
            'Document 000 spreads the rest "uniformly across the incorrect classes": ε/(K-1). With two'
            f" classes, there is one incorrect class, and it gets all of the rest, {show(case.off)}.",
            f"Most frameworks spread over all classes, the true one too: ε/K. The same ε then leaves"
            f" {show(both.true)}. When you read ε = {plain(case.epsilon)}, ask which of the two is meant.",
        ),
        *case.cautions(),
    )
    return Worked(case.inputs(), parts, notice, (case.command(),))


def three_classes(numbers: Numbers) -> Worked:
    """[1, 0, 0] becomes [0.9, 0.05, 0.05], or does it?"""
    case, document = case_of(numbers, 0.1, 3, 0, "others"), not numbers.given()
    printed = Printed("[0.9, 0.05, 0.05]", (0.9, 0.05, 0.05), 2) if document else None
    uniform = replace(case, spread="all")
    four = replace(uniform, classes=4) if document else uniform
    more = (("all", four),) if document else ()
    title = "One document, one ε, three values of the true class" if document else "ε/K or ε/(K-1)"
    notice = (
        "The target still sums to 1: smoothing moves mass, it makes none."
        if case.spread in ("all", "others")
        else "Each label is on its own, so the row need not sum to 1.",
        *only(
            document,
            'Document 001 says the mass goes "to all classes", and its example leaves the true class none of'
            f" it. To all classes would be {show(*uniform.target)}.",
            f"Document 002 contradicts itself: its formula 2 and example 1 mean ε/(K-1) and give"
            f" {show(case.true)}; its formula 3 means ε/K and gives {show(uniform.true)} for 3 classes, as"
            f" in its code, and {show(four.true)} for 4, as in its diagram. All are smoothing with the"
            f" same ε.",
            'The "class 1" of this example is index 0, so it counts from 1. The "class 1" of the same'
            " document's code is index 1, so it counts from 0. lsmooth counts from 0.",
        ),
        *case.cautions(),
    )
    parts: tuple[Part, ...] = (
        *case.steps(printed),
        case.picture(case.names()),
        case.readings(*more, title=title),
    )
    commands = (case.command(), case.other.command())
    return Worked(case.inputs(), parts, notice, commands)


def five_classes(numbers: Numbers) -> Worked:
    """Class 2 of five, ε = 0.2."""
    case, document = case_of(numbers, 0.2, 5, 2, "others"), not numbers.given()
    row = Printed("[0.05, 0.05, 0.8, 0.05, 0.05]", (0.05, 0.05, 0.8, 0.05, 0.05), 2) if document else None
    true = Printed("0.8", (0.8,), 1) if document else None
    uniform = replace(case, spread="all")
    notice = (
        f"The more classes share ε, the less each gets: {case.classes - 1} others get {show(case.off)} each.",
        *only(
            document,
            'The example is headed "Uniform Distribution", and it is uniform over the four other classes'
            f" only. Uniform over all five, as the document's formula 3, would be {show(*uniform.target)}.",
        ),
        *case.cautions(),
    )
    parts: tuple[Part, ...] = (*case.steps(row, true), case.picture(case.names()), case.readings())
    return Worked(case.inputs(), parts, notice, (case.command(),))


def numpy_code(numbers: Numbers) -> Worked:
    """The code gives 0.9333 where the formula says 0.9."""
    case, document = case_of(numbers, 0.1, 3, 1, "all"), not numbers.given()
    other = case.other
    typed = Printed("[0.05, 0.90, 0.05]", (0.05, 0.90, 0.05), 2) if document else None
    whole = FORMS[other.spread][0]
    parts: list[Part] = [
        *case.steps(),
        case.picture(case.names()),
        step(
            f"The same with {other.spread}", f"q = {whole}", other.fill(whole), *other.target, printed=typed
        ),
        case.readings(),
    ]
    notice = only(
        document,
        "The code divides ε by the number of classes, the true one counted: that is formula 3. Formula 2 of"
        f" the same document divides by K-1. The code gives {show(case.true)}, formula 2 gives"
        f" {show(other.true)}.",
        "The document's second code example types the target of formula 2 in by hand, so its two code"
        " examples"
        " smooth one label in two ways.",
        'The comment calls index 1 "class 1"; example 1 of the document calls index 0 "class 1".',
    )
    commands = [case.command(), other.command()]
    wider = case.epsilon * case.classes / (case.classes - 1)
    if case.spread == "all" and wider <= 1:
        same = replace(case, epsilon=wider)
        filled = f"{plain(case.epsilon)}·{case.classes}/({case.classes}-1) = {plain(wider)}"
        parts.append(step("The ε that makes them agree", "ε′ = ε·K/(K-1)", filled, *same.target))
        notice += (
            (
                f"Both are the same family: others with ε = {plain(case.epsilon)} is all with ε ="
                f" {plain(wider)}."
            ),
        )
        commands.append(same.command())
    return Worked(case.inputs(), tuple(parts), (*notice, *case.cautions()), tuple(commands))


def alpha(numbers: Numbers) -> Worked:
    """From the hard label to the uniform row."""
    first = case_of(replace(numbers, epsilon=None), 0.0, 4, 0, "all")
    cases = [replace(first, epsilon=tenth / 10) for tenth in range(11)]
    whole = FORMS[first.spread][0].replace("ε", "α")
    steps = tuple(
        step(title, f"q = {whole}", case.fill(FORMS[case.spread][0]), *case.target)
        for title, case in (("α = 0", cases[0]), ("α = 0.1", cases[1]), ("α = 1", cases[-1]))
    )
    rows = tuple((plain(case.epsilon), case.true, case.off) for case in cases)
    line = Series("The true class", "α", "target", tuple((plain(case.epsilon), case.true) for case in cases))
    notice = [
        "At α = 0 it is the hard target. Each tenth of α takes as much from the true class: a straight line.",
        (
            "Document 003 writes α for what the others call ε, and counts labels from 1 to K; lsmooth counts"
            " from 0."
        ),
    ]
    if first.spread == "all":
        notice.append("At α = 1 nothing of the label is left: every class gets 1/K.")
    lost = [case for case in cases if not case.recipe.keeps_argmax()]
    if lost:
        notice.append(f"From α = {plain(lost[0].epsilon)} in this table, the true class is not the largest.")
    inputs = tuple(row for row in first.inputs() if row[0] != "ε")
    table = Table("From hard to soft", ("α", "true class", "every other"), rows, bar=1)
    return Worked(inputs, (*steps, table, line), tuple(notice), tuple(cases[k].command() for k in (0, 1, 10)))


def yolo(numbers: Numbers) -> Worked:
    """0.95 is a label on its own; the code trains a softmax classifier."""
    given = replace(numbers, label=None, spread=None)
    case, document = case_of(given, 0.1, 10, 0, "half"), not numbers.given()
    printed = Printed("1.0 - 0.5 * 0.1 = 0.95", (0.95,), 2) if document else None
    softmax, unused = replace(case, spread="all"), replace(case, epsilon=0.0, spread="all")
    rows = tuple(
        (name, shown.true, shown.off, math.fsum(shown.target))
        for name, shown in (
            ("per label (half)", case),
            ("softmax (all)", softmax),
            ("not used (ε = 0)", unused),
        )
    )
    e = plain(case.epsilon)
    parts: tuple[Part, ...] = (
        step("Per label, the yes", "q = 1 - 0.5·ε", f"1 - 0.5·{e}", case.true, printed=printed),
        step("Per label, the no", "q = 0.5·ε", f"0.5·{e}", case.off),
        step("Softmax, the true class", "q = 1 - ε + ε/K", softmax.fill("1 - ε + ε/K"), softmax.true),
        step("Softmax, every other class", "q = ε/K", softmax.fill("ε/K"), softmax.off),
        Table(f"ε = {e}, K = {case.classes}", ("reading", "true class", "every other", "row sum"), rows),
        Note(
            "In ultralytics, the argument did nothing since version 8: it stood in the configuration, and"
            " nothing used it. Pull request 16014 removed it in 2024; since then it is ignored with a"
            " warning."
        ),
    )
    notice = (
        (
            f"Half of ε goes to yes and half to no, so the row sums to {show(math.fsum(case.target))}: these"
            " are yes-or-no answers for a sigmoid, as in a detector, and not one distribution for a softmax."
        ),
        "Both readings agree at K = 2, where half is 1/K.",
        *only(
            document,
            f"Document 000 computes {show(case.true)}, and its code trains a classification model on"
            f" MNIST, which has {case.classes} classes and a softmax. Smoothing would give"
            f" {show(softmax.true)} there.",
            f"What such a run really trains on is the hard label, {show(unused.true)}.",
        ),
        *case.cautions(),
    )
    inputs = (("ε", e), ("classes", f"{case.classes}" + (", as MNIST has" if document else "")))
    return Worked(inputs, parts, notice, (case.command(), softmax.command()))
