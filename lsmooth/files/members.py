"""Reading bzip2 and xz: Python's own readers drop what follows a whole member and is none."""

from __future__ import annotations

import bz2
import lzma
from typing import IO

#: Bytes that are taken from the file at once.
_BLOCK = 1 << 17


class Members:
    """The bytes of a file of one or more compressed members.

    Args:
        raw: the file.
        kind: `bz2` or `xz`; zeros after a member of xz are padding.
    """

    def __init__(self, raw: IO[bytes], kind: str) -> None:
        self._raw = raw
        self._kind = kind
        self._first = True
        self._member = self._new()
        self._rest = b""  # of the file, read and not yet looked at

    def _new(self) -> bz2.BZ2Decompressor | lzma.LZMADecompressor:
        if self._kind == "bz2":
            return bz2.BZ2Decompressor()
        return lzma.LZMADecompressor(lzma.FORMAT_AUTO if self._first else lzma.FORMAT_XZ)

    def read(self, count: int) -> bytes:
        """Return up to `count` bytes; empty at the end.

        Raises:
            EOFError: where a member is cut.
            OSError: for what is no member of bzip2.
            lzma.LZMAError: for what is no member of xz.
        """
        while True:
            if self._member.eof and not self._next():
                return b""
            if self._member.needs_input and not self._rest:
                self._rest = self._raw.read(_BLOCK)
                if not self._rest:
                    raise EOFError
            taken, self._rest = self._rest, b""
            data = self._member.decompress(taken, count)
            if self._member.eof:
                self._rest = self._member.unused_data
            if data:
                return data

    def _next(self) -> bool:
        """Begin the next member; return whether there is one."""
        self._first = False
        padding = b"\0" if self._kind == "xz" else b""
        while not (rest := self._rest.lstrip(padding)):
            self._rest = self._raw.read(_BLOCK)
            if not self._rest:
                return False
        self._rest = rest
        self._member = self._new()
        return True
