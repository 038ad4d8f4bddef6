"""The numbers that the user gives, checked, with those of a lesson for the rest; and targets of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import UsageError
from lsmooth.lessons.model import Numbers
from lsmooth.smoothing import Rule
from lsmooth.smoothing.epsilon import check_epsilon
from lsmooth.smoothing.spread import build_spread
from lsmooth.smoothing.targets import Recipe

Floats = NDArray[np.float64]

#: What the true class and the others get, by rule.
FORMULAS: dict[Rule, tuple[str, str]] = {
    "all": ("1-ε + ε/K", "ε/K"),
    "others": ("1-ε", "ε/(K-1)"),
    "half": ("1-ε + ε/2", "ε/2"),
    "flip": ("1-ε", "ε"),
}


def epsilon_of(numbers: Numbers, default: float) -> float:
    """Return ε, checked."""
    return check_epsilon(default if numbers.epsilon is None else numbers.epsilon)


def label_of(numbers: Numbers, classes: int, default: int) -> int:
    """Return the class that is labelled, one of K; the default, or the last class where there are fewer."""
    label = min(default, classes - 1) if numbers.label is None else numbers.label
    if not 0 <= label < classes:
        message = f"label {label} is out of range for {classes} classes (0-{classes - 1})"
        raise UsageError(message, f"pass --label {classes - 1}, or more --classes")
    return label


def target_numbers(numbers: Numbers, rule: Rule) -> tuple[float, int, int, Rule]:
    """Return ε, K, label and rule; by default 0.1, 3, 0 and `rule`."""
    classes = 3 if numbers.classes is None else numbers.classes
    if classes < 1:
        raise UsageError(f"classes is {classes}, wanted at least 1", "pass --classes 3")
    chosen = numbers.spread or rule
    if chosen == "others" and classes == 1:
        raise UsageError("spread `others` needs at least 2 classes, there is 1", "pass --spread all")
    return epsilon_of(numbers, 0.1), classes, label_of(numbers, classes, 0), chosen


def inputs(*, epsilon: float, classes: int, label: int, spread: Rule) -> tuple[tuple[str, str], ...]:
    """Return what is put in, to be shown."""
    return ("ε", f"{epsilon:.6g}"), ("K", str(classes)), ("label", str(label)), ("spread", spread)


def filled(formula: str, epsilon: float, classes: int) -> str:
    """Return a formula of ε and K with the numbers put in.

    >>> filled("1-ε + ε/K", 0.1, 3)
    '1-0.1 + 0.1/3'
    """
    return formula.replace("ε", f"{epsilon:.6g}").replace("K", str(classes))


def target_of(epsilon: float, label: int, classes: int, rule: Rule) -> Floats:
    """Return the target of one hard label, (K,)."""
    target: Floats = Recipe(epsilon, build_spread(rule, classes)).smooth_labels(np.array([label]))[0]
    return target


def floats(values: Floats) -> tuple[float, ...]:
    """Return the numbers of an array."""
    return tuple(map(float, values))
