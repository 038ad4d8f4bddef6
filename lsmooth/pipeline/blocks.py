"""A block of labels → a block of output bytes, by the shortest way that gives the same values."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lsmooth.files.npy import as_bytes
from lsmooth.files.streams import Bytes
from lsmooth.labels.block import Labels
from lsmooth.smoothing.targets import HardBlock, Recipe

#: Above so many classes the lines of all hard labels (K² numbers) are not kept, but made one by one.
MOST_LINES = 1000

Kept = list[list[str]] | None
Floats = NDArray[np.float64]


class Encoder(Protocol):
    """Turns labels into bytes of the output format."""

    def encode(self, labels: Labels, keep: Kept, epsilons: Floats | None) -> tuple[int, Bytes]:
        """Return the number of rows and their bytes; the bytes are valid until the next call."""
        ...


class ArrayEncoder:
    """Targets as raw values of an NPY file."""

    def __init__(self, recipe: Recipe, dtype: np.dtype[Any], rows: int, ignored_value: float) -> None:
        self._recipe = recipe
        self._dtype = dtype
        self._ignored = ignored_value
        self._rows = rows
        self._hard: HardBlock | None = None
        self._filled = False

    def encode(self, labels: Labels, keep: Kept, epsilons: Floats | None) -> tuple[int, Bytes]:
        """Return the number of rows and their bytes; the bytes are valid until the next call."""
        assert keep is None
        if labels.indices is None or epsilons is not None or self._recipe.background is None:
            targets = self._targets(labels, epsilons)
        else:
            if self._hard is None or len(labels.indices) > self._rows:
                self._rows = max(self._rows, len(labels.indices))
                self._hard = HardBlock(self._recipe, self._rows, self._dtype, self._ignored)
            elif self._filled:
                self._hard.clear()
            targets = self._hard.fill(labels.indices)
            self._filled = True
        return len(targets), as_bytes(targets)

    def _targets(self, labels: Labels, epsilons: Floats | None) -> NDArray[Any]:
        if labels.indices is None or epsilons is not None or self._recipe.classes > MOST_LINES:
            return self._recipe.smooth(labels, self._ignored, epsilons).astype(self._dtype, copy=False)
        targets = self._table[np.where(labels.hides(), 0, labels.indices)]
        targets[labels.hides()] = self._ignored
        return targets

    @cached_property
    def _table(self) -> NDArray[Any]:
        """The targets of each class, (K, K); those of excluded classes are not asked for."""
        table = np.zeros((self._recipe.classes, self._recipe.classes), dtype=self._dtype)
        included = self._recipe.spread.included
        table[included] = self._recipe.smooth_labels(included)
        return table
