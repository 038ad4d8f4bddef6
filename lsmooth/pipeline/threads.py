"""The threads that work on blocks: as many as the machine lets start."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress


class Threads(ThreadPoolExecutor):
    """An executor that goes on with the threads that did start; what none takes is left to the caller."""

    def _adjust_thread_count(self) -> None:
        with suppress(RuntimeError):
            super()._adjust_thread_count()
