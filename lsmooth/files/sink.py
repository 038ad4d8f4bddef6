"""Writing outputs whole or not at all."""

from __future__ import annotations

import contextlib
import itertools
import os
import shlex
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any, Self, cast

from lsmooth.errors import ClosedPipe, LsmoothError
from lsmooth.files import BINARY, DELIMITERS, STANDARD, Format, StrPath, split_suffix
from lsmooth.files.extras import load_zstd
from lsmooth.files.naming import hidden_beside, rename_exclusively, set_mode, sync_folder
from lsmooth.files.streams import Bytes, Counter, compressed, standard_output, write_all


class Sink:
    """Where output bytes go: a file that appears whole at `commit`, a device, a pipe, or nowhere (a dry run).

    Args:
        path: a path, or `-` for standard output.
        force: replace a file that exists.
        dry: count the bytes and write nothing.
        inputs: device and inode of the inputs, which are never overwritten.
    """

    def __init__(
        self,
        path: StrPath,
        *,
        force: bool = False,
        dry: bool = False,
        inputs: Iterable[tuple[int, int]] = (),
    ) -> None:
        self.path = os.fspath(path)
        self.is_stdout = self.path == STANDARD
        self.name = "stdout" if self.is_stdout else self.path
        self._force = force
        self._dry = dry
        self._inputs = frozenset(inputs)
        self.target = Path(self.path)
        self._temporary: Path | None = None
        self._raw: IO[bytes] | None = None
        self._stops: list[Callable[[], None]] = []
        self._stream: IO[bytes] | None = None
        self._identity: tuple[int, int] | None = None
        self.size = 0
        self._compression = None if self.is_stdout else split_suffix(self.path)[1]
        if self._compression == "zst":
            load_zstd()  # where it is missing, nothing is read in vain
        try:
            self._special = self.is_stdout or self._is_special()
            if not self._special:
                self.target = Path(os.path.realpath(self.path))
                self._check()
        except OSError as error:
            raise self._refused(error) from None

    def _is_special(self) -> bool:
        try:
            # by the path and not the target: what /dev/fd/3 leads to may have no name
            mode = Path(self.path).stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return False
        if stat.S_ISDIR(mode):
            raise LsmoothError(f"cannot write {self.name}: it is a folder", "name a file in it")
        return not stat.S_ISREG(mode)

    def _check(self) -> None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            self._refuse_input(self.target.stat())
            if not self._force:
                raise LsmoothError(f"{self.name} exists", "pass --force to replace it, or another --output")
        folder = self.target.parent
        if not folder.is_dir():
            hint = f"mkdir -p {shlex.quote(str(folder))}"
            raise LsmoothError(f"cannot write {self.name}: there is no folder {folder}", hint)
        if not os.access(folder, os.W_OK | os.X_OK):
            message = f"cannot write {self.name}: the folder {folder} may not be written to"
            raise LsmoothError(message, "name a file in another folder")

    def _refuse_input(self, status: os.stat_result) -> None:
        if stat.S_ISREG(status.st_mode) and (status.st_dev, status.st_ino) in self._inputs:
            raise LsmoothError(f"{self.name} is also an input", "write to another file")

    @property
    def seekable(self) -> bool:
        """Whether `overwrite` can be used."""
        return not self._special and self._compression is None

    @property
    def is_terminal(self) -> bool:
        """Whether the bytes would land on a terminal."""
        return self.is_stdout and not self._dry and sys.stdout is not None and sys.stdout.isatty()

    def free(self) -> int | None:
        """Return the bytes free where a file would be written; None for pipes and devices."""
        import shutil  # noqa: PLC0415 - for dry runs

        return None if self._special else shutil.disk_usage(self.target.parent).free

    def refuse_terminal(self, written: Format) -> None:
        """Raise for what is no text and would land on a terminal."""
        if written not in DELIMITERS and self.is_terminal:
            raise LsmoothError(
                f"{BINARY[written]} is binary and is not written to a terminal",
                f"pass -o FILE.{written}, or --to csv",
            )

    def __enter__(self) -> Self:
        try:
            self._open()
        except OSError as error:
            self._clean()
            raise self._refused(error) from None
        except BaseException:
            self._clean()
            raise
        return self

    def _open(self) -> None:
        if self._dry:
            self._raw = cast("IO[bytes]", Counter())
        elif self.is_stdout:
            self._raw = open(standard_output(), "wb", buffering=0, closefd=False)  # noqa: SIM115
            self._refuse_input(os.fstat(self._raw.fileno()))
        elif self._special:
            self._raw = open(self.path, "wb", buffering=0)  # noqa: PTH123, SIM115
        else:
            # the name is kept before the file is made, so that no signal can fall between and leave it
            self._temporary = hidden_beside(self.target)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
            self._raw = os.fdopen(os.open(self._temporary, flags, 0o600), "w+b", buffering=0)
        self._stream = compressed(self._raw, self._compression)

    def __exit__(self, *exc: object) -> None:
        self._clean()

    def before_close(self, stop: Callable[[], None]) -> None:
        """Have something called before the file is let go: whoever writes from another thread is to stop."""
        self._stops.append(stop)

    def _clean(self) -> None:
        _surely(self._discard)

    def _discard(self) -> None:
        for stop in self._stops:
            stop()
        if self._temporary is not None:
            with contextlib.suppress(OSError):  # the folder may be gone, and the file with it
                self._temporary.unlink()
        for stream in (self._stream, self._raw):
            with contextlib.suppress(OSError, ValueError):
                if stream is not None:
                    stream.close()

    def _refused(self, error: OSError) -> LsmoothError:
        return LsmoothError(f"cannot write {self.name}: {_reason(error)}")

    def write(self, data: Bytes) -> None:
        """Write all bytes; raise ClosedPipe when the reader of a pipe has gone, LsmoothError for the rest."""
        assert self._stream is not None
        self.size += len(data)
        try:
            write_all(self._stream, data)
        except BrokenPipeError:
            raise ClosedPipe from None
        except OSError as error:
            raise self._refused(error) from None

    def overwrite(self, offset: int, data: bytes) -> None:
        """Write bytes over those at an offset; needs `seekable`."""
        assert self._raw is not None
        assert self.seekable
        try:
            self._raw.seek(offset)
            write_all(self._raw, data)
        except OSError as error:
            raise self._refused(error) from None

    def commit(self) -> None:
        """Make the file appear under its name, durably. Nothing to do for pipes, devices and dry runs."""
        commit_all([self])

    def _prepare(self) -> None:
        """Bring every byte to the disk, under the temporary name."""
        assert self._raw is not None
        if self._stream is not self._raw:
            cast("IO[bytes]", self._stream).close()
        if self._dry:
            self.size = cast("Any", self._raw).size
        if self._temporary is not None:
            os.fsync(self._raw.fileno())
            status = os.fstat(self._raw.fileno())
            self._identity = (status.st_dev, status.st_ino)
            self.size = status.st_size

    def _publish(self) -> None:
        """Give the file its mode and its name."""
        if self._temporary is None:
            return
        assert self._raw is not None
        set_mode(self._raw.fileno(), self.target)
        if self._force:
            self._temporary.replace(self.target)
        else:
            self._take_name(self._temporary)
        self._temporary = None

    def _settle(self) -> None:
        """Bring the name to the disk."""
        if self._identity is None:
            return
        try:
            sync_folder(self.target.parent)
        except OSError as error:
            raise LsmoothError(f"cannot sync the folder of {self.name}: {_reason(error)}") from None

    @property
    def _published(self) -> bool:
        """Whether the name is that of the file written here."""
        return self._identity is not None and identity(self.target) == self._identity

    def _withdraw(self) -> None:
        """Take back a new file that should not have appeared alone."""
        if not self._force and self._published:
            with contextlib.suppress(OSError):
                self.target.unlink()

    def _take_name(self, temporary: Path) -> None:
        try:
            try:
                os.link(temporary, self.target)
            except FileExistsError:
                raise
            except OSError:  # no hard links on this filesystem
                rename_exclusively(temporary, self.target)
            else:
                temporary.unlink()
        except FileExistsError:
            message = f"{self.name} has been made by somebody else in the meantime"
            raise LsmoothError(message, "pass --force to replace it, or another --output") from None


def _surely(undo: Callable[[], None]) -> None:
    """Undo something, and once more where a signal has come in between."""
    try:
        undo()
    except BaseException:
        undo()
        raise


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def identity(path: object) -> tuple[int, int] | None:
    """Return device and inode of a file that may be there, None for what is no path."""
    if not isinstance(path, str | os.PathLike):
        return None
    with contextlib.suppress(OSError, ValueError):
        status = Path(path).stat()
        return (status.st_dev, status.st_ino)
    return None


def commit_all(sinks: Sequence[Sink]) -> None:
    """Make several files appear together: when one cannot, the new ones are taken back."""
    for step, sink in itertools.product(("_prepare", "_publish", "_settle"), sinks):
        try:
            getattr(sink, step)()
        except BaseException as error:
            for each in sinks:
                _surely(each._withdraw)
            if isinstance(error, BrokenPipeError):
                raise ClosedPipe from None
            if isinstance(error, OSError):
                raise _half_done(sinks, sink._refused(error)) from None
            if isinstance(error, LsmoothError):
                raise _half_done(sinks, error) from None
            raise


def _half_done(sinks: Sequence[Sink], error: LsmoothError) -> LsmoothError:
    """Return an error that also says which files cannot be taken back."""
    written = [sink.name for sink in sinks if sink._published]
    if not written:
        return error
    return LsmoothError(f"{error.message}; written already: {', '.join(written)}", error.hint)
