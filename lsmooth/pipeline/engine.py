"""Blocks, and the order of work on an executor."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from lsmooth.tiles import tile_rows

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

#: About so many bytes make a block, so that it stays in cache.
BLOCK_BYTES = 1 << 20
#: Rows a block where the number of classes is not known yet.
LEARN_ROWS = 1 << 16
#: Blocks in flight for each worker.
DEPTH = 2

Item = TypeVar("Item")
Result = TypeVar("Result")


def block_rows(classes: int, itemsize: int, size: int = BLOCK_BYTES) -> int:
    """Return the rows of a block: whole tiles, about `size` bytes."""
    tile = tile_rows(classes)
    return max(1, min(LEARN_ROWS, size // (classes * itemsize)) // tile) * tile


def processors() -> int:
    """Return how many processors this process is given."""
    if hasattr(os, "process_cpu_count"):
        return os.process_cpu_count() or 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class _Failure:
    """What stopped the items: it comes after them, so that an error in an earlier one is told first."""

    error: Exception


def _with_failure(items: Iterable[Item]) -> Iterator[Item | _Failure]:
    try:
        yield from items
    except Exception as error:  # noqa: BLE001 - raised again, in its place
        yield _Failure(error)


def in_order(
    task: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Generator[Result]:
    """Yield the results of a task in the order of its items, on `workers` threads (None: the processors).

    One block alone is worked on by the caller, and no thread is started. Of several errors the first in the
    order of the items is raised; blocks that have not begun by then never are.
    """
    count = processors() if workers is None else workers
    feed = _with_failure(items)
    first = list(islice(feed, 2))
    feed = chain(first, feed)
    if count == 1 or len(first) < 2:
        for item in feed:
            if isinstance(item, _Failure):
                raise item.error
            yield task(item)
        return
    from lsmooth.pipeline.threads import Threads  # noqa: PLC0415 - where there is work for several

    with Threads(count) as executor:
        yield from on_executor(task, feed, executor, DEPTH * count)


def on_executor(
    task: Callable[[Item], Result], items: Iterable[Item | _Failure], executor: Executor, window: int
) -> Iterator[Result]:
    """Yield the results of a task in the order of its items, at most `window` of them in flight."""
    flying: deque[Future[Result]] = deque()
    failure: _Failure | None = None
    try:
        for item in items:
            if isinstance(item, _Failure):
                failure = item
                break
            flying.append(executor.submit(task, item))
            if len(flying) >= window:
                yield flying.popleft().result()
        while flying:
            yield flying.popleft().result()
    finally:
        for future in flying:
            future.cancel()
    if failure is not None:
        raise failure.error
