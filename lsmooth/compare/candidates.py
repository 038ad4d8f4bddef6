"""Every convention of a kind beside the data: the loss that it takes, or why it takes none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from lsmooth.conventions import CONVENTIONS
from lsmooth.conventions.fixed import refusal, rule_of
from lsmooth.conventions.model import Clip, Convention
from lsmooth.labels import HARD, LabelKind
from lsmooth.losses import Floats, Loss, LossAt, Reduction, Sums, Weights, clip_of, misfit
from lsmooth.predictions import LossKind, PredictionKind
from lsmooth.smoothing import Rule
from lsmooth.smoothing.spread import build_spread

#: What tells two losses apart: rule, whether padding is left out, what weights multiply, clipping.
Key = tuple[Rule, bool, str | None, Clip | None]


@dataclass(frozen=True)
class Data:
    """What conventions are held against.

    Attributes:
        kind: of the loss.
        labels: what they were read as.
        predictions: what they were read as.
        dtype: of the predictions.
        classes: K.
        weights: (K,) class weights, or None.
        padding: the class of padding, or None.
    """

    kind: LossKind
    labels: LabelKind
    predictions: PredictionKind
    dtype: np.dtype[Any]
    classes: int
    weights: Floats | None = None
    padding: int | None = None

    @property
    def hard(self) -> bool:
        """Whether the floor of a row depends on its class alone."""
        return self.kind == "softmax" and self.labels in HARD


@dataclass(frozen=True)
class Candidate:
    """A convention and its loss of the data, or the reason why it has none."""

    convention: Convention
    key: Key | None
    reason: str | None = None

    def reduction(self, data: Data, *, mean: bool | None = None) -> Reduction:
        """Return how the convention reduces, or by a mean or a sum where that is said."""
        mean = self.convention.reduction == "mean" if mean is None else mean
        return Reduction.of(self.convention, mean=mean, padding=data.padding)


def find_candidates(data: Data) -> tuple[list[Candidate], dict[Key, Loss]]:
    """Return every convention of the kind of the data, the focal loss left out, and the distinct losses."""
    found: list[Candidate] = []
    losses: dict[Key, Loss] = {}
    for convention in CONVENTIONS:
        if convention.kind != data.kind or convention.focal is not None:
            continue
        reason = _reason(convention, data)
        key = None
        if reason is None:
            key = _key(convention, data)
            losses.setdefault(key, _loss(convention, data, key))
        found.append(Candidate(convention, key, reason))
    return found, losses


def _reason(convention: Convention, data: Data) -> str | None:
    if reason := refusal(convention, data.labels):
        return reason
    if convention.reserved and data.padding is None:
        return "needs --pad"
    if data.weights is not None and convention.weights is None:
        return "takes no class weights"
    return misfit(convention, data.kind, data.predictions, data.classes)


def _key(convention: Convention, data: Data) -> Key:
    clip = clip_of(convention, data.predictions, data.dtype)
    weighting = None if data.weights is None else convention.weights
    return rule_of(convention), convention.reserved, weighting, clip


def _loss(convention: Convention, data: Data, key: Key) -> Loss:
    rule, reserved, _, clip = key
    excluded = [data.padding] if reserved and data.padding is not None else []
    weights = Weights(data.weights, convention.weights or "class")
    spread = build_spread(rule, data.classes, exclude=excluded)
    return Loss(data.kind, spread, data.predictions, weights, clip, logsumexp=data.predictions == "logits")


@dataclass(frozen=True)
class Evidence:
    """What a pass has added up: every number that conventions give is a formula on it.

    Attributes:
        floors_at: the ε at which floors of soft rows were added up, or None.
    """

    data: Data
    candidates: Sequence[Candidate]
    losses: dict[Key, Loss]
    sums: dict[Key, Sums]
    floors_at: float | None = None

    @property
    def rows(self) -> tuple[int, int]:
        """Rows that count, and rows that are ignored."""
        sums = next(iter(self.sums.values()))
        return sums.valid, sums.rows - sums.valid

    @property
    def logits(self) -> bool:
        """Whether a log_softmax may have been forgotten: rows of logits whose targets sum to 1."""
        data = self.data
        return data.predictions == "logits" and data.kind == "softmax" and data.weights is None

    def at(self, candidate: Candidate, epsilon: float, reduction: Reduction) -> LossAt:
        """Return what a convention gives at an ε; raise LsmoothError where it divides by 0."""
        assert candidate.key is not None
        loss, sums = self.losses[candidate.key], self.sums[candidate.key]
        floor = None
        if reduction.subtract == "entropy":
            if self.data.hard:
                floor = float(sums.counts @ loss.class_floors(reduction.amount(epsilon)))
            else:
                assert self.floors_at == epsilon
                floor = sums.floors[0].value
        return reduction.at(sums, loss, epsilon, floor)

    def knows(self, candidate: Candidate, epsilon: float | None) -> bool:
        """Whether what a convention gives at an ε (None: at any) can be told from the sums."""
        fixed = candidate.convention.subtract == "entropy" and not self.data.hard
        return not fixed or (epsilon is not None and self.floors_at == epsilon)


def torch_epsilon(convention: Convention, epsilon: float, classes: int) -> float | None:
    """Return the ε that gives the same target in PyTorch, None where none in [0, 1] does.

    For the softmax kind it is that of `CrossEntropyLoss`, others(ε) = all(ε·K/(K-1)); for the sigmoid kind
    that of `half` targets, flip(ε) = half(2ε).
    """
    if convention.reserved:
        return 0.0 if epsilon == 0 else None
    written = Decimal(repr(epsilon))
    match convention.spread:
        case "others":
            same = float(written * classes / (classes - 1))
        case "relative":
            same = float(written / (1 + written))
        case "flip":
            same = float(2 * written)
        case "all" if convention.kind == "sigmoid" and classes != 2:
            return 0.0 if epsilon == 0 else None
        case _:
            same = epsilon
    return same if same <= 1 else None
