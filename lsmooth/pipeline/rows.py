"""One loss a row, written as targets are: whole or not at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lsmooth.files import DELIMITERS
from lsmooth.files.delimited import TextEncoder, TextWriter
from lsmooth.files.npy import as_bytes
from lsmooth.files.sink import Sink
from lsmooth.files.writers import ArrayWriter, array_writer
from lsmooth.pipeline.flags import WriteFlags

Cells = list[list[str]] | None


class LossRows:
    """Writes losses, one number a line, after the cells that are kept.

    Args:
        sink: where they go.
        writing: the format.
        rows: how many there will be, where that is known.
        keep: the headings of the columns copied through; with any, there is a header.
    """

    def __init__(self, sink: Sink, writing: WriteFlags, rows: int | None, keep: tuple[str, ...]) -> None:
        self._sink = sink
        self._text: TextEncoder | None = None
        if not writing.is_text:
            kind, dtype = writing.format, np.dtype(np.float64)
            self._writer: ArrayWriter | TextWriter = array_writer(kind, sink, dtype, ["loss"], (), rows)
        else:
            self._text = TextEncoder(DELIMITERS[writing.format], np.dtype(np.float64), writing.precision)
            self._writer = TextWriter(sink, self._text, [*keep, "loss"] if keep else None)

    def write(self, losses: NDArray[np.float64], keep: Cells) -> None:
        """Write the losses of some rows."""
        if self._text is None:
            self._writer.write(as_bytes(np.ascontiguousarray(losses)), len(losses))
            return
        lines = self._text.lines(losses[:, None])
        if keep is not None:
            kept = map(self._text.row, keep)
            lines = [f"{cells}{self._text.delimiter}{line}" for cells, line in zip(kept, lines, strict=True)]
        self._writer.write("".join(f"{line}\n" for line in lines).encode(), len(losses))

    def finish(self) -> None:
        """Make the output appear."""
        self._writer.finish()
        self._sink.commit()
