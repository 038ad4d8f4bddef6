"""What the loss of a row is, and its terms and floors."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lsmooth.conventions.model import Clip, Focal
from lsmooth.labels.block import Labels
from lsmooth.losses.sample import Sample, main_class, shown_rows
from lsmooth.losses.terms import Floats, Terms, product
from lsmooth.losses.weights import Weights
from lsmooth.predictions import LossKind, PredictionKind
from lsmooth.smoothing.spread import Spread, sum_of_others


@dataclass(frozen=True)
class Loss:
    """What the loss of a row is: kind, spread, weights, clipping. ε comes last, in a combination.

    Attributes:
        kind: `softmax` (one class a row) or `sigmoid` (each label on its own).
        spread: where ε goes.
        predictions: what the predictions are.
        weights: the class weights.
        clip: how probabilities are clipped first; None for not at all.
        focal: the focal loss in place of the cross-entropy, softmax kind.
        logsumexp: whether that of the logits is wanted too.
    """

    kind: LossKind
    spread: Spread
    predictions: PredictionKind
    weights: Weights = field(default_factory=Weights)
    clip: Clip | None = None
    focal: Focal | None = None
    logsumexp: bool = False

    @property
    def classes(self) -> int:
        """K."""
        return self.spread.classes

    @property
    def labels_a_row(self) -> int:
        """How many labels a row's loss is a mean over: K for the sigmoid kind, else 1."""
        return self.classes if self.kind == "sigmoid" else 1

    @property
    def renormalises(self) -> bool:
        """Whether probabilities are divided by their sum, so that they need not sum to 1."""
        return self.clip is not None and self.clip.renormalise

    @property
    def lean(self) -> bool:
        """Whether hard labels need the cost of the true class and the sum of the others, and no more."""
        plain = self.spread.by_class is None and self._shares is None
        return self.kind == "softmax" and plain and self.clip is None and self.focal is None

    @cached_property
    def _hard_weights(self) -> Floats:
        return self.weights.on_hard(self.classes)

    @cached_property
    def _smooth_weights(self) -> Floats:
        return self.weights.on_smooth(self.classes)

    @cached_property
    def _shares(self) -> Floats | None:
        """What multiplies each class's cost in the smooth term, before division, (K,); None for 1."""
        unweighted = self.weights.values is None or self.weights.weighting != "class"
        return None if self.spread.even and unweighted else self._smooth_weights * self.spread.weights

    def terms(self, sample: Sample, epsilon: Floats | None = None) -> Terms:
        """Return the hard and the smooth term of each row; ignored rows have 0.

        Args:
            sample: (n, K) predictions and their labels.
            epsilon: ε where it is not one for all: (n, 1) for each row, or (1, K) for each column of the
                sigmoid kind; the terms are then multiplied by 1-ε and ε already.
        """
        labels = sample.labels
        if self.kind == "softmax":
            hard, smooth = self._softmax_terms(sample)
            if epsilon is not None:
                hard, smooth = product((1 - epsilon)[:, 0], hard), product(epsilon[:, 0], smooth)
        else:
            shares = (1.0, 1.0) if epsilon is None else (1 - epsilon, epsilon)
            hard, smooth = self._sigmoid_terms(sample, *shares)
        rows = self.weights.on_rows(sample.known)
        if rows is not None:
            hard, smooth = product(rows, hard), product(rows, smooth)
        logsumexp = sample.logsumexp() if self.logsumexp else None
        if labels.hidden is not None:
            hard, smooth = np.where(labels.hidden, 0, hard), np.where(labels.hidden, 0, smooth)
            logsumexp = None if logsumexp is None else np.where(labels.hidden, 0, logsumexp)
        return Terms(hard, smooth, logsumexp, mixed=epsilon is not None)

    def _softmax_terms(self, sample: Sample) -> tuple[Floats, Floats]:
        how, labels = (self.clip, self.focal), sample.labels
        if labels.indices is None:
            x, spread, costs = self._dense(labels), self._spread_of(labels), sample.costs(how)
            hard = product(self._hard_weights * x, costs).sum(axis=1)
            return hard, product(self._smooth_weights * spread, costs).sum(axis=1)
        known, own = sample.known, sample.own(how)
        hard = product(self._hard_weights[known], own)
        if self.spread.by_class is not None:
            shares = self._smooth_weights * self.spread.shares_of(known)
            return hard, product(shares, sample.costs(how)).sum(axis=1)
        smooth = sample.rest(how, self._shares)
        if self.spread.rule != "others":
            smooth = smooth + (own if self._shares is None else product(self._shares[known], own))
        return hard, smooth / self.spread.divisor()[known]

    def _sigmoid_terms(
        self, sample: Sample, on_hard: float | Floats, on_smooth: float | Floats
    ) -> tuple[Floats, Floats]:
        x, spread = self._dense(sample.labels), self._spread_of(sample.labels)
        yes, no = sample.sigmoid(self.clip)
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
            return self.spread.close(shown_rows(labels))
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


def _times_log(values: Floats) -> Floats:
    positive = values > 0
    logs = np.log(values, out=np.zeros_like(values), where=positive)
    return np.multiply(logs, values, out=logs, where=positive)


def _entropy(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = whole / part
        # of a subnormal part the ratio overflows, the logarithms do not
        logs = np.where(np.isinf(ratio), np.log(whole) - np.log(part), np.log(ratio))
        return np.where(part > 0, part * logs, 0.0)
