"""Telling the kind of labels from the first rows; where they can be read in two ways, the question to ask."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, listed, shown
from lsmooth.labels import LabelKind
from lsmooth.labels.classes import Ignore, is_number
from lsmooth.labels.soft import decimals, row_fault, suspect_rows, text_tolerance, tolerance_of

Array = NDArray[Any]

_ONE_OR_MANY = (
    "pass --labels multilabel if each column is a label of its own, or --column with the label column"
)


def kind_of_cells(cells: Sequence[str], ignore: Ignore, *, named: bool) -> LabelKind:
    """Return the kind of one column of text.

    Args:
        cells: of the first rows.
        ignore: labels that are no evidence.
        named: whether class names were given, so that text among numbers is a name.

    Raises:
        LsmoothError: with its `row`, for fractions, and for text among numbers.
    """
    telling = [row for row, cell in enumerate(cells) if cell not in ignore.cells]
    numbers = [row for row in telling if is_number(cells[row])]
    if len(numbers) == len(telling):
        return _kind_of_numbers([float(cells[row]) for row in numbers], numbers)
    if not numbers or named:
        return "name"
    odd = next(row for row in telling if not is_number(cells[row]))
    if not cells[odd].strip():
        raise LsmoothError("the label is empty", "pass --ignore '' if such rows have no label", row=odd)
    raise LsmoothError(
        f"label {shown(cells[odd])} is text, others are numbers",
        f"pass --ignore {shlex.quote(cells[odd])} if it means no label, --labels name if all are names",
        row=odd,
    )


def _kind_of_numbers(values: Sequence[float], rows: Sequence[int]) -> LabelKind:
    for row, value in zip(rows, values, strict=True):
        if not np.isnan(value) and value != np.floor(value):
            raise LsmoothError(
                f"label `{value}` is not a whole number",
                "pass --labels multilabel if it is the probability of one label",
                row=row,
            )
    return "index"


def kind_of_text_rows(rows: Sequence[Sequence[str]], names: Sequence[str], ignore: Ignore) -> LabelKind:
    """Return the kind of rows of at least two cells of text; `names` are those of the columns, for errors."""
    for row, cells in enumerate(rows):
        if not all(is_number(cell) for cell in cells):
            cell = next(cell for cell in cells if not is_number(cell))
            raise LsmoothError(
                f"{shown(cell)} is text, so the columns {listed(names)} are not one label",
                "pass --column with the label column, or --label-columns with the columns of a row label",
                row=row,
            )
    values = np.array([[float(cell) for cell in cells] for cells in rows])
    places = [max(map(decimals, cells)) for cells in rows]
    tolerances = [text_tolerance(place, values.shape[1]) for place in places]
    return _kind_of_rows(values, tolerances, names, ignore)


@np.errstate(all="ignore")
def kind_of_array(sample: Array, shape: tuple[int, ...], ignore: Ignore) -> LabelKind:
    """Return the kind of an array by its first rows.

    Args:
        sample: the first rows, (n,) or (n, K).
        shape: of the whole array.
        ignore: labels that are no evidence.

    Raises:
        LsmoothError: with its `row` where there is one, for what can be read in two ways.
    """
    if sample.dtype.kind in "US":
        if sample.ndim > 1 and sample.shape[1] != 1:
            raise LsmoothError(f"strings of shape {shape} are not one label a row", "save a 1-D array")
        return "name"
    if sample.ndim == 1 or (len(shape) == 2 and shape[1] == 1):
        if sample.dtype.kind != "f":
            return "index"
        flat = sample.reshape(-1).astype(np.float64)
        return _kind_of_numbers(flat.tolist(), range(len(flat)))
    if len(shape) > 2 and sample.dtype.kind != "f":
        raise LsmoothError(
            f"whole numbers of shape {shape} can be a map of class indices",
            "pass --labels index; the class axis is then added at the end",
        )
    tolerances = [tolerance_of(sample.dtype)] * len(sample)
    names = map(str, range(1, shape[-1] + 1))
    return _kind_of_rows(sample.astype(np.float64), tolerances, names, ignore)


@np.errstate(all="ignore")
def _kind_of_rows(
    values: Array, tolerances: Sequence[float], names: Iterable[str], ignore: Ignore
) -> LabelKind:
    hidden = ignore.rows(values)
    faults = [
        (int(row), fault)
        for row in suspect_rows(values, "rows", 0.0, hidden)
        if (fault := row_fault(values[row], "rows", tolerances[row]))
    ]
    if not faults:
        return "rows"
    row, fault = faults[0]
    shown_rows = values[~hidden]
    if np.isin(shown_rows, (0, 1)).all():
        raise LsmoothError(
            f"{fault}: several labels a row, or counts of votes?",
            "pass --labels multilabel if each column is its own label, --labels votes if they are counts",
            row=row,
        )
    if (shown_rows == np.floor(shown_rows)).all() and np.isfinite(shown_rows).all():
        raise LsmoothError(
            f"the columns {listed(names)} hold whole numbers that are no probabilities",
            "pass --column with the label column, --labels votes for counts, or --labels index",
            row=row,
        )
    per_label = ((shown_rows >= 0) & (shown_rows <= 1)).all()
    raise LsmoothError(fault, _ONE_OR_MANY if per_label else "correct the row, or pass --column", row=row)
