"""What is read as what: header, columns, kind and classes, decided once on the first 1,000 rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from lsmooth.errors import LsmoothError, listed
from lsmooth.files.cells import TextChunk
from lsmooth.files.columnar import ColumnChunk, ColumnTable
from lsmooth.files.delimited import DelimitedTable
from lsmooth.files.header import (
    LABEL_NAMES,
    check_separators,
    find_column,
    find_columns,
    has_header,
)
from lsmooth.files.npy import NpyTable
from lsmooth.files.source import Source
from lsmooth.labels import SOFT, LabelKind
from lsmooth.labels.block import Labels
from lsmooth.labels.classes import Classes, Ignore, names_from_header
from lsmooth.labels.hard import read_names
from lsmooth.labels.kinds import kind_of_array
from lsmooth.labels.soft import check_rows, read_votes
from lsmooth.pipeline.chunks import Chunk, ColumnsTable, Table, VoteChunk, read_chunk, same_kind
from lsmooth.pipeline.flags import LabelFlags, is_name
from lsmooth.pipeline.kinds import given_kind, kind_of_columns, kind_of_text

#: What files are read as that are no text.
_TABLES: dict[str, Callable[[Source], Table]] = {
    "npy": NpyTable,
    "parquet": ColumnTable,
    "arrow": ColumnTable,
}


@dataclass(frozen=True)
class Layout:
    """How the labels of a table are read.

    Attributes:
        kind: of the labels.
        columns: the positions of the label columns.
        keep: the positions of the columns that are copied through.
        keep_names: their headings.
        header: the first row where it holds names, else None.
        classes: the classes where they are known before the labels are read, else None.
        flat: each value is a label of its own (a map of class indices).
        extra: the positions of columns that are never the label: ε, or what it depends on.
    """

    kind: LabelKind
    columns: Sequence[int]
    keep: tuple[int, ...] = ()
    keep_names: tuple[str, ...] = ()
    header: tuple[str, ...] | None = None
    classes: Classes | None = None
    flat: bool = False
    extra: tuple[int, ...] = ()

    @property
    def column(self) -> str | None:
        """The name of the label column, where it is one of the file."""
        if self.header is None or len(self.columns) > 1 or self.columns[0] >= len(self.header):
            return None
        return self.header[self.columns[0]]


def open_table(source: Source) -> Table:
    """Open an input as a table of its format."""
    source.open()
    return _TABLES.get(source.format, DelimitedTable)(source)


def decide(tables: Sequence[Table], flags: LabelFlags) -> Layout:
    """Return how labels are read, by the flags and the first rows.

    Raises:
        LsmoothError: where the data can be read in two ways, or not at all.
    """
    first = tables[0]
    for table in tables:
        same_kind(table, first)
    if isinstance(first, NpyTable):
        return _decide_array(first, flags)
    if isinstance(first, ColumnTable):
        return decide_columns(first, flags)
    return _decide_text([table for table in tables if isinstance(table, DelimitedTable)], flags)


def _decide_array(table: NpyTable, flags: LabelFlags) -> Layout:
    if flags.references() or flags.header is not None:
        raise LsmoothError(
            f"{table.name} has no named columns", "drop --column, --label-columns, --keep, --header"
        )
    sample, ignore = table.sample(), Ignore(flags.ignore)
    try:
        kind = flags.kind if flags.kind != "auto" else kind_of_array(sample, table.shape, ignore)
    except LsmoothError as error:
        raise error.at(table.name if error.row is None else f"{table.name}: row {error.row}") from None
    flat = kind in ("index", "name")
    if flat:
        table.flatten()
    columns = range(table.columns)
    return Layout(
        kind, columns, classes=_known_classes(kind, len(columns), None, flags, table.name), flat=flat
    )


def _decide_text(tables: Sequence[DelimitedTable], flags: LabelFlags) -> Layout:
    first = tables[0]
    rows = first.sample()
    if flags.kind != "name" and flags.column is None:
        check_separators(rows, first.name)
    if _first_row_is_header(first, rows, flags):
        first.header = tuple(rows[0])
    return text_layout(first, rows[first.header is not None :], flags)


def decide_columns(table: ColumnTable, flags: LabelFlags) -> Layout:
    """Return how the labels in a columnar file are read."""
    if flags.header is False:
        raise LsmoothError(f"{table.name} has named columns", "drop --no-header")
    return _layout(table, partial(kind_of_columns, table), flags)


def text_layout(table: DelimitedTable, rows: list[list[str]], flags: LabelFlags) -> Layout:
    """Return how the labels in a table are read whose header is known, by its first rows below that."""
    if not rows:
        message = f"{table.name} has a header and no rows, wanted at least one"
        raise LsmoothError(message, "check what wrote it")
    return _layout(table, partial(kind_of_text, rows, table.header), flags)


def _layout(
    table: ColumnsTable, kind_of: Callable[[Sequence[int], LabelFlags], LabelKind], flags: LabelFlags
) -> Layout:
    header, name = table.header, table.name
    keep = tuple(find_column(reference, header, table.columns, name) for reference in flags.keep)
    beside = flags.beside if flags.item is None else (flags.item,)
    extra = tuple(find_column(reference, header, table.columns, name) for reference in beside)
    columns = table.spread(_label_columns(table, header, (*keep, *extra), flags))
    table.pick((*columns, *keep, *extra))
    try:
        kind = given_kind(columns, flags) or kind_of(columns, flags)
    except LsmoothError as error:
        raise error.at(table.sampled_at((error.row or 0) + (header is not None))) from None
    heading = table.headings(columns) if header else None
    if kind in SOFT and heading and flags.name_list:
        columns = in_order_of_names(columns, heading, flags.name_list, name)
    return Layout(
        kind,
        tuple(columns),
        keep,
        tuple(header[k] if header else f"column_{k + 1}" for k in keep),
        header,
        _known_classes(kind, len(columns), heading, flags, name),
        flat=kind == "index" and len(columns) > 1,
        extra=extra,
    )


def _first_row_is_header(table: DelimitedTable, rows: list[list[str]], flags: LabelFlags) -> bool:
    if flags.header is not None:
        return flags.header
    if any(is_name(reference) for reference in flags.references()):
        return True
    beside = (*flags.keep, *flags.beside, *([flags.item] if flags.item else []))
    taken = {int(reference) - 1 for reference in beside}
    left = [k for k in range(table.columns) if k not in taken]
    label = left[0] if len(left) == 1 else None
    if flags.column is not None:
        label = int(flags.column) - 1 if 1 <= int(flags.column) <= table.columns else None
    return has_header(
        rows,
        table.name,
        label=label,
        classes=flags.name_list,
        ignored=Ignore(flags.ignore).cells,
        named=flags.kind == "name",
    )


def _label_columns(
    table: ColumnsTable, header: Sequence[str] | None, keep: Sequence[int], flags: LabelFlags
) -> list[int]:
    if flags.column is not None:
        return [find_column(flags.column, header, table.columns, table.name)]
    if flags.label_columns is not None:
        return find_columns(flags.label_columns, header, table.columns, table.name)
    left = table.rest(keep)
    if not left:
        raise LsmoothError(f"{table.name}: no column is left to be the label", "keep fewer columns")
    if len(left) == 1 or header is None or (flags.kind in SOFT and flags.item is None):
        return left
    named = [k for k in left if header[k].strip().casefold() in LABEL_NAMES]
    if len(named) > 1:
        names = listed(header[k] for k in named)
        raise LsmoothError(f"{table.name}: {names} could each be the label", "pass --column with one of them")
    return named or left


def in_order_of_names(
    columns: Sequence[int], heading: Sequence[str], names: Sequence[str], file: str
) -> list[int]:
    """Return columns by their headings in the order of the class names; unnamed ones stay as they are."""
    found = names_from_header(heading, file)
    if found is None:
        return list(columns)
    if sorted(found) != sorted(names):
        message = f"{file}: the columns are {listed(found)}, the classes {listed(names)}"
        raise LsmoothError(message, "give both the same names; their order may differ")
    return [columns[found.index(name)] for name in names]


def _known_classes(
    kind: LabelKind, columns: int, heading: Sequence[str] | None, flags: LabelFlags, file: str
) -> Classes | None:
    given = flags.classes
    if flags.name_list is not None:
        given = len(flags.name_list)
    if kind in SOFT:
        if given is not None and given != columns:
            raise LsmoothError(
                f"{file}: the label has {columns} columns, wanted {given} classes", "correct --classes"
            )
        found = names_from_header(heading, file) if heading and len(heading) > 1 else None
        classes = Classes(columns, flags.name_list or found)
        Ignore(flags.ignore).check_rows(classes)
        return classes
    if given is None or (kind == "name" and flags.name_list is None):
        return None
    return Classes(given, flags.name_list)


def read_labels(
    chunk: Chunk,
    layout: Layout,
    classes: Classes,
    ignore: Ignore,
    excluded: Sequence[int] = (),
    pseudocount: float | None = None,
) -> Labels:
    """Return the labels of a chunk; raise LsmoothError, naming the place, for one that is not legal."""
    with placed(chunk, layout):
        if layout.kind == "name":
            labels = Labels.hard(read_names(chunk.text(layout.columns[0]), classes, ignore))
        elif layout.kind == "index":
            labels = Labels.hard(read_chunk(chunk, layout.columns, classes, ignore))
        else:
            values = chunk.numbers(layout.columns, whole=False, missing=frozenset())
            rows = values.reshape(len(values), len(layout.columns))
            if layout.kind == "votes":
                labels = Labels.soft(*read_votes(rows, pseudocount or 0.0, ignore))
            else:
                places = partial(chunk.decimals, columns=layout.columns)
                labels = Labels.soft(rows, *check_rows(rows, layout.kind, ignore, places))
        labels.refuse(excluded, classes)
    return labels


@contextmanager
def placed(chunk: Chunk, layout: Layout | None = None) -> Iterator[None]:
    """Give errors of a row of this chunk the file and the line."""
    try:
        yield
    except LsmoothError as error:
        if error.row is not None:
            each = len(layout.columns) if layout is not None and layout.flat else 1
            error.at(chunk.where(error.row // each))
        raise


def kept_cells(chunk: Chunk, layout: Layout) -> list[list[str]] | None:
    """Return the cells that are copied through, row by row; None when there are none."""
    if isinstance(chunk, VoteChunk):
        return chunk.keep
    if not layout.keep or not isinstance(chunk, TextChunk | ColumnChunk):
        return None
    return chunk.kept(layout.keep)
