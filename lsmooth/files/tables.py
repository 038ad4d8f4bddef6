"""The small files: class names and class maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, listed, shown
from lsmooth.files.delimited import DelimitedTable
from lsmooth.files.npy import NpyTable
from lsmooth.files.source import Source
from lsmooth.labels.classes import Classes, is_number

Pairs = dict[str, float]
ClassMap = Pairs | list[float]


def read_names(path: str) -> tuple[str, ...]:
    """Return class names from a file with one name a line.

    Raises:
        LsmoothError: for a file that holds a name twice or an empty one, or cannot be read.
    """
    with Source(path, "csv") as source:
        names = _only_column(DelimitedTable(source))
    if (double := _double(names)) is not None:
        line = len(names) - names[::-1].index(double)
        raise LsmoothError(
            f"name {shown(double)} stands twice", "give each class one name", where=f"{path}:{line}"
        )
    if "" in names:
        raise LsmoothError("found an empty name", "drop the line", where=f"{path}:{names.index('') + 1}")
    return tuple(names)


def _only_column(table: DelimitedTable) -> list[str]:
    table.sample(1)
    if table.columns != 1:
        message = f"{table.name} has {table.columns} columns, wanted one name a line"
        raise LsmoothError(message, 'put quotes (") round a name that holds a comma')
    return [cell for chunk in table.chunks(1, 1 << 16) for cell in chunk.text(0)]


def _double(names: list[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def read_map(path: str) -> ClassMap:
    """Return a map from a file: NPY of K, one column in class order, or two columns class,value."""
    given = None if Path(path).suffix else "csv"
    with Source(path, given) as source:
        source.open()
        if source.format == "npy":
            array = NpyTable(source)
            values = np.concatenate([chunk.array for chunk in array.chunks(1, 1 << 16)])
            if values.ndim != 1 or values.dtype.kind not in "iuf":
                message = f"{path} holds `{array.dtype}` of shape {array.shape}, wanted K numbers"
                raise LsmoothError(message, "save a 1-D array")
            return [float(value) for value in values]
        table = DelimitedTable(source)
        rows = table.sample(1)
        if table.columns not in (1, 2):
            message = f"{path} has {table.columns} columns, wanted values, or classes and values"
            raise LsmoothError(message, "keep two columns, class and value")
        if not is_number(rows[0][-1]):
            table.header = tuple(rows[0])
        pairs: list[tuple[str, float]] = []
        for chunk in table.chunks(1, 1 << 16):
            values = chunk.numbers([chunk.width - 1], whole=False, missing=frozenset())
            bad = ~((values >= 0) & np.isfinite(values))
            if bad.any():
                row = int(np.argmax(bad))
                message = f"found `{values[row]:g}`, wanted a number of at least 0"
                raise LsmoothError(message, "correct the value", where=chunk.where(row))
            pairs += zip(chunk.text(0), values.tolist(), strict=True)
    if table.columns == 1:
        return [value for _, value in pairs]
    keys = [key for key, _ in pairs]
    if (double := _double(keys)) is not None:
        raise LsmoothError(f"{path}: class {shown(double)} stands twice", "give each class one value")
    return dict(pairs)


def class_values(mapping: ClassMap, classes: Classes, flag: str) -> NDArray[np.float64]:
    """Return the value of each class, (K,).

    Raises:
        LsmoothError: for an unknown class, one without a value where there is no `*`, a wrong number of
            values, a negative or an infinite one.
    """
    if isinstance(mapping, list):
        if len(mapping) != classes.count:
            message = f"{flag} holds {len(mapping)} values for {classes.count} classes"
            raise LsmoothError(message, "give each class one value, or class=value and *=value")
        values = np.array(mapping, dtype=np.float64)
    else:
        values = np.full(classes.count, mapping.get("*", np.nan))
        given: dict[int, str] = {}
        for key, value in mapping.items():
            if key == "*":
                continue
            place = classes.find(key)
            if place in given:
                message = f"{flag} has two values for one class: {shown(given[place])} and {shown(key)}"
                raise LsmoothError(message, "give it one")
            given[place] = key
            values[place] = value
        if "*" not in mapping and (missing := np.flatnonzero(np.isnan(values))).size:
            names = classes.names or tuple(map(str, range(classes.count)))
            raise LsmoothError(
                f"{flag} has no value for {listed(names[k] for k in missing)}", "add it, or `*=` for the rest"
            )
    if not (np.isfinite(values) & (values >= 0)).all():
        raise LsmoothError(f"{flag} has a negative or infinite value, or NaN", "give numbers of at least 0")
    return values
