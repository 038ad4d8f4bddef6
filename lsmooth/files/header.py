"""Whether the first row of a CSV or TSV file holds column names, and finding columns by name or number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache

from lsmooth.errors import LsmoothError, did_you_mean, listed, shown
from lsmooth.files import is_position
from lsmooth.labels.classes import floats_of, is_number

LABEL_NAMES = frozenset({"label", "labels", "target", "class", "y"})
_ASK = "pass --header if row 1 holds column names, --no-header if it holds data"

Rows = Sequence[Sequence[str]]


def has_header(
    rows: Rows,
    name: str,
    *,
    label: int | None,
    classes: Collection[str] | None,
    ignored: Collection[str],
    named: bool = False,
) -> bool:
    """Return whether row 1 is a header, by the rules that need no flag, the first that fits.

    Args:
        rows: the cells of the first rows.
        name: of the file, for errors.
        label: the position of the label column where it is known.
        classes: the class names where they are known.
        ignored: cells that are no evidence.
        named: the labels are names, of which some may be numbers.

    Raises:
        LsmoothError: where it cannot be told.
    """
    first, rest = rows[0], rows[1:]
    columns = range(len(first))
    if len(first) == 1 and not first[0].strip():
        return False

    @cache  # of a wide file, one column often tells
    def numeric(k: int, *, alone: bool = False) -> bool:
        return _is_numeric([row[k] for row in rest], ignored, alone=alone)

    if len(first) >= 3 and list(first) == list(map(str, columns)) and all(map(numeric, columns)):
        message = f"the first row is {listed(first, 4)}: names of columns, or data?"
        raise LsmoothError(message, _ASK, where=f"{name}:1")
    data_like = [is_number(cell) or (cell in ignored and cell != "") for cell in first]
    if any(not data_like[k] and numeric(k, alone=named and k == label) for k in columns):
        return True
    if any(is_number(first[k]) and (not rest or numeric(k)) for k in columns):
        return False
    if any(cell.strip().casefold() in LABEL_NAMES for cell in first):
        return True
    if classes is not None and label is not None:
        if first[label] in classes or first[label] in ignored:
            return False
        if rest and rest[0][label] in classes:
            return True
    message = f"the first row is {listed(first, 4)}: names of columns, or data?"
    raise LsmoothError(message, _ASK, where=f"{name}:1")


def _is_numeric(cells: Sequence[str], ignored: Collection[str], *, alone: bool) -> bool:
    """Whether half of the cells of a column that tell anything are numbers; or they `alone` are there."""
    if cells and floats_of(cells) is not None:
        return True
    numbers = [is_number(cell) for cell in cells]
    telling = [
        number
        for cell, number in zip(cells, numbers, strict=True)
        if number or (cell not in ignored and cell.strip())
    ]
    return bool(telling) and (1 if alone else 2) * sum(telling) >= len(telling)


def check_separators(rows: Rows, name: str) -> None:
    """Raise where every row seems to be separated by something else than the delimiter."""
    for mark, what, remedy in (
        (";", "semicolons", "tr ';' ','"),
        ("\t", "tabs", "--from tsv"),
        (",", "commas", "--from csv"),
    ):
        counts = {sum(cell.count(mark) for cell in row) for row in rows}
        if len(counts) == 1 and counts != {0}:
            message = f"the first row is {listed(rows[0], 4)}: are its columns separated by {what}?"
            hint = f"separate them as the suffix says ({remedy}), or pass --column or --labels name"
            raise LsmoothError(message, hint, where=f"{name}:1")


def find_column(reference: str, header: Sequence[str] | None, width: int, name: str) -> int:
    """Return the position from 0 of a column given by name, or by number from 1; a name is tried first.

    Raises:
        LsmoothError: for a column that is not there, or a name that stands twice.
    """
    if header is not None and reference in header:
        if list(header).count(reference) > 1:
            raise LsmoothError(f"{name}: column {shown(reference)} stands twice", "give its number, from 1")
        return list(header).index(reference)
    if is_position(reference) and 1 <= int(reference) <= width:
        return int(reference) - 1
    if header is None:
        columns = f"columns are 1-{width}, there is no header"
        raise LsmoothError(f"{name} has no column {shown(reference)}", columns)
    message = f"{name} has no column {shown(reference)}{did_you_mean(reference, header)}"
    raise LsmoothError(message, f"the columns are {listed(header, 20)}")


def find_columns(references: str, header: Sequence[str] | None, width: int, name: str) -> list[int]:
    """Return the positions of `A,B,C` and ranges `A:B`, both ends included."""
    columns: list[int] = []
    for piece in references.split(","):
        if ":" in piece and not (header is not None and piece in header):
            low, _, high = piece.partition(":")
            first, last = (find_column(end, header, width, name) for end in (low, high))
            if last < first:
                raise LsmoothError(f"{name}: the columns {shown(piece)} run backwards", f"pass {high}:{low}")
            columns += range(first, last + 1)
        else:
            columns.append(find_column(piece, header, width, name))
    if len(set(columns)) < len(columns):
        raise LsmoothError(f"{name}: {shown(references)} names a column twice", "name each once")
    return columns
