"""Files of columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

SUFFIXES = ["parquet", "arrow", "feather"]
each_suffix = pytest.mark.parametrize("suffix", SUFFIXES)


def save(path: Path, columns: dict[str, Any] | pl.DataFrame, rows: int | None = None) -> None:
    """Write columns, so many rows a group."""
    frame = pl.DataFrame(columns)
    if path.suffix == ".parquet":
        frame.write_parquet(path, row_group_size=rows)
    else:
        frame.write_ipc(path, record_batch_size=rows)


def lists(values: Any, width: int | None) -> pl.Series:
    """Return rows as lists, or as arrays of one width."""
    kind = pl.List(pl.Float64) if width is None else pl.Array(pl.Float64, width)
    return pl.Series(values, dtype=kind)
