"""How uncertain predictions are, as they are read: some rows at a time, in memory that is used again."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lsmooth.predictions import PredictionKind, log_probs
from lsmooth.smoothing.blocks import PIECE, Scratch
from lsmooth.smoothing.performance import Measure, uncertainty

Floats = NDArray[np.float64]

#: Uniform rows have more than this, however roughly they sum to 1.
_HIGH = 0.9


def uncertainty_of(
    values: NDArray[np.floating],
    kind: PredictionKind,
    measure: Measure,
    labels: NDArray[np.integer] | None,
    scratch: Scratch,
) -> Floats:
    """Return `uncertainty` of (n, K) predictions, (n,).

    Args:
        values: predictions of the softmax kind, checked.
        kind: what they are.
        measure: one of MEASURES.
        labels: (n,) true classes, for `true`.
        scratch: memory to work in.
    """
    rows, classes = values.shape
    step = max(1, PIECE // classes)
    amount = np.empty(rows)
    for start in range(0, rows, step):
        part = slice(start, start + step)
        if kind == "probs" and measure == "entropy" and classes > 1:
            amount[part] = _entropy(values[part], scratch)
        else:
            known = None if labels is None else labels[part]
            amount[part] = uncertainty(log_probs(values[part], kind), measure, known)
    return amount


def _entropy(probabilities: NDArray[np.floating], scratch: Scratch) -> Floats:
    """Return H(p)/log K of rows of K > 1 probabilities: exactly 0 for one-hot ones, 1 for uniform ones."""
    p = scratch.array("p", probabilities.shape)
    logs = scratch.array("logs", probabilities.shape)
    np.copyto(p, probabilities)
    if p.min() > 0:
        np.log(p, out=logs)
    else:  # 0·log 0 is 0, whatever finite number stands for the logarithm
        np.maximum(p, np.finfo(np.float64).tiny, out=logs)
        np.log(logs, out=logs)
    amount: Floats = (0 - np.einsum("ij,ij->i", p, logs)) / math.log(p.shape[1])
    high = np.flatnonzero(amount > _HIGH)
    uniform = p[high].max(axis=1) == p[high].min(axis=1)
    amount[high[uniform]] = 1
    return np.clip(amount, 0, 1)
