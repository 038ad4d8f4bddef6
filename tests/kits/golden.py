"""What the frameworks computed, and how each number is reached."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from conftest import DATA
from numpy.typing import ArrayLike, NDArray

import lsmooth

Array = NDArray[Any]
Values = dict[str, str]
Cell = tuple[str, str, str]

#: {row: {ε: {key: number or list of numbers, as text of 17 digits}}}; what ran is told in test_loss_numbers.
GOLDEN: dict[str, dict[str, Values]] = json.loads((DATA / "golden.json").read_text())

# The data of all cells.
LOGITS = np.array([[2, 0.5, 0.3], [0.1, -1.2, 3.3], [1, 1, 1], [-4, 7, 0.5]])
PROBS = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
SIGMOIDS = 1 / (1 + np.exp(-LOGITS))
LOGITS_32, PROBS_32 = LOGITS.astype(np.float32), PROBS.astype(np.float32)
UNNORMALISED = np.vstack([2.5 * PROBS[:3], [0, 1, 0]])
MASKED = np.vstack([[2, 0.5, -np.inf], LOGITS[1:]])
LABELS = [0, 2, 1, 1]
ROW_1_IGNORED = [0, -100, 1, 1]
HOT = np.eye(3)[LABELS]
WEIGHTS = [1.0, 2.0, 0.5]
WEIGHTS_OF_LABELS = 1 + 0.5 + 2 + 2

#: A key, and the reduction that gives it: {key: (reduction, divided by)}.
REDUCTIONS = {
    "mean": ("mean", 1.0),
    "batchmean": ("mean", 1.0),
    "sum": ("sum", 1.0),
    "per": ("none", 1.0),
    "sum_classes": ("sum", float(len(LABELS))),
    "mean_with_sw": ("sum", WEIGHTS_OF_LABELS),
}


@dataclasses.dataclass(frozen=True)
class Run:
    """A golden row, and the conventions and the data that must give its numbers.

    Attributes:
        row: its name.
        likes: names of conventions, the one of the framework that ran first; then those that have no run of
            their own, and by their source compute the same.
        keys: which of its numbers.
        predictions: that cross_entropy is given.
        labels: that cross_entropy and smooth are given.
        flags: the other arguments.
        single: the keys that agree to float32 only, because the run has float32 in it.
        epsilons: which ε.
        z_loss: what the convention's z-loss is set to.
        within: how many ulp of max(1, |value|).
        sums: whether what the framework calls `mean` is the sum.
    """

    row: str
    likes: str
    keys: str = "mean per"
    predictions: Array = dataclasses.field(default_factory=lambda: LOGITS)
    labels: ArrayLike = dataclasses.field(default_factory=lambda: LABELS)
    flags: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    single: str = ""
    epsilons: str = "0.0 0.1 0.3"
    z_loss: float | None = None
    within: int = 4
    sums: bool = False

    def cells(self) -> Iterator[Cell]:
        """The cells that it reaches."""
        return ((self.row, e, key) for e in self.epsilons.split() for key in self.keys.split())

    def convention(self, name: str) -> Any:
        """A name, or the convention of that name with another z-loss."""
        return name if self.z_loss is None else dataclasses.replace(find(name), z_loss=self.z_loss)

    def values(self, name: str, epsilon: float, key: str) -> list[float]:
        """What lsmooth gives for a key."""
        like = self.convention(name)
        if key == "targets":
            rows = {flag: value for flag, value in self.flags.items() if flag in ("pad", "kind", "ignore")}
            targets: list[float] = lsmooth.smooth(self.labels, epsilon, 3, like=like, **rows).ravel().tolist()
            return targets
        reduction, divisor = REDUCTIONS["sum" if self.sums else key]
        options = {"like": like, "reduction": reduction, **self.flags}
        found = lsmooth.cross_entropy(self.predictions, self.labels, epsilon, **options)
        return [value / divisor for value in np.atleast_1d(found).tolist()]


def find(name: str) -> Any:
    """The convention of a name."""
    return next(entry for entry in lsmooth.list_conventions() if name in (entry.name, *entry.aliases))


def weighted(**flags: Any) -> dict[str, Any]:
    return {"weights": WEIGHTS, **flags}


def numbers(text: str) -> list[float]:
    return [float(part) for part in text.strip("[]").split(",")]


def ulps(value: float, wanted: float) -> float:
    """How far a value is off, in the ulp of max(1, |wanted|)."""
    return abs(value - wanted) / math.ulp(max(1.0, abs(wanted)))


def ulps32(value: float, wanted: float) -> float:
    """How far a value is off, in the float32 ulp of max(1, |wanted|)."""
    return abs(value - wanted) / float(np.spacing(np.float32(max(1.0, abs(wanted)))))


def data_of(entry: Any) -> tuple[Array, ArrayLike, float, dict[str, Any]]:
    """Predictions, labels, ε and flags that a convention takes."""
    epsilon = 0.0 if entry.epsilons == "0" else 0.1
    return PROBS if entry.name == "sklearn" else LOGITS, LABELS, epsilon, {"pad": 0} if entry.reserved else {}


T2T = "tensor2tensor/flax-wmt smoothing_cross_entropy (f64 formula)"
