"""Sets of files that several threads work on."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lsmooth.pipeline import loss_pass
from lsmooth.tiles import tile_rows

Array = NDArray[Any]
WORKERS = [1, 2, 3, 8]
ROWS, CLASSES = 3000, 6


def random(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def lines(values: Array, *, head: str = "") -> str:
    cells = values.tolist() if values.ndim > 1 else values[:, None].tolist()
    return head + "".join(",".join(map(repr, row)) + "\n" for row in cells)


def cut(patch: pytest.MonkeyPatch, tiles: int) -> None:
    """Make blocks of so many tiles."""

    def rows(classes: int, itemsize: int, *, shared: bool = False, parts: int = 1) -> int:
        del itemsize, shared, parts
        return tile_rows(classes) * tiles

    patch.setattr(loss_pass, "block_rows", rows)


PER_ROW = ["--reduction", "none"]


def threads_here() -> int:
    """How many threads there are, but for those that a client of Dask leaves behind."""
    return sum(not thread.name.startswith("Dask") for thread in threading.enumerate())
