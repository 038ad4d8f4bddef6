"""Hard labels: class indices and class names, checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, shown
from lsmooth.labels.classes import IGNORED, MISSING, Classes, Ignore, is_number

#: More classes than this are not inferred from the largest label: it is more likely a wrong value.
MOST_INFERRED = 2**24
#: Below this floats are the whole numbers that were written.
_MOST_EXACT = 2.0**53


def read_indices(
    values: NDArray[np.generic],
    classes: Classes | None,
    ignore: Ignore,
    written: Callable[[int], str] | None = None,
) -> NDArray[np.integer]:
    """Return class indices with IGNORED where a label is ignored.

    Args:
        values: (n,) whole numbers of any integer, bool or float dtype.
        classes: the classes, or None while they are being learnt (then only the sign is checked).
        ignore: the labels to ignore.
        written: the cell that a number was read from, where they are text; MISSING stands for ignored ones.

    Raises:
        LsmoothError: with its `row`, for NaN, a fraction, or a label outside the classes.
    """
    with np.errstate(all="ignore"):  # a signalling NaN
        labels = _whole(values, ignore, classes, written)
    if classes is not None and classes.numbered:
        return read_names([str(label) for label in labels.tolist()], classes, ignore)
    if ignore.values:
        hidden = np.isin(labels, _ignored(ignore, classes, truths=values.dtype.kind == "b"))
        if written is not None or values.dtype.kind == "f":
            hidden |= labels == MISSING
        labels = np.where(hidden, IGNORED, labels)
    else:
        hidden = None
    count = classes.count if classes is not None else MOST_INFERRED
    if not len(labels) or (hidden is None and labels.min() >= 0 and labels.max() < count):
        return labels
    outside = (labels < 0) | (labels >= count)
    if hidden is not None:
        outside &= ~hidden
    if outside.any():
        row = int(np.argmax(outside))
        raise _out_of_range(int(labels[row]), classes, row)
    return labels


def _ignored(ignore: Ignore, classes: Classes | None, *, truths: bool) -> NDArray[np.int64]:
    """Return the indices that are ignored: by number, by the name of their class, by their truth value."""
    index = {} if classes is None else classes.index
    cells = ignore.cells
    if truths and (classes is None or classes.names is None):
        index, cells = {"false": 0, "true": 1}, frozenset(map(str.casefold, cells))
    named = [index[cell] for cell in cells if cell in index]
    return np.append(ignore.numbers, np.array(named, dtype=np.int64))


def _whole(
    values: NDArray[np.generic],
    ignore: Ignore,
    classes: Classes | None,
    written: Callable[[int], str] | None,
) -> NDArray[np.integer]:
    if values.dtype.kind == "b":
        truths = None if classes is None else classes.truths
        return values.astype(np.int8) if truths is None else np.where(values, truths[1], truths[0])
    if values.dtype.kind == "u" and (values.dtype.itemsize == 8 or ignore.values):
        too_large = values > np.iinfo(np.int64).max  # type: ignore[operator] # an unsigned dtype compares
        if too_large.any():
            row = int(np.argmax(too_large))
            raise _out_of_range(int(values[row]), classes, row)
        return values.astype(np.int64)
    if values.dtype.kind in "iu":
        return values.astype(values.dtype.newbyteorder("="), copy=False)
    floats = values.astype(np.float64)
    too_large = np.abs(floats) >= 2.0**63 if written is None else np.abs(floats) >= _MOST_EXACT
    odd = ~(np.floor(floats) == floats) | too_large
    missing = np.isnan(floats) if "nan" in ignore.values else np.zeros(len(floats), dtype=bool)
    for row in np.flatnonzero(odd & ~missing).tolist():
        if written is not None and written(row) in ignore.cells:
            missing[row] = True
            continue
        value = floats[row]
        if np.isnan(value):
            raise LsmoothError("label is NaN", "drop the row, or pass --ignore nan", row=row)
        if too_large[row]:
            found = f"`{value}`" if written is None or np.isinf(value) else shown(written(row))
            raise LsmoothError(f"label {found} is not a class index", "correct or drop the row", row=row)
        raise LsmoothError(
            f"label `{value}` is not a whole number",
            "pass --labels multilabel if these are probabilities of a label",
            row=row,
        )
    floats[missing] = MISSING
    return floats.astype(np.int64)


def _out_of_range(label: int, classes: Classes | None, row: int) -> LsmoothError:
    if label < 0:
        message = f"label `{label}` is negative"
        return LsmoothError(message, f"pass --ignore {label} if such rows have no label", row=row)
    if classes is None:
        message = f"label `{label}` would make {label + 1:,} classes"
        return LsmoothError(message, "pass --classes K if so many are meant", row=row)
    message = f"label `{label}` is out of range for {classes.count} classes (0-{classes.count - 1})"
    what = "name all classes with --names" if classes.names else f"pass --classes {label + 1}"
    return LsmoothError(message, f"{what}, or drop the row", row=row)


def read_names(cells: Sequence[str], classes: Classes, ignore: Ignore) -> NDArray[np.int64]:
    """Return class indices of (n,) names, IGNORED where ignored; raise LsmoothError with its row."""
    index = classes.lookup(ignore.cells)
    try:
        return np.fromiter(map(index.__getitem__, cells), dtype=np.int64, count=len(cells))
    except KeyError as missing:
        name = str(missing.args[0])
        row = list(cells).index(name)
    if not name:
        raise _empty(row)
    if is_number(name) and classes.names and not classes.numbered:
        raise LsmoothError(
            f"label {shown(name)} is out of range for {classes.count} classes (0-{classes.count - 1})",
            "name all classes with --names, or drop the row",
            row=row,
        )
    raise LsmoothError(
        f"unknown class {shown(name)}{classes.suggest(name)}",
        f"{classes.choices()}; add it to --names, or drop the row",
        row=row,
    )


def check_names(cells: Sequence[str], ignore: Ignore) -> None:
    """Raise LsmoothError, with its row, for an empty name among (n,) cells that are not ignored."""
    if "" in cells and "" not in ignore.cells:
        raise _empty(list(cells).index(""))


def _empty(row: int) -> LsmoothError:
    return LsmoothError("the label is empty", "pass --ignore '' if such rows have no label", row=row)
