"""Wide blocks of floats by polars, where it is installed: the same numbers, the same text as without it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.files.extras import find_polars, has_polars

#: Fewer values are done before polars has been imported.
FEWEST_VALUES = 1 << 16
#: Narrower rows are quick enough.
FEWEST_COLUMNS = 8
#: Each column costs polars memory, whatever its length.
MOST_COLUMNS = 1000
#: Below this, Python writes an exponent, of two digits at least; polars has zeros down to 1e-5, or 1e-6.
_EXPONENT_BELOW = 1e-4
#: From here on polars writes an exponent of floats of 32 bits, Python from 1e16.
WIDEST_SINGLE = 1e12
_EXPONENTS = [(re.compile(rb"e-([0-9])(?![0-9])"), rb"e-0\1")]
for _power in (5, 6):
    _zeros = rb"0\.%s(?<![0-9]0\.%s)" % ((b"0" * (_power - 1),) * 2)
    _EXPONENTS.append((re.compile(_zeros + rb"([1-9])([0-9]+)"), rb"\1.\2e-0%d" % _power))
    _EXPONENTS.append((re.compile(_zeros + rb"([1-9])"), rb"\1e-0%d" % _power))

Array = NDArray[Any]


def parse_floats(
    data: bytes, rows: int, width: int, delimiter: str, columns: Sequence[int]
) -> NDArray[np.float64] | None:
    """Return the floats in some columns of lines without quotes, (rows, C).

    None where polars is not at hand or not worth it, and for all that it does not read as numpy does: what is
    no number, a ragged or a blank line, an empty cell, spaces after a number.
    """
    if width > MOST_COLUMNS or not _is_worth_it(rows, len(columns)) or not data.isascii():
        return None
    if (polars := find_polars()) is None:
        return None
    wanted = set(columns)
    schema = {str(k): polars.Float64 if k in wanted else polars.String for k in range(width)}
    if len(wanted) < width and not _is_square(data, rows, width, delimiter):
        return None
    try:
        frame = polars.read_csv(
            data,
            has_header=False,
            separator=delimiter,
            quote_char=None,
            schema=schema,
            columns=sorted(wanted),
        )
    except polars.exceptions.PolarsError:
        return None
    if frame.height != rows or any(frame.null_count().row(0)):
        return None
    names = list(map(str, columns))
    if frame.columns != names:
        frame = frame.select(names)
    values: NDArray[np.float64] = frame.to_numpy(order="c")
    return values


def _is_worth_it(rows: int, columns: int) -> bool:
    return FEWEST_COLUMNS <= columns <= MOST_COLUMNS and rows * columns >= FEWEST_VALUES


def lets_others_run(columns: int) -> bool:
    """Whether lines of so many floats are done outside the lock of Python, so that threads do not wait."""
    return FEWEST_COLUMNS <= columns <= MOST_COLUMNS and has_polars()


def _is_square(data: bytes, rows: int, width: int, delimiter: str) -> bool:
    """Whether each line has `width` cells."""
    text = np.frombuffer(data, np.uint8)
    marks = text[(text == ord(delimiter)) | (text == ord("\n"))]
    if len(marks) != rows * width:
        return False
    ends = (marks == ord("\n")).reshape(rows, width)
    return bool(ends[:, -1].all()) and not ends[:, :-1].any()


def format_floats(values: Array, delimiter: str) -> bytes | None:
    """Return (n, K) floats of 32 or 64 bits as lines, as Python's repr has them.

    The digits are the shortest that read back as the same value of that width. None where polars is not
    at hand or not worth it.
    """
    if not _is_worth_it(*values.shape) or values.dtype.char not in "fd":
        return None
    sizes = np.abs(values)
    finite = bool(np.isfinite(sizes.max(initial=0)))
    if values.dtype.char == "f" and (sizes[np.isfinite(sizes)] >= WIDEST_SINGLE).any():
        return None
    if (polars := find_polars()) is None:
        return None
    buffer = io.BytesIO()
    polars.from_numpy(values).write_csv(buffer, include_header=False, separator=delimiter)
    text = buffer.getvalue()
    if ((sizes < _EXPONENT_BELOW) & (sizes > 0)).any():
        for written, wanted in _EXPONENTS:
            text = written.sub(wanted, text)
    return text if finite else text.replace(b"NaN", b"nan")
