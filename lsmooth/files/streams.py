"""What stands below sources and sinks: descriptors, compressors, a counter of bytes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import IO, Protocol, cast

from lsmooth.errors import LsmoothError
from lsmooth.files.extras import load_zstd

Bytes = bytes | bytearray | memoryview


class Outlet(Protocol):
    """Where what is written goes: a whole output, or the part of one that is a worker's."""

    name: str

    def write(self, data: Bytes) -> None:
        """Write all bytes."""

    def overwrite(self, offset: int, data: bytes) -> None:
        """Write bytes over those at an offset."""

    def before_close(self, stop: Callable[[], None]) -> None:
        """Have something called before the file is let go."""


def standard_input() -> int:
    """Return the descriptor of standard input; raise LsmoothError where it is closed."""
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        raise LsmoothError("standard input is closed", "name a file") from None


def standard_output() -> int:
    """Return the descriptor of standard output; raise LsmoothError where it is closed."""
    try:
        return sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        raise LsmoothError("standard output is closed", "write to a file with --output") from None


def compressed(raw: IO[bytes], compression: str | None) -> IO[bytes]:
    """Return a stream that compresses into a raw one; the same data give the same bytes."""
    match compression:
        case "gz":
            import gzip  # noqa: PLC0415 - each library where it is used: start-up is short

            # no name and no time inside, so that the same targets give the same bytes
            return cast(
                "IO[bytes]", gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0, compresslevel=6)
            )
        case "bz2":
            import bz2  # noqa: PLC0415

            return bz2.BZ2File(raw, "wb")
        case "xz":
            import lzma  # noqa: PLC0415

            return lzma.LZMAFile(raw, "wb")
        case "zst":
            zstd = load_zstd()
            # checked when it is read again, as what the zstd command writes is
            options = {zstd.CompressionParameter.checksum_flag: 1}
            return cast("IO[bytes]", zstd.ZstdFile(raw, "wb", options=options))
        case _:
            return raw


def write_all(stream: IO[bytes], data: Bytes) -> None:
    """Write all bytes, however few are taken at a time."""
    view = memoryview(data)
    while view:
        view = view[stream.write(view) or 0 :]


class Counter:
    """A stream that counts its bytes and forgets them."""

    size = 0

    def write(self, data: Bytes) -> int:
        """Count bytes."""
        self.size += len(data)
        return len(data)

    def seek(self, offset: int) -> int:
        """Do nothing."""
        return offset

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
