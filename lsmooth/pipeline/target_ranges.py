"""Targets made on a cluster: each worker reads a range of labels and writes their targets into the output."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import tee

from lsmooth.errors import LsmoothError
from lsmooth.files import COLUMNAR, SHARD
from lsmooth.files.extras import load_polars
from lsmooth.files.npy import NpyTable
from lsmooth.files.npy_writer import header_bytes
from lsmooth.files.shared import SharedSink
from lsmooth.files.streams import Bytes
from lsmooth.pipeline.alike import same_layout
from lsmooth.pipeline.cluster import Cluster
from lsmooth.pipeline.forms import Form
from lsmooth.pipeline.inputs import Inputs, Progress
from lsmooth.pipeline.ranges import Span, check_all_same, cut, opened, seen_from_here, work
from lsmooth.pipeline.reading import Layout
from lsmooth.pipeline.recipes import Chosen
from lsmooth.pipeline.target_pass import Counts, TargetPass

#: About so many bytes make a file of their own, whatever the cluster is.
SHARD_BYTES = 1 << 28


@dataclass(frozen=True)
class TargetSpan(Span):
    """Rows of one of the tables, and where their targets go.

    Attributes:
        table: the number of the table.
        first: the place of the first in all of the input.
        path: of the file that is written to, None for none.
        offset: of the first target in it, None where these rows are all that is in it.
    """

    table: int
    first: int
    path: str | None
    offset: int | None = None


@dataclass(frozen=True)
class Written(Counts):
    """What was written of a range, and how many bytes that took."""

    size: int = 0


@dataclass(frozen=True)
class TargetJob:
    """What is the same for all ranges; `rows` make a block."""

    inputs: Inputs
    form: Form
    chosen: Chosen
    rows: int

    def begin(self) -> TargetPass:
        """Return a pass that has read nothing yet."""
        encoder = self.form.encoder(self.chosen, self.rows)
        return TargetPass(self.inputs, self.form.classes, self.chosen, encoder, drop=False)

    def tables(self) -> list[NpyTable]:
        """The files of labels."""
        return [table for table in self.inputs.tables if isinstance(table, NpyTable)]

    def run(self, span: TargetSpan) -> Written:
        """Write the targets of a range, on a worker."""
        done = self.begin()
        with opened(self.tables()[span.table]) as table, closing(_Output(span)) as output:
            chunks = table.span(span.start, span.stop, self.rows)
            if span.offset is None:
                writer = self.form.writer(output, span.stop - span.start)
                done.run(chunks, writer.write, 1, span.first)
                writer.finish()
            else:
                done.run(chunks, lambda data, _: output.write(data), 1, span.first)
            output.settle()
        return Written(done.rows, done.read, done.ignored, done.rounded, size=output.size)


class _Output:
    """Writes what a range gives, one after another.

    The file is never made here: where the run has been given up, it is gone and stays so.
    """

    def __init__(self, span: TargetSpan) -> None:
        self.name = str(span.path)
        self.size = 0
        self._start = span.offset or 0
        self._descriptor: int | None = None
        self._stops: list[Callable[[], None]] = []
        if span.path is not None:
            fresh = os.O_TRUNC if span.offset is None else 0  # it may hold what a lost worker wrote
            with self._refusing():
                self._descriptor = os.open(span.path, os.O_WRONLY | fresh)

    def write(self, data: Bytes) -> None:
        """Write what follows."""
        self.overwrite(self.size, data)
        self.size += len(data)

    def overwrite(self, offset: int, data: Bytes) -> None:
        """Write bytes so far after the first of the range."""
        if self._descriptor is None:
            return
        view, offset = memoryview(data), self._start + offset
        with self._refusing():
            while view:
                done = os.pwrite(self._descriptor, view, offset)
                view, offset = view[done:], offset + done

    def before_close(self, stop: Callable[[], None]) -> None:
        """Have something called before the file is let go."""
        self._stops.append(stop)

    def settle(self) -> None:
        """Bring it to the disk: this machine may be another one than that which gives the file its name."""
        if self._descriptor is not None:
            with self._refusing():
                os.fsync(self._descriptor)

    def close(self) -> None:
        """Let the file go."""
        for stop in self._stops:
            stop()
        if self._descriptor is not None:
            os.close(self._descriptor)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise seen_from_here(LsmoothError(f"cannot write: {reason}"), self.name) from None


def write_ranges(address: str, job: TargetJob, sink: SharedSink, progress: Progress | None) -> TargetPass:
    """Have the workers of a cluster write all targets, into files that are the sink's to publish."""
    inputs, done = job.inputs, job.begin()
    tables, failure = _alike(job.tables(), inputs.layout)
    divide = _into_shards if SHARD in job.form.writing.output else _into_one
    handed, told = tee(divide(tables, job, sink))

    def feed() -> Iterator[TargetSpan]:
        yield from handed
        if failure is not None:
            raise failure

    columnar = job.form.writing.format in COLUMNAR
    if columnar:
        load_polars()  # the workers must have the same
    cluster = Cluster(address, ("polars",) if columnar else ())
    taken = 0
    with closing(cluster.run(work, job, feed())) as found:
        for written in found:
            span = next(told)
            done.add(written)
            sink.count(written.size)
            taken += (span.stop - span.start) * tables[span.table].row_bytes
            if progress is not None:
                progress("writing", done.read, taken, inputs.total)
    check_all_same(inputs.sources)
    return done


def _alike(tables: Sequence[NpyTable], layout: Layout) -> tuple[Sequence[NpyTable], LsmoothError | None]:
    """Return the tables up to the first that is laid out in another way, and what is wrong with that."""
    for number, table in enumerate(tables[1:], 1):
        try:
            same_layout(table, tables[0], layout)
        except LsmoothError as error:
            return tables[:number], error
    return tables, None


def _into_one(tables: Sequence[NpyTable], job: TargetJob, sink: SharedSink) -> Iterator[TargetSpan]:
    """Make one file of the whole size; yield its ranges."""
    form, rows, first = job.form, sum(table.rows for table in tables), 0
    length = form.classes.count * form.dtype.itemsize
    head = header_bytes((rows // math.prod(form.inner), *form.axes), form.dtype)
    path = sink.make(head, len(head) + rows * length)
    for number, table in enumerate(tables):
        for span in cut(table.rows, job.rows, length):
            yield TargetSpan(span.start, span.stop, number, first, path, len(head) + first * length)
            first += span.stop - span.start


def _into_shards(tables: Sequence[NpyTable], job: TargetJob, sink: SharedSink) -> Iterator[TargetSpan]:
    """Make files for ranges of their own; yield these."""
    form, first = job.form, 0
    if form.inner:
        message = f"the targets have {len(form.axes) + 1} axes, and a shard could end within a map"
        raise LsmoothError(message, "pass -o OUT.npy, one file")
    spans = [
        (number, span)
        for number, table in enumerate(tables)
        for span in cut(table.rows, job.rows, form.classes.count * form.dtype.itemsize, SHARD_BYTES)
    ]
    for (number, span), path in zip(spans, sink.make_shards(len(spans)), strict=True):
        yield TargetSpan(span.start, span.stop, number, first, path)
        first += span.stop - span.start
