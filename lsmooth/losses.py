"""Smoothed cross-entropy in one pass: L(ε) = (1-ε)·CE(label) + ε·CE(spread), in nats.

No targets are built: cross-entropy is linear in the target, so each row gives a hard term and a smooth term,
and every ε is a combination of their sums. Szegedy et al. 2016 (arXiv 1512.00567), equation 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lsmooth.labels.block import Labels
from lsmooth.predictions import LogProbs, LossKind, PredictionKind, log_probs, sigmoid_costs
from lsmooth.smoothing.spread import Spread, sum_of_others

Weighting = Literal["class", "target", "row"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """Class weights and what they multiply.

    Attributes:
        values: (K,) ≥ 0, or None for none.
        weighting: `class` (every term), `target` (the hard term), `row` (the whole row, by its label).
    """

    values: Floats | None = None
    weighting: Weighting = "class"

    def on_hard(self, classes: int) -> Floats:
        """What multiplies each class's part of the hard term, (K,)."""
        return np.ones(classes) if self.values is None or self.weighting == "row" else self.values

    def on_smooth(self, classes: int) -> Floats:
        """What multiplies each class's part of the smooth term, (K,)."""
        return np.ones(classes) if self.values is None or self.weighting != "class" else self.values

    def on_rows(self, labels: NDArray[np.integer]) -> Floats | None:
        """What multiplies the whole loss of rows with these labels, (n,), or None for nothing."""
        return self.values[labels] if self.values is not None and self.weighting == "row" else None

    def of(self, labels: Labels) -> Floats:
        """What each row adds to the denominator `weights`: w[y], or Σ w_c x_c, (n,)."""
        if self.values is None:
            return np.ones(len(labels))
        if labels.indices is not None:
            chosen: Floats = self.values[labels.indices]
            return chosen
        assert labels.rows is not None
        sums: Floats = (labels.rows * self.values).sum(axis=1, dtype=np.float64)
        return sums


@dataclass(frozen=True)
class Loss:
    """What the loss of a row is: kind, spread, weights, clipping. ε comes last, in a combination.

    Attributes:
        kind: `softmax` (one class a row) or `sigmoid` (each label on its own).
        spread: where ε goes.
        predictions: what the predictions are.
        weights: the class weights.
        clip: probabilities are first clipped to [clip, 1-clip]; None for not at all.
    """

    kind: LossKind
    spread: Spread
    predictions: PredictionKind
    weights: Weights = field(default_factory=Weights)
    clip: float | None = None

    @property
    def classes(self) -> int:
        """K."""
        return self.spread.classes

    @property
    def labels_a_row(self) -> int:
        """How many labels a row's loss is a mean over: K for the sigmoid kind, else 1."""
        return self.classes if self.kind == "sigmoid" else 1

    @cached_property
    def _hard_weights(self) -> Floats:
        return self.weights.on_hard(self.classes)

    @cached_property
    def _smooth_weights(self) -> Floats:
        return self.weights.on_smooth(self.classes)

    def terms(self, values: NDArray[np.floating], labels: Labels, epsilon: Floats | None = None) -> Terms:
        """Return the hard and the smooth term of each row; ignored rows have 0.

        Args:
            values: (n, K) predictions.
            labels: of the rows.
            epsilon: ε where it is not one for all: (n, 1) for each row, or (1, K) for each column of the
                sigmoid kind; the terms are then multiplied by 1-ε and ε already.
        """
        logs = None
        shares: tuple[float | Floats, float | Floats] = (
            (1.0, 1.0) if epsilon is None else (1 - epsilon, epsilon)
        )
        if self.kind == "softmax":
            logs = log_probs(values, self.predictions, self.clip)
            hard, smooth = self._softmax_terms(logs, labels)
            if epsilon is not None:
                hard, smooth = product((1 - epsilon)[:, 0], hard), product(epsilon[:, 0], smooth)
        else:
            hard, smooth = self._sigmoid_terms(values, labels, *shares)
        rows = self.weights.on_rows(main_class(labels))
        if rows is not None:
            hard, smooth = product(rows, hard), product(rows, smooth)
        if labels.hidden is not None:
            hard, smooth = np.where(labels.hidden, 0, hard), np.where(labels.hidden, 0, smooth)
        return Terms(hard, smooth, logs, mixed=epsilon is not None)

    def _softmax_terms(self, logs: LogProbs, labels: Labels) -> tuple[Floats, Floats]:
        if labels.indices is None:
            x, spread = self._dense(labels), self._spread_of(labels)
            costs = logs.lse[:, None] - logs.shifted
            hard = product(self._hard_weights * x, costs).sum(axis=1)
            return hard, product(self._smooth_weights * spread, costs).sum(axis=1)
        known = main_class(labels)
        hard = product(self._hard_weights[known], logs.of(known))
        if self.spread.by_class is not None:
            costs = logs.lse[:, None] - logs.shifted
            return hard, product(self._smooth_weights * self.spread.shares_of(known), costs).sum(axis=1)
        shares = self._smooth_weights * self.spread.weights
        parts = product(shares, -logs.shifted)
        if self.spread.rule == "others":
            parts[np.arange(len(known)), known] = 0
            mass = sum_of_others(shares)[known]
        else:
            mass = np.full(len(known), shares.sum())
        return hard, (logs.lse * mass + parts.sum(axis=1)) / self.spread.divisor()[known]

    def _sigmoid_terms(
        self, values: NDArray[np.floating], labels: Labels, on_hard: float | Floats, on_smooth: float | Floats
    ) -> tuple[Floats, Floats]:
        x, spread = self._dense(labels), self._spread_of(labels)
        yes, no = sigmoid_costs(values, self.predictions, self.clip)
        hard_weights, smooth_weights = on_hard * self._hard_weights, on_smooth * self._smooth_weights
        hard = product(hard_weights * x, yes) + product(hard_weights * (1 - x), no)
        smooth = product(smooth_weights * spread, yes) + product(smooth_weights * (1 - spread), no)
        return hard.sum(axis=1), smooth.sum(axis=1)

    def _spread_of(self, labels: Labels) -> Floats:
        """What a row's target is at ε = 1, (n, K)."""
        if labels.indices is not None and self.kind == "softmax":
            return self.spread.shares_of(main_class(labels))
        return self.spread.shares_of_rows(self._dense(labels))

    def _dense(self, labels: Labels) -> Floats:
        """Return the labels as rows, (n, K), with their ancestors where a tree has any; ignored ones 0."""
        if labels.indices is None:
            return self.spread.close(_rows(labels))
        rows = np.zeros((len(labels), self.classes))
        rows[np.arange(len(labels)), main_class(labels)] = 1
        return rows

    def floors(self, labels: Labels, epsilon: float | Floats) -> Floats:
        """Return the lowest loss reachable for each row, its target's entropy, (n,); ignored rows have 0.

        ε is one for all, (n, 1) for each row, or (1, K) for each column of multilabel rows.

        With class weights it is Σ a_c·log(S/a_c), S = Σ a_c, where a_c is the weighted target.
        """
        x, spread = self._dense(labels), self._spread_of(labels)
        hard, smooth = (1 - epsilon) * self._hard_weights, epsilon * self._smooth_weights
        yes = hard * x + smooth * spread
        if self.kind == "softmax":
            floors = _entropy(yes, yes.sum(axis=1, keepdims=True)).sum(axis=1)
        else:
            no = hard * (1 - x) + smooth * (1 - spread)
            floors = (_entropy(yes, yes + no) + _entropy(no, yes + no)).sum(axis=1)
        rows = self.weights.on_rows(main_class(labels))
        if rows is not None:
            floors *= rows
        return floors if labels.hidden is None else np.where(labels.hidden, 0, floors)

    def class_floors(self, epsilon: float) -> Floats:
        """Return the floors of hard labels of each class under the softmax kind, (K,), in O(K)."""
        divisor = self.spread.divisor()
        off = epsilon * self._smooth_weights * self.spread.weights
        on = (1 - epsilon) * self._hard_weights
        if self.spread.rule != "others":
            on = on + off / divisor
        rest = sum_of_others(off)
        # x·log x of the others, whose sign may differ: shifted to be ≥ 0, summed, shifted back
        logs = _times_log(off)
        low = min(0.0, float(logs.min()))
        spread = (sum_of_others(logs - low) + low * (self.classes - 1) - rest * np.log(divisor)) / divisor
        total = on + rest / divisor
        floors: Floats = _times_log(total) - _times_log(on) - spread
        rows = self.weights.on_rows(np.arange(self.classes))
        floors = np.maximum(floors, 0)
        return floors if rows is None else rows * floors

    def moved_optimum(self, epsilon: float) -> NDArray[np.bool_]:
        """Return for which hard labels class weights make another class the best answer, (K,)."""
        weights = self.weights.on_hard(self.classes) * (1 - epsilon)
        off = epsilon * self._smooth_weights * self.spread.weights
        order = np.argsort(-off, kind="stable")
        rival = np.full(self.classes, order[0])
        rival[order[0]] = order[min(1, self.classes - 1)]
        divisor = self.spread.divisor()
        own = weights + (off / divisor if self.spread.rule != "others" else 0)
        moved: NDArray[np.bool_] = (off[rival] / divisor > own) & (rival != np.arange(self.classes))
        return moved


@dataclass(frozen=True)
class Terms:
    """The two terms of each row's loss, (n,) each, and the log-probabilities of the softmax kind.

    Attributes:
        mixed: whether the terms are multiplied by 1-ε and ε already.
    """

    hard: Floats
    smooth: Floats
    logs: LogProbs | None
    mixed: bool = False

    def at(self, epsilon: float) -> Floats:
        """Return the loss of each row at an ε, (n,)."""
        return self.hard + self.smooth if self.mixed else mix(self.hard, self.smooth, epsilon)


def mix(hard: Floats, smooth: Floats, epsilon: float) -> Floats:
    """Return (1-ε)·hard + ε·smooth, where 0 times infinity is 0."""
    if epsilon == 0:
        return hard
    return smooth if epsilon == 1 else (1 - epsilon) * hard + epsilon * smooth


def product(weights: Floats, costs: Floats) -> Floats:
    """Return weights·costs, where 0 times infinity is 0."""
    with np.errstate(invalid="ignore"):
        result: Floats = weights * costs
    return np.where(np.isnan(result), 0, result) if np.isnan(result).any() else result


def main_class(labels: Labels) -> NDArray[np.integer]:
    """Return the class of each row: its index, or the argmax of a soft row (the lowest of equals), (n,)."""
    if labels.indices is None:
        largest: NDArray[np.integer] = _rows(labels).argmax(axis=1)
        return largest
    return labels.indices if labels.hidden is None else np.where(labels.hidden, 0, labels.indices)


def _rows(labels: Labels) -> Floats:
    assert labels.rows is not None
    rows: Floats = labels.rows.astype(np.float64)
    return rows if labels.hidden is None else np.where(labels.hidden[:, None], 0, rows)


def _times_log(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, values * np.log(values), 0.0)


def _entropy(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = whole / part
        # of a subnormal part the ratio overflows, the logarithms do not
        logs = np.where(np.isinf(ratio), np.log(whole) - np.log(part), np.log(ratio))
        return np.where(part > 0, part * logs, 0.0)
