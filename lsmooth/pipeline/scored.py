"""A file of predictions beside the labels: what rules and weights learn from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.files.source import Source
from lsmooth.labels.classes import Classes
from lsmooth.losses import main_class
from lsmooth.pipeline.engine import block_rows
from lsmooth.pipeline.flags import LabelFlags
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.loss_flags import PredictionFlags
from lsmooth.pipeline.pairs import Pairs
from lsmooth.pipeline.reading import open_table
from lsmooth.pipeline.scores import decide_scores, read_scores
from lsmooth.predictions import LogProbs, PredictionKind, log_probs
from lsmooth.smoothing.performance import Confusion, Online, Performance
from lsmooth.tiles import tile_rows


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
        if len(self._layout.columns) != classes.count:
            columns = len(self._layout.columns)
            raise LsmoothError(
                f"{path} has {columns} columns, the labels {classes.count} classes",
                "give each class one column",
            )
        first = 1 + (self._table.header is not None)
        self._kind: PredictionKind = self._layout.kind(flags, "softmax", path, first)

    def logs(self, rows: int) -> Iterator[LogProbs]:
        """Yield the log-probabilities in blocks of about `rows` rows."""
        for chunk in self._table.chunks(tile_rows(self._classes.count), rows):
            yield log_probs(read_scores(chunk, self._layout, self._kind, "softmax"), self._kind)

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
