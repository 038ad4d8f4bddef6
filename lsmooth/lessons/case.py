"""One label and how it is smoothed: what the worked examples work on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from lsmooth.errors import UsageError
from lsmooth.labels.block import Labels
from lsmooth.lessons.model import Cell, Numbers, Printed, Step, Table, number, vector
from lsmooth.smoothing import Rule
from lsmooth.smoothing.epsilon import check_epsilon
from lsmooth.smoothing.spread import build_spread
from lsmooth.smoothing.targets import Recipe

MOST_CLASSES = 1000
BOTH = "ε/K or ε/(K-1): the same label, read both ways"
#: The whole row, the true class, every other class.
FORMS: dict[Rule, tuple[str, str, str]] = {
    "all": ("y·(1-ε) + ε/K", "1 - ε + ε/K", "ε/K"),
    "others": ("y·(1-ε) + (1-y)·ε/(K-1)", "1 - ε", "ε/(K-1)"),
    "half": ("y·(1-ε) + ε/2", "1 - ε + ε/2", "ε/2"),
    "flip": ("y·(1-2·ε) + ε", "1 - 2·ε + ε", "ε"),
}
SAID: dict[Rule, str] = {
    "all": "all: over all K classes, the true one too",
    "others": "others: over the K-1 classes that are not true",
    "half": "half: each label on its own, half of ε to yes and half to no",
    "flip": "flip: each label on its own, turned over with probability ε",
}


def plain(value: float) -> str:
    """Return a number as it was put in."""
    return "∞" if value == math.inf else f"{value:.12g}"


def digits_for(values: tuple[float, ...]) -> int:
    """Return how many decimals show two digits of the smallest value that is not 0, at least 4."""
    sizes = [abs(value) for value in values if value and math.isfinite(value)]
    return min(18, max(4, 1 - math.floor(math.log10(min(sizes))))) if sizes else 4


def show(*values: float) -> str:
    """Return one result as a number, or more as a vector; what is left of a 0 by rounding is 0."""
    clean = tuple(0.0 if abs(value) < 1e-15 else value for value in values)
    digits = digits_for(clean)
    text = vector(clean, digits) if len(clean) > 1 else number(clean[0], digits)
    return text.replace("inf", "∞")


def step(
    title: str, formula: str, filled: str, *values: float, unit: str = "", printed: Printed | None = None
) -> Step:
    """Return a step whose result shows its values."""
    return Step(title, formula, filled, show(*values), values, unit, printed)


@dataclass(frozen=True)
class Case:
    """One label, and how it is smoothed."""

    epsilon: float
    classes: int
    label: int
    spread: Rule

    @property
    def recipe(self) -> Recipe:
        """What `smooth` smooths by."""
        return Recipe(self.epsilon, build_spread(self.spread, self.classes))

    @property
    def labels(self) -> Labels:
        """The label as `smooth` and `loss` read it."""
        return Labels.hard(np.array([self.label]))

    @property
    def target(self) -> tuple[float, ...]:
        """The smoothed label, (K,)."""
        return tuple(self.recipe.smooth(self.labels)[0].tolist())

    @property
    def hard(self) -> tuple[float, ...]:
        """The label as a one-hot row, which is what ε = 0 gives."""
        return replace(self, epsilon=0.0).target

    @property
    def true(self) -> float:
        """The target of the true class."""
        return self.target[self.label]

    @property
    def off(self) -> float:
        """The target of every other class."""
        return self.target[0 if self.label else 1]

    @property
    def other(self) -> Case:
        """The same, with ε/K for ε/(K-1), and the other way round."""
        return replace(self, spread="all" if self.spread == "others" else "others")

    def fill(self, formula: str) -> str:
        """Put the numbers into a formula."""
        filled = formula.replace("K", str(self.classes)).replace("ε", plain(self.epsilon))
        return filled.replace("y", show(*self.hard))

    def inputs(self) -> tuple[tuple[str, str], ...]:
        """What is put in."""
        label = f"index {self.label} of {self.classes}: {show(*self.hard)}"
        return ("label", label), ("ε", plain(self.epsilon)), ("spread", SAID[self.spread])

    def cautions(self) -> tuple[str, ...]:
        """What is odd about the numbers, a sentence each."""
        if self.recipe.keeps_argmax():
            return ()
        return (
            f"At ε = {plain(self.epsilon)} the true class is no longer the largest: ε is too large here.",
        )

    def command(self) -> str:
        """What does the same on a file."""
        options = f"-k {self.classes} --spread {self.spread} -e {self.epsilon!r}"
        return f"printf '{self.label}\\n' | lsmooth smooth {options}"

    def names(self, *first: str) -> tuple[str, ...]:
        """The names of the classes."""
        return tuple(first[k] if k < len(first) else f"class {k}" for k in range(self.classes))

    def picture(self, names: tuple[str, ...]) -> Table:
        """The label and the target beside each other."""
        rows = tuple(zip(names, self.hard, self.target, strict=True))
        title = "The label and the target"
        digits = digits_for(self.target)
        return Table(title, ("class", "label", "target"), rows, digits, bar=2, marked=self.label)

    def steps(self, printed: Printed | None = None, true: Printed | None = None) -> tuple[Step, ...]:
        """The target in three steps."""
        whole, on, off = FORMS[self.spread]
        return (
            step("The true class", f"q = {on}", self.fill(on), self.true, printed=true),
            step("Every other class", f"q = {off}", self.fill(off), self.off),
            step("The target", f"q = {whole}", self.fill(whole), *self.target, printed=printed),
        )

    def readings(self, *more: tuple[str, Case], title: str = BOTH) -> Table:
        """The two readings of one ε beside each other, and more."""
        both = [(rule, replace(self, spread=rule)) for rule in ("others", "all")]
        rows: list[tuple[Cell, ...]] = [
            (name, case.classes, FORMS[case.spread][1], case.true, case.off) for name, case in [*both, *more]
        ]
        return Table(title, ("spread", "K", "the true class is", "true", "every other"), tuple(rows))


def case_of(
    numbers: Numbers, epsilon: float, classes: int, label: int, spread: Rule, *, fixed: bool = False
) -> Case:
    """Return the case of the document with the user's numbers in it.

    Where `fixed`, the number of classes is that of a prediction.

    Raises:
        UsageError: for a label outside the classes, for fewer than two classes or very many, for a bad ε.
    """
    count = classes if numbers.classes is None else numbers.classes
    if not 2 <= count <= MOST_CLASSES:
        raise UsageError(f"classes is {count}, wanted 2 to {MOST_CLASSES:,} in a lesson", "pass --classes 4")
    chosen = min(label, count - 1) if numbers.label is None else numbers.label
    if not 0 <= chosen < count:
        more = f"pass --classes {chosen + 1}, or " if 0 <= chosen < MOST_CLASSES and not fixed else "pass "
        message = f"label `{chosen}` is out of range for {count} classes (0-{count - 1})"
        raise UsageError(message, f"{more}a --label from 0 to {count - 1}")
    amount = check_epsilon(epsilon if numbers.epsilon is None else numbers.epsilon)
    rule = spread if numbers.spread is None else numbers.spread
    build_spread(rule, count)
    return Case(amount, count, chosen, rule)


def only(document: bool, *sentences: str) -> tuple[str, ...]:
    """Return sentences about the document's own numbers, where it is they that are shown."""
    return sentences if document else ()
