"""What kind the labels are: by flags, or by the first rows."""

from __future__ import annotations

from collections.abc import Sequence

from lsmooth.errors import LsmoothError
from lsmooth.files.columnar import ColumnTable
from lsmooth.labels import LabelKind
from lsmooth.labels.classes import Ignore, is_number
from lsmooth.labels.kinds import kind_of_array, kind_of_cells, kind_of_text_rows
from lsmooth.pipeline.flags import LabelFlags


def given_kind(columns: Sequence[int], flags: LabelFlags) -> LabelKind | None:
    """Return the kind that flags say, None where the first rows are to tell.

    Raises:
        LsmoothError: for more columns than such a label has.
    """
    if flags.item is not None and len(columns) > 1:
        raise LsmoothError(f"{len(columns)} columns could be the label of an item", "pass --column")
    if flags.kind != "auto" and flags.item is None:
        if flags.kind == "name" and len(columns) > 1:
            raise LsmoothError(f"{len(columns)} columns are not one name a row", "pass --column")
        return flags.kind
    if len(columns) == 1 and flags.name_list and any(map(is_number, flags.name_list)):
        return "name"
    return None


def kind_of_text(
    rows: list[list[str]], header: Sequence[str] | None, columns: Sequence[int], flags: LabelFlags
) -> LabelKind:
    """Return the kind that the cells of the first rows tell; `header` has the names for errors."""
    cells = [[row[k] for k in columns] for row in rows]
    ignore = Ignore(flags.ignore)
    if len(columns) == 1:
        return kind_of_cells([row[0] for row in cells], ignore, named=flags.name_list is not None)
    names = [header[k] if header else str(k + 1) for k in columns]
    return kind_of_text_rows(cells, names, ignore)


def kind_of_columns(table: ColumnTable, columns: Sequence[int], flags: LabelFlags) -> LabelKind:
    """Return the kind that the first values of some columns tell."""
    if len(columns) == 1 and table.types.is_strings(columns[0]):
        return "name"
    sample = table.sample().numbers(columns, whole=False, missing=frozenset())
    return kind_of_array(sample, sample.shape, Ignore(flags.ignore))
