"""Formulas of conventions, and tables that are printed."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from conftest import Work
from numpy.typing import NDArray

Array = NDArray[Any]
K = 4
ROWS = 24
RANDOM = np.random.default_rng(2273)
LOGITS = np.round(2 * RANDOM.normal(size=(ROWS, K)), 3)
LABELS = RANDOM.integers(0, K, ROWS)
MULTILABEL = RANDOM.integers(0, 2, (ROWS, K))
WEIGHTS = np.array([1.0, 2.0, 0.5, 0.25])
NORMS = np.log(np.exp(LOGITS).sum(axis=1))
LOGS = LOGITS - NORMS[:, None]
SOFT = 0.6 * np.eye(K)[LABELS] + 0.4 * np.exp(LOGS)
HARD = -LOGS[np.arange(ROWS), LABELS]
ALL = -LOGS.mean(axis=1)
OTHERS = (-LOGS.sum(axis=1) - HARD) / (K - 1)


def total(rows: Array) -> float:
    return math.fsum(rows.tolist())


def mean(rows: Array) -> float:
    return total(rows) / len(rows)


def xlogx(value: float) -> float:
    return value * math.log(value) if value > 0 else 0.0


def entropy_all(e: float) -> float:
    return -xlogx(1 - e + e / K) - (K - 1) * xlogx(e / K)


def entropy_others(e: float) -> float:
    return -xlogx(1 - e) - (K - 1) * xlogx(e / (K - 1))


def over_all(e: float) -> Array:
    return np.asarray((1 - e) * HARD + e * ALL)


def over_others(e: float) -> Array:
    return np.asarray((1 - e) * HARD + e * OTHERS)


def t2t(e: float) -> float:
    return -(1 - e) * math.log(1 - e) - e * math.log(e / (K - 1) + 1e-20)


#: What these give for LOGITS and LABELS at an ε, as their sources say.
FORMULAS: dict[str, Callable[[float], float]] = {
    "torch": lambda e: mean(over_all(e)),
    "fairseq": lambda e: total(over_others(e)),
    "fairseq-old": lambda e: total(over_all(e)),
    "megatron": lambda e: mean(over_others(e)),
    "torch-kl": lambda e: mean(over_all(e)) - entropy_all(e),
    "espnet": lambda e: mean(over_others(e)) - entropy_others(e),
    "speechbrain-kl": lambda e: total(over_others(e)) - ROWS * entropy_others(e),
    "tensor2tensor": lambda e: mean(over_others(e)) - t2t(e),
    "t5x": lambda e: total(over_others(e)) - ROWS * t2t(e),
    "t5": lambda e: mean(over_all(e) + 1e-4 * NORMS**2),
    "classy": lambda e: mean(over_all(e / (1 + e))),
    "nemo": lambda e: total(over_others(e)) / (ROWS + 1e-6),
    "scenic": lambda e: total(over_all(e)) / (ROWS + 1e-8),
}
SUMS = {"fairseq", "fairseq-old", "speechbrain-kl", "t5x"}


def ulps(value: float, wanted: float) -> float:
    return abs(value - wanted) / math.ulp(max(1.0, abs(wanted)))


def column(values: Any) -> str:
    return "".join(f"{value}\n" for value in values)


Row = dict[str, str]


def table(text: str) -> list[Row]:
    return list(csv.DictReader(text.splitlines()))


def compared(work: Work, *arguments: object) -> list[Row]:
    return table(work.ok("loss", *arguments, "--compare", "-q"))


def by_name(rows: list[Row]) -> dict[str, Row]:
    found = [(name, row) for row in rows for name in row["conventions"].split()]
    assert len(dict(found)) == len(found)
    return dict(found)


WEIGHTED = "--weights 1,2,.5,.25"


def reserved() -> float:
    """What is left of the cross-entropy at ε = 0.1 where class 2 is padding and gets no mass."""
    others = -(LOGS * np.array([1, 1, 0, 1])).sum(axis=1) - HARD
    kept = (0.9 * HARD + 0.05 * others)[LABELS != 2]
    return total(kept + xlogx(0.9) + 2 * xlogx(0.05))


def matches(work: Work, value: str, *flags: object, files: str = "z.npy y.csv") -> list[Row]:
    return table(work.ok("loss", *files.split(), "--match", value, *flags, "-q"))


def having(rows: list[Row], name: str, *, own: bool = True) -> list[Row]:
    """The rows of a convention, with the reduction that is its own."""
    reduction = "sum" if name in SUMS else "mean"
    return [
        row
        for row in rows
        if name in row["conventions"].split() and (not own or row["reduction"] == reduction)
    ]
