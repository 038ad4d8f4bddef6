"""What stands below a sink: compressors, a counter of bytes, and a rename that replaces nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, cast

_RENAME_NOREPLACE = 1
_AT_FDCWD = -100

Bytes = bytes | bytearray | memoryview


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
        case _:
            return raw


def rename_exclusively(source: Path, target: Path) -> None:
    """Rename, unless the target exists."""
    import ctypes  # noqa: PLC0415

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is not None:
        names = os.fsencode(source), os.fsencode(target)
        if rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_NOREPLACE) == 0:
            return
        if ctypes.get_errno() == 17:
            raise FileExistsError(str(target))
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    source.replace(target)


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
