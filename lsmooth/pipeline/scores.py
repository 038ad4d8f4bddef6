"""Prediction files: which columns, in which class order, and what their values are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, listed, shown
from lsmooth.files.columnar import ColumnTable
from lsmooth.files.delimited import DelimitedTable
from lsmooth.files.header import LABEL_NAMES, find_columns, has_header
from lsmooth.labels.classes import floats_of, is_number, names_from_header
from lsmooth.labels.soft import decimals
from lsmooth.pipeline.chunks import Chunk, ColumnsTable, Table
from lsmooth.pipeline.flags import LabelFlags, is_name
from lsmooth.pipeline.loss_flags import PredictionFlags
from lsmooth.pipeline.reading import (
    Layout,
    decide_columns,
    in_order_of_names,
    placed,
    text_layout,
)
from lsmooth.predictions import LossKind, PredictionKind, check, tell


@dataclass(frozen=True)
class ScoreLayout:
    """How predictions are read.

    Attributes:
        columns: the positions of the classes, in class order.
        names: of the classes, where the header or a flag gives them.
        labels: how the labels in the same file are read, or None.
        sample: the first rows, (n, K), to tell logits from probabilities.
        cells: the same as text, None where they are binary.
    """

    columns: Sequence[int]
    names: tuple[str, ...] | None
    labels: Layout | None
    sample: NDArray[np.floating]
    cells: Sequence[Sequence[str]] | None = None

    def by_number(self) -> ScoreLayout:
        """Return the columns in the order of the numbers that are their names, where they are."""
        numbers = tuple(map(str, range(len(self.columns))))
        if self.names is None or sorted(self.names) != sorted(numbers):
            return self
        places = [self.names.index(number) for number in numbers]
        columns = tuple(self.columns[place] for place in places)
        return replace(self, columns=columns, names=None, sample=self.sample[..., places])

    def kind(self, flags: PredictionFlags, loss_kind: LossKind, name: str, first: int) -> PredictionKind:
        """Return what the predictions are, by the flag or the first rows, which begin on line `first`."""
        if flags.kind != "auto":
            return flags.kind
        try:
            return tell(self.sample, loss_kind, self._places)
        except LsmoothError as error:
            if error.row is None:
                raise error.at(name) from None
            raise error.at(
                f"{name}:{first + error.row}" if self.cells is not None else f"{name}: row {error.row}"
            ) from None

    def _places(self, row: int) -> int | None:
        return None if self.cells is None else max(map(decimals, self.cells[row]))


def decide_scores(table: Table, flags: PredictionFlags, labels: LabelFlags, *, apart: bool) -> ScoreLayout:
    """Return how predictions are read; `labels` are in the same file unless they stand `apart`."""
    if isinstance(table, DelimitedTable):
        return _decide_text(table, flags, labels, apart=apart)
    if isinstance(table, ColumnTable):
        return _decide_columns(table, flags, labels, apart=apart)
    if flags.columns is not None or flags.label_column is not None or not apart:
        hint = "name a file of labels too" if not apart else "drop --columns"
        raise LsmoothError(f"{table.name} has no named columns", hint)
    sample = table.sample()
    if sample.dtype.kind not in "biuf":
        raise LsmoothError(f"{table.name} holds `{sample.dtype}`, wanted numbers")
    values = sample.reshape(len(sample), -1)
    names = labels.name_list
    _check_count(values.shape[1], names, table.name)
    return ScoreLayout(range(values.shape[1]), names, None, values.astype(_floating(sample.dtype)))


def _floating(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def _check_count(found: int, names: Sequence[str] | None, file: str) -> None:
    if names is not None and len(names) not in (found, found + (found == 1)):
        raise LsmoothError(
            f"{file} has {found} columns, --names holds {len(names)}", "give each column a name"
        )


def _decide_text(
    table: DelimitedTable, flags: PredictionFlags, labels: LabelFlags, *, apart: bool
) -> ScoreLayout:
    rows = table.sample()
    if _first_row_is_header(table, rows, flags, labels):
        table.header = tuple(rows[0])
    rows = rows[table.header is not None :]
    layout = None
    if not apart:
        column = flags.label_column or _label_in(table)
        layout = text_layout(table, rows, replace(labels, column=column, label_columns=None))
    columns = _score_columns(table, flags, layout)
    cells, sample = _numbers(table, rows, columns)
    return _in_order(table, columns, labels, layout, sample, cells)


def _decide_columns(
    table: ColumnTable, flags: PredictionFlags, labels: LabelFlags, *, apart: bool
) -> ScoreLayout:
    layout = None
    if not apart:
        column = flags.label_column or _label_in(table)
        layout = decide_columns(table, replace(labels, column=column, label_columns=None))
    beside = () if layout is None else (*layout.columns, *layout.keep, *layout.extra)
    columns = table.spread(_score_columns(table, flags, layout))
    table.pick((*columns, *beside))
    sample = table.sample().numbers(columns, whole=False, missing=frozenset())
    sample = sample.reshape(len(sample), -1)
    return _in_order(table, columns, labels, layout, sample.astype(_floating(sample.dtype)))


def _in_order(
    table: ColumnsTable,
    columns: list[int],
    labels: LabelFlags,
    layout: Layout | None,
    sample: NDArray[np.floating],
    cells: Sequence[Sequence[str]] | None = None,
) -> ScoreLayout:
    """Return how predictions are read whose columns are known, by the names of these."""
    names = labels.name_list
    if table.header is not None and len(columns) > 1:
        heading = table.headings(columns)
        found = names_from_header(heading, table.name)
        if names is not None and found is not None:
            before, columns = columns, in_order_of_names(columns, heading, names, table.name)
            sample = sample[..., [before.index(column) for column in columns]]
        names = names or found
    _check_count(len(columns), names, table.name)
    return ScoreLayout(tuple(columns), names, layout, sample, cells)


def _first_row_is_header(
    table: DelimitedTable, rows: list[list[str]], flags: PredictionFlags, labels: LabelFlags
) -> bool:
    if flags.header is not None:
        return flags.header
    references = [reference for reference in (flags.columns, flags.label_column) if reference is not None]
    if any(is_name(reference) for reference in references):
        return True
    return has_header(rows, table.name, label=None, classes=labels.name_list, ignored=())


def _label_in(table: ColumnsTable) -> str:
    named = [name for name in table.header or () if name.strip().casefold() in LABEL_NAMES]
    if len(named) == 1:
        return named[0]
    found = (
        f"{listed(named)} could each be the labels"
        if named
        else "no column is named label, target, class or y"
    )
    raise LsmoothError(f"{table.name}: {found}", "name a file of labels, or pass --label-column")


def _score_columns(table: ColumnsTable, flags: PredictionFlags, labels: Layout | None) -> list[int]:
    if flags.columns is not None:
        return find_columns(flags.columns, table.header, table.columns, table.name)
    taken = {table.home(k) for k in (*labels.columns, *labels.keep, *labels.extra)} if labels else set()
    left = table.rest(taken)
    single = [k for k in left if table.spread([k]) == [k]]  # a column of lists cannot be the labels
    strange = [table.header[k] for k in single if table.header and table.header[k].casefold() in LABEL_NAMES]
    if strange:
        message = f"{table.name}: is the column {shown(strange[0])} a class, or the labels?"
        raise LsmoothError(message, "pass --columns with the columns of the predictions")
    if not left:
        raise LsmoothError(f"{table.name} has no columns of predictions")
    return left


def _numbers(
    table: DelimitedTable, rows: list[list[str]], columns: Sequence[int]
) -> tuple[list[list[str]], NDArray[np.float64]]:
    """Return the cells of some columns of the first rows, and the numbers in them, (n, C)."""
    every = list(columns) == list(range(table.columns))
    cells = rows if every else [[row[k] for k in columns] for row in rows]
    numbers = floats_of([cell for row in cells for cell in row])
    if numbers is not None:
        return cells, np.array(numbers).reshape(len(cells), -1)
    row, k, cell = next(
        (row, k, cell)
        for row, some in enumerate(cells)
        for k, cell in zip(columns, some, strict=True)
        if not is_number(cell)
    )
    column = table.header[k] if table.header else k + 1
    raise LsmoothError(
        f"found {shown(cell)} in column {shown(column)}, wanted a number",
        "pass --columns with the columns of the predictions",
        where=f"{table.name}:{row + 1 + (table.header is not None)}",
    )


def read_scores(
    chunk: Chunk,
    layout: ScoreLayout,
    kind: PredictionKind,
    loss_kind: LossKind,
    *,
    renormalised: bool = False,
) -> NDArray[np.floating]:
    """Return the (n, K) predictions of a chunk; raise LsmoothError, naming the place, for bad ones.

    Probabilities that are `renormalised` later need not sum to 1.
    """
    values = chunk.numbers(layout.columns, whole=False, missing=frozenset())
    values = values.reshape(len(values), len(layout.columns))
    values = values.astype(_floating(values.dtype).newbyteorder("="), copy=False)
    with placed(chunk):
        places = partial(chunk.decimals, columns=layout.columns)
        check(values, kind, loss_kind, places, renormalised=renormalised)
    return values
