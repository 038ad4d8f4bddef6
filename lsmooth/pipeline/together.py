"""Several files that are worked on at the same time: how far they are together, and how they are stopped."""

from __future__ import annotations

from functools import partial
from threading import Lock

from lsmooth.pipeline.inputs import Progress


class Stopped(Exception):  # noqa: N818 - not an error: nobody waits for the result any more
    """A file was left in the middle, for nobody waits for it any more."""


class Together:
    """The progress of several files as that of one.

    Args:
        progress: what is told, where somebody wants to know.
        step: what is being done.
        total: the bytes of all files.
    """

    def __init__(self, progress: Progress | None, step: str, total: int) -> None:
        self._progress = progress
        self._step = step
        self._total = total
        self._lock = Lock()
        self._rows = self._taken = 0
        self._stopped = False

    def stop(self) -> None:
        """Let the files at hand be left at their next block."""
        self._stopped = True

    def of_one(self) -> Progress:
        """Return what one of the files tells its progress to."""
        return partial(self._tell, [0, 0])

    def _tell(self, before: list[int], _step: str, rows: int, taken: int, _total: int | None) -> None:
        if self._stopped:
            raise Stopped
        with self._lock:
            self._rows += rows - before[0]
            self._taken += taken - before[1]
            before[:] = rows, taken
            if self._progress is not None:
                self._progress(self._step, self._rows, self._taken, self._total)
