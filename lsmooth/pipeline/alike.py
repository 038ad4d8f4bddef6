"""Whether several inputs are laid out alike."""

from __future__ import annotations

from lsmooth.errors import LsmoothError, listed, shown
from lsmooth.files.columnar import ColumnTable
from lsmooth.files.delimited import DelimitedTable
from lsmooth.files.npy import NpyTable
from lsmooth.pipeline.chunks import Table
from lsmooth.pipeline.reading import Layout


def same_layout(table: Table, first: Table, layout: Layout) -> None:
    """Check that a further input has the header, the width and the kind of values of the first."""
    if isinstance(table, NpyTable) and isinstance(first, NpyTable):
        if layout.flat:
            table.flatten()
        if (table.inner, table.columns, table.is_strings) != (first.inner, first.columns, first.is_strings):
            message = f"{table.name} holds `{table.dtype}` of shape {table.shape}"
            wanted = f"`{first.dtype}` of shape {first.shape} as {first.name}"
            raise LsmoothError(f"{message}, wanted {wanted}", "pass files of one kind")
        return
    if isinstance(table, ColumnTable) and isinstance(first, ColumnTable):
        _same_columns(table, first)
        return
    assert isinstance(table, DelimitedTable)
    assert isinstance(first, DelimitedTable)
    first_row = table.sample(1)[0]
    if layout.header is not None and tuple(first_row) != layout.header:
        message = (
            f"{table.name}: the first row is {listed(first_row)}, wanted the header {listed(layout.header)}"
        )
        raise LsmoothError(message, "give all files the same header")
    if table.columns != first.columns:
        message = f"{table.name} has {table.columns} columns, wanted {first.columns} as {first.name}"
        raise LsmoothError(message, "pass files with the same columns")
    table.header = layout.header


def _same_columns(table: ColumnTable, first: ColumnTable) -> None:
    """Check that a further input has the columns of the first, and read the same ones of it."""
    hint = f"give all files the same columns of the same types, as {first.name} has them"
    if table.header != first.header:
        message = f"{table.name} has the columns {listed(table.header)}, wanted {listed(first.header)}"
        raise LsmoothError(message, hint)
    for name, kind in first.schema.items():
        if table.schema[name] != kind:
            message = f"column {shown(name)} holds {shown(table.schema[name])}, wanted {shown(kind)}"
            raise LsmoothError(message, hint, where=table.name)
    every = range(table.columns)
    if table.spread(every) != first.spread(every):
        message = f"{table.name} has lists of other lengths than {first.name}"
        raise LsmoothError(message, "give each row one value for each class")
    table.pick(first.picked)
