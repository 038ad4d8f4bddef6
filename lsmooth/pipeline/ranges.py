"""Ranges of rows, as they travel to the workers of a cluster, and what each worker does for itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Protocol, TypeVar

from lsmooth.errors import LsmoothError
from lsmooth.files.extras import load_distributed
from lsmooth.files.npy import NpyTable
from lsmooth.files.source import Source

#: About so many bytes a range: long beside what it costs to hand out, short beside what is done again.
RANGE_BYTES = 1 << 25


@dataclass(frozen=True)
class Span:
    """The rows of a table from `start` up to `stop`."""

    start: int
    stop: int


Range = TypeVar("Range", bound=Span)
Range_contra = TypeVar("Range_contra", bound=Span, contravariant=True)
Found = TypeVar("Found")
Found_co = TypeVar("Found_co", covariant=True)


class Job(Protocol[Range_contra, Found_co]):
    """What is the same for all ranges: the files, how they are read, what is done with them."""

    def run(self, span: Range_contra) -> Found_co:
        """Do the work on a range, on a worker."""
        ...


def work(part: tuple[Job[Range, Found], Range]) -> Found:
    """Do the work of a job on a range."""
    job, span = part
    return job.run(span)


def cut(rows: int, block: int, row_bytes: int, size: int | None = None) -> Iterator[Span]:
    """Yield ranges of whole blocks, of about `size` bytes each, the last one shorter.

    >>> list(cut(10, 2, 1, 5))
    [Span(start=0, stop=4), Span(start=4, stop=8), Span(start=8, stop=10)]
    """
    blocks = (RANGE_BYTES if size is None else size) // (row_bytes * block)
    step = max(1, blocks) * block
    for start in range(0, rows, step):
        yield Span(start, min(start + step, rows))


@contextmanager
def opened(table: NpyTable) -> Iterator[NpyTable]:
    """Open a table for one range, on a worker; it is the same file still when the range is done.

    Raises:
        LsmoothError: naming the worker and the path, where it cannot be opened, or is not what it was.
    """
    own = copy(table)
    own.source = copy(table.source)
    with own.source as source:
        try:
            source.open()
        except LsmoothError as error:
            raise seen_from_here(error, source.path) from None
        yield own
        source.check_same()


def seen_from_here(error: LsmoothError, path: str) -> LsmoothError:
    """Return an error of a file that also says which worker it was, and where that looked."""
    worker = load_distributed().get_worker().address
    message = f"{error.message}, says the worker {worker} of {path}"
    return LsmoothError(
        message, "put the same file under this path for all workers, as on a disk that they share"
    )


def check_all_same(sources: Iterable[Source]) -> None:
    """Raise LsmoothError where a file has changed since the work began."""
    for source in sources:
        source.open()
        source.check_same()
        source.release()
