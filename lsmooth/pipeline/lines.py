"""A block of labels → lines of delimited text, by the shortest way that gives the same values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lsmooth.files.delimited import TextEncoder
from lsmooth.files.npy import as_bytes
from lsmooth.files.streams import Bytes
from lsmooth.labels.block import Labels
from lsmooth.labels.classes import IGNORED
from lsmooth.pipeline.blocks import MOST_LINES, Floats, Kept
from lsmooth.smoothing.targets import Recipe

#: Lines of one length are kept in an array where it has no more bytes than this.
_MOST_BYTES = 1 << 22


class LineTable:
    """The lines of all classes, made when they are first asked for.

    Args:
        line: returns the line of a class, or of IGNORED.
        classes: how many classes.
    """

    def __init__(self, line: Callable[[int], str], classes: int) -> None:
        self._line = line
        self._known = np.zeros(classes + 1, dtype=bool)  # IGNORED is the last one, by wrapping round
        self._lines: dict[int, bytes] = {}
        self._array: NDArray[np.void] | None = None

    def take(self, indices: NDArray[np.integer]) -> Bytes:
        """Return the lines of (n,) labels, each with its end."""
        known = self._known.take(indices, mode="wrap")
        if not known.all():
            for label in sorted(set(indices[~known].tolist())):
                self._add(label)
        if self._array is None:
            return b"".join(map(self._lines.__getitem__, indices.tolist()))
        return as_bytes(self._array.take(indices, mode="wrap"))

    def _add(self, label: int) -> None:
        line = (self._line(label) + "\n").encode()
        count = len(self._known)
        if not self._lines and len(line) * count <= _MOST_BYTES:
            self._array = np.zeros(count, np.dtype((np.void, len(line))))
        if self._array is not None and self._array.itemsize != len(line):
            self._array = None
        if self._array is not None:
            self._array[label] = line
        self._lines[label] = line
        self._known[label] = True


class LineEncoder:
    """Targets as lines of delimited text, kept columns before them."""

    def __init__(self, recipe: Recipe, text: TextEncoder, ignored_value: float) -> None:
        self._recipe = recipe
        self._text = text
        self._ignored = ignored_value
        self._table = LineTable(self._line, recipe.classes)
        self._known: dict[int, str] = {}

    def encode(self, labels: Labels, keep: Kept, epsilons: Floats | None, first: int) -> tuple[int, Bytes]:
        """Return the number of rows and their bytes."""
        del first
        if labels.indices is not None and epsilons is None:
            if keep is None and self._recipe.classes <= MOST_LINES and len(labels):
                return len(labels), self._table.take(labels.indices)
            lines = self._hard_lines(labels.indices.tolist())
        else:
            targets = self._recipe.smooth(labels, self._ignored, epsilons)
            text = self._text.block(targets)
            if keep is None:
                return len(targets), text
            lines = text.decode().splitlines()
        if keep is not None:
            kept, delimiter = self._text.rows(keep), self._text.delimiter
            lines = [f"{before}{delimiter}{line}" for before, line in zip(kept, lines, strict=True)]
        return len(lines), ("\n".join(lines) + "\n").encode() if lines else b""

    def _hard_lines(self, indices: list[int]) -> list[str]:
        if self._recipe.classes > MOST_LINES:
            return list(map(self._line, indices))
        for label in sorted(set(indices) - self._known.keys()):
            self._known[label] = self._line(label)
        return list(map(self._known.__getitem__, indices))

    def _line(self, label: int) -> str:
        if label == IGNORED:
            return self._text.one_hot_line(self._ignored, self._ignored, 0, self._recipe.classes)
        background = self._recipe.background
        if background is not None and self._recipe.spread.even:
            return self._text.one_hot_line(self._recipe.on[label], background[0], label, self._recipe.classes)
        return self._text.lines(self._recipe.smooth_labels(np.array([label])))[0]
