"""The learning pass: what must be known before the first target can be written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError
from lsmooth.labels.block import add_rows
from lsmooth.labels.classes import IGNORED, Classes, Ignore
from lsmooth.labels.hard import check_names
from lsmooth.pipeline.chunks import Chunk, read_chunk
from lsmooth.pipeline.engine import LEARN_ROWS, block_rows
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.reading import Layout, placed
from lsmooth.tiles import tile_rows


@dataclass(frozen=True)
class Learnt:
    """What a pass over the labels found.

    Attributes:
        classes: the classes.
        rows: how many rows, ignored ones among them; None where no pass was needed to know.
        ignored: how many are ignored.
        counts: (K,) rows of each class; for soft rows the sums of their columns.
    """

    classes: Classes
    rows: int | None
    ignored: int
    counts: NDArray[np.float64]

    def written(self, ignored: str) -> int | None:
        """How many rows are written, where ignored ones are dropped or not."""
        return self.rows - self.ignored if self.rows is not None and ignored == "drop" else self.rows

    def warnings(self) -> list[str]:
        """Return what looks odd about classes that were found as the largest label + 1."""
        if self.classes.names is not None:
            return []
        seen, count = int((self.counts > 0).sum()), self.classes.count
        if self.counts[0] == 0:
            return [f"found {count} classes and no row of class 0; labels from 1? pass --names"]
        if count > 10 and 2 * seen < count:
            return [f"found {count} classes, {count - seen} of them without a row; pass --classes"]
        return []


def learn_labels(inputs: Inputs, progress: Progress | None = None) -> Learnt:
    """Read all labels once: find the classes where they are not known, count rows and labels."""
    layout, ignore = inputs.layout, inputs.ignore
    if layout.kind == "name" and layout.classes is None:
        return _learn_names(inputs, progress)
    classes = layout.classes
    counts = np.zeros(classes.count if classes else 0)
    rows = ignored = 0
    tile = tile_rows(classes.count) if classes else 1
    size = block_rows(classes.count, 8) if classes else LEARN_ROWS
    for chunk in inputs.chunks(tile, size, "counting", progress):
        if classes is None:
            indices = _unbounded_indices(chunk, layout, ignore)
        else:
            labels = inputs.read(chunk, classes)
            if labels.rows is not None:
                counts = add_rows(counts, labels)
                rows += len(labels)
                ignored += labels.ignored
                continue
            assert labels.indices is not None
            indices = labels.indices
        shown = indices[indices != IGNORED] if ignore.values else indices
        found = np.bincount(shown, minlength=len(counts)).astype(np.float64)
        found[: len(counts)] += counts
        counts = found
        rows += len(indices)
        ignored += len(indices) - len(shown)
    if not len(counts):
        raise LsmoothError("every label is ignored, so the classes cannot be told", "pass --classes K")
    return Learnt(classes or Classes(len(counts)), rows, ignored, counts)


def _unbounded_indices(chunk: Chunk, layout: Layout, ignore: Ignore) -> NDArray[np.integer]:
    with placed(chunk, layout):
        return read_chunk(chunk, layout.columns, None, ignore)


def _learn_names(inputs: Inputs, progress: Progress | None) -> Learnt:
    layout, ignore = inputs.layout, inputs.ignore
    seen: Counter[str] = Counter()
    rows = 0
    for chunk in inputs.chunks(1, LEARN_ROWS, "counting", progress):
        cells = chunk.text(layout.columns[0])
        with placed(chunk, layout):
            check_names(cells, ignore)
        seen.update(cells)
        rows += len(cells)
    names = tuple(sorted(seen.keys() - ignore.cells))
    if not names:
        raise LsmoothError("every label is ignored, so the classes cannot be told", "pass --names")
    if inputs.flags.classes is not None and inputs.flags.classes != len(names):
        raise LsmoothError(
            f"found {len(names)} class names, wanted {inputs.flags.classes}",
            "pass --names with all of them, in order",
        )
    counts = np.array([seen[name] for name in names], dtype=np.float64)
    return Learnt(Classes(len(names), names), rows, rows - int(counts.sum()), counts)


def learn_classes(inputs: Inputs, progress: Progress | None = None) -> Classes:
    """Return the classes, found by a pass where they are not known."""
    if inputs.layout.classes is not None:
        return inputs.layout.classes
    flag = "--names" if inputs.layout.kind == "name" else "--classes K"
    inputs.need_again("the classes", f"pass {flag}")
    return learn_labels(inputs, progress).classes
