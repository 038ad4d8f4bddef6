"""lsmooth.detect: from targets back to ε, spread and conventions."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lsmooth.compare.detected import Detection
from lsmooth.compare.findings import conclude
from lsmooth.compare.observed import Observed, Text
from lsmooth.errors import LsmoothError
from lsmooth.files import StrPath
from lsmooth.files.cells import TextChunk
from lsmooth.files.columnar import ColumnTable
from lsmooth.files.header import LABEL_NAMES, check_separators, has_header
from lsmooth.files.npy import NpyTable
from lsmooth.files.source import Source
from lsmooth.labels.classes import Classes, is_number, names_from_header
from lsmooth.pipeline.chunks import Chunk, ColumnsTable, Table
from lsmooth.pipeline.engine import block_rows
from lsmooth.pipeline.flags import LabelFlags
from lsmooth.pipeline.inputs import Progress
from lsmooth.pipeline.long import HEADER
from lsmooth.pipeline.reading import Layout, decide, decide_columns, open_table, text_layout


class Detector:
    """Tells what targets are, block by block, in constant memory.

    Args:
        classes: K.
        dtype: of the values in the file, which says how far they are rounded; float64 for text.

    >>> detector = Detector(3)
    >>> detector.add(np.array([[0.9, 0.05, 0.05]]))
    >>> detector.add(np.array([[0.05, 0.05, 0.9]]))
    >>> detector.result().readings[0].spread
    'others'
    """

    def __init__(self, classes: int, dtype: np.dtype[Any] | None = None) -> None:
        self._seen = Observed(classes, np.dtype(np.float64) if dtype is None else dtype)

    def add(self, block: NDArray[Any], text: Text | None = None) -> None:
        """Add (n, K) rows; the result is the same however they are cut into blocks."""
        self._seen.add(block, text)

    def result(self) -> Detection:
        """Return what the rows so far are; raise LsmoothError for class indices or counts."""
        return conclude(self._seen)


def detect(targets: ArrayLike) -> Detection:
    """Return what targets are, from their values alone: ε, spread, and the conventions that write them.

    ε is the simplest decimal that the values allow by their dtype, so that float32 targets of 0.1 give 0.1.
    Several readings can fit: `others` at ε has the values of `all` at ε·K/(K-1), and of `relative` at
    another ε; the roundest ε is likeliest. Rows that are all 0 or all NaN are ignored ones.

    Args:
        targets: (N, K) values, or any shape with the classes on the last axis; (N,) for a single label.
            Targets lie in [0, 1]; other values are told as faults.

    Returns:
        The readings, likeliest first, what else was seen, and what is wrong.

    Raises:
        LsmoothError: for no rows, for values that are not numbers, and for class indices or counts.

    Reference:
        Szegedy et al. 2016, "Rethinking the Inception Architecture", arXiv 1512.00567, section 7.

    >>> found = detect([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05]])
    >>> [(reading.spread, round(reading.epsilon, 4)) for reading in found.readings]
    [('others', 0.1), ('all', 0.15), ('relative', 0.1765)]
    """
    try:
        values = np.asarray(targets)
    except ValueError:
        raise LsmoothError("the targets are rows of different lengths", "give each row K values") from None
    if values.dtype.kind not in "biuf":
        raise LsmoothError(f"targets are of dtype `{values.dtype}`, wanted numbers")
    if values.ndim == 0 or values.size == 0:
        raise LsmoothError(f"targets have shape {values.shape}, wanted at least one row")
    rows = values.reshape(-1, values.shape[-1] if values.ndim > 1 else 1)
    detector = Detector(rows.shape[1], values.dtype)
    size = block_rows(rows.shape[1], 8)
    for start in range(0, len(rows), size):
        detector.add(rows[start : start + size])
    return detector.result()


def detect_file(
    path: StrPath,
    *,
    label_columns: str | None = None,
    header: bool | None = None,
    input_format: str | None = None,
    progress: Progress | None = None,
) -> Detection:
    """Return what the targets in a file are, as `detect` does, in blocks, in constant memory.

    Args:
        path: `.csv`, `.tsv` or `.npy`, each also `.gz`, `.bz2`, `.xz` or `.zst`, `.parquet`, `.arrow` or
            `.feather`; `-` is standard input. N rows of K targets.
        label_columns: the columns of the targets, as `A:B` or `A,B,C`; None takes all that hold numbers,
            but for one named as a label and those of whole numbers above 1.
        header: whether row 1 holds column names; None tells from the data.
        input_format: `csv`, `tsv`, `npy`, `parquet` or `arrow`, whatever the suffix.
        progress: called with what is being done, rows done, bytes read, and all bytes where known.

    Returns:
        What the targets are. Text has the precision of its decimals.

    Raises:
        UsageError: for a suffix that names no format.
        LsmoothError: for a file that cannot be read, or holds no targets.
    """
    name = os.fspath(path)
    flags = LabelFlags((name,), input_format, "multilabel", header=header, label_columns=label_columns)
    flags.check()
    with ExitStack() as stack:
        source = stack.enter_context(Source(name, input_format))
        table = open_table(source)
        layout, left_out = _decide(table, flags)
        columns = layout.columns
        detector = Detector(len(columns), _dtype(table, columns))
        done = 0
        for chunk in table.chunks(1, block_rows(len(columns), 8)):
            values = chunk.numbers(columns, whole=False, missing=frozenset())
            detector.add(values.reshape(len(values), len(columns)), _text(chunk, columns))
            done += chunk.rows
            if progress is not None:
                progress("reading", done, source.taken(), source.size)
        try:
            found = detector.result()
        except LsmoothError as error:
            raise LsmoothError(error.message, _smooth(source), where=source.name) from None
    names = layout.classes.names if layout.classes is not None else None
    return replace(found, names=names, left_out=left_out)


def _text(chunk: Chunk, columns: Sequence[int]) -> Text:
    if isinstance(chunk, TextChunk):
        text = chunk
        return Text(
            lambda row: [text.records[row][column] for column in columns],
            lambda row: f"line {text.line_numbers[row]}",
        )
    return Text(None, lambda row: f"row {chunk.start + row}")


def _dtype(table: Table, columns: Sequence[int]) -> np.dtype[Any] | None:
    """Return the type of targets, None for text."""
    if isinstance(table, ColumnTable):
        return table.sample(1).numbers(columns, whole=False, missing=frozenset()).dtype
    return table.dtype if isinstance(table, NpyTable) else None


def _smooth(source: Source) -> str:
    return f"lsmooth smooth {'-' if source.is_stdin else shlex.quote(source.name)}"


def _decide(table: Table, flags: LabelFlags) -> tuple[Layout, tuple[str, ...]]:
    """Return how targets are read, and the columns that are left out."""
    if isinstance(table, NpyTable):
        if table.is_strings:
            raise LsmoothError(f"{table.name} holds strings, wanted numbers", _smooth(table.source))
        return decide([table], flags), ()
    if isinstance(table, ColumnTable):
        return _decide_columns(table, flags)
    rows = table.sample()
    if flags.header is None:
        check_separators(rows, table.name)
        if _is_header(rows, table.name):
            table.header = tuple(rows[0])
    elif flags.header:
        table.header = tuple(rows[0])
    if table.header == HEADER:
        message = f"{table.name} has a line for each weight, wanted a row a label"
        raise LsmoothError(message, "explain what lsmooth smooth writes without --layout long")
    rest = rows[table.header is not None :]
    if flags.label_columns is not None or not rest:
        return text_layout(table, rest, flags), ()
    header = table.header or tuple(str(k + 1) for k in range(table.columns))
    numeric = [k for k in range(table.columns) if _are_numbers([row[k] for row in rest])]
    return _of_targets(table, numeric, header)


def _decide_columns(table: ColumnTable, flags: LabelFlags) -> tuple[Layout, tuple[str, ...]]:
    """Return how targets are read from a columnar file, and the columns that are left out."""
    if flags.label_columns is not None or flags.header is False:
        return decide_columns(table, flags), ()
    sample, numeric = table.sample(), []
    for k in range(table.columns):
        elements = table.spread([k])
        if table.types.is_numeric(elements[0]):
            values = sample.numbers(elements, whole=False, missing=frozenset())
            numeric += [k] if _hold_shares(values.reshape(-1).tolist()) else []
    return _of_targets(table, numeric, table.header)


def _of_targets(
    table: ColumnsTable, numeric: Sequence[int], header: Sequence[str]
) -> tuple[Layout, tuple[str, ...]]:
    """Return how targets are read whose columns are among some, and the columns that are left out."""
    taken = [k for k in numeric if header[k].strip().casefold() not in LABEL_NAMES] or list(numeric)
    if not taken:
        message = f"{table.name} has no column of targets, which are numbers in [0, 1]"
        raise LsmoothError(message, _smooth(table.source))
    columns = table.spread(taken)
    table.pick(columns)
    several = table.header and len(columns) > 1
    names = names_from_header(table.headings(columns), table.name) if several else None
    layout = Layout("multilabel", tuple(columns), classes=Classes(len(columns), names))
    return layout, tuple(header[k] for k in range(table.columns) if k not in taken)


def _are_numbers(cells: Sequence[str]) -> bool:
    """Whether a column of text holds numbers, and such as targets are."""
    values = [float(cell) for cell in cells if is_number(cell)]
    return 2 * len(values) >= len(cells) and _hold_shares(values)


def _hold_shares(values: Sequence[float]) -> bool:
    """Whether values are not whole numbers, some above 1, as identifiers are."""
    whole = all(value == np.floor(value) or np.isnan(value) for value in values)
    return not (whole and any(value > 1 for value in values))


def _is_header(rows: list[list[str]], name: str) -> bool:
    if rows[0] == list(map(str, range(len(rows[0])))) and len(rows[0]) > 2:
        return True  # 0,1,2,…, as pandas heads columns: no row of targets has a 2
    return has_header(rows, name, label=None, classes=None, ignored=frozenset())
