"""Several label files read as one, as often as they can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from lsmooth.errors import LsmoothError
from lsmooth.files.npy import NpyTable
from lsmooth.files.source import Source
from lsmooth.labels.block import Labels
from lsmooth.labels.classes import Classes, Ignore
from lsmooth.pipeline.alike import same_layout
from lsmooth.pipeline.chunks import Chunk, Table
from lsmooth.pipeline.flags import LabelFlags
from lsmooth.pipeline.reading import Layout, decide, open_table, read_labels

#: Called with what is being done, the rows done, the bytes taken from disk, and all bytes where known.
Progress = Callable[[str, int, int, int | None], None]


class Inputs:
    """Several label files read as one, as often as they can be."""

    def __init__(self, tables: Sequence[Table], flags: LabelFlags, layout: Layout) -> None:
        self.tables = tables
        self.flags = flags
        self.layout = layout
        self.ignore = Ignore(flags.ignore)
        self.sources = [table.source for table in tables]
        sizes = [source.size for source in self.sources]
        self.total = None if None in sizes else sum(size or 0 for size in sizes)
        self._current: Source | None = None  # is being read; those before it gave so many bytes
        self._before = 0

    @classmethod
    def open(cls, flags: LabelFlags, stack: ExitStack) -> Inputs:
        """Open label files and decide how they are read."""
        single = len(flags.paths) == 1
        tables: list[Table] = []
        for path in flags.paths:
            source = stack.enter_context(Source(path, flags.format, keep_open=single))
            tables.append(open_table(source))
            source.release()
        return cls(tables, flags, decide(tables, flags))

    @property
    def rereadable(self) -> bool:
        """Whether every input can be read more than once."""
        return all(source.rereadable for source in self.sources)

    @property
    def rows(self) -> int | None:
        """How many rows there are, where the headers of the files say so."""
        counts = [table.rows for table in self.tables]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def inner_shape(self) -> tuple[int, ...]:
        """The axes of the targets between the first and the last: empty but for maps of labels."""
        first = self.tables[0]
        if isinstance(first, NpyTable):
            return first.inner
        return (len(self.layout.columns),) if self.layout.flat else ()

    def need_again(self, what: str, hint: str) -> None:
        """Raise unless a pass that finds `what` can be followed by another."""
        for source in self.sources:
            if not source.rereadable:
                raise LsmoothError(f"{source.name} can be read only once, so {what} must be given", hint)

    def read(self, chunk: Chunk, classes: Classes, excluded: Sequence[int] = ()) -> Labels:
        """Return the labels of a chunk; raise LsmoothError, naming the place, for one that is not legal."""
        return read_labels(chunk, self.layout, classes, self.ignore, excluded, self.flags.pseudocount)

    def chunks(self, tile: int, rows: int, step: str, progress: Progress | None = None) -> Iterator[Chunk]:
        """Yield the chunks of all files in order, telling how far they are."""
        done = self._before = 0
        for table in self.tables:
            if table is not self.tables[0]:
                same_layout(table, self.tables[0], self.layout)
            self._current = table.source
            table.source.begin_pass()
            for chunk in table.chunks(tile, rows):
                yield chunk
                done += chunk.rows
                if progress is not None:
                    progress(step, done, self.taken(), self.total)
            self._before += table.source.taken()
            self._current = None

    def taken(self) -> int:
        """Bytes taken from disk in this pass so far."""
        return self._before + (0 if self._current is None else self._current.taken())
