"""The costs of a block of float32 predictions, in a few passes, where its own sums show that it is safe.

A row needs the cost of its true class and the sum of all others. With r = Σ_{c≠y} exp z_c these are
log1p(r·e^-z_y) and (K-1)·logsumexp - Σ_{c≠y} z_c: no row maximum, no shifted copy, float32 throughout but
for what is one number a row. Rows whose sums tell of overflow, underflow, cancellation or a value that is no
number are taken exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.labels.block import Labels
from lsmooth.losses.sample import Costing, Sample
from lsmooth.losses.terms import Floats
from lsmooth.predictions import LogProbs, PredictionKind, check

Singles = NDArray[np.float32]
Known = NDArray[np.integer]

#: At most so many columns are added in float32; the sums of a row's pieces are added in float64.
PIECE = 256
#: Of logsumexp: exp overflows in float32 above, and what it flushes to 0 still counts below.
LOWEST, HIGHEST = -60.0, 88.0
#: How much larger than the others' cost that of the true class may be before their difference loses digits.
LOPSIDED = 2.0
#: How much larger than the costs of a row its logits may be: the costs are differences of them.
LARGER = 2.0


def piece_of(classes: int) -> int:
    """Return how many columns are added in float32: pieces of one length are added fastest."""
    if classes <= PIECE:
        return classes
    return next((size for size in range(PIECE, PIECE // 2, -1) if classes % size == 0), PIECE)


class RowSums:
    """The sums of rows that come in parts; the same bits for a row wherever it stands.

    Args:
        rows: how many come.
        classes: the length of a row.
    """

    def __init__(self, rows: int, classes: int) -> None:
        self._piece = piece_of(classes)
        self._pieces: Singles = np.empty((rows, -(-classes // self._piece)), np.float32)

    def take(self, block: Singles, first: int) -> None:
        """Add up the rows of a block, (n, K), the first of which is row `first`."""
        n, classes = block.shape
        piece, out = self._piece, self._pieces[first : first + n]
        if classes % piece == 0:
            np.einsum("ij->i", block.reshape(-1, piece), out=out.reshape(-1))
            return
        whole = classes // piece * piece
        strides = (block.strides[0], piece * block.itemsize, block.itemsize)
        pieces = np.lib.stride_tricks.as_strided(block, (n, whole // piece, piece), strides)
        np.einsum("ijk->ij", pieces, out=out[:, :-1])
        np.einsum("ij->i", block[:, whole:], out=out[:, -1])

    @property
    def total(self) -> Floats:
        """The sum of each row, (rows,)."""
        sums: Floats = np.einsum("ij->i", self._pieces.astype(np.float64))
        return sums


@dataclass(frozen=True)
class Costs:
    """What rows cost, (n,) each: the true class, all others added up, and the logsumexp of the logits."""

    own: Floats
    rest: Floats
    logsumexp: Floats
    safe: NDArray[np.bool_]


class LogitSums:
    """What the costs of rows of logits are made of.

    Args:
        rows: how many come.
        classes: K.
    """

    def __init__(self, rows: int, classes: int) -> None:
        self._classes = classes
        self._true = np.empty(rows, np.float32)
        self._others, self._exps = RowSums(rows, classes), RowSums(rows, classes)

    def take(self, block: Singles, known: Known, first: int = 0) -> None:
        """Take (n, K) logits, which are overwritten, and the class of each; the first is row `first`."""
        n, classes = block.shape
        cells, true = block.reshape(-1), np.arange(0, n * classes, classes) + known
        self._true[first : first + n] = cells[true]
        with np.errstate(all="ignore"):
            cells[true] = 0
            self._others.take(block, first)
            np.exp(block, out=block)
            cells[true] = 0
            self._exps.take(block, first)

    def costs(self) -> Costs:
        """Return what the rows cost."""
        classes, others = self._classes, self._others.total
        with np.errstate(all="ignore"):
            z = self._true.astype(np.float64)
            own = np.log1p(self._exps.total * np.exp(-z))
            lse = z + own
            rest = (classes - 1) * lse - others
            mean = (others + z) / classes
            safe = (lse >= LOWEST) & (lse <= HIGHEST) & (np.abs(z) < 300) & (rest * LOPSIDED >= own)
            safe &= np.isfinite(mean) & (np.abs(mean) * classes <= LARGER * (own + rest))
        return Costs(own, rest, lse, safe)


class ProbabilitySums:
    """What the costs of rows of probabilities are made of.

    Args:
        rows: how many come.
        classes: K.
        tolerance: how far from 1 a row may sum.
    """

    def __init__(self, rows: int, classes: int, tolerance: float) -> None:
        self._tolerance = tolerance
        self._true = np.empty(rows, np.float32)
        self._totals, self._logs = RowSums(rows, classes), RowSums(rows, classes)

    def take(self, block: Singles, known: Known, first: int = 0) -> None:
        """Take (n, K) probabilities, which are overwritten, and their classes; the first is row `first`."""
        n, classes = block.shape
        cells, true = block.reshape(-1), np.arange(0, n * classes, classes) + known
        self._true[first : first + n] = cells[true]
        with np.errstate(all="ignore"):
            self._totals.take(block, first)
            np.log(block, out=block)
            cells[true] = 0
            self._logs.take(block, first)

    def costs(self) -> Costs:
        """Return what the rows cost; the log of a negative number is none, so that its row is not safe."""
        with np.errstate(all="ignore"):
            own, rest = -np.log(self._true.astype(np.float64)), -self._logs.total
            safe = np.abs(self._totals.total - 1) <= self._tolerance / 2
            safe &= np.isfinite(own) & np.isfinite(rest) & (rest * LOPSIDED >= own)
        return Costs(own, rest, np.zeros(len(own)), safe)


def mend(
    costs: Costs,
    original: Callable[[], NDArray[np.floating[Any]]],
    predictions: PredictionKind,
    known: Known,
) -> Costs:
    """Return the costs of (n, K) predictions with the rows that are not safe taken exactly.

    Args:
        costs: from the sums of the rows.
        original: gives the predictions as they were read.
        predictions: logits or probabilities.
        known: the class of each row.

    Raises:
        LsmoothError: with its row, for what is no prediction.
    """
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
        costs: of their rows, in order.
    """

    def __init__(self, labels: Labels, costs: Costs) -> None:
        super().__init__(np.zeros((0, 0)), "logits", labels)
        self._taken = costs

    def own(self, how: Costing) -> Floats:
        """The cost of the label of each row, (n,)."""
        assert how == (None, None)
        return self._taken.own

    def rest(self, how: Costing, weights: Floats | None) -> Floats:
        """The costs of all classes but the label of each row added up, (n,)."""
        assert how == (None, None)
        assert weights is None
        return self._taken.rest

    def logsumexp(self) -> Floats:
        """The logsumexp of the logits as they came, (n,)."""
        return self._taken.logsumexp

    def logs(self, clip: object = None) -> LogProbs:
        """There are none."""
        raise NotImplementedError(clip)
