"""Steps and tables of a lesson."""

from __future__ import annotations

import math

import pytest

from lsmooth.lessons import CATALOGUE, EXAMPLES, find
from lsmooth.lessons.model import Numbers, Step, Table, Worked

TOPICS = [lesson.topic for lesson in CATALOGUE if lesson.group == EXAMPLES]
topics = pytest.mark.parametrize("topic", TOPICS)
Values = tuple[float, ...]


def worked(topic: str, numbers: Numbers | None = None) -> Worked:
    lesson = find(topic)
    assert lesson is not None
    return lesson.work(numbers or Numbers())


def steps(lesson: Worked) -> dict[str, Step]:
    found = [part for part in lesson.parts if isinstance(part, Step)]
    assert len({step.title for step in found}) == len(found)
    return {step.title: step for step in found}


def table(lesson: Worked, number: int = 0) -> Table:
    return [part for part in lesson.parts if isinstance(part, Table)][number]


def target(label: int, classes: int, on: float, off: float) -> Values:
    return tuple(on if k == label else off for k in range(classes))


def every(epsilon: float, classes: int, label: int) -> Values:
    return target(label, classes, 1 - epsilon + epsilon / classes, epsilon / classes)


def softmax(z: Values) -> Values:
    total = sum(map(math.exp, z))
    return tuple(math.exp(value) / total for value in z)


def cost(q: Values, p: Values) -> float:
    return -sum(a * math.log(b) for a, b in zip(q, p, strict=True))
