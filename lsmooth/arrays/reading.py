"""Labels in memory: what they are, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lsmooth.errors import LsmoothError
from lsmooth.labels import SOFT, LabelChoice, LabelKind, names_meant, sample_rows
from lsmooth.labels.block import Labels, add_rows
from lsmooth.labels.classes import IGNORED, Classes, Ignore
from lsmooth.labels.hard import check_names, read_indices, read_names
from lsmooth.labels.kinds import kind_of_array
from lsmooth.labels.soft import check_rows, read_votes


def tell_kind(values: NDArray[Any], kind: LabelChoice, ignore: Ignore) -> LabelKind:
    """Return the kind of labels, told from the first rows unless it is given."""
    if kind != "auto":
        return kind
    flat = values.reshape(-1, values.shape[-1]) if values.ndim > 2 else values
    return kind_of_array(flat[: sample_rows(flat.size // len(flat))], values.shape, ignore)


def as_array(labels: ArrayLike) -> NDArray[Any]:
    """Return labels as an array of numbers or strings with at least one row."""
    if np.ma.is_masked(labels):
        raise LsmoothError("some labels are masked", "fill them with a value, and pass it as ignore")
    try:
        values = np.asarray(labels)
    except ValueError:
        raise LsmoothError("the labels are rows of different lengths", "give each row K values") from None
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8")
    if values.dtype.kind not in "biufUS":
        raise LsmoothError(f"labels are of dtype `{values.dtype}`, wanted numbers or strings")
    if values.ndim == 0 or values.size == 0:
        raise LsmoothError(f"labels have shape {values.shape}, wanted at least one row")
    return values


def read_labels(
    values: NDArray[Any], kind: LabelKind, count: int | None, names: Sequence[str] | None, ignore: Ignore
) -> tuple[Classes, Labels]:
    """Return the classes and the labels of an array; raise LsmoothError for labels that are not legal."""
    ignore = Ignore(names_meant(ignore.values, names))
    if kind in SOFT:
        rows = values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values[:, None]
        known = _classes(rows.shape[1], count, names)
        ignore.check_rows(known)
        if kind == "votes":
            return known, Labels.soft(*read_votes(rows, 0.0, ignore))
        return known, Labels.soft(rows, *check_rows(rows, kind, ignore))
    if kind == "name":
        cells = [str(name) for name in values.reshape(-1).tolist()]
        check_names(cells, ignore)
        found = tuple(names) if names is not None else tuple(sorted(set(cells) - ignore.cells))
        known = _classes(len(found), count, found)
        return known, Labels.hard(read_names(cells, known, ignore))
    if values.dtype.kind == "U":
        raise LsmoothError("the labels are strings, wanted class indices", "pass kind='name'")
    given = len(names) if names is not None else count
    if given is None:
        indices = read_indices(values.reshape(-1), None, ignore)
        shown = indices[indices != IGNORED]
        if not shown.size:
            raise LsmoothError("every label is ignored, so the classes cannot be told", "pass classes=K")
        return Classes(int(shown.max()) + 1), Labels.hard(indices)
    known = _classes(given, count, names)
    return known, Labels.hard(read_indices(values.reshape(-1), known, ignore))


def _classes(found: int, count: int | None, names: Sequence[str] | None) -> Classes:
    for given in (count, None if names is None else len(names)):
        if given not in (None, found):
            raise LsmoothError(f"found {found} classes, wanted {given}")
    return Classes(found, None if names is None else tuple(names))


def count_labels(labels: Labels, classes: Classes) -> NDArray[np.float64]:
    """Return the rows of each class, for soft rows the sums of their columns, (K,)."""
    shown = labels.without_ignored()
    if shown.indices is not None:
        return np.bincount(shown.indices, minlength=classes.count).astype(np.float64)
    return add_rows(np.zeros(classes.count), shown)
