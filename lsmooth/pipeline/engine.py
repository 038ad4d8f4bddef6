"""Blocks, and the order of work on an executor."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
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


def in_order(
    task: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Iterator[Result]:
    """Yield the results of a task in the order of its items, on `workers` threads (None: the processors).

    One block alone is worked on by the caller, and no thread is started. After an error no further block is
    begun, and those that have been are waited for.
    """
    count = processors() if workers is None else workers
    feed = iter(items)
    first = list(islice(feed, 2))
    feed = chain(first, feed)
    if count == 1 or len(first) < 2:
        yield from map(task, feed)
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - where there is work for several

    with ThreadPoolExecutor(count) as executor:
        yield from on_executor(task, feed, executor, DEPTH * count)


def on_executor(
    task: Callable[[Item], Result], items: Iterable[Item], executor: Executor, window: int
) -> Iterator[Result]:
    """Yield the results of a task in the order of its items, at most `window` of them in flight."""
    flying: deque[Future[Result]] = deque()
    try:
        for item in items:
            flying.append(executor.submit(task, item))
            if len(flying) >= window:
                yield flying.popleft().result()
        while flying:
            yield flying.popleft().result()
    finally:
        for future in flying:
            future.cancel()
