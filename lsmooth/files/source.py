"""Opening inputs: paths and standard input, compressed or not, read again where that can be."""

from __future__ import annotations

import gzip
import lzma
import os
import re
import shlex
import stat
import zlib
from functools import partial
from typing import IO, Any, Self, cast

from lsmooth.errors import LsmoothError
from lsmooth.files import STANDARD, Format, StrPath, format_of, split_suffix
from lsmooth.files.members import Members
from lsmooth.files.streams import standard_input

_SIGNATURES: dict[bytes, Format] = {b"\x93NUMPY": "npy", b"PAR1": "parquet", b"ARROW1": "arrow"}
_MOST_SIGNED = max(map(len, _SIGNATURES))
_PACKED = {
    "gz": rb"\x1f\x8b",
    "bz2": rb"BZh[1-9]1A",
    "xz": rb"\xfd7zXZ\0",
    "zst": rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18",  # a frame, or one to be skipped
}
_OPENERS: dict[str, Any] = {
    "gz": gzip.open,
    "bz2": partial(Members, kind="bz2"),
    "xz": partial(Members, kind="xz"),
    "zst": partial(Members, kind="zst"),
}
#: What a forged header claims is not asked for at once.
_PIECE = 1 << 24
#: What tells a file from another one, and from what it was.
_IDENTITY = ("st_dev", "st_ino", "st_size", "st_mtime_ns")
_DAMAGE = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error)


class Source:
    """One input. `rewind` starts it (again) from its first byte; `read` and `readinto` go on from there.

    Args:
        path: a path, or `-` for standard input.
        given: a format that overrides the suffix.
        keep_open: hold the descriptor between passes (for a single input); otherwise it is closed at the end
            of each pass, so that a thousand inputs need one descriptor.
    """

    def __init__(self, path: StrPath, given: str | None = None, *, keep_open: bool = True) -> None:
        self.path = os.fspath(path)
        self.is_stdin = self.path == STANDARD
        self.name = "stdin" if self.is_stdin else self.path
        self._given = given
        self._keep_open = keep_open
        self._raw: IO[bytes] | None = None
        self._stream: IO[bytes] | None = None
        self._seen: os.stat_result | None = None
        self._head = b""
        self._opened = False
        self._ready = False  # a stream that can be read once stands at its first byte
        self._travelled = False
        self._taken = 0
        self.origin = 0  # where the data begin: the shell may hand over standard input in mid-file
        if self.is_stdin:
            self.format: Format = "csv"
            self.compression: str | None = None
        else:
            self.format = format_of(self.path, "--from", given)
            self.compression = split_suffix(self.path)[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        """A source travels as its path, and as what was seen of it: who gets it opens it for himself."""
        path = os.path.abspath(self.path)  # noqa: PTH100 - links lead elsewhere on other machines
        closed = {"path": path, "_raw": None, "_stream": None, "_travelled": True}
        return self.__dict__ | closed

    def open(self) -> None:
        """Open it, and tell the format of standard input from its first bytes."""
        if self._raw is not None:
            return
        try:
            # unbuffered, so that positions are those of the descriptor
            opened = standard_input() if self.is_stdin else self.path
            self._raw = open(opened, "rb", buffering=0, closefd=not self.is_stdin)  # noqa: SIM115
            status = os.fstat(self._raw.fileno())
        except OSError as error:
            raise self._refused(error) from None
        if stat.S_ISDIR(status.st_mode):
            raise LsmoothError(f"{self.name} is a folder, not a file", "name the files in it")
        if self._seen is None:
            self._seen = status
        self._check_same(status)
        if self.is_stdin and not self._opened:
            self._opened = True
            self.origin = os.lseek(self._raw.fileno(), 0, os.SEEK_CUR) if self.regular else 0
            try:
                self._recognise()
            except OSError as error:
                raise self._refused(error) from None

    def _refused(self, error: OSError) -> LsmoothError:
        hint = f"check it with ls -l {shlex.quote(self.name)}"
        if isinstance(error, FileNotFoundError):
            hint = "check the name; a path is taken from the current folder"
        return LsmoothError(f"cannot read {self.name}: {(error.strerror or str(error)).lower()}", hint)

    def _recognise(self) -> None:
        """Tell compressed data and binary formats on standard input by their signatures."""
        raw = cast("IO[bytes]", self._raw)
        self._head = _first_bytes(raw, _MOST_SIGNED)
        packed = (name for name, begin in _PACKED.items() if re.match(begin, self._head))
        self.compression = next(packed, None)
        self.rewind()
        inside = self.read_exactly(_MOST_SIGNED)
        signed = (kind for begin, kind in _SIGNATURES.items() if inside.startswith(begin))
        self.format = next(signed, "csv")
        if self._given is not None:
            self.format = format_of(f"-.{self._given}", "--from")
        if not self.rereadable:
            self._stream = cast("IO[bytes]", _Prefixed(inside, cast("IO[bytes]", self._stream)))
            self._ready = True

    @property
    def regular(self) -> bool:
        """Whether it is a regular file."""
        return self._seen is not None and stat.S_ISREG(self._seen.st_mode)

    @property
    def rereadable(self) -> bool:
        """Whether it can be read more than once."""
        return self.regular

    @property
    def direct(self) -> int | None:
        """The descriptor of an uncompressed regular file, whose ranges can be read in any order."""
        if self._raw is None or self.compression or not self.regular:
            return None
        return self._raw.fileno()

    @property
    def stays_open(self) -> bool:
        """Whether the descriptor stays open between passes."""
        return self._keep_open or self.is_stdin

    def check_same(self) -> None:
        """Raise LsmoothError where the file has changed since it was opened."""
        if self._raw is not None and self.regular:
            self._check_same(os.fstat(self._raw.fileno()))

    @property
    def identity(self) -> tuple[int, int] | None:
        """Device and inode of a regular file."""
        return (self._seen.st_dev, self._seen.st_ino) if self._seen and self.regular else None

    @property
    def size(self) -> int | None:
        """Bytes on disk, None where unknown."""
        return self._seen.st_size if self._seen is not None and self.regular else None

    def taken(self) -> int:
        """Bytes taken from disk in this pass so far; all of them once it is over."""
        if self._raw is None or not self.regular:
            return self._taken
        return max(self._taken, os.lseek(self._raw.fileno(), 0, os.SEEK_CUR))

    def rewind(self) -> None:
        """Start a pass over the bytes; raise LsmoothError when a second one cannot be, or it has changed."""
        self.open()
        assert self._raw is not None
        self._taken = 0
        if self.rereadable:
            self._check_same(os.fstat(self._raw.fileno()))
            os.lseek(self._raw.fileno(), self.origin, os.SEEK_SET)
            self._stream = None
        elif self._ready:
            self._ready = False
            return
        if self._stream is None:
            plain = self._raw if self.rereadable else cast("IO[bytes]", _Prefixed(self._head, self._raw))
            self._stream = _OPENERS[self.compression](plain) if self.compression else plain

    def read(self, count: int) -> bytes:
        """Return up to `count` bytes of what it holds, decompressed; empty at the end."""
        assert self._stream is not None
        try:
            return self._stream.read(count)
        except _DAMAGE as error:
            raise self._damaged(error) from None
        except OSError as error:
            if self.compression:
                raise self._damaged(error) from None
            raise self._refused(error) from None

    def read_exactly(self, count: int) -> bytes:
        """Return `count` bytes, fewer only at the end."""
        parts: list[bytes] = []
        while count and (part := self.read(min(count, _PIECE))):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _damaged(self, error: Exception) -> LsmoothError:
        kind = {"gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd"}[self.compression or "gz"]
        if "too much memory" in str(error):
            message = f"{self.name}: the {kind} file needs more than 128 MiB of memory to be read"
            raise LsmoothError(message, f"unpack it with {kind} -d --long=31 {shlex.quote(self.name)}")
        cut = isinstance(error, EOFError)
        what = "ends in the middle of its data" if cut else f"is not {kind} data, or is damaged"
        hint = "check what wrote it" if self.is_stdin else f"check it with {kind} -t {shlex.quote(self.name)}"
        return LsmoothError(f"{self.name}: the {kind} file {what}", hint)

    def _check_same(self, status: os.stat_result) -> None:
        seen = self._seen
        if seen is None or not stat.S_ISREG(seen.st_mode):
            return
        # machines that share a disk number devices, and often files, each in its own way
        fields = ("st_size", "st_mtime_ns") if self._travelled else _IDENTITY
        if any(getattr(seen, field) != getattr(status, field) for field in fields):
            raise LsmoothError(
                f"{self.name} has changed while it was being read", "run again when it is whole"
            )

    def begin_pass(self) -> None:
        """Count the bytes taken from nothing again."""
        self._taken = 0

    def advance(self, count: int) -> None:
        """Say that so many bytes have been read through `direct`."""
        self._taken += count

    def end_pass(self) -> None:
        """Say that a pass is over: check that the file is still the same, and let the descriptor go."""
        if self._raw is None:
            return
        if self.regular:
            self._check_same(os.fstat(self._raw.fileno()))
        self._taken = self.size or 0
        self.release()

    def release(self) -> None:
        """Let the descriptor go between passes, where the file can be opened again."""
        if self.rereadable and not self._keep_open and not self.is_stdin:
            self.close()

    def close(self) -> None:
        """Close the descriptor."""
        if self._raw is not None:
            if self.is_stdin and self.regular:  # for whoever reads it after us
                os.lseek(self._raw.fileno(), self.origin, os.SEEK_SET)
            self._raw.close()
        self._raw = self._stream = None


def _first_bytes(stream: IO[bytes], count: int) -> bytes:
    head = b""
    while len(head) < count and (more := stream.read(count - len(head))):
        head += more
    return head


class _Prefixed:
    """A stream with bytes put back in front of it."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def read(self, count: int = -1) -> bytes:
        if not self._head:
            return self._rest.read(count)
        taken, self._head = (self._head, b"") if count < 0 else (self._head[:count], self._head[count:])
        return taken
