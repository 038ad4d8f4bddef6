"""What explain teaches: the catalogue. A lesson is one entry here and the function that works it out."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import cast

from lsmooth.lessons.model import Numbers, Worked

#: The texts that the lessons come from, under the names by which lessons cite them.
DOCUMENTS = (
    ("000", "a glossary entry on label smoothing, with cats, dogs and code for YOLO26"),
    ("001", "a shorter glossary entry, with one example"),
    ("002", "a long article: a diagram, formulas, three worked examples, two programs, types, limits"),
    ("003", "a blog post: softmax, hard targets, and the definition with α"),
)

EXAMPLES = "Worked examples"
TYPES = "Types of label smoothing"
MORE = "What it does"
FRAMEWORKS = "Frameworks"


@dataclass(frozen=True)
class Lesson:
    """An entry of the catalogue.

    Attributes:
        topic: the name on the command line.
        group: the heading it stands under.
        title: of the screen.
        line: what it is about, for the list.
        sources: the documents that it comes from, and where in them.
        takes: the numbers that the user may change.
        home: `module.function` within this package.
    """

    topic: str
    group: str
    title: str
    line: str
    sources: tuple[str, ...]
    takes: tuple[str, ...]
    home: str

    def work(self, numbers: Numbers) -> Worked:
        """Work the lesson out with the numbers given, the document's for the rest."""
        module, function = self.home.split(".")
        return cast("Worked", getattr(import_module(f"lsmooth.lessons.{module}"), function)(numbers))


TARGET = ("epsilon", "classes", "label", "spread")

CATALOGUE: tuple[Lesson, ...] = (
    Lesson(
        "cat-dog",
        EXAMPLES,
        "A dog, and a little doubt",
        "[0, 1] becomes [0.1, 0.9]",
        ("000: 'a \"dog\" image would have a target vector of [0, 1]'",),
        TARGET,
        "targets.cat_dog",
    ),
    Lesson(
        "three-classes",
        EXAMPLES,
        "Three classes, ε = 0.1",
        "[1, 0, 0] becomes [0.9, 0.05, 0.05], or does it?",
        ("001: 'smoothing factor of 0.1'", "002: example 1"),
        TARGET,
        "targets.three_classes",
    ),
    Lesson(
        "five-classes",
        EXAMPLES,
        "Five classes, ε = 0.2",
        "class 2 of five: [0.05, 0.05, 0.8, 0.05, 0.05]",
        ("002: example 2",),
        TARGET,
        "targets.five_classes",
    ),
    Lesson(
        "loss",
        EXAMPLES,
        "The loss, term by term",
        "p = [0.7, 0.2, 0.1]: 0.516 or 0.5166?",
        ("002: example 3",),
        ("epsilon", "label", "spread", "probs"),
        "losses.loss",
    ),
    Lesson(
        "numpy",
        EXAMPLES,
        "The code and the formula disagree",
        "the code gives 0.9333 where the formula says 0.9",
        ("002: code example 1", "002: formulas 2 and 3"),
        TARGET,
        "targets.numpy_code",
    ),
    Lesson(
        "kl-div",
        EXAMPLES,
        "KL divergence, cross-entropy and the floor",
        "logits [2, 0.5, 0.3] through log-softmax and KL",
        ("002: code example 2",),
        ("epsilon", "label", "spread", "logits"),
        "losses.kl_div",
    ),
    Lesson(
        "softmax",
        EXAMPLES,
        "What a target asks of the logits",
        "hard targets want infinity, smoothed ones a finite gap",
        ("003: the softmax",),
        ("epsilon", "classes", "spread"),
        "losses.softmax",
    ),
    Lesson(
        "alpha",
        EXAMPLES,
        "From hard to uniform",
        "y(1-α) + α/K for α from 0 to 1",
        ("003: the definition of the soft target",),
        ("classes", "label", "spread"),
        "targets.alpha",
    ),
    Lesson(
        "diagram",
        EXAMPLES,
        "From the label to the update",
        "the flow of one training step, with live numbers",
        ("002: the diagram",),
        ("epsilon", "classes", "label", "spread", "logits"),
        "losses.diagram",
    ),
    Lesson(
        "yolo",
        EXAMPLES,
        "1 - 0.5·0.1 = 0.95, and what the code would do",
        "the per-label convention, and an argument that did nothing",
        ("000: the code example", "ultralytics pull request 16014"),
        ("epsilon", "classes"),
        "targets.yolo",
    ),
    Lesson(
        "standard",
        TYPES,
        "Standard: one ε for all",
        "the same ε for every row: (1, 0, 0) becomes (0.9, 0.05, 0.05)",
        ("002: types, standard",),
        TARGET,
        "types.standard",
    ),
    Lesson(
        "adaptive",
        TYPES,
        "Adaptive: the better the model, the less",
        "ε from the accuracy of a snapshot of predictions",
        ("002: types, adaptive",),
        ("epsilon", "spread"),
        "types.adaptive",
    ),
    Lesson(
        "conditional",
        TYPES,
        "Conditional: each row its own ε",
        "ε from how uncertain each prediction is, in both directions",
        ("002: types, conditional", "arXiv 2110.05355", "arXiv 2210.13459"),
        ("epsilon", "spread"),
        "types.conditional",
    ),
    Lesson(
        "hierarchical",
        TYPES,
        "Hierarchical: more for relatives",
        "a dog shares with cat and horse, hardly with car",
        ("002: types, hierarchical", "arXiv 1912.09393"),
        ("epsilon", "label", "spread"),
        "hierarchy.hierarchical",
    ),
    Lesson(
        "gradual",
        TYPES,
        "Gradual: ε grows with the epochs",
        "linear, cosine and exponential ramps",
        ("002: types, gradual",),
        TARGET,
        "types.gradual",
    ),
    Lesson(
        "effect",
        MORE,
        "A model trained while you wait",
        "hard and smoothed targets side by side, also where smoothing hurts",
        ("000: noise in the training data", "001: overconfidence", "002: effect; limitations"),
        ("noise", "epsilon", "classes", "seed"),
        "effects.effect",
    ),
    Lesson(
        "calibration",
        MORE,
        "Calibration, before and after",
        "a reliability diagram of a model with hard and with smoothed targets",
        ("000: 'better model calibration'", "001: image classification", "002: limitations"),
        ("noise", "epsilon", "classes", "seed"),
        "effects.calibration",
    ),
    Lesson(
        "tradeoffs",
        MORE,
        "What is said, and what can be computed",
        "limitations, comparisons, use cases and questions, with numbers",
        ("000, 001: benefits and uses", "002: use cases, comparison, limitations, questions"),
        ("noise", "epsilon", "classes", "seed"),
        "claims.tradeoffs",
    ),
    Lesson(
        "conventions",
        FRAMEWORKS,
        "What each framework makes of ε",
        "the targets, weights and means of each, by name",
        ("the source of each framework, and runs of some",),
        ("epsilon", "classes"),
        "conventions.table",
    ),
)


def find(topic: str) -> Lesson | None:
    """Return the lesson of a topic, None where there is none."""
    return next((lesson for lesson in CATALOGUE if lesson.topic == topic), None)
