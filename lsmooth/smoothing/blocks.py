"""Blocks of targets in memory that is used again: the values of `Recipe.smooth`, each cast once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lsmooth.labels.block import Labels
from lsmooth.labels.classes import IGNORED
from lsmooth.smoothing.targets import Recipe

Array = NDArray[Any]
Floats = NDArray[np.float64]

#: So many values are worked on at a time: in float64 they stay in the cache of a processor.
PIECE = 1 << 17


class Scratch:
    """Memory by name, the same every time: pages that are new cost more than the work on them."""

    def __init__(self) -> None:
        self._rooms: dict[str, NDArray[np.uint8]] = {}

    def bytes(self, name: str, size: int) -> NDArray[np.uint8]:
        """Return so many bytes."""
        room = self._rooms.get(name)
        if room is None or len(room) < size:
            room = self._rooms[name] = np.empty(size, np.uint8)
        return room[:size]

    def array(self, name: str, shape: tuple[int, int], dtype: np.dtype[Any] | type = np.float64) -> Array:
        """Return an array of a shape; what it held is undefined."""
        kind = np.dtype(dtype)
        return self.bytes(name, shape[0] * shape[1] * kind.itemsize).view(kind).reshape(shape)


class HardBlock:
    """A block of targets that stays filled with the background; only the true cells are touched.

    Writing N·K values costs N stores and N restores, whatever K. Needs `recipe.background`.
    """

    def __init__(
        self, recipe: Recipe, rows: int, dtype: np.dtype[np.floating], ignored_value: float = 0.0
    ) -> None:
        assert recipe.background is not None
        self._background = recipe.background.astype(dtype)
        self._on = np.ascontiguousarray(recipe.on, dtype=dtype)
        self._ignored = ignored_value
        self._block = np.tile(self._background, (rows, 1))
        self._starts = np.arange(rows, dtype=np.intp) * recipe.classes
        self._cells = self._starts[:0]
        self._before: Array = self._background[:0]
        self._dirty: NDArray[np.bool_] | None = None

    def fill(self, labels: NDArray[np.integer]) -> NDArray[np.floating]:
        """Return the (n, K) targets of n ≤ rows labels, IGNORED among them; valid until the next call."""
        self._clear()
        cells, block = self._block.reshape(-1), self._block[: len(labels)]
        hidden = labels == IGNORED
        if hidden.any():
            self._dirty = hidden
            labels = np.where(hidden, 0, labels)
        self._cells = self._starts[: len(labels)] + labels
        self._before = self._background[labels]
        cells[self._cells] = self._on[labels]
        if self._dirty is not None:
            block[hidden] = self._ignored
        return block

    def _clear(self) -> None:
        """Put the background back where it was written over."""
        self._block.reshape(-1)[self._cells] = self._before
        if self._dirty is not None:
            self._block[: len(self._dirty)][self._dirty] = self._background
            self._dirty = None


class WideBlock:
    """Targets of soft rows, and of rows with an ε of their own."""

    def __init__(self, recipe: Recipe, dtype: np.dtype[np.floating], ignored_value: float = 0.0) -> None:
        self._recipe = recipe
        self._dtype = np.dtype(dtype)
        self._ignored = ignored_value
        self._scratch = Scratch()
        spread = recipe.spread
        by_class = spread.by_class is not None or spread.tree is not None
        # products of matrices are taken by whole tiles, so these blocks are not cut
        self._step = None if by_class else max(1, PIECE // recipe.classes)
        self._direct = not by_class and (spread.rule != "others" or spread.uniform)
        self._weights: float | Floats = 1.0 if spread.even else spread.weights

    def fill(self, labels: Labels, epsilons: Floats | None) -> NDArray[np.floating]:
        """Return the (n, K) targets of a block; valid until the next call."""
        count = len(labels)
        block = self._scratch.array("block", (count, self._recipe.classes), self._dtype)
        step = self._step or max(1, count)
        for start in range(0, count, step):
            part = slice(start, min(start + step, count))
            own = None if epsilons is None else epsilons[part]
            if labels.rows is not None:
                self._soft(labels.rows[part], own, block[part])
            else:
                assert labels.indices is not None
                self._hard(labels.indices[part], own, block[part])
        if labels.hidden is not None:
            block[labels.hidden] = self._ignored
        return block

    def _soft(self, rows: NDArray[np.floating], epsilons: Floats | None, block: Array) -> None:
        """Put the targets of soft rows into a block; every step as in `Recipe.smooth_rows`."""
        recipe, spread = self._recipe, self._recipe.spread
        if not self._direct:
            np.copyto(block, recipe.smooth_rows(rows, epsilons), casting="unsafe")
            return
        epsilon = recipe.amount(recipe.epsilon if epsilons is None else epsilons[:, None])
        shares = epsilon * self._weights
        x = block if self._dtype == np.float64 else self._scratch.array("wide", block.shape)
        np.copyto(x, rows)
        if spread.rule == "others":
            given = self._scratch.array("given", block.shape)
            np.subtract(1, x, out=given)
            np.multiply(given, shares, out=given)
            np.divide(given, spread.total - 1, out=given)
            shares = given
        else:
            shares = shares / spread.divisor()[spread.first]
        np.multiply(x, recipe.keep(epsilon), out=x)
        np.add(x, shares, out=x)
        if x is not block:
            np.copyto(block, x, casting="unsafe")

    def _hard(self, labels: NDArray[np.integer], epsilons: Floats | None, block: Array) -> None:
        """Put the targets of hard labels into a block; every step as in `Recipe.smooth_labels`."""
        recipe, spread = self._recipe, self._recipe.spread
        labels = np.where(labels == IGNORED, 0, labels)
        if epsilons is None or not self._direct or not spread.uniform:
            np.copyto(block, recipe.smooth_labels(labels, epsilons), casting="unsafe")
            return
        epsilon = recipe.amount(epsilons)
        share = epsilon / spread.divisor()[labels]
        np.copyto(block, share[:, None], casting="unsafe")
        if spread.excluded:
            block[:, list(spread.excluded)] = 0
        own = 0.0 if spread.rule == "others" else share
        block[np.arange(len(labels)), labels] = recipe.keep(epsilon) + own
