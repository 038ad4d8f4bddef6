"""Rows of targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Row = list[float]


def text(rows: Sequence[Sequence[float]]) -> str:
    """Rows as the command line must write them: Python's repr, commas, LF."""
    return "".join(",".join(map(repr, row)) + "\n" for row in rows)


def one_hot(label: int, classes: int) -> Row:
    """The row that has all mass on one class."""
    return [1.0 if k == label else 0.0 for k in range(classes)]


def bits(values: object) -> list[object]:
    """Values for an exact comparison, in which -0.0 is not 0.0 and NaN equals itself."""
    array = np.asarray(values, dtype=np.float64)
    return [list(array.shape), array.tobytes()]
