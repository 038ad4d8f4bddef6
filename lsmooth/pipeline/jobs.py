"""The files of a call that has one output an input, opened one at a time and read alike."""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack
from dataclasses import dataclass

from lsmooth.errors import LsmoothError
from lsmooth.files.sink import Sink
from lsmooth.files.source import Source
from lsmooth.pipeline.alike import same_layout
from lsmooth.pipeline.chunks import Table, same_kind
from lsmooth.pipeline.flags import LabelFlags, WriteFlags
from lsmooth.pipeline.inputs import Inputs
from lsmooth.pipeline.items import Items
from lsmooth.pipeline.reading import Layout, open_table
from lsmooth.pipeline.stems import outputs_by_stem


@dataclass(frozen=True)
class Job:
    """An input, and its output.

    Attributes:
        source: the input, closed between passes.
        output: the path of its targets.
        size: bytes of the input, as far as it is there.
        exists: whether there is a file under the path of the output.
        newer: whether that is newer than the input, where such outputs are to be skipped.
    """

    source: Source
    output: str
    size: int
    exists: bool
    newer: bool


@dataclass(frozen=True)
class Alike:
    """What all files have in common: how they are read, as the first that can be read says."""

    first: Table
    layout: Layout
    flags: LabelFlags

    def open(self, job: Job, stack: ExitStack) -> Inputs:
        """Open one file, which has to be read as the others are."""
        table = open_table(stack.enter_context(job.source))
        same_kind(table, self.first)
        same_layout(table, self.first, self.layout)
        inputs = Inputs([table], self.flags, self.layout)
        classes = self.layout.classes
        return inputs if self.flags.item is None or classes is None else Items(inputs, classes)


def find_jobs(labels: LabelFlags, writing: WriteFlags, inputs: frozenset[tuple[int, int]]) -> list[Job]:
    """Return the inputs with their outputs; raise LsmoothError for an output that is in the way.

    Args:
        labels: the inputs.
        writing: the outputs.
        inputs: device and inode of what is never overwritten.
    """
    jobs = []
    for path, output in zip(labels.paths, outputs_by_stem(labels.paths, writing.output), strict=True):
        source = Source(path, labels.format, keep_open=False)
        before, after = _status(path), _status(output)
        if before is not None and not (stat.S_ISREG(before.st_mode) or stat.S_ISDIR(before.st_mode)):
            message = f"{path} is a pipe or a device, and files with an output each are opened several times"
            raise LsmoothError(message, "save it to a file first")
        Sink(output, force=True, dry=writing.dry, inputs=inputs)
        exists = after is not None and stat.S_ISREG(after.st_mode)
        if exists and not (writing.force or writing.skip):
            hint = "pass --skip-existing to keep what is done, --force to replace all"
            raise LsmoothError(f"{output} exists", hint)
        newer = writing.skip and exists and _is_newer(after, before)
        size = 0 if before is None else before.st_size
        jobs.append(Job(source, output, size, exists, newer))
    return jobs


def _is_newer(one: os.stat_result | None, other: os.stat_result | None) -> bool:
    return one is not None and other is not None and one.st_mtime_ns > other.st_mtime_ns


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 - thousands of them
    except (OSError, ValueError):
        return None
