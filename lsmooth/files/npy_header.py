"""What an NPY file says that it holds: read by numpy, and refused where it is nothing that streams."""

from __future__ import annotations

import io
import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib import format as npy_format

from lsmooth.errors import LsmoothError, shown
from lsmooth.files.source import Source


@dataclass(frozen=True)
class NpyHeader:
    """The shape of an array, whether it is stored by columns, what it holds, and where its bytes begin."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    offset: int


def read_header(source: Source) -> NpyHeader:
    """Return the header of a file that is at its beginning.

    Raises:
        LsmoothError: for what is no NPY file, or none that can be read in blocks.
    """
    header = _parse(source)
    _check_dtype(source.name, header.dtype)
    _check_shape(source.name, header.shape)
    if header.fortran and len(header.shape) > 1 and (source.direct is None or len(header.shape) > 2):
        raise LsmoothError(
            f"{source.name} is stored column by column (Fortran order) and cannot be streamed",
            "save it with np.save(path, np.ascontiguousarray(array))",
        )
    if (size := source.size) is not None and source.direct is not None:
        _check_size(source.name, header, size - header.offset)
    return header


def _parse(source: Source) -> NpyHeader:
    magic = source.read_exactly(npy_format.MAGIC_LEN)
    try:
        version = npy_format.read_magic(io.BytesIO(magic))
        if version not in ((1, 0), (2, 0), (3, 0)):
            raise ValueError(f"version {version[0]}.{version[1]} is not known")
        size = 2 if version == (1, 0) else 4
        length = source.read_exactly(size)
        body = source.read_exactly(min(int.from_bytes(length, "little"), 1 << 20))
        if version >= (3, 0):
            body = body.decode("utf-8").encode("latin-1")
        read = npy_format.read_array_header_1_0 if size == 2 else npy_format.read_array_header_2_0
        with warnings.catch_warnings(action="ignore"):  # of Python 2, of escapes
            shape, fortran, dtype = read(io.BytesIO(length + body))
    except Exception as error:  # noqa: BLE001 - forged headers fail in any way inside numpy
        reason = str(error).split("\n", maxsplit=1)[0].split(". ", maxsplit=1)[0][:120]
        message = f"{source.name} is not a whole NPY file: {shown(reason, 120)}"
        raise LsmoothError(message, "save it again with numpy.save") from None
    return NpyHeader(shape, fortran, dtype, source.origin + len(magic) + size + len(body))


def _check_dtype(name: str, dtype: np.dtype[Any]) -> None:
    if dtype.hasobject:
        raise LsmoothError(
            f"{name} holds Python objects (pickle), which are never loaded: they can run code",
            "save numbers or strings: np.save(path, array.astype(str))",
        )
    if dtype.kind not in "biufUS" or dtype.itemsize == 0 or dtype.char == "g":
        raise LsmoothError(f"{name} holds `{dtype}`, wanted numbers or strings", "save it with .astype(...)")


def _check_shape(name: str, shape: tuple[int, ...]) -> None:
    if any(isinstance(length, bool) for length in shape):
        raise LsmoothError(f"{name} claims a shape {shape}, wanted whole numbers", "save it again")
    if any(length < 0 for length in shape):
        raise LsmoothError(f"{name} claims a negative shape {shape}")
    if not shape:
        raise LsmoothError(f"{name} holds a single value, not rows", "save a 1-D array")
    if 0 in shape:
        raise LsmoothError(f"{name} is empty: its shape is {shape}", "save at least one row")


def _check_size(name: str, header: NpyHeader, have: int) -> None:
    want = math.prod(header.shape) * header.dtype.itemsize
    if have < want:
        raise LsmoothError(
            f"{name} is truncated: its header claims {want:,} bytes of data, it has {have:,}",
            "copy or save it again",
        )
    if have > want:
        raise LsmoothError(f"{name} has {have - want:,} bytes after its array", "save one array a file")
