"""Whole lines between those who read them and those who work on them."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

_LF = 10


class LineQueue:
    """Whole lines in the order they came; their bytes are copied once, when they are taken.

    Attributes:
        rows: how many lines it holds.
        size: their bytes.
    """

    def __init__(self) -> None:
        self._bodies: deque[tuple[bytes, NDArray[np.intp]]] = deque()  # and where their lines end
        self._begin = 0  # of what is left of the first body
        self.rows = 0
        self.size = 0

    def add(self, body: bytes) -> None:
        """Add lines that end in LF each."""
        ends = np.flatnonzero(np.frombuffer(body, np.uint8) == _LF)
        self._bodies.append((body, ends))
        self.rows += len(ends)
        self.size += len(body)

    def take(self, rows: int) -> bytes:
        """Return the next lines, as many as are asked for."""
        parts = []
        while rows:
            body, ends = self._bodies.popleft()
            here = min(rows, len(ends))
            end = int(ends[here - 1]) + 1
            parts.append(memoryview(body)[self._begin : end])
            self._begin = 0
            if here < len(ends):
                self._bodies.appendleft((body, ends[here:]))
                self._begin = end
            rows -= here
            self.rows -= here
        self.size -= sum(map(len, parts))
        return b"".join(parts)

    def first(self) -> bytes:
        """Return the next line, and leave it."""
        body, ends = self._bodies[0]
        return body[self._begin : int(ends[0]) + 1]
