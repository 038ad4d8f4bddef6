"""The costs of a block of float32 predictions, in a few passes, where its own sums show that it is safe.

A row needs the cost of its true class and the sum of all others. With r = Σ_{c≠y} exp z_c these are
log1p(r·e^-z_y) and (K-1)·logsumexp - Σ_{c≠y} z_c: no row maximum, no shifted copy, float32 throughout but
for what is one number a row. Rows whose sums tell of overflow, underflow, cancellation or a value that is no
number are taken exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.labels.block import Labels
from lsmooth.losses.sample import Costing, Sample
from lsmooth.losses.terms import Floats
from lsmooth.predictions import LogProbs, PredictionKind, check

#: Columns that are added in float32; longer rows are added up from so many at a time, in float64.
PIECE = 128
#: Of logsumexp: exp overflows in float32 above, and what it flushes to 0 still counts below.
LOWEST, HIGHEST = -60.0, 88.0
#: How much larger than the others' cost that of the true class may be before their difference loses digits.
LOPSIDED = 2.0
#: How much larger than the costs of a row its logits may be: the costs are differences of them.
LARGER = 2.0


def row_sums(block: NDArray[np.float32]) -> Floats:
    """Return the sum of each row, (n,); the same bits for a row wherever it stands."""
    n, classes = block.shape
    if classes <= PIECE:
        sums: Floats = np.einsum("ij->i", block).astype(np.float64)
        return sums
    whole = classes // PIECE * PIECE
    pieces = np.lib.stride_tricks.as_strided(
        block, (n, whole // PIECE, PIECE), (block.strides[0], PIECE * block.itemsize, block.itemsize)
    )
    total: Floats = np.einsum("ijk->ij", pieces).sum(axis=1, dtype=np.float64)
    if whole < classes:
        total += np.einsum("ij->i", block[:, whole:])
    return total


@dataclass(frozen=True)
class Costs:
    """What rows cost, (n,) each: the true class, all others added up, and the logsumexp of the logits."""

    own: Floats
    rest: Floats
    logsumexp: Floats
    safe: NDArray[np.bool_]


def logit_costs(block: NDArray[np.float32], known: NDArray[np.integer]) -> Costs:
    """Return the costs of (n, K) logits, which are overwritten."""
    n, classes = block.shape
    cells = block.reshape(-1)
    true = np.arange(n) * classes + known
    with np.errstate(all="ignore"):
        z = cells[true].astype(np.float64)
        cells[true] = 0
        others = row_sums(block)
        np.exp(block, out=block)
        cells[true] = 0
        own = np.log1p(row_sums(block) * np.exp(-z))
        lse = z + own
        rest = (classes - 1) * lse - others
        mean = (others + z) / classes
        safe = (lse >= LOWEST) & (lse <= HIGHEST) & (np.abs(z) < 300) & (rest * LOPSIDED >= own)
        safe &= np.isfinite(mean) & (np.abs(mean) * classes <= LARGER * (own + rest))
    return Costs(own, rest, lse, safe)


def probability_costs(block: NDArray[np.float32], known: NDArray[np.integer], tolerance: float) -> Costs:
    """Return the costs of (n, K) probabilities, which are overwritten."""
    n, classes = block.shape
    cells = block.reshape(-1)
    true = np.arange(n) * classes + known
    with np.errstate(all="ignore"):
        p = cells[true].astype(np.float64)
        safe = np.abs(row_sums(block) - 1) <= tolerance / 2
        if not block.min() >= 0:
            safe &= (block >= 0).all(axis=1)
        np.log(block, out=block)
        cells[true] = 0
        own, rest = -np.log(p), -row_sums(block)
        safe &= np.isfinite(own) & np.isfinite(rest) & (rest * LOPSIDED >= own)
    return Costs(own, rest, np.zeros(n), safe)


def lean_costs(
    block: NDArray[np.float32],
    original: Callable[[], NDArray[np.floating[Any]]],
    predictions: PredictionKind,
    known: NDArray[np.integer],
    tolerance: float,
) -> Costs:
    """Return the costs of (n, K) predictions, overwritten; rows that are not safe are taken exactly.

    Args:
        block: float32 values.
        original: gives them as they were read.
        predictions: logits or probabilities.
        known: the class of each row.
        tolerance: how far from 1 probabilities may sum.

    Raises:
        LsmoothError: with its row, for what is no prediction.
    """
    if predictions == "logits":
        costs = logit_costs(block, known)
    else:
        costs = probability_costs(block, known, tolerance)
    odd = np.flatnonzero(~costs.safe)
    if not odd.size:
        return costs
    rows = original()[odd]
    try:
        check(rows, predictions, "softmax", lambda _row: None)
    except LsmoothError as error:
        error.row = None if error.row is None else int(odd[error.row])
        raise
    exact = Sample(rows, predictions, Labels(known[odd]))
    costs.own[odd] = exact.own((None, None))
    costs.rest[odd] = exact.rest((None, None), None)
    costs.logsumexp[odd] = exact.logsumexp()
    return costs


class LeanSample(Sample):
    """Predictions of float32 or float16, of which nothing but the costs of hard labels is asked.

    Args:
        labels: hard ones.
        costs: of their rows, in order, in parts.
    """

    def __init__(self, labels: Labels, costs: Sequence[Costs]) -> None:
        super().__init__(np.zeros((0, 0)), "logits", labels)
        self._own_costs = np.concatenate([part.own for part in costs])
        self._rest_costs = np.concatenate([part.rest for part in costs])
        self._logsumexp = np.concatenate([part.logsumexp for part in costs])

    def own(self, how: Costing) -> Floats:
        """The cost of the label of each row, (n,)."""
        assert how == (None, None)
        return self._own_costs

    def rest(self, how: Costing, weights: Floats | None) -> Floats:
        """The costs of all classes but the label of each row added up, (n,)."""
        assert how == (None, None)
        assert weights is None
        return self._rest_costs

    def logsumexp(self) -> Floats:
        """The logsumexp of the logits as they came, (n,)."""
        return self._logsumexp

    def logs(self, clip: object = None) -> LogProbs:
        """There are none."""
        raise NotImplementedError(clip)
