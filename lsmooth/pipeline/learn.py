"""The learning pass: what must be known before the first target can be written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lsmooth.errors import LsmoothError, listed
from lsmooth.labels.block import add_rows
from lsmooth.labels.classes import IGNORED, Classes, Ignore
from lsmooth.labels.hard import check_names
from lsmooth.pipeline.chunks import Chunk, read_chunk
from lsmooth.pipeline.engine import LEARN_ROWS, block_rows
from lsmooth.pipeline.flags import LabelFlags
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
        if self.classes.in_order_of_text:
            first = listed(self.classes.names or (), 4)
            return [f"the classes are numbers in the order of text: {first}; --names gives another order"]
        if self.classes.names is not None:
            return []
        seen, count = int((self.counts > 0).sum()), self.classes.count
        if self.counts[0] == 0:
            return [f"found {count} classes and no row of class 0; labels from 1? pass --names"]
        if count > 10 and 2 * seen < count:
            return [f"found {count} classes, {count - seen} of them without a row; pass --classes"]
        return []


@dataclass
class Tally:
    """What was counted in labels; tallies of several files add up.

    Attributes:
        rows: how many rows, ignored ones among them.
        ignored: how many are ignored; not known where `names` are counted.
        counts: (K,) rows of each class seen; for soft rows the sums of their columns.
        names: rows of each name, where labels are names and the classes are to be found.
    """

    rows: int = 0
    ignored: int = 0
    counts: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    names: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add what was counted elsewhere."""
        self.rows += other.rows
        self.ignored += other.ignored
        self.counts = _added(self.counts, other.counts)
        self.names.update(other.names)

    def learnt(self, layout: Layout, flags: LabelFlags) -> Learnt:
        """Return what that says, the classes among it; raise LsmoothError where it names none."""
        if layout.kind == "name" and layout.classes is None:
            return self._learnt_names(flags)
        if not len(self.counts):
            raise LsmoothError("every label is ignored, so the classes cannot be told", "pass --classes K")
        classes = layout.classes or Classes(len(self.counts))
        return Learnt(classes, self.rows, self.ignored, self.counts)

    def _learnt_names(self, flags: LabelFlags) -> Learnt:
        names = tuple(sorted(self.names.keys() - Ignore(flags.ignore).cells))
        if not names:
            raise LsmoothError("every label is ignored, so the classes cannot be told", "pass --names")
        if flags.classes is not None and flags.classes != len(names):
            raise LsmoothError(
                f"found {len(names)} class names, wanted {flags.classes}",
                "pass --names with all of them, in order",
            )
        counts = np.array([self.names[name] for name in names], dtype=np.float64)
        return Learnt(Classes(len(names), names), self.rows, self.rows - int(counts.sum()), counts)


def _added(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sums of counts; the classes that only one of them has seen are its last."""
    short, long = sorted((one, other), key=len)
    total = long.copy()
    total[: len(short)] += short
    return total


def learn_labels(inputs: Inputs, progress: Progress | None = None) -> Learnt:
    """Read all labels once: find the classes where they are not known, count rows and labels."""
    return count_labels(inputs, progress).learnt(inputs.layout, inputs.flags)


def count_labels(inputs: Inputs, progress: Progress | None = None) -> Tally:
    """Read all labels once and count rows and labels, whether the classes are known or not."""
    layout, ignore = inputs.layout, inputs.ignore
    if layout.kind == "name" and layout.classes is None:
        return _count_names(inputs, progress)
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
        counts = _added(counts, np.bincount(shown).astype(np.float64))
        rows += len(indices)
        ignored += len(indices) - len(shown)
    return Tally(rows, ignored, counts)


def _unbounded_indices(chunk: Chunk, layout: Layout, ignore: Ignore) -> NDArray[np.integer]:
    with placed(chunk, layout):
        return read_chunk(chunk, layout.columns, None, ignore)


def _count_names(inputs: Inputs, progress: Progress | None) -> Tally:
    layout, ignore = inputs.layout, inputs.ignore
    tally = Tally()
    for chunk in inputs.chunks(1, LEARN_ROWS, "counting", progress):
        cells = chunk.text(layout.columns[0])
        with placed(chunk, layout):
            check_names(cells, ignore)
        tally.names.update(cells)
        tally.rows += len(cells)
    return tally


def learn_classes(inputs: Inputs, progress: Progress | None = None) -> Classes:
    """Return the classes, found by a pass where they are not known."""
    if inputs.layout.classes is not None:
        return inputs.layout.classes
    flag = "--names" if inputs.layout.kind == "name" else "--classes K"
    inputs.need_again("the classes", f"pass {flag}")
    return learn_labels(inputs, progress).classes
