"""Predictions: logits, probabilities or log-probabilities; telling them apart, checking, log-softmax.

Everything is taken to log p = shifted - lse with shifted = z - max z, so that logits of any size and offset
do not overflow, and lse = log1p(Σ exp of the others) loses no digits where a row is confident.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.labels.soft import text_tolerance, tolerance_of

PredictionKind = Literal["logits", "probs", "logprobs"]
PREDICTION_KINDS: tuple[PredictionKind, ...] = get_args(PredictionKind)
LossKind = Literal["softmax", "sigmoid"]

Floats = NDArray[np.float64]
Places = Callable[[int], int | None]

#: Two logits no larger than this can be subtracted.
_FARTHEST = np.finfo(np.float64).max / 2
_ASK = "pass --as probs or --as logits"


@dataclass(frozen=True)
class LogProbs:
    """Log-probabilities of n rows: log p = shifted - lse.

    Attributes:
        shifted: (n, K) float64, ≤ 0 but for unnormalised log-probabilities; -inf for probability 0.
        lse: (n,) float64, what is left to subtract.
        offset: (n,) what was subtracted from the logits before; None for probabilities.
    """

    shifted: Floats
    lse: Floats
    offset: Floats | None = None

    def of(self, classes: NDArray[np.integer]) -> Floats:
        """Return -log p of one class a row, (n,)."""
        costs: Floats = self.lse - self.shifted[np.arange(len(classes)), classes]
        return costs

    def probabilities(self) -> Floats:
        """Return p, (n, K)."""
        p: Floats = np.exp(self.shifted - self.lse[:, None])
        return p


def log_probs(
    values: NDArray[np.floating],
    kind: PredictionKind,
    clip: float | None = None,
    *,
    renormalise: bool = False,
) -> LogProbs:
    """Return the log-probabilities of (n, K) predictions of the softmax kind.

    Args:
        values: logits, probabilities or log-probabilities, of any float dtype.
        kind: which of them.
        clip: probabilities are first clipped to [clip, 1-clip], without renormalising.
        renormalise: rows of probabilities are divided by their sum before that.
    """
    z: Floats = np.asarray(values, dtype=np.float64)
    none = np.zeros(len(z))
    if renormalise and kind == "probs":
        z = z / z.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        if kind == "probs":
            return LogProbs(np.log(z if clip is None else np.clip(z, clip, 1 - clip)), none)
        if kind == "logprobs":
            result = LogProbs(z, none)
        else:
            top = z.argmax(axis=1)
            offset = z[np.arange(len(z)), top]
            shifted = z - offset[:, None]
            others = np.exp(shifted)
            others[np.arange(len(z)), top] = 0
            result = LogProbs(shifted, np.log1p(others.sum(axis=1)), offset)
        if clip is None:
            return result
        return LogProbs(np.log(np.clip(result.probabilities(), clip, 1 - clip)), none)


def sigmoid_costs(
    values: NDArray[np.floating], kind: PredictionKind, clip: float | None = None
) -> tuple[Floats, Floats]:
    """Return -log p and -log(1-p) of (n, K) predictions of the sigmoid kind, each (n, K)."""
    z: Floats = np.asarray(values, dtype=np.float64)
    with np.errstate(divide="ignore", over="ignore"):
        if kind == "logits" and clip is None:
            rest = np.log1p(np.exp(-np.abs(z)))
            return np.maximum(-z, 0) + rest, np.maximum(z, 0) + rest
        if kind == "logprobs" and clip is None:
            return -z, -np.log1p(-np.exp(z))
        p = z if kind == "probs" else np.exp(z) if kind == "logprobs" else 1 / (1 + np.exp(-z))
        if clip is not None:
            p = np.clip(p, clip, 1 - clip)
        return -np.log(p), -np.log1p(-p)


def log_sum(values: Floats) -> Floats:
    """Return the logsumexp of each row, (n,)."""
    logs = log_probs(values, "logits")
    total: Floats = values.max(axis=1) + logs.lse
    return total


def tell(sample: NDArray[np.floating], loss_kind: LossKind, places: Places) -> PredictionKind:
    """Return what the first rows of predictions are.

    Args:
        sample: (n, K) finite or -inf values.
        loss_kind: in the sigmoid kind rows need not sum to 1, so values in [0, 1] cannot be told.
        places: the decimals that a row is written with, None where it is binary.

    Raises:
        LsmoothError: where probabilities and logits cannot be told apart.
    """
    lowest, highest = sample.min(), sample.max()
    in_unit = lowest >= 0 and highest <= 1
    if loss_kind == "sigmoid":
        if in_unit:
            raise LsmoothError("predictions all in [0, 1] can be probabilities or logits", _ASK)
        return "logits"
    if in_unit:
        faults = faulty_rows(sample, "probs", places)
        if not faults.size:
            return "probs"
        total = sample[faults[0]].sum(dtype=np.float64)
        message = f"predictions are all in [0, 1], but the row sums to {total:.6g}"
        raise LsmoothError(message, _ASK, row=int(faults[0]))
    if highest <= 0 and not faulty_rows(sample, "logprobs", places).size:
        return "logprobs"
    return "logits"


def faulty_rows(values: NDArray[np.floating], kind: PredictionKind, places: Places) -> NDArray[np.intp]:
    """Return which (n, K) rows of probabilities or log-probabilities do not sum to 1, in order."""
    wide: Floats = values.astype(np.float64)
    off = np.abs(wide.sum(axis=1) - 1) if kind == "probs" else np.abs(np.exp(log_sum(wide)) - 1)
    tolerance = tolerance_of(values.dtype)
    suspects = np.flatnonzero(~(off <= tolerance))
    return np.array(
        [row for row in suspects if off[row] > _allowed(places(int(row)), values, tolerance)], np.intp
    )


def _allowed(places: int | None, values: NDArray[Any], tolerance: float) -> float:
    return tolerance if places is None else text_tolerance(places, values.shape[1])


def check(
    values: NDArray[np.floating],
    kind: PredictionKind,
    loss_kind: LossKind,
    places: Places,
    *,
    renormalised: bool = False,
) -> None:
    """Raise LsmoothError, with its row, for predictions that are not what they are read as.

    Probabilities that are `renormalised` later are shares of any positive sum.
    """
    if np.isnan(values).any():
        row = int(np.argmax(np.isnan(values).any(axis=1)))
        raise LsmoothError("the prediction is NaN", "drop the row, or mend the model", row=row)
    if (high := values.max(axis=1) == np.inf).any():
        raise LsmoothError(
            "the prediction is infinite", "drop the row, or mend the model", row=int(np.argmax(high))
        )
    if kind == "logits":
        if (far := (np.abs(values) > _FARTHEST) & np.isfinite(values)).any():
            row, column = (int(k) for k in np.argwhere(far)[0])
            message = f"the logit `{float(values[row, column])!r}` is too large to be taken from another"
            raise LsmoothError(message, "scale the logits", row=row)
        if (low := values.max(axis=1) == -np.inf).any() and loss_kind == "softmax":
            raise LsmoothError("every logit of the row is -inf", "drop the row", row=int(np.argmax(low)))
        return
    if renormalised and kind == "probs":
        _check_shares(values)
        return
    low, top = (0.0, 1.0) if kind == "probs" else (-np.inf, 0.0)
    slack = tolerance_of(values.dtype)
    bad = ((values < low) | (values > top + slack)).any(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        odd = next(v for v in values[row].tolist() if v < low or v > top + slack)
        what = "probability" if kind == "probs" else "log-probability"
        sign = "is negative" if odd < low else f"is above {top:g}"
        raise LsmoothError(f"the {what} `{odd!r}` {sign}", "pass --as logits if these are logits", row=row)
    if loss_kind == "softmax" and (faults := faulty_rows(values, kind, places)).size:
        row = int(faults[0])
        mass = values[row].astype(np.float64)
        total = float(mass.sum() if kind == "probs" else np.exp(mass).sum())
        message = f"the probabilities of the row sum to {total:.6g}, not to 1"
        raise LsmoothError(message, "pass --as logits if these are logits", row=row)


def _check_shares(values: NDArray[np.floating]) -> None:
    """Raise LsmoothError, with its row, for shares that cannot be divided by their sum."""
    if (low := (values < 0).any(axis=1)).any():
        raise LsmoothError("a share of the row is negative", "pass --as logits", row=int(np.argmax(low)))
    if (empty := values.sum(axis=1, dtype=np.float64) == 0).any():
        raise LsmoothError("the shares of the row sum to 0", "drop the row", row=int(np.argmax(empty)))
