"""Reading bzip2, xz and zstd: Python's own readers drop what follows a whole member and is none."""

from __future__ import annotations

import bz2
import lzma
from typing import IO, Any

from lsmooth.files.extras import load_zstd

#: Bytes that are taken from the file at once.
_BLOCK = 1 << 17


class Members:
    """The bytes of a file of one or more compressed members.

    Args:
        raw: the file.
        kind: `bz2`, `xz` or `zst`; zeros after a member of xz are padding.
    """

    def __init__(self, raw: IO[bytes], kind: str) -> None:
        self._raw = raw
        self._kind = kind
        self._zstd = load_zstd() if kind == "zst" else None
        self._damage = () if self._zstd is None else (self._zstd.ZstdError,)
        self._first = True
        self._member = self._new()
        self._rest = b""  # of the file, read and not yet looked at

    def _new(self) -> Any:
        if self._zstd is not None:
            return self._zstd.ZstdDecompressor()
        if self._kind == "bz2":
            return bz2.BZ2Decompressor()
        return lzma.LZMADecompressor(lzma.FORMAT_AUTO if self._first else lzma.FORMAT_XZ)

    def read(self, count: int) -> bytes:
        """Return up to `count` bytes; empty at the end.

        Raises:
            EOFError: where a member is cut.
            OSError: for what is no member of bzip2 or zstd.
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
            try:
                data: bytes = self._member.decompress(taken, count)
            except self._damage as error:
                raise OSError(str(error)) from None
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
