"""Soft rows: probabilities, one-hot and multi-hot rows, checked and used as read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.labels import LabelKind
from lsmooth.labels.classes import Ignore

_TOLERANCE = {2: 1e-2, 4: 1e-5, 8: 1e-6}
#: Columns whose sum is taken at once: in float32 it is off by less than the tolerance of a row.
_PIECE = 128
#: Larger exponents are taken for this one: each makes 0 or infinity of a number.
_MOST_POWER = 9999


def tolerance_of(dtype: np.dtype[np.generic]) -> float:
    """How far from 1 the sum of a row of that dtype may be: 1e-6, float32 1e-5, float16 1e-2."""
    return _TOLERANCE.get(dtype.itemsize, 1e-6) if dtype.kind == "f" else 1e-6


def decimals(cell: str) -> int:
    """Return the number of decimals that a number is written with, the exponent counted.

    >>> decimals("0.33"), decimals("3.3e-1"), decimals("1"), decimals("1.5e3")
    (2, 2, 0, 0)
    """
    mantissa, _, exponent = cell.strip().lower().partition("e")
    digits = exponent.lstrip("+-").lstrip("0")
    power = int(digits or 0) if len(digits) <= len(str(_MOST_POWER)) else _MOST_POWER
    return max(0, len(mantissa.partition(".")[2]) - (-power if exponent.startswith("-") else power))


def text_tolerance(places: int, classes: int) -> float:
    """How far from 1 a row of K numbers with that many decimals may sum: K·0.5·10⁻ᵈ, at most 0.05."""
    return max(1e-6, min(0.05, classes * 0.5 * 10.0**-places) * (1 + 1e-9))


@np.errstate(all="ignore")
def row_fault(row: NDArray[np.floating], kind: LabelKind, tolerance: float) -> str | None:
    """Return what is wrong with one (K,) row as probabilities or as independent labels, or None."""
    if np.isnan(row).any():
        return f"column {int(np.argmax(np.isnan(row))) + 1} of the label is NaN"
    if (row < 0).any():
        return f"the label has a negative value `{float(row[np.argmax(row < 0)])!r}`"
    if kind == "multilabel":
        return f"the label has `{float(row.max())!r}`, which is above 1" if row.max() > 1 else None
    total = float(row.sum(dtype=np.float64))
    return None if abs(total - 1) <= tolerance else f"the row sums to {total:.10g}, not to 1"


@np.errstate(all="ignore")
def suspect_rows(
    rows: NDArray[np.floating], kind: LabelKind, tolerance: float, hidden: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Return which of (n, K) rows may be faulty (see `row_fault`), in order; hidden rows never are."""
    fine = within_unit(rows) if kind == "multilabel" else near_one(rows, tolerance)
    doubtful = np.flatnonzero(~(fine | hidden))
    if not doubtful.size:
        return doubtful
    some = rows[doubtful]
    good = (some >= 0).all(axis=1)
    if kind == "multilabel":
        good &= (some <= 1).all(axis=1)
    else:
        good &= np.abs(some.sum(axis=1, dtype=np.float64) - 1) <= tolerance
    return doubtful[~good]


def within_unit(rows: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return which of (n, K) rows are in [0, 1] beyond doubt, (n,): all of them or none."""
    return np.full(len(rows), rows.size > 0 and bool(rows.min() >= 0 and rows.max() <= 1))


def near_one(rows: NDArray[np.floating], tolerance: float) -> NDArray[np.bool_]:
    """Return which of (n, K) rows are probabilities beyond doubt, (n,); others may be so too.

    Sums are taken in the dtype of the rows, a few columns at a time so that they stay near the true ones.
    """
    single = rows.dtype.char in "fd" and rows.dtype.isnative
    if not (single and rows.size and rows.min() >= 0):
        return np.zeros(len(rows), dtype=bool)
    columns = rows.shape[1]
    whole = columns // _PIECE * _PIECE if columns > _PIECE else 0
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.einsum("ij->i", rows[:, whole:]).astype(np.float64)
        if whole:
            pieces = np.einsum("ijk->ij", rows[:, :whole].reshape(len(rows), -1, _PIECE))
            sums += pieces.sum(axis=1, dtype=np.float64)
    # the sum of n values is off by at most n·eps/2 of itself, whatever the order
    doubt = min(columns, _PIECE) * float(np.finfo(rows.dtype).eps) * 0.501
    near: NDArray[np.bool_] = np.abs(sums - 1) <= tolerance - doubt
    return near


def check_rows(
    rows: NDArray[np.floating],
    kind: LabelKind,
    ignore: Ignore,
    places: Callable[[int], int | None] = lambda row: None,  # noqa: ARG005 - binary numbers have no decimals
) -> tuple[NDArray[np.bool_], int]:
    """Check (n, K) rows as labels.

    Args:
        rows: the values.
        kind: `rows` (each sums to 1) or `multilabel` (each value in [0, 1]).
        ignore: which rows are ignored.
        places: the decimals that a row is written with, None where it is not text.

    Returns:
        (n,) which rows are ignored, and how many sum to 1 only within the decimals they are written with.

    Raises:
        LsmoothError: with its `row`, for NaN, a negative value, or a wrong sum.
    """
    hidden = ignore.rows(rows)
    rounded = 0
    tolerance = tolerance_of(rows.dtype)
    for row in suspect_rows(rows, kind, tolerance, hidden).tolist():
        written = places(row)
        allowed = tolerance if written is None else text_tolerance(written, rows.shape[1])
        if fault := row_fault(rows[row], kind, allowed):
            several = kind == "rows" and np.isin(rows[row], (0, 1)).all()
            hint = (
                "pass --labels multilabel if each column is a label of its own"
                if several
                else "correct the row"
            )
            raise LsmoothError(fault, hint, row=row)
        rounded += 1
    return hidden, rounded


@np.errstate(all="ignore")
def read_votes(
    counts: NDArray[np.generic], pseudocount: float, ignore: Ignore
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return (n, K) counts of votes as probabilities, (n_k + a)/(Σn + a·K), and which rows are ignored, (n,).

    Args:
        counts: whole numbers of at least 0.
        pseudocount: a ≥ 0, added to the count of every class.
        ignore: which rows are ignored.

    Raises:
        LsmoothError: with its `row`, for what is no count, and for a row without votes where a = 0.

    >>> read_votes(np.array([[3, 1, 0]]), 0.0, Ignore())[0]
    array([[0.75, 0.25, 0.  ]])
    """
    votes = counts.astype(np.float64)
    hidden = ignore.rows(votes)
    odd = ~((votes >= 0) & (votes == np.floor(votes)) & np.isfinite(votes)).all(axis=1) & ~hidden
    if odd.any():
        row = int(np.argmax(odd))
        value = next(v for v in votes[row].tolist() if not (v >= 0 and v == np.floor(v)) or np.isinf(v))
        raise LsmoothError(
            f"found `{value:g}`, wanted a count of votes", "pass --labels rows for shares", row=row
        )
    totals = votes.sum(axis=1, keepdims=True) + pseudocount * votes.shape[1]
    endless = ~np.isfinite(totals[:, 0]) & ~hidden
    if endless.any():
        message = f"the votes of the row sum to more than {np.finfo(np.float64).max:.3g}"
        raise LsmoothError(message, "correct the row", row=int(np.argmax(endless)))
    empty = (totals[:, 0] == 0) & ~hidden
    if empty.any():
        hint = "pass --pseudocount 1, or --ignore zero"
        raise LsmoothError("the row has no votes", hint, row=int(np.argmax(empty)))
    shares: NDArray[np.float64] = (votes + pseudocount) / np.where(totals == 0, 1, totals)
    return np.where(hidden[:, None], 0, shares), hidden
