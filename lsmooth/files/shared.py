"""Outputs that other processes fill, on storage that all of them see."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, cast

from lsmooth.errors import LsmoothError, shown
from lsmooth.files import SHARD
from lsmooth.files.sink import Sink
from lsmooth.files.streams import Counter

#: Digits of the number of a file number, so that names stand in the order of the rows.
_DIGITS = 5


def shard_path(pattern: str, number: int) -> str:
    """Return the path of a file; a pattern without a place for its number is the path of the only one.

    >>> shard_path("soft-{shard}.npy", 7), shard_path("soft.npy", 0)
    ('soft-00007.npy', 'soft.npy')
    """
    return pattern.replace(SHARD, f"{number:0{_DIGITS}}")


class SharedSink(Sink):
    """An output that others fill: one file, or with `{shard}` in its path several, which appear together.

    Args:
        path: a path, or a pattern of several.
        force: replace files that exist.
        dry: write nothing.
        inputs: device and inode of the inputs, which are never overwritten.
    """

    def __init__(
        self, path: str, *, force: bool = False, dry: bool = False, inputs: Iterable[tuple[int, int]] = ()
    ) -> None:
        self._pattern = path
        self._how: dict[str, Any] = {"force": force, "dry": dry, "inputs": list(inputs)}
        self._others: list[SharedSink] = []
        super().__init__(shard_path(path, 0), **self._how)
        if not self.seekable:
            message = f"{self.name} is not a file whose parts can be written by several workers at once"
            raise LsmoothError(message, "pass -o OUT.npy on storage that all workers share")

    def make(self, head: bytes, size: int) -> str | None:
        """Make a file that begins so, under a hidden name; return its path, None in a dry run."""
        self.write(head)
        if self._temporary is not None:
            try:
                os.truncate(self._temporary, size)
            except OSError as error:
                raise self._refused(error) from None
        return self._let_go()

    def make_shards(self, count: int) -> list[str | None]:
        """Make so many empty files under hidden names; return their paths, None in a dry run.

        Raises:
            LsmoothError: where one of them cannot be made, or an earlier run has left more of them.
        """
        after = shard_path(self._pattern, count)
        if os.path.lexists(after):
            message = f"{shown(after)} is of an earlier run with more files than the {count} of this one"
            raise LsmoothError(message, f"rm {shlex.quote(after)}, and those after it")
        self._others = [
            SharedSink(shard_path(self._pattern, number), **self._how) for number in range(1, count)
        ]
        self.name = self._pattern
        paths = [self._let_go()]
        for other in self._others:
            other.__enter__()  # none before all have been checked
            paths.append(other._let_go())
        return paths

    def count(self, size: int) -> None:
        """Count bytes that a worker would have written in a dry run."""
        if self._temporary is None:
            cast("Counter", self._raw).size += size

    def _let_go(self) -> str | None:
        """Close the file: there may be more of them than open files."""
        if self._temporary is None:
            return None
        cast("IO[bytes]", self._raw).close()
        return os.fspath(self._temporary)

    @contextmanager
    def _opened(self) -> Iterator[None]:
        if self._temporary is None:
            yield
            return
        self._raw = self._stream = open(self._temporary, "r+b", buffering=0)  # noqa: PTH123, SIM115
        try:
            yield
        finally:
            self._raw.close()

    def _prepare(self) -> None:
        with self._opened():
            super()._prepare()
        for other in self._others:
            other._prepare()
            self.size += other.size

    def _publish(self) -> None:
        with self._opened():
            super()._publish()
        for other in self._others:
            other._publish()

    def _settle(self) -> None:
        super()._settle()
        for other in self._others:
            other._settle()

    def _withdraw(self) -> None:
        for each in self._others:
            each._withdraw()
        super()._withdraw()

    def _discard(self) -> None:
        for other in self._others:
            with suppress(OSError):
                other._discard()
        super()._discard()
