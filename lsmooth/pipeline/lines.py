"""A block of labels → lines of delimited text, by the shortest way that gives the same values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lsmooth.files.delimited import TextEncoder
from lsmooth.files.streams import Bytes
from lsmooth.labels.block import Labels
from lsmooth.labels.classes import IGNORED
from lsmooth.pipeline.blocks import MOST_LINES, Floats, Kept
from lsmooth.smoothing.targets import Recipe


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
