"""A block of labels, read and checked: what the kernel takes."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, shown
from lsmooth.labels.classes import IGNORED, Classes


@dataclass(frozen=True)
class Labels:
    """A block of labels, hard (`indices`) or soft (`rows`).

    Attributes:
        indices: (n,) class indices, IGNORED among them; None for soft ones.
        rows: (n, K) values of soft rows and multilabel rows; None for hard ones.
        hidden: (n,) which labels are ignored, or None when none is.
        rounded: rows that sum to 1 only within the decimals that they are written with.
    """

    indices: NDArray[np.integer] | None = None
    rows: NDArray[np.floating] | None = None
    hidden: NDArray[np.bool_] | None = None
    rounded: int = 0

    @classmethod
    def hard(cls, indices: NDArray[np.integer]) -> Labels:
        """Return a block of class indices."""
        hidden = indices == IGNORED
        return cls(indices, None, hidden if hidden.any() else None)

    @classmethod
    def soft(cls, rows: NDArray[np.floating], hidden: NDArray[np.bool_], rounded: int = 0) -> Labels:
        """Return a block of rows."""
        return cls(None, rows, hidden if hidden.any() else None, rounded)

    def __len__(self) -> int:
        values = self.rows if self.indices is None else self.indices
        assert values is not None
        return len(values)

    @property
    def ignored(self) -> int:
        """How many are ignored."""
        return 0 if self.hidden is None else int(np.count_nonzero(self.hidden))

    def without_ignored(self) -> Labels:
        """Return the others."""
        if self.hidden is None:
            return self
        indices = None if self.indices is None else self.indices[~self.hidden]
        rows = None if self.rows is None else self.rows[~self.hidden]
        return Labels(indices, rows, None, self.rounded)

    def part(self, start: int, stop: int) -> Labels:
        """Return the labels from `start` up to `stop`."""
        indices = None if self.indices is None else self.indices[start:stop]
        rows = None if self.rows is None else self.rows[start:stop]
        hidden = None if self.hidden is None else self.hidden[start:stop]
        return Labels(indices, rows, hidden if hidden is not None and hidden.any() else None, self.rounded)

    @staticmethod
    def joined(parts: Sequence[Labels]) -> Labels:
        """Return blocks of one kind as one."""
        if len(parts) == 1:
            return parts[0]
        hidden = np.concatenate([part.hides() for part in parts])
        shown = hidden if hidden.any() else None
        if parts[0].indices is not None:
            return Labels(
                np.concatenate([part.indices for part in parts if part.indices is not None]), None, shown
            )
        return Labels(None, np.concatenate([part.rows for part in parts if part.rows is not None]), shown)

    def hides(self) -> NDArray[np.bool_]:
        """Which labels are ignored, (n,)."""
        return np.zeros(len(self), dtype=bool) if self.hidden is None else self.hidden

    def refuse(self, excluded: Sequence[int], classes: Classes) -> None:
        """Raise LsmoothError, with its `row`, when a row that is not ignored has an excluded class."""
        for label in excluded:
            bad = self.indices == label if self.rows is None else self.rows[:, label] > 0
            if self.hidden is not None:
                bad = bad & ~self.hidden
            if np.any(bad):
                name = classes.names[label] if classes.names else label
                message = f"the row is labelled with the excluded class {shown(name)}"
                hint = f"pass --ignore {shlex.quote(str(name))}, or do not exclude it"
                if self.rows is not None:
                    hint = "do not exclude it, or drop the row"
                raise LsmoothError(message, hint, row=int(np.argmax(bad)))


def add_rows(total: NDArray[np.float64], labels: Labels) -> NDArray[np.float64]:
    """Return (K,) sums with those of the columns of soft rows added, row after row, however they are cut."""
    rows = labels.without_ignored().rows
    assert rows is not None
    stacked = np.concatenate([total[None, :], rows.astype(np.float64)])
    sums: NDArray[np.float64] = np.add.accumulate(stacked, axis=0)[-1]
    return sums
