"""NPY out: a header that can grow, and rows."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.lib import format as npy_format

from lsmooth.files.streams import Bytes, Outlet


def header_bytes(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """Return the header of an NPY file, padded so that the first axis can grow in place."""
    buffer = io.BytesIO()
    description = {
        "descr": npy_format.dtype_to_descr(dtype),
        "fortran_order": False,
        "shape": shape,
    }
    npy_format.write_array_header_1_0(buffer, description)
    return buffer.getvalue()


class NpyWriter:
    """Writes rows as one C-ordered array of shape (N, *axes).

    Args:
        sink: where the bytes go.
        dtype: of the values.
        axes: the axes after the first.
        rows: how many rows where that is known; else it is put into the header at the end, which needs a
            sink that seeks.
        each: rows that make one step of the first axis (a map of labels is written pixel by pixel).
    """

    def __init__(
        self, sink: Outlet, dtype: np.dtype[Any], axes: tuple[int, ...], rows: int | None, each: int = 1
    ) -> None:
        self._sink = sink
        self._dtype = dtype
        self._axes = axes
        self._each = each
        self._announced = rows
        self._rows = 0
        sink.write(self._header(rows or 0))

    def _header(self, rows: int) -> bytes:
        return header_bytes((rows // self._each, *self._axes), self._dtype)

    def write(self, data: Bytes, rows: int) -> None:
        """Write the values of some rows."""
        self._sink.write(data)
        self._rows += rows

    def finish(self) -> None:
        """Put the number of rows into the header, unless it is there."""
        if self._rows != self._announced:
            self._sink.overwrite(0, self._header(self._rows))
