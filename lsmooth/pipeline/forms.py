"""The form of targets: what turns them into bytes, and what writes these, for each layout and format."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from lsmooth.errors import LsmoothError
from lsmooth.files import DELIMITERS
from lsmooth.files.delimited import TextEncoder, TextWriter
from lsmooth.files.streams import Outlet
from lsmooth.files.writers import ArrayWriter, array_writer
from lsmooth.labels.classes import Classes
from lsmooth.pipeline.blocks import ArrayEncoder, Encoder
from lsmooth.pipeline.flags import WriteFlags
from lsmooth.pipeline.lines import LineEncoder
from lsmooth.pipeline.long import HEADER, LongEncoder
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
    inner: tuple[int, ...]

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
        what = "--ignored drop" if writing.format == "npy" else writing.format
        hint = "pass --to npy" if writing.layout == "wide" else "pass --to npy --layout wide"
        message = f"the targets have {len(self.axes) + 1} axes, and {what} cannot hold them"
        raise LsmoothError(message, hint)

    def encoder(self, chosen: Chosen, rows: int) -> Callable[[], Encoder]:
        """Return what makes an encoder of blocks of up to so many rows."""
        recipe, fill = chosen.recipe, 0.0 if self.writing.ignored == "zero" else float("nan")
        if not self.writing.is_text:
            targets = chosen.class_targets(self.dtype)
            return partial(ArrayEncoder, recipe, self.dtype, rows, fill, targets)
        if self.writing.layout == "long":
            return partial(LongEncoder, recipe, self._text, self.classes, self.writing.min_weight or 0.0)
        return partial(LineEncoder, recipe, self._text, fill)

    def writer(self, outlet: Outlet, rows: int | None) -> ArrayWriter | TextWriter:
        """Begin to write, where it is known so many rows."""
        if self.writing.is_text:
            long = self.writing.layout == "long"
            return TextWriter(outlet, self._text, HEADER if long else headings(self.layout, self.classes))
        names, each = self.classes.headings(), math.prod(self.inner)
        return array_writer(self.writing.format, outlet, self.dtype, names, self.axes, rows, each)

    @property
    def _text(self) -> TextEncoder:
        return TextEncoder(DELIMITERS[self.writing.format], self.dtype, self.writing.precision)


def headings(layout: Layout, classes: Classes) -> list[str] | None:
    """Return the first line of targets in text, None where they have no header."""
    if layout.header is None and classes.names is None:
        return None
    return [*layout.keep_names, *classes.headings()]
