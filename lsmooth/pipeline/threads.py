"""The threads that work on blocks: as many as the machine lets start."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from lsmooth.errors import LsmoothError


class Threads(ThreadPoolExecutor):
    """An executor that goes on with the threads that did start, where no more can."""

    def _adjust_thread_count(self) -> None:
        try:
            super()._adjust_thread_count()
        except RuntimeError:
            if not self._threads:
                message = "no thread can be started: too many processes, or too little memory"
                raise LsmoothError(message, "pass --workers 1") from None
