"""A block of labels → a block of output bytes, by the shortest way that gives the same values."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lsmooth.files.npy import as_bytes
from lsmooth.files.streams import Bytes
from lsmooth.labels.block import Labels
from lsmooth.smoothing.blocks import HardBlock, Scratch, WideBlock
from lsmooth.smoothing.targets import Recipe

#: Above so many classes the lines of all hard labels (K² numbers) are not kept, but made one by one.
MOST_LINES = 1000

Thing = TypeVar("Thing")
Kept = list[list[str]] | None
Floats = NDArray[np.float64]


class Encoder(Protocol):
    """Turns labels into bytes of the output format; `first` is the place of the first in the input."""

    def encode(self, labels: Labels, keep: Kept, epsilons: Floats | None, first: int) -> tuple[int, Bytes]:
        """Return the number of rows and their bytes; the bytes are valid until the next call."""
        ...


class ClassTargets:
    """The targets of each class, made once, for all encoders of a recipe that has no background."""

    def __init__(self, recipe: Recipe, dtype: np.dtype[Any]) -> None:
        self._recipe = recipe
        self._dtype = dtype

    @cached_property
    def table(self) -> NDArray[Any]:
        """One row a class, (K, K); those of excluded classes are not asked for."""
        table = np.zeros((self._recipe.classes, self._recipe.classes), dtype=self._dtype)
        included = self._recipe.spread.included
        table[included] = self._recipe.smooth_labels(included)
        return table


class ArrayEncoder:
    """Targets as raw values of an NPY file."""

    def __init__(
        self,
        recipe: Recipe,
        dtype: np.dtype[Any],
        rows: int,
        ignored_value: float,
        targets: ClassTargets | None = None,
    ) -> None:
        self._recipe = recipe
        self._dtype = dtype
        self._ignored = ignored_value
        self._rows = rows
        self._targets = targets or ClassTargets(recipe, dtype)
        self._scratch = Scratch()
        self._hard: HardBlock | None = None

    def encode(self, labels: Labels, keep: Kept, epsilons: Floats | None, first: int) -> tuple[int, Bytes]:
        """Return the number of rows and their bytes; the bytes are valid until the next call."""
        del first
        assert keep is None
        if labels.indices is None or epsilons is not None:
            targets = self._wide.fill(labels, epsilons)
        elif self._recipe.background is not None:
            targets = self._hard_block(len(labels)).fill(labels.indices)
        elif self._recipe.classes > MOST_LINES:
            targets = self._wide.fill(labels, None)
        else:
            targets = self._rows_of_table(labels, labels.indices)
        return len(targets), as_bytes(targets)

    def _hard_block(self, rows: int) -> HardBlock:
        if self._hard is None or rows > self._rows:
            self._rows = max(self._rows, rows)
            self._hard = HardBlock(self._recipe, self._rows, self._dtype, self._ignored)
        return self._hard

    @cached_property
    def _wide(self) -> WideBlock:
        return WideBlock(self._recipe, self._dtype, self._ignored)

    def _rows_of_table(self, labels: Labels, indices: NDArray[np.integer]) -> NDArray[Any]:
        targets = self._scratch.array("targets", (len(labels), self._recipe.classes), self._dtype)
        # ignored labels are -1; all have been checked, and a mode other than `raise` writes without a copy
        np.take(self._targets.table, indices, axis=0, out=targets, mode="clip")
        if labels.hidden is not None:
            targets[labels.hidden] = self._ignored
        return targets


class Pool(Generic[Thing]):
    """Things that hold memory, taken and given back, from any thread."""

    def __init__(self, make: Callable[[], Thing]) -> None:
        self._make = make
        self._free: list[Thing] = []

    def take(self) -> Thing:
        """Return a free one, or a new one."""
        try:
            return self._free.pop()
        except IndexError:
            return self._make()

    def give(self, thing: Thing) -> None:
        """Put one back: its memory may be used again."""
        self._free.append(thing)
