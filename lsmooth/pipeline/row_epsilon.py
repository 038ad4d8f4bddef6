"""Rules that give each row an ε of its own: a column, the value of one, the uncertainty of a prediction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from lsmooth.conventions.model import Convention
from lsmooth.errors import LsmoothError, UsageError, listed, shown
from lsmooth.files.cells import TextChunk
from lsmooth.labels.block import Labels
from lsmooth.losses import main_class
from lsmooth.pipeline.amounts import Uncertainty
from lsmooth.pipeline.chunks import Chunk
from lsmooth.pipeline.engine import LEARN_ROWS
from lsmooth.pipeline.pairs import RowEpsilon
from lsmooth.pipeline.reading import placed
from lsmooth.pipeline.scored import ScoredLabels
from lsmooth.predictions import LogProbs
from lsmooth.smoothing.performance import chosen_epsilon, uncertainty
from lsmooth.tiles import Total

Floats = NDArray[np.float64]


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
        assert isinstance(chunk, TextChunk)
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
        self._measure = measure
        self.name = f"conditional: {'inverted ' if invert else ''}{measure}"
        self._gamma = gamma
        self._invert = invert
        self._blocks: Iterator[LogProbs] | None = None
        self._held: LogProbs | None = None
        self._taken = 0

    def of(self, chunk: Chunk, labels: Labels) -> Floats:
        """Return ε for each row of the chunk, (n,)."""
        logs = self._take(len(labels))
        if len(logs.lse) < len(labels):
            message = f"{self._scored.path} has {self._taken:,} rows, fewer than there are labels"
            raise LsmoothError(
                message, "each label needs one row of predictions", where=chunk.where(len(logs.lse))
            )
        amount = uncertainty(logs, self._measure, main_class(labels))
        return np.asarray(chosen_epsilon(*self._span, 1 - amount if self._invert else amount, self._gamma))

    def _take(self, count: int) -> LogProbs:
        if self._blocks is None:
            self._blocks = self._scored.logs(LEARN_ROWS)
        parts = [] if self._held is None else [self._held]
        have = sum(len(part.lse) for part in parts)
        while have < count and (block := next(self._blocks, None)) is not None:
            parts.append(block)
            have += len(block.lse)
        if not parts:
            return LogProbs(np.zeros((0, 1)), np.zeros(0))
        shifted = np.concatenate([part.shifted for part in parts])
        lse = np.concatenate([part.lse for part in parts])
        self._held = LogProbs(shifted[count:], lse[count:]) if have > count else None
        self._taken += min(have, count)
        return LogProbs(shifted[:count], lse[:count])

    def finish(self, rows: int) -> None:
        """Raise when there are more predictions than labels."""
        if self._held is not None or (self._blocks is not None and next(self._blocks, None) is not None):
            message = f"{self._scored.path} has more than {rows:,} rows, there are {rows:,} labels"
            raise LsmoothError(message, "each row of predictions needs one label")


class AcceptedEpsilon:
    """The ε of another rule, each one that a convention takes."""

    def __init__(self, rule: RowEpsilon, convention: Convention) -> None:
        self._rule = rule
        self._convention = convention
        self.name = rule.name

    def of(self, chunk: Chunk, labels: Labels) -> Floats:
        """Return ε for each row of the chunk, (n,)."""
        epsilons = self._rule.of(chunk, labels)
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


class SeenEpsilons:
    """The ε that rows were given, to say what a rule chose."""

    def __init__(self) -> None:
        self._total = Total()
        self._rows = 0
        self._low = 1.0
        self._high = 0.0

    def add(self, epsilons: Floats, labels: Labels) -> None:
        """Add those of a block; ignored rows do not count."""
        shown = epsilons[~labels.hides()]
        if shown.size:
            for epsilon in shown.tolist():
                self._total.add(epsilon)
            self._rows += shown.size
            self._low = min(self._low, float(shown.min()))
            self._high = max(self._high, float(shown.max()))

    @property
    def mean(self) -> float | None:
        """Their mean, None for none."""
        return self._total.value / self._rows if self._rows else None

    def notes(self, rule: RowEpsilon | None) -> tuple[str, ...]:
        """Say what the rule chose."""
        if rule is None or self.mean is None:
            return ()
        return (f"{rule.name}: epsilon {self._low:.4g}-{self._high:.4g}, mean {self.mean:.4g}",)
