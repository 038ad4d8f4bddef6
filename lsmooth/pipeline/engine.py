"""Tiles, blocks, and the order of work on an executor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

from lsmooth.tiles import tile_rows

#: About so many bytes of targets make a block, so that it stays in cache.
BLOCK_BYTES = 1 << 20
#: Rows a block where the number of classes is not known yet.
LEARN_ROWS = 1 << 16

Item = TypeVar("Item")
Result = TypeVar("Result")
P = ParamSpec("P")


def block_rows(classes: int, itemsize: int) -> int:
    """Return the rows of a block: whole tiles, about BLOCK_BYTES of targets."""
    tile = tile_rows(classes)
    return max(1, min(LEARN_ROWS, BLOCK_BYTES // (classes * itemsize)) // tile) * tile


class InlineExecutor(Executor):
    """An executor that does the work at once, in the caller."""

    def submit(self, fn: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs) -> Future[Result]:
        """Run the task and return its finished future."""
        future: Future[Result] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - a future hands every error on
            future.set_exception(error)
        return future


def in_order(
    task: Callable[[Item], Result], items: Iterable[Item], executor: Executor, window: int = 1
) -> Iterator[Result]:
    """Yield the results of a task in the order of its items, at most `window` of them in flight."""
    flying: deque[Future[Result]] = deque()
    for item in items:
        flying.append(executor.submit(task, item))
        if len(flying) >= window:
            yield flying.popleft().result()
    while flying:
        yield flying.popleft().result()
