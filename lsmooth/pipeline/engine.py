"""Blocks, and the order of work on an executor."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from lsmooth.files.wide import lets_others_run
from lsmooth.tiles import tile_rows

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

#: About so many bytes make a block, so that it stays in cache.
BLOCK_BYTES = 1 << 20
#: The same where threads work on it: they wait for one another between two steps, so that steps are long.
SHARED_BYTES = 1 << 22
#: Rows a block where the number of classes is not known yet.
LEARN_ROWS = 1 << 16
#: Blocks in flight for each worker.
DEPTH = 2
#: One thread cuts lines, or writes them, and cannot keep more than so many busy.
TEXT_WORKERS = 4

Item = TypeVar("Item")
Result = TypeVar("Result")


def block_rows(classes: int, itemsize: int, *, shared: bool = False, parts: int = 1) -> int:
    """Return the rows of a block of `parts`, each of about so many bytes as suit one thread or several."""
    tile, size = tile_rows(classes), parts * (SHARED_BYTES if shared else BLOCK_BYTES)
    return max(1, min(LEARN_ROWS, size // (classes * itemsize)) // tile) * tile


def processors() -> int:
    """Return how many processors this process is given."""
    if hasattr(os, "process_cpu_count"):
        return os.process_cpu_count() or 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def text_workers(columns: int, workers: int | None) -> int:
    """Return how many threads are worth it where lines of so many floats are read or made."""
    if not lets_others_run(columns):
        return 1
    return min(TEXT_WORKERS, processors() if workers is None else workers)


@dataclass(frozen=True)
class _Failure:
    """What stopped the items: it comes after them, so that an error in an earlier one is told first."""

    error: Exception


def with_failure(items: Iterable[Item]) -> Iterator[Item | _Failure]:
    """Yield items, and what stops them as the last of them."""
    try:
        yield from items
    except Exception as error:  # noqa: BLE001 - raised again, in its place
        yield _Failure(error)


def in_order(
    task: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int | None = None,
    ended: Callable[[], None] | None = None,
) -> Generator[Result]:
    """Yield the results of a task in the order of its items, on `workers` threads (None: the processors).

    One block alone is worked on by the caller, and no thread is started. Of several errors the first in the
    order of the items is raised; blocks that have not begun by then never are, and long ones can be told to
    give up by `ended`.
    """
    count = processors() if workers is None else workers
    feed = with_failure(items)
    first = list(islice(feed, 2))
    feed = chain(first, feed)
    if count == 1 or len(first) < 2:
        for item in feed:
            if isinstance(item, _Failure):
                raise item.error
            yield task(item)
        return
    from lsmooth.pipeline.threads import Threads  # noqa: PLC0415 - where there is work for several

    with Threads(count - 1) as executor, ExitStack() as stack:
        if ended is not None:
            stack.callback(ended)
        yield from on_executor(task, feed, executor, DEPTH * count, helping=True)


def on_executor(
    task: Callable[[Item], Result],
    items: Iterable[Item | _Failure],
    executor: Executor,
    window: int,
    *,
    helping: bool = False,
) -> Iterator[Result]:
    """Yield the results of a task in the order of its items, at most `window` of them in flight.

    A caller that is `helping` works on what nobody has begun rather than wait for the oldest.
    """
    flying: deque[tuple[Item, Future[Result]]] = deque()
    failure: _Failure | None = None
    try:
        for item in items:
            if isinstance(item, _Failure):
                failure = item
                break
            flying.append((item, executor.submit(task, item)))
            if len(flying) >= window:
                if helping:
                    _help(task, flying)
                yield flying.popleft()[1].result()
        while flying:
            if helping:
                _help(task, flying)
            yield flying.popleft()[1].result()
    finally:
        for _, future in flying:
            future.cancel()
    if failure is not None:
        raise failure.error


def _help(task: Callable[[Item], Result], flying: deque[tuple[Item, Future[Result]]]) -> None:
    """Work on items that nobody has begun until the oldest is done, or all are begun."""
    from concurrent.futures import Future  # noqa: PLC0415 - where there is work for several

    oldest = flying[0][1]
    for place, (item, future) in enumerate(flying):
        if oldest.done():
            return
        if future.cancel():
            own: Future[Result] = Future()
            try:
                own.set_result(task(item))
            except Exception as error:  # noqa: BLE001 - raised where its turn comes
                own.set_exception(error)
            flying[place] = (item, own)
            if place == 0:
                return
