"""Arrays as files."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from conftest import Work
from numpy.lib import format as npy_format
from numpy.typing import NDArray

Array = NDArray[Any]
LABELS = np.array([0, 2, 1, 1])
HOT = "1.0,0.0,0.0\n0.0,0.0,1.0\n0.0,1.0,0.0\n0.0,1.0,0.0\n"  # LABELS at ε = 0


def npy(array: Array, version: tuple[int, int] | None = None) -> bytes:
    buffer = io.BytesIO()
    npy_format.write_array(buffer, array, version=version, allow_pickle=True)
    return buffer.getvalue()


def refuse(work: Work, data: bytes | Array, *flags: object, name: str = "f.npy") -> str:
    work.write(name, data if isinstance(data, bytes) else npy(data))
    return work.refused("smooth", name, "-o", "out.npy", *flags)
