"""The form of targets: what turns them into bytes, and what writes these, for each layout and format."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from lsmooth.errors import LsmoothError, shown
from lsmooth.files import COLUMNAR, DELIMITERS, SPOKEN
from lsmooth.files.column_writer import names_of_columns
from lsmooth.files.columnar import ColumnTable
from lsmooth.files.delimited import TextEncoder, TextWriter
from lsmooth.files.npy import NpyTable
from lsmooth.files.streams import Outlet
from lsmooth.files.writers import ArrayWriter, array_writer, record_writer
from lsmooth.labels.classes import Classes
from lsmooth.pipeline.blocks import ArrayEncoder, Encoder
from lsmooth.pipeline.chunks import Table
from lsmooth.pipeline.flags import WriteFlags
from lsmooth.pipeline.lines import LineEncoder
from lsmooth.pipeline.long import HEADER, ClassEntries, LongEncoder, RecordEncoder, record_type
from lsmooth.pipeline.reading import Layout
from lsmooth.pipeline.recipes import Chosen


@dataclass(frozen=True)
class Form:
    """How targets are written.

    Attributes:
        writing: the layout, the format and the precision.
        layout: of the labels, whose columns may be copied through.
        classes: in order.
        inner: the axes of labels after the first, none for a row of labels.
    """

    writing: WriteFlags
    layout: Layout
    classes: Classes
    inner: tuple[int, ...] = ()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision of the values."""
        return np.dtype(self.writing.dtype)

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes of an array of targets after the first."""
        return (*self.inner, self.classes.count)

    def check(self) -> None:
        """Raise LsmoothError for targets of more axes than the format holds."""
        writing = self.writing
        if not self.inner or (writing.format == "npy" and writing.ignored != "drop"):
            return
        what = "--ignored drop" if writing.format == "npy" else SPOKEN[writing.format]
        hint = "pass --to npy" if writing.layout == "wide" else "pass --to npy --layout wide"
        message = f"the targets have {len(self.axes) + 1} axes, and {what} cannot hold them"
        raise LsmoothError(message, hint)

    def encoder(self, chosen: Chosen, rows: int) -> Callable[[], Encoder]:
        """Return what makes an encoder of blocks of up to so many rows."""
        recipe, fill = chosen.recipe, 0.0 if self.writing.ignored == "zero" else float("nan")
        minimum = self.writing.min_weight or 0.0
        match self.writing.layout, self.writing.is_text:
            case "long", True:
                return partial(LongEncoder, recipe, self._text, self.classes, minimum)
            case "long", False:
                known = ClassEntries(recipe, minimum, self.dtype)
                return partial(RecordEncoder, recipe, self.dtype, minimum, known)
            case _, True:
                return partial(LineEncoder, recipe, self._text, fill)
        targets = chosen.class_targets(self.dtype)
        return partial(ArrayEncoder, recipe, self.dtype, rows, fill, targets)

    def writer(self, outlet: Outlet, rows: int | None) -> ArrayWriter | TextWriter:
        """Begin to write, where it is known so many rows."""
        kind = self.writing.format
        match self.writing.layout, self.writing.is_text:
            case "long", True:
                return TextWriter(outlet, self._text, HEADER)
            case "long", False:
                named = {} if self.classes.names is None else {"class": self.classes.names}
                return record_writer(kind, outlet, record_type(self.dtype), named)
            case _, True:
                return TextWriter(outlet, self._text, self._header())
        names = self.classes.headings() if kind in COLUMNAR else []
        each = math.prod(self.inner)
        return array_writer(kind, outlet, self.dtype, names, self.axes, rows, each)

    def fits(self, table: Table) -> bool:
        """Whether a file that is there has the columns that would be written now."""
        long, count = self.writing.layout == "long", self.classes.count
        if isinstance(table, NpyTable):
            return table.dtype == self.dtype and table.shape[-1:] == (count,)
        if isinstance(table, ColumnTable):
            return self._are_records(table) if long else self._are_columns(table)
        header, first = HEADER if long else self._header(), table.sample(1)[0]
        return first == list(header) if header else len(first) == len(self.layout.keep) + count

    def _are_records(self, table: ColumnTable) -> bool:
        if table.header != HEADER or table.types.is_strings(1) != (self.classes.names is not None):
            return False
        return table.sample(1).numbers([2], whole=False, missing=frozenset()).dtype == self.dtype

    def _are_columns(self, table: ColumnTable) -> bool:
        columns = table.spread(range(table.columns))
        if table.header != names_of_columns(self.classes.headings()) or len(columns) != self.classes.count:
            return False
        return table.sample(1).numbers(columns, whole=False, missing=frozenset()).dtype == self.dtype

    def _header(self) -> list[str] | None:
        """Return the first line of text with a row a label, None where it has no header."""
        if self.layout.header is None and self.classes.names is None:
            return None
        header = [*self.layout.keep_names, *self.classes.headings()]
        if len(set(header)) < len(header):
            twice = next(name for name, count in Counter(header).items() if count > 1)
            message = f"two columns would be called {shown(twice)}"
            raise LsmoothError(message, "do not --keep a column that is named as a class, or as another one")
        return header

    @property
    def _text(self) -> TextEncoder:
        return TextEncoder(DELIMITERS[self.writing.format], self.dtype, self.writing.precision)
