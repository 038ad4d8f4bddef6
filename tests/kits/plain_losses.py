"""Losses in plain numpy, with N×K targets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from conftest import Work
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

Array = NDArray[Any]

#: Each example writes files into the one scratch folder, over those of the example before.
FILES = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SPREADS = ["all", "others", "half", "flip"]

#: ε so small that a share of it is no normal double are a test of their own.
epsilons = st.floats(1e-12, 1) | st.sampled_from([0.0, 0.1, 0.5, 1.0])


@dataclass(frozen=True)
class Case:
    """Logits of N rows and K classes, and the index of each row's class."""

    logits: Array
    labels: Array

    @property
    def classes(self) -> int:
        return int(self.logits.shape[1])

    @property
    def rows(self) -> int:
        return len(self.labels)

    @property
    def hot(self) -> Array:
        return np.asarray(np.eye(self.classes)[self.labels])


@st.composite
def cases(draw: st.DrawFn, least: int = 2) -> Case:
    """Logits with ties, offsets and sure rows, and hard labels."""
    classes = draw(st.integers(least, 7))
    rows = draw(st.integers(1, 6))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([0.5, 4.0, 40.0]))
    logits = generator.normal(0, scale, (rows, classes)) + draw(st.sampled_from([0.0, -1e4, 1e4]))
    logits[0] = np.round(logits[0])
    return Case(logits, generator.integers(0, classes, rows))


@st.composite
def class_values(draw: st.DrawFn, classes: int, low: float = 0.01) -> Array:
    """A number above 0 for each of K classes."""
    value = st.floats(low, 100)
    return np.array(draw(st.lists(value, min_size=classes, max_size=classes)))


def commas(values: Sequence[float] | Array) -> str:
    return ",".join(map(repr, np.asarray(values).tolist()))


def save(case: Case, labels: Array | None = None) -> None:
    np.save("z.npy", case.logits)
    np.save("y.npy", case.labels if labels is None else labels)


def facts(work: Work, *flags: object) -> dict[str, Any]:
    """What `loss --json` says of the saved case."""
    found = json.loads(work.ok("loss", "z.npy", "y.npy", "--as", "logits", "--json", *flags))
    assert isinstance(found, dict)
    return found


def loss(work: Work, *flags: object) -> float:
    return float(work.ok("loss", "z.npy", "y.npy", "--as", "logits", *flags))


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-11, abs=1e-11)


def log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def targets_of(case: Case, epsilon: float, spread: str, prior: Array | None = None) -> tuple[Array, Array]:
    """The label's and the spread's share of the target, (N, K) each."""
    hot = case.hot
    share = np.tile(np.ones(case.classes) if prior is None else prior, (case.rows, 1))
    if spread == "others":
        share = share * (1 - hot)
    if spread in ("all", "others"):
        share = share / share.sum(axis=1, keepdims=True)
    elif spread == "half":
        share = np.full_like(hot, 0.5)
    else:
        share = 1 - hot
    return hot * (1 - epsilon), share * epsilon


def plain_losses(
    case: Case, epsilon: float, spread: str, weights: Array | None = None, weighting: str = "class"
) -> Array:
    """The loss of each row by its target."""
    hard, smooth = targets_of(case, epsilon, spread)
    by_class = np.ones(case.classes) if weights is None or weighting == "row" else weights
    on_smooth = by_class if weighting == "class" else np.ones(case.classes)
    if spread in ("half", "flip"):
        no_hard, no_smooth = (1 - case.hot) * (1 - epsilon), epsilon - smooth
        yes, no = np.logaddexp(0, -case.logits), np.logaddexp(0, case.logits)
        parts = by_class * (hard * yes + no_hard * no) + on_smooth * (smooth * yes + no_smooth * no)
        losses = parts.mean(axis=1)
    else:
        losses = -((by_class * hard + on_smooth * smooth) * log_softmax(case.logits)).sum(axis=1)
    if weights is not None and weighting == "row":
        losses = losses * weights[case.labels]
    return np.asarray(losses)
