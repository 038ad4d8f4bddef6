"""A loss taken on a cluster: each worker reads ranges of predictions and labels and returns sums by tile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import tee
from typing import Generic, TypeVar

from lsmooth.files.npy import NpyTable
from lsmooth.labels.block import Labels
from lsmooth.losses import Floats, Sample, Terms
from lsmooth.pipeline.cluster import Cluster
from lsmooth.pipeline.inputs import Progress
from lsmooth.pipeline.loss_pass import Done, LossPass, Tally
from lsmooth.pipeline.pairs import Pair, Pairs, Rows
from lsmooth.pipeline.ranges import Span, check_all_same, cut, opened, work
from lsmooth.pipeline.setting import Setting

Extra = TypeVar("Extra")


@dataclass(frozen=True)
class LossJob(Generic[Extra]):
    """What is the same for all ranges: what a `LossPass` is made of; `rows` make a block."""

    setting: Setting
    tallies: Sequence[Tally]
    also: Callable[[Sample, Terms, Floats | None], Extra]
    whole: bool
    rows: int

    def tables(self) -> tuple[NpyTable, NpyTable]:
        """The predictions, and the labels."""
        scores, labels = self.setting.table, self.setting.inputs.tables[0]
        assert isinstance(scores, NpyTable)
        assert isinstance(labels, NpyTable)
        return scores, labels

    def run(self, span: Span) -> list[Done[Extra]]:
        """Return what became of the blocks of a range, on a worker; of their rows only the place."""
        setting, tables = self.setting, self.tables()
        done = LossPass(setting, self.tallies, self.also, 1, whole=self.whole)
        excluded = setting.loss.spread.excluded
        found = []
        with opened(tables[0]) as scores, opened(tables[1]) as labels:
            chunks = [table.span(span.start, span.stop, self.rows) for table in (scores, labels)]
            for chunk, beside in zip(*chunks, strict=True):
                known = setting.inputs.read(beside, setting.classes, excluded)
                place = Pair(replace(chunk, table=None), Rows(Labels()))
                found.append(replace(done.work(Pair(chunk, Rows(known))), pair=place))
        return found


def blocks_of_ranges(
    address: str, job: LossJob[Extra], pairs: Pairs, progress: Progress | None
) -> Iterator[Done[Extra]]:
    """Have the workers of a cluster take a loss; yield what became of each block, in order."""
    scores, labels = job.tables()
    rows, known, row_bytes = scores.rows, labels.rows, scores.row_bytes
    sample = replace(job.setting.scores, sample=job.setting.scores.sample[:0])  # it has told what it can
    job = replace(job, setting=replace(job.setting, scores=sample))
    # where labels are missing, blocks that are whole come first, as at home
    ready = rows if known >= rows else known // job.rows * job.rows
    spans, told = tee(cut(ready, job.rows, row_bytes))
    total = (scores.source.size or 0) + (labels.source.size or 0)
    with closing(Cluster(address).run(work, job, spans)) as parts:
        for found in parts:
            yield from found
            stop = next(told).stop
            if progress is not None:
                progress("computing", stop, stop * (row_bytes + labels.row_bytes), total)
    if known != rows:
        pairs.differ(rows, known)
    check_all_same([scores.source, labels.source])
