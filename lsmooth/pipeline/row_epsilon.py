"""Rules that give each row an ε of its own: a column, the value of one, the uncertainty of a prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from lsmooth.conventions.model import Convention
from lsmooth.errors import LsmoothError, UsageError, listed, shown
from lsmooth.files.cells import TextChunk
from lsmooth.files.columnar import ColumnChunk
from lsmooth.labels.block import Labels
from lsmooth.losses import main_class
from lsmooth.pipeline.amounts import Uncertainty
from lsmooth.pipeline.chunks import Chunk
from lsmooth.pipeline.engine import LEARN_ROWS
from lsmooth.pipeline.pairs import RowEpsilon
from lsmooth.pipeline.reading import placed
from lsmooth.pipeline.scored import ScoredLabels, ScoreFeed
from lsmooth.smoothing.blocks import Scratch
from lsmooth.smoothing.performance import chosen_epsilon

Floats = NDArray[np.float64]
#: Works out the ε of a chunk, in memory that is given.
Later = Callable[[Scratch], Floats]


class ColumnEpsilon:
    """ε from a column of numbers."""

    name = "by row"

    def __init__(self, column: int) -> None:
        self._column = column

    def of(self, chunk: Chunk, labels: Labels) -> Floats:
        """Return ε for each row of the chunk, (n,)."""
        del labels
        values: Floats = chunk.numbers([self._column], whole=False, missing=frozenset()).astype(np.float64)
        bad = ~((values >= 0) & (values <= 1))
        if bad.any():
            row = int(np.argmax(bad))
            message = f"epsilon is `{values[row]!s}`, which is not in [0, 1]"
            raise LsmoothError(message, "correct the cell", where=chunk.where(row))
        return values

    def finish(self, rows: int) -> None:
        """Nothing is left over."""


class MappedEpsilon:
    """ε by the value of a column."""

    name = "by value"

    def __init__(self, column: int, values: Mapping[str, float], name: str) -> None:
        self._column = column
        self._values = values
        self._name = name

    def of(self, chunk: Chunk, labels: Labels) -> Floats:
        """Return ε for each row of the chunk, (n,)."""
        del labels
        assert isinstance(chunk, TextChunk | ColumnChunk)
        cells = chunk.text(self._column)
        rest = self._values.get("*")
        found = [self._values.get(cell, rest) for cell in cells]
        if None in found:
            row = found.index(None)
            message = f"--per-class has no epsilon for the value {shown(cells[row])} of {shown(self._name)}"
            hint = f"add it, or *=0.1 for the rest; it has {listed(self._values)}"
            raise LsmoothError(message, hint, where=chunk.where(row))
        return np.array(found, dtype=np.float64)

    def finish(self, rows: int) -> None:
        """Nothing is left over."""


class ConditionalEpsilon:
    """ε from how uncertain the prediction of the row is."""

    def __init__(
        self,
        scored: ScoredLabels,
        span: tuple[float, float],
        measure: Uncertainty,
        gamma: float,
        *,
        invert: bool,
    ) -> None:
        self._scored = scored
        self._span = span
        self._measure: Uncertainty = measure
        self.name = f"conditional: {'inverted ' if invert else ''}{measure}"
        self._gamma = gamma
        self._invert = invert
        self._feed: ScoreFeed | None = None

    def of(self, chunk: Chunk, labels: Labels) -> Floats:
        """Return ε for each row of the chunk, (n,)."""
        return self.begin(chunk, labels)(Scratch())

    def begin(self, chunk: Chunk, labels: Labels) -> Later:
        """Take the predictions of the chunk; return what works out its ε, from any thread."""
        if self._feed is None:
            self._feed = self._scored.feed(LEARN_ROWS)
        parts, count = self._feed.take(len(labels))
        if count < len(labels):
            message = f"{self._scored.path} has {self._feed.taken:,} rows, fewer than there are labels"
            raise LsmoothError(message, "each label needs one row of predictions", where=chunk.where(count))

        def epsilons(scratch: Scratch) -> Floats:
            known = main_class(labels) if self._measure == "true" else None
            amount = self._scored.uncertainty(parts, self._measure, known, scratch)
            amount = 1 - amount if self._invert else amount
            return np.asarray(chosen_epsilon(*self._span, amount, self._gamma))

        return epsilons

    def finish(self, rows: int) -> None:
        """Raise when there are more predictions than labels, or the file has changed."""
        if self._feed is not None and self._feed.has_more():
            message = f"{self._scored.path} has more than {rows:,} rows, there are {rows:,} labels"
            raise LsmoothError(message, "each row of predictions needs one label")
        self._scored.check_same()


class AcceptedEpsilon:
    """The ε of another rule, each one that a convention takes."""

    def __init__(self, rule: RowEpsilon, convention: Convention) -> None:
        self._rule = rule
        self._convention = convention
        self.name = rule.name

    def of(self, chunk: Chunk, labels: Labels) -> Floats:
        """Return ε for each row of the chunk, (n,)."""
        return self._accepted(self._rule.of(chunk, labels), chunk)

    def begin(self, chunk: Chunk, labels: Labels) -> Later:
        """Begin with the other rule; return what works out ε and checks it, from any thread."""
        later = begin(self._rule, chunk, labels)
        return lambda scratch: self._accepted(later(scratch), chunk)

    def _accepted(self, epsilons: Floats, chunk: Chunk) -> Floats:
        odd = epsilons != 0 if self._convention.epsilons == "0" else epsilons == 1
        if self._convention.epsilons != "[0, 1]" and odd.any():
            row = int(np.argmax(odd))
            with placed(chunk):
                try:
                    self._convention.check_epsilon(float(epsilons[row]))
                except UsageError as error:
                    raise LsmoothError(error.message, "drop --like", row=row) from None
        return epsilons

    def finish(self, rows: int) -> None:
        """Say that there were so many rows in all."""
        self._rule.finish(rows)


def begin(rule: RowEpsilon, chunk: Chunk, labels: Labels) -> Later:
    """Do what a rule must do in the order of the rows; return what works out the ε of a chunk, (n,)."""
    if isinstance(rule, ConditionalEpsilon | AcceptedEpsilon):
        return rule.begin(chunk, labels)
    epsilons = rule.of(chunk, labels)
    return lambda _scratch: epsilons
