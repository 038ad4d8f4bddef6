"""Rows of values into a binary file: one entry a format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lsmooth.files import Format
from lsmooth.files.column_writer import ColumnWriter, matrix_frame, record_frame
from lsmooth.files.npy_writer import NpyWriter
from lsmooth.files.streams import Outlet

ArrayWriter = NpyWriter | ColumnWriter


def array_writer(
    kind: Format,
    sink: Outlet,
    dtype: np.dtype[Any],
    headings: Sequence[str],
    axes: tuple[int, ...],
    rows: int | None = None,
    each: int = 1,
) -> ArrayWriter:
    """Return what writes rows of values into a sink.

    Args:
        kind: a format that is not text.
        sink: where the bytes go.
        dtype: of the values.
        headings: of the values of a row, for a format whose columns have names.
        axes: of an array, after the first.
        rows: how many there will be, where that is known.
        each: rows that make one step of the first axis of an array.
    """
    if kind == "npy":
        return NpyWriter(sink, dtype, axes, rows, each)
    return ColumnWriter(sink, kind, np.dtype((dtype, (len(headings),))), matrix_frame(headings))


def record_writer(
    kind: Format, sink: Outlet, record: np.dtype[Any], named: Mapping[str, Sequence[str]]
) -> ColumnWriter:
    """Return what writes records into a sink, a column a field; of some fields the names are given."""
    return ColumnWriter(sink, kind, record, record_frame(named))
