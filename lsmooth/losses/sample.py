"""Some rows of predictions beside their labels: what several losses take from them is computed once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lsmooth.conventions.model import Clip, Focal
from lsmooth.labels.block import Labels
from lsmooth.losses.terms import Floats, product
from lsmooth.predictions import LogProbs, PredictionKind, log_probs, sigmoid_costs
from lsmooth.smoothing.spread import sum_of_others

Costing = tuple[Clip | None, Focal | None]


class Sample:
    """The predictions of n rows and their labels.

    Args:
        values: (n, K) predictions of any float dtype.
        predictions: what they are.
        labels: of the rows; ignored ones have some class, and any terms.
    """

    def __init__(self, values: NDArray[np.floating], predictions: PredictionKind, labels: Labels) -> None:
        self.labels = labels
        self.known = main_class(labels)
        self._values = values
        self._predictions: PredictionKind = predictions
        self._logs: dict[Clip | None, LogProbs] = {}
        self._costs: dict[Costing, Floats] = {}
        self._own: dict[Costing, Floats] = {}
        self._rest: dict[tuple[Costing, bytes | None], Floats] = {}
        self._sigmoid: dict[Clip | None, tuple[Floats, Floats]] = {}

    def logs(self, clip: Clip | None = None) -> LogProbs:
        """The log-probabilities of the softmax kind, clipped."""
        if clip not in self._logs:
            low, renormalise = (None, False) if clip is None else (clip.low, clip.renormalise)
            self._logs[clip] = log_probs(self._values, self._predictions, low, renormalise=renormalise)
        return self._logs[clip]

    def costs(self, how: Costing) -> Floats:
        """-log p of every class, or the focal loss in its place, (n, K)."""
        if how not in self._costs:
            logs, focal = self.logs(how[0]), how[1]
            costs = logs.lse[:, None] - logs.shifted
            if focal is not None:
                costs = focal.alpha * (1 - logs.probabilities()) ** focal.gamma * costs
            self._costs[how] = costs
        return self._costs[how]

    def own(self, how: Costing) -> Floats:
        """The cost of the label of each row, (n,)."""
        if how not in self._own:
            rows = np.arange(len(self.known))
            own = self.logs(how[0]).of(self.known) if how[1] is None else self.costs(how)[rows, self.known]
            self._own[how] = own
        return self._own[how]

    def rest(self, how: Costing, weights: Floats | None) -> Floats:
        """The costs of all classes but the label of each row, each times its weight, added up, (n,)."""
        key = how, None if weights is None else weights.tobytes()
        if key not in self._rest:
            self._rest[key] = self._add_rest(how, weights)
        return self._rest[key]

    def _add_rest(self, how: Costing, weights: Floats | None) -> Floats:
        rows = np.arange(len(self.known))
        if how[1] is not None:
            costs = self.costs(how)
            parts = costs.copy() if weights is None else product(weights, costs)
            parts[rows, self.known] = 0
            focal: Floats = parts.sum(axis=1)
            return focal
        logs = self.logs(how[0])
        parts = -logs.shifted if weights is None else product(weights, -logs.shifted)
        parts[rows, self.known] = 0
        total = parts.sum(axis=1)
        mass = logs.shifted.shape[1] - 1 if weights is None else sum_of_others(weights)[self.known]
        rest: Floats = logs.lse * mass + total
        return rest

    def sigmoid(self, clip: Clip | None) -> tuple[Floats, Floats]:
        """-log p and -log(1-p) of every class on its own, (n, K) each."""
        if clip not in self._sigmoid:
            yes, no = sigmoid_costs(self._values, self._predictions, None if clip is None else clip.low)
            if clip is not None and clip.cost is not None:
                yes, no = np.minimum(yes, clip.cost), np.minimum(no, clip.cost)
            self._sigmoid[clip] = yes, no
        return self._sigmoid[clip]

    def logsumexp(self) -> Floats:
        """The logsumexp of the logits as they came, (n,); 0 for probabilities and what stands for them."""
        logs = self.logs()
        return logs.lse if logs.offset is None else logs.offset + logs.lse


def main_class(labels: Labels) -> NDArray[np.integer]:
    """Return the class of each row: its index, or the argmax of a soft row (the lowest of equals), (n,)."""
    if labels.indices is None:
        largest: NDArray[np.integer] = shown_rows(labels).argmax(axis=1)
        return largest
    return labels.indices if labels.hidden is None else np.where(labels.hidden, 0, labels.indices)


def shown_rows(labels: Labels) -> Floats:
    """Return soft rows as float64, ignored ones 0, (n, K)."""
    assert labels.rows is not None
    rows: Floats = labels.rows.astype(np.float64)
    return rows if labels.hidden is None else np.where(labels.hidden[:, None], 0, rows)
