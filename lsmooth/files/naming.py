"""How a file gets its name: a hidden one first, then mode, rename, and the folder on the disk."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

_RENAME_NOREPLACE = 1
_AT_FDCWD = -100
#: What a filesystem says that cannot do a thing at all.
_UNSUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP}
#: Bytes of a name that its hidden one repeats: names of files are short.
_START = 64


def hidden_beside(target: Path) -> Path:
    """Return a name beside a file that nobody can guess."""
    start = os.fsencode(target.name)[:_START].decode(errors="ignore")
    return target.with_name(f".{start}.{os.urandom(12).hex()}.tmp")


def set_mode(descriptor: int, target: Path) -> None:
    """Give an open file the mode of the one that it replaces, and owner and group where that may be."""
    try:
        old = target.stat()
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        os.fchmod(descriptor, 0o666 & ~umask)
        return
    for owner in (old.st_uid, -1):
        with contextlib.suppress(OSError):
            os.fchown(descriptor, owner, old.st_gid)
            break
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def rename_exclusively(source: Path, target: Path) -> None:
    """Rename, unless the target exists."""
    import ctypes  # noqa: PLC0415

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is not None:
        names = os.fsencode(source), os.fsencode(target)
        if rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_NOREPLACE) == 0:
            return
        if (code := ctypes.get_errno()) not in _UNSUPPORTED:
            raise OSError(code, os.strerror(code), str(target))
    _rename_onto_own(source, target)


def _rename_onto_own(source: Path, target: Path) -> None:
    """Take the name with an empty file, then rename onto it; nobody else's file is touched."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    try:
        source.replace(target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the filesystem has a way to do that."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    finally:
        os.close(descriptor)
