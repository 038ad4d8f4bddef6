"""A block of labels → lines or records of row, class and weight, for learners that take no soft targets."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.files.delimited import TextEncoder
from lsmooth.files.npy import as_bytes
from lsmooth.files.streams import Bytes
from lsmooth.labels.block import Labels
from lsmooth.labels.classes import IGNORED, Classes
from lsmooth.pipeline.blocks import ClassTargets, Floats, Kept
from lsmooth.smoothing.sparse import Entries, Places, entries
from lsmooth.smoothing.targets import Recipe

HEADER = ("row", "class", "weight")
#: So many lines of classes are kept for their next row.
_MOST_LINES = 1 << 18
#: The entries of so many classes are kept, at most a million of them.
_MOST_CLASSES = 1 << 10


class LongEncoder:
    """Targets as lines of delimited text, one for each weight above zero.

    Args:
        recipe: how labels become targets.
        text: how cells and numbers are written.
        classes: their names, where they have any, stand in the lines; else their indices.
        minimum: weights below it are dropped, their mass given back within the row.
    """

    def __init__(self, recipe: Recipe, text: TextEncoder, classes: Classes, minimum: float) -> None:
        self._recipe = recipe
        self._text = text
        self._minimum = minimum
        names = classes.names or map(str, range(classes.count))
        delimiter = text.delimiter
        self._cells = [f"{delimiter}{cell}{delimiter}" for cell in text.rows([name] for name in names)]
        self._known: dict[int, list[str]] = {IGNORED: [""]}
        self._room = _MOST_LINES

    def encode(self, labels: Labels, keep: Kept, epsilons: Floats | None, first: int) -> tuple[int, Bytes]:
        """Return the number of rows that are not ignored, and the bytes of their lines."""
        assert keep is None
        if labels.indices is not None and epsilons is None:
            # a row's number stands before each of its lines, as what joins their ends
            numbered = enumerate(labels.indices.tolist(), first)
            lines = [str(row).join(self._ends(label)) for row, label in numbered]
        else:
            targets = self._recipe.smooth(labels, 0.0, epsilons)
            rows, classes, weights = entries(targets, self._minimum, self._text.dtype)
            ends = self._written(classes.tolist(), weights)
            lines = [f"{row}{end}" for row, end in zip((rows + first).tolist(), ends, strict=True)]
        return len(labels) - labels.ignored, "".join(lines).encode()

    def _written(self, classes: Iterable[int], weights: NDArray[np.floating]) -> list[str]:
        """Return what stands in the lines of weights after the number of the row."""
        numbers = self._text.lines(weights[:, None])
        return [f"{self._cells[k]}{number}\n" for k, number in zip(classes, numbers, strict=True)]

    def _ends(self, label: int) -> list[str]:
        """Return the ends of the lines of a class, or of IGNORED, after an empty one."""
        if label in self._known:
            return self._known[label]
        if self._background is not None:
            ends = self._background.copy()
            ends[label + 1 : label + 2] = self._written([label], self._recipe.on[[label]])
        else:
            targets = self._recipe.smooth_labels(np.array([label]))
            _, classes, weights = entries(targets, self._minimum, self._text.dtype)
            ends = ["", *self._written(classes.tolist(), weights)]
        if self._room >= len(ends):
            self._room -= len(ends)
            self._known[label] = ends
        return ends

    @cached_property
    def _background(self) -> list[str] | None:
        """The ends of the lines that rows share but for their class, where no row leaves a weight out."""
        recipe = self._recipe
        if recipe.background is None:
            return None
        least = min(recipe.background.min(), recipe.on.min())
        if least < self._minimum or not self._text.dtype.type(least) > 0:
            return None
        return ["", *self._written(range(recipe.classes), recipe.background)]


def record_type(weight: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type of a record."""
    return np.dtype(list(zip(HEADER, (np.int64, np.int32, weight), strict=True)))


class ClassEntries:
    """The entries of each class, made once, for all encoders."""

    def __init__(self, recipe: Recipe, minimum: float, dtype: np.dtype[Any]) -> None:
        self._recipe = recipe
        self._minimum = minimum
        self._dtype = dtype

    def of(self, labels: NDArray[np.integer]) -> Entries:
        """Return the entries of rows by their labels; IGNORED has none."""
        starts, counts, classes, weights = self._table
        each = counts[labels]
        rows = np.repeat(np.arange(len(labels)), each)
        places = np.arange(len(rows)) + np.repeat(starts[labels] - (np.cumsum(each) - each), each)
        return rows, classes[places], weights[places]

    @cached_property
    def _table(self) -> tuple[Places, Places, Places, NDArray[np.floating]]:
        """Where those of each class start, and how many they are, IGNORED the last; and all of them."""
        targets = ClassTargets(self._recipe, np.dtype(np.float64)).table
        rows, classes, weights = entries(targets, self._minimum, self._dtype)
        counts = np.bincount(rows, minlength=self._recipe.classes + 1)
        return np.cumsum(counts) - counts, counts, classes, weights


class RecordEncoder:
    """Targets as records, one for each weight above zero.

    Args:
        recipe: how labels become targets.
        dtype: of the weights.
        minimum: weights below it are dropped, their mass given back within the row.
        known: the entries of each class.
    """

    def __init__(self, recipe: Recipe, dtype: np.dtype[Any], minimum: float, known: ClassEntries) -> None:
        self._recipe = recipe
        self._dtype = dtype
        self._minimum = minimum
        self._known = known

    def encode(self, labels: Labels, keep: Kept, epsilons: Floats | None, first: int) -> tuple[int, Bytes]:
        """Return the number of rows that are not ignored, and the bytes of their records."""
        assert keep is None
        if labels.indices is not None and epsilons is None and self._recipe.classes <= _MOST_CLASSES:
            rows, classes, weights = self._known.of(labels.indices)
        else:
            targets = self._recipe.smooth(labels, 0.0, epsilons)
            rows, classes, weights = entries(targets, self._minimum, self._dtype)
        records = np.empty(len(rows), record_type(self._dtype))
        for field, values in zip(HEADER, (rows + first, classes, weights), strict=True):
            records[field] = values
        return len(labels) - labels.ignored, as_bytes(records)
