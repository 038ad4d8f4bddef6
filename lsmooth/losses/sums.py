"""What a pass adds up for a loss, by tile, in the order of the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lsmooth.losses.loss import Loss
from lsmooth.losses.sample import Sample
from lsmooth.losses.terms import Floats, Terms
from lsmooth.tiles import Total, tile_sums


@dataclass(frozen=True)
class Part:
    """The sums of one block, tile by tile."""

    rows: int
    valid: int
    hard: Sequence[float]
    smooth: Sequence[float]
    logsumexp: Sequence[float]
    squares: Sequence[float]
    weight: Sequence[float]
    floors: Sequence[Sequence[float]]
    epsilon: Sequence[float]
    counts: NDArray[np.int64]
    infinite: NDArray[np.intp]


def part_of(
    loss: Loss,
    terms: Terms,
    sample: Sample,
    tile: int,
    epsilon: Floats | None = None,
    floors_at: Sequence[float | Floats] = (),
) -> Part:
    """Return the sums of a block; `floors_at` are the ε whose floors are wanted row by row."""
    labels = sample.labels
    amounts = np.zeros(0)
    if epsilon is not None:
        amounts = np.where(labels.hides(), 0, np.broadcast_to(epsilon.mean(axis=1), len(labels)))
    weight = loss.weights.of(labels) if labels.indices is None else np.zeros(0)
    if labels.hidden is not None and len(weight):
        weight = np.where(labels.hidden, 0, weight)
    return Part(
        len(labels),
        len(labels) - labels.ignored,
        tile_sums(terms.hard, tile),
        tile_sums(terms.smooth, tile),
        () if terms.logsumexp is None else tile_sums(terms.logsumexp, tile),
        () if terms.logsumexp is None else tile_sums(terms.logsumexp**2, tile),
        tile_sums(weight, tile),
        [tile_sums(loss.floors(labels, amount), tile) for amount in floors_at],
        tile_sums(amounts, tile),
        np.bincount(sample.known[~labels.hides()], minlength=loss.classes),
        np.flatnonzero(np.isinf(terms.hard) | np.isinf(terms.smooth)),
    )


class Sums:
    """The sums of all rows so far; parts are merged in the order of the rows.

    Attributes:
        counts: rows of each class, (K,); of soft rows by their largest value.
        weight: Σ w_c x_c of soft rows; of hard ones it is in `counts`.
        squares: Σ logsumexp² of the logits.
    """

    def __init__(self, classes: int, floors: int = 0) -> None:
        self.rows = 0
        self.valid = 0
        self.hard = Total()
        self.smooth = Total()
        self.logsumexp = Total()
        self.squares = Total()
        self.weight = Total()
        self.epsilon = Total()
        self.floors = [Total() for _ in range(floors)]
        self.counts = np.zeros(classes, dtype=np.int64)
        self.infinite = 0
        self.first_infinite: str | None = None

    def infinity(self) -> str:
        """Say where the loss is infinite, and what helps."""
        rows = "row gives" if self.infinite == 1 else "rows give"
        return (
            f"the loss is infinite: {self.infinite:,} {rows} probability 0 to a class that has target mass,"
            f" the first is {self.first_infinite}; --exclude the class, or --clip 1e-7"
        )

    def merge(self, part: Part, where: Callable[[int], str]) -> None:
        """Add the part that follows; `where` names the place of its rows."""
        for total, terms in (
            (self.hard, part.hard),
            (self.smooth, part.smooth),
            (self.logsumexp, part.logsumexp),
            (self.squares, part.squares),
            (self.weight, part.weight),
            (self.epsilon, part.epsilon),
            *zip(self.floors, part.floors, strict=True),
        ):
            for term in terms:
                total.add(term)
        if part.infinite.size and self.first_infinite is None:
            self.first_infinite = where(int(part.infinite[0]))
        self.infinite += part.infinite.size
        self.counts += part.counts
        self.rows += part.rows
        self.valid += part.valid
