"""A file of predictions beside the labels: what rules and weights learn from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.files.npy import NpyChunk
from lsmooth.files.source import Source
from lsmooth.labels.classes import Classes
from lsmooth.labels.soft import near_one, tolerance_of
from lsmooth.losses import main_class
from lsmooth.pipeline.chunks import Chunk
from lsmooth.pipeline.engine import block_rows
from lsmooth.pipeline.flags import LabelFlags
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.loss_flags import PredictionFlags
from lsmooth.pipeline.pairs import Pairs
from lsmooth.pipeline.reading import open_table
from lsmooth.pipeline.room import read_into
from lsmooth.pipeline.scores import decide_scores, read_scores
from lsmooth.predictions import LogProbs, PredictionKind, log_probs
from lsmooth.smoothing.blocks import Scratch
from lsmooth.smoothing.entropy import uncertainty_of
from lsmooth.smoothing.performance import Confusion, Measure, Online, Performance
from lsmooth.tiles import tile_rows

#: Predictions that have been read, or the rows of an array that have not.
Part = NpyChunk | NDArray[np.floating]


class ScoredLabels:
    """The labels and the predictions of a file, in the order of the classes.

    Args:
        path: of the predictions, (N, K), of the softmax kind.
        given: what they are, `auto` to tell.
        inputs: the labels.
        classes: in order.
    """

    def __init__(
        self,
        path: str,
        given: Literal["auto", "logits", "probs", "logprobs"],
        inputs: Inputs,
        classes: Classes,
        stack: ExitStack,
        progress: Progress | None,
    ) -> None:
        self.path = path
        self._inputs = inputs
        self._classes = classes
        self._progress = progress
        self._table = open_table(stack.enter_context(Source(path)))
        flags = PredictionFlags(path, kind=given)
        self._layout = decide_scores(self._table, flags, LabelFlags(names=classes.names), apart=True)
        if classes.names is None:
            self._layout = self._layout.by_number()
        if len(self._layout.columns) != classes.count:
            columns = len(self._layout.columns)
            raise LsmoothError(
                f"{path} has {columns} columns, the labels {classes.count} classes",
                "give each class one column",
            )
        first = 1 + (self._table.header is not None)
        self._kind: PredictionKind = self._layout.kind(flags, "softmax", path, first)

    def feed(self, rows: int) -> ScoreFeed:
        """Return the predictions, in chunks of at most `rows` rows."""
        classes = self._classes.count
        rows = min(rows, block_rows(classes, 8))
        return ScoreFeed(self, self._table.chunks(tile_rows(classes), rows))

    def check_same(self) -> None:
        """Raise where the file has changed: rows are read after the last chunk has been handed out."""
        self._table.source.check_same()

    def values(self, chunk: Chunk, scratch: Scratch | None = None) -> NDArray[np.floating]:
        """Return the (n, K) predictions of a chunk, checked."""
        if isinstance(chunk, NpyChunk) and scratch is not None:
            chunk = read_into(chunk, scratch)
            values = chunk.array.reshape(chunk.rows, -1)
            if self._kind == "probs" and near_one(values, tolerance_of(values.dtype)).all():
                return values
        return read_scores(chunk, self._layout, self._kind, "softmax")

    def uncertainty(
        self, parts: Sequence[Part], measure: Measure, labels: NDArray[np.integer] | None, scratch: Scratch
    ) -> NDArray[np.float64]:
        """Return how uncertain the predictions of some parts are, (n,)."""
        found, start = [np.zeros(0)], 0
        for part in parts:
            values = part if isinstance(part, np.ndarray) else self.values(part, scratch)
            known = None if labels is None else labels[start : start + len(values)]
            found.append(uncertainty_of(values, self._kind, measure, known, scratch))
            start += len(values)
        return np.concatenate(found)

    def _pairs(self) -> Iterator[tuple[LogProbs, NDArray[np.integer], NDArray[np.bool_]]]:
        pairs = Pairs(self._table, self._inputs, self._classes)
        size = block_rows(self._classes.count, 8)
        for pair in pairs.blocks(tile_rows(self._classes.count), size, self._progress):
            values = read_scores(pair.scores, self._layout, self._kind, "softmax")
            yield log_probs(values, self._kind), main_class(pair.labels), ~pair.labels.hides()

    def performance(self) -> Performance:
        """Return how well the predictions do."""
        performance = Performance(self._classes.count)
        for logs, labels, counted in self._pairs():
            performance.add(logs, labels, counted)
        return performance

    def matrix(self, kind: Literal["confusion", "online"], *, others: bool) -> NDArray[np.float64]:
        """Return class weights learnt from the predictions, (K, K)."""
        learnt = (Confusion if kind == "confusion" else Online)(self._classes.count)
        for logs, labels, counted in self._pairs():
            learnt.add(logs, labels, counted)
        return learnt.weights(others=others)


class ScoreFeed:
    """Predictions taken in order, some rows at a time; those of an array are read where they are used."""

    def __init__(self, scored: ScoredLabels, chunks: Iterator[Chunk]) -> None:
        self._scored = scored
        self._chunks = chunks
        self._held: Part | None = None
        self.taken = 0

    def take(self, count: int) -> tuple[list[Part], int]:
        """Return the next rows, and how many: fewer than `count` only at the end."""
        parts: list[Part] = []
        have = 0
        while have < count and (part := self._next()) is not None:
            rows = _rows(part)
            used = min(rows, count - have)
            self._held = _cut(part, used, rows) if used < rows else None
            parts.append(_cut(part, 0, used) if used < rows else part)
            have += used
        self.taken += have
        return parts, have

    def has_more(self) -> bool:
        """Whether rows are left."""
        self._held = self._next()
        return self._held is not None

    def _next(self) -> Part | None:
        if self._held is not None:
            return self._held
        chunk = next(self._chunks, None)
        return chunk if chunk is None or isinstance(chunk, NpyChunk) else self._scored.values(chunk)


def _rows(part: Part) -> int:
    return len(part) if isinstance(part, np.ndarray) else part.rows


def _cut(part: Part, start: int, stop: int) -> Part:
    if isinstance(part, np.ndarray):
        return part[start:stop]
    held = None if part.held is None else part.held[start:stop]
    return replace(part, start=part.start + start, rows=stop - start, held=held)
