"""A block of labels → a block of output bytes, by the shortest way that gives the same values."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lsmooth.files.delimited import TextEncoder
from lsmooth.files.npy import as_bytes
from lsmooth.files.streams import Bytes
from lsmooth.labels.block import Labels
from lsmooth.labels.classes import IGNORED
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


class LineEncoder:
    """Targets as lines of delimited text, kept columns before them."""

    def __init__(self, recipe: Recipe, text: TextEncoder, ignored_value: float) -> None:
        self._recipe = recipe
        self._text = text
        self._ignored = ignored_value
        self._ignored_line = text.lines(np.full((1, recipe.classes), ignored_value))[0]
        self._known: dict[int, str] = {IGNORED: self._ignored_line}

    def encode(self, labels: Labels, keep: Kept, epsilons: Floats | None) -> tuple[int, Bytes]:
        """Return the number of rows and their bytes."""
        if labels.indices is not None and epsilons is None:
            lines = self._hard_lines(labels.indices)
        else:
            lines = self._text.lines(self._recipe.smooth(labels, self._ignored, epsilons))
        if keep is not None:
            kept = map(self._text.row, keep)
            lines = [before + self._text.delimiter + line for before, line in zip(kept, lines, strict=True)]
        return len(lines), ("\n".join(lines) + "\n").encode() if lines else b""

    def _hard_lines(self, indices: NDArray[np.integer]) -> list[str]:
        if self._recipe.classes > MOST_LINES:
            return [self._line(label) for label in indices.tolist()]
        new = set(np.unique(indices).tolist()) - self._known.keys()
        self._known |= {label: self._line(label) for label in new}
        return list(map(self._known.__getitem__, indices.tolist()))

    def _line(self, label: int) -> str:
        if label == IGNORED:
            return self._ignored_line
        background = self._recipe.background
        if background is not None and self._recipe.spread.uniform and not self._recipe.spread.excluded:
            return self._text.one_hot_line(self._recipe.on[label], background[0], label, self._recipe.classes)
        return self._text.lines(self._recipe.smooth_labels(np.array([label])))[0]
